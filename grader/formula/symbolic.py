"""Builds SymPy expressions from formula trees, by construction and never from text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from grader.formula import tree as t
from grader.formula.tree import Node, Sym, children, substitute, walk

if TYPE_CHECKING:
    from grader.formula.normal import Assumptions

MAX_NODES = 2500
MAX_DEPTH = 120
_SAME_NAME = frozenset(
    """exp sign sin cos tan cot sec csc atan acot sinh cosh tanh coth asinh gamma factorial binomial floor erf erfc
    beta digamma""".split()
)
_REAL_ON_A_PART = frozenset({"log", "log2", "log10", "sqrt", "root", "asin", "acos", "acosh", "atanh", "lgamma"})


class UnsupportedNodeError(ValueError):
    """A node has no SymPy counterpart; the message names it."""


def to_sympy(node: Node, assumptions: Assumptions, *, is_guarded: bool = False) -> Any:
    """Return the SymPy expression of a tree, with real symbols.

    Args:
        node: The tree.
        assumptions: Which symbols are positive, integers or not zero.
        is_guarded: Whether a logarithm, a root or a real power stays an unknown function where its argument
            is not shown positive. SymPy works over the complex numbers, in which exp(log x) = x and
            sqrt(x)^2 = x hold where the real left sides have no value.

    Raises:
        UnsupportedNodeError: for a node that is no scalar, and for trees beyond the bounds.
    """
    stack = [(node, 0)]
    count = 0
    while stack:
        part, depth = stack.pop()
        count += 1
        if count > MAX_NODES or depth > MAX_DEPTH:
            raise UnsupportedNodeError(f"the formula has more than {MAX_NODES} nodes or {MAX_DEPTH} levels")
        stack.extend((child, depth + 1) for child in children(part))
    return _Translation(assumptions, is_guarded).expression(node, frozenset())


class _Translation:
    def __init__(self, assumptions: Assumptions, is_guarded: bool, large: Sym | None = None) -> None:
        import sympy

        self.sympy: Any = sympy
        self.assumptions, self.is_guarded, self.large = assumptions, is_guarded, large

    def symbol(self, symbol: Sym) -> Any:
        name = symbol.name if symbol.index is None else f"{symbol.name}_{symbol.index!r}"
        known: dict[str, bool] = {"real": True}
        if symbol in self.assumptions.positive:
            known["positive"] = True
        if symbol in self.assumptions.nonzero:
            known["nonzero"] = True
        if symbol in self.assumptions.integer:
            known["integer"] = True
        return self.sympy.Symbol(name, **known)

    def expression(self, node: Node, bound: frozenset[Sym]) -> Any:
        sp = self.sympy
        match node:
            case t.Num(value):
                return sp.Rational(value.numerator, value.denominator)
            case t.Const(name) if name in ("pi", "e", "oo"):
                return {"pi": sp.pi, "e": sp.E, "oo": sp.oo}[name]
            case Sym():
                return self.symbol(node)
            case t.Add(terms):
                return sp.Add(*(self.expression(term, bound) for term in terms))
            case t.Mul(factors):
                return sp.Mul(*(self.expression(factor, bound) for factor in factors))
            case t.Div(top, bottom):
                return self.expression(top, bound) / self.expression(bottom, bound)
            case t.Neg(operand):
                return -self.expression(operand, bound)
            case t.Pow(base, exponent):
                return self._power(self.expression(base, bound), self.expression(exponent, bound))
            case t.Fn(name, args):
                return self._function(name, [self.expression(arg, bound) for arg in args])
            case t.Call():
                return self._call(node, bound)
            case t.Big():
                return self._big(node, bound)
            case t.Limit(variable, to, side, body):
                inside = self._renamed(variable, body, bound, is_large=to == t.Const("oo"))
                return sp.Limit(*inside, self.expression(to, bound), side or "+-")
            case t.Deriv(variable, order, body):
                return sp.Derivative(self.expression(body, bound), self.symbol(variable), order)
        raise UnsupportedNodeError(f"no SymPy counterpart of a {type(node).__name__}")

    def _power(self, base: Any, exponent: Any) -> Any:
        if self.is_guarded and not exponent.is_integer and not (base.is_nonnegative or self._is_positive(base)):
            return self._unknown("power", base, exponent)
        if base.is_zero and not exponent.is_positive:
            raise UnsupportedNodeError("zero to a power that is not positive has no value")
        if exponent.is_Rational and abs(exponent) > 10_000:
            raise UnsupportedNodeError(f"the exponent {exponent} is too large")
        return base**exponent

    def _is_positive(self, value: Any) -> bool:
        """Return whether a value is positive; below a limit to infinity, whether it ends up positive."""
        if self.large is not None and not value.is_positive:
            value = self.sympy.limit(value, self.symbol(self.large), self.sympy.oo)
        return bool(value.is_positive)

    def _unknown(self, name: str, *args: Any) -> Any:
        return self.sympy.Function(f"real {name}", real=True)(*args)

    def _function(self, name: str, args: list[Any]) -> Any:
        sp = self.sympy
        is_root = name in ("sqrt", "root") and args[0].is_nonnegative
        if self.is_guarded and name in _REAL_ON_A_PART and not is_root and not self._is_positive(args[0]):
            return self._unknown(name, *args)
        built = {
            "log2": lambda u: sp.log(u) / sp.log(2),
            "log10": lambda u: sp.log(u) / sp.log(10),
            "root": lambda u, n: u ** (1 / n),
            "logistic": lambda u: 1 / (1 + sp.exp(-u)),
            "softplus": lambda u: sp.log(1 + sp.exp(u)),
            "relu": lambda u: sp.Max(u, 0),
            "ceil": sp.ceiling,
            "abs": sp.Abs,
            "lgamma": sp.loggamma,
            "max": sp.Max,
            "min": sp.Min,
            "log": sp.log,
            "sqrt": sp.sqrt,
            "logsumexp": lambda *us: sp.log(sp.Add(*map(sp.exp, us))),
        }
        make = built.get(name) or (getattr(sp, name) if name in _SAME_NAME | _REAL_ON_A_PART else None)
        if make is None:
            raise UnsupportedNodeError(f"no SymPy counterpart of the function {name}")
        try:
            return make(*args)
        except TypeError as error:
            raise UnsupportedNodeError(f"{name} of {len(args)} arguments: {error}") from error

    def _call(self, node: t.Call, bound: frozenset[Sym]) -> Any:
        if node.primes:
            raise UnsupportedNodeError("a derivative written with dashes")
        args = [self._argument(arg, bound) for arg in (*node.args, *node.given)]
        head = f"{node.head!r}|{len(node.given)}"
        if any(part in bound for part in walk(node)):
            return self.sympy.Function(head, real=True)(*args)
        known = {"positive": True} if node in self.assumptions.positive else {"real": True}
        return self.sympy.Symbol(f"{head}{self.sympy.srepr(tuple(args))}", **known)

    def _argument(self, node: Node, bound: frozenset[Sym]) -> Any:
        if isinstance(node, t.Dot | t.Tuple | t.Set):
            return self.sympy.Symbol(repr(node))
        return self.expression(node, bound)

    def _big(self, node: t.Big, bound: frozenset[Sym]) -> Any:
        if node.lower is None or node.upper is None or node.domain is not None:
            raise UnsupportedNodeError("a sum, product or integral without bounds")
        make = {"sum": self.sympy.Sum, "prod": self.sympy.Product, "int": self.sympy.Integral}[node.kind]
        lower, upper = self.expression(node.lower, bound), self.expression(node.upper, bound)
        count = upper - lower + 1
        is_counted = upper == self.sympy.oo or (count.is_integer and count.is_nonnegative)
        if self.is_guarded and node.kind != "int" and not (is_counted and lower.is_integer):
            # SymPy sums backwards over a negative range, where an empty sum is meant.
            raise UnsupportedNodeError("a sum or product whose range may run backwards")
        body, variable = self._renamed(node.variable, node.body, bound, is_integer=node.kind != "int")
        return make(body, (variable, lower, upper))

    def _renamed(
        self, variable: Sym, body: Node, bound: frozenset[Sym], *, is_integer: bool = False, is_large: bool = False
    ) -> tuple[Any, Any]:
        """Return the body over a fresh variable, and that: what is declared of a free k is not true of a bound one."""
        fresh = Sym(f"§{variable.name}{len(bound)}")
        known = self.assumptions
        if is_integer or (is_large and variable in known.integer):
            known = replace(known, integer=known.integer | {fresh})
        if is_large:
            known = replace(known, positive=known.positive | {fresh})
        inner = _Translation(known, self.is_guarded, fresh if is_large else None)
        return inner.expression(substitute(body, {variable: fresh}), bound | {fresh}), inner.symbol(fresh)
