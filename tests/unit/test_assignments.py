"""Finding assignments: installed ones, files, and what is no assignment."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from grader import assignments
from grader.errors import RubricError, UsageError
from grader.rubric import Rubric

EXAMPLE = Path(__file__).resolve().parents[1] / "corpus" / "example_assignment" / "rubric.py"


def test_the_shipped_assignment_is_installed_and_loaded_once() -> None:
    assert "hw13" in assignments.installed()
    assert assignments.load("hw13") is assignments.load("hw13")
    assert assignments.load("hw13").id == "hw13"


def test_a_rubric_may_be_a_file_and_leaves_no_trace_on_the_path() -> None:
    before = list(sys.path)
    rubric = assignments.load(str(EXAMPLE))
    assert isinstance(rubric, Rubric)
    assert rubric.parts
    assert sys.path == before


def test_an_unknown_one_says_what_there_is() -> None:
    with pytest.raises(UsageError, match=r"'hw99': expected one of \[.*hw13.*\] or the path of a rubric\.py"):
        assignments.load("hw99")
    with pytest.raises(UsageError, match=r"nowhere\.py"):
        assignments.load("nowhere.py")


@pytest.mark.parametrize(("text", "kind"), [("", "NoneType"), ("RUBRIC = 7\n", "int"), ("RUBRIC = 'x'\n", "str")])
def test_a_file_without_a_rubric_is_refused(tmp_path: Path, text: str, kind: str) -> None:
    path = tmp_path / "rubric.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RubricError, match=f"expected a grader.rubric.Rubric, got {kind}"):
        assignments.load(str(path))


def test_the_path_is_put_back_when_a_file_fails(tmp_path: Path) -> None:
    path = tmp_path / "rubric.py"
    path.write_text("raise ZeroDivisionError\n", encoding="utf-8")
    before = list(sys.path)
    with pytest.raises((ZeroDivisionError, RubricError, UsageError)):
        assignments.load(str(path))
    assert sys.path == before


def test_the_default_is_named_by_a_folder_or_is_the_only_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assignments, "installed", lambda: ("hw13", "hw14"))
    folder = tmp_path / "hw14" / "ann"
    folder.mkdir(parents=True)
    assert assignments.default_for((folder,)) == "hw14"
    assert assignments.default_for((tmp_path, folder)) == "hw14"
    with pytest.raises(UsageError, match=r"several are installed \(hw13, hw14\); name one with --assignment"):
        assignments.default_for((tmp_path,))
    monkeypatch.setattr(assignments, "installed", lambda: ("hw13",))
    assert assignments.default_for((tmp_path,)) == "hw13"
    monkeypatch.setattr(assignments, "installed", lambda: ())
    with pytest.raises(UsageError):
        assignments.default_for((tmp_path,))
