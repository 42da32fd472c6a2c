"""From files to results: same input, same bytes; faults and follow-through; items over attempts; exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from writing import ALL_PARTS

from grader.errors import UsageError
from grader.model import Silence, SubmissionResult, Verdict
from grader.pipeline import Options, grade

SAMPLES = Path(__file__).resolve().parents[2] / "submissions" / "hw13"
RATIO = r"\frac{\pi^*(y|x)}{\pi_{ref}(y|x)}"
ANN = rf"""# Answers

## 1a

$X_1 \sim \mathcal N(0, \sigma^2+1)$

## 1e

$\text{{Var}}(\hat X_0) = 2\sigma^2$

## 2d

$r(x,y) = \beta\log{RATIO} + \log Z(x)$
"""
BOB = '1a = "N(0, sqrt(sigma2 + 1))"\n1e = "\\\\approx \\\\sigma^2"\n'


def write(folder: Path) -> list[Path]:
    """Write three submissions and return their paths."""
    (folder / "ann.md").write_text(ANN, encoding="utf-8")
    (folder / "bob.toml").write_text(BOB, encoding="utf-8")
    (folder / "cyd.md").write_text("## 1a\n\n$X_1 \\sim \\mathcal N(0, 1+\\sigma^2)$\n", encoding="utf-8")
    return [folder / "ann.md", folder / "bob.toml", folder / "cyd.md"]


def only(paths: list[Path]) -> SubmissionResult:
    (result,) = grade(paths, Options(assignment="hw13")).results
    return result


def run_grader(*arguments: str, folder: Path, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.run(
        [sys.executable, "-m", "grader", *arguments],
        capture_output=True, text=True, cwd=folder, env=environment, timeout=120, check=False,
    )  # fmt: skip


# ---------------------------------------------------------------- same input, same bytes


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    """A second run, two jobs, paths in another order and another hash seed: one results.json."""
    names = [path.name for path in write(tmp_path)]
    runs = [
        (names, "1", "0"),
        (names, "2", "1"),
        (names[::-1], "1", "4242"),
    ]
    outputs = []
    for number, (paths, jobs, hash_seed) in enumerate(runs):
        done = run_grader(
            "grade", *paths, "--jobs", jobs, "--out", f"out{number}", folder=tmp_path, hash_seed=hash_seed
        )
        assert done.returncode == 0, done.stderr
        outputs.append(
            {name: (tmp_path / f"out{number}" / name).read_bytes() for name in ("results.json", "results.csv")}
        )
    assert outputs[0] == outputs[1] == outputs[2]
    document = json.loads(outputs[0]["results.json"])
    schema = json.loads((resources.files("grader.report") / "results.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema)
    verdicts = {
        one["id"]: {part["part"]: part["verdict"] for part in one["parts"] if part["verdict"] != "missing"}
        for one in document["submissions"]
    }
    assert verdicts == {
        "ann.md": {"1a": "correct", "1e": "incorrect", "2d": "incorrect"},
        "bob.toml": {"1a": "incorrect", "1e": "correct"},
        "cyd.md": {"1a": "correct"},
    }
    assert "seconds" not in outputs[0]["results.json"].decode()
    assert str(tmp_path) not in outputs[0]["results.json"].decode()


def test_one_submission_does_not_change_another(tmp_path: Path) -> None:
    paths = write(tmp_path)
    together = {one.submission.source: one for one in grade(paths, Options(assignment="hw13")).results}
    for path in paths:
        alone = only([path])
        assert alone.parts == together[alone.submission.source].parts


def test_results_are_sorted_and_progress_is_told(tmp_path: Path) -> None:
    seen: list[str] = []
    run = grade(write(tmp_path)[::-1], Options(assignment="hw13"), progress=seen.append)
    assert [one.submission.id for one in run.results] == ["ann.md", "bob.toml", "cyd.md"]
    assert sorted(seen) == ["ann.md", "bob.toml", "cyd.md"]
    assert run.isolation == "no code was run"


def test_a_folder_of_nothing_gives_no_results(tmp_path: Path) -> None:
    assert grade([tmp_path], Options(assignment="hw13")).results == ()


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nobody\.md"):
        grade([tmp_path / "nobody.md"], Options(assignment="hw13"))


# ---------------------------------------------------------------- faults


def test_a_fault_costs_one_part_and_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from grader.checks import answer

    real = answer.check_candidate

    def failing(candidate: object, value: object, item: object, part: object, **rest: object) -> object:
        if getattr(part, "id", "") == "1e":
            raise IndexError("a bug of ours")
        return real(candidate, value, item, part, **rest)  # type: ignore[arg-type]

    paths = write(tmp_path)
    monkeypatch.setattr("grader.grading.check_candidate", failing)
    run = grade(paths[:1], Options(assignment="hw13"))
    parts = {part.part: part.last for part in run.results[0].parts}
    assert parts["1a"].verdict == Verdict.CORRECT
    assert parts["2d"].verdict == Verdict.INCORRECT
    assert parts["1e"].verdict == Verdict.UNDECIDED
    assert parts["1e"].score.pending == Fraction(1)
    (silence,) = parts["1e"].items[0].evidence
    assert isinstance(silence, Silence)
    assert len(run.faults) == 1
    for word in ("ann.md", "1e", "limit", "IndexError", "a bug of ours"):
        assert word in run.faults[0]


# ---------------------------------------------------------------- follow-through and attempts


def test_a_wrong_answer_that_follows_from_an_earlier_one_says_so(tmp_path: Path) -> None:
    from grader.assignments import load

    pairs = [
        (mistake.follows_from, part.id, item.id, mistake.id)
        for part in load("hw13").parts
        for item in part.items
        for mistake in getattr(item, "mistakes", ())
        if mistake.follows_from
    ]
    for source, _, _, _ in pairs:
        earlier, _, name = source.partition(":")
        assert earlier in ALL_PARTS
        assert name


TURNS = """## User

