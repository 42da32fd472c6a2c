"""Notebooks of every version and state."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from ingest_cases import HANGS_S, kinds, read_one, seconds, text_of

from grader.model import Callable, Formula


def cell(kind: str, source: str | list[str], *tags: str, **more: Any) -> dict[str, Any]:
    """Return one cell."""
    return {"cell_type": kind, "source": source, "metadata": {"tags": list(tags)} if tags else {}, **more}


def notebook(*cells: object, **more: Any) -> str:
    """Return a notebook of version 4 with these cells."""
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells), **more})


def test_tags_headings_and_functions(tmp_path: Path) -> None:
    text = notebook(
        cell("markdown", "Some title"),
        cell("code", ["import math\n", "%matplotlib inline\n", "!pip install x\n", "x?\n"]),
        cell("markdown", "tagged words", "1a"),
        cell("markdown", ["## Problem 1\n", "### (b)\n", "It is $x$."]),
        cell("code", "'N(0, 1)'"),
        cell("code", "def part_1c(x):\n    return x\n", outputs=[{"data": "x" * 100_000}]),
        cell("markdown", "### (d)"),
        cell("code", "answer = r'\\sigma^4'\nprint(answer)"),
        cell("code", "%%bash\nls"),
        cell("markdown", "words", "part:1e"),
        cell("markdown", "words", "part_1f"),
    )
    submission = read_one(tmp_path, "n.ipynb", text)
    assert submission.format == "notebook"
    assert {part: kinds(attempts[0]) for part, attempts in submission.parts.items()} == {
        "1a": ["Prose"],
        "1b": ["Prose", "Formula"],
        "1c": ["Callable"],
        "1d": ["Formula"],
        "1e": ["Prose"],
        "1f": ["Prose"],
    }
    (function,) = submission.parts["1c"][0].answers
    assert isinstance(function, Callable)
    assert len(function.program.cells) == 5
    assert function.program.cells[0].split("\n")[1].startswith("pass  # %matplotlib")
    assert (function.place.cell, function.place.line) == (6, 1)
    assert [where.cell for where in function.program.where] == [2, 5, 6, 8, 9]
    compile(function.program.cells[0], "x", "exec")
    compile(function.program.cells[4], "x", "exec")
    assert sum("taken out" in problem for problem in submission.problems) == 4
    (formula,) = submission.parts["1d"][0].answers
    assert isinstance(formula, Formula)
    assert formula.text == "\\sigma^4"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(
            {
                "nbformat": 3,
                "metadata": {},
                "worksheets": [
                    {
                        "cells": [
                            {"cell_type": "heading", "level": 2, "source": "1a"},
                            {"cell_type": "markdown", "source": ["$x$"]},
                            {"cell_type": "code", "input": "def part_1b(): return 1"},
                        ]
                    }
                ],
            }
        ),
        notebook(
            cell("markdown", "## 1a\n$x$", id="same"), cell("code", "def part_1b(): return 1", id="same"), nbformat=99
        ),
        notebook(
            cell("markdown", "## 1a\n$x$"),
            cell("code", "def part_1b(): return 1"),
            {"cell_type": "odd"},
            3,
            None,
            {"cell_type": "code", "source": 3},
        ),
    ],
)
def test_other_versions_and_damage(text: str, tmp_path: Path) -> None:
    submission = read_one(tmp_path, "n.ipynb", text)
    assert list(submission.parts) == ["1a", "1b"], submission.problems


def test_a_cell_with_a_syntax_error_spoils_only_itself(tmp_path: Path) -> None:
    submission = read_one(
        tmp_path, "n.ipynb", notebook(cell("code", "def part_1a(:\n  x"), cell("code", "def part_1b(): return 1"))
    )
    assert kinds(submission.parts["1a"][0]) == ["Unreadable"]
    assert kinds(submission.parts["1b"][0]) == ["Callable"]


def test_a_percent_inside_of_a_string_stays(tmp_path: Path) -> None:
    code = 'def part_1a():\n    """\n    %d of them\n    """\n    return 7 \\\n  % 4\n%time\n'
    (answer, prose) = read_one(tmp_path, "n.ipynb", notebook(cell("code", code))).parts["1a"][0].answers
    assert isinstance(answer, Callable)
    assert "%d of them" in answer.program.cells[0]
    assert "%d" in text_of(prose)


def test_broken_json_is_unknown(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "n.ipynb", notebook(cell("markdown", "## 1a\nx"))[:-3])
    assert submission.format == "unknown"
    assert "line 1" in submission.problems[0]


def test_three_thousand_cells(tmp_path: Path) -> None:
    cells = [
        cell("code", f"def part_1a_{i}(x):\n    return x\n") if i % 2 else cell("markdown", f"## 1b\n$x_{i}$")
        for i in range(3000)
    ]
    started = time.process_time()
    submission = read_one(tmp_path, "n.ipynb", notebook(*cells))
    assert seconds(started) < HANGS_S
    assert len(submission.parts["1a"][0].answers) == len(submission.parts["1b"][0].answers) == 1500
