"""Which files are submissions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.errors import UsageError
from grader.ingest import discover, read


def _touch(path: Path, text: str = "## 1a\n\n$1$\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_folder_with_one_answers_file_is_one_submission(tmp_path: Path) -> None:
    _touch(tmp_path / "hw" / "ada" / "answers.md")
    _touch(tmp_path / "hw" / "ada" / "expected.toml")
    _touch(tmp_path / "hw" / "ada" / "notes" / "scratch.md")
    _touch(tmp_path / "hw" / "bob" / "answers.toml", '1a = "1"')
    assert [source.id for source in discover([tmp_path])] == ["hw/ada", "hw/bob"]
    assert [source.path.name for source in discover([tmp_path])] == ["answers.md", "answers.toml"]


def test_the_given_folder_itself_may_be_the_submission(tmp_path: Path) -> None:
    _touch(tmp_path / "ada" / "answers.md")
    assert [source.id for source in discover([tmp_path / "ada"])] == ["ada"]


def test_files_that_are_no_submissions_are_left_out(tmp_path: Path) -> None:
    for name in ("README.md", "README", ".hidden", "expected.toml", "x.expected.toml", "conftest.py"):
        _touch(tmp_path / name)
    _touch(tmp_path / "__pycache__" / "a.pyc")
    _touch(tmp_path / ".git" / "config")
    _touch(tmp_path / "z.md")
    _touch(tmp_path / "a.txt")
    assert [source.id for source in discover([tmp_path])] == ["a.txt", "z.md"]


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        discover([tmp_path / "nowhere"])


def test_a_file_given_twice_is_one_submission_and_ids_are_unique(tmp_path: Path) -> None:
    one, two = _touch(tmp_path / "x" / "a.md"), _touch(tmp_path / "y" / "a.md")
    assert [source.id for source in discover([one, two, one])] == ["x/a.md", "y/a.md"]


def test_links_out_of_the_root_are_refused_and_not_read(tmp_path: Path) -> None:
    secret = _touch(tmp_path / "secret.md", "## 1a\n\nsecret\n")
    _touch(tmp_path / "outside" / "more.md")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link.md").symlink_to(secret)
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "nothing.md").symlink_to(tmp_path / "absent")
    (root / "loop.md").symlink_to(root / "loop.md")
    sources = discover([root])
    assert [source.id for source in sources] == ["folder", "link.md", "loop.md", "nothing.md"]
    assert all(source.problem for source in sources)
    for source in sources:
        (submission,) = read(source, part_ids=["1a"])
        assert submission.format == "unknown"
        assert "secret" not in str(submission.parts)


def test_a_link_that_is_swapped_in_later_is_refused_too(tmp_path: Path) -> None:
    secret = _touch(tmp_path / "secret.md")
    path = _touch(tmp_path / "root" / "a.md")
    (source,) = discover([tmp_path / "root"])
    path.unlink()
    path.symlink_to(secret)
    (submission,) = read(source, part_ids=["1a"])
    assert submission.format == "unknown"
    assert "link" in submission.problems[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (source,) = discover([tmp_path])
    assert "not a regular file" in source.problem
    (submission,) = read(source, part_ids=["1a"])
    assert submission.format == "unknown"


def test_names_that_are_not_unicode_can_be_written(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.md"
    try:
        Path(os.fsdecode(path)).write_text("## 1a\n\n$1$\n")
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    (source,) = discover([tmp_path])
    (submission,) = read(source, part_ids=["1a"])
    assert (source.id + submission.source).encode()
    assert submission.parts
