"""Is the end of a derivation right, whatever its steps are? Its last member is compared with where it began."""

from __future__ import annotations

from grader.checks.steps_compare import Court
from grader.checks.steps_judge import Hints, judge_approximate, judge_equal
from grader.checks.steps_known import Known, as_item
from grader.checks.steps_read import Claim, read_derivation
from grader.checks.steps_scope import Names, defined_by
from grader.checks.steps_spoken import spoken_regimes
from grader.checks.steps_worlds import HiddenError, Knowledge
from grader.formula.notation import Notation
from grader.formula.tree import Call, Expect, Node, Sym
from grader.model import Step, Verdict

_SIGNS = ("=", "≈", "→")


def end_after(
    steps: tuple[Step, ...], text: str, notation: Notation, knowledge: Knowledge, known: Known
) -> bool | None:
    """Return whether the end is right, given the steps: without a false one it is never called wrong."""
    found = is_end_right(text, notation, knowledge, known)
    return None if found is False and not any(step.kind for step in steps) else found


def is_end_right(text: str, notation: Notation, knowledge: Knowledge, known: Known) -> bool | None:
    """Return whether the last member of the last chain equals what the derivation is about; None if that is not known.

    What it is about: the right value where the assignment knows the quantity; else the first member that has a
    value of the chain, or of the chain that first spoke of the same name.
    """
    derivation = read_derivation(text, notation)
    claims = [one for one in derivation.claims if one.op in _SIGNS and not one.is_definition]
    if not claims:
        return None
    court = Court(
        knowledge=knowledge,
        known=known,
        regimes=known.regimes + spoken_regimes(text, derivation, known.regimes),
        seed="end",
    )
    names = Names()
    for claim in derivation.claims:
        if claim.is_definition and claim.op == "=" and claim.lhs.node is not None and claim.rhs.node is not None:
            found = defined_by(claim.lhs.node, claim.rhs.node, is_stated=True, offset=claim.offset, section=0)
            if found is not None:
                names.add(claim.lhs.node, found)
    last = claims[-1]
    end = last.rhs.node
    chain = [one for one in claims if one.chain == last.chain]
    head = chain[0].lhs.node
    if end is None or head is None:
        return None
    is_approximate = any(one.op != "=" for one in claims)
    labelled = known.value_of(head)
    if labelled is not None:
        item, alternatives = labelled
        submitted = as_item(names.expand(end), head, item)
        if submitted is None:
            return None
        return _any_right([_verdict(submitted, value, court, is_approximate=True) for value in alternatives])
    start = _start(head, chain, claims, knowledge)
    if start is None or start is end:
        return None
    return _verdict(names.expand(start), names.expand(end), court, is_approximate=is_approximate)


def _start(head: Node, chain: list[Claim], claims: list[Claim], knowledge: Knowledge) -> Node | None:
    """Return the first expression that the name at the head of the last chain was said to be."""
    is_name = isinstance(head, (Sym, Call, Expect))
    if not is_name:
        first = claims[0]
        goes_on = first.chain != chain[0].chain and _same_names(first.lhs.node, head, knowledge)
        return first.lhs.node if goes_on else head
    for claim in claims:
        if claim.lhs.node == head and claim.position == 0:
            if isinstance(head, Call) and _has_value(head, knowledge):
                return head
            return claim.rhs.node
    return chain[0].rhs.node


def _same_names(first: Node | None, head: Node, knowledge: Knowledge) -> bool:
    return first is not None and first == head and _has_value(head, knowledge)


def _has_value(node: Node, knowledge: Knowledge) -> bool:
    try:
        return not knowledge.unknowns(node)
    except HiddenError:
        return False


def _verdict(left: Node, rights: Node, court: Court, *, is_approximate: bool) -> bool | None:
    judge = judge_approximate if is_approximate else judge_equal
    judged = judge(left, rights, court, Hints(is_link=True))
    if judged.verdict is Verdict.UNDECIDED:
        return None
    return judged.verdict is Verdict.CORRECT


def _any_right(found: list[bool | None]) -> bool | None:
    if any(one for one in found):
        return True
    return None if None in found or not found else False
