"""The direction of the data is the direction of imports: which package may know which other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What each package or module of grader/ may import of grader/, besides itself. `formula` and `domains` are the
# mathematics; `checks` know mathematics and no points; `judge` sees evidence only; `report` renders and adds no facts.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "model": {"errors"},
    "faults": set(),
    "ingest": {"errors", "model"},
    "sandbox": {"errors"},
    "formula": {"errors"},
    "domains": {"errors", "formula"},
    "judge": {"model"},
    "rubric": {"checks.prose", "domains", "formula", "model"},
    "reading": {"errors", "formula", "model", "rubric"},
    "checks": {"domains", "errors", "formula", "model", "reading", "rubric", "sandbox"},
    "feedback": {"model", "rubric"},
    "report": {"errors", "model"},
    "assignments": {"errors", "rubric"},
    "templates": {"errors", "rubric"},
    "selfcheck": {"checks", "errors", "formula", "model", "reading", "rubric"},
    "grading": {"checks", "domains", "faults", "formula", "judge", "model", "reading", "rubric"},
    "programs": {"checks", "errors", "judge", "model", "rubric", "sandbox"},
    "single": {"checks", "errors", "feedback", "grading", "judge", "model", "report", "rubric", "selfcheck"},
    "comparison": {"checks", "domains", "errors", "formula", "model"},
    "pipeline": {
        "assignments", "checks", "errors", "faults", "feedback", "grading", "ingest", "judge", "model", "programs",
        "rubric", "selfcheck",
    },
    "human": {"errors", "model", "pipeline"},
    "pytest_plugin": {"ingest", "pipeline", "programs", "report", "single"},
    "cli": {"assignments", "checks", "comparison", "errors", "human", "pipeline", "report", "single", "templates"},
    "__main__": {"cli"},
    "__init__": {"comparison"},
}  # fmt: skip

# An import against the rules, and why it is there. Each must still exist: a debt that is paid leaves the list.
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("grader/checks/steps_file.py", "ingest"): "the command for the steps of one file reads that file itself",
    ("grader/domains/inference.py", "checks"): "the lock on the precision of balls stands beside the comparison",
}

# Packages that only some files may import: those that start a library nobody else pays for.
ONLY_IN: dict[str, tuple[str, ...]] = {
    "torch": ("grader/sandbox/guest", "reference/hw13"),
    "sympy": ("grader/formula/prover_worker.py", "grader/formula/symbolic.py", "reference/hw13/diffusion.py"),
    "hypothesis": ("grader/domains/draws.py",),
    "nbformat": ("grader/ingest/notebook.py", "grader/templates.py"),
    "jinja2": ("grader/report/html.py",),
    "rich": ("grader/report/table.py", "grader/cli.py"),
    "pytest": ("grader/pytest_plugin.py",),
}


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def imported(path: Path) -> tuple[str, ...]:
    """Return the full names of what a file imports, wherever in it; of `from a import b` it is `a.b`."""
    return tuple(_imported(ast.parse(path.read_text(encoding="utf-8")), path))


def _imported(tree: ast.Module, path: Path) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{_base(path, node)}.{name.name}" for name in node.names)


def _base(path: Path, node: ast.ImportFrom) -> str:
    """Return the module that names are imported from; a relative one with its package written out."""
    if not node.level:
        return node.module or ""
    package = path.relative_to(ROOT).parts[: -node.level]
    return ".".join((*package, *([node.module] if node.module else [])))


def owner(path: Path) -> str:
    return path.relative_to(ROOT / "grader").parts[0].removesuffix(".py")


def breaches(path: Path) -> set[str]:
    """Return the packages of grader/ that a file imports and may not."""
    me = owner(path)
    found = set()
    for name in imported(path):
        pieces = name.split(".")
        if pieces[0] != "grader" or len(pieces) < 2 or pieces[1] in (me, "__version__"):
            continue
        # `import grader` (for its folder) reads as `grader`; a submodule may be allowed by itself.
        if pieces[1] not in MAY_IMPORT[me] and ".".join(pieces[1:3]) not in MAY_IMPORT[me]:
            found.add(pieces[1])
    return found


def test_the_rules_name_every_package_and_nothing_else() -> None:
    present = {owner(path) for path in python_files("grader")}
    assert present - MAY_IMPORT.keys() == set(), "a new module needs a rule"
    assert {name.split(".")[0] for allowed in MAY_IMPORT.values() for name in allowed} <= present


@pytest.mark.parametrize("path", python_files("grader"), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_follow_the_direction_of_the_data(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    excused = {package for file, package in EXCEPTIONS if file == name}
    assert breaches(path) == excused


def test_a_breach_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("test_imports.ROOT", tmp_path)
    folder = tmp_path / "grader" / "ingest"
    folder.mkdir(parents=True)
    (folder / "peeks.py").write_text("def f():\n    from grader.rubric import Rubric\n    import grader.formula.tree\n")
    assert breaches(folder / "peeks.py") == {"rubric", "formula"}


def test_the_rules_have_no_way_back() -> None:
    """The packages can be put in an order in which each imports earlier ones only (but for `rubric` and `checks`)."""
    # A rubric's item holds the rubric of its prose, which is a record of the check that reads it.
    rules = {name: {one.split(".")[0] for one in allowed} - {name} for name, allowed in MAY_IMPORT.items()}
    rules["rubric"] -= {"checks"}
    placed: set[str] = set()
    while ready := {name for name, needs in rules.items() if name not in placed and needs <= placed}:
        placed |= ready
    assert rules.keys() - placed == set(), "a circle"


@pytest.mark.parametrize("path", python_files("grader"), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_grader_never_imports_an_assignment_or_its_tests(path: Path) -> None:
    assert {name.split(".")[0] for name in imported(path)} & {
        "reference",
        "submissions",
        "tests",
        "benchmarks",
    } == set()


@pytest.mark.parametrize("name", ["diffusion.py", "preference.py", "preference_exact.py", "samplers.py"])
def test_reference_functions_know_nothing_of_the_grader(name: str) -> None:
    found = {module.split(".")[0] for module in imported(ROOT / "reference" / "hw13" / name)}
    assert "grader" not in found


@pytest.mark.parametrize(("library", "places"), ONLY_IN.items())
def test_heavy_libraries_stay_in_their_files(library: str, places: tuple[str, ...]) -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for path in python_files("grader", "reference")
        if any(name.split(".")[0] == library for name in imported(path))
    }
    strangers = {user for user in users if not user.startswith(places)}
    assert strangers == set()


def test_only_the_guest_runs_what_an_author_wrote() -> None:
    """No file outside the sandbox's guest calls eval, exec, compile or unpickles from a submission."""
    callers = set()
    for path in python_files("grader"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec"):
                callers.add(path.relative_to(ROOT).as_posix())
    assert {caller for caller in callers if not caller.startswith("grader/sandbox/guest/")} == set()
