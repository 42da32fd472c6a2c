"""Where two expressions that differ agree all the same: to leading order, to the order displayed, or in a limit.

Along a way into a regime both sides are written as c ε^m (1 + k ε^q + ...). The measured orders are: p of the relative
difference, and q of each side. They agree as far as they display if p exceeds both q, or if one side shows its
leading term only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from flint import arb, ctx

from grader.checks.pairs import PRECISION
from grader.checks.regime import at_epsilon
from grader.checks.steps_worlds import Setting
from grader.domains.world import FiniteWorld
from grader.formula.balls import Evaluator
from grader.formula.tree import Big, Node, free_symbols, walk
from grader.formula.values import BudgetExceededError, Law, NoValueError, UndefinedError, Value
from grader.rubric import Regime

Closeness = Literal["displayed", "leading", "wrong order", "apart", "unknown"]
"""`displayed`: agree to every order that both show. `leading`: the ratio goes to 1, the next order shown by one side is
wrong. `wrong order`: the ratio goes to 1, and the next order, which both show, differs. `apart`: not even that."""

_BITS = 2048
_WAYS = 3
_STEPS = (12, 24, 36)
_OPERATIONS = 60_000
_COUNTS = (24, 96, 384)
_MARGIN = 0.05


@dataclass(frozen=True, slots=True)
class Found:
    """How close two sides are, and in which regime."""

    closeness: Closeness
    regime: Regime | None = None


_RANK: dict[Closeness, int] = {"displayed": 0, "leading": 1, "wrong order": 2, "apart": 3, "unknown": 4}


def closest(setting: Setting, regimes: tuple[Regime, ...], *, seed: str) -> Found:
    """Return how close two expressions are in the regime in which they are closest.

    A regime counts only if one of its variables occurs in either side.
    """
    best = Found("unknown")
    for regime in regimes:
        if not _moves(setting.left, setting.right, regime):
            continue
        found = Found(_in_regime(setting, regime, seed), regime)
        if _RANK[found.closeness] < _RANK[best.closeness]:
            best = found
        if best.closeness == "displayed":
            break
    return best


def _moves(left: Node, right: Node, regime: Regime) -> bool:
    # A function of the problem may depend on the variables that move without naming them.
    used = free_symbols(left) | free_symbols(right)
    return bool(used & regime.powers.keys())


def _in_regime(setting: Setting, regime: Regime, seed: str) -> Closeness:
    left, right = setting.left, setting.right
    worst: Closeness | None = None
    looked = 0
    try:
        for world in setting.draw(seed, 4 * _WAYS):
            if looked == _WAYS:
                break
            if _counts(left, right):
                one = _over_counts(world, left, right, regime)
            else:
                try:
                    one = _along(world, left, right, regime)
                except BudgetExceededError:
                    one = _over_counts(world, left, right, regime)
            if one == "unknown":
                continue
            looked += 1
            if worst is None or _RANK[one] > _RANK[worst]:
                worst = one
    except (NoValueError, BudgetExceededError):
        return "unknown"
    return worst or "unknown"


def _counts(left: Node, right: Node) -> bool:
    """Return whether a side has a sum or product of variable length."""
    return any(
        isinstance(part, Big) and part.kind != "int" and part.upper is not None and free_symbols(part.upper)
        for side in (left, right)
        for part in walk(side)
    )


def _along(world: FiniteWorld, left: Node, right: Node, regime: Regime) -> Closeness:
    with PRECISION, ctx.workprec(_BITS):
        a: list[arb] = []
        b: list[arb] = []
        for step in _STEPS:
            moved = at_epsilon(world, regime, Fraction(1, 10**step))
            try:
                pair = _pair(moved, left, right)
            except UndefinedError:
                return "unknown"
            a.append(pair[0])
            b.append(pair[1])
        tiny = arb(10) ** -400
        if any(value.contains(0) for value in (*a, *b)):
            both = all(abs(value) < tiny for value in (*a, *b))
            return "displayed" if both else "apart"
        p = _fall([abs(x - y) / abs(y) for x, y in zip(a, b, strict=True)], tiny)
        if p is None:
            return "displayed"
        if p < _MARGIN:
            return "apart"
        return _by_orders(p, _dependence(a, tiny), _dependence(b, tiny))


def _by_orders(p: float, q_left: float | None, q_right: float | None) -> Closeness:
    """Return the closeness from the order of the difference and those that the sides display (None: none)."""
    if q_left is None or q_right is None:
        return "displayed"
    if p > max(q_left, q_right) + _MARGIN:
        return "displayed"
    return "wrong order" if abs(q_left - q_right) < _MARGIN else "leading"


def _fall(values: list[arb], tiny: arb) -> float | None:
    """Return the order with which values fall between the last two steps; None if they vanish."""
    if values[-1] < tiny:
        return None
    if not values[-2] > 0 or not values[-1] > 0:
        return 0.0
    order = (values[-2].log() - values[-1].log()) / (arb(10).log() * (_STEPS[-1] - _STEPS[-2]))
    return float(order.mid())


def _dependence(values: list[arb], tiny: arb) -> float | None:
    """Return q of c ε^m (1 + k ε^q + ...); None for a pure power."""
    slope = (abs(values[-2]).log() - abs(values[-1]).log()) / (arb(10).log() * (_STEPS[-1] - _STEPS[-2]))
    m = Fraction(round(float(slope.mid()) * 12), 12)
    scaled = [
        value * (arb(10) ** (arb(m.numerator) / m.denominator * step))
        for value, step in zip(values, _STEPS, strict=True)
    ]
    gaps = [abs(scaled[0] - scaled[1]) / abs(scaled[-1]), abs(scaled[1] - scaled[2]) / abs(scaled[-1])]
    if gaps[0] < tiny or gaps[1] < tiny:
        return None
    order = (gaps[0].log() - gaps[1].log()) / (arb(10).log() * (_STEPS[1] - _STEPS[0]))
    return max(float(order.mid()), 0.0)


def _over_counts(world: FiniteWorld, left: Node, right: Node, regime: Regime) -> Closeness:
    """Return the closeness as a number of terms grows: the regime's variables move with 1/N."""
    counted = next((symbol for symbol, power in regime.powers.items() if power < 0 and symbol in world.numbers), None)
    if counted is None:
        return "unknown"
    scale = -regime.powers[counted]
    # Only what moves with the number of terms moves: a second small variable has its own regime.
    tied = {symbol: power for symbol, power in regime.powers.items() if abs(power) == scale}
    a: list[float] = []
    b: list[float] = []
    gaps: list[float] = []
    with PRECISION, ctx.workprec(256):
        for count in _COUNTS:
            ratio = Fraction(count) / world.numbers[counted]
            numbers = dict(world.numbers)
            for symbol, power in tied.items():
                if symbol in numbers:
                    numbers[symbol] *= ratio if power < 0 else 1 / ratio
            try:
                x, y = _pair(replace(world, numbers=numbers), left, right, operations=20 * _OPERATIONS)
            except UndefinedError:
                return "unknown"
            size = max(abs(float(y.mid())), 1e-30)
            a.append(float(x.mid()) / size)
            b.append(float(y.mid()) / size)
            gaps.append(abs(float((x - y).mid())) / size)
    if gaps[-1] < 1e-40:
        return "displayed"
    p = _slope(gaps[-2], gaps[-1])
    if p < 0.5:
        return "apart"
    q_left, q_right = _slope_of(a), _slope_of(b)
    if q_left is None or q_right is None or p > max(q_left, q_right) + 0.3:
        return "displayed"
    return "leading"


