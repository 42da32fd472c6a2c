"""Trees become SymPy expressions by construction, with the declared assumptions."""

from __future__ import annotations

from typing import Any

import pytest
import sympy

from grader.formula.normal import Assumptions
from grader.formula.symbolic import UnsupportedNodeError, to_sympy
from grader.formula.tree import KL, Big, Call, Const, Deriv, Expect, Fn, Limit, Matrix, Neg, Node, Pow, Sym, num

X, Y, A, N, K = (Sym(name) for name in ("x", "y", "a", "n", "k"))
KNOWN = Assumptions(positive=frozenset({A, N}), integer=frozenset({N}))
SX, SY = sympy.Symbol("x", real=True), sympy.Symbol("y", real=True)
SA = sympy.Symbol("a", real=True, positive=True)


def fn(name: str, *args: Node) -> Node:
    return Fn(name, args)


CASES: list[tuple[Node, Any]] = [
    (X + Y * 2, SX + 2 * SY),
    (X / Y, SX / SY),
    (Neg(X) ** 3, (-SX) ** 3),
    (num("1/3"), sympy.Rational(1, 3)),
    (Pow(Const("e"), X), sympy.exp(SX)),
    (fn("sqrt", X**2), sympy.Abs(SX)),
    (fn("sqrt", A**2), SA),
    (fn("log2", A), sympy.log(SA) / sympy.log(2)),
    (fn("logistic", X), 1 / (1 + sympy.exp(-SX))),
    (fn("root", A, num(3)), sympy.cbrt(SA)),
    (Deriv(X, 1, X**2), sympy.Derivative(SX**2, SX)),
    (Const("pi"), sympy.pi),
]


@pytest.mark.parametrize(("node", "expected"), CASES, ids=lambda item: type(item).__name__)
def test_expressions_are_built(node: Node, expected: Any) -> None:
    assert to_sympy(node, KNOWN) == expected


def test_sums_integrals_and_limits_evaluate() -> None:
    assert to_sympy(Big("sum", K, num(1), num(4), K**2), KNOWN).doit() == 30
    assert to_sympy(Big("prod", K, num(1), num(4), K), KNOWN).doit() == 24
    assert to_sympy(Big("int", K, num(0), num(1), K), KNOWN).doit() == sympy.Rational(1, 2)
    assert to_sympy(Limit(X, num(0), "", fn("sin", X) / X), KNOWN).doit() == 1


def test_a_bound_variable_has_nothing_declared_of_it() -> None:
    assert to_sympy(Big("int", A, num(-1), num(1), fn("abs", A)), KNOWN).doit() == 1


def test_calls_are_equal_when_their_arguments_are() -> None:
    reward = Sym("r")
    assert to_sympy(Call(reward, (X + Y,)) - Call(reward, (Y + X,)), KNOWN) == 0
    assert to_sympy(Call(reward, (X,)) - Call(reward, (Y,)), KNOWN) != 0


def test_the_guard_keeps_real_functions_off_their_complex_continuation() -> None:
    for node in (fn("exp", fn("log", X)), fn("sqrt", X) ** 2, fn("log", X * Y) - fn("log", X) - fn("log", Y)):
        guarded = to_sympy(node, KNOWN, is_guarded=True)
        assert sympy.simplify(guarded) not in (SX, 0)
    assert to_sympy(fn("exp", fn("log", A)), KNOWN, is_guarded=True) == SA


@pytest.mark.parametrize(
    "node",
    [Matrix(((X,),)), Expect("E", (), X), KL(X, Y), fn("transpose", X), Const("true"), Pow(num(2), num(10**6)),
     fn("sin", X, Y), Big("sum", K, None, None, K), Call(Sym("f"), (X,), (), 1), Pow(num(0), num(0))],
    ids=lambda node: type(node).__name__,
)  # fmt: skip
def test_what_has_no_counterpart_is_refused(node: Node) -> None:
    with pytest.raises(UnsupportedNodeError):
        to_sympy(node, KNOWN)


def test_deep_trees_are_refused() -> None:
    deep: Node = X
    for _ in range(5000):
        deep = Neg(deep)
    with pytest.raises(UnsupportedNodeError, match="levels"):
        to_sympy(deep, KNOWN)
