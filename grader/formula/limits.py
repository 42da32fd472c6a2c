"""Integrals, infinite series and limits as enclosures.

Integrals over finite intervals are rigorous (Petras' algorithm in FLINT). Limits and series are measured: the
value at two points far out must agree, and what is returned is a ball as wide as ten times their difference.
A limit that does not settle is undefined, never a guess.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from flint import acb, arb, ctx

from grader.formula.tree import Big, Const, Limit, Neg, Node, Sym
from grader.formula.values import BudgetExceededError, NoValueError, UndefinedError, Value

if TYPE_CHECKING:
    from grader.formula.balls import Evaluator

LIMIT_DIGITS = 30
_FAR_DIGITS = (60, 80)
_SERIES_TERMS = 1024
_WIDEST = 40  # bits that a measured value must have


def integral(evaluator: Evaluator, node: Big) -> Value:
    """Return an enclosure of a definite integral.

    Raises:
        UndefinedError: where no enclosure is found.
        NoValueError: for an integral without bounds.
    """
    if node.lower is None or node.upper is None:
        raise NoValueError("an integral without bounds")
    if Const("oo") in (node.lower, node.upper) or Neg(Const("oo")) in (node.lower, node.upper):
        return _improper(evaluator, node)
    lower, upper = evaluator.scalar(node.lower), evaluator.scalar(node.upper)
    return _between(evaluator, node.body, node.variable, lower, upper)


def _between(evaluator: Evaluator, body: Node, variable: Sym, lower: Value, upper: Value) -> Value:
    broken = False

    def integrand(z: Value, analytic: bool) -> Value:
        nonlocal broken
        before = evaluator.analytic
        evaluator.analytic = analytic
        try:
            return acb(evaluator.with_bound({variable: z}, body))
        except UndefinedError:
            return acb(float("nan"), float("nan"))
        except (NoValueError, BudgetExceededError):
            broken = True
            return acb(float("nan"), float("nan"))
        finally:
            evaluator.analytic = before

    evaluator.with_bound({variable: (lower + upper) / 2}, body)
    result = acb.integral(integrand, acb(lower), acb(upper), rel_tol=arb(2) ** -(ctx.prec - 30), eval_limit=20_000)
    if broken or not result.is_finite() or not result.imag.contains(0):
        raise UndefinedError("an integral without an enclosure")
    real = result.real
    if real.rel_accuracy_bits() < _WIDEST and not real.rad() < arb(2) ** -_WIDEST:
        raise UndefinedError("an integral whose enclosure is wide")
    return real


def _improper(evaluator: Evaluator, node: Big) -> Value:
    """Return an integral over a half line or line by the substitution x = s / (1 - s^2), cut near the ends."""
    far = [arb(2) ** 6, arb(2) ** 7]
    values = []
    for cut in far:
        lower = -cut if node.lower == Neg(Const("oo")) else evaluator.scalar(node.lower)  # type: ignore[arg-type]
        upper = cut if node.upper == Const("oo") else evaluator.scalar(node.upper)  # type: ignore[arg-type]
        values.append(_between(evaluator, node.body, node.variable, lower, upper))
    return _settled(values[0], values[1])


def series(evaluator: Evaluator, node: Big) -> Value:
    """Return an infinite sum or product whose partial values settle.

    Raises:
        UndefinedError: where they do not settle within the terms allowed.
    """
    if node.lower is None:
        raise NoValueError("a series without a first index")
    first = evaluator.integer(node.lower)
    total = arb(0 if node.kind == "sum" else 1)
    halfway: Value = None
    for k in range(first, first + _SERIES_TERMS):
        if k == first + _SERIES_TERMS // 2:
            halfway = total
        term = evaluator.with_bound({node.variable: arb(k)}, node.body)
        total = total + term if node.kind == "sum" else total * term
    return _settled(halfway, total)


def limit(evaluator: Evaluator, node: Limit) -> Value:
    """Return a limit, from the side that is written or from both.

    Raises:
        UndefinedError: where the values do not settle, or differ between the sides.
    """
    at_infinity = node.to in (Const("oo"), Neg(Const("oo")))
    signs = [1, -1] if not at_infinity and not node.side else [-1 if node.side == "-" else 1]
    if at_infinity:
        signs = [1 if node.to == Const("oo") else -1]
    results = []
    with ctx.workprec(ctx.prec + 1200):
        center = arb(0) if at_infinity else evaluator.scalar(node.to)
        for sign in signs:
            try:
                results.append(_from_side(evaluator, node, center, sign, at_infinity))
            except UndefinedError:
                # At the edge of a domain only one side exists; that neither does is an error below.
                continue
    if not results or (len(results) == 2 and not results[0].overlaps(results[1])):
        raise UndefinedError("a limit that does not settle")
    return results[0]


def _from_side(evaluator: Evaluator, node: Limit, center: Value, sign: int, at_infinity: bool) -> Value:
    values = []
    for digits in _FAR_DIGITS:
        far = arb(10) ** digits
        point = sign * far if at_infinity else center + sign / far
        try:
            values.append(evaluator.with_bound({node.variable: point}, node.body))
        except BudgetExceededError:
            return _by_extrapolation(evaluator, node, center, sign, at_infinity)
    return _settled(values[0], values[1])


def _by_extrapolation(evaluator: Evaluator, node: Limit, center: Value, sign: int, at_infinity: bool) -> Value:
    """Return a limit in which the variable counts terms: Richardson's table over 8, 16, ..., 1024."""
    counts = [2**k for k in range(3, 11)]
    row = []
    for count in counts:
        point = arb(sign * count) if at_infinity else center + arb(sign) / count
        row.append(evaluator.with_bound({node.variable: point}, node.body))
    last = row[-1]
    for order in range(1, len(counts)):
        row = [(2**order * after - before) / (2**order - 1) for before, after in itertools.pairwise(row)]
        previous, last = last, row[-1]
    return _settled(previous, last)


def _settled(nearer: Value, farther: Value) -> Value:
    difference = abs(farther - nearer)
    width = difference.upper() * 10
    scale = max(abs(farther).upper(), arb(1))
    if not farther.is_finite() or not difference.is_finite() or not width < scale * arb(2) ** -_WIDEST:
        raise UndefinedError("a limit that does not settle")
    return farther + arb(0, width)
