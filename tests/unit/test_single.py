"""One answer checked at once: what is refused, what is taken as a sentence, and what is printed."""

from __future__ import annotations

import json

import pytest

from grader.errors import UsageError
from grader.rubric import Rubric
from grader.single import check_text, lines

LOST_BETA = r"\beta\log\frac{\pi^*(y|x)}{\pi_{ref}(y|x)} + \log Z(x)"
REFUSED = [
    ("9z", "", "x", r"part '9z': expected one of 1a, 1b"),
    ("", "", "x", "part ''"),
    ("1b", "nothing", "x", "item 'nothing' of 1b: expected one of previous, current"),
    ("1a", "", "", "the answer is empty"),
    ("1a", "", " \n\t", "the answer is empty"),
]


@pytest.mark.parametrize(("part", "item", "text", "message"), REFUSED)
def test_unusable_questions_say_what_was_wanted(hw13: Rubric, part: str, item: str, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_text(hw13, part, text, item=item)


def test_the_example_of_the_documentation(hw13: Rubric) -> None:
    result = check_text(hw13, "2d", LOST_BETA)
    assert result["verdict"] == "incorrect"
    (item,) = result["items"]
    assert item["mistake"]["id"] == "beta-lost-second"
    (evidence,) = item["evidence"]
    assert evidence["kind"] == "counterexample"
    assert evidence["submitted"] != evidence["expected"]
    shown = "\n".join(lines(result))
    for piece in (evidence["submitted"], evidence["expected"], "beta", "beta-lost-second", item["mistake"]["message"]):
        assert piece in shown
    assert shown.startswith("✗ 2d incorrect")
    assert item["mistake"]["message"] in result["feedback"]
    json.dumps(result)


TEXTS = [
    ("1a", "", "N(0, sigma^2 + 1)", "correct"),
    ("1a", "", r"$X_1 \sim \mathcal N(0, \sigma^2 + 1)$", "correct"),
    ("1a", "", r"\(X_1\) has the law \(\mathcal N(0, \sigma^2 + 1)\)", "correct"),
    ("1b", "current", r"\sigma^2 + t", "correct"),
    ("1b", "previous", r"\sigma^2 + t", "incorrect"),
    ("1e", "", "sigma2*(1+2*sigma2)/(1+sigma2)**2", "correct"),
    ("2a", "", "q", "correct"),
    ("2c", "", "Z(x) sums over all responses, and there are exponentially many of them.", "correct"),
    ("2c", "", "The reward model is not known to us at all.", None),
]


@pytest.mark.parametrize(("part", "item", "text", "verdict"), TEXTS)
def test_formulas_and_sentences(hw13: Rubric, part: str, item: str, text: str, verdict: str | None) -> None:
    result = check_text(hw13, part, text, item=item)
    if verdict is None:
        assert result["verdict"] != "correct"
    else:
        assert result["verdict"] == verdict, result
    assert result["part"] == part
    assert result["feedback"]
    assert lines(result)[0].split()[1] == part


def test_several_items_are_listed_each(hw13: Rubric) -> None:
    shown = lines(check_text(hw13, "1b", r"$X_t \sim N(0,\sigma^2+t)$"))
    assert any("previous: missing" in line for line in shown)
    assert any("current: correct" in line for line in shown)


def test_an_unreadable_answer_shows_the_place(hw13: Rubric) -> None:
    result = check_text(hw13, "1a", r"\sigma^2 + \frac{1}{")
    assert result["verdict"] == "undecided"
    shown = lines(result)
    (caret,) = [line for line in shown if line.strip() == "^"]
    formula = next(line for line in shown if line.rstrip().endswith(r"\frac{1}{"))
    assert len(caret) == len(formula.rstrip())


def test_the_reference_is_not_given_away(hw13: Rubric) -> None:
    result = check_text(hw13, "1e", r"= 7\sigma^2")
    assert r"\frac{\sigma^2" not in result["feedback"]
    assert "1 + 2" not in result["feedback"]
