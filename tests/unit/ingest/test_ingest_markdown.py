"""Markdown answers: every usual style of headings, and what is no heading."""

from __future__ import annotations

from pathlib import Path

import pytest
from ingest_cases import read_one, text_of, texts

from grader.model import Prose

STYLES = {
    "number and letter": "## 1a\n{0}\n## 1b\n{1}\n## 2a\n{2}\n",
    "letters under problems": "# Problem 1\n### (a)\n{0}\n### (b)\n{1}\n# Problem 2\n### (a)\n{2}\n",
    "bold": "**1a)**\n\n{0}\n\n**1b)** \n\n{1}\n\n**2a)**\n\n{2}\n",
    "bold with the answer behind": "**1a)** {0}\n\n**1b)** {1}\n\n**2a)** {2}\n",
    "part with a keyword": "# Question 1\nPart (a)\n\n{0}\n\nPart (b):\n\n{1}\n\n# Question 2\nPart A\n\n{2}\n",
    "number, bracketed letter": "1(a)\n{0}\n\n1(b)\n{1}\n\n2(a)\n{2}\n",
    "problem with a dash": "## Problem 1 – a\n{0}\n## Problem 1 - b\n{1}\n## Problem 2 — a\n{2}\n",
    "announced": (
        "# Problem 1\nLet's tackle a.\n\n{0}\n\nNow, let's move on to part (b).\n\n{1}\n"
        "\n## Problem 2\nLet's solve part a:\n{2}\n"
    ),
    "dotted": "1.a\n{0}\n\n1.b\n{1}\n\n2.a\n{2}\n",
    "Q": "Q1 (a)\n{0}\n\nQ1 (b)\n{1}\n\nQ2 (a)\n{2}\n",
    "bare letters at line starts": "Problem 1\n\n(a) {0}\n\n(b) {1}\n\nProblem 2\n\n(a) {2}\n",
    "letters with one bracket": "# Exercise 1\n\na) {0}\n\nb) {1}\n\n# Exercise 2\n\na) {2}\n",
    "underlined": "Part 1a\n-------\n{0}\n\nPart 1b\n-------\n{1}\n\nPart 2a\n=======\n{2}\n",
    "solutions": "## Solution to 1(a)\n{0}\n## Solution to 1(b)\n{1}\n## Solution to 2(a)\n{2}\n",
    "words for numbers": "# Problem One\n## a.\n{0}\n## b.\n{1}\n# Problem Two\n## a.\n{2}\n",
    "LaTeX sectioning": (
        "\\section*{{Problem 1}}\n\\subsection*{{(a)}}\n{0}\n\\subsection*{{(b)}}\n{1}\n"
        "\\section*{{Problem 2}}\n\\subsection*{{(a)}}\n{2}\n"
    ),
    "HTML headings": "<h2>1a</h2>\n{0}\n<h2>1b</h2>\n{1}\n<h2>2a</h2>\n{2}\n",
    "homework number": "## HW13 1a\n{0}\n## HW13 1b\n{1}\n## HW13 2a\n{2}\n",
    "emoji": "### ✅ Part 1a\n{0}\n### 🔍 Part 1b\n{1}\n### 🧠 Part 2a\n{2}\n",
    "equals": "1a = {0}\n1b = {1}\n2a = {2}\n",
    "colons": "1a: {0}\n1b: {1}\n2a: {2}\n",
    "numbered list": "1. (a) {0}\n\n1. (b) {1}\n\n2. (a) {2}\n",
}
ANSWERS = (r"$N(0, s+1)$", r"$\sum_k x_k$", r"$p^* = q$")


