"""What mathematics leaves open in writing: how far a product reaches, which variable an evaluation bracket is about."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from grader.formula.calculus import mul
from grader.formula.tree import Add, At, Big, Mul, Neg, Node, Sym, contains, free_symbols, substitute, transform, walk


def other_reach(left: Node, rights: Node) -> Iterator[tuple[Node, Node]]:
    """Yield both sides with factors behind a product sign taken out of it, where its variable is not in them."""
    sides = [(side, _shortened(side)) for side in (left, rights)]
    for chosen in product((0, 1), repeat=2):
        pair = tuple(side[number] for side, number in zip(sides, chosen, strict=True))
        if pair != (left, rights) and any(chosen):
            yield pair[0], pair[1]


def _shortened(node: Node) -> Node:
    if isinstance(node, Big) and node.kind == "prod" and isinstance(node.body, Mul):
        factors = list(node.body.factors)
        behind: list[Node] = []
        while len(factors) > 1 and not contains(factors[-1], node.variable):
            behind.insert(0, factors.pop())
        if behind:
            body = factors[0] if len(factors) == 1 else Mul(tuple(factors))
            return mul(Big("prod", node.variable, node.lower, node.upper, _shortened(body), node.domain), *behind)
    return transform(node, _shortened)


def integrated_in(node: Node) -> Sym | None:
    """Return the variable of the only integral in a tree."""
    found = {part.variable for part in walk(node) if isinstance(part, Big) and part.kind == "int"}
    return found.pop() if len(found) == 1 else None


def with_bracket_variable(left: Node, rights: Node, earlier: Sym | None) -> tuple[Node, Node]:
    """Return both sides with evaluation brackets written out, where the chain says which variable is meant."""
    variable = integrated_in(left) or earlier
    first = _written_out(left, variable or _only_in(left, rights))
    return first, _written_out(rights, variable or _only_in(rights, left))


def _only_in(side: Node, other: Node) -> Sym | None:
    brackets = [part for part in walk(side) if isinstance(part, At)]
    if len(brackets) != 1:
        return None
    inside = free_symbols(brackets[0].body) - free_symbols(other)
    return next(iter(inside)) if len(inside) == 1 else None


def _written_out(node: Node, variable: Sym | None) -> Node:
    if variable is None:
        return node
    if isinstance(node, At) and variable in free_symbols(node.body):
        upper = substitute(node.body, {variable: node.upper})
        return Add((upper, Neg(substitute(node.body, {variable: node.lower}))))
    return transform(node, lambda child: _written_out(child, variable))
