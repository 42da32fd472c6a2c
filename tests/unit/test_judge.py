"""The table from evidence to verdicts, cell by cell, and from verdicts to points."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest

from grader import judge
from grader.model import (
    Agreement,
    Counterexample,
    Evidence,
    Mention,
    Proof,
    Score,
    Silence,
    Verdict,
    Violation,
)

PROOF = Proof(check="equality", method="canonical form")
AGREEMENT = Agreement(check="equality", trials=12, digits=30, domain="x > 0")
COUNTEREXAMPLE = Counterexample(check="equality", parameters=(("x", "1"),), submitted="2", expected="3")
VIOLATION = Violation(check="terms", message="it contains r")
MENTION = Mention(check="flaw", claim="collapse", quotation="it collapses", earns=True)
SILENCE = Silence(check="equality", reason="no value")
ALL = (PROOF, AGREEMENT, COUNTEREXAMPLE, VIOLATION, MENTION, SILENCE)

TABLE: list[tuple[tuple[Evidence, ...], Verdict]] = [
    ((), Verdict.UNDECIDED),
    ((PROOF,), Verdict.CORRECT),
    ((AGREEMENT,), Verdict.CORRECT),
    ((PROOF, AGREEMENT), Verdict.CORRECT),
    ((COUNTEREXAMPLE,), Verdict.INCORRECT),
    ((COUNTEREXAMPLE, AGREEMENT), Verdict.INCORRECT),
    ((COUNTEREXAMPLE, PROOF), Verdict.UNDECIDED),
    ((COUNTEREXAMPLE, PROOF, AGREEMENT), Verdict.UNDECIDED),
    ((COUNTEREXAMPLE, SILENCE), Verdict.INCORRECT),
    ((COUNTEREXAMPLE, VIOLATION), Verdict.INCORRECT),
    ((COUNTEREXAMPLE, PROOF, VIOLATION), Verdict.UNDECIDED),
    ((VIOLATION, PROOF), Verdict.PARTIAL),
    ((VIOLATION, AGREEMENT), Verdict.PARTIAL),
    ((VIOLATION,), Verdict.UNDECIDED),
    ((VIOLATION, SILENCE), Verdict.UNDECIDED),
    ((VIOLATION, SILENCE, AGREEMENT), Verdict.PARTIAL),
    ((SILENCE,), Verdict.UNDECIDED),
    ((SILENCE, SILENCE), Verdict.UNDECIDED),
    ((SILENCE, PROOF), Verdict.CORRECT),
    ((SILENCE, AGREEMENT), Verdict.CORRECT),
    ((MENTION,), Verdict.UNDECIDED),
]


@pytest.mark.parametrize(("evidence", "expected"), TABLE)
def test_each_cell_of_the_table(evidence: tuple[Evidence, ...], expected: Verdict) -> None:
    for order in itertools.permutations(evidence):
        assert judge.verdict(order) == expected
        assert judge.verdict((*order, *order)) == expected


@pytest.mark.parametrize(("evidence", "without"), TABLE)
def test_a_mistake_with_points_changes_incorrect_to_partial_and_nothing_else(
    evidence: tuple[Evidence, ...], without: Verdict
) -> None:
    submitted = judge.verdict(evidence, mistake_points=Fraction(1, 3))
    assert submitted == (Verdict.PARTIAL if without == Verdict.INCORRECT else without)


SUBSETS = [subset for size in range(len(ALL) + 1) for subset in itertools.combinations(ALL, size)]


@pytest.mark.parametrize("evidence", SUBSETS)
def test_nobody_is_wrong_without_a_counterexample_and_nobody_right_by_silence(evidence: tuple[Evidence, ...]) -> None:
    found = judge.verdict(evidence)
    if found in (Verdict.INCORRECT,):
        assert COUNTEREXAMPLE in evidence
        assert PROOF not in evidence
    if found in (Verdict.CORRECT, Verdict.PARTIAL):
        assert PROOF in evidence or AGREEMENT in evidence
        assert COUNTEREXAMPLE not in evidence
    assert found != Verdict.MISSING


C, P, I, U, M = (  # noqa: E741 - the five verdicts as columns
    Verdict.CORRECT,
    Verdict.PARTIAL,
    Verdict.INCORRECT,
    Verdict.UNDECIDED,
    Verdict.MISSING,
)
PAIRS = {
    (C, C): C, (C, P): P, (C, I): P, (C, U): U, (C, M): P,
    (P, P): P, (P, I): P, (P, U): U, (P, M): P,
    (I, I): I, (I, U): U, (I, M): I,
    (U, U): U, (U, M): U,
    (M, M): M,
}  # fmt: skip


@pytest.mark.parametrize(("first", "second"), list(itertools.product(Verdict, repeat=2)))
def test_all_combinations_of_two(first: Verdict, second: Verdict) -> None:
    expected = PAIRS[(first, second)] if (first, second) in PAIRS else PAIRS[second, first]
    assert judge.combined([first, second]) == expected
    assert judge.combined([first, second, first, second]) == expected


@pytest.mark.parametrize("several", list(itertools.combinations_with_replacement(Verdict, 3)))
def test_three_combine_in_any_order_alike(several: tuple[Verdict, ...]) -> None:
    assert len({judge.combined(order) for order in itertools.permutations(several)}) == 1


def test_nothing_to_combine_is_missing() -> None:
    assert judge.combined([]) == Verdict.MISSING


@pytest.mark.parametrize("points", [Fraction(1), Fraction(3, 8), Fraction(7)])
@pytest.mark.parametrize("share", [Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(9, 10)])
@pytest.mark.parametrize(
    ("verdict", "earned", "pending"),
    [
        (Verdict.CORRECT, lambda share: 1, 0),
        (Verdict.PARTIAL, lambda share: share, 0),
        (Verdict.INCORRECT, lambda share: 0, 0),
        (Verdict.UNDECIDED, lambda share: 0, 1),
        (Verdict.MISSING, lambda share: 0, 0),
    ],
)
def test_points_of_a_verdict(points: Fraction, share: Fraction, verdict: Verdict, earned: object, pending: int) -> None:
    assert callable(earned)
    submitted = judge.score(verdict, points, partial_share=share)
    assert submitted == Score(earned=earned(share) * points, pending=pending * points, possible=points)
    assert submitted.earned + submitted.pending <= submitted.possible


def test_scores_add_up_exactly() -> None:
    thirds = [judge.score(Verdict.PARTIAL, Fraction(1), partial_share=Fraction(1, 3))] * 3
    assert sum(thirds, Score()) == Score(earned=Fraction(1), possible=Fraction(3))
