"""Problem 1: closed forms of DDPM and DDIM from a Gaussian, and the processes of T steps behind them.

The data are X_0 ~ N(0, sigma2); X_t adds N(0, dt) noise per step of length dt = 1/T, from t = 0 to t = 1.
The approximate forms hold in the regime 0 < dt << sigma2 << 1.

Every function is arithmetic only, so a `Value` may be a float, a Fraction, a NumPy array, a torch tensor, an
mpmath number, a SymPy expression, a python-flint ball, or any object with + - * / and ** that has a method
`sqrt` or takes a Fraction as exponent. Values of one call must be of kinds that mix; exact values stay exact
where no root is taken (the root of a Fraction is a Fraction if it is rational, else a float).

Sources: Ho, Jain and Abbeel 2020 (DDPM); Song, Meng and Ermon 2021 (DDIM); in the notation of the sheet.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, TypeAlias

__all__ = [
    "ddim_factor_by_steps",
    "ddim_factor_by_steps_first_order",
    "ddim_factor_limit",
    "ddim_step_factor",
    "ddim_step_factor_first_order",
    "ddim_variance_limit",
    "ddpm_mean_factor",
    "ddpm_mean_factor_by_steps",
    "ddpm_mean_variance",
    "ddpm_variance_by_steps",
    "ddpm_variance_limit",
    "eta",
    "eta_leading",
    "forward_variance",
    "forward_variance_by_steps",
    "ideal_denoiser_factor",
    "reverse_mean_factor",
    "reverse_variance",
    "reverse_variance_leading",
]

# The kinds of value share no base class or protocol that a type checker could hold them to.
Value: TypeAlias = Any


# ---------------------------------------------------------------- 1a, 1b: the forward process


def forward_variance(sigma2: Value, t: Value) -> Value:
    """Return Var(X_t) = sigma2 + t; X_t ~ N(0, sigma2 + t) (1a with t = 1, 1b with t - dt and t).

    >>> forward_variance(Fraction(1, 4), 1)
    Fraction(5, 4)
    """
    return sigma2 + t


def forward_variance_by_steps(sigma2: Value, steps: int) -> Value:
    """Return Var(X_1) after `steps` additions of independent N(0, 1/steps) noise (1a, the process)."""
    dt = _one_like(sigma2) / _checked_steps(steps)
    variance = sigma2
    for _ in range(steps):
        variance = variance + dt
    return variance


# ---------------------------------------------------------------- 1c: the reverse conditional


def reverse_mean_factor(sigma2: Value, t: Value, dt: Value) -> Value:
    """Return a in E[X_{t-dt} | X_t = x_t] = a x_t, a = (sigma2 + t - dt)/(sigma2 + t) (1c)."""
    return (sigma2 + t - dt) / (sigma2 + t)


def reverse_variance(sigma2: Value, t: Value, dt: Value) -> Value:
    """Return Var(X_{t-dt} | X_t) = (sigma2 + t - dt) dt/(sigma2 + t), exactly (1c).

    >>> reverse_variance(Fraction(1), Fraction(1, 2), Fraction(1, 4))
    Fraction(5, 24)
    """
    return (sigma2 + t - dt) * dt / (sigma2 + t)


def reverse_variance_leading(dt: Value) -> Value:
    """Return the leading order of `reverse_variance` for dt << sigma2, which is dt (1c)."""
    return dt


# ---------------------------------------------------------------- 1d, 1e: DDPM without and with fresh noise


def ddpm_mean_factor(sigma2: Value) -> Value:
    """Return a in X_0_hat = a X_1_hat from conditional means alone, a = sigma2/(sigma2 + 1) (1d)."""
    return sigma2 / (sigma2 + 1)


def ddpm_mean_factor_by_steps(sigma2: Value, steps: int) -> Value:
    """Return the product of `reverse_mean_factor` over t = 1, 1 - dt, ..., dt (1d, the process).

    It telescopes to `ddpm_mean_factor` for every number of steps.

    >>> ddpm_mean_factor_by_steps(Fraction(1, 4), 7)
    Fraction(1, 5)
    """
    scaled, one = _in_units_of_a_step(sigma2, steps)
    factor = one
    for k in range(steps, 0, -1):
        factor = factor * reverse_mean_factor(scaled, k * one, one)
    return factor


def ddpm_mean_variance(sigma2: Value) -> Value:
    """Return Var(X_0_hat) = (sigma2/(sigma2 + 1))^2 from X_1_hat ~ N(0, 1) without noise (1d)."""
    return ddpm_mean_factor(sigma2) ** 2


def ddpm_variance_by_steps(sigma2: Value, steps: int) -> Value:
    """Return Var(X_0_hat) from X_1_hat ~ N(0, 1) with fresh N(0, dt) noise at each of `steps` steps (1e).

    The noise that is added on arrival at t = k dt is carried on by the telescoped factor
    sigma2/(sigma2 + k dt), k = 0..T-1; the last step adds noise too.

    >>> ddpm_variance_by_steps(Fraction(1), 1)
    Fraction(5, 4)
    """
    scaled, one = _in_units_of_a_step(sigma2, steps)
    total = 0 * one
    for k in range(steps):
        total = total + (scaled / (scaled + k)) ** 2
    return ddpm_mean_variance(sigma2) + total / steps


def ddpm_variance_limit(sigma2: Value) -> Value:
    """Return the limit of `ddpm_variance_by_steps` as dt -> 0, sigma2 (1 + 2 sigma2)/(1 + sigma2)^2 (1e).

    >>> ddpm_variance_limit(Fraction(1))
    Fraction(3, 4)
    """
    return sigma2 * (1 + 2 * sigma2) / (1 + sigma2) ** 2


# ---------------------------------------------------------------- 1f: the ideal denoiser


def ideal_denoiser_factor(sigma2: Value, t: Value) -> Value:
    """Return a in g(x_t, t) = E[X_0 | X_t = x_t] = a x_t, a = sigma2/(sigma2 + t) (1f)."""
    return sigma2 / (sigma2 + t)


# ---------------------------------------------------------------- 1g, 1h: DDIM


def eta(t: Value, dt: Value) -> Value:
    """Return the DDIM coefficient sqrt(t)/(sqrt(t - dt) + sqrt(t)), for 0 <= dt <= t and t > 0 (1g).

    It is 1/2 for dt << t and 1 at the last step, dt = t.

    Raises:
        ValueError: t or t - dt is a negative float or Fraction.

    >>> eta(Fraction(1), Fraction(3, 4))
    Fraction(2, 3)
    """
    root = _sqrt(t)
    return root / (_sqrt(t - dt) + root)


def eta_leading(t: Value, dt: Value) -> Value:
    """Return the leading order of `eta` for dt << t, which is 1/2 in the kind of t + dt (1g)."""
    return _one_like(t + dt) / 2


def ddim_step_factor(sigma2: Value, t: Value, dt: Value) -> Value:
    """Return a in x_{t-dt} = x_t + eta(t, dt) (E[X_{t-dt} | x_t] - x_t) = a x_t, exactly (1g)."""
    return 1 + eta(t, dt) * (reverse_mean_factor(sigma2, t, dt) - 1)


def ddim_step_factor_first_order(sigma2: Value, t: Value, dt: Value) -> Value:
    """Return `ddim_step_factor` to first order in dt << t, 1 - dt/(2 (sigma2 + t)), for any sigma2 (1g)."""
    return 1 - dt / (2 * (sigma2 + t))


def ddim_factor_by_steps(sigma2: Value, steps: int) -> Value:
    """Return a in X_0_hat = a X_1_hat after `steps` exact DDIM steps (1h, the process).

    The difference from `ddim_factor_limit` is of order dt log(1/dt): eta leaves 1/2 in the last steps.
    """
    scaled, one = _in_units_of_a_step(sigma2, steps)
    factor = one
    for k in range(steps, 0, -1):
        factor = factor * ddim_step_factor(scaled, k * one, one)
    return factor


def ddim_factor_by_steps_first_order(sigma2: Value, steps: int) -> Value:
    """Return a in X_0_hat = a X_1_hat after `steps` first-order steps; of order dt from the limit (1h)."""
    scaled, one = _in_units_of_a_step(sigma2, steps)
    factor = one
    for k in range(steps, 0, -1):
        factor = factor * ddim_step_factor_first_order(scaled, k * one, one)
    return factor


def ddim_factor_limit(sigma2: Value) -> Value:
    """Return the limit of both products as dt -> 0, sqrt(sigma2/(sigma2 + 1)) (1h)."""
    return _sqrt(ddim_variance_limit(sigma2))


def ddim_variance_limit(sigma2: Value) -> Value:
    """Return the limit of Var(X_0_hat) from X_1_hat ~ N(0, 1), sigma2/(sigma2 + 1) (1h)."""
    return sigma2 / (sigma2 + 1)


# ---------------------------------------------------------------- arithmetic in the kind of the argument


def _in_units_of_a_step(sigma2: Value, steps: int) -> tuple[Value, Value]:
    """Return (sigma2/dt, 1) in the kind of sigma2.

    Every step factor is homogeneous of degree 0 in (sigma2, t, dt). In units of dt the times are whole
    numbers, so t - dt is exactly 0 at the last step; as a ball around 0 it would have no square root.
    """
    return sigma2 * _checked_steps(steps), _one_like(sigma2)


def _one_like(x: Value) -> Value:
    """Return 1 in the kind of x (and in its shape, for arrays)."""
    return x**0


def _checked_steps(steps: int) -> int:
    if not isinstance(steps, int) or isinstance(steps, bool):
        raise TypeError(f"steps must be a whole number of type int, got {steps!r} of type {type(steps).__name__}")
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")
    return steps


def _sqrt(x: Value) -> Value:
    """Return the square root of x in the kind of x."""
    if isinstance(x, (int, float, Fraction)):
        if x < 0:
            raise ValueError(f"expected no negative number under a square root, got {x} (is dt > t?)")
        return _fraction_sqrt(x) if isinstance(x, Fraction) else math.sqrt(x)
    if _is_of_package(x, "sympy"):
        import sympy

        return sympy.sqrt(x)
    if hasattr(x, "sqrt"):
        return x.sqrt()
    if _is_of_package(x, "numpy"):
        import numpy as np

        # An array raised to a Fraction would become an array of objects.
        return np.sqrt(x)
    return x ** Fraction(1, 2)


def _fraction_sqrt(x: Fraction) -> Fraction | float:
    numerator, denominator = math.isqrt(x.numerator), math.isqrt(x.denominator)
    if numerator**2 == x.numerator and denominator**2 == x.denominator:
        return Fraction(numerator, denominator)
    return math.sqrt(x)


def _is_of_package(x: Value, package: str) -> bool:
    return any(cls.__module__.partition(".")[0] == package for cls in type(x).__mro__)
