"""How the parts of HW13 are answered in code: parameters, what is returned, and where calls are made.

Expected values are computed in ball arithmetic at the exact values of the floats of a call: problem 1 by
`diffusion`, which works on any kind of number; problem 2 by `preference_exact`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from grader.domains.draws import Draw
from grader.formula.tree import Sym
from grader.rubric import Argument, Derived, Parameter, Returned, Signature
from reference.hw13 import diffusion, preference_signatures
from reference.hw13.worlds import SIGMA, STATE, STEP, STEPS, TIME

__all__ = ["SIGNATURES"]

_VARIANCES = (1.0, 2.0, 0.5, 3.0, 0.25, 1.5, 0.1, 4.0, 0.75, 0.01, 7.0, 0.3, 10.0, 1.25, 0.6, 5.0, 0.05, 2.5, 20.0)
_STATES = (1.0, -1.0, 2.0, 0.5, -3.0, 1.25, -0.1, 7.0)
_STEPS = (2, 4, 3, 5, 8, 10, 16, 20)


# ---------------------------------------------------------------- problem 1


def _variance_argument(draw: Draw) -> Mapping[str, Argument]:
    return {"sigma2": draw(_VARIANCES)}


def _step_arguments(draw: Draw) -> Mapping[str, Argument]:
    """Return sigma2, dt = 1/T and t on the grid of steps, 0 < dt < t <= 1."""
    steps = draw(_STEPS)
    reached = draw(tuple(range(steps, 1, -1)))
    return {"sigma2": draw(_VARIANCES), "t": reached / steps, "dt": 1 / steps}


def _state_arguments(draw: Draw) -> Mapping[str, Argument]:
    return {"x_t": draw(_STATES), **_step_arguments(draw)}


def _sigma(arguments: Mapping[str, Argument]) -> Argument:
    sigma2 = arguments["sigma2"]
    assert isinstance(sigma2, float), "a variance is drawn as a float"
    return math.sqrt(sigma2)


def _steps(arguments: Mapping[str, Argument]) -> Argument:
    dt = arguments["dt"]
    assert isinstance(dt, float), "a step is drawn as a float"
    return round(1 / dt)


_SIGMA2 = Parameter(
    name="sigma2",
    meaning="variance σ² of X_0",
    aliases=("sigma_2", "sigma_sq", "sigma_squared", "sigma_square", "s2", "sig2", "var", "variance", "σ2", "sigma²"),
)
_T = Parameter(name="t", meaning="time t, 0 < Δt < t <= 1", aliases=("time",))
_DT = Parameter(name="dt", meaning="length Δt of a step", aliases=("delta_t", "deltat", "step", "h", "Δt"))
_X_T = Parameter(name="x_t", meaning="state x_t", aliases=("x", "xt", "state"))

_ROOTS = dict.fromkeys(("sigma", "sigma_0", "sd", "std", "σ", "stdev"), Derived(replaces="sigma2", compute=_sigma))
_COUNTS = dict.fromkeys(("T", "n_steps", "num_steps", "steps", "n"), Derived(replaces="dt", compute=_steps))
_VARIANCE_SYMBOL: Mapping[Sym, Callable[..., Any]] = {SIGMA: lambda sigma2, **_: sigma2.sqrt()}
_STEP_SYMBOLS: Mapping[Sym, Callable[..., Any]] = {
    **_VARIANCE_SYMBOL,
    TIME: lambda t, **_: t,
    STEP: lambda dt, **_: dt,
    STEPS: lambda dt, **_: 1 / dt,
}
_POSITIVE = "sigma2 > 0"
_GRID = "sigma2 > 0, dt = 1/T with T a positive integer, 0 < dt < t <= 1"
_LAW = "(mean, variance), or the variance alone"


def _of_variance(*returned: Returned) -> Signature:
    return Signature(
        parameters=(_SIGMA2,),
        returned=returned,
        arguments=_variance_argument,
        domain=_POSITIVE,
        derived=_ROOTS,
        symbols=_VARIANCE_SYMBOL,
    )


def _of_steps(*returned: Returned) -> Signature:
    return Signature(
        parameters=(_SIGMA2, _T, _DT),
        returned=returned,
        arguments=_step_arguments,
        domain=_GRID,
        derived={**_ROOTS, **_COUNTS},
        symbols=_STEP_SYMBOLS,
    )


_PART_1A = _of_variance(
    Returned(
        item="law",
        kind="law",
        words=f"the law of X_1: {_LAW}",
        expected=lambda sigma2: diffusion.forward_variance(sigma2, 1),
    )
)
_PART_1B = _of_steps(
    Returned(
        item="previous",
        kind="law",
        words=f"the law of X_(t-dt): {_LAW}",
        expected=lambda sigma2, t, dt: diffusion.forward_variance(sigma2, t - dt),
        aliases=("prev", "before", "t_minus_dt", "x_t_minus_dt", "marginal_prev", "marginal_previous"),
    ),
    Returned(
        item="current",
        kind="law",
        words=f"the law of X_t: {_LAW}",
        expected=lambda sigma2, t, dt: diffusion.forward_variance(sigma2, t),
        aliases=("curr", "cur", "now", "t", "x_t", "marginal", "marginal_current", "marginal_t"),
    ),
)
_PART_1C = _of_steps(
    Returned(
        item="variance",
        kind="number",
        words="the variance, simplified for dt << sigma2 << 1",
        expected=diffusion.reverse_variance,
        moves={"sigma2": 2, "dt": 4},
    )
)
_PART_1D = _of_variance(
    Returned(
        item="law",
        kind="law",
        words=f"the law of X̂_0: {_LAW}",
        expected=diffusion.ddpm_mean_variance,
        moves={"sigma2": 2},
    )
)
_PART_1E = _of_variance(
    Returned(
        item="limit",
        kind="number",
        words="the limit of Var(X̂_0) as dt -> 0",
        expected=diffusion.ddpm_variance_limit,
        moves={"sigma2": 2},
    )
)
_PART_1G = Signature(
    parameters=(_X_T, _T, _DT, _SIGMA2),
    returned=(
        Returned(
            item="step",
            kind="number",
            words="x_(t-dt), to first order in dt",
            expected=lambda x_t, t, dt, sigma2: diffusion.ddim_step_factor(sigma2, t, dt) * x_t,
            moves={"dt": 1},
        ),
    ),
    arguments=_state_arguments,
    domain=f"{_GRID}, x_t not 0",
    derived={**_ROOTS, **_COUNTS},
    symbols={**_STEP_SYMBOLS, STATE: lambda x_t, **_: x_t},
)
_PART_1H = _of_variance(
    Returned(
        item="law",
        kind="law",
        words=f"the law of X̂_0 as dt -> 0: {_LAW}",
        expected=diffusion.ddim_variance_limit,
        moves={"sigma2": 2},
    )
)

SIGNATURES: Mapping[str, Signature] = {
    "1a": _PART_1A,
    "1b": _PART_1B,
    "1c": _PART_1C,
    "1d": _PART_1D,
    "1e": _PART_1E,
    "1g": _PART_1G,
    "1h": _PART_1H,
    **preference_signatures.SIGNATURES,
}
"""By part; 1f and 2c are answered in words."""
