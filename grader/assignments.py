"""Finding assignments: the installed ones (entry-point group `grader.assignments`) and those given by a path."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from grader.errors import RubricError, UsageError
from grader.rubric import Rubric

GROUP = "grader.assignments"


def installed() -> tuple[str, ...]:
    """Return the ids of the installed assignments, sorted."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


@cache
def load(name: str) -> Rubric:
    """Return an assignment by the id of an installed one, or by the path of a Python file that defines `RUBRIC`.

    Raises:
        UsageError: if there is no such assignment.
        RubricError: if what is found there is not a rubric.
    """
    for point in entry_points(group=GROUP):
        if point.name == name:
            return _rubric(point.load(), name)
    path = Path(name)
    if path.suffix == ".py" and path.is_file():
        return _rubric(_from_file(path), name)
    known = ", ".join(installed()) or "none is installed"
    raise UsageError(f"assignment {name!r}: expected one of [{known}] or the path of a rubric.py")


def _from_file(path: Path) -> object:
    spec = importlib.util.spec_from_file_location(f"assignment_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UsageError(f"assignment {path}: cannot be loaded as Python")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent.resolve()))
    return getattr(module, "RUBRIC", None)


def _rubric(found: object, name: str) -> Rubric:
    if not isinstance(found, Rubric):
        raise RubricError(f"assignment {name!r}: expected a grader.rubric.Rubric, got {type(found).__name__}")
    return found


def default_for(paths: tuple[Path, ...]) -> str:
    """Return the assignment that submissions belong to: a folder named like one, else the only one installed.

    Raises:
        UsageError: if several are installed and no folder names one.
    """
    names = installed()
    for path in paths:
        for piece in reversed(path.resolve().parts):
            if piece in names:
                return piece
    if len(names) == 1:
        return names[0]
    raise UsageError(f"which assignment? several are installed ({', '.join(names)}); name one with --assignment")
