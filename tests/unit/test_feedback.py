"""The sentence for the author, by verdict and evidence."""

from __future__ import annotations

from fractions import Fraction

import pytest

from grader.feedback import feedback
from grader.model import (
    AttemptResult,
    Counterexample,
    Evidence,
    ItemResult,
    Mention,
    NamedMistake,
    Proof,
    Score,
    Silence,
    Verdict,
    Violation,
)
from grader.rubric import Rubric

PROOF = Proof(check="equality", method="m")
WRONG = Counterexample(check="equality", parameters=(("sigma", "1"), ("t", "1/2")), submitted="2", expected="3")
FORM = Violation(check="form", message="not simplified")
FALSE = Mention(check="flaw", claim="wide", quotation="it is too wide", earns=False)
SILENCE = Silence(check="reading", reason="a brace is not closed\n\\frac{\n      ^")
MISTAKE = NamedMistake(id="beta-lost", message="β is missing.")

CASES: list[tuple[Verdict, tuple[Evidence, ...], NamedMistake | None, tuple[str, ...], str]] = [
    (Verdict.CORRECT, (PROOF,), None, (), "Correct."),
    (Verdict.CORRECT, (PROOF,), None, ("A remark.",), "A remark."),
    (Verdict.MISSING, (), None, (), "No answer was found."),
    (Verdict.UNDECIDED, (SILENCE,), None, (), "A person will look at this: a brace is not closed."),
    (Verdict.UNDECIDED, (), None, (), "A person will look at this."),
    (Verdict.INCORRECT, (WRONG,), MISTAKE, (), "β is missing."),
    (Verdict.INCORRECT, (WRONG,), MISTAKE, ("It follows.",), "β is missing. It follows."),
    (Verdict.INCORRECT, (WRONG,), None, (),
     "At sigma = 1, t = 1/2 your answer is 2; the right value there is 3."),
    (Verdict.PARTIAL, (PROOF, FORM), None, (), "The value is right, but: not simplified."),
    (Verdict.INCORRECT, (FALSE,), None, (), "This is not so: “it is too wide”."),
    (Verdict.PARTIAL, (), None, (), "Not complete."),
]  # fmt: skip


def attempt(*items: ItemResult) -> AttemptResult:
    return AttemptResult(
        number=1, where="", hinted=False, hint="", verdict=items[0].verdict, score=Score(), items=items
    )


def result(
    item: str, verdict: Verdict, evidence: tuple[Evidence, ...], mistake: NamedMistake | None, remarks: tuple[str, ...]
) -> ItemResult:
    score = Score(possible=Fraction(1))
    return ItemResult(item=item, verdict=verdict, score=score, evidence=evidence, mistake=mistake, remarks=remarks)


@pytest.mark.parametrize(("verdict", "evidence", "mistake", "remarks", "expected"), CASES)
def test_the_sentence_for_one_item(
    hw13: Rubric,
    verdict: Verdict,
    evidence: tuple[Evidence, ...],
    mistake: NamedMistake | None,
    remarks: tuple[str, ...],
    expected: str,
) -> None:
    assert feedback(hw13.part("1a"), attempt(result("law", verdict, evidence, mistake, remarks))) == expected


def test_several_items_are_told_apart(hw13: Rubric) -> None:
    part = hw13.part("1b")
    right = result("previous", Verdict.CORRECT, (PROOF,), None, ())
    wrong = result("current", Verdict.INCORRECT, (WRONG,), MISTAKE, ())
    assert feedback(part, attempt(right, wrong)) == "the distribution of X_t: β is missing."
    assert feedback(part, attempt(right, right)) == "Correct."


def test_a_long_world_is_not_poured_out(hw13: Rubric) -> None:
    many = Counterexample(
        check="equality", parameters=tuple((f"p{i}", str(i)) for i in range(40)), submitted="1", expected="2"
    )
    said = feedback(hw13.part("1a"), attempt(result("law", Verdict.INCORRECT, (many,), None, ())))
    assert "p5 = 5" in said
    assert "p6" not in said
