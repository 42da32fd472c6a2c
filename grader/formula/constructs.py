"""Reading what has a shape of its own: fractions, roots, powers, brackets, big operators, tables."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from grader.formula import symbols, tables
from grader.formula.tokens import Token
from grader.formula.tree import (
    At,
    Const,
    Deriv,
    Div,
    Fn,
    Grad,
    Interval,
    Matrix,
    Mul,
    Neg,
    Node,
    Num,
    Pow,
    Rel,
    Set,
    Sym,
    Tuple,
)

if TYPE_CHECKING:
    from grader.formula.parser import Parser

_ONE = Num(Fraction(1))


def script(parser: Parser) -> Node:
    """Return what is raised: a braced expression, or the next atom with its sign."""
    if parser.accept("open", "{"):
        node = parser.bracketed(parser.additive, bar_closes=False)
        parser.expect("close", "}")
        return node
    if parser.at("op", "-"):
        parser.take()
        return Neg(script(parser))
    parser.accept("op", "+")
    if parser.at("name") and parser.peek().text == "(" and parser.notation.is_function(Sym(parser.token.text)) is None:
        # In x^n (1 + x) the brackets are a factor, no argument of n.
        return symbols.bare(parser)
    if parser.latex_free():
        return parser.power()
    return parser.atom()


def raise_to(parser: Parser, base: Node, start: int) -> Node:
    """Return `base` with the superscript that follows: a power, a transpose, an inverse."""
    sign = parser.take()
    if parser.at("op", "⊤") or (parser.at("open", "{") and parser.peek().text == "⊤"):
        braced = parser.accept("open", "{")
        parser.take()
        if braced:
            parser.expect("close", "}")
        return Fn("transpose", (base,))
    if _is_transpose(parser, base):
        parser.accept("open", "{")
        parser.take()
        parser.accept("close", "}")
        return Fn("transpose", (base,))
    braced_degree = parser.at("open", "{") and parser.peek().text in ("∘", "°") and parser.peek(2).text == "}"
    if braced_degree or (parser.at("op", "∘", "°") and not parser.peek().text.isalpha()):
        for _ in range(3 if braced_degree else 1):
            parser.take()
        return Mul((base, Div(Const("pi"), Num(Fraction(180)))))
    if parser.at("op", "∘", "°", "†", "'"):
        raise parser.fail(f"the superscript {parser.shown()} is not understood")
    if parser.at("op", "*", "★", "∗"):
        raise parser.fail("a star on something that is not a symbol is not understood", sign.start)
    exponent = script(parser)
    if isinstance(base, Pow) and parser.tokens[parser.index - 1].start == start:
        raise parser.fail("two superscripts", sign.start)
    return Pow(base, exponent)


def _is_transpose(parser: Parser, base: Node) -> bool:
    braced = parser.at("open", "{") and parser.peek(2).text == "}"
    token = parser.peek() if braced else parser.token
    if token.kind != "name" or token.text != "T":
        return False
    return isinstance(base, Matrix) or (isinstance(base, Sym) and base in parser.notation.vectors)


def group(parser: Parser) -> Node:
    """Return what stands in brackets: a grouped expression, a tuple, a set, an interval, a table."""
    opened = parser.take()
    if opened.text.startswith("begin "):
        return tables.table(parser, opened.text.removeprefix("begin "))
    items: list[Node] = []
    while not parser.at("close"):
        if parser.at("end"):
            raise parser.fail(f"{opened.text!r} is not closed", opened.start)
        if parser.at("sep", "dots") and parser.peek().text in (",", ")"):
            parser.take()
            items.append(Sym("dots"))
        else:
            items.append(parser.bracketed(parser.relation, bar_closes=False))
        if not parser.accept("sep", ",") and not parser.at("close"):
            if parser.at("op", "|") and len(items) == 1 and opened.text == "(":
                items[0] = parser.conditional(items[0])
                continue
            if parser.at("op", "|", "‖") or parser.at("sep"):
                raise parser.fail(f"{parser.shown()} is not understood in these brackets")
            raise parser.fail(f"expected a closing bracket here, found {parser.shown()}")
    closed = parser.take()
    return _bracket(parser, opened.text, closed.text, items, opened.start)


def _bracket(parser: Parser, opened: str, closed: str, items: list[Node], start: int) -> Node:
    pair = opened + closed
    if not items:
        raise parser.fail("the brackets are empty", start)
    if pair == "[]" and len(items) == 1 and parser.at("op", "_"):
        return evaluated_at(parser, items[0])
    if pair in ("()", "[]", "{}", "\\{\\}") and len(items) == 1:
        return items[0]
    if pair == "\\{\\}":
        return Set(tuple(items))
    if pair in ("[)", "(]") and len(items) == 2:
        return Interval(items[0], items[1], opened == "[", closed == "]")
    if pair == "[]" and len(items) == 2:
        return Interval(items[0], items[1], closed_lower=True, closed_upper=True)
    if pair == "()":
        return Tuple(tuple(items))
    if pair == "[]":
        return Matrix(tuple((item,) for item in items))
    if pair == "⟨⟩" and len(items) == 2:
        return Mul((Fn("transpose", (items[0],)), items[1]))
    if pair in ("⌊⌋", "⌈⌉") and len(items) == 1:
        return Fn("floor" if opened == "⌊" else "ceil", (items[0],))
    raise parser.fail(f"the brackets {opened} and {closed} do not belong together", start)


def evaluated_at(parser: Parser, body: Node) -> Node:
    """Return `[F]_a^b` after its closing bracket or bar."""
    lower: Node | None = None
    upper: Node | None = None
    while parser.at("op", "_", "^"):
        if parser.take().text == "_":
            lower = bound(parser)
        else:
            upper = script(parser)
    if lower is None or upper is None:
        raise parser.fail("an evaluation bracket needs a lower and an upper bound")
    return At(body, lower, upper)


def bound(parser: Parser) -> Node:
    """Return a lower bound: what follows `x =`, or the whole script."""
    if parser.accept("open", "{"):
        node = parser.bracketed(parser.relation, bar_closes=False)
        parser.expect("close", "}")
        return node.rhs if isinstance(node, Rel) and node.op == "=" else node
    # In [F]_0^3 the upper bound is no power of the lower one.
    return parser.atom() if parser.at("num") else script(parser)


def bars(parser: Parser, bar: str) -> Node:
    """Return an absolute value or a norm."""
    opened = parser.take()
    inner = parser.bracketed(parser.additive, bar_closes=True)
    if bar == "|" and parser.at("op", "‖") and parser.token.end - parser.token.start == 2:
        # |x||y|: the two bars in the middle belong to different values.
        token = parser.token
        halves = tuple(Token("op", "|", token.start + half, token.start + half + 1) for half in (0, 1))
        parser.tokens = parser.tokens[: parser.index] + halves + parser.tokens[parser.index + 1 :]
    if not parser.accept("op", bar):
        raise parser.fail(f"{bar!r} is not closed", opened.start)
    if bar == "|":
        return Fn("abs", (inner,))
    if parser.at("op", "_"):
        mark = parser.token.start
        parser.take()
        order = symbols.index(parser)
        if order not in (Num(Fraction(2)), _ONE, Const("oo"), Sym("F"), Sym("infty")):
            raise parser.fail("this norm is not understood", mark)
        if order != Num(Fraction(2)) and order != Sym("F"):
            return Fn("norm", (inner, order))
    return Fn("norm", (inner,))


# ---------------------------------------------------------------- macros


def macro(parser: Parser) -> Node:
    """Return a fraction, a root or a binomial coefficient."""
    token = parser.take()
    if token.text == "sqrt":
        return _root(parser)
    if token.text == "binom":
        return Fn("binomial", (macro_argument(parser), macro_argument(parser)))
    derivative = _derivative(parser)
    if derivative is not None:
        return derivative
    numerator = macro_argument(parser)
    return Div(numerator, macro_argument(parser))


def _root(parser: Parser) -> Node:
    if parser.at("open", "["):
        parser.take()
        order = parser.bracketed(parser.additive, bar_closes=False)
        parser.expect("close", "]")
        return Fn("root", (macro_argument(parser), order))
    if parser.at("open", "("):
        return Fn("sqrt", (group(parser),))
    return Fn("sqrt", (macro_argument(parser),))


def macro_argument(parser: Parser) -> Node:
    """Return a braced argument, or the next digit or symbol, as TeX takes it."""
    if parser.at("open", "{"):
        parser.take()
        if parser.at("close", "}"):
            raise parser.fail("an argument is empty")
        node = parser.bracketed(parser.relation, bar_closes=False)
        parser.expect("close", "}")
        return node
    token = parser.token
    if token.kind == "num" and len(token.text) > 1:
        # \frac12 has two arguments of one digit each.
        first, rest = token.text[0], token.text[1:]
        split = (
            type(token)("num", first, token.start, token.start + 1),
            type(token)("num", rest, token.start + 1, token.end),
        )
        parser.tokens = parser.tokens[: parser.index] + split + parser.tokens[parser.index + 1 :]
    return parser.atom()


def _derivative(parser: Parser) -> Node | None:
    """Return `\\frac{d ...}{d x}` and its partial form as a derivative; None if it is a plain fraction."""
    if not parser.at("open", "{"):
        return None
    mark = parser.index
    parser.take()
    if not (parser.at("name", "d") or parser.at("op", "∂")):
        parser.index = mark
        return None
    sign = parser.take().text
    order = 1
    if parser.at("op", "^"):
        parser.take()
        power = script(parser)
        if not isinstance(power, Num) or power.value.denominator != 1 or not 1 <= power.value <= 8:
            parser.index = mark
            return None
        order = int(power.value)
    body_from = parser.index
    variable = _differentiated(parser, sign, order)
    if variable is None:
        parser.index = mark
        return None
    after = parser.index
    if parser.tokens[body_from].text == "}":
        body = parser.juxtaposed()
        parser_end = parser.index
    else:
        parser.index = body_from
        body = parser.bracketed(parser.additive, bar_closes=False)
        parser_end = after
    parser.index = parser_end
    if variable == Sym("theta"):
        return Grad(variable, body)
    return Deriv(variable, order, body)


def _differentiated(parser: Parser, sign: str, order: int) -> Sym | None:
    """Step over `...}{d x}` and return x; None if the denominator is not a differential."""
    depth = 1
    while depth and not parser.at("end"):
        token = parser.take()
        depth += (token.kind == "open") - (token.kind == "close")
    if not parser.accept("open", "{"):
        return None
    if parser.at("word") and parser.token.text[0] == "d" and len(parser.token.text) == 2 and sign == "d":
        variable = Sym(parser.take().text[1])
    elif (sign == "d" and parser.at("name", "d")) or (sign == "∂" and parser.at("op", "∂")):
        parser.take()
        if parser.token.kind not in ("name", "accent", "word"):
            return None
        variable = symbols.plain(parser)
        if parser.at("open", "("):
            symbols.arguments(parser)
    else:
        return None
    if order > 1:
        if not parser.accept("op", "^"):
            return None
        if script(parser) != Num(Fraction(order)):
            return None
    return variable if parser.accept("close", "}") else None


def gradient(parser: Parser) -> Node:
    """Return `\\nabla_\\theta` applied to what follows it."""
    parser.take()
    variable: Node | None = None
    while parser.at("op", "_", "^"):
        if parser.take().text == "^":
            raise parser.fail("a power of nabla is not understood")
        variable = symbols.index(parser)
    if parser.at("open", "[", "(", "\\{", "{"):
        return Grad(variable, group(parser))
    return Grad(variable, parser.juxtaposed())


def bar_is_closed(parser: Parser) -> bool:
    """Return whether a bar that opens here would close before the brackets around it do."""
    depth = 0
    for token in parser.tokens[parser.index + 1 :]:
        depth += (token.kind == "open") - (token.kind == "close")
        if depth < 0 or token.kind == "rel":
            return False
        if depth == 0 and token.kind == "op" and token.text == parser.token.text:
            return True
    return False
