"""The floors of verdict quality: no equal form refuted, no wrong answer accepted, at least 95 % as listed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RUN = Path(__file__).parents[2] / "benchmarks" / "verdict_quality" / "run.py"
LEAST_LINES_A_PART = 12
LEAST_SHARE = 0.95

Outcomes = list[dict[str, Any]]


@pytest.fixture(scope="module")
def graded() -> tuple[int, Outcomes]:
    """The exit code of the benchmark, and what it says of every line of both lists."""
    run = subprocess.run(
        [sys.executable, RUN, "--json"], capture_output=True, text=True, check=False, encoding="utf-8", timeout=300
    )
    assert run.returncode in (0, 1), run.stderr
    assert run.stdout, run.stderr
    return run.returncode, json.loads(run.stdout)


def _of(kind: str, found: Outcomes) -> Outcomes:
    return [one for one in found if one["kind"] == kind]


def _answers(found: Outcomes) -> list[str]:
    return [f"{one['line']['part']} {one['line']['item']}: {one['line']['answer']}" for one in found]


@pytest.mark.parametrize("kind", ["rewrites", "mutants"])
def test_every_part_has_enough_lines_of_both_lists(kind: str, graded: tuple[int, Outcomes]) -> None:
    lines = [one["line"] for one in _of(kind, graded[1])]
    parts = {line["part"] for line in lines}
    assert len(parts) == 15
    for part in parts:
        assert len({line["answer"] for line in lines if line["part"] == part}) >= LEAST_LINES_A_PART, part


def test_no_equal_form_is_refuted(graded: tuple[int, Outcomes]) -> None:
    assert not _answers([one for one in _of("rewrites", graded[1]) if one["outcome"] == "refuted"])


def test_no_wrong_answer_is_accepted(graded: tuple[int, Outcomes]) -> None:
    assert not _answers([one for one in _of("mutants", graded[1]) if one["outcome"] == "accepted"])


@pytest.mark.parametrize(("kind", "as_listed"), [("rewrites", "accepted"), ("mutants", "refuted")])
def test_nearly_all_lines_are_decided_as_listed(kind: str, as_listed: str, graded: tuple[int, Outcomes]) -> None:
    found = _of(kind, graded[1])
    others = [one for one in found if one["outcome"] != as_listed]
    assert len(others) <= (1 - LEAST_SHARE) * len(found), _answers(others)


def test_the_command_succeeds_only_if_both_floors_hold(graded: tuple[int, Outcomes]) -> None:
    code, found = graded
    wrong = [
        one for one in found if (one["kind"], one["outcome"]) in {("rewrites", "refuted"), ("mutants", "accepted")}
    ]
    assert (code == 0) == (not wrong)


def test_a_list_whose_sides_are_exchanged_fails(tmp_path: Path) -> None:
    """The floors can fail: the command is run on equal forms that are listed as wrong."""
    folder = tmp_path / "verdict_quality"
    folder.mkdir()
    copy = folder / "run.py"
    copy.write_text(RUN.read_text(encoding="utf-8"), encoding="utf-8")
    for name, other in (("rewrites", "mutants"), ("mutants", "rewrites")):
        (folder / f"{name}.jsonl").write_text((RUN.parent / f"{other}.jsonl").read_text(encoding="utf-8"))
    run = subprocess.run([sys.executable, copy, "1a"], capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 1, run.stderr
    assert "mutants 1a law, accepted" in run.stdout
    assert "rewrites 1a law, refuted" in run.stdout
