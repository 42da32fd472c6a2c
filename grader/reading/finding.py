"""Which statement of an attempt answers an item, and why it was taken."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from grader.formula.notation import Notation
from grader.formula.parser import parse_expression
from grader.formula.tree import KL, Call, Expect, Extremum, Grad, Neg, Node, Sym, walk
from grader.reading.statements import Reading, Statement
from grader.rubric import FormulaItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A statement that may answer an item.

    Attributes:
        statement: The statement.
        value: What it gives as the answer: the last member of its chain.
        label: The left side that announces it, None for a bare formula.
        claims: `=`, `≈`, `∼`, `→`: the weakest sign between label and value; empty for a bare formula.
        why: Why it was taken, in words.
    """

    statement: Statement
    value: Node
    label: Node | None
    claims: str
    why: str


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
        case _, Call(head=Sym(name="conditional"), args=args):
            return matches(wanted, args[0])
    return False


def find(item: FormulaItem, reading: Reading, notation: Notation) -> tuple[Candidate, ...]:
    """Return the statements that may answer an item, the deciding one first, the others as they weigh less.

    Statements whose left side announces the item come before bare formulas, those that the author marks as final
    before the others, later ones before earlier ones.
    """
    wanted = tuple(pattern(name, notation) for name in item.names)
    labelled: list[Candidate] = []
    bare: list[Candidate] = []
    for statement in reading.statements:
        if statement.item is not None and statement.item != item.id:
            continue
        candidate = _candidate(statement, wanted)
        if candidate is not None:
            labelled.append(candidate)
        elif statement.item == item.id or statement.whole or statement.is_final or item.kind == "objective":
            loose = _bare(statement, item)
            if loose is not None:
                bare.append(loose)
    chosen = labelled or bare
    return tuple(sorted(chosen, key=lambda one: _weight(one, reading), reverse=True))


def _weight(candidate: Candidate, reading: Reading) -> tuple[bool, int, int]:
    statement = candidate.statement
    order = next(index for index, other in enumerate(reading.statements) if other is statement)
    return statement.is_final and not statement.is_definition, order, 0


def _candidate(statement: Statement, wanted: tuple[Node, ...]) -> Candidate | None:
    members, ops = statement.members, statement.ops
    for position, member in enumerate(members):
        if not any(matches(one, member) for one in wanted):
            continue
        if position == 0 and len(members) > 1:
            why = f"its left side names it{', and it is marked as the answer' if statement.is_final else ''}"
            claims = weakest(ops, approximate=statement.is_approximate)
            return Candidate(statement=statement, value=members[-1], label=member, claims=claims, why=why)
        if position == len(members) - 1 and position > 0 and len(members) == 2:
            claims = weakest(ops, approximate=statement.is_approximate)
            return Candidate(
                statement=statement, value=members[0], label=member, claims=claims, why="its right side names it"
            )
    return None


def _bare(statement: Statement, item: FormulaItem) -> Candidate | None:
    members, ops = statement.members, statement.ops
    claims = weakest(ops, approximate=statement.is_approximate)
    if item.kind == "objective":
        return _objective(statement, claims)
    if statement.is_definition:
        return None
    if len(members) > 1 and isinstance(members[0], (Sym, Call, Grad)) and not statement.item and not statement.whole:
        # Another quantity's formula is not an answer to this item.
        return None
    label = members[0] if len(members) > 1 and isinstance(members[0], (Sym, Call, Grad, Expect)) else None
    return Candidate(statement=statement, value=members[-1], label=label, claims=claims, why="it is the whole answer")


def _objective(statement: Statement, claims: str) -> Candidate | None:
    """Return a statement as an objective: what stands below a min or max, or a divergence by itself."""
    for member in reversed(statement.members):
        shown = member.operand if isinstance(member, Neg) else member
        alone = len(statement.members) == 1 and any(isinstance(part, KL) for part in walk(member))
        if isinstance(shown, Extremum) or alone or (statement.item and member is statement.last):
            return Candidate(statement=statement, value=member, label=None, claims=claims, why="it is an objective")
    return None


def weakest(ops: tuple[str, ...], *, approximate: bool) -> str:
    """Return what a chain claims between its ends: `≈` if any sign or word says so."""
    if approximate or any(op in ("≈", "≲", "≳") for op in ops):
        return "≈"
    for op in ("∝", "→", "≠", "<", ">", "≤", "≥", "∼", "∈", "="):
        if op in ops:
            return op
    return ops[0] if ops else ""
