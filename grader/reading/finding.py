"""Which statement of an attempt answers an item, and why it was taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from grader.formula.notation import Notation
from grader.formula.parser import parse_expression
from grader.formula.tree import (
    KL,
    Call,
    Deriv,
    Dot,
    Expect,
    Extremum,
    Fn,
    Grad,
    Limit,
    Neg,
    Node,
    Sym,
    children,
    contains,
    substitute,
    walk,
)
from grader.reading.statement import Reading, Statement
from grader.rubric import FormulaItem, Space

_WHOLE = "it is the whole answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A statement that may answer an item.

    Attributes:
        statement: The statement.
        value: What it gives as the answer: the last member of its chain.
        label: The left side that announces it, None for a bare formula.
        claims: `=`, `≈`, `∼`, `→`: the weakest sign between label and value; empty for a bare formula.
        why: Why it was taken, in words.
        equation: The whole left side where the announced quantity stands inside of it, as in `log p = ...`.
    """

    statement: Statement
    value: Node
    label: Node | None
    claims: str
    why: str
    equation: Node | None = None


@lru_cache(maxsize=4096)
def _pattern(text: str, notation_id: int) -> Node:
    notation = _NOTATIONS[notation_id]
    return notation.canonical(parse_expression(text, notation))


_NOTATIONS: dict[int, Notation] = {}


def pattern(text: str, notation: Notation) -> Node:
    """Return a left side of the rubric as a tree in canonical writing."""
    _NOTATIONS[id(notation)] = notation
    return _pattern(text, id(notation))


def matches(wanted: Node, node: Node) -> bool:
    """Return whether a left side is the one wanted; a bare name matches its application too."""
    if wanted == node:
        return True
    match wanted, node:
        case _, Limit(body=body):
            return matches(wanted, body)
        case _, Call(head=Sym(name="conditional"), args=args):
            return matches(wanted, args[0])
        case Sym(), Call(head=head):
            return wanted == head
        case Call(head=head, args=args, given=()), Call():
            return head == node.head and args == node.args
        case Grad(body=body), Grad():
            return matches(body, node.body)
        case Expect(kind=kind, body=body), Expect():
            return kind == node.kind and matches(body, node.body)
        case Sym(), Expect(kind=kind):
            return wanted.name == kind
    return False


def find(item: FormulaItem, reading: Reading, notation: Notation, *, is_only: bool = True) -> tuple[Candidate, ...]:
    """Return the statements that may answer an item, the deciding one first, the others as they weigh less.

    `is_only` says whether the item is the only one of its part that a formula answers: only then can a formula in
    running text that nothing announces as this item be its answer.

    Statements whose left side announces the item come before bare formulas (but for boxed ones, where none with a
    left side is marked as final), those that the author marks as final before the others, later ones before earlier.
    """
    wanted = tuple(pattern(name, notation) for name in item.names)
    labelled: list[Candidate] = []
    by_words: list[Candidate] = []
    implicit: list[Candidate] = []
    bare: list[Candidate] = []
    for statement in reading.statements:
        if statement.item is not None and statement.item != item.id:
            continue
        if statement.is_denied or statement.leading not in ("", *_VALUE_SIGNS):
            continue
        values = _as_values(statement, item)
        if len(values.members) == 1 < len(statement.members) and isinstance(values.members[0], _QUANTITIES):
            # A quantity that is only compared with something.
            continue
        statement = values
        candidate = _candidate(statement, wanted)
        if candidate is not None and _is_name(candidate.value) and any(matches(one, candidate.value) for one in wanted):
            # A name for a name (`\\pi = \\pi^*`) gives no formula.
            continue
        if candidate is not None:
            (by_words if statement.by_words else labelled).append(candidate)
        elif (equation := _equation(statement, wanted)) is not None:
            implicit.append(equation)
        elif (
            statement.item == item.id
            or (is_only and (statement.whole or statement.is_announced))
            or item.kind == "objective"
        ):
            loose = _bare(statement, item)
            if loose is not None:
                bare.append(loose)
    boxed = [one for one in bare if one.statement.is_boxed]
    if boxed and not any(one.statement.is_final for one in labelled):
        # A box says "this is the answer" as plainly as a left side does.
        return tuple(sorted(boxed, key=lambda one: _weight(one, reading), reverse=True))
    chosen = labelled or implicit or by_words or bare
    return tuple(sorted(chosen, key=lambda one: _weight(one, reading), reverse=True))


