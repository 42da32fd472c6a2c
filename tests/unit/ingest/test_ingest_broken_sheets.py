"""Sheets that are no TOML and no JSON: each part that can be seen is unreadable, none is graded, none is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from ingest_cases import PARTS, read_one

from grader.model import Unreadable

TOML_STYLES = [
    "1b = '{}'\n",
    "\"1b\" = '{}'\n",
    "[answers]\n1a = 'x'\n1b = '{}'\n",
    "[answers.1b]\npolicy = '{}'\n",
    "[1b]\npolicy = '{}'\n",
    "1b.policy = '{}'\n",
    "[problem1]\nb = '{}'\n",
    "answers = {{ 1a = 'x', 1b = '{}' }}\n",
    "# 1b. A title (2 points)\n\"Part 1b\" = '{}'\n",
]
BREAKS = ["y'' and more words", "it is $x$'", "x\n"]


@pytest.mark.parametrize("broken", BREAKS)
@pytest.mark.parametrize("style", TOML_STYLES)
@pytest.mark.parametrize("name", ["a.toml", "a.txt", "a.md"])
def test_toml(name: str, style: str, broken: str, tmp_path: Path) -> None:
    text = "author = 'Ada'\n" + style.format(broken) + "[2c]\nreason = 'Words that would earn points.'\n"
    submission = read_one(tmp_path, name, text)
    assert (submission.format, submission.author) == ("sheet-toml", "Ada")
    assert {"1b", "2c"} <= set(submission.parts) <= {"1a", "1b", "2c"}
    for attempts in submission.parts.values():
        (answer,) = attempts[0].answers
        assert isinstance(answer, Unreadable)
        assert "not TOML: " in answer.reason
        assert "line " in answer.reason
        assert answer.text in text.split("\n")[(answer.place.line or 0) - 1]
    assert any("1h" in problem for problem in submission.problems)


@pytest.mark.parametrize(
    "text",
    [
        '{"1a": "\\sigma", "1b": "x"}',
        '{"1a": "x" "1b": "y"}',
        '{"1a": "x",\n "1b": "y",\n}',
        "{'1a': 'x', '1b': 'y'}",
        '{"answers": {"Part 1a": "x", "1(b)": {"policy": "a" "b"}}}',
        '{"problem1": {"a": "x", "b": }}',
        '{1a: "x", 1b: "y"}',
    ],
)
def test_json(text: str, tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.json", text)
    assert submission.format == "sheet-json"
    assert set(submission.parts) == {"1a", "1b"}
    for attempts in submission.parts.values():
        (answer,) = attempts[0].answers
        assert isinstance(answer, Unreadable)
        assert "not JSON: " in answer.reason
        assert "column " in answer.reason
        assert answer.place.line


def test_what_follows_where_json_breaks_off_cannot_be_known(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.json", '{"1a": "x",\n"1b": "y')
    assert tuple(submission.parts) == PARTS
    assert [submission.parts[part][0].place.line for part in ("1a", "1b", "1c")] == [1, 2, None]
    assert any("breaks off" in problem for problem in submission.problems)


def test_a_sheet_without_any_part_in_sight_is_unreadable_as_a_whole(tmp_path: Path) -> None:
    for name, text in (("a.json", '{"x": "## 1a\\n$y$" "z"}'), ("a.toml", "x = 'y\n## 1a: z\n")):
        submission = read_one(tmp_path, name, text)
        kinds = {type(attempts[0].answers[0]) for attempts in submission.parts.values()}
        assert (tuple(submission.parts), kinds) == (PARTS, {Unreadable})


def test_json_that_names_no_part_is_not_read_as_markdown(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.json", '{"essay":\n"1a: foo"\n}')
    assert {type(attempts[0].answers[0]) for attempts in submission.parts.values()} == {Unreadable}


@pytest.mark.parametrize(
    "text",
    ["1a = $x$\n1b = $y$\n", "[1a] $x$\n\n[1b] $y$\n", '1a = "x"\n\n## 1b\n$y$\n', "{1a} is\n## 1a\nx\n## 1b\n$y$\n"],
)
def test_markdown_that_looks_a_little_like_a_sheet_stays_markdown(text: str, tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", text)
    assert (submission.format, set(submission.parts)) == ("markdown", {"1a", "1b"})
