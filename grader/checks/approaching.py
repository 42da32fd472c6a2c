"""Do two formulas agree as a variable goes to 0, to a number or to infinity? Measured at high precision."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from flint import arb, arb_mat, ctx

from grader.checks.pairs import PRECISION, digits
from grader.domains.sorts import exact
from grader.domains.world import symbol_text
from grader.formula.balls import Evaluator
from grader.formula.printer import to_latex, to_text
from grader.formula.tree import Const, Neg, Node, Sym
from grader.formula.values import Law, NoValueError, UndefinedError, Value
from grader.model import Agreement, Counterexample, Silence

if TYPE_CHECKING:
    from grader.domains.inference import Inference
    from grader.domains.inferred_world import InferredWorld

WAYS = 6
_BITS = 2048
_STEPS = (12, 24, 36)
_SHOWN = 3
# A ratio that falls slower than this power of the distance may still go to zero, as 1/log does.
_SLOW = 0.02
_STILL = 1e-6
_Trend = Literal["falls", "stays", "unclear"]


def approach(
    inference: Inference, variable: Sym, to: Node, order: Fraction | None, *, seed: str
) -> Agreement | Counterexample | Silence:
    """Return whether the difference is o(distance^order), or, with no order, whether the ratio goes to 1.

    The distance is |variable - to|; as the variable goes to infinity it is the variable, whose powers fall where
    their order is smaller: with order -1 the difference must fall faster than 1/variable.
    """
    trends = []
    for world in inference.worlds(seed=seed, count=WAYS):
        if variable not in world.numbers:
            return Silence(check="compare", reason=f"{symbol_text(variable)} does not occur in the formulas")
        found = _trend(world, inference, variable, to, order)
        if found is None:
            continue
        trends.append(found)
        if found == "stays":
            return _counterexample(world, inference, variable, to, order)
    if len(trends) < 2:
        return Silence(check="compare", reason=f"both formulas have values along {len(trends)} of {WAYS} ways only")
    if "unclear" in trends:
        return Silence(check="compare", reason="how fast the difference falls could not be told")
    return Agreement(
        check="compare",
        trials=len(trends),
        digits=_STEPS[-1] // 2,
        domain=inference.declarations.words,
        method=_claim(variable, to, order) + ", measured as a slope at distances 10^-12, 10^-24 and 10^-36",
    )


def _claim(variable: Sym, to: Node, order: Fraction | None) -> str:
    name = symbol_text(variable)
    if order is None:
        return f"the ratio goes to 1 as {name} -> {to_text(to)}"
    return f"the difference is o({name}^{order}) as {name} -> {to_text(to)}"


def _moved(world: InferredWorld, inference: Inference, variable: Sym, to: Node, step: int) -> InferredWorld:
    start, far = world.numbers[variable], Fraction(10**step)
    if to in (Const("oo"), Neg(Const("oo"))):
        value = abs(start) * far if start else far
        value = Fraction(round(value)) if variable in inference.integers else value
        value = -value if to != Const("oo") else value
    else:
        center = exact(to, world.numbers)
        if center is None:
            raise NoValueError("the place of the limit is not a rational number")
        distance = start - center if start != center else Fraction(1)
        value = center + distance / far
    return replace(world, numbers={**world.numbers, variable: value})


def _trend(
    world: InferredWorld, inference: Inference, variable: Sym, to: Node, order: Fraction | None
) -> _Trend | None:
    expected, submitted = inference.trees[:2]
    at_infinity = to in (Const("oo"), Neg(Const("oo")))
    center = Fraction(0) if at_infinity else (exact(to, world.numbers) or Fraction(0))
    sizes: list[arb] = []
    with PRECISION, ctx.workprec(_BITS):
        for step in _STEPS:
            moved = _moved(world, inference, variable, to, step)
            try:
                pairs = _numbers(Evaluator(moved).value(submitted), Evaluator(moved).value(expected))
            except UndefinedError:
                return None
            gap = _gap(pairs, relative=order is None)
            if gap is None:
                return None
            if order is not None:
                distance = abs(moved.numbers[variable] - center)
                base = arb(distance.numerator) / distance.denominator
                gap = gap / base ** (arb(order.numerator) / order.denominator)
            sizes.append(gap)
        if sizes[-1].upper() < arb(10) ** -400:
            return "falls"
        if not all(size > 0 for size in sizes):
            return None
        slopes = [
            float(((before.log() - after.log()) / (arb(10).log() * (_STEPS[1] - _STEPS[0]))).mid())
            for before, after in itertools.pairwise(sizes)
        ]
    if slopes[-1] > _SLOW:
        return "falls"
    return "stays" if slopes[-1] < _STILL else "unclear"


def _numbers(submitted: Value, expected: Value) -> list[tuple[arb, arb]]:
    if isinstance(submitted, Law) and isinstance(expected, Law) and submitted.name == expected.name:
        both = zip(submitted.parameters, expected.parameters, strict=True)
        return [pair for left, right in both for pair in _numbers(left, right)]
    if isinstance(submitted, arb_mat) and isinstance(expected, arb_mat):
        return list(zip(submitted.entries(), expected.entries(), strict=True))
    if isinstance(submitted, arb) and isinstance(expected, arb):
        return [(submitted, expected)]
    raise NoValueError("a limit of things that are not numbers")


def _gap(pairs: list[tuple[arb, arb]], *, relative: bool) -> arb | None:
    worst = arb(0)
    for submitted, expected in pairs:
        gap = abs(submitted - expected)
        if relative and not gap.is_zero():
            if expected.contains(0):
                return None
            gap = gap / abs(expected)
        worst = worst.max(gap)
    return worst


def _counterexample(
    world: InferredWorld, inference: Inference, variable: Sym, to: Node, order: Fraction | None
) -> Counterexample | Silence:
    """Return the difference at a point near the limit that a person can redo."""
    expected, submitted = inference.trees[:2]
    moved = _moved(world, inference, variable, to, _SHOWN)
    with PRECISION, ctx.workprec(_BITS):
        try:
            left, right = Evaluator(moved).value(submitted), Evaluator(moved).value(expected)
        except UndefinedError as error:
            return Silence(check="compare", reason=str(error))
        gap = _gap(_numbers(left, right), relative=False)
        return Counterexample(
            check="compare",
            parameters=moved.describe(),
            submitted=digits(left),
            expected=digits(right),
            difference=f"{digits(gap, 6) if gap is not None else ''}; not so: {_claim(variable, to, order)}",
            submitted_form=to_latex(submitted),
            expected_form=to_latex(expected),
        )
