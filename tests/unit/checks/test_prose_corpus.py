"""Sentences on 1d, 2c and 2f, right, wrong and beside the point, against what the claims make of them.

The sentences are in `tests/corpus/prose_hw13.jsonl` (`part`, `text`, `verdict`, `set`). Undecided is always allowed: a
person looks. `fitted` sentences were seen when the vocabulary was last changed, `fresh` ones were written after that
and only whole classes of error that they showed were mended.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from grader.checks.prose import judge_prose
from grader.model import Silence, Verdict
from reference.hw13.claims import FLAW_1D, INTERPRETATION_2F, REASON_2C

CORPUS = Path(__file__).parents[2] / "corpus" / "prose_hw13.jsonl"
RUBRICS = {"1d": FLAW_1D, "2c": REASON_2C, "2f": INTERPRETATION_2F}
CASES = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
ALLOWED = {
    "correct": {Verdict.CORRECT, Verdict.UNDECIDED},
    "partial": {Verdict.PARTIAL, Verdict.UNDECIDED},
    "incorrect": {Verdict.INCORRECT, Verdict.PARTIAL, Verdict.UNDECIDED},
    "undecided": {Verdict.UNDECIDED, Verdict.PARTIAL},
}
# At least this share of the right sentences is recognised: undecided everywhere would pass the rest.
LEAST_RECOGNISED = {"1d": 0.9, "2c": 0.95, "2f": 0.8}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['part']}-{case['verdict']}-{case['text'][:40]}")
def test_no_sentence_is_judged_against_its_meaning(case: dict[str, str]) -> None:
    verdict, evidence = judge_prose(case["text"], RUBRICS[case["part"]])
    assert verdict in ALLOWED[case["verdict"]], evidence


@pytest.mark.parametrize("part", sorted(RUBRICS))
def test_most_right_sentences_are_recognised(part: str) -> None:
    verdicts = Counter(
        judge_prose(case["text"], RUBRICS[part])[0]
        for case in CASES
        if case["part"] == part and case["verdict"] == "correct"
    )
    assert verdicts[Verdict.CORRECT] >= LEAST_RECOGNISED[part] * verdicts.total()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The weight is large when it is wrong and large when it is right.", "not clear"),
        ("Weights: wrong, near zero; then near one for the wrong ones, as it should be.", "not clear"),
    ],
)
def test_a_sentence_that_reads_both_ways_is_undecided(text: str, reason: str) -> None:
    verdict, evidence = judge_prose(text, INTERPRETATION_2F)
    assert verdict is Verdict.UNDECIDED
    assert isinstance(evidence[0], Silence)
    assert reason in evidence[0].reason


def test_a_formula_lends_no_word_to_what_is_said_of_it() -> None:
    for weight in (r"$\sigma(\hat r(x,y_l)-\hat r(x,y_w))$", "σ(r̂(x,y_l) − r̂(x,y_w))"):
        right = f"The weight {weight} is large when the implicit reward ranks the pair wrongly."
        wrong = f"The weight {weight} is large when the implicit reward ranks the pair rightly."
        assert judge_prose(right, INTERPRETATION_2F)[0] is Verdict.CORRECT, right
        assert judge_prose(wrong, INTERPRETATION_2F)[0] is Verdict.INCORRECT, wrong


def test_a_wrong_and_a_right_claim_in_two_sentences_are_partial_and_in_one_undecided() -> None:
    assert judge_prose("The variance collapses. The mean is biased.", FLAW_1D)[0] is Verdict.PARTIAL
    assert judge_prose("The variance collapses and the mean is biased.", FLAW_1D)[0] is Verdict.UNDECIDED
