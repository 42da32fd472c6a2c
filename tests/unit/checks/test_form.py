"""The kind of an answer, its terms, and symbols that mean nothing."""

from __future__ import annotations

import pytest
from writing import formula_item

from grader.checks import form
from grader.formula.parser import parse_expression
from grader.formula.printer import to_text
from grader.formula.tree import Neg, Node
from grader.reading.finding import pattern
from grader.rubric import Part, Rubric
from reference.hw13.worlds import DIFFUSION, PREFERENCE


def diffusion(text: str) -> Node:
    return DIFFUSION.notation.canonical(parse_expression(text, DIFFUSION.notation))


def preference(text: str) -> Node:
    return PREFERENCE.notation.canonical(parse_expression(text, PREFERENCE.notation))


# text, left side, the law that it is
LAWS = [
    (r"\mathcal N(0, \sigma^2)", "", "N(0, sigma^2)"),
    (r"\mathcal N(x_t; 0, \sigma^2)", "", "N(0, sigma^2)"),
    (r"\mathcal N(0, \sigma^2 I)", "", "N(0, sigma^2)"),
    (r"\sigma^2", "", "N(0, sigma^2)"),
    (r"\sigma^2", r"\text{Var}(\hat X_0)", "N(0, sigma^2)"),
    (r"\sigma", r"\text{Std}(\hat X_0)", "N(0, sigma^2)"),
    (r"(0, \sigma^2)", "", "N(0, sigma^2)"),
    (r"\sigma \hat X_1", "", "N(sigma*0, sigma^2*1)"),
]


@pytest.mark.parametrize(("text", "label", "expected"), LAWS)
def test_a_law_may_be_given_in_many_ways(text: str, label: str, expected: str) -> None:
    left = pattern(label, DIFFUSION.notation) if label else None
    found = to_text(form.as_law(diffusion(text), left, DIFFUSION))
    assert found.replace(" ", "").replace("Normal", "N") == expected.replace(" ", ""), found


@pytest.mark.parametrize("text", [r"\hat X_1^2", r"\text{Uniform}(0, 1)", r"\frac{1}{\hat X_1}"])
def test_what_is_no_normal_law_says_what_was_wanted(text: str) -> None:
    with pytest.raises(form.NotOfKindError, match="expected"):
        form.as_law(diffusion(text), None, DIFFUSION)


OBJECTIVES = [
    (r"\min_\pi D_{KL}(\pi \| \pi^*)", r"D_{KL}(\pi \| \pi^*)", False),
    (r"\arg\min_\pi D_{KL}(\pi \| \pi^*)", r"D_{KL}(\pi \| \pi^*)", False),
    (r"\max_\pi -D_{KL}(\pi \| \pi^*)", r"-D_{KL}(\pi \| \pi^*)", True),
    (r"-\min_\pi D_{KL}(\pi \| \pi^*)", r"D_{KL}(\pi \| \pi^*)", True),
]


@pytest.mark.parametrize(("text", "body", "is_turned"), OBJECTIVES)
def test_an_objective_is_what_is_minimised(text: str, body: str, is_turned: bool) -> None:
    found = form.as_objective(preference(text))
    assert found == (Neg(preference(body)) if is_turned else preference(body))


ORDER_TERMS = [
    (r"\sigma^2 + O(\sigma^4)", r"\sigma^2", True),
    (r"1 - \Delta t + o(\Delta t)", r"1 - \Delta t", True),
    (r"1 - \Delta t + \mathcal O(\Delta t^2)", r"1 - \Delta t", True),
    (r"1 - \Delta t", r"1 - \Delta t", False),
    (r"\sigma^2", r"\sigma^2", False),
]


@pytest.mark.parametrize(("text", "rest", "has_order"), ORDER_TERMS)
def test_order_terms_are_left_out(text: str, rest: str, has_order: bool) -> None:
    found, said = form.without_order_terms(diffusion(text))
    assert said == has_order
    assert to_text(found) == to_text(diffusion(rest))


UNKNOWN = [
    ("1e", r"\sigma^2 + t", ()),
    ("1e", r"\sigma^2 + q", ("q",)),
    ("1e", r"f(\sigma) + q", ("f(...)", "q")),
    ("1e", r"\sum_{k=1}^T k", ()),
    ("1e", r"\sum_{k=1}^T m", ("m",)),
    ("1e", r"\int_0^1 s ds", ()),
    ("2d", r"\beta\log\pi^*(y|x)", ()),
    ("2d", r"\beta\log\rho(y|x)", ("rho(...)",)),
    ("2d", r"\sum_{y'} \pi_{ref}(y'|x)", ()),
    ("2f", r"\mathbb E_{(x,y_w,y_l)\sim\mathcal D}[\sigma(r(x,y_w))]", ()),
    ("2g", r"\sum_{j=k}^K \pi^*(y_{\tau(j)}|x)", ()),
]


@pytest.mark.parametrize(("part_id", "text", "expected"), UNKNOWN)
def test_symbols_without_a_meaning_are_found_and_bound_ones_are_not(
    hw13: Rubric, part_id: str, text: str, expected: tuple[str, ...]
) -> None:
    space = hw13.part(part_id).space
    node = space.notation.canonical(parse_expression(text, space.notation))
    found = tuple(name.replace("\\", "") for name in form.unknown_symbols(node, space))
    assert found == expected


@pytest.mark.parametrize("part_id", ["1a", "1b", "1c", "1d", "1e", "1g", "1h", "2a", "2b", "2d", "2e", "2f", "2g"])
def test_every_reference_is_written_in_known_symbols_and_allowed_terms(hw13: Rubric, part_id: str) -> None:
    part: Part = hw13.part(part_id)
    item = formula_item(part)
    assert item.expected
    for one in item.expected:
        node = form.tree_of(one.value, part)
        assert form.unknown_symbols(node, part.space) == ()
        if item.terms is not None:
            assert form._terms(node) <= item.terms.allowed
