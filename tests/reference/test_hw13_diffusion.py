"""`diffusion`: each function against two oracles that share no code with it.

Oracles: Gaussian conditioning and the variance recursion in mpmath at 50 digits, symbolic products, integrals
and series in SymPy, Richardson slopes for every claim "as dt -> 0", and exact rational arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from mpmath import mpf

from reference.hw13 import diffusion

SIGMA2 = [Fraction(1, 100), Fraction(1, 4), Fraction(1), Fraction(9)]
TIMES = [(Fraction(1, 2), Fraction(1, 10)), (Fraction(1), Fraction(1, 1000)), (Fraction(1, 4), Fraction(1, 4))]
STEPS = [1, 2, 7, 64]
s, t, dt, u = sympy.symbols("s t dt u", positive=True)


def mp(x: Fraction) -> Any:
    return mpf(x.numerator) / x.denominator


def agrees(submitted: Any, expected: Any, *, digits: int) -> bool:
    return bool(abs(submitted - expected) <= mpf(10) ** -digits * max(abs(expected), mpf(10) ** -digits))


def error_slope(error: Callable[[int], Any], steps: int) -> float:
    """Return the order p in error ~ dt^p, from steps and 2 steps."""
    return float(mpmath.log(abs(error(steps)) / abs(error(2 * steps)), 2))


# ---------------------------------------------------------------- 1a, 1b, 1c


@pytest.mark.parametrize("sigma2", SIGMA2)
@pytest.mark.parametrize("steps", STEPS)
def test_forward_chain_ends_at_the_closed_form(sigma2: Fraction, steps: int) -> None:
    assert diffusion.forward_variance_by_steps(sigma2, steps) == diffusion.forward_variance(sigma2, 1)
    assert diffusion.forward_variance(sigma2, 1) == sigma2 + sum([Fraction(1, steps)] * steps)


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("sigma2", SIGMA2)
def test_forward_variance_is_the_second_moment_of_a_convolution(
    sigma2: Fraction, time: tuple[Fraction, Fraction]
) -> None:
    # E[(X_0 + sqrt(t) eps)^2] by two-dimensional Gauss-Hermite quadrature, exact for polynomials.
    nodes, weights = np.polynomial.hermite_e.hermegauss(4)
    x_t = math.sqrt(sigma2) * nodes[:, None] + math.sqrt(time[0]) * nodes[None, :]
    moment = (weights[:, None] * weights[None, :] * x_t**2).sum() / (2 * math.pi)
    assert diffusion.forward_variance(float(sigma2), float(time[0])) == pytest.approx(moment, rel=1e-13)


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("sigma2", SIGMA2)
def test_reverse_conditional_follows_from_the_joint_covariance(
    sigma2: Fraction, time: tuple[Fraction, Fraction]
) -> None:
    before = mp(sigma2 + time[0] - time[1])
    covariance = mpmath.matrix([[before, before], [before, before + mp(time[1])]])
    precision = covariance**-1
    arguments = (mp(sigma2), mp(time[0]), mp(time[1]))
    assert agrees(diffusion.reverse_variance(*arguments), 1 / precision[0, 0], digits=45)
    assert agrees(diffusion.reverse_mean_factor(*arguments), -precision[0, 1] / precision[0, 0], digits=45)


def test_reverse_conditional_completes_the_square_of_bayes_rule() -> None:
    x, y = sympy.symbols("x y", real=True)
    # log p(x) + log p(y | x) up to terms free of x, x = x_{t-dt} and y = x_t.
    log_density = -(x**2) / (2 * (s + t - dt)) - (y - x) ** 2 / (2 * dt)
    variance = -1 / sympy.diff(log_density, x, 2)
    (mean,) = sympy.solve(sympy.diff(log_density, x), x)
    assert sympy.simplify(diffusion.reverse_variance(s, t, dt) - variance) == 0
    assert sympy.simplify(diffusion.reverse_mean_factor(s, t, dt) * y - mean) == 0


def test_reverse_variance_is_dt_to_leading_order_and_not_to_the_next() -> None:
    exact = diffusion.reverse_variance(s, t, dt)
    assert sympy.limit(exact / diffusion.reverse_variance_leading(dt), dt, 0) == 1
    assert sympy.simplify(sympy.limit((exact - dt) / dt**2, dt, 0) + 1 / (s + t)) == 0

    def error(steps: int) -> Any:
        step = mpf(1) / steps
        return diffusion.reverse_variance(mpf(1) / 4, mpf(1) / 2, step) - diffusion.reverse_variance_leading(step)

    assert error_slope(error, 2**12) == pytest.approx(2, abs=1e-3)


@pytest.mark.parametrize("steps", STEPS)
def test_exact_reverse_conditionals_lead_back_to_the_data(steps: int) -> None:
    # From the true X_1 ~ N(0, sigma2 + 1), mean and exact variance undo the forward process at every step.
    sigma2, step = Fraction(1, 9), Fraction(1, steps)
    variance = diffusion.forward_variance(sigma2, 1)
    for k in range(steps, 0, -1):
        arguments = (sigma2, k * step, step)
        variance = diffusion.reverse_mean_factor(*arguments) ** 2 * variance + diffusion.reverse_variance(*arguments)
        assert variance == diffusion.forward_variance(sigma2, (k - 1) * step)


# ---------------------------------------------------------------- 1d


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("sigma2", SIGMA2)
def test_product_of_conditional_means_is_exact_for_every_number_of_steps(sigma2: Fraction, steps: int) -> None:
    product = Fraction(1)
    for k in range(1, steps + 1):
        product *= 1 - Fraction(1, steps) / (sigma2 + Fraction(k, steps))
    assert diffusion.ddpm_mean_factor_by_steps(sigma2, steps) == product
    assert diffusion.ddpm_mean_factor(sigma2) == product
    assert diffusion.ddpm_mean_variance(sigma2) == product * product


def test_product_of_conditional_means_telescopes_symbolically() -> None:
    k, steps = sympy.symbols("k T", positive=True, integer=True)
    product = sympy.product((s * steps + k - 1) / (s * steps + k), (k, 1, steps))
    assert sympy.gammasimp(product.rewrite(sympy.gamma) - diffusion.ddpm_mean_factor(s)).equals(0)


def test_mean_only_sampler_collapses_to_sigma_to_the_fourth() -> None:
    variance = diffusion.ddpm_mean_variance(s)
    assert sympy.limit(variance / s**2, s, 0) == 1
    assert sympy.limit(variance / s, s, 0) == 0


# ---------------------------------------------------------------- 1e


def variance_by_recursion(sigma2: Any, steps: int) -> Any:
    """Return Var(X_0_hat) by v <- a^2 v + dt from v = 1, in the arithmetic of sigma2 (the process itself)."""
    step = (sigma2 * 0 + 1) / steps
    variance = sigma2 * 0 + 1
    for k in range(steps, 0, -1):
        a = 1 - step / (sigma2 + k * step)
        variance = a * a * variance + step
    return variance


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("sigma2", SIGMA2)
def test_variance_sum_is_the_recursion_of_the_process(sigma2: Fraction, steps: int) -> None:
    assert diffusion.ddpm_variance_by_steps(sigma2, steps) == variance_by_recursion(sigma2, steps)
    high = diffusion.ddpm_variance_by_steps(mp(sigma2), steps)
    assert agrees(high, variance_by_recursion(mp(sigma2), steps), digits=45)


def test_variance_limit_is_the_integral() -> None:
    integral = sympy.integrate((s / (s + u)) ** 2, (u, 0, 1))
    assert sympy.simplify(diffusion.ddpm_variance_limit(s) - (s / (s + 1)) ** 2 - integral) == 0
    numeric = mpmath.quad(lambda x: (mpf("0.01") / (mpf("0.01") + x)) ** 2, mpmath.linspace(0, 1, 41))
    limit = diffusion.ddpm_variance_limit(mpf("0.01"))
    assert agrees(limit, (mpf(1) / 101) ** 2 + numeric, digits=40)


def test_variance_limit_is_sigma2_with_no_second_order_term() -> None:
    # Why "sigma2 (1 - sigma2)" is wrong at the order that it displays: sigma2 - sigma2^3 + O(sigma2^4).
    series = sympy.series(diffusion.ddpm_variance_limit(s), s, 0, 4).removeO()
    assert sympy.expand(series) == s - s**3


@pytest.mark.parametrize("sigma2", SIGMA2)
def test_variance_sum_converges_with_order_one_and_the_coefficient_of_a_left_sum(sigma2: Fraction) -> None:
    limit = diffusion.ddpm_variance_limit(mp(sigma2))

    def error(steps: int) -> Any:
        return variance_by_recursion(mp(sigma2), steps) - limit

    # At sigma2 = 1/100 the next Euler-Maclaurin term is still dt/(6 sigma2) of the first: 0.8 %.
    assert error_slope(error, 2048) == pytest.approx(1, abs=0.02)
    left_sum = (1 - (mp(sigma2) / (mp(sigma2) + 1)) ** 2) / 2
    assert float(2048 * error(2048) / left_sum) == pytest.approx(1, abs=0.02)


# ---------------------------------------------------------------- 1f


def test_ideal_denoiser_is_the_posterior_mean() -> None:
    sigma2, time, x_t = mpf("0.3"), mpf("0.7"), mpf("1.1")

    def joint(x: Any) -> Any:
        return mpmath.exp(-(x**2) / (2 * sigma2) - (x_t - x) ** 2 / (2 * time))

    ends = mpmath.linspace(-8, 8, 17)
    mean = mpmath.quad(lambda x: x * joint(x), ends) / mpmath.quad(joint, ends)
    assert agrees(diffusion.ideal_denoiser_factor(sigma2, time) * x_t, mean, digits=30)


def test_ideal_denoiser_minimises_the_population_loss() -> None:
    a = sympy.Symbol("a", real=True)
    loss = (a - 1) ** 2 * s + a**2 * t  # E[(a (X_0 + sqrt(t) eps) - X_0)^2]
    assert sympy.solve(sympy.diff(loss, a), a) == [diffusion.ideal_denoiser_factor(s, t)]


def test_ideal_denoiser_gives_the_conditional_mean_by_the_brownian_bridge() -> None:
    bridge = 1 + dt / t * (diffusion.ideal_denoiser_factor(s, t) - 1)
    assert sympy.simplify(bridge - diffusion.reverse_mean_factor(s, t, dt)) == 0


# ---------------------------------------------------------------- 1g


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("sigma2", SIGMA2)
def test_exact_step_agrees_with_the_rationalised_eta(sigma2: Fraction, time: tuple[Fraction, Fraction]) -> None:
    now, step = mp(time[0]), mp(time[1])
    eta = (now - mpmath.sqrt(now * (now - step))) / step  # multiplied through by sqrt(t) - sqrt(t - dt)
    assert agrees(diffusion.eta(now, step), eta, digits=40)
    factor = 1 - eta * step / (mp(sigma2) + now)
    assert agrees(diffusion.ddim_step_factor(mp(sigma2), now, step), factor, digits=40)


def test_eta_series_and_last_step() -> None:
    series = sympy.series(diffusion.eta(t, dt), dt, 0, 2).removeO()
    assert sympy.simplify(series - (sympy.Rational(1, 2) + dt / (8 * t))) == 0
    assert diffusion.eta(t, t) == 1
    assert diffusion.eta_leading(t, dt) == sympy.limit(diffusion.eta(t, dt), dt, 0)
    assert diffusion.eta_leading(mpf(1), mpf(1)) == mpf(1) / 2


def test_step_agrees_to_first_order_and_differs_at_the_second() -> None:
    exact, approximate = diffusion.ddim_step_factor(s, t, dt), diffusion.ddim_step_factor_first_order(s, t, dt)
    assert sympy.simplify(sympy.series(exact, dt, 0, 2).removeO() - approximate) == 0
    second = sympy.simplify(sympy.diff(exact, dt, 2).subs(dt, 0) / 2)
    assert sympy.simplify(second + 1 / (8 * t * (s + t))) == 0

    def error(steps: int) -> Any:
        arguments = (mpf("0.04"), mpf("0.5"), mpf(1) / steps)
        return diffusion.ddim_step_factor(*arguments) - diffusion.ddim_step_factor_first_order(*arguments)

    assert error_slope(error, 2**12) == pytest.approx(2, abs=1e-3)


@pytest.mark.parametrize(
    "mistaken",
    [
        lambda s, t, dt: (s + t / 2) / (s + t),
        lambda s, t, dt: 1 - dt / (s + t),
        lambda s, t, dt: 1 - dt / (2 * t),
        lambda s, t, dt: 1 - dt / (2 * s),
    ],
    ids=["dt/t lost", "1/2 lost", "sigma2 << t assumed", "t << sigma2 assumed"],
)
def test_known_wrong_steps_do_not_agree_to_first_order(mistaken: Callable[..., Any]) -> None:
    exact = diffusion.ddim_step_factor(mpf("0.04"), mpf("0.5"), mpf("1e-20"))
    assert abs(exact - mistaken(mpf("0.04"), mpf("0.5"), mpf("1e-20"))) > mpf("1e-22")


# ---------------------------------------------------------------- 1h


def ddim_product(sigma2: Any, steps: int, *, exact: bool) -> Any:
    """Return the product of steps in mpmath, with eta from the roots of whole numbers."""
    product = mpf(1)
    for k in range(1, steps + 1):
        eta = k - mpmath.sqrt(k * (k - 1)) if exact else mpf(1) / 2
        product *= 1 - eta / (steps * sigma2 + k)
    return product


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("sigma2", SIGMA2)
def test_products_of_steps_agree_with_mpmath(sigma2: Fraction, steps: int) -> None:
    exact = ddim_product(mp(sigma2), steps, exact=True)
    approximate = ddim_product(mp(sigma2), steps, exact=False)
    assert agrees(diffusion.ddim_factor_by_steps(mp(sigma2), steps), exact, digits=45)
    assert agrees(diffusion.ddim_factor_by_steps_first_order(mp(sigma2), steps), approximate, digits=45)
    assert diffusion.ddim_factor_by_steps(float(sigma2), steps) == pytest.approx(float(exact), rel=1e-13)
    # Gamma functions: Prod (a + k - 1/2)/(a + k) with a = T sigma2.
    a = steps * mp(sigma2)
    ratio = mpmath.gammaprod([a + steps + mpf(1) / 2, a + 1], [a + mpf(1) / 2, a + steps + 1])
    assert agrees(approximate, ratio, digits=40)


def test_limit_solves_the_differential_equation() -> None:
    # dx/dt = x/(2 (sigma2 + t)) from t = 1 down to 0.
    exponent = sympy.integrate(1 / (2 * (s + u)), (u, 0, 1))
    assert sympy.simplify(sympy.exp(-exponent) - diffusion.ddim_factor_limit(s)) == 0
    assert sympy.simplify(diffusion.ddim_factor_limit(s) ** 2 - diffusion.ddim_variance_limit(s)) == 0
    assert sympy.limit(diffusion.ddim_variance_limit(s) / s, s, 0) == 1


@pytest.mark.parametrize("sigma2", SIGMA2)
def test_first_order_product_converges_with_order_one(sigma2: Fraction) -> None:
    limit = diffusion.ddim_factor_limit(mp(sigma2))
    error = lambda steps: ddim_product(mp(sigma2), steps, exact=False) - limit  # noqa: E731
    assert error_slope(error, 2048) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("sigma2", [Fraction(1, 4), Fraction(1)])
def test_exact_product_converges_as_dt_log_dt(sigma2: Fraction) -> None:
    # T (a_T - a) = c - a log(T)/(8 sigma2) + o(1): the difference between T and 2T isolates the logarithm.
    limit = diffusion.ddim_factor_limit(mp(sigma2))
    scaled = {steps: steps * (ddim_product(mp(sigma2), steps, exact=True) - limit) for steps in (2048, 4096)}
    logarithm = (scaled[4096] - scaled[2048]) / mpmath.log(2)
    assert float(-logarithm * 8 * mp(sigma2) / limit) == pytest.approx(1, abs=0.02)
    assert abs(scaled[4096]) / 4096 < mpf("0.01")
