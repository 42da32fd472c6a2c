"""Names that an author introduces on the way, and formulas with these names written out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from grader.formula.tree import Call, Node, Sym, substitute, transform, walk
from grader.reading.statement import Definitions, Statement


def marked(statements: list[Statement]) -> list[Statement]:
    """Mark statements that only name something which another statement uses: `..., \\rho_i = ...`."""
    uses = [frozenset(part.name for part in named(one.last)) for one in statements]
    marked = []
    for index, one in enumerate(statements):
        left = one.members[0]
        names = left if isinstance(left, Sym) else left.head if isinstance(left, Call) else None
        used = names is not None and any(names.name in use for other, use in enumerate(uses) if other != index)
        is_own = len(one.members) > 1 and one.ops[0] == "=" and used
        marked.append(replace(one, is_definition=True) if is_own else one)
    return marked


def named(node: Node) -> list[Sym]:
    """Return every symbol and head in a tree."""
    return [part.head if isinstance(part, Call) else part for part in walk(node) if isinstance(part, (Sym, Call))]


def definitions_in(statements: list[Statement]) -> Definitions:
    """Return names that the author defines: `z = ...`, `s(y) := ...`; the last definition counts."""
    found: Definitions = {}
    for statement in statements:
        if len(statement.members) < 2 or statement.ops[0] != "=":
            continue
        left, right = statement.members[0], statement.members[1]
        if isinstance(left, Sym):
            if left.index is None or isinstance(left.index, Sym):
                found[left] = ((), right)
            if left.index is not None and isinstance(left.index, Sym):
                found[Sym(left.name, Sym("dots"))] = ((left.index,), right)
        elif isinstance(left, Call) and all(isinstance(argument, Sym) for argument in (*left.args, *left.given)):
            parameters = tuple(argument for argument in (*left.args, *left.given) if isinstance(argument, Sym))
            found[left.head] = (parameters, right)
    return found


def definitions_for(statement: Statement, statements: Sequence[Statement]) -> Definitions:
    """Return the names that a statement may use: the last definition before it counts, else the first behind it."""
    place = next(
        (i for i, one in enumerate(statements) if one.offset == statement.offset and one.place == statement.place),
        len(statements) - 1,
    )
    behind = definitions_in(list(reversed(statements[place + 1 :])))
    return {**behind, **definitions_in(list(statements[: place + 1]))}


def expand(node: Node, definitions: Definitions, known: frozenset[Sym], depth: int = 8) -> Node:
    """Return the tree with the author's own names replaced by what they stand for.

    Args:
        node: The tree.
        definitions: What the author defined.
        known: Names of the problem; they keep their meaning, whatever the author writes.
        depth: How many definitions may stand inside one another.
    """
    if depth == 0:
        return node
    usable = {name: value for name, value in definitions.items() if name not in known}

    def change(part: Node) -> Node:
        if isinstance(part, Sym):
            if part in usable and not usable[part][0] and usable[part][1] != part:
                return expand(usable[part][1], definitions, known | {part}, depth - 1)
            family = Sym(part.name, Sym("dots"))
            if part.index is not None and family in usable and Sym(part.name) not in known and part not in known:
                parameters, body = usable[family]
                filled = substitute(body, {parameters[0]: part.index})
                return expand(filled, definitions, known | {family}, depth - 1)
        if isinstance(part, Call) and part.head in usable and usable[part.head][0]:
            parameters, body = usable[part.head]
            args = (*part.args, *part.given)
            if len(args) == len(parameters):
                filled = substitute(body, dict(zip(parameters, args, strict=True)))
                return expand(filled, definitions, known | {part.head}, depth - 1)
        return transform(part, change)

    return change(node)
