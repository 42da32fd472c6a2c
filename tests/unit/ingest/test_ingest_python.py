"""Python modules: read with `ast`, never executed."""

from __future__ import annotations

from pathlib import Path

import pytest
from ingest_cases import kinds, read_one, text_of

from grader.model import Callable, Formula, Unreadable


@pytest.mark.parametrize(
    "name",
    ["part_1a", "problem_1a", "answer_1a", "p1a", "q1a", "hw13_1a", "_1a", "part_1_a", "Part_1A", "part_1a_mean"],
)
def test_every_name_of_a_function(name: str, tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.py", f"import math\n\ndef {name}(x):\n    return x\n")
    (answer,) = submission.parts["1a"][0].answers
    assert isinstance(answer, Callable)
    assert answer.function == name
    assert answer.place.line == 3
    assert answer.program.cells == (f"import math\n\ndef {name}(x):\n    return x\n",)


def test_nothing_is_executed(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    read_one(tmp_path, "a.py", f"open({str(mark)!r}, 'w')\ndef part_1a():\n    return 1\n")
    assert not mark.exists()


def test_constants_are_answers(tmp_path: Path) -> None:
    code = (
        'part_1a = r"N(0, \\sigma^2 + 1)"\npart_1b_marginal = "sigma2 + t"\n'
        'part_1c = "It is about dt because dt is small."\n'
        'part_1d = 0.5\npart_1e = -3\npart_1f = ["a + b", "c"]\npart_1g = {"loss": "x", "probability": "y"}\n'
        'part_1h: str = ("one"\n  " + two")\npart_2a, part_2b = "p", "q"\n'
    )
    submission = read_one(tmp_path, "a.py", code)
    shown = {
        part: [(type(a).__name__, text_of(a)) for a in attempts[0].answers]
        for part, attempts in submission.parts.items()
    }
    assert shown == {
        "1a": [("Formula", "N(0, \\sigma^2 + 1)")],
        "1b": [("Formula", "sigma2 + t")],
        "1c": [("Prose", "It is about dt because dt is small.")],
        "1d": [("Formula", "0.5")],
        "1e": [("Formula", "-3")],
        "1f": [("Formula", "a + b"), ("Formula", "c")],
        "1g": [("Formula", "x"), ("Formula", "y")],
        "1h": [("Formula", "one + two")],
        "2a": [("Formula", "p")],
        "2b": [("Formula", "q")],
    }
    (answer,) = submission.parts["1b"][0].answers
    assert isinstance(answer, Formula)
    assert answer.item == "marginal"


def test_commands_eaten_by_string_escapes_are_restored(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.py", 'part_1a = "\\frac{\\beta}{\\theta} + \\nabla \\rho + \\sigma"\n')
    (answer,) = submission.parts["1a"][0].answers
    assert isinstance(answer, Formula)
    assert answer.text == "\\frac{\\beta}{\\theta} + \\nabla \\rho + \\sigma"
    assert answer.trust == "repaired"


def test_a_docstring_is_prose_after_the_function(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.py", 'def part_1a(t):\n    """The variance is $t$."""\n    return t\n')
    assert kinds(submission.parts["1a"][0]) == ["Callable", "Prose"]


@pytest.mark.parametrize(
    "body", ["pass", "...", "raise NotImplementedError", "raise NotImplementedError('todo')", '"""Only words."""']
)
def test_stubs_are_no_answers(body: str, tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.py", f"def part_1a():\n    {body}\n\npart_1b = None\npart_1c = ''\n")
    assert submission.format == "python"
    assert submission.parts == {}
    assert any("left empty" in problem for problem in submission.problems)


def test_the_last_definition_wins(tmp_path: Path) -> None:
    submission = read_one(
        tmp_path, "a.py", 'part_1a = "x"\ndef part_1a():\n    return 1\nif True:\n    def part_1b(): return 2\n'
    )
    assert kinds(submission.parts["1a"][0]) == ["Callable"]
    assert any("defined again" in problem for problem in submission.problems)
    assert any("if statement" in problem for problem in submission.problems)


def test_what_cannot_be_reached_is_no_answer(tmp_path: Path) -> None:
    submission = read_one(
        tmp_path,
        "a.py",
        "class A:\n    def part_1a(self): return 1\ndef f():\n    def part_1b(): return 1\ndef answer(): return 1\n",
    )
    assert submission.parts == {}
    assert len(submission.problems) == 3


@pytest.mark.parametrize("value", ["compute()", "True", "b'x'", "f'{x}'", "3 * x", "[1, x]"])
def test_what_only_running_would_show_is_unreadable(value: str, tmp_path: Path) -> None:
    (answer,) = read_one(tmp_path, "a.py", f"import x\npart_1a = {value}\n").parts["1a"][0].answers
    assert isinstance(answer, Unreadable)


def test_lambdas_and_other_names_of_functions(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.py", "def f(x): return x\npart_1a = lambda x: x\npart_1b = f\n")
    assert kinds(submission.parts["1a"][0]) == kinds(submission.parts["1b"][0]) == ["Callable"]


def test_a_syntax_error_names_its_line(tmp_path: Path) -> None:
    submission = read_one(
        tmp_path, "a.py", "def part_1a(x):\n    return x\n\ndef part_1b(x:\n    return x\npart_1c = 'y'\n"
    )
    assert submission.format == "python"
    assert list(submission.parts) == ["1a", "1b", "1c"]
    (answer,) = submission.parts["1b"][0].answers
    assert isinstance(answer, Unreadable)
    assert "a.py" in answer.reason
    assert "line 4" in answer.reason
    assert answer.place.line == 4


@pytest.mark.parametrize(
    "code",
    [
        "x = " + "(" * 5000 + ")" * 5000,
        "x = " + "-" * 100_000 + "1",
        "x = " + "1+" * 100_000 + "1",
        "if 1:\n" * 200 + "pass",
    ],
)
def test_hostile_code_is_refused_or_read_without_a_crash(code: str, tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.py", f"def part_1a(): return 1\n{code}\n")
    assert "1a" in submission.parts


def test_python_without_the_suffix(tmp_path: Path) -> None:
    assert read_one(tmp_path, "answers.txt", "def part_1a(x):\n    return x\n").format == "python"
