"""Random variables and events without a binder: which symbols they are, and what laws they have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.domains.declarations import Declarations
from grader.domains.sorts import atoms
from grader.formula.tree import (
    Add,
    Binder,
    Call,
    Dist,
    Div,
    Expect,
    Mul,
    Neg,
    Node,
    Num,
    Pow,
    Rel,
    Sym,
    Tuple,
    contains,
    transform,
    walk,
)
from grader.formula.values import NoValueError

MAX_DEGREE = 9  # of a polynomial whose mean five nodes give exactly
_LOWER_CASE = frozenset(["x", "y", "z", "u", "v", "w", "epsilon", "xi", "eta", "X", "Y", "Z"])
_PROBABILITY = frozenset(["P", "Pr", "bb P"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Randomness:
    """Events, random variables, and the declared laws of some of them."""

    events: frozenset[Sym] = frozenset()
    variables: frozenset[Sym] = frozenset()


def find_randomness(trees: Sequence[Node], declarations: Declarations) -> tuple[Randomness, list[Node]]:
    """Return the random symbols, and the trees with probabilities as such.

    Raises:
        NoValueError: where the mean of a named law is needed of something that is not a polynomial, or where a
            covariance of two laws is asked for whose joint law is not declared.
    """
    rewritten = [_probabilities(tree, declarations) for tree in trees]
    events: set[Sym] = set()
    variables: set[Sym] = set()
    for tree in rewritten:
        for part in walk(tree):
            if not isinstance(part, Expect):
                continue
            _check_laws(part, declarations)
            if part.binders:
                continue
            sides = part.body.items if isinstance(part.body, Tuple) else (part.body,)
            if part.kind == "P":
                for side in (*sides, *part.given):
                    _note_event(side, events, variables, declarations)
                continue
            for side in part.given:
                _note_event(side, events, variables, declarations, is_condition=True)
            variables.update(_variables(sides, declarations))
    return Randomness(events=frozenset(events), variables=frozenset(variables - events)), rewritten


def _probabilities(tree: Node, declarations: Declarations) -> Node:
    def change(node: Node) -> Node:
        node = transform(node, change)
        if isinstance(node, Call) and node.head.name in _PROBABILITY and _is_probability(node, declarations):
            body = node.args[0] if len(node.args) == 1 else Tuple(node.args)
            node = Expect("P", (), body, node.given)
        if isinstance(node, Expect) and node.kind == "P":
            return Expect("P", node.binders, _event(node.body), tuple(_event(side) for side in node.given))
        return node

    return change(tree)


def _is_probability(call: Call, declarations: Declarations) -> bool:
    if call.head in declarations.definitions or call.primes:
        return False
    declared = declarations.functions.get(call.head)
    sides = (*call.args, *call.given)
    looks = all(
        isinstance(side, (Rel, Pow)) or (isinstance(side, Sym) and _is_capital(side)) or _is_operation(side)
        for side in sides
    )
    return looks and declared in (None, "function") and bool(sides)


def _is_operation(node: Node) -> bool:
    return isinstance(node, Call) and node.head.name in ("∩", "∪", "∖", "complement")


def _is_capital(symbol: Sym) -> bool:
    return symbol.name.split()[-1][0].isupper()


def _event(node: Node) -> Node:
    """Return an event with complements and differences as such."""
    match node:
        case Tuple(items):
            return Tuple(tuple(_event(item) for item in items))
        case Pow(base, Sym(name="c" | "C" | "complement")):
            return Call(Sym("complement"), (_event(base),))
        case Sym(name=name) if name.startswith("bar "):
            return Call(Sym("complement"), (Sym(name.removeprefix("bar "), node.index),))
        case Sym(name=name) if name.endswith(("'", "^c")):
            return Call(Sym("complement"), (Sym(name.removesuffix("'").removesuffix("^c"), node.index),))
        case Call(head=Sym(name="∖"), args=(whole, part)):
            return Call(Sym("∩"), (_event(whole), Call(Sym("complement"), (_event(part),))))
        case Call(head=head, args=args) if _is_operation(node):
            return Call(head, tuple(_event(argument) for argument in args))
        case Mul(factors) if all(isinstance(factor, Sym) for factor in factors):
            return Call(Sym("∩"), tuple(_event(factor) for factor in factors))
    return node


def _note_event(
    node: Node, events: set[Sym], variables: set[Sym], declarations: Declarations, *, is_condition: bool = False
) -> None:
    if isinstance(node, Sym):
        if is_condition and node in declarations.laws:
            variables.add(node)
        else:
            events.add(node)
    elif _is_operation(node):
        for argument in node.args:  # type: ignore[attr-defined]
            _note_event(argument, events, variables, declarations)
    elif isinstance(node, Rel):
        variables.update(_variables((node,), declarations))
    else:
        raise NoValueError("the probability of something that is not an event")


def _variables(sides: Sequence[Node], declarations: Declarations) -> Iterator[Sym]:
    """Yield what is random in the body of a mean: declared laws, capitals, else customary letters."""
    free = [symbol for side in sides for symbol in atoms(side)]
    known = [symbol for symbol in free if symbol in declarations.laws]
    fixed = declarations.notation.scalars - set(declarations.laws)
    capitals = [symbol for symbol in free if _is_capital(symbol) and symbol not in fixed]
    if known or capitals:
        yield from {*known, *capitals}
        return
    yield from (symbol for symbol in free if symbol.name in _LOWER_CASE and symbol not in fixed)


def _check_laws(node: Expect, declarations: Declarations) -> None:
    """Raise where quadrature would not be exact, or a joint law is needed that is not declared.

    Raises:
        NoValueError: as said.
    """
    laws: dict[Node, Dist] = {symbol: law for symbol, law in declarations.laws.items()}  # noqa: C416 - keys widen
    for binder in node.binders:
        if isinstance(binder, Binder) and isinstance(binder.source, Dist):
            laws.update(dict.fromkeys(binder.names, binder.source))
    used = [symbol for symbol in laws if contains(node.body, symbol) or any(contains(g, symbol) for g in node.given)]
    if not used:
        return
    if node.kind == "Cov" and len(used) > 1 and not declarations.are_independent:
        raise NoValueError("the joint law of the random variables is not declared")
    continuous = [symbol for symbol in used if laws[symbol].name != "bernoulli"]
    if continuous and (node.given or node.kind == "P"):
        raise NoValueError("a condition on or probability of a variable with a continuous law")
    most = MAX_DEGREE if node.kind == "E" else MAX_DEGREE // 2
    if continuous and not all(degree(node.body, symbol) <= most for symbol in continuous):
        raise NoValueError("the mean of something that is not a polynomial of low degree in a random variable")


def degree(node: Node, variable: Node) -> float:
    """Return the degree of a polynomial in one symbol; infinity where it is no polynomial."""
    if not contains(node, variable):
        return 0
    if node == variable:
        return 1
    match node:
        case Add(parts) | Tuple(parts):
            return max(degree(part, variable) for part in parts)
        case Mul(parts):
            return sum(degree(part, variable) for part in parts)
        case Neg(operand):
            return degree(operand, variable)
        case Div(numerator, denominator) if not contains(denominator, variable):
            return degree(numerator, variable)
        case Pow(base, Num(value)) if value.denominator == 1 and value > 0:
            return degree(base, variable) * int(value)
        case Expect("E" | "Var", (), body, ()):
            return 0 if degree(body, variable) <= MAX_DEGREE else float("inf")
    return float("inf")
