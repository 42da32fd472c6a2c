"""Derivatives of trees: exact, by the rules, without evaluating anything."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from grader.formula.tree import (
    Add,
    Big,
    Call,
    Cases,
    Const,
    Deriv,
    Div,
    Expect,
    Fn,
    Mul,
    Neg,
    Node,
    Num,
    Pow,
    Sym,
    contains,
    free_symbols,
    substitute,
)

ZERO, ONE, TWO = Num(Fraction(0)), Num(Fraction(1)), Num(Fraction(2))


class NotDifferentiableError(ValueError):
    """A tree has no derivative by the rules known here; the message names the construct."""


def derivative(node: Node, wrt: Callable[[Node], Node | None]) -> Node:
    """Return the derivative of a tree.

    Args:
        node: The tree.
        wrt: Gives the derivative of an atom (a symbol or a call), or None where it follows from the rules:
            0 for a symbol, the chain rule for a call.

    Raises:
        NotDifferentiableError: at a construct without a rule.
    """

    def d(part: Node) -> Node:
        known = wrt(part)
        if known is not None:
            return known
        match part:
            case Num() | Const() | Sym():
                return ZERO
            case Add(terms):
                return add(*(d(term) for term in terms))
            case Neg(operand):
                return neg(d(operand))
            case Mul(factors):
                return add(*(mul(*factors[:i], d(factor), *factors[i + 1 :]) for i, factor in enumerate(factors)))
            case Div(numerator, denominator):
                above, below = d(numerator), d(denominator)
                first = div(above, denominator)
                return add(first, neg(div(mul(numerator, below), Pow(denominator, TWO))))
            case Pow(base, exponent):
                return _power(base, exponent, d)
            case Fn("transpose", (inside,)):
                moved = d(inside)
                return ZERO if moved == ZERO else Fn("transpose", (moved,))
            case Fn("trace", (inside,)):
                moved = d(inside)
                return ZERO if moved == ZERO else Fn("trace", (moved,))
            case Fn("norm", (inside,)):
                # |v|' = v . v' / |v|; of a number |x|' = x x' / |x|.
                moved = d(inside)
                return ZERO if moved == ZERO else Div(Mul((Fn("transpose", (inside,)), moved)), part)
            case Fn("log", (Fn("det", (inside,)),)):
                moved = d(inside)
                return ZERO if moved == ZERO else Fn("trace", (Mul((Pow(inside, Neg(ONE)), moved)),))
            case Fn(name, args):
                return _function(name, args, d)
            case Call(head, args, given, primes):
                if given or len(args) != 1:
                    moving = [argument for argument in (*args, *given) if d(argument) != ZERO]
                    if moving:
                        raise NotDifferentiableError(f"the derivative of {head.name} in one of several arguments")
                    return ZERO
                inner = d(args[0])
                return ZERO if inner == ZERO else mul(Call(head, args, given, primes + 1), inner)
            case Big("sum", variable, lower, upper, body, domain):
                inner = d(body)
                return ZERO if inner == ZERO else Big("sum", variable, lower, upper, inner, domain)
            case Big("prod", variable, lower, upper, body, domain):
                inner = d(body)
                if inner == ZERO:
                    return ZERO
                return mul(part, Big("sum", variable, lower, upper, div(inner, body), domain))
            case Big("int", variable, lower, upper, body, domain):
                # Leibniz: the bounds move, and what stands inside does.
                inner = d(body)
                moved = ZERO if inner == ZERO else Big("int", variable, lower, upper, inner, domain)
                above = ZERO if upper is None else mul(substitute(body, {variable: upper}), d(upper))
                below = ZERO if lower is None else mul(substitute(body, {variable: lower}), d(lower))
                return add(moved, above, neg(below))
            case Expect("E", binders, body, given):
                if any(binder.source is not None and d(binder.source) != ZERO for binder in binders):
                    raise NotDifferentiableError("an expectation under a distribution that moves")
                inner = d(body)
                return ZERO if inner == ZERO else Expect("E", binders, inner, given)
            case Cases(branches):
                return Cases(tuple((d(value), condition) for value, condition in branches))
            case Deriv(variable, order, body):
                inner = body
                for _ in range(order):
                    inner = derivative_by(inner, variable)
                return d(inner)
        raise NotDifferentiableError(f"no rule for {type(part).__name__}")

    return d(node)


def derivative_by(node: Node, variable: Sym) -> Node:
    """Return the derivative with respect to a symbol.

    Raises:
        NotDifferentiableError: at a construct without a rule.
    """

    def of_atom(part: Node) -> Node | None:
        if part == variable:
            return ONE
        return ZERO if not contains(part, variable) else None

    return derivative(node, of_atom)


def is_linear_in(node: Node, variable: Sym) -> Node | None:
    """Return the coefficient if the tree is that coefficient times `variable` and nothing else, else None."""
    try:
        coefficient = derivative_by(node, variable)
    except NotDifferentiableError:
        return None
    if variable in free_symbols(coefficient):
        return None
    return coefficient


def at_zero(node: Node, variable: Sym) -> Node:
    """Return the tree with `variable` replaced by 0."""
    return substitute(node, {variable: ZERO})


def _power(base: Node, exponent: Node, d: Callable[[Node], Node]) -> Node:
    moving_base, moving_exponent = d(base), d(exponent)
    terms: list[Node] = []
    if moving_base != ZERO:
        terms.append(mul(exponent, Pow(base, add(exponent, neg(ONE))), moving_base))
    if moving_exponent != ZERO:
        factor = ONE if base == Const("e") else Fn("log", (base,))
        terms.append(mul(Pow(base, exponent), factor, moving_exponent))
    return add(*terms)


def _function(name: str, args: tuple[Node, ...], d: Callable[[Node], Node]) -> Node:
    if all(d(argument) == ZERO for argument in args):
        return ZERO
    if len(args) != 1:
        raise NotDifferentiableError(f"no rule for {name} of several arguments")
    x = args[0]
    rule = _OUTER.get(name)
    if rule is None:
        raise NotDifferentiableError(f"no rule for {name}")
    return mul(rule(x), d(x))


def _f(name: str, x: Node) -> Node:
    return Fn(name, (x,))


_OUTER: dict[str, Callable[[Node], Node]] = {
    "exp": lambda x: _f("exp", x),
    "log": lambda x: Div(ONE, x),
    "sqrt": lambda x: Div(ONE, Mul((TWO, _f("sqrt", x)))),
    "sin": lambda x: _f("cos", x),
    "cos": lambda x: Neg(_f("sin", x)),
    "tan": lambda x: Div(ONE, Pow(_f("cos", x), TWO)),
    "sinh": lambda x: _f("cosh", x),
    "cosh": lambda x: _f("sinh", x),
    "tanh": lambda x: Add((ONE, Neg(Pow(_f("tanh", x), TWO)))),
    "asin": lambda x: Div(ONE, _f("sqrt", Add((ONE, Neg(Pow(x, TWO)))))),
    "acos": lambda x: Neg(Div(ONE, _f("sqrt", Add((ONE, Neg(Pow(x, TWO))))))),
    "atan": lambda x: Div(ONE, Add((ONE, Pow(x, TWO)))),
    "atanh": lambda x: Div(ONE, Add((ONE, Neg(Pow(x, TWO))))),
    "asinh": lambda x: Div(ONE, _f("sqrt", Add((ONE, Pow(x, TWO))))),
    "logistic": lambda x: Mul((_f("logistic", x), _f("logistic", Neg(x)))),
    "softplus": lambda x: _f("logistic", x),
    "abs": lambda x: _f("sign", x),
    "erf": lambda x: Mul((Div(TWO, _f("sqrt", Const("pi"))), _f("exp", Neg(Pow(x, TWO))))),
    "lgamma": lambda x: _f("digamma", x),
    "gamma": lambda x: Mul((_f("gamma", x), _f("digamma", x))),
}


def add(*terms: Node) -> Node:
    """Return a sum without zero terms."""
    kept = tuple(term for term in terms if term != ZERO)
    return ZERO if not kept else kept[0] if len(kept) == 1 else Add(kept)


def mul(*factors: Node) -> Node:
    """Return a product without factors one; zero if a factor is zero."""
    if ZERO in factors:
        return ZERO
    kept = tuple(factor for factor in factors if factor != ONE)
    return ONE if not kept else kept[0] if len(kept) == 1 else Mul(kept)


def neg(node: Node) -> Node:
    """Return the negated tree; zero stays zero."""
    return ZERO if node == ZERO else Neg(node)


def div(numerator: Node, denominator: Node) -> Node:
    """Return a fraction; zero over anything is zero."""
    return ZERO if numerator == ZERO else Div(numerator, denominator)
