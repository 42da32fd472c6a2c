"""The sample submissions are the executable specification: each part has the verdict that its `expected.toml` says."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from grader.model import Agreement, Counterexample, Mention, PartResult, Proof, SubmissionResult, Verdict
from grader.pipeline import Options, Run, grade

FOLDER = Path(__file__).resolve().parents[2] / "submissions" / "hw13"
CASES = sorted(path.parent.name for path in FOLDER.glob("*/expected.toml"))
EXPECTED = {case: tomllib.loads((FOLDER / case / "expected.toml").read_text(encoding="utf-8")) for case in CASES}
PARTS = [(case, part) for case in CASES for part in EXPECTED[case] if part != "reason"]
FIELDS = {"verdict", "reason", "first_attempt", "mistake"}


@pytest.fixture(scope="session")
def run() -> Run:
    """Return the sample submissions, graded once for all tests."""
    return grade([FOLDER], Options(assignment="hw13", jobs=2))


def result_of(run: Run, case: str) -> SubmissionResult:
    (found,) = [one for one in run.results if one.submission.id == case]
    return found


def part_of(run: Run, case: str, part: str) -> PartResult:
    (found,) = [one for one in result_of(run, case).parts if one.part == part]
    return found


def test_there_are_enough_cases_of_every_format(run: Run) -> None:
    assert len(CASES) >= 14
    assert sorted(one.submission.id for one in run.results) == CASES
    formats = {one.submission.format for one in run.results}
    assert len(formats) >= 7, formats


def test_the_grader_itself_fails_on_none_of_them(run: Run) -> None:
    assert run.faults == ()


@pytest.mark.parametrize("case", CASES)
def test_each_case_says_what_it_is_about_and_expects_something_of_every_part(case: str, run: Run) -> None:
    expected = EXPECTED[case]
    assert expected["reason"].strip()
    assert set(expected) - {"reason"} == set(run.rubric.part_ids)
    for part in run.rubric.part_ids:
        assert expected[part]["reason"].strip()
        assert set(expected[part]) <= FIELDS
        assert expected[part]["verdict"] in set(Verdict)


@pytest.mark.parametrize(("case", "part"), PARTS)
def test_the_verdict_is_the_one_that_is_expected(run: Run, case: str, part: str) -> None:
    expected: dict[str, Any] = EXPECTED[case][part]
    found = part_of(run, case, part)
    items = [(one.item, str(one.verdict), one.evidence) for one in found.last.items]
    assert str(found.last.verdict) == expected["verdict"], (expected["reason"], items)
    if "mistake" in expected:
        assert expected["mistake"] in {one.mistake.id for one in found.last.items if one.mistake}, items
    if "first_attempt" in expected:
        assert str(found.attempts[0].verdict) == expected["first_attempt"], expected["reason"]


@pytest.mark.parametrize("case", CASES)
def test_no_verdict_stands_without_evidence(run: Run, case: str) -> None:
    for part in result_of(run, case).parts:
        for item in (item for attempt in part.attempts for item in attempt.items):
            kinds = {type(one) for one in item.evidence}
            wrong_claim = any(isinstance(one, Mention) and not one.earns for one in item.evidence)
            if item.verdict == Verdict.CORRECT:
                assert kinds & {Proof, Agreement, Mention}, (part.part, item)
                assert Counterexample not in kinds
            if item.verdict == Verdict.INCORRECT:
                assert Counterexample in kinds or wrong_claim, (part.part, item)


@pytest.mark.parametrize("case", CASES)
def test_points_add_up(run: Run, case: str) -> None:
    result = result_of(run, case)
    assert result.score.possible == sum(part.points for part in run.rubric.parts)
    for field in ("earned", "pending", "possible"):
        assert getattr(result.score, field) == sum(getattr(part.last.score, field) for part in result.parts)
    verdicts = {part.last.verdict for part in result.parts}
    if verdicts == {Verdict.CORRECT}:
        assert result.score.earned == result.score.possible
    if verdicts == {Verdict.MISSING}:
        assert result.score.earned == result.score.pending == 0
    if verdicts == {Verdict.UNDECIDED}:
        assert result.score.earned == 0
        assert result.score.pending > 0