# Signs that give a value to what stands on their left; the others compare two things.
_VALUE_SIGNS = ("=", "≈", "∼", "→", "∝", "≲")


def _as_values(statement: Statement, item: FormulaItem) -> Statement:
    """Return the part of a chain that gives a value: up to the first sign that only compares (`≪`, `≠`, `<`).

    Where an approximation does not count, one that is added behind an exact value does not replace it.
    """
    members, ops = statement.members, statement.ops
    for position, op in enumerate(ops):
        exact_before = position > 0 or not isinstance(members[0], _QUANTITIES)
        if op not in _VALUE_SIGNS or (op == "≈" and item.regime is None and exact_before):
            return replace(statement, members=members[: position + 1], ops=ops[:position])
    return statement


def concluding(item: FormulaItem, reading: Reading, taken: Statement, *, is_only: bool) -> Candidate | None:
    """Return the last statement behind the one taken that words give as the answer: "so the variance is ..."."""
    found: Candidate | None = None
    behind = False
    for statement in reading.statements:
        if behind and statement.concludes and not statement.is_denied and (is_only or statement.concludes == item.id):
            values = _as_values(statement, item)
            if statement.by_words or not (len(values.members) > 1 and isinstance(values.members[0], _QUANTITIES)):
                claims = weakest((values.leading, *values.ops), approximate=values.is_approximate)
                label = Sym("Std") if statement.concludes == "standard deviation" else None
                why = f"words give it as the {statement.concludes}"
                found = Candidate(statement=values, value=values.last, label=label, claims=claims, why=why)
        behind = behind or (statement.offset == taken.offset and statement.place == taken.place)
    return found


def _is_name(node: Node) -> bool:
    return isinstance(node, (Sym, Call, Expect))


def _weight(candidate: Candidate, reading: Reading) -> tuple[bool, bool, int]:
    statement = candidate.statement
    order = next(
        index
        for index, other in enumerate(reading.statements)
        if other is statement
        or (other.offset == statement.offset and other.members[: len(statement.members)] == statement.members)
    )
    names_another = candidate.label is not None and candidate.why == _WHOLE
    return statement.is_final and not statement.is_definition, not names_another, order


def _candidate(statement: Statement, wanted: tuple[Node, ...]) -> Candidate | None:
    members, ops = statement.members, statement.ops
    for position, member in enumerate(members):
        if not any(matches(one, member) for one in wanted):
            continue
        if position == 0 and len(members) > 1:
            why = f"its left side names it{', and it is marked as the answer' if statement.is_final else ''}"
            claims = weakest((statement.leading, *ops), approximate=statement.is_approximate)
            return Candidate(statement=statement, value=members[-1], label=member, claims=claims, why=why)
        if position == len(members) - 1 and position > 0 and len(members) == 2:
            claims = weakest((statement.leading, *ops), approximate=statement.is_approximate)
            return Candidate(
                statement=statement, value=members[0], label=member, claims=claims, why="its right side names it"
            )
    return None


def _equation(statement: Statement, wanted: tuple[Node, ...]) -> Candidate | None:
    """Return a statement whose left side contains the quantity that the item asks for."""
    if len(statement.members) < 2 or statement.is_definition:
        return None
    left, right = statement.members[0], statement.last
    inside = {part for part in _quantities(left) if any(matches(one, part) for one in wanted)}
    inside = {part for part in inside if not any(part is not other and contains(other, part) for other in inside)}
    if len(inside) != 1 or any(contains(right, part) for part in inside):
        return None
    label = inside.pop()
    if isinstance(label, Expect):
        return None
    claims = weakest((statement.leading, *statement.ops), approximate=statement.is_approximate)
    why = "its left side contains it"
    return Candidate(statement=statement, value=right, label=label, claims=claims, why=why, equation=left)


