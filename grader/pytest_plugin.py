"""A pytest plugin: one test of each part of each submission, with the verdicts that `grader grade` gives.

Files below a folder named `submissions`, and files named `answers.*`, are submissions: they are read and graded, never
imported, and no `conftest.py` below them runs. A part passes when it is correct. Undecided parts are skipped: a person
looks. Where the project's own configuration sets `grader_expected_verdicts`, a part beside an `expected.toml` passes
when its verdict is the one that is expected there; an author's `expected.toml` alone decides nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Generator, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from grader.pipeline import Run
    from grader.programs import Runner

FOLDER = "submissions"


def is_submission(path: Path) -> bool:
    """Return whether a path is a submission's, by the folder that it is in or by its name."""
    return FOLDER in path.parts[:-1] or path.stem == "answers"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the grader."""
    parser.addini("grader_expected_verdicts", "trust the expected.toml beside submissions", type="bool", default=False)
    group = parser.getgroup("grader")
    group.addoption("--assignment", default="", help="the assignment that the submissions answer")
    group.addoption(
        "--unsafe-submissions", action="store_true", help="run code where only accidents are guarded against"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Keep pytest from running a `conftest.py` that a submission brings along."""
    for argument in args:
        path = Path(argument.split("::")[0])
        if not argument.startswith("-") and path.exists() and (is_submission(path / "_") or is_submission(path)):
            early_config.known_args_namespace.noconftest = True


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Collect submissions, and nothing else of their files: Python's own collector would import them."""
    collected = yield
    if not is_submission(file_path):
        return collected
    return (
        [SubmissionFile.from_parent(parent, path=file_path)]
        if file_path.resolve() in _sources(file_path.parent)
        else []
    )


@lru_cache(maxsize=512)
def _sources(folder: Path) -> frozenset[Path]:
    """Return the files below a folder that are submissions: what `grader grade` would take of it."""
    from grader.ingest import discover

    return frozenset(source.path.resolve() for source in discover([folder]))


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a folder of submissions as a plain folder: a package's collector would run its `__init__.py`."""
    return pytest.Dir.from_parent(parent, path=path) if is_submission(path / "_") else None


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Ignore packages of tests below submissions: importing one would run its `__init__.py`."""
    return True if is_submission(collection_path) and collection_path.name == "__init__.py" else None


_RUNNER = pytest.StashKey["Runner"]()


def _runner(config: pytest.Config, *, unsafe: bool) -> Runner:
    """Return the sandbox of the session, which stays warm from one submission to the next."""
    from grader.programs import Runner

    if _RUNNER not in config.stash:
        config.stash[_RUNNER] = Runner(unsafe=unsafe)
    return config.stash[_RUNNER]


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the sandbox."""
    if _RUNNER in config.stash:
        config.stash[_RUNNER].close()


def _trusts_expectations(config: pytest.Config) -> bool:
    """Return whether expected verdicts count: a configuration that lies among the submissions has no say in it."""
    own = config.inipath is not None and not is_submission(config.inipath)
    return own and bool(config.getini("grader_expected_verdicts"))


class SubmissionFile(pytest.File):
    """One submission; it is graded when its tests are collected."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield a test for each part."""
        from grader.pipeline import Options, grade
        from grader.report.results import document

        folder = self.path.parent / "expected.toml"
        has_expectations = self.path.stem == "answers" and folder.is_file() and _trusts_expectations(self.config)
        expected = tomllib.loads(folder.read_text(encoding="utf-8")) if has_expectations else {}
        unsafe = bool(self.config.getoption("--unsafe-submissions"))
        options = Options(assignment=self.config.getoption("--assignment"), unsafe=unsafe)
        run: Run = grade([self.path], options, runner=_runner(self.config, unsafe=unsafe))
        whole = document(
            assignment_id=run.rubric.id,
            assignment_version=run.rubric.version,
            isolation=run.isolation,
            seed=run.seed,
            results=run.results,
        )
        submissions: Iterable[dict[str, Any]] = whole["submissions"]  # type: ignore[assignment]
        name = self.path.parent.name if self.path.stem == "answers" else self.path.name
        for submission in submissions:
            for part in submission["parts"]:
                title = f"{name}-{part['part']}" if len(run.results) == 1 else f"{submission['id']}-{part['part']}"
                yield PartTest.from_parent(self, name=title, part=part, expected=expected.get(part["part"]))


class PartFailure(Exception):  # noqa: N818 - what pytest shows
    """A part whose verdict is not the one wanted."""


class PartTest(pytest.Item):
    """The verdict on one part of one submission."""

    def __init__(self, *, part: dict[str, Any], expected: dict[str, Any] | None, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.part = part
        self.expected = expected

    def runtest(self) -> None:
        """Pass, skip or fail with the evidence."""
        verdict = self.part["verdict"]
        if self.expected is not None:
            self._meets(self.expected)
        elif verdict == "undecided":
            pytest.skip(f"undecided, a person looks: {self.part['feedback']}")
        elif verdict != "correct":
            raise PartFailure("\n".join(self._lines()))

    def _meets(self, expected: dict[str, Any]) -> None:
        wanted, verdict = expected["verdict"], self.part["verdict"]
        problems: list[str] = []
        if verdict != wanted:
            problems.append(f"expected {wanted} ({expected.get('reason', 'no reason given')}), got {verdict}")
        named = {item["mistake"]["id"] for item in self.part["items"] if item["mistake"]}
        if "mistake" in expected and expected["mistake"] not in named:
            problems.append(f"expected the mistake {expected['mistake']}, got {', '.join(sorted(named)) or 'none'}")
        first = self.part["attempts"][0]["verdict"]
        if "first_attempt" in expected and first != expected["first_attempt"]:
            problems.append(f"expected {expected['first_attempt']} for the first attempt, got {first}")
        if problems:
            raise PartFailure("\n".join([*problems, *self._lines()]))

    def _lines(self) -> Sequence[str]:
        from grader.single import lines

        return lines(self.part)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the message of a failed part without a traceback: the fault is the answer's."""
        if isinstance(excinfo.value, PartFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the submission is and the name of the test."""
        return self.path, None, self.name
