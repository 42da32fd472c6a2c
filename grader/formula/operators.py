"""Reading operators written as words or styled letters: expectations, divergences, extrema, limits."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from grader.formula import alphabet as abc
from grader.formula import bigs, constructs, symbols
from grader.formula.tree import (
    KL,
    Big,
    Binder,
    Call,
    Cases,
    Const,
    Deriv,
    Div,
    Expect,
    Extremum,
    Fn,
    Limit,
    Node,
    Num,
    Rel,
    Sym,
    Tuple,
    substitute,
)

if TYPE_CHECKING:
    from grader.formula.parser import Parser

_DIVERGENCES = frozenset(["D", "bb D", "cal D", "KL"])
_INDEX_OF_DIVERGENCE = frozenset(["KL", "kl"])


def indicator(parser: Parser) -> Node:
    """Return the indicator of the condition in brackets as a piecewise value."""
    condition = constructs.group(parser)
    if not isinstance(condition, Rel):
        raise parser.fail("an indicator needs a condition")
    one, zero = Num(Fraction(1)), Num(Fraction(0))
    return Cases(((one, condition), (zero, None)))


def is_expectation(parser: Parser, symbol: Sym) -> bool:
    """Return whether a symbol just read is an expectation sign here."""
    if symbol.name == "bb E":
        return True
    if symbol.name != "E" or symbol in parser.notation.scalars or symbol in parser.notation.functions:
        return False
    return parser.at("open", "[") or (symbol.index is not None and isinstance(symbol.index, (Rel, Tuple)))


def is_probability(parser: Parser, symbol: Sym) -> bool:
    """Return whether `P(...)` is the probability of an event here (a relation or set stands inside)."""
    if symbol in parser.notation.functions or parser.notation.renames.get(symbol) in parser.notation.functions:
        return False
    return parser.at("open", "(", "[", "{", "\\{") and symbol.name in ("bb P", "Pr")


def is_divergence(parser: Parser, symbol: Sym) -> bool:
    """Return whether a symbol just read is the Kullback-Leibler divergence of the brackets that follow."""
    if symbol.name not in _DIVERGENCES or not parser.at("open", "(", "[", "{", "\\{"):
        return False
    if symbol.name == "KL":
        return True
    return isinstance(symbol.index, Sym) and symbol.index.name in _INDEX_OF_DIVERGENCE


def expectation(parser: Parser, kind: str) -> Node:
    """Return an expectation, variance, covariance or probability with its binders and body."""
    # `plain` has read a lower index already where one stands directly at the sign: it is read again here.
    binders: tuple[Binder, ...] = ()
    if parser.tokens[parser.index - 1].text == "}" or parser.at("op", "_"):
        binders = _reread_binders(parser)
    start = parser.token.start
    if parser.at("open", "[", "(", "\\{", "{"):
        body, given = _body_and_condition(parser)
        return Expect(kind, binders, body, given)
    if kind != "E" or not parser.starts_factor():
        raise parser.fail("an operator has nothing to act on", start)
    return Expect(kind, binders, parser.product())


def _reread_binders(parser: Parser) -> tuple[Binder, ...]:
    if not parser.at("op", "_"):
        depth = 0
        at = parser.index - 1
        while at > 0:
            token = parser.tokens[at]
            depth += (token.text == "}") - (token.text == "{")
            if depth == 0:
                break
            at -= 1
        if parser.tokens[at - 1].text != "_":
            return ()
        parser.index = at - 1
    parser.take()
    if not parser.accept("open", "{"):
        single = symbols._unscripted(parser)
        return (Binder((), _policy(single)),)
    items: list[Node] = []
    while not parser.at("close", "}"):
        if parser.at("sep", "dots"):
            parser.take()
            items.append(Sym("dots"))
        elif parser.accept("sep"):
            continue
        elif parser.at("remark"):
            raise parser.fail(f"{parser.shown()} is not understood below an expectation")
        else:
            items.append(parser.bracketed(parser.relation, bar_closes=False))
    parser.expect("close", "}")
    return _binders(items)


def _binders(items: list[Node]) -> tuple[Binder, ...]:
    binders: list[Binder] = []
    names: list[Node] = []
    for item in items:
        if isinstance(item, Rel) and item.op in ("∼", "∈", "="):
            names.extend(_names(item.lhs))
            binders.append(Binder(tuple(names), _policy(item.rhs)))
            names = []
        else:
            names.extend(_names(item))
    if names:
        only = names[0]
        if len(names) == 1 and not binders and (isinstance(only, Call) or _is_source(only)):
            binders.append(Binder((), _policy(only)))
        else:
            binders.append(Binder(tuple(names), None))
    return tuple(binders)


def _is_source(node: Node) -> bool:
    return node == Const("pi") or (
        isinstance(node, Sym) and (node.name in ("cal D", "D") or node.name.startswith("pi"))
    )


def _names(node: Node) -> list[Node]:
    if isinstance(node, Tuple):
        return [name for item in node.items for name in _names(item)]
    return [node]


def _policy(node: Node) -> Node:
    """Return `\\pi` as the name of a policy where it cannot be the number."""
    return Sym("pi") if node == Const("pi") else node


def _body_and_condition(parser: Parser) -> tuple[Node, tuple[Node, ...]]:
    opened = parser.take()
    close = {"[": "]", "(": ")", "{": "}", "\\{": "\\}"}[opened.text]
    items = [parser.bracketed(parser.relation, bar_closes=True)]
    given: list[Node] = []
    while not parser.at("close", close):
        if parser.at("op", "|") and not given:
            parser.take()
            given.append(parser.bracketed(parser.relation, bar_closes=True))
        elif parser.accept("sep", ",", ";"):
            target = given or items
            target.append(parser.bracketed(parser.relation, bar_closes=True))
        else:
            raise parser.fail(f"expected {close!r} here, found {parser.shown()}")
    parser.take()
    return items[0] if len(items) == 1 else Tuple(tuple(items)), tuple(given)


def divergence(parser: Parser) -> Node:
    """Return a Kullback-Leibler divergence; the two sides are parted by a double bar, a bar or a comma."""
    opened = parser.take()
    close = {"[": "]", "(": ")", "{": "}", "\\{": "\\}"}[opened.text]
    first = parser.bracketed(parser.additive, bar_closes=True)
    if not (parser.accept("op", "‖") or parser.accept("op", "|") or parser.accept("sep", ",", ";")):
        raise parser.fail(f"a divergence needs two distributions, found {parser.shown()}")
    parser.accept("op", "|")
    second = parser.bracketed(parser.additive, bar_closes=True)
    if not parser.accept("close", close):
        raise parser.fail(f"expected {close!r} here, found {parser.shown()}")
    return KL(_policy(first), _policy(second))


def word(parser: Parser) -> Node:
    """Return an operator that is written as a word."""
    token = parser.token
    meaning = abc.OPERATOR_WORDS[token.text]
    if meaning in ("E", "Var", "Cov", "P", "Std"):
        return _statistic(parser, meaning)
    if meaning in ("min", "max", "argmin", "argmax"):
        return extremum(parser, meaning)
    if meaning in ("sum", "prod", "int"):
        return _big_word(parser, meaning)
    if meaning == "KL":
        parser.take()
        if parser.at("open"):
            return divergence(parser)
        raise parser.fail("KL needs two distributions in brackets", token.start)
    if meaning == "lim":
        parser.take()
        return _limit(parser)
    if meaning in ("grad", "nabla"):
        return constructs.gradient(parser)
    if meaning == "softmax":
        return _softmax(parser)
    return _constructor(parser, meaning)


def _statistic(parser: Parser, meaning: str) -> Node:
    parser.take()
    if not parser.at("open", "(", "[", "{", "\\{") and not parser.at("op", "_"):
        return Sym(meaning)
    mark = parser.index
    if parser.at("op", "_") and parser.peek().text != "{":
        parser.take()
        symbols.index(parser)
        if not parser.at("open"):
            parser.index = mark
            raise parser.fail(f"{meaning} has nothing to act on")
        return expectation(parser, meaning)
    return expectation(parser, meaning)


def extremum(parser: Parser, meaning: str) -> Node:
    """Return a minimum or maximum (or where it is taken) with what stands below and after the sign."""
    start = parser.take().start
    variable: Node | None = None
    if parser.at("op", "_"):
        parser.take()
        variable = symbols.index(parser)
        if isinstance(variable, Rel):
            variable = variable.lhs
    elif parser.at("word", "over"):
        parser.take()
        variable = symbols.plain(parser)
        if parser.at("word", "of"):
            parser.take()
    elif parser.at("open", "(") and meaning in ("min", "max") and symbols._has_at_top(parser, ","):
        args, given = symbols.arguments(parser)
        if given:
            raise parser.fail(f"{meaning} takes no condition", start)
        return Fn(meaning, args)
    return Extremum(meaning, variable, parser.additive())


def _limit(parser: Parser) -> Node:
    start = parser.token.start
    if not parser.accept("op", "_"):
        raise parser.fail("a limit needs its variable", start)
    parser.expect("open", "{")
    target = parser.bracketed(parser.relation, bar_closes=False)
    side = ""
    if parser.at("op", "^"):
        parser.take()
        braced = parser.accept("open", "{")
        side = parser.take().text
        if braced:
            parser.expect("close", "}")
    parser.expect("close", "}")
    if not isinstance(target, Rel) or target.op != "→" or not isinstance(target.lhs, Sym) or side not in "+-":
        raise parser.fail("a limit needs the form x → a", start)
    return Limit(target.lhs, target.rhs, side, parser.product())


def _big_word(parser: Parser, meaning: str) -> Node:
    if parser.peek().text not in ("_", "^"):
        raise parser.fail(f"{parser.token.text} needs its bounds, as in {meaning}_{{k=0}}^{{n}}")
    token = parser.token
    parser.tokens = (
        *parser.tokens[: parser.index],
        type(token)("big", meaning, token.start, token.end),
        *parser.tokens[parser.index + 1 :],
    )
    return bigs.big(parser)


def _softmax(parser: Parser) -> Node:
    """Return `softmax_y(f(y))`: exp f over its sum over all y."""
    start = parser.take().start
    parser.accept("op", "_")
    if parser.tokens[parser.index - 1].text != "_":
        raise parser.fail("softmax needs the variable that it sums over, as in softmax_y", start)
    braced = parser.accept("open", "{")
    variable = symbols._unscripted(parser)
    if braced:
        parser.expect("close", "}")
    if not parser.at("open"):
        raise parser.fail("softmax needs its argument in brackets")
    body = Fn("exp", (constructs.group(parser),))
    other = Sym(f"all {variable.name}", variable.index) if isinstance(variable, Sym) else Sym("all")
    return Div(body, Big("sum", other, None, None, substitute(body, {variable: other})))


def _constructor(parser: Parser, meaning: str) -> Node:
    """Return SymPy's `Sum(f, (k, 0, n))`, `Rational(1, 2)`, `Limit(f, x, 0)` and `Derivative(f, x)`."""
    token = parser.take()
    if not parser.at("open", "("):
        raise parser.fail(f"{token.text} needs its arguments in parentheses", token.start)
    args, given = symbols.arguments(parser)
    if given:
        raise parser.fail(f"{token.text} takes no condition", token.start)
    match meaning, args:
        case ("Sum" | "Product" | "Integral", (body, Tuple(items=(Sym() as variable, lower, upper)))):
            kind = {"Sum": "sum", "Product": "prod", "Integral": "int"}[meaning]
            return Big(kind, variable, lower, upper, body)
        case ("Rational", (Num() as numerator, Num() as denominator)) if denominator.value:
            return Num(numerator.value / denominator.value)
        case ("Rational" | "Identity", (only,)):
            return only
        case ("Rational", (numerator, denominator)):
            return Div(numerator, denominator)
        case ("Limit", (body, Sym() as variable, to, *_)):
            return Limit(variable, to, "", body)
        case ("Derivative", (body, Sym() as variable)):
            return Deriv(variable, 1, body)
        case ("Derivative", (body, Sym() as variable, Num(value=order))) if order.denominator == 1 and 1 <= order <= 8:
            return Deriv(variable, int(order), body)
    raise parser.fail(f"the arguments of {token.text} are not understood", token.start)
