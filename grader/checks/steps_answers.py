"""Relations that an assignment can judge by what it knows: values of its answers, and problems restated."""

from __future__ import annotations

from grader.checks.answer import QUICK
from grader.checks.identity import identical
from grader.checks.regime import agrees_in_regime
from grader.checks.steps_compare import Court, compare
from grader.checks.steps_judge import (
    Hints,
    Judgement,
    judge_equal,
    right,
    undecided,
)
from grader.checks.steps_known import KnownRight, as_item, is_finite_form
from grader.checks.steps_objectives import has_constant_term, relation_of_objectives
from grader.checks.steps_read import Claim, Objective
from grader.checks.steps_worlds import HiddenError, name_text
from grader.formula.tree import (
    Extremum,
    Neg,
    Node,
)
from grader.model import Agreement, Counterexample, Proof, Verdict

_EQUAL = frozenset("=")
_APPROXIMATE = frozenset("≈≲≳")


# ---------------------------------------------------------------- quantities that the assignment knows


def judge_known(
    claim: Claim, label: Node, value: Node, known: tuple[KnownRight, tuple[Node, ...]], court: Court
) -> Judgement:
    """Return the verdict on a relation that names a quantity whose right value the assignment knows."""
    item, alternatives = known
    space = item.part.space
    if claim.op not in _EQUAL | _APPROXIMATE:
        return undecided("not an equality")
    submitted = as_item(value, label, item)
    if submitted is None:
        return undecided("what is said about the quantity is not its value")
    try:
        strange = court.knowledge.unknowns(submitted) - set(space.random)
    except HiddenError as error:
        return undecided(str(error))
    if strange:
        return undecided(f"{', '.join(sorted(map(name_text, strange)))} has no value here")
    refuted: Counterexample | None = None
    for expected in alternatives:
        for one in identical(submitted, expected, space, check="steps", seed=court.seed, effort=QUICK):
            if isinstance(one, (Proof, Agreement)):
                return right("it is the value of the quantity")
            if isinstance(one, Counterexample):
                refuted = refuted or one
            else:
                return undecided(one.reason if hasattr(one, "reason") else "")
    regime = item.item.regime
    for expected in alternatives:
        if is_finite_form(submitted, expected, court.regimes):
            return undecided("the value before the limit; the limit is what the assignment knows")
        if regime is None:
            continue
        near = agrees_in_regime(submitted, expected, space, regime, check="steps", seed=court.seed)
        if isinstance(near, Agreement):
            if claim.op in _APPROXIMATE or claim.is_approximate or item.item.bare_claims == "≈":
                return right(f"to the order that is asked for ({regime.words})")
            return Judgement(
                verdict=Verdict.PARTIAL,
                kind="approx",
                counterexample=refuted,
                reason=f"written as an equality, but it holds only approximately ({regime.words})",
            )
        if not isinstance(near, Counterexample):
            return undecided(near.reason)
        refuted = near if claim.op in _APPROXIMATE else refuted
    if claim.op in _APPROXIMATE and regime is None:
        return undecided("no regime is known in which both sides could be near each other")
    return Judgement(
        verdict=Verdict.INCORRECT, kind="false", counterexample=refuted, reason="it is not the value of the quantity"
    )


# ---------------------------------------------------------------- problems that follow one another


def judge_objectives(objectives: tuple[Objective, ...], court: Court) -> list[tuple[Objective, Objective, Judgement]]:
    """Return the verdict on each optimisation problem that restates one before it: no constant may be added."""
    found: list[tuple[Objective, Objective, Judgement]] = []
    optimised, space = frozenset(court.known.optimum), court.knowledge.space
    reference: Objective | None = None
    for objective in objectives:
        body = _problem(objective.member.node)
        if body is None or not optimised or space is None:
            continue
        before = _problem(reference.member.node) if reference is not None else None
        if before is None or reference is None:
            reference = objective
            continue
        relation = relation_of_objectives(before, body, space, seed=court.seed)
        earlier = reference
        if relation == "shifted" and not objective.is_equivalent and has_constant_term(body, optimised):
            seen = compare(before, body, court)
            shown = judge_equal(before, body, court, Hints()) if seen.status == "differ" else None
            judged = Judgement(
                verdict=Verdict.INCORRECT,
                kind="false",
                counterexample=shown.counterexample if shown is not None else None,
                reason="the minimiser is the same, but a constant was added that the problem before it has not",
            )
            if judged.counterexample is None:
                judged = undecided("the problems differ by a constant")
        else:
            reference = objective
            judged = right("the same problem") if relation == "proportional" else undecided("another problem")
        found.append((earlier, objective, judged))
    return found


def _problem(node: Node | None) -> Node | None:
    """Return what is minimised, with the sign turned where something is maximised."""
    if isinstance(node, Extremum) and node.kind in ("min", "max"):
        return node.body if node.kind == "min" else Neg(node.body)
    return None
