"""Two formulas at one world: enclosures that part, values that are not there, and digits that are certain."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest
from flint import arb, ctx
from identity_cases import X, tree

from grader.checks.pairs import AGREED_DIGITS, Known, compare_at, digits
from grader.domains.world import FiniteWorld
from grader.formula.values import BudgetExceededError, Law, NoValueError, Outcome

TWO = FiniteWorld(numbers={X: Fraction(2)})
ZERO = FiniteWorld(numbers={X: Fraction(0)})

STATUS = [
    ("x", "2", "differ", "agree"),
    ("x+2^{-99}", "x+2^{-98}", "differ", "differ"),
    ("x+10^{-5000}", "x", "differ", "differ"),
    (r"\sqrt{x}\sqrt{x}", "x", "agree", "agree"),
    (r"\frac{1}{x}", r"\frac{1}{x}", "undefined", "agree"),
    (r"\frac{1}{x}", "1", "undefined", "differ"),
    ("1", r"\frac{1}{x}", "undefined", "differ"),
    (r"e^{\log(2)}", "2", "agree", "agree"),
    (r"\sqrt{3+2\sqrt{2}}", r"1+\sqrt{2}", "agree", "agree"),
    (r"\sqrt{2}+\sqrt{3}", r"\sqrt{5+2\sqrt{6}}", "agree", "agree"),
    (r"\sqrt{2}+\sqrt{3}", r"\frac{22873}{7270}", "differ", "differ"),
]


@pytest.mark.parametrize(("submitted", "expected", "at_zero", "at_two"), STATUS)
def test_what_two_formulas_do_at_a_world(submitted: str, expected: str, at_zero: str, at_two: str) -> None:
    for world, wanted in ((ZERO, at_zero), (TWO, at_two)):
        for known in (None, Known()):
            assert compare_at(world, tree(submitted), tree(expected), known=known).status == wanted
            assert compare_at(world, tree(expected), tree(submitted), known=known).status == wanted


UNDEFINED = [
    (r"\frac{1}{x}", "1", "submitted"),
    ("1", r"\frac{1}{x}", "expected"),
    (r"\frac{1}{x}", r"\log(x)", "both"),
    ("x", "x", ""),
]


@pytest.mark.parametrize(("submitted", "expected", "side"), UNDEFINED)
def test_the_side_without_a_value_is_named(submitted: str, expected: str, side: str) -> None:
    result = compare_at(ZERO, tree(submitted), tree(expected))
    assert result.undefined_side == side
    if side in ("submitted", "both"):
        assert "zero" in result.submitted or "outside" in result.submitted


def test_digits_that_are_asked_for_hold() -> None:
    """Values that agree to AGREED_DIGITS but differ after them are told apart, not called equal."""
    for exponent in (AGREED_DIGITS - 5, AGREED_DIGITS + 5, 200, 2000):
        result = compare_at(TWO, tree(f"x + 10^{{-{exponent}}}"), tree("x"))
        assert result.status == "differ"
        assert result.difference.startswith("1.00000e-")


def test_cancellation_is_seen_through() -> None:
    hidden = r"(x + 10^{80}) - 10^{80} + 10^{-30}"
    assert compare_at(TWO, tree(hidden), tree("x")).status == "differ"
    assert compare_at(TWO, tree(r"(x + 10^{80}) - 10^{80}"), tree("x")).status == "agree"
    assert compare_at(TWO, tree(r"e^{-100x}\cdot e^{100x} - 1"), tree("0")).status == "agree"


def test_what_cannot_be_told_in_the_given_precision_is_unsure() -> None:
    close = tree("x + 10^{-5000}")
    assert compare_at(TWO, tree(r"\sqrt{x}\sqrt{x}"), close, most_bits=768).status == "unsure"


ERRORS = [("y", NoValueError), ("f(x)", NoValueError), (r"\sum_{k=1}^{10^9} \frac{1}{k^2}", BudgetExceededError)]


@pytest.mark.parametrize(("text", "error"), ERRORS)
def test_errors_leave_the_precision_and_the_lock_as_they_were(text: str, error: type[Exception]) -> None:
    ctx.prec = 101
    for _ in range(3):
        with pytest.raises(error):
            compare_at(TWO, tree(text), tree("x"))
        assert ctx.prec == 101
    assert compare_at(TWO, tree("x"), tree("2")).status == "agree"


@pytest.mark.parametrize("value", [Fraction(1), Fraction(-7, 3), Fraction(1, 10**40), Fraction(10**40 + 1)])
def test_shown_digits_are_certain(value: Fraction) -> None:
    with ctx.workprec(400), mpmath.workdps(60):
        shown = digits(arb(value.numerator) / value.denominator, 12)
        exact = mpmath.mpf(value.numerator) / value.denominator
        assert abs(mpmath.mpf(shown) - exact) <= abs(exact) * mpmath.mpf(10) ** -11


def test_other_values_are_shown_in_words() -> None:
    assert digits(Outcome("response", 1, "y1")) == "y1"
    assert digits(Law("normal", (arb(0), arb(2)))) == "N(0, 2)"
    assert digits(True) == "True"


def test_known_values_are_kept_apart_by_precision_and_bounded() -> None:
    known = Known()
    low, _ = known.value(TWO, tree(r"\frac{x}{3}"), 64)
    with ctx.workprec(512):
        high, _ = known.value(TWO, tree(r"\frac{x}{3}"), 512)
    assert high.rad() < low.rad()
    for number in range(2000):
        known.value(TWO, tree(str(number)), 64)
    assert compare_at(TWO, tree("x"), tree("2"), known=known).status == "agree"
