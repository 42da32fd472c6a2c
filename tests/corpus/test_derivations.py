"""Hand-made derivations: the planted slip of each is the first that is found, on its line; clean ones give no alarm."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grader.checks.steps import StepsReport, check_file
from grader.model import Verdict
from reference.hw13.rubric import RUBRIC

FOLDER = Path(__file__).parent / "derivations"
SHARED = Path(__file__).parents[3] / "shared" / "transcripts"
SLIPS = sorted(FOLDER.glob("slip-*.md"))
CLEAN = sorted(FOLDER.glob("clean-*.md"))


def report_on(path: Path) -> StepsReport:
    answers_a_part = re.search(r"^part: ", path.read_text(encoding="utf-8"), re.MULTILINE)
    return check_file(path, rubric=RUBRIC if answers_a_part else None)


def test_the_corpus_is_large_enough() -> None:
    assert len(SLIPS) >= 30
    assert len(CLEAN) >= 30


@pytest.mark.parametrize("path", SLIPS, ids=lambda path: path.stem)
def test_the_planted_slip_is_the_first_that_is_found(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    line = re.search(r"^slip: (\d+)$", text, re.MULTILINE)
    kind = re.search(r"^style: (\w+)$", text, re.MULTILINE)
    assert line, "the front matter names the line of the slip"
    assert kind, "the front matter names the kind of the slip"
    found = [step for step in report_on(path).steps if step.kind]
    assert found, "the slip was not found"
    assert (found[0].line, found[0].kind) == (int(line.group(1)), kind.group(1))
    assert found[0].counterexample is not None
    assert found[0].counterexample.submitted != found[0].counterexample.expected


@pytest.mark.parametrize("path", CLEAN, ids=lambda path: path.stem)
def test_a_clean_derivation_gives_no_alarm(path: Path) -> None:
    report = report_on(path)
    assert [(step.line, step.lhs, step.rhs, step.reason) for step in report.steps if step.kind] == []
    assert report.steps, "nothing was read"
    assert any(step.verdict is Verdict.CORRECT for step in report.steps), "nothing was checked"
    assert report.end_right is not False


# ---------------------------------------------------------------- the real transcripts


@pytest.fixture(scope="module")
def transcripts() -> dict[str, StepsReport]:
    if not SHARED.is_dir():
        pytest.skip("the real transcripts are not part of this repository")
    return {name: check_file(SHARED / f"{name}_hw13.md", rubric=RUBRIC) for name in ("claude", "chatgpt")}


# Line of the relation sign (of the display, for an objective), and the kind of what is wrong there.
KNOWN_SLIPS = [
    ("claude", 276, "false", "2b: a factor beta lost on factoring"),
    ("claude", 391, "false", "2g: one pairwise term for a ranking"),
    ("chatgpt", 455, "false", "1g: the mean of X_0 for that of X_{t-dt}"),
    ("chatgpt", 533, "false", "1g: the same, again"),
    ("chatgpt", 640, "approx", "1g: = for an approximation"),
    ("chatgpt", 1382, "false", "2e: the log-ratio without beta"),
    ("chatgpt", 1427, "false", "2e: Z without 1/beta"),
    ("chatgpt", 1453, "false", "2e: the log-ratio without beta, again"),
]
# What is wrong besides: it follows from the slips above, or is an answer that is wrong as a whole.
WRONG_PARTS = {
    "claude": [(270, 280), (385, 393)],
    "chatgpt": [(440, 610), (1215, 1235), (1375, 1490), (1790, 1875), (2090, 2100)],
}


@pytest.mark.shared
@pytest.mark.parametrize(("name", "line", "kind", "what"), KNOWN_SLIPS, ids=[one[3] for one in KNOWN_SLIPS])
def test_the_slips_of_the_real_transcripts_are_found(
    transcripts: dict[str, StepsReport], name: str, line: int, kind: str, what: str
) -> None:
    found = [step for step in transcripts[name].steps if step.kind == kind and abs(step.line - line) <= 1]
    assert found, what
    assert found[0].counterexample is not None


@pytest.mark.shared
def test_the_constant_with_the_wrong_sign_is_found(transcripts: dict[str, StepsReport]) -> None:
    found = [step for step in transcripts["chatgpt"].steps if step.kind == "false" and 1220 <= step.line <= 1230]
    assert len(found) == 1
    assert r"+ \log Z(x)" in found[0].rhs


@pytest.mark.shared
@pytest.mark.parametrize("name", ["claude", "chatgpt"])
def test_nothing_right_in_the_real_transcripts_is_called_false(transcripts: dict[str, StepsReport], name: str) -> None:
    wrong = WRONG_PARTS[name]
    outside = [
        (step.line, step.lhs, step.rhs)
        for step in transcripts[name].steps
        if step.kind == "false" and not any(first <= step.line <= last for first, last in wrong)
    ]
    assert outside == []


@pytest.mark.shared
def test_most_relations_of_the_transcripts_are_decided(transcripts: dict[str, StepsReport]) -> None:
    steps = [step for report in transcripts.values() for step in report.steps]
    decided = [step for step in steps if step.verdict is not Verdict.UNDECIDED]
    assert len(steps) > 450
    assert len(decided) > 0.5 * len(steps)
    assert all(step.reason for step in steps if step.verdict is Verdict.UNDECIDED)
