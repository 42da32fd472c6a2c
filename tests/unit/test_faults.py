"""A fault of the grader becomes a reason that names it; what ends a program is not caught."""

from __future__ import annotations

import pytest

from grader.faults import guarded


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
