"""Answer sheets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ingest_cases import read_one, text_of

from grader.model import Formula, Prose, Unreadable


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    table = {
        "author": "Ada",
        "answers": {
            "1a": "N(0, sigma2 + 1)",
            "Part 1B": {"previous": "N(0, s)", "current": "N(0, t)"},
            "problem_1c": ["dt", "Because dt is small, the rest vanishes."],
            "1d": 3,
            "1e": 0.5,
        },
    }
    toml = (
        'author = "Ada"\n[answers]\n"1a" = "N(0, sigma2 + 1)"\n'
        '"Part 1B" = { previous = "N(0, s)", current = "N(0, t)" }\n'
        'problem_1c = ["dt", "Because dt is small, the rest vanishes."]\n1d = 3\n1e = 0.5\n'
    )
    first, second = read_one(tmp_path, "a.json", json.dumps(table)), read_one(tmp_path, "a.toml", toml)
    assert (first.format, second.format) == ("sheet-json", "sheet-toml")
    assert first.author == second.author == "Ada"
    for submission in (first, second):
        shown = {p: [(type(a).__name__, text_of(a)) for a in t[0].answers] for p, t in submission.parts.items()}
        assert shown == {
            "1a": [("Formula", "N(0, sigma2 + 1)")],
            "1b": [("Formula", "N(0, s)"), ("Formula", "N(0, t)")],
            "1c": [("Formula", "dt"), ("Prose", "Because dt is small, the rest vanishes.")],
            "1d": [("Formula", "3")],
            "1e": [("Formula", "0.5")],
        }
    items = [a.item for a in first.parts["1b"][0].answers if isinstance(a, Formula)]
    assert items == ["previous", "current"]


@pytest.mark.parametrize("value", ["true", "null", "[]", "{}", '{"a": {"b": "c"}}', "[1, [2]]", "[true]"])
def test_other_values_are_unreadable_with_a_reason(value: str, tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.json", f'{{"1a": {value}, "1b": "x"}}')
    answers = submission.parts["1a"][0].answers
    assert all(isinstance(answer, Unreadable) and answer.reason for answer in answers)
    assert isinstance(submission.parts["1b"][0].answers[0], Formula)


@pytest.mark.parametrize(
    "text",
    [
        '{"1a": "x", "1a": "y", "1b": "z"}',
        '{"1a": "x", "Part 1A": "y", "1b": "z"}',
        '{"answers": {"1(a)": "x", "1a": "y", "1b": "z"}}',
    ],
)
def test_keys_that_collide_are_never_decided_silently(text: str, tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.json", text)
    assert isinstance(submission.parts["1a"][0].answers[0], Unreadable)
    assert submission.problems
    assert isinstance(submission.parts["1b"][0].answers[0], Formula)


def test_duplicate_keys_in_toml_spoil_only_their_part(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.toml", '[answers]\n1a = "x"\n"1a" = "y"\n1b = "z"\n')
    assert submission.format == "sheet-toml"
    assert isinstance(submission.parts["1a"][0].answers[0], Unreadable)
    assert isinstance(submission.parts["1b"][0].answers[0], Formula)
    assert any("twice" in problem for problem in submission.problems)


def test_prose_and_formulas_with_dollars(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.json", json.dumps({"1a": "the sum $x$", "1b": "$x$", "1c": "line\nline"}))
    assert all(isinstance(attempts[0].answers[0], Prose) for attempts in submission.parts.values())


def test_what_is_left_empty_is_no_answer(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.toml", "1a = ''\n1b.previous = ''\n1b.current = 'N(0, t)'\n1c = ' '\n")
    assert list(submission.parts) == ["1b"]
    assert len(submission.parts["1b"][0].answers) == 1
    assert any("1b.previous" in problem for problem in submission.problems)
    assert not read_one(tmp_path, "b.json", '{"1a": "", "1b": ""}').parts


def test_unknown_keys_are_noted(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.json", '{"1a": "x", "9z": "y"}')
    assert any("9z" in problem for problem in submission.problems)


def test_nested_problems(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.toml", '[problem1]\na = "x"\n[2]\nb = "y"\n')
    assert list(submission.parts) == ["1a", "2b"]


def test_single_backslashes_in_json(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.json", '{"1a": "\\frac{1}{2}", "1b": "x"}')
    (answer,) = submission.parts["1a"][0].answers
    assert text_of(answer) == "\\frac{1}{2}"
    refused = read_one(tmp_path, "b.json", '{"1a": "\\sigma"}')
    assert "backslash" in refused.problems[0]
