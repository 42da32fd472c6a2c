"""Reading words of plain notation and of LaTeX: functions of mathematics, operators, distributions."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from grader.formula import alphabet as abc
from grader.formula import constructs, operators, symbols
from grader.formula.tree import Add, Const, Dist, Div, Dot, Fn, Neg, Node, Num, Pow, Sym, Tuple

if TYPE_CHECKING:
    from grader.formula.parser import Parser


def word(parser: Parser) -> Node:
    """Return what a word stands for: a declared name, a function, an operator, a distribution, a symbol."""
    token = parser.token
    if token.text in parser.notation.words:
        parser.take()
        meaning = parser.notation.words[token.text]
        if isinstance(meaning, Sym):
            return symbols.applied(parser, symbols.scripts(parser, meaning), token.start)
        return meaning
    if token.text in ("infty", "oo", "inf") and not (token.text == "inf" and parser.peek().text in "_("):
        parser.take()
        return Const("oo")
    if token.text in abc.FUNCTION_WORDS:
        return function(parser)
    if token.text in abc.OPERATOR_WORDS:
        return operators.word(parser)
    if token.text in abc.DISTRIBUTION_WORDS and parser.peek().kind == "open" and parser.peek().text in "([":
        parser.take()
        return distribution(parser, abc.DISTRIBUTION_WORDS[token.text])
    if token.text == "arg" and parser.peek().text in ("min", "max"):
        parser.take()
        return operators.extremum(parser, "arg" + parser.token.text)
    if token.text == "emptyset":
        parser.take()
        return Tuple(())
    symbol = symbols.plain(parser)
    return symbols.applied(parser, symbol, token.start)


def function(parser: Parser) -> Node:
    """Return a function of mathematics with its argument, with or without parentheses."""
    token = parser.take()
    known = abc.FUNCTION_WORDS[token.text]
    base: Node | None = None
    exponent: Node | None = None
    while parser.at("op", "_", "^"):
        if parser.take().text == "_":
            base = symbols.index(parser)
        else:
            exponent = constructs.script(parser)
    if exponent == Neg(Num(Fraction(1))) and known in abc.INVERSES:
        known, exponent = abc.INVERSES[known], None
    opened = parser.token
    if parser.at("open", "(", "[", "{", "\\{"):
        args, given = symbols.arguments(parser)
        if given:
            raise parser.fail(f"{token.text} takes no condition", opened.start)
        if parser.at("op", "^") and opened.text != "{" and exponent is None:
            second = parser.choose(parser.token.start, "power", (f"{known}(x)^n as a power", f"{known}(x^n)"))
            if second and len(args) == 1:
                args = (constructs.raise_to(parser, args[0], opened.start),)
    else:
        args = (_argument_with_slash(parser, known),)
    applied = apply_function(parser, known, args, base)
    return applied if exponent is None else Pow(applied, exponent)


def _argument_with_slash(parser: Parser, known: str) -> Node:
    argument = parser.juxtaposed()
    if parser.at("op", "/") and parser.choose(parser.token.start, "slash", (f"({known} a)/b", f"{known}(a/b)")):
        parser.take()
        return Div(argument, parser.power())
    return argument


def apply_function(parser: Parser, known: str, args: tuple[Node, ...], base: Node | None = None) -> Node:
    """Return the tree of a function of mathematics; those with a plain definition are written out."""
    counts = {"binomial": (2,), "pow": (2,), "log": (1, 2), "logsumexp": (1, 2)}.get(known, (1,))
    if len(args) not in counts or any(isinstance(argument, Dot) for argument in args):
        raise parser.fail(f"{known} takes {counts[0]} argument(s), got {len(args)}")
    one = Num(Fraction(1))
    x = args[0]
    if base is not None:
        if known != "log":
            raise parser.fail(f"{known} takes no index")
        return Div(Fn("log", args), Fn("log", (base,)))
    match known:
        case "log" if len(args) == 2:
            return Div(Fn("log", (x,)), Fn("log", (args[1],)))
        case "log2" | "log10":
            return Div(Fn("log", (x,)), Fn("log", (Num(Fraction(known[3:])),)))
        case "log1p":
            return Fn("log", (Add((one, x)),))
        case "expm1":
            return Add((Fn("exp", (x,)), Neg(one)))
        case "logsigmoid":
            return Fn("log", (Fn("logistic", (x,)),))
        case "logit":
            return Fn("log", (Div(x, Add((one, Neg(x)))),))
        case "pow":
            return Pow(x, args[1])
        case "square":
            return Pow(x, Num(Fraction(2)))
        case "cbrt":
            return Fn("root", (x, Num(Fraction(3))))
        case "relu":
            return Fn("max", (Num(Fraction(0)), x))
    return Fn(known, args)


def distribution(parser: Parser, kind: str) -> Node:
    """Return a named distribution with its arguments as written."""
    args, given = arguments_of_distribution(parser)
    return Dist(kind, (*args, *given))


def arguments_of_distribution(parser: Parser) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """Return the arguments in round or square brackets."""
    args, given = symbols.arguments(parser)
    if not args:
        raise parser.fail("a distribution needs arguments")
    return args, given
