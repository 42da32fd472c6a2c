"""Final tables and lists: each row answers its part after the body, and belongs to no other part."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ingest_cases import kinds, read_one, text_of

from grader.model import Formula, Prose, Submission

BODY = "## 1a\nbody a\n\n## 1c\nbody c\n\n## 2d\nbody d\n\n"


def said(submission: Submission) -> dict[str, list[str]]:
    """Return the texts of the answers of each part's last attempt."""
    return {part: [text_of(one) for one in attempts[-1].answers] for part, attempts in submission.parts.items()}


@pytest.mark.parametrize(
    "label", ["1c", "**1c**", "Part 1c", "1(c)", "1.c", "_1c_", "Problem 1 (c)", "1c)", "Aufgabe 1c"]
)
@pytest.mark.parametrize(
    "table",
    [
        "## Final answers\n\n| Part | Answer |\n| --- | --- |\n| {} | $\\sqrt{{\\Delta t}}$ |\n",
        "| part | answer |\n|:--|:-:|\n| {} | $\\sqrt{{\\Delta t}}$. |\n",
        "**Summary**\n\nPart | Result\n---|---\n{} | **$\\sqrt{{\\Delta t}}$**\n",
        "| | |\n|--|--|\n| {} | \\(\\sqrt{{\\Delta t}}\\) |\n",
        "| {} | $\\sqrt{{\\Delta t}}$ |\n",
    ],
)
def test_a_row_answers_its_part_after_the_body(table: str, label: str, tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", BODY + table.format(label))
    assert said(submission) == {"1a": ["body a"], "1c": ["body c", "\\sqrt{\\Delta t}"], "2d": ["body d"]}
    (attempt,) = submission.parts["1c"]
    assert kinds(attempt) == ["Prose", "Formula"]
    formula = attempt.answers[1]
    assert isinstance(formula, Formula)
    assert "sqrt" in (BODY + table.format(label)).split("\n")[(formula.place.line or 0) - 1]


def test_bars_in_formulas_merged_cells_and_other_columns(tmp_path: Path) -> None:
    table = (
        "| Part | Quantity | Answer | Comment |\n|--|--|--|--|\n| 1a | $X_1$ | $p(y|x) \\| q$ | sums add |\n"
        "| | $X_2$ | $N(0, 2)$ | |\n| 1c | Var | $\\Delta t$ and nothing else | — |\n"
    )
    answers = said(read_one(tmp_path, "a.md", BODY + table))
    assert answers["1a"] == ["body a", "p(y|x) \\| q", "sums add", "N(0, 2)"]
    assert answers["1c"] == ["body c", "$\\Delta t$ and nothing else"]


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("$x$", Formula),
        ("N(0, sigma2 + 1)", Formula),
        ("σ² + 1", Formula),
        ("$x$ or $y$", Prose),
        ("collapses", Prose),
        ("exponentially many", Prose),
        ("$x$ (leading order)", Prose),
    ],
)
def test_a_cell_is_a_formula_or_prose(cell: str, kind: type, tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", f"## 1a\nbody\n\n| part | answer |\n|--|--|\n| 1a | {cell} |\n")
    assert isinstance(submission.parts["1a"][0].answers[-1], kind)


@pytest.mark.parametrize(
    "summary",
    [
        "## Summary\n- 1a: $x$\n- 1c: $y$\n",
        "## Summary\n\n**1a)** $x$\n\n**1c)** $y$\n",
        "Summary: 1a: $x$, 1c: $y$.\n",
        "**Final answers:**\n\n- (a) $x$\n- (c) $y$\n",
        "# Final answers\n## 1a\n$x$\n## 1c\n$$y$$\n",
        "In summary: (1a) $x$; (1c) $y$\n",
        "- 1a: $x$\n- 1c: $y$\n",
        "Zusammenfassung:\n\n1a: $x$\n1c: $y$\n",
        "最终答案：\n1a：$x$\n1c：$y$\n",
    ],
)
def test_a_list_answers_its_parts_after_the_body(summary: str, tmp_path: Path) -> None:
    body = BODY.replace("## 2d\nbody d\n\n", "") if "(a)" in summary else BODY
    submission = read_one(tmp_path, "a.md", body + summary)
    answers = said(submission)
    assert answers.pop("2d", ["body d"]) == ["body d"]
    assert answers == {"1a": ["body a", "x"], "1c": ["body c", "y"]}
    assert all(len(attempts) == 1 for attempts in submission.parts.values())


def test_prose_of_a_summary_keeps_the_words_that_announce_it(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", BODY + "## Final answers\n\n- 1a: $x$, to leading order\n- 1c: $y$\n")
    assert said(submission)["1a"] == ["body a", "Final answers: $x$, to leading order"]


def test_bare_letters_count_on_through_the_problems(tmp_path: Path) -> None:
    body = "# Problem 1\n### (a)\na1\n### (b)\nb1\n# Problem 2\n### (a)\na2\n### (b)\nb2\n"
    rows = "".join(f"| ({letter}) | $x_{number}$ |\n" for number, letter in enumerate("abab"))
    submission = read_one(tmp_path, "a.md", f"{body}### Final results\n| Question | Result |\n|--|--|\n{rows}")
    assert said(submission) == {"1a": ["a1", "x_0"], "1b": ["b1", "x_1"], "2a": ["a2", "x_2"], "2b": ["b2", "x_3"]}


@pytest.mark.parametrize(
    "inner",
    [
        "| t | value |\n|--|--|\n| 0 | $x$ |",
        "| a | b |\n|--|--|\n| a | 2 |",
        "| | x |\n|--|--|\n| a | 2 |",
        "### Summary\nThe variance is $y$.",
        "### Conclusion\n- (a) first\n- (b) second",
        "**Final answer:** $y$",
        "a|b|c\nx = y",
        "(a) one\n(b) two",
    ],
)
def test_what_is_no_summary_stays_where_it_is(inner: str, tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", f"## 1a\nx\n## 1g\nbody\n\n{inner}\n\n## 1h\nz\n")
    assert said(submission) == {"1a": ["x"], "1g": [f"body\n\n{inner}"], "1h": ["z"]}


def test_a_summary_of_one_part_does_not_take_the_next(tmp_path: Path) -> None:
    text = "## 1c\none\n### Summary\n$x$\n## 1d\ntwo\n### Summary\n**1d)** $y$\n## 1e\nthree\n"
    assert said(read_one(tmp_path, "a.md", text)) == {
        "1c": ["one\n### Summary\n$x$"],
        "1d": ["two", "y"],
        "1e": ["three"],
    }


def test_a_table_above_the_answers_comes_before_them(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", "| Part | Answer |\n|--|--|\n| 1a | $x$ |\n\n## 1a\nbody\n")
    assert said(submission) == {"1a": ["x", "body"]}


def test_a_table_in_a_later_turn_is_an_attempt_at_each_of_its_parts(tmp_path: Path) -> None:
    text = (
        "## User\nsolve 1a and 1c\n## Assistant\n### 1a\n$x$\n### 1c\n$y$\n## User\nNow 1d\n"
        "## Assistant\n### 1d\n$z$\n\n"
        "| Part | Answer |\n|--|--|\n| 1a | $x_1$ |\n| 1d | $z_1$ |\n"
    )
    submission = read_one(tmp_path, "t.md", text)
    assert said(submission) == {"1a": ["x_1"], "1c": ["$y$"], "1d": ["$z$", "z_1"]}
    assert [attempt.place.turn for attempt in submission.parts["1a"]] == [2, 4]
    assert not submission.parts["1a"][1].hinted


def test_a_row_without_a_part_is_noted(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", BODY + "| Part | Answer |\n|--|--|\n| 1a | $x$ |\n| 2h | $y$ |\n")
    assert any("2h" in problem for problem in submission.problems)


def test_a_table_in_a_notebook(tmp_path: Path) -> None:
    sources = ["## 1a\nbody a", "## 1c\nbody c", "## Final answers\n\n| Part | Answer |\n|--|--|\n| 1a | $x$ |"]
    cells = [{"cell_type": "markdown", "metadata": {}, "source": source} for source in sources]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    submission = read_one(tmp_path, "a.ipynb", json.dumps(notebook))
    assert said(submission) == {"1a": ["body a", "x"], "1c": ["body c"]}
    assert submission.parts["1a"][0].answers[1].place.cell == 3  # type: ignore[union-attr]


def test_a_part_that_is_summed_up_without_end_is_cut(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", BODY + "".join(f"| 1a | $x_{n}$ |\n" for n in range(500)))
    assert [text_of(one) for one in submission.parts["1a"][0].answers][::20] == ["body a", "x_499"]
    assert any("500 times" in problem for problem in submission.problems)
