"""Approximate answers given as code: the order of the error on the way into the regime, read off as a slope."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from flint import ctx

from grader.checks.caller import Arguments, Caller, numbers_of
from grader.checks.pairs import PRECISION
from grader.checks.values_compare import Numbers, expected_text
from grader.model import Agreement, Counterexample, Silence
from grader.rubric import Regime, Returned

# Epsilon halves this often: far enough that the next order is small, near enough for float64.
_HALVINGS = (4, 9, 14)
_WAYS = 3
# Relative size below which an error is the rounding of float64, with room for some hundred operations.
_ROUNDING = 2.0**-44
_MARGIN = 0.3


def approach(
    caller: Caller,
    one: Returned,
    expected: Callable[[Arguments], tuple[Any, ...]],
    regime: Regime,
    points: Sequence[Arguments],
    bits: int,
) -> Agreement | Counterexample | Silence:
    """Return whether a function agrees with the exact value in a regime.

    Along each way epsilon goes to 0; the error, relative to the value where the regime asks for a ratio, must vanish
    faster than epsilon to the power of the regime's order. Between clearly faster and clearly not, nothing is said.
    """
    trials = 0
    for start in _starts(points, one):
        errors: list[float] = []
        for halvings in _HALVINGS:
            arguments = moved(start, one, halvings)
            numbers = numbers_of(caller.outcome(arguments), one.item)
            if numbers is None:
                return Silence(check="regime", reason="the function gives no number near the limit")
            errors.append(_error(numbers, expected, arguments, bits))
        slope = _slope(errors)
        wanted = regime.order or 0
        if errors[-1] <= _ROUNDING or slope >= wanted + 1 - _MARGIN:
            trials += len(_HALVINGS)
        elif slope <= wanted + _MARGIN:
            return _counterexample(caller, one, expected, regime, start, slope, bits)
        else:
            return Silence(check="regime", reason=f"the error shrinks like epsilon^{slope:.1f}: neither clearly")
    return Agreement(
        check="regime",
        trials=trials,
        digits=int(-math.log10(max(errors[-1], _ROUNDING))),
        domain=f"on the way to the limit ({regime.words})",
        method="order of the error as epsilon goes to 0",
    )


def _starts(points: Sequence[Arguments], one: Returned) -> Sequence[Arguments]:
    """Return points that differ in every argument that stays on the way, as far as there are such.

    A formula that is right only at t = 1 must not be taken for right because all ways have t = 1.
    """
    chosen: list[Arguments] = []
    for point in points:
        staying = {name: value for name, value in point.items() if name not in one.moves}
        if all(value != other[name] for other in chosen for name, value in staying.items()):
            chosen.append(point)
    return [*chosen, *(point for point in points if point not in chosen)][:_WAYS]


def moved(arguments: Arguments, one: Returned, halvings: int) -> Arguments:
    """Return the arguments at epsilon = 2^-halvings; products with powers of 2 are exact in float64."""
    found = dict(arguments)
    for name, power in one.moves.items():
        value = found[name]
        assert isinstance(value, float), "only numbers go to 0"
        found[name] = math.ldexp(value, -power * halvings)
    return found


def _error(
    numbers: Numbers, expected: Callable[[Arguments], tuple[Any, ...]], arguments: Arguments, bits: int
) -> float:
    """Return the greatest error relative to the value (of a law: to its variance or standard deviation)."""
    with PRECISION, ctx.workprec(bits):
        wanted = expected(arguments)
        scales = [wanted[1].sqrt(), wanted[1]] if one_law(wanted) else [abs(one) for one in wanted]
        pairs = zip(numbers.values, wanted, scales, strict=True)
        return max(float((abs(value - right) / scale).mid()) for value, right, scale in pairs)


def one_law(wanted: tuple[Any, ...]) -> bool:
    """Return whether expected values are a mean of 0 and a variance."""
    return len(wanted) == 2 and bool(wanted[0] == 0)


def _slope(errors: Sequence[float]) -> float:
    """Return the power of epsilon with which the error shrinks between the last two points."""
    before, last = max(errors[-2], 1e-300), max(errors[-1], 1e-300)
    return (math.log2(before) - math.log2(last)) / (_HALVINGS[-1] - _HALVINGS[-2])


def _counterexample(
    caller: Caller,
    one: Returned,
    expected: Callable[[Arguments], tuple[Any, ...]],
    regime: Regime,
    start: Arguments,
    slope: float,
    bits: int,
) -> Counterexample | Silence:
    """Return the values at a point of the way, called again there."""
    arguments = moved(start, one, _HALVINGS[1])
    first = numbers_of(caller.outcome(arguments), one.item)
    second = numbers_of(caller.again(arguments), one.item)
    if first is None or second is None or first.text != second.text:
        return Silence(check="regime", reason="a difference near the limit could not be replayed")
    wanted = f"faster than epsilon^{regime.order}" if regime.order else "to 0"
    with PRECISION, ctx.workprec(bits):
        return Counterexample(
            check="regime",
            parameters=caller.shown(arguments),
            submitted=first.text,
            expected=expected_text(expected(arguments), one.kind),
            difference=f"the relative error goes like epsilon^{slope:.1f}, wanted {wanted} ({regime.words})",
            submitted_form=caller.function.function,
        )