@pytest.mark.parametrize("style", STYLES)
def test_every_style_of_headings(style: str, tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", STYLES[style].format(*ANSWERS))
    assert submission.format == "markdown", submission.problems
    assert list(submission.parts) == ["1a", "1b", "2a"]
    for part, answer in zip(("1a", "1b", "2a"), ANSWERS, strict=True):
        shown = texts(submission)[part]
        assert answer in shown
        assert not any(other in shown for other in ANSWERS if other != answer)


def test_a_table_is_read_where_nothing_else_is_labelled(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", "| part | answer |\n| --- | --- |\n| 1a | $x$ |\n| 2 (b) | $y$ |\n")
    assert list(submission.parts) == ["1a", "2b"]


def test_letters_that_start_again_belong_to_the_next_problem(tmp_path: Path) -> None:
    text = "".join(f"### ({letter})\nfirst {letter}\n" for letter in "abcdefgh")
    text += "".join(f"### ({letter})\nsecond {letter}\n" for letter in "abc")
    submission = read_one(tmp_path, "a.md", text)
    assert "second b" in texts(submission)["2b"]
    assert "first h" in texts(submission)["1h"]
    assert "second" not in texts(submission)["1a"]


def test_a_summary_at_the_end_goes_to_the_same_parts(tmp_path: Path) -> None:
    text = (
        "".join(f"### ({letter})\nfirst {letter}\n" for letter in "abcdefgh")
        + "### Summary\n**(a)** again a\n\n**(b)** again b\n"
    )
    submission = read_one(tmp_path, "a.md", text)
    assert not any(part.startswith("2") for part in submission.parts)
    for letter in "ab":
        (attempt,) = submission.parts[f"1{letter}"]
        assert [text_of(answer) for answer in attempt.answers] == [f"first {letter}", f"Summary: again {letter}"]
    assert texts(submission)["1h"] == "first h"


@pytest.mark.parametrize(
    "inner",
    [
        "### Recap of Part (d)",
        "From part (b), the mean is known.",
        "Using the result from part (d):",
        "Part (b) showed that the sum telescopes.",
        "> ### (b)\n> quoted question",
        "```\n### (b)\n```",
        "~~~python\n# 1b\n~~~",
        "\\[\n(b)\n\\]",
        "$$\nx =\n(b)\n$$",
        "Let me know when you're ready for part (b).",
        "### 2D diffusion",
        "### A bound on the error",
        "1e-3 is small",
        "(x) is not a part",
        "### Step 1: A",
        "(b) + (c) = 1",
        "<!-- ### (b) -->",
    ],
)
def test_what_does_not_switch_the_part(inner: str, tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", f"## Problem 1\n### (a)\nstart\n\n{inner}\n\nend\n")
    assert list(submission.parts) == ["1a"]
    assert "end" in texts(submission)["1a"]


def test_an_enumeration_inside_an_answer_does_not_switch(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", "## 1c\nTwo cases:\n\n(a) small\n\n(b) large\n\n## 1d\nx\n")
    assert list(submission.parts) == ["1c", "1d"]
    assert "(b) large" in texts(submission)["1c"]


def test_text_before_the_first_label_belongs_to_no_part(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", "Name: Ada L.\n\nHello $x$.\n\n## 1a\nanswer\n")
    assert submission.author == "Ada L."
    assert "Hello" not in texts(submission)["1a"]


def test_line_numbers_hold_with_comments_and_pages(tmp_path: Path) -> None:
    text = "# Problem 1\n<!-- page 3 -->\n\n<!-- a\nlong\ncomment -->\n## (a)\nfoo <!-- page 4 -->bar\n## (b)\nbaz\n"
    submission = read_one(tmp_path, "a.md", text)
    (first,) = submission.parts["1a"][0].answers
    (second,) = submission.parts["1b"][0].answers
    assert isinstance(first, Prose)
    assert isinstance(second, Prose)
    assert (first.place.line, first.place.page) == (8, 4)
    assert first.text == "foo bar"
    assert (second.place.line, second.place.page) == (10, 4)


def test_a_part_that_the_assignment_does_not_have_is_noted(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", "## 1a\nx\n## 2h\ny\n")
    assert list(submission.parts) == ["1a"]
    assert any("2h" in problem for problem in submission.problems)


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        (("1", "2"), "## 1\nx\n## Problem 2\ny\n"),
        (("a", "b"), "## (a)\nx\n## Part b\ny\n"),
        (("q1", "q2"), "# Question 1\nx\n# Q2\ny\n"),
    ],
)
def test_other_assignments_with_other_ids(ids: tuple[str, ...], text: str, tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", text, ids)
    assert tuple(submission.parts) == ids
    assert "y" in texts(submission)[ids[1]]


def test_the_suffix_does_not_matter(tmp_path: Path) -> None:
    for name in ("a.txt", "a.tex", "a", "a.md"):
        assert list(read_one(tmp_path, name, "## 1a\n$x$\n").parts) == ["1a"]


def test_a_file_with_one_formula_is_named_after_its_part(tmp_path: Path) -> None:
    for name in ("1a.txt", "part_1a.tex", "hw13-1a.txt", "problem 1 (a).txt"):
        submission = read_one(tmp_path, name, "\\frac{\\sigma^2}{\\sigma^2+1}\n")
        assert submission.format == "formula", submission.problems
        assert text_of(submission.parts["1a"][0].answers[0]) == "\\frac{\\sigma^2}{\\sigma^2+1}"