Part 1B: what are the marginals of X_{t-Δt} and X_t?

## Assistant

**Part 1B**

$X_{t-\\Delta t} \\sim \\mathcal N(0, \\sigma^2+t-\\Delta t)$ and $X_t \\sim \\mathcal N(0, \\sigma^2+t)$.

## User

Part 1B: I do not think that the law of X_t is right. Try again.

## Assistant

**Part 1B**

Then $X_t \\sim \\mathcal N(0, t)$.
"""


def test_items_that_the_last_attempt_does_not_repeat_are_carried_over(tmp_path: Path) -> None:
    (tmp_path / "chat.md").write_text(TURNS, encoding="utf-8")
    result = only([tmp_path / "chat.md"])
    (part,) = [one for one in result.parts if one.part == "1b"]
    assert [str(attempt.verdict) for attempt in part.attempts] == ["correct", "partial"]
    items = {one.item: one for one in part.last.items}
    assert items["previous"].verdict == Verdict.CORRECT
    assert any("taken from attempt 1" in remark for remark in items["previous"].remarks)
    assert items["current"].verdict == Verdict.INCORRECT
    assert [attempt.hinted for attempt in part.attempts] == [False, True]
    assert part.last.score.earned == Fraction(1, 2)
    assert result.first_attempt_score is not None
    assert result.first_attempt_score.earned == Fraction(1)


def test_what_cannot_be_ingested_is_undecided_and_named(tmp_path: Path) -> None:
    (tmp_path / "broken.ipynb").write_text('{"cells": [{"cell_type": "mark', encoding="utf-8")
    result = only([tmp_path / "broken.ipynb"])
    assert result.problems or result.submission.problems
    assert {part.last.verdict for part in result.parts} == {Verdict.UNDECIDED}
    assert result.score.pending == result.score.possible
