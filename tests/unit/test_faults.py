"""A fault of the grader becomes a reason that names it; what ends a program is not caught."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.faults import guarded
from grader.pipeline import Options, grade


def _deep() -> str:
    raise KeyError("lost")


def _fail_inside() -> str:
    return _deep()


def test_work_that_succeeds_is_returned() -> None:
    assert guarded(lambda: "value", lambda reason: reason) == "value"


def test_a_fault_names_error_message_and_the_innermost_place() -> None:
    reason = guarded(_fail_inside, lambda reason: reason)
    assert reason.startswith("the grader failed: KeyError: 'lost' (_deep, line ")


@pytest.mark.parametrize("error", [RecursionError("deep"), MemoryError("full"), AssertionError("no"), ValueError("x")])
def test_any_error_of_ours_is_caught(error: Exception) -> None:
    def work() -> str:
        raise error

    assert type(error).__name__ in guarded(work, lambda reason: reason)


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_a_program_passes(end: type[BaseException]) -> None:
    def work() -> str:
        raise end

    with pytest.raises(end):
        guarded(work, lambda reason: reason)


def test_a_fault_of_the_step_checker_is_named_and_costs_no_points(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("broken on purpose")

    monkeypatch.setattr("grader.pipeline.check_steps", broken)
    answers = tmp_path / "answers.md"
    answers.write_text("## 1a\n\n$X_1 \\sim N(0, \\sigma^2 + 1)$\n", encoding="utf-8")
    run = grade([answers], Options(assignment="hw13"))
    assert any("1a, its steps" in fault and "broken on purpose" in fault for fault in run.faults)
    assert run.results[0].score.earned == 1
