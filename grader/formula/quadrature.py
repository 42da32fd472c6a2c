"""Integrals by double exponential substitution: over half lines and lines, and up to ends that are singular.

Takahasi and Mori 1974: after x = tanh(pi/2 sinh u), x = exp(pi/2 sinh u) or x = sinh(pi/2 sinh u) the trapezoidal
rule converges exponentially. The error is measured: the rule at half the step must agree, and what is returned is a
ball as wide as ten times the difference.
"""

from __future__ import annotations

from collections.abc import Callable

from flint import arb, ctx

from grader.formula.values import UndefinedError, Value

_REACH = 4.5  # of u; beyond it the weights are below 10^-60 for integrands that do not grow
_LEVELS = (16, 32, 64)  # steps to a unit of u
_BITS = 320

Integrand = Callable[[Value], Value]


def half_line(integrand: Integrand, start: Value, direction: int) -> Value:
    """Return the integral from `start` to infinity, or from minus infinity to it where `direction` is -1."""

    def point(u: Value) -> tuple[Value, Value]:
        grown = (arb.pi() / 2 * u.sinh()).exp()
        return start + direction * grown, grown * arb.pi() / 2 * u.cosh()

    return _measured(integrand, point)


def line(integrand: Integrand) -> Value:
    """Return the integral over the whole line."""

    def point(u: Value) -> tuple[Value, Value]:
        inner = arb.pi() / 2 * u.sinh()
        return inner.sinh(), inner.cosh() * arb.pi() / 2 * u.cosh()

    return _measured(integrand, point)


def between(integrand: Integrand, lower: Value, upper: Value) -> Value:
    """Return the integral over a finite interval whose ends may be singular."""

    def point(u: Value) -> tuple[Value, Value]:
        inner = arb.pi() * u.sinh()
        # 1 - tanh without cancellation, so that points near an end keep their distance to it.
        share = 1 / (1 + inner.exp())
        weight = (upper - lower) * arb.pi() * u.cosh() / (2 * (inner / 2).cosh() ** 2) / 2 * 2
        near = lower + (upper - lower) * (1 - share) if u < 0 else upper - (upper - lower) * share
        if u < 0:
            near = lower + (upper - lower) / (1 + (-inner).exp())
        return near, weight / 2

    return _measured(integrand, point)


def _measured(integrand: Integrand, point: Callable[[Value], tuple[Value, Value]]) -> Value:
    with ctx.workprec(max(ctx.prec, _BITS)):
        previous = _rule(integrand, point, _LEVELS[0])
        for steps in _LEVELS[1:]:
            found = _rule(integrand, point, steps)
            width = abs(found - previous).upper()
            if width < max(abs(found).upper(), arb(1)) * arb(2) ** -50:
                return found + arb(0, width * 10)
            previous = found
    raise UndefinedError("an integral that does not settle")


def _rule(integrand: Integrand, point: Callable[[Value], tuple[Value, Value]], steps: int) -> Value:
    total = arb(0)
    count = int(_REACH * steps)
    for k in range(-count, count + 1):
        x, weight = point(arb(k) / steps)
        term = integrand(x) * weight
        if not term.is_finite():
            raise UndefinedError("an integrand without a value")
        total = total + term
    return total / steps