def _quantities(node: Node) -> Iterator[Node]:
    """Yield what an expression is made of, without the names of functions and what stands in their indices."""
    yield node
    if isinstance(node, Call):
        for child in (*node.args, *node.given):
            yield from _quantities(child)
    elif not isinstance(node, (Sym, Extremum, Expect)):
        for child in children(node):
            yield from _quantities(child)


_QUANTITIES = (Sym, Call, Grad, Fn, Expect, Deriv, KL, Extremum)


def _bare(statement: Statement, item: FormulaItem) -> Candidate | None:
    members, ops = statement.members, statement.ops
    claims = weakest((statement.leading, *ops), approximate=statement.is_approximate)
    if item.kind == "objective":
        return _objective(statement, claims)
    if statement.is_definition or any(isinstance(part, (Extremum, KL)) for part in walk(members[-1])):
        # What has the shape of an objective is no value.
        return None
    if len(members) > 1 and not statement.item and not statement.whole and isinstance(members[0], _QUANTITIES):
        # Another quantity's formula is not an answer to this item.
        return None
    if len(members) == 1 and not statement.item and not statement.whole and isinstance(members[0], (Sym, Call)):
        # A name by itself in running text announces nothing.
        return None
    label = members[0] if len(members) > 1 and isinstance(members[0], (Sym, Call, Grad, Expect)) else None
    return Candidate(statement=statement, value=members[-1], label=label, claims=claims, why=_WHOLE)


def _objective(statement: Statement, claims: str) -> Candidate | None:
    """Return a statement as an objective: what stands below a min or max, or a divergence by itself."""
    for member in reversed(statement.members):
        shown = member.operand if isinstance(member, Neg) else member
        alone = len(statement.members) == 1 and any(isinstance(part, KL) for part in walk(member))
        if isinstance(shown, Extremum) and shown.kind.endswith("max") and not _names_optimum(shown):
            # The problem itself, written down again.
            continue
        if isinstance(shown, Extremum) or alone or (statement.item and member is statement.last):
            return Candidate(statement=statement, value=member, label=None, claims=claims, why="it is an objective")
    return None


def _names_optimum(node: Node) -> bool:
    heads = {part.head if isinstance(part, Call) else part for part in walk(node)}
    return Sym("pi^*") in heads or Sym("Z") in heads


def weakest(ops: tuple[str, ...], *, approximate: bool) -> str:
    """Return what a chain claims between its ends: `≈` if any sign or word says so."""
    if approximate or any(op in ("≈", "≲", "≳") for op in ops):
        return "≈"
    return next((op for op in ("∝", "→", "∼", "=") if op in ops), "")


def renamed(candidate: Candidate, value: Node, item: FormulaItem, space: Space) -> tuple[Candidate, Node]:
    """Return an answer with the arguments that its left side names written as the item writes them.

    `p(y) = q(y)` answers a question for p(x) as `q(x)`; `p(u) = exp(-u^2/2)...` is a density at the part's point.
    """
    label = candidate.label
    if not isinstance(label, Call):
        return candidate, value
    if item.kind == "law" and space.density_at is not None and len(label.args) == 1:
        wanted: tuple[Node, ...] = (space.density_at,)
        written: tuple[Node, ...] = label.args
    elif item.at:
        general = pattern(item.at, space.notation)
        assert isinstance(general, Call), "the general left side is an applied function"
        written = (*label.args, *label.given)
        wanted = (*general.args, *general.given)
    else:
        return candidate, value
    if (
        len(written) != len(wanted)
        or not all(isinstance(one, (Sym, Dot)) for one in written)
        or len(set(written)) < len(written)
    ):
        return candidate, value
    new_names = {old: new for old, new in zip(written, wanted, strict=True) if old != new}
    whole = substitute(candidate.equation, new_names) if candidate.equation is not None else None
    candidate = replace(candidate, label=substitute(label, new_names), equation=whole)
    return candidate, substitute(value, new_names)
