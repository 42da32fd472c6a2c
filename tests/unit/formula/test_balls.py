"""Values: enclosures hold the exact value, and what has no value says so."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest
from flint import arb, ctx

from grader.domains.inferred_world import InferredWorld, nodes_of
from grader.domains.world import ball
from grader.formula.balls import Evaluator
from grader.formula.functions import power as power_of
from grader.formula.notation import Notation
from grader.formula.parser import parse_expression
from grader.formula.tree import Sym
from grader.formula.values import NoValueError, UndefinedError


def value(text: str, **numbers: str) -> arb:
    world = InferredWorld(numbers={Sym(name): Fraction(number) for name, number in numbers.items()})
    with ctx.workprec(200):
        found: arb = Evaluator(world).value(parse_expression(text, Notation()))
        return found


@pytest.mark.parametrize(
    ("text", "oracle"),
    [
        (r"\int_0^\infty e^{-x^2} dx", lambda: mpmath.sqrt(mpmath.pi) / 2),
        (r"\int_{-\infty}^\infty \frac{1}{1+x^2} dx", lambda: mpmath.pi),
        (r"\int_0^1 \frac{1}{\sqrt x} dx", lambda: mpmath.mpf(2)),
        (r"\sum_{k=1}^\infty \frac{1}{k^2}", lambda: mpmath.zeta(2)),
        (r"\sum_{k=1}^\infty \frac{(-1)^k}{k}", lambda: -mpmath.log(2)),
        (r"\prod_{k=2}^\infty \left(1-\frac{1}{k^2}\right)", lambda: mpmath.mpf(1) / 2),
        (r"\lim_{x \to 0} \frac{e^x-1-x}{x^2}", lambda: mpmath.mpf(1) / 2),
        (r"\Gamma(1/3)", lambda: mpmath.gamma(mpmath.mpf(1) / 3)),
    ],
)
def test_values_of_measured_constructs_hold_the_exact_one(text: str, oracle: object) -> None:
    with mpmath.workdps(40):
        exact = arb(mpmath.nstr(oracle(), 38))  # type: ignore[operator]
    found = value(text)
    assert abs(found - exact) < arb(10) ** -9
    assert (found + arb(0, "1e-36")).overlaps(exact)


@pytest.mark.parametrize("text", [r"\log(-x)", r"\frac{1}{x-2}", r"\sqrt{-x}", r"\lim_{t\to 0}\frac1t", "0^{-1}"])
def test_no_value(text: str) -> None:
    with pytest.raises(UndefinedError):
        value(text, x="2")


def test_a_power_of_an_enclosure_of_zero_has_a_value() -> None:
    assert value("(x - 1/3)^2 + 1", x="1/3").overlaps(arb(1))


def test_an_unknown_symbol_is_named() -> None:
    with pytest.raises(NoValueError, match="z has no meaning"):
        value("z")


def test_five_nodes_have_the_moments_of_a_normal_law() -> None:
    with ctx.workprec(200):
        rows = nodes_of("normal", [ball(Fraction(1, 3)), ball(Fraction(4))])
        for power, moment in ((1, 0), (2, 4), (4, 48), (6, 960), (8, 26880)):
            total = sum(
                (weight * power_of(node - ball(Fraction(1, 3)), Fraction(power)) for weight, node in rows), arb(0)
            )
            assert total.overlaps(arb(moment))
            assert total.rad() < 1e-40


def test_the_uniform_and_bernoulli_laws() -> None:
    with ctx.workprec(200):
        uniform = nodes_of("uniform", [arb(0), arb(1)])
        assert sum((w * x**9 for w, x in uniform), arb(0)).overlaps(arb(1) / 10)
        coin = nodes_of("bernoulli", [ball(Fraction(1, 4))])
        assert sum((w * x for w, x in coin), arb(0)).overlaps(arb(1) / 4)
    with pytest.raises(NoValueError):
        nodes_of("cauchy", [])
