"""A grader that tries to refute mathematical answers and shows its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.comparison import Comparison, compare, compare_lines

__version__ = "0.1.0"
__all__ = ["Comparison", "__version__", "compare", "compare_lines"]


def __getattr__(name: str) -> Any:
    """Return `compare`, `compare_lines` or `Comparison`, imported on first use so that `import grader` stays light."""
    if name in ("Comparison", "compare", "compare_lines"):
        from grader import comparison

        return getattr(comparison, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
