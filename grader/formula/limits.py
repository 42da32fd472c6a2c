"""Integrals, infinite series and limits as enclosures.

Integrals over finite intervals are rigorous (Petras' algorithm in FLINT). Limits and series are measured: the
value at two points far out must agree, and what is returned is a ball as wide as ten times their difference.
A limit that does not settle is undefined, never a guess.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from flint import acb, arb, ctx

from grader.formula import quadrature
from grader.formula.meaning import is_inferred
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
    try:
        return _between(evaluator, node.body, node.variable, lower, upper)
    except UndefinedError:
        # An end at which the integrand has no value, as 1/sqrt(x) at 0.
        if not is_inferred(evaluator.world):
            raise
        return quadrature.between(lambda x: evaluator.with_bound({node.variable: x}, node.body), lower, upper)


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
    """Return an integral over a half line or the line; its error is measured."""

    def integrand(x: Value) -> Value:
        value = evaluator.with_bound({node.variable: x}, node.body)
        if not isinstance(value, arb):
            raise NoValueError("an integral of something that is not a number")
        return value

    is_from_minus, is_to_plus = node.lower == Neg(Const("oo")), node.upper == Const("oo")
    if is_from_minus and is_to_plus:
        return quadrature.line(integrand)
    if is_to_plus and node.lower is not None and node.lower != Const("oo"):
        return quadrature.half_line(integrand, evaluator.scalar(node.lower), 1)
    if is_from_minus and node.upper is not None:
        return quadrature.half_line(integrand, evaluator.scalar(node.upper), -1)
    raise NoValueError("an integral whose bounds are turned")


def series(evaluator: Evaluator, node: Big) -> Value:
    """Return an infinite sum or product whose partial values settle.

    Raises:
        UndefinedError: where they do not settle within the terms allowed.
    """
    if node.lower is None:
        raise NoValueError("a series without a first index")
    first = evaluator.integer(node.lower)
    terms = []
    for k in range(first, first + _SERIES_TERMS):
        terms.append(evaluator.with_bound({node.variable: arb(k)}, node.body))
        if not isinstance(terms[-1], arb):
            raise NoValueError("a series of things that are not numbers")
    if node.kind == "sum" and all(a * b < 0 for a, b in itertools.pairwise(terms[:64])):
        return _settled(_alternating(terms, 40), _alternating(terms, 60))
    partial = list(itertools.accumulate(terms, (lambda a, b: a + b) if node.kind == "sum" else (lambda a, b: a * b)))
    try:
        return _settled(partial[_SERIES_TERMS // 2 - 1], partial[-1])
    except UndefinedError:
        return _extrapolated([partial[2**k - 1] for k in range(2, _SERIES_TERMS.bit_length())])


def _alternating(terms: list[Value], count: int) -> Value:
    """Return the sum of an alternating series (Cohen, Rodriguez Villegas and Zagier 2000, algorithm 1)."""
    root = (3 + arb(8).sqrt()) ** count
    total_weight = (root + 1 / root) / 2
    b, c, total = arb(-1), -total_weight, arb(0)
    for k in range(count):
        c = b - c
        total = total + c * (terms[k] if k % 2 == 0 else -terms[k])
        b = b * (k + count) * (k - count) / ((k + arb(1) / 2) * (k + 1))
    return total / total_weight


def _extrapolated(row: list[Value]) -> Value:
    """Return the limit of values at 4, 8, 16, ... terms whose error is a series in 1/n (Richardson)."""
    last, previous = row[-1], row[-1]
    for order in range(1, len(row)):
        row = [(2**order * after - before) / (2**order - 1) for before, after in itertools.pairwise(row)]
        if len(row) < 2:
            break
        previous, last = last, row[-1]
    return _settled(previous, last)


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
    return _extrapolated(row)


def _settled(nearer: Value, farther: Value) -> Value:
    difference = abs(farther - nearer)
    width = difference.upper() * 10
    scale = max(abs(farther).upper(), arb(1))
    if not farther.is_finite() or not difference.is_finite() or not width < scale * arb(2) ** -_WIDEST:
        raise UndefinedError("a limit that does not settle")
    return farther + arb(0, width)
