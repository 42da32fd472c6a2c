"""Which files below the given paths are submissions; nothing is opened here.

A folder that holds one `answers.*` file is one submission. Every other file is one of its own. Links that leave
the folder that was given, and things that are not regular files, are listed with a problem and never opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.errors import UsageError

_IGNORED_FOLDERS = frozenset({"__pycache__", "node_modules"})
_IGNORED_NAMES = frozenset({"expected.toml", "conftest.py"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where one submission lies.

    Attributes:
        id: The path below the folder that was given, with `/`; unique among the sources of one call.
        path: The file to read.
        root: The folder that the file may not leave.
        problem: Why the file must not be opened; empty where it may be.
    """

    id: str
    path: Path
    root: Path
    problem: str = ""


def discover(paths: Sequence[Path]) -> list[Source]:
    """Return the submissions below the given files and folders, sorted by id.

    Hidden files, `__pycache__`, `README*`, `conftest.py`, `expected.toml` and `*.expected.toml` are no submissions. A
    linked folder is not entered: inside the root its files are found under their own name.

    Raises:
        UsageError: A given path does not exist; the message names it.
    """
    found: list[Source] = []
    seen: set[Path] = set()
    for given in paths:
        if not given.exists():
            raise UsageError(f"{given}: no such file or folder; wanted a submission or a folder of submissions")
        for source in _below(given.resolve()):
            if source.path not in seen:
                seen.add(source.path)
                found.append(source)
    return sorted(_unique(found), key=lambda source: source.id)


def leaves_root(path: Path, root: Path) -> bool:
    """Return whether a path, with all links followed, lies outside the root."""
    return not path.resolve().is_relative_to(root.resolve())


def _below(given: Path) -> Iterator[Source]:
    if not given.is_dir():
        yield _source(given, given.parent)
        return
    for folder, names, files in os.walk(given, followlinks=False):
        here = Path(folder)
        linked = [name for name in names if (here / name).is_symlink()]
        names[:] = sorted(n for n in names if not n.startswith(".") and n not in _IGNORED_FOLDERS and n not in linked)
        for name in sorted(linked):
            if not name.startswith(".") and leaves_root(here / name, given):
                yield _source(here / name, given)
        kept = sorted(name for name in files if not _is_ignored(name))
        answers = [name for name in kept if name.split(".")[0] == "answers" and "." in name]
        if len(answers) == 1:
            names[:] = []
            source = _source(here / answers[0], given)
            yield replace(source, id=_text(here.relative_to(given).as_posix() if here != given else given.name))
        else:
            for name in kept:
                yield _source(here / name, given)


def _source(path: Path, root: Path) -> Source:
    name = _text(path.relative_to(root).as_posix())
    return Source(id=name, path=path, root=root, problem=_why_not(path, root))


def _why_not(path: Path, root: Path) -> str:
    try:
        if path.is_symlink() and leaves_root(path, root):
            return f"{_text(path.name)}: a symbolic link that leaves the folder that was given; not followed"
        mode = path.stat().st_mode
    except (OSError, RuntimeError):  # a link to nowhere, or a loop of links
        return f"{_text(path.name)}: a symbolic link that leads to nothing; not followed"
    return "" if stat.S_ISREG(mode) else f"{_text(path.name)}: not a regular file; not opened"


def _is_ignored(name: str) -> bool:
    return name.startswith((".", "README")) or name.endswith((".expected.toml", ".pyc")) or name in _IGNORED_NAMES


def _unique(sources: Sequence[Source]) -> Iterator[Source]:
    """Yield the sources, each colliding id with the name of its root before it, and a number if need be."""
    counts: dict[str, int] = {}
    for source in sources:
        counts[source.id] = counts.get(source.id, 0) + 1
    taken: set[str] = {name for name, count in counts.items() if count == 1}
    for source in sources:
        if counts[source.id] == 1:
            yield source
            continue
        longer = f"{_text(source.root.name)}/{source.id}"
        name, number = longer, 2
        while name in taken:
            name, number = f"{longer}~{number}", number + 1
        taken.add(name)
        yield replace(source, id=name)


def _text(name: str) -> str:
    """Return a file name as text that can be written as UTF-8."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
