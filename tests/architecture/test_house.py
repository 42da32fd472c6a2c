"""What holds of every file: its length, its public names, and that it names no machine."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 400

# Longer files, and why each stays whole. A file that is no longer too long leaves the list.
LONG: dict[str, str] = {
    "grader/formula/tree.py": "the kinds of node, a few lines each: one closed sum type",
    "reference/hw13/rubric.py": "data: the parts of problem 1",
    "reference/hw13/preference_parts.py": "data: the parts of problem 2",
}

# Folders of a user, of temporary files or of a mount: no file of the project may point to one.
MACHINE_PATH = re.compile(r"(?<![\w.:/~$}])/(?:home|root|Users|mnt|work|workspace|tmp|var/folders|private)/\w")
# Paths that a file names because it is about them.
NAMES_PATHS: dict[str, str] = {
    "tests/security/": "attacks and what they must not reach",
    "tests/unit/sandbox/": "what a sandbox shows and hides",
    "grader/sandbox/": "mounts of the sandbox itself",
}


def tracked() -> list[Path]:
    """Return the files of the project, as git lists them: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        return [path for path in sorted(ROOT.rglob("*")) if path.is_file() and not _is_built(path)]
    names = listed.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def _is_built(path: Path) -> bool:
    pieces = path.relative_to(ROOT).parts
    return any(piece.startswith(".") or piece in ("build", "report", "__pycache__") for piece in pieces)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def modules() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and name_of(path).startswith(("grader/", "reference/"))]


def test_no_module_is_too_long_without_a_reason() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert len(lengths) > 50, "the modules were found"
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES and name not in LONG} == {}
    assert {name for name in LONG if lengths.get(name, 0) <= MOST_LINES} == set(), "no longer too long"


def test_no_file_names_a_folder_of_a_machine() -> None:
    found = []
    for path in tracked():
        if name_of(path).startswith(tuple(NAMES_PATHS)) or path == Path(__file__):
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        found += [
            f"{name_of(path)}:{number}: {line.strip()[:100]}"
            for number, line in enumerate(text.splitlines(), 1)
            if MACHINE_PATH.search(line)
        ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("see /home/ann/x.py", True),
        ("Path('/tmp/out')", True),
        ("/mnt/data/x", True),
        ("../mnt/x", False),
        ("a/tmp/b", False),
        ("https://example.org/home/ann", False),
        ("/tmp", False),
    ],
)
def test_a_folder_of_a_machine_would_be_found(text: str, is_found: bool) -> None:
    assert bool(MACHINE_PATH.search(text)) == is_found


def _declared(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            yield from ast.literal_eval(node.value)


WITH_ALL = [path for path in modules() if any(_declared(path))]


@pytest.mark.parametrize("path", WITH_ALL, ids=name_of)
def test_declared_names_are_there_once_and_public(path: Path) -> None:
    names = list(_declared(path))
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    assert len(set(names)) == len(names)
    assert [name for name in names if not hasattr(module, name)] == []
    assert [name for name in names if name.startswith("_") and not name.startswith("__")] == []


def test_every_package_declares_that_it_is_typed_and_documented() -> None:
    undocumented = [name_of(path) for path in modules() if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert undocumented == []
