"""`diffusion` over every kind of value: the same numbers from floats, arrays, balls, symbols and traces."""

from __future__ import annotations

import doctest
import itertools
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np
import pytest
import sympy
import torch
from mpmath import mpf

from reference.hw13 import diffusion


def mp(x: Fraction) -> Any:
    return mpf(x.numerator) / x.denominator


# ---------------------------------------------------------------- kinds of value


class Traced:
    """An object with + - * / and ** alone, which writes down what was done to it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _join(self, sign: str, other: object, *, swapped: bool = False) -> Traced:
        mine, theirs = self.text, other.text if isinstance(other, Traced) else repr(other)
        return Traced(f"({theirs}{sign}{mine})" if swapped else f"({mine}{sign}{theirs})")

    def __add__(self, other: object) -> Traced:
        return self._join("+", other)

    def __radd__(self, other: object) -> Traced:
        return self._join("+", other, swapped=True)

    def __sub__(self, other: object) -> Traced:
        return self._join("-", other)

    def __rsub__(self, other: object) -> Traced:
        return self._join("-", other, swapped=True)

    def __mul__(self, other: object) -> Traced:
        return self._join("*", other)

    def __rmul__(self, other: object) -> Traced:
        return self._join("*", other, swapped=True)

    def __truediv__(self, other: object) -> Traced:
        return self._join("/", other)

    def __pow__(self, other: object) -> Traced:
        return self._join("**", other)


def test_any_object_with_operators_is_traced() -> None:
    traced = diffusion.ddim_step_factor(Traced("s"), Traced("t"), Traced("d"))
    names = {"s": 0.04, "t": 0.5, "d": 0.1, "Fraction": Fraction}
    assert "**Fraction(1, 2)" in traced.text
    assert eval(traced.text, names) == pytest.approx(diffusion.ddim_step_factor(0.04, 0.5, 0.1), rel=1e-14)


KINDS: dict[str, Callable[[Fraction], Any]] = {
    "Decimal": lambda x: Decimal(x.numerator) / x.denominator,
    "Fraction": lambda x: x,
    "float": float,
    "mpmath": mp,
    "numpy": lambda x: np.array([float(x)] * 2),
    "numpy scalar": lambda x: np.float64(x),
    "sympy": lambda x: sympy.Rational(x.numerator, x.denominator),
    "torch": lambda x: torch.tensor([float(x)] * 2, dtype=torch.float64),
}
ONE_ARGUMENT = [
    "ddim_factor_limit",
    "ddim_variance_limit",
    "ddpm_mean_factor",
    "ddpm_mean_variance",
    "ddpm_variance_limit",
]
BY_STEPS = [name for name in diffusion.__all__ if "_by_steps" in name]
THREE_ARGUMENTS = ["reverse_mean_factor", "reverse_variance", "ddim_step_factor", "ddim_step_factor_first_order"]


def calls() -> list[tuple[str, tuple[Fraction | int, ...]]]:
    sigma2, time, step = Fraction(1, 25), Fraction(1, 2), Fraction(1, 8)
    return [
        *((name, (sigma2,)) for name in ONE_ARGUMENT),
        *((name, (sigma2, 5)) for name in BY_STEPS),
        *((name, (sigma2, time, step)) for name in THREE_ARGUMENTS),
        *((name, (time, step)) for name in ("eta", "eta_leading", "forward_variance", "ideal_denoiser_factor")),
        ("reverse_variance_leading", (step,)),
    ]


def test_every_public_function_is_called() -> None:
    assert sorted(name for name, _ in calls()) == diffusion.__all__


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(("name", "arguments"), calls(), ids=[name for name, _ in calls()])
def test_every_kind_of_value_gives_the_same_number(name: str, arguments: tuple[Fraction | int, ...], kind: str) -> None:
    function = getattr(diffusion, name)
    convert = KINDS[kind]
    submitted = function(*(convert(x) if isinstance(x, Fraction) else x for x in arguments))
    expected = function(*(mp(x) if isinstance(x, Fraction) else x for x in arguments))
    if kind in ("numpy", "torch"):
        assert submitted.shape == (2,)
        assert str(submitted.dtype).endswith("float64")
        submitted = submitted[0]
    assert float(submitted) == pytest.approx(float(expected), rel=1e-14)


@pytest.mark.parametrize(("name", "arguments"), calls(), ids=[name for name, _ in calls()])
def test_balls_enclose_the_value_at_another_precision(name: str, arguments: tuple[Fraction | int, ...]) -> None:
    def ball(x: Fraction) -> Any:
        return flint.arb(x.numerator) / x.denominator

    function = getattr(diffusion, name)
    enclosure = function(*(ball(x) if isinstance(x, Fraction) else x for x in arguments))
    expected = function(*(mp(x) if isinstance(x, Fraction) else x for x in arguments))
    assert enclosure.rad() < 1e-12
    difference = enclosure - flint.arb(mpmath.nstr(expected, 40))
    assert difference.contains(0)


def test_balls_keep_the_last_step_defined() -> None:
    # t - dt must be exactly 0 there: a ball around 0 has no real square root.
    enclosure = diffusion.ddim_factor_by_steps(flint.arb(1) / 25, 300)
    assert enclosure.is_finite()
    expected = mpmath.fprod(1 - (k - mpmath.sqrt(k * (k - 1))) / (12 + k) for k in range(1, 301))
    assert enclosure.overlaps(flint.arb(mpmath.nstr(expected, 30)))


def test_rational_arguments_stay_rational_where_no_root_is_taken() -> None:
    exact = [diffusion.ddpm_variance_by_steps(Fraction(1, 3), 4), diffusion.eta(Fraction(1), Fraction(3, 4))]
    assert all(isinstance(value, Fraction) for value in exact)
    assert isinstance(diffusion.ddim_factor_limit(Fraction(1, 8)), Fraction)
    assert isinstance(diffusion.ddim_factor_limit(Fraction(1)), float)


# ---------------------------------------------------------------- arguments and imports


@pytest.mark.parametrize("name", BY_STEPS)
@pytest.mark.parametrize(("steps", "error"), [(0, ValueError), (-3, ValueError), (2.0, TypeError), (True, TypeError)])
def test_unusable_steps_are_refused(name: str, steps: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"steps must be .*{steps}"):
        getattr(diffusion, name)(0.25, steps)


def test_negative_times_are_refused() -> None:
    for time, step in itertools.product((0.1, Fraction(1, 10)), (0.2, Fraction(1, 5))):
        with pytest.raises(ValueError, match="negative number under a square root"):
            diffusion.eta(time, step)


def test_import_is_light() -> None:
    program = (
        "import sys, reference.hw13.diffusion as d; d.ddim_factor_by_steps(0.25, 3);"
        "print([m for m in ('numpy', 'sympy', 'torch', 'mpmath', 'grader') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_doctests() -> None:
    results = doctest.testmod(diffusion)
    assert results.attempted > 0
    assert results.failed == 0
