"""What stands behind a label is the answer: the label is taken out, and a label alone is no answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from ingest_cases import PARTS, read_one, text_of, texts

from grader.ingest.behind import text_behind
from grader.ingest.labels import label_at
from grader.ingest.parts import PartNames

NAMES = PartNames.of(PARTS)

ON_THE_LINE = [
    ("## 1a: $N(0,1)$", "$N(0,1)$"),
    ("### **1a** – $v$", "$v$"),
    ("## 1a $x$ ##", "$x$"),
    ("1a) X_1 ~ N(0, σ²+1)", "X_1 ~ N(0, σ²+1)"),
    ("(a) because $x$", "because $x$"),
    ("(a)$x$", "$x$"),
    ("(a)(i) $x$", "(i) $x$"),
    ("**1a)** X ~ N", "X ~ N"),
    ("**1a): X** ~ N", "**X** ~ N"),
    ("***1a)*** x", "x"),
    ("_**1a)**_ x", "x"),
    ("**_1a:_** x", "x"),
    ("*1a.* x", "x"),
    ("`1a)` x", "x"),
    ("\\textbf{1a)} \\frac{1}{2}", "\\frac{1}{2}"),
    ("\\subsection*{(a) Law}", "Law"),
    ("\\item[(a)] x", "x"),
    ("<h2>1a: $x$</h2>", "$x$"),
    ("<b>1a</b> $x$", "$x$"),
    ("- 1a: $x$", "$x$"),
    ("1a $x$", "$x$"),
    ("1a = $x$", "$x$"),
    ("1a) = dt", "= dt"),
    ("1a: ≈ dt", "≈ dt"),
    ("1a) -x", "-x"),
    ("1a: -x", "-x"),
    ("1a - $x$", "$x$"),
    ("1a) .5", ".5"),
    ("Q1 (a): z", "z"),
    ("## Solution to 1(a): y", "y"),
    ("## 1a (2 points): y", "y"),
    ("Aufgabe 1 a) $x$", "$x$"),
    ("第1题 (a) $x$", "$x$"),
    ("第一题（a）：$x$", "$x$"),
    ("（a）答案 $x$", "答案 $x$"),
]


@pytest.mark.parametrize(("line", "behind"), ON_THE_LINE)
def test_the_text_behind_a_label(line: str, behind: str) -> None:
    label = label_at(line, NAMES)
    assert label is not None
    assert (label.problem or "1", label.letters) == ("1", ("a",))
    assert text_behind(line, label.rest_at) == behind


@pytest.mark.parametrize("line", [line for line, _ in ON_THE_LINE])
def test_an_answer_on_the_line_of_its_label_has_its_place(line: str, tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", f"# Problem 1\n\n{line}\n\nmore $m$\n")
    (answer,) = submission.parts["1a"][0].answers
    assert (answer.place.line, submission.format) == (3, "markdown")  # type: ignore[union-attr]
    assert text_of(answer).endswith("\n\nmore $m$")


LABELS_ALONE = [
    "## {}",
    "## {} (2 points)",
    "## {} ##",
    "**{})**",
    "{})",
    "Part {}",
    "Part {}\n-------",
    "<h3>{}</h3>",
    "\\subsection*{{{}}}",
    "## {}\n\n---",
    "## {}\nAnswer:",
    "## {}\n\n**Answer:**",
    "## {}\n\n### Solution",
    "## {}\n<!-- asked: $x$ -->",
    "### Aufgabe {}",
]


@pytest.mark.parametrize("style", LABELS_ALONE)
def test_a_label_alone_is_no_answer(style: str, tmp_path: Path) -> None:
    some = read_one(tmp_path, "a.md", "\n\n".join([style.format("1a"), "## 1b\n\n$y$", style.format("1c")]))
    assert texts(some) == {"1b": "$y$"}
    assert any("1a is left empty" in problem for problem in some.problems)
    every = read_one(tmp_path, "b.md", "# Homework\n\n" + "\n\n".join(style.format(part) for part in PARTS))
    assert (every.format, every.parts) == ("markdown", {})


def test_a_heading_of_what_comes_next_is_no_answer(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", "## 1h\n\n# Preference optimisation\n\n## 2a\n$p = q$\n")
    assert texts(submission) == {"2a": "$p = q$"}


def test_a_label_alone_in_a_turn_is_no_attempt(tmp_path: Path) -> None:
    text = "## User\n1a and 1b\n## Assistant\n### 1a\n$x$\n### 1b\n## User\nand 1b?\n## Assistant\n### 1b\n$y$\n"
    submission = read_one(tmp_path, "t.md", text)
    assert texts(submission) == {"1a": "$x$", "1b": "$y$"}
    assert submission.parts["1b"][0].place.turn == 4


def test_a_title_stays_a_heading_where_an_answer_follows(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", "### Part (a): The law of $X_1$\n\n$x$\n")
    assert texts(submission) == {"1a": "### The law of $X_1$\n\n$x$"}


def test_letters_of_one_problem_may_be_bare_where_the_others_are_not(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", "# Problem 1\n(a) $x$\n\n(b) $y$\n\n## 2a\n$z$\n")
    assert texts(submission) == {"1a": "$x$", "1b": "$y$", "2a": "$z$"}


def test_every_part_that_one_message_asks_for_is_looked_for(tmp_path: Path) -> None:
    asked = "Problem 2. Part (a): which is least? Part (b): and which policy?"
    submission = read_one(tmp_path, "t.md", f"## User\n{asked}\n## Assistant\n### (a)\n$x$\n\n### (b)\n$y$\n")
    assert texts(submission) == {"2a": "$x$", "2b": "$y$"}
