"""What is found about a candidate: alternatives by label, names of mistakes, claims against the regime."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from writing import (
    counterexample,
    formula,
    formula_item,
    graded,
    kinds,
    only,
    prose,
    with_item,
    with_mistakes,
    with_part,
)

from grader.checks.answer import Finding, name_mistake
from grader.checks.form import tree_of
from grader.model import Agreement, Counterexample, Evidence, Proof, Silence, Verdict, Violation
from grader.reading.finding import pattern
from grader.rubric import Expected, Mistake, Rubric

PROOF = Proof(check="equality", method="m")
AGREEMENT = Agreement(check="equality", trials=5, digits=30, domain="d")
DIFFERENT = Counterexample(check="equality", parameters=(), submitted="1", expected="2")
FORM = Violation(check="form", message="m")
RELATION = Violation(check="relation", message="m")
SILENCE = Silence(check="equality", reason="r")

# evidence, right, right in value, right but for its form
FINDINGS: list[tuple[tuple[Evidence, ...], bool, bool, bool]] = [
    ((), False, False, False),
    ((PROOF,), True, True, False),
    ((AGREEMENT,), True, True, False),
    ((PROOF, AGREEMENT), True, True, False),
    ((DIFFERENT,), False, False, False),
    ((DIFFERENT, PROOF), False, False, False),
    ((SILENCE,), False, False, False),
    ((AGREEMENT, FORM), False, True, True),
    ((AGREEMENT, RELATION), False, True, False),
    ((AGREEMENT, FORM, RELATION), False, True, False),
    ((FORM,), False, False, False),
]


@pytest.mark.parametrize(("evidence", "right", "in_value", "but_for_form"), FINDINGS)
def test_what_evidence_says(evidence: tuple[Evidence, ...], right: bool, in_value: bool, but_for_form: bool) -> None:
    finding = Finding(evidence=evidence)
    assert finding.is_right == right
    assert finding.is_right_in_value == in_value
    assert finding.is_right_but_for_its_form == but_for_form


RHO = r"\log\frac{\pi^*(y_%s|x)}{\pi_{ref}(y_%s|x)}"


def preference(first: str, second: str) -> str:
    return rf"\sigma(\beta {RHO % (first, first)} - \beta {RHO % (second, second)})"


LABELS = [
    (r"p(y_1 \succ y_2 | x)", "1", "2", "correct"),
    (r"p(y_2 \succ y_1 | x)", "2", "1", "correct"),
    (r"p(y_1 \succ y_2 | x)", "2", "1", "incorrect"),
    (r"p(y_2 \succ y_1 | x)", "1", "2", "incorrect"),
    (r"p(y_w \succ y_l | x)", "w", "l", "correct"),
    (r"p(y_w \succ y_l | x)", "l", "w", "incorrect"),
    ("", "1", "2", "correct"),
    ("", "2", "1", "incorrect"),
]


@pytest.mark.parametrize(("label", "first", "second", "verdict"), LABELS)
def test_the_left_side_decides_which_of_the_right_answers_is_meant(
    hw13: Rubric, label: str, first: str, second: str, verdict: str
) -> None:
    text = f"{label} = {preference(first, second)}" if label else preference(first, second)
    assert str(only(graded(hw13, "2e", formula(text))).verdict) == verdict


EQUATIONS = [
    (r"\log\pi^*(y|x) = \log\pi_{ref}(y|x) + r(x,y)/\beta - \log Z(x)", Verdict.CORRECT),
    (r"\log\pi^*(y|x) = \log\pi_{ref}(y|x) + r(x,y)/\beta + \log Z(x)", Verdict.INCORRECT),
    (r"\log\pi^*(y|x) = \log\pi_{ref}(y|x) + \beta r(x,y) - \log Z(x)", Verdict.INCORRECT),
]


@pytest.mark.parametrize(("text", "verdict"), EQUATIONS)
def test_an_equation_that_determines_the_quantity_answers(hw13: Rubric, text: str, verdict: Verdict) -> None:
    assert graded(hw13, "2b", prose(f"${text}$"))["policy"].verdict == verdict


def test_every_listed_mistake_is_named_by_its_own_form(hw13: Rubric) -> None:
    """Each known wrong form, handed in as a sheet has it, is refuted with a counterexample and named."""
    looked = 0
    for part_id in ("1a", "1d", "1h", "2a", "2d", "2e"):
        part = hw13.part(part_id)
        item = formula_item(part)
        for mistake in item.mistakes:
            named = name_mistake(tree_of(mistake.forms[0], part), "=", item, part, seed="s")
            assert named is not None
            assert named.id == mistake.id
            looked += 1
    assert looked > 25


def test_a_right_answer_is_given_no_name(hw13: Rubric) -> None:
    part = hw13.part("2d")
    item = formula_item(part)
    assert name_mistake(tree_of(item.expected[0].value, part), "=", item, part, seed="s") is None


def test_a_mistake_that_is_not_listed_has_a_counterexample_and_no_name(hw13: Rubric) -> None:
    result = only(graded(hw13, "2d", formula(r"\beta^3 \log Z(x)")))
    assert result.verdict == Verdict.INCORRECT
    assert result.mistake is None
    assert counterexample(result).parameters


def test_the_first_mistake_that_fits_gives_the_name(hw13: Rubric) -> None:
    part = hw13.part("2d")
    form_text = r"\beta \log Z(x)"
    first = Mistake(id="first", message="first", forms=(form_text,))
    second = Mistake(id="second", message="second", forms=(form_text,))
    for ordered in ((first, second), (second, first)):
        rubric = with_part(hw13, with_mistakes(part, *ordered))
        result = only(graded(rubric, "2d", formula(form_text)))
        assert result.mistake is not None
        assert result.mistake.id == ordered[0].id


@pytest.mark.parametrize(("points", "verdict"), [(Fraction(0), "incorrect"), (Fraction(1, 3), "partial")])
def test_points_of_a_mistake(hw13: Rubric, points: Fraction, verdict: str) -> None:
    mistake = Mistake(id="half", message="m", forms=(r"\beta \log Z(x)",), points=points)
    rubric = with_part(hw13, with_mistakes(hw13.part("2d"), mistake))
    result = only(graded(rubric, "2d", formula(r"\beta \log Z(x)")))
    assert str(result.verdict) == verdict
    assert result.score.earned == points
    assert kinds(result.evidence) == ["counterexample"]


def test_any_of_several_right_answers_counts(hw13: Rubric) -> None:
    part = hw13.part("2d")
    item = replace(formula_item(part), expected=(Expected(value=r"\beta"), Expected(value=r"\beta^2")), terms=None)
    rubric = with_part(hw13, with_item(part, item))
    found = [str(only(graded(rubric, "2d", formula(text))).verdict) for text in (r"\beta", r"\beta\beta", r"\beta^3")]
    assert found == ["correct", "correct", "incorrect"]
    assert pattern(r"\beta", part.space.notation)
