"""Trees: what mathematicians write, in LaTeX, Unicode and plain notation."""

from __future__ import annotations

import pytest

from grader.errors import ReadError
from grader.formula.notation import Notation
from grader.formula.parser import parse, parse_expression
from grader.formula.printer import to_text
from grader.formula.tree import Call, Fn, Sym


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"\frac12", "1/2"),
        (r"\tanh^{-1} x", "atanh(x)"),
        (r"\log^2 x", "log(x)^2"),
        (r"\sin 2x", "sin(2*x)"),
        ("√t", "sqrt(t)"),
        (r"\langle x, y\rangle", "transpose(x)*y"),
        (r"\lfloor x \rfloor", "floor(x)"),
        (r"|x||y|", "abs(x)*abs(y)"),
        (r"x^n(1+x)", "x^n*(1 + x)"),
        (r"90^\circ", "90*(pi/180)"),
        ("5!", "factorial(5)"),
        (r"\Gamma(x)", "gamma(x)"),
        (r"P(A \cap B)", "P(∩(A, B))"),
        (r"\mathbb{1}[x > 0]", "{1 if x > 0; 0 if otherwise}"),
        (r"a \bmod 2", "mod(a, 2)"),
    ],
)
def test_readings(text: str, shown: str) -> None:
    assert to_text(parse_expression(text, Notation())) == shown


def test_a_declared_head_is_applied() -> None:
    node = parse_expression(r"\sigma(z)", Notation(functions={Sym("sigma"): "logistic"}))
    assert node == Fn("logistic", (Sym("z"),))


def test_pi_with_a_plain_argument_is_a_policy_and_else_a_number() -> None:
    assert isinstance(parse_expression(r"\pi(y)", Notation()), Call)
    assert not isinstance(parse_expression(r"2\pi(s+t)", Notation()), Call)


def test_an_open_question_is_recorded_with_its_symbol() -> None:
    (site,) = parse("f(x)", Notation()).sites
    assert (site.kind, site.subject, site.default) == ("application", Sym("f"), 1)


@pytest.mark.parametrize("text", ["x +", "(x", r"\frac{1}", "x^^2", r"\sum_k^n", r"x \pm 1", "1 + \\ldots", ""])
def test_broken_text_is_refused_with_a_place(text: str) -> None:
    with pytest.raises(ReadError) as caught:
        parse_expression(text, Notation())
    assert 0 <= caught.value.offset <= len(text)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(ReadError, match="nested"):
        parse_expression("(" * 500 + "x" + ")" * 500, Notation())