def _slope(before: float, after: float) -> float:
    """Return the power of 1/N with which a quantity falls between the last two numbers of terms."""
    if after <= 0 or before <= 0:
        return 99.0
    return math.log(before / after) / math.log(_COUNTS[-1] / _COUNTS[-2])


def _slope_of(values: list[float]) -> float | None:
    first, second = abs(values[0] - values[1]), abs(values[1] - values[2])
    if second < 1e-14:
        return None
    return _slope(first, second)


def _pair(world: FiniteWorld, left: Node, right: Node, operations: int = _OPERATIONS) -> tuple[arb, arb]:
    first = _number(Evaluator(world, operations=operations).value(left))
    second = _number(Evaluator(world, operations=operations).value(right))
    return first, second


def _number(value: Value) -> arb:
    if isinstance(value, Law) and len(value.parameters) == 2 and isinstance(value.parameters[1], arb):
        return value.parameters[1]
    if isinstance(value, arb):
        return value
    raise NoValueError("a limit of things that are not numbers")


def tends(setting: Setting, regimes: tuple[Regime, ...], *, seed: str) -> bool | None:
    """Return whether the left side goes to the right one in one of the regimes; None where none of them fits."""
    moving = [regime for regime in regimes if _moves(setting.left, setting.right, regime)]
    found = [one for one in (_in_regime(setting, regime, seed) for regime in moving) if one != "unknown"]
    return any(one != "apart" for one in found) if found else None
