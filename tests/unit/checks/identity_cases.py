"""Pairs of formulas in one number, each with the same two functions written for mpmath: an oracle of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

import mpmath

from grader.checks.identity import Effort, identical
from grader.domains import pools
from grader.domains.draws import Draw
from grader.domains.world import FiniteWorld
from grader.formula.notation import Notation
from grader.formula.parser import parse_expression
from grader.formula.tree import Node, Sym
from grader.model import Evidence
from grader.rubric import Space

T = TypeVar("T")
X = Sym("x")
NOTATION = Notation()


def one_number(pool: Sequence[Fraction]) -> Callable[[Draw], FiniteWorld]:
    """Return a builder of worlds with one number x."""

    def build(draw: Draw) -> FiniteWorld:
        return FiniteWorld(numbers={X: draw(pool)})

    return build


REAL = Space(notation=NOTATION, build=one_number(pools.SIGNED), domain="x real")
POSITIVE = Space(notation=NOTATION, build=one_number(pools.SIZES), domain="x > 0", positive=frozenset([X]))


def tree(text: str) -> Node:
    """Return a formula as the checks see it."""
    return NOTATION.canonical(parse_expression(text, NOTATION))


def compared(
    submitted: str, expected: str, *, space: Space = REAL, seed: str = "s", effort: Effort | None = None
) -> tuple[Evidence, ...]:
    """Return the evidence on a pair of formulas."""
    return identical(tree(submitted), tree(expected), space, check="equality", seed=seed, effort=effort)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two formulas and the same in mpmath; `simplest` is the value of x at which they differ that comes first."""

    submitted: str
    expected: str
    submitted_value: Callable[[Any], Any]
    expected_value: Callable[[Any], Any]
    simplest: Fraction | None
    space: Space = REAL


def _pair(
    submitted: str,
    expected: str,
    submitted_value: Callable[[Any], Any],
    expected_value: Callable[[Any], Any],
    simplest: int | None,
    space: Space = REAL,
) -> Pair:
    return Pair(
        submitted=submitted,
        expected=expected,
        submitted_value=submitted_value,
        expected_value=expected_value,
        simplest=None if simplest is None else Fraction(simplest),
        space=space,
    )


DIFFERENT = [
    _pair("x^2", "x", lambda x: x**2, lambda x: x, 2),
    _pair(r"\sqrt{x^2}", "x", lambda x: mpmath.sqrt(x**2), lambda x: x, -1),
    _pair("|x|^3", "x^3", lambda x: abs(x) ** 3, lambda x: x**3, -1),
    _pair(r"\log(x^2)", r"2\log(x+1)", lambda x: mpmath.log(x**2), lambda x: 2 * mpmath.log(x + 1), 1, POSITIVE),
    _pair(r"e^{x}", "1+x+x^2/2", lambda x: mpmath.exp(x), lambda x: 1 + x + x**2 / 2, 2),
    _pair(r"\sin(x)", r"x - \frac{x^3}{6}", lambda x: mpmath.sin(x), lambda x: x - x**3 / 6, 2),
    _pair(r"\frac{1}{1+e^{-x}}", r"\frac{1}{1+e^{x}}", lambda x: 1 / (1 + mpmath.exp(-x)),
          lambda x: 1 / (1 + mpmath.exp(x)), 2),
    _pair(r"\sum_{k=1}^{5} x^k", r"\sum_{k=1}^{4} x^k", lambda x: sum(x**k for k in range(1, 6)),
          lambda x: sum(x**k for k in range(1, 5)), 2),
    _pair(r"\prod_{k=1}^{3} (x+k)", r"(x+1)(x+2)", lambda x: (x + 1) * (x + 2) * (x + 3),
          lambda x: (x + 1) * (x + 2), 2),
    _pair(r"\int_0^1 e^{xs} ds", "1", lambda x: (mpmath.exp(x) - 1) / x, lambda x: mpmath.mpf(1), 2),
    _pair("x + 10^{-20}", "x", lambda x: x + mpmath.mpf(10) ** -20, lambda x: x, 2),
    _pair("x + 10^{-100}", "x", lambda x: x + mpmath.mpf(10) ** -100, lambda x: x, 2),
    _pair("x + 2^{-99}", "x + 2^{-98}", lambda x: x + mpmath.mpf(2) ** -99, lambda x: x + mpmath.mpf(2) ** -98, 2),
    _pair("2^{-99}", "2^{-98}", lambda x: mpmath.mpf(2) ** -99, lambda x: mpmath.mpf(2) ** -98, None),
    _pair(r"e^{\pi\sqrt{163}}", "262537412640768744", lambda x: mpmath.exp(mpmath.pi * mpmath.sqrt(163)),
          lambda x: mpmath.mpf(262537412640768744), None),
]  # fmt: skip

EQUAL = [
    ("(x+1)^2", "x^2+2x+1", REAL),
    (r"\sqrt{x^2}", "|x|", REAL),
    (r"\sqrt{x^2}", "x", POSITIVE),
    (r"\sin(x)^2+\cos(x)^2", "1", REAL),
    (r"\log(x^2)", r"2\log(x)", POSITIVE),
    (r"\frac{x^2-1}{x-1}", "x+1", REAL),
    (r"\frac{1}{1+e^{-x}}", r"\frac{e^{x}}{1+e^{x}}", REAL),
    (r"\tanh(x)", r"\frac{e^{2x}-1}{e^{2x}+1}", REAL),
    (r"\sum_{k=0}^{4} x^k (1-x)", "1-x^5", REAL),
    (r"(x + 10^{30}) - 10^{30}", "x", REAL),
    (r"\sqrt{x^2+10^{-40}}", r"\sqrt{10^{-40}+x^2}", REAL),
    (r"e^{x/2}e^{x/2}", "e^{x}", REAL),
    (r"\sqrt{x+1}\sqrt{x+1}", "x+1", POSITIVE),
    ("0", r"10^{-100} - 10^{-100}", REAL),
]
