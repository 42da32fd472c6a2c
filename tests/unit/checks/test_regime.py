"""Limits: what agrees on a way into a regime, at which order, and what does not."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest
from flint import ctx
from identity_cases import POSITIVE, X, tree

from grader.checks.regime import agrees_in_limit, agrees_in_regime, at_epsilon, relative_order
from grader.domains.draws import candidates
from grader.formula.parser import parse_expression
from grader.model import Agreement, Counterexample, Silence
from grader.rubric import Regime
from reference.hw13.worlds import DIFFUSION, SMALL_STEP, SMALL_STEP_AND_VARIANCE, SMALL_VARIANCE, STEP, STEPS

SMALL = Regime(powers={X: 1}, order=None, words="x -> 0")
LARGE = Regime(powers={X: -1}, order=None, words="x -> oo")

# submitted, expected, whether their ratio goes to 1 as x -> 0, and as x -> oo
RATIOS = [
    ("x", r"\sin(x)", True, None),
    ("x", r"\tanh(x)", True, False),
    ("x + x^2", "x", True, False),
    ("x + 1", "x", False, True),
    ("x + 10^{-50}", "x", False, True),
    ("x(1 + 10^{-20})", "x", False, False),
    ("1", r"e^{x}", True, False),
    (r"\sqrt{x^2+1}", "x", False, True),
    (r"\log(1+x)", "x", True, False),
    ("x^2", "x", False, False),
    ("-x", "x", False, False),
    ("x", "x", True, True),
]


@pytest.mark.parametrize(("submitted", "expected", "small", "large"), RATIOS)
@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_ratios_that_go_to_one(
    submitted: str, expected: str, small: bool | None, large: bool | None, seed: str
) -> None:
    for regime, wanted in ((SMALL, small), (LARGE, large)):
        if wanted is None:
            continue
        for left, right in ((submitted, expected), (expected, submitted)):
            found = agrees_in_regime(tree(left), tree(right), POSITIVE, regime, check="regime", seed=seed)
            assert isinstance(found, Agreement if wanted else Counterexample), (left, right, regime.words, found)


# submitted against expected as x -> 0, and the highest n with difference o(x^n)
ORDERS = [("1", r"e^{x}", 0), ("1+x", r"e^{x}", 1), ("1+x+x^2/2", r"e^{x}", 2), ("x", r"\sin(x)", 2),
          (r"\cos(x)", "1", 1), (r"\cos(x)", "1-x^2/2", 3)]  # fmt: skip


@pytest.mark.parametrize(("submitted", "expected", "highest"), ORDERS)
def test_the_order_of_a_difference_is_read_exactly(submitted: str, expected: str, highest: int) -> None:
    for order in range(5):
        regime = Regime(powers={X: 1}, order=order, words="x -> 0")
        found = agrees_in_regime(tree(submitted), tree(expected), POSITIVE, regime, check="regime", seed="s")
        assert isinstance(found, Agreement if order <= highest else Counterexample), (order, found)


@pytest.mark.parametrize(
    ("submitted", "expected", "power"),
    [("x", r"\sin(x)", 2), ("1+x", r"e^{x}", 2), ("x+x^2", "x", 1), ("x", "x", None)],
)
def test_relative_order(submitted: str, expected: str, power: int | None) -> None:
    found = relative_order(tree(submitted), tree(expected), POSITIVE, SMALL, seed="s")
    assert found == (None if power is None else pytest.approx(power, abs=1e-6))


def test_the_counterexample_is_a_point_of_the_regime_with_both_values_and_the_limit() -> None:
    found = agrees_in_regime(tree("2x"), tree(r"\sin(x)"), POSITIVE, SMALL, check="regime", seed="s")
    assert isinstance(found, Counterexample)
    ((name, text),) = found.parameters
    with mpmath.workdps(50):
        numerator, _, denominator = text.partition("/")
        x = mpmath.mpf(numerator) / mpmath.mpf(denominator or 1)
        assert name == "x"
        assert 0 < x < 1
        assert abs(mpmath.mpf(found.submitted) - 2 * x) < mpmath.mpf(10) ** -11 * x
        assert abs(mpmath.mpf(found.expected) - mpmath.sin(x)) < mpmath.mpf(10) ** -11 * x
    assert "ratio goes to 2" in found.difference


@pytest.mark.parametrize(("submitted", "expected"), [("y", "x"), (r"\log(-x)", "x"), ("x", "0")])
def test_no_value_is_silence(submitted: str, expected: str) -> None:
    before = ctx.prec
    found = agrees_in_regime(tree(submitted), tree(expected), POSITIVE, SMALL, check="regime", seed="s")
    assert isinstance(found, Silence)
    assert found.reason
    assert ctx.prec == before


def test_the_way_goes_where_the_regime_says() -> None:
    world = next(candidates(DIFFUSION.build, seed="s", count=1))
    for regime in (SMALL_STEP, SMALL_VARIANCE, SMALL_STEP_AND_VARIANCE):
        epsilon = Fraction(1, 1000)
        moved = at_epsilon(world, regime, epsilon)
        for symbol, value in world.numbers.items():
            assert moved.numbers[symbol] == value * epsilon ** regime.powers.get(symbol, 0)


LIMITS = [
    (r"\sum_{k=1}^{T} \Delta t \cdot (k\Delta t)^2", r"\frac{1}{3}", True),
    (r"(1+\frac{\sigma}{T})^T", r"e^{\sigma}", True),
    (r"\Delta t\sum_{k=0}^{T-1}(\frac{\sigma^2}{\sigma^2+k\Delta t})^2", r"\frac{\sigma^2}{\sigma^2+1}", True),
    (r"\Delta t\sum_{k=0}^{T-1}\frac{\sigma^2}{\sigma^2+k\Delta t}", r"\frac{\sigma^2}{\sigma^2+1}", False),
    (r"\sum_{k=1}^{T} \Delta t \cdot (k\Delta t)^2", r"\frac{1}{2}", False),
]


@pytest.mark.parametrize(("submitted", "expected", "agrees"), LIMITS)
def test_limits_of_sums_and_products_over_steps(submitted: str, expected: str, agrees: bool) -> None:
    notation = DIFFUSION.notation
    left, right = (notation.canonical(parse_expression(text, notation)) for text in (submitted, expected))
    found = agrees_in_limit(left, right, DIFFUSION, (STEPS, STEP), check="limit", seed="s")
    assert isinstance(found, Agreement if agrees else Counterexample), found


def test_a_limit_that_does_not_settle_is_never_wrong() -> None:
    notation = DIFFUSION.notation
    left = notation.canonical(parse_expression(r"(-1)^T", notation))
    found = agrees_in_limit(left, tree("1"), DIFFUSION, (STEPS, STEP), check="limit", seed="s")
    assert isinstance(found, Silence), found
