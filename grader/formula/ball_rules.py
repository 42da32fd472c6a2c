"""Rules of evaluation that need no evaluator: shapes, products, definitions written out, truth of relations."""

from __future__ import annotations

from flint import arb, arb_mat

from grader.formula.calculus import NotDifferentiableError, derivative_by
from grader.formula.tree import Call, Dot, Fn, Node, Rel, Sym, Tuple, substitute, transform
from grader.formula.values import NoValueError, Value, is_ball


def is_counted(index: Node) -> bool:
    """Return whether an index is written as a number or an expression, not as a label."""
    return not isinstance(index, (Sym, Tuple, Rel)) or index == Sym("K")


def shape(matrix: Value) -> tuple[int, int]:
    """Return the numbers of rows and columns."""
    return matrix.nrows(), matrix.ncols()


def same_shape(first: Value, second: Value) -> tuple[Value, Value]:
    """Return both as matrices where one is the number zero (the gradient of a constant)."""
    if is_ball(first) and first.is_zero():
        return second * arb(0), second
    if is_ball(second) and second.is_zero():
        return first, first * arb(0)
    raise NoValueError("a number is added to a vector")


def times(first: Value, second: Value) -> Value:
    """Return a product of numbers or matrices; a product of one entry is a number.

    Raises:
        NoValueError: where shapes do not fit.
    """
    if isinstance(first, arb_mat) and isinstance(second, arb_mat):
        if first.ncols() != second.nrows():
            raise NoValueError("matrices whose shapes do not fit are multiplied")
        product = first * second
        return product[0, 0] if shape(product) == (1, 1) else product
    return first * second


def derivatives_of_logistic(node: Call) -> Node:
    """Return the derivative that the dashes of a logistic function ask for, as a tree."""
    variable = Sym("argument of logistic")
    body: Node = Fn("logistic", (variable,))
    for _ in range(node.primes):
        body = derivative_by(body, variable)
    return substitute(body, {variable: node.args[0]})


def as_density(node: Node, variable: Sym) -> Node:
    """Return a distribution written as a bare name or with a dot as its density at `variable`."""
    if isinstance(node, Sym):
        return Call(node, (variable,))
    if isinstance(node, Dot):
        return variable
    return transform(node, lambda child: child if isinstance(child, Sym) else as_density(child, variable))


def expanded(call: Call, definition: tuple[tuple[Sym, ...], tuple[Sym, ...], Node]) -> Node:
    """Return a call with its definition written out.

    Raises:
        NotDifferentiableError: where the number of arguments does not fit.
    """
    parameters, conditions, body = definition
    args, given = call.args, call.given
    if not given and len(args) == len(parameters) + len(conditions):
        args, given = args[: len(parameters)], args[len(parameters) :]
    if len(args) != len(parameters):
        raise NotDifferentiableError(f"{call.head.name} with {len(args)} argument(s)")
    replacements: dict[Node, Node] = dict(zip(parameters, args, strict=True))
    replacements.update(zip(conditions, given, strict=False))
    return substitute(body, replacements)
