"""Do two formulas agree in a limit? The order of their difference is read off as a slope at high precision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from flint import arb, ctx

from grader.checks.pairs import PRECISION, digits
from grader.domains.draws import candidates
from grader.domains.world import FiniteWorld
from grader.formula.balls import Evaluator
from grader.formula.printer import to_latex
from grader.formula.tree import Const, Dist, Div, Limit, Node, Num, Sym, substitute
from grader.formula.values import BudgetExceededError, Law, NoValueError, UndefinedError, Value
from grader.model import Agreement, Counterexample, Silence
from grader.rubric import Regime, Space

WAYS = 6
_BITS = 2048
_LIMIT_BITS = 128
# Exponents k of epsilon = 10^-k at which values are compared; the slope is read between the last two.
_STEPS = (12, 24, 36)
_SHOWN_STEP = 3


@dataclass(frozen=True, slots=True)
class Slope:
    """How a relative or absolute difference falls: `order` is its power of epsilon, None if it vanishes."""

    order: float | None
    status: Literal["falls", "stays"]


def agrees_in_regime(
    submitted: Node, expected: Node, space: Space, regime: Regime, *, check: str, seed: str
) -> Counterexample | Agreement | Silence:
    """Return whether both agree along random ways into a regime: ratio to 1, or difference o(epsilon^order)."""
    looked = 0
    try:
        for number, world in enumerate(candidates(space.build, seed=seed, count=WAYS)):
            way = _way(regime, number)
            slope = _slope(world, submitted, expected, way)
            if slope is None:
                continue
            looked += 1
            if slope.status == "stays":
                return _counterexample(world, submitted, expected, way, check)
    except NoValueError as error:
        return Silence(check=check, reason=str(error))
    except BudgetExceededError as error:
        return Silence(check=check, reason=f"the formula is too expensive to evaluate: {error}")
    if looked < 2:
        return Silence(check=check, reason=f"the formulas have values along {looked} of {WAYS} ways into the regime")
    claim = "their ratio goes to 1" if regime.order is None else f"they differ by o(epsilon^{regime.order})"
    return Agreement(
        check=check, trials=looked, digits=_STEPS[-1] // 2, domain=regime.words, method=f"{claim}, measured as a slope"
    )


def agrees_in_limit(
    submitted: Node, expected: Node, space: Space, counts: tuple[Sym, Sym], *, check: str, seed: str
) -> Counterexample | Agreement | Silence:
    """Return whether a formula in a number of steps goes to the expected value as their number grows.

    `counts` are the symbol that counts and the one that is its inverse. The limit is measured by extrapolation; the
    enclosure is as wide as what the last two estimates leave open.
    """
    count, step = counts
    inverse = Div(Num(Fraction(1)), count)
    looked = 0
    for world in candidates(space.build, seed=seed, count=2):
        with PRECISION, ctx.workprec(_LIMIT_BITS):
            try:
                expected_value = Evaluator(world).value(expected)
                pieces = list(zip(_parts(substitute(submitted, {step: inverse})), _parts(expected), strict=True))
                gone = [
                    (Evaluator(world).value(Limit(count, Const("oo"), "", a)), Evaluator(world).value(b))
                    for a, b in pieces
                ]
            except UndefinedError:
                continue
            except (NoValueError, ValueError) as error:
                return Silence(check=check, reason=str(error))
            except BudgetExceededError as error:
                return Silence(check=check, reason=f"the formula is too expensive to evaluate: {error}")
            if any(not a.overlaps(b) for a, b in gone):
                shown = ", ".join(a.str(6, radius=False) for a, _ in gone)
                return Counterexample(
                    check=check,
                    parameters=world.describe(),
                    submitted=f"goes to {shown} as the steps grow in number",
                    expected=digits(expected_value),
                    submitted_form=to_latex(submitted),
                    expected_form=to_latex(expected),
                )
            looked += 1
    if not looked:
        return Silence(check=check, reason="the limit does not settle")
    return Agreement(check=check, trials=looked, digits=8, domain=space.domain, method="limit by extrapolation")


def _parts(node: Node) -> tuple[Node, ...]:
    return node.args if isinstance(node, Dist) else (node,)


def _way(regime: Regime, number: int) -> Regime:
    """Return the regime by one of its ways, in turn."""
    powers = (regime.powers, *regime.also)
    return replace(regime, powers=powers[number % len(powers)])


def relative_order(node: Node, expected: Node, space: Space, regime: Regime, *, seed: str) -> float | None:
    """Return the power of epsilon with which node/expected - 1 falls; None if they are equal or it is not known."""
    relative = replace(regime, order=None)
    try:
        for world in candidates(space.build, seed=seed, count=2):
            slope = _slope(world, node, expected, relative)
            if slope is not None:
                return slope.order
    except (NoValueError, BudgetExceededError):
        return None
    return None


def at_epsilon(world: FiniteWorld, regime: Regime, epsilon: Fraction) -> FiniteWorld:
    """Return the world with the variables of the regime moved towards their limit."""
    numbers = dict(world.numbers)
    for symbol, power in regime.powers.items():
        if symbol in numbers:
            numbers[symbol] = numbers[symbol] * epsilon**power
    return replace(world, numbers=numbers)


def _slope(world: FiniteWorld, submitted: Node, expected: Node, regime: Regime) -> Slope | None:
    """Return how the difference falls along one way, or None if a side has no value on it."""
    falls: list[arb] = []
    with PRECISION, ctx.workprec(_BITS):
        for step in _STEPS:
            moved = at_epsilon(world, regime, Fraction(1, 10**step))
            try:
                pairs = _numbers(Evaluator(moved).value(submitted), Evaluator(moved).value(expected))
            except UndefinedError:
                return None
            falls.append(_difference(pairs, relative=regime.order is None))
        if falls[-1] < arb(10) ** -400:
            return Slope(None, "falls")
        if not falls[-2] > 0 or not falls[-1] > 0:
            return None
        order = (falls[-2].log() - falls[-1].log()) / (arb(10).log() * (_STEPS[-1] - _STEPS[-2]))
        least = arb(0) if regime.order is None else arb(regime.order)
        return Slope(float(order.mid()), "falls" if order > least + arb("0.02") else "stays")


def _numbers(submitted: Value, expected: Value) -> list[tuple[arb, arb]]:
    if isinstance(submitted, Law) and isinstance(expected, Law) and submitted.name == expected.name:
        return [
            pair for a, b in zip(submitted.parameters, expected.parameters, strict=False) for pair in _numbers(a, b)
        ]
    if isinstance(submitted, arb) and isinstance(expected, arb):
        return [(submitted, expected)]
    raise NoValueError("a limit of things that are not numbers")


def _difference(pairs: list[tuple[arb, arb]], *, relative: bool) -> arb:
    worst = arb(0)
    for submitted, expected in pairs:
        gap = abs(submitted - expected)
        if relative and not (submitted.is_zero() and expected.is_zero()):
            if expected.contains(0):
                raise NoValueError("a ratio to zero")
            gap = gap / abs(expected)
        worst = worst.max(gap)
    return worst


def _counterexample(
    world: FiniteWorld, submitted: Node, expected: Node, regime: Regime, check: str
) -> Counterexample | Silence:
    """Return the difference at a point inside the regime that a person can redo."""
    moved = replace(at_epsilon(world, regime, Fraction(1, 10**_SHOWN_STEP)), touched=set())
    with PRECISION, ctx.workprec(_BITS):
        try:
            left, right = Evaluator(moved).value(submitted), Evaluator(moved).value(expected)
        except UndefinedError as error:
            return Silence(check=check, reason=str(error))
        pairs = _numbers(left, right)
        far = at_epsilon(world, regime, Fraction(1, 10 ** _STEPS[-1]))
        limit = _limit_in_words(_numbers(Evaluator(far).value(submitted), Evaluator(far).value(expected)), regime)
        gap = digits(_difference(pairs, relative=False), 6)
        return Counterexample(
            check=check,
            parameters=moved.describe(),
            submitted=digits(left),
            expected=digits(right),
            difference=f"{gap}; {limit}",
            submitted_form=to_latex(submitted),
            expected_form=to_latex(expected),
        )


def _limit_in_words(pairs: list[tuple[arb, arb]], regime: Regime) -> str:
    if regime.order is not None:
        return f"the difference is not o(epsilon^{regime.order}) ({regime.words})"
    for submitted, expected in pairs:
        ratio = submitted / expected if not expected.contains(0) else arb(0)
        if abs(ratio - 1) > arb(10) ** -6:
            return f"their ratio goes to {ratio.str(6, radius=False)}, not to 1 ({regime.words})"
    return f"their ratio does not go to 1 ({regime.words})"
