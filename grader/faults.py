"""The one place where a fault of the grader itself is caught: it becomes a reason, never a verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
FAULT = "grader"


def guarded(work: Callable[[], T], otherwise: Callable[[str], T]) -> T:
    """Return what `work` returns, or `otherwise(reason)` if the grader fails in it."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - see the module
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{place.tb_frame.f_code.co_name}, line {place.tb_lineno}" if place is not None else "unknown place"
        return otherwise(f"the grader failed: {type(error).__name__}: {error} ({where})")
