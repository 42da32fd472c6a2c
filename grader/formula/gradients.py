"""Values of derivatives, gradients and evaluation brackets."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from flint import arb_mat

from grader.formula.ball_rules import expanded
from grader.formula.calculus import NotDifferentiableError, derivative, derivative_by
from grader.formula.meaning import is_inferred
from grader.formula.tree import At, Call, Deriv, Grad, Node, Num, Sym, contains, free_symbols
from grader.formula.values import NoValueError, UndefinedError, Value, is_ball, is_matrix

if TYPE_CHECKING:
    from grader.formula.balls import Evaluator


def gradient(evaluator: Evaluator, node: Grad) -> Value:
    """Return a gradient: along each direction of its variable where the world knows them, else by scores.

    Raises:
        NoValueError: at a construct without a rule.
    """
    world = evaluator.world
    if is_inferred(world):
        return _along(evaluator, node, world.directions(node.variable))

    def of_atom(part: Node) -> Node | None:
        if isinstance(part, Call):
            definition = world.definition(part.head)
            if definition is not None:
                return derivative(expanded(part, definition), of_atom)
            return world.gradient(part, node.variable) or Num(Fraction(0))
        return None

    try:
        result = evaluator.value(derivative(node.body, of_atom))
    except NotDifferentiableError as error:
        raise NoValueError(str(error)) from error
    if is_ball(result) and result.is_zero():
        return world.call(Call(Sym("zero gradient"), ()), (), ())
    return result


def _along(evaluator: Evaluator, node: Grad, directions: list[tuple[Sym, Node]]) -> Value:
    entries = []
    for symbol, step in directions:
        value = evaluator.value(_by(evaluator, node.body, symbol, step))
        if is_matrix(value):
            raise NoValueError("a gradient of something that is not a number")
        entries.append([value])
    return entries[0][0] if len(entries) == 1 else arb_mat(entries)


def _by(evaluator: Evaluator, body: Node, symbol: Sym, step: Node | None = None) -> Node:
    """Return the derivative along a symbol; calls of defined functions that it reaches are written out."""

    def of_atom(part: Node) -> Node | None:
        if part == symbol:
            return step if step is not None else Num(Fraction(1))
        if isinstance(part, Call):
            definition = evaluator.world.definition(part.head)
            if definition is None:
                return None if any(contains(item, symbol) for item in (*part.args, *part.given)) else Num(Fraction(0))
            if part.primes:
                return None
            return derivative(expanded(part, definition), of_atom)
        return None

    try:
        return derivative(body, of_atom)
    except NotDifferentiableError as error:
        raise NoValueError(str(error)) from error


def derivative_value(evaluator: Evaluator, node: Deriv) -> Value:
    """Return the value of a derivative with respect to a symbol.

    Raises:
        NoValueError: at a construct without a rule.
    """
    body = node.body
    if is_inferred(evaluator.world) and isinstance(body, Sym) and body != node.variable:
        raise NoValueError(f"how {body.name} depends on {node.variable.name} is not said", body.name)
    try:
        for _ in range(node.order):
            body = derivative_by(body, node.variable)
    except (NotDifferentiableError, NoValueError):
        body = node.body
        for _ in range(node.order):
            body = _by(evaluator, body, node.variable)
    return evaluator.value(body)


def primed(evaluator: Evaluator, node: Call, definition: tuple[tuple[Sym, ...], tuple[Sym, ...], Node]) -> Value:
    """Return the value of f'(x), f''(x) for a function of one argument that is defined by a formula.

    Raises:
        NoValueError: for functions of several arguments, and at a construct without a rule.
    """
    parameters, _, body = definition
    if len(parameters) != 1 or len(node.args) != 1 or node.primes > 8:
        raise NoValueError(f"{node.head.name} with dashes and several arguments", node.head.name)
    for _ in range(node.primes):
        body = _by(evaluator, body, parameters[0])
    return evaluator.with_bound({parameters[0]: evaluator.value(node.args[0])}, body)


def bracket(evaluator: Evaluator, node: At) -> Value:
    """Return `[F]_a^b`; the variable is the only symbol of F without a value, or the one symbol in it.

    Raises:
        NoValueError: where the variable is not clear.
    """
    free = sorted(free_symbols(node.body), key=repr)
    unknown = [symbol for symbol in free if symbol not in evaluator.bound and not _is_known(evaluator, symbol)]
    if len(unknown) != 1:
        unknown = free if len(free) == 1 else []
    if not unknown:
        raise NoValueError("the variable of an evaluation bracket is not clear")
    upper = evaluator.with_bound({unknown[0]: evaluator.scalar(node.upper)}, node.body)
    return upper - evaluator.with_bound({unknown[0]: evaluator.scalar(node.lower)}, node.body)


def _is_known(evaluator: Evaluator, symbol: Sym) -> bool:
    try:
        evaluator.value(symbol)
    except (NoValueError, UndefinedError):
        return False
    return True
