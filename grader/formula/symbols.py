"""Reading names: accents, indices and labels; functions and their arguments; words of plain notation."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from grader.formula import alphabet as abc
from grader.formula import bigs, constructs, operators, words
from grader.formula.notation import CUSTOMARY_FUNCTIONS
from grader.formula.tree import (
    Call,
    Const,
    Dot,
    Neg,
    Node,
    Num,
    Pow,
    Sym,
    Tuple,
)

if TYPE_CHECKING:
    from grader.formula.parser import Parser

_DISTRIBUTION_LETTERS = {"cal N": "normal", "N": "normal", "cal U": "uniform", "U": "uniform"}
_STARS = ("*", "∗", "★", "†")


def name(parser: Parser) -> Node:
    """Return a symbol, or what it becomes: an applied function, an expectation, a distribution."""
    start = parser.token.start
    if parser.at("name", "d") and f"d{parser.peek().text}" in parser.notation.words:
        # The letters of a declared word such as dt, set apart by LaTeX.
        return parser.notation.words[parser.take().text + parser.take().text]
    if parser.at("name", "Sigma", "Pi") and parser.text[start] in "ΣΠ" and parser.peek().text in ("_", "^"):
        # The capital letters as people type them for sums and products.
        return bigs.big_letter(parser)
    if parser.at("name", "Delta") and parser.peek().kind == "name" and not parser.peek().accents:
        symbol = _difference(parser)
    else:
        symbol = plain(parser)
    return applied(parser, symbol, start)


def bare(parser: Parser) -> Node:
    """Return one letter as a symbol or constant, with nothing after it read."""
    return _constant(parser, Sym(parser.take().text))


def _difference(parser: Parser) -> Sym:
    """Read `\\Delta t` as one symbol; an index or label may follow it."""
    parser.take()
    inner = plain(parser)
    return Sym(f"Delta {inner.name}", inner.index)


def plain(parser: Parser) -> Sym:
    """Return a symbol with its accents, index, labels and primes, and nothing applied.

    Raises:
        ReadError: where no letter stands.
    """
    if parser.at("accent"):
        accent = parser.take().text
        braced = parser.accept("open", "{")
        inner = plain(parser)
        if braced:
            parser.expect("close", "}")
        return scripts(parser, replace(inner, name=f"{accent} {inner.name}"))
    if not parser.at("name") and not parser.at("word"):
        raise parser.fail(f"expected a symbol here, found {parser.shown()}")
    token = parser.take()
    return scripts(parser, Sym(" ".join([*reversed(token.accents), token.text])))


def scripts(parser: Parser, symbol: Sym) -> Sym:
    """Attach indices, labels and primes; a superscript that is a power is left for the caller."""
    while True:
        if parser.at("op", "_"):
            if symbol.index is not None:
                return symbol
            parser.take()
            symbol = replace(symbol, index=index(parser))
        elif parser.at("op", "'"):
            parser.take()
            symbol = replace(symbol, name=symbol.name + "'")
        elif parser.at("op", "*") and _is_star(parser, symbol):
            parser.take()
            symbol = replace(symbol, name=symbol.name + "^*")
        elif parser.at("op", "^") and (label := _label(parser)):
            symbol = replace(symbol, name=symbol.name + label)
        else:
            return symbol


def _is_star(parser: Parser, symbol: Sym) -> bool:
    """Return whether an asterisk typed right after a symbol is its star, as in `p* = q` and `pi*(y|x)`."""
    token, following = parser.token, parser.peek()
    if token.start != parser.tokens[parser.index - 1].end or parser.text[token.start : token.end] != "*":
        return False
    if following.kind in ("rel", "close", "sep", "end") or (following.kind == "op" and following.text in "/+^|‖_"):
        return True
    starred = replace(symbol, name=symbol.name + "^*")
    known = parser.notation.renames.get(starred, starred)
    return following.text == "(" and (known in parser.notation.functions or starred in parser.notation.functions)


def _label(parser: Parser) -> str:
    """Step over a superscript that is a label (`*`, `\\text{DDIM}`, `(i)`, `\\prime`) and return it."""
    following = parser.peek()
    if following.kind == "op" and following.text in _STARS and parser.peek(2).kind not in ("num", "name", "word"):
        parser.take()
        return "^" + ("*" if parser.take().text != "†" else "†")
    if following.kind == "op" and following.text in _STARS and "\\" in parser.text:
        parser.take()
        parser.take()
        return "^*"
    if following.kind == "op" and following.text == "'":
        parser.take()
        parser.take()
        return "'"
    if following.kind == "word" and following.text not in abc.FUNCTION_WORDS and not _is_value(parser, following.text):
        parser.take()
        return "^" + parser.take().text
    if following.kind != "open" or following.text != "{":
        return ""
    inside = parser.index + 2
    close = inside
    while close < len(parser.tokens) and parser.tokens[close].kind not in ("close", "end"):
        close += 1
    inner = parser.tokens[inside:close]
    texts = [token.text for token in inner]
    label = ""
    if len(texts) == 1 and texts[0] in (*_STARS, "'"):
        label = "'" if texts[0] == "'" else "^*"
    elif len(inner) == 1 and inner[0].kind == "word" and not _is_value(parser, texts[0]):
        label = "^" + texts[0]
    elif len(inner) >= 2 and all(token.kind == "name" and token.text.isupper() for token in inner):
        label = "^" + "".join(texts)
    elif texts and texts[0] == "(" and parser.tokens[close].text == ")" and len(inner) == 2:
        label = f"^({texts[1]})"
        close += 1
    if not label or parser.tokens[close].text != "}":
        return ""
    parser.index = close + 1
    return label


def _is_value(parser: Parser, word: str) -> bool:
    return word in parser.notation.words or word in ("infty", "oo", "inf") or word in abc.OPERATOR_WORDS


def index(parser: Parser) -> Node:
    """Return what stands below a symbol: a label, an expression, or several with commas."""
    if not parser.accept("open", "{"):
        token = parser.token
        if token.kind == "num":
            parser.take()
            return Num(Fraction(token.text))
        if token.kind in ("name", "accent"):
            if parser.latex_free():
                parser.take()
                return Sym(token.text)
            return _unscripted(parser)
        if token.kind == "word":
            parser.take()
            return Sym(token.text)
        if token.kind == "op" and token.text in _STARS:
            parser.take()
            return Sym("*")
        if token.kind == "op" and token.text == "‖":
            raise parser.fail("an index was expected")
        if token.kind == "open":
            return constructs.group(parser)
        raise parser.fail(f"an index was expected, found {parser.shown()}")
    if parser.at("word") and parser.peek().text == "}" and parser.token.text not in parser.notation.words:
        label = parser.take().text
        parser.take()
        return Sym(label)
    label = _letters_of_a_label(parser)
    if label:
        return Sym(label)
    items: list[Node] = []
    while not parser.at("close", "}"):
        if parser.at("sep", "dots"):
            parser.take()
            items.append(Sym("dots"))
        elif parser.at("op", "*", "★", "∗"):
            parser.take()
            items.append(Sym("*"))
        else:
            items.append(parser.bracketed(parser.relation, bar_closes=True))
        if parser.at("op", "|") or parser.at("op", "‖"):
            parser.take()
        elif not parser.accept("sep", ",", ";", ":") and not parser.at("close", "}"):
            raise parser.fail(f"{parser.shown()} is not understood in an index")
    parser.expect("close", "}")
    if not items:
        raise parser.fail("an index is empty")
    return items[0] if len(items) == 1 else Tuple(tuple(items))


def _unscripted(parser: Parser) -> Node:
    """Return one bare symbol: in `x_t^2` the power belongs to x."""
    if parser.at("accent"):
        accent = parser.take().text
        braced = parser.accept("open", "{")
        inner = parser.take().text
        if braced:
            parser.expect("close", "}")
        return Sym(f"{accent} {inner}")
    token = parser.take()
    return Sym(" ".join([*reversed(token.accents), token.text]))


def _letters_of_a_label(parser: Parser) -> str:
    """Step over `ref}` or `KL}` (plain letters only) and return the word; else return nothing."""
    end = parser.index
    while parser.tokens[end].kind == "name" and len(parser.tokens[end].text) == 1:
        end += 1
    letters = parser.tokens[parser.index : end]
    adjacent = all(a.end == b.start for a, b in itertools.pairwise(letters))
    if len(letters) < 2 or not adjacent or parser.tokens[end].text != "}":
        return ""
    parser.index = end + 1
    return "".join(token.text for token in letters)


# ---------------------------------------------------------------- application


def applied(parser: Parser, symbol: Sym, start: int) -> Node:
    """Return a symbol just read as what it becomes by what follows it."""
    if operators.is_expectation(parser, symbol):
        return operators.expectation(parser, "E")
    if operators.is_divergence(parser, symbol):
        return operators.divergence(parser)
    if symbol.name in ("bb 1", "bf 1", "1") and parser.at("open", "[", "(", "\\{", "{"):
        return operators.indicator(parser)
    if symbol.name in ("P", "bb P", "Pr") and operators.is_probability(parser, symbol):
        return operators.expectation(parser, "P")
    known = parser.notation.functions.get(symbol) or parser.notation.functions.get(_unprimed(symbol))
    if known and known not in ("function", "distribution"):
        if applied := _known_function(parser, symbol, known):
            return applied
    elif symbol.name in _DISTRIBUTION_LETTERS and _is_distribution(parser, symbol):
        return words.distribution(parser, _DISTRIBUTION_LETTERS[symbol.name])
    is_gamma = symbol == Sym("Gamma") and parser.at("open", "(") and not _is_declared(parser, symbol)
    if is_gamma and (applied := _known_function(parser, symbol, "gamma")):
        return applied
    if parser.at("open", "(") and _is_application(parser, symbol, start):
        args, given = arguments(parser)
        return Call(_unprimed(symbol), args, given, symbol.name.count("'") if symbol != _unprimed(symbol) else 0)
    return _constant(parser, symbol)


def _unprimed(symbol: Sym) -> Sym:
    return replace(symbol, name=symbol.name.rstrip("'"))


def _is_declared(parser: Parser, symbol: Sym) -> bool:
    return symbol in parser.notation.scalars or symbol in parser.notation.functions


def _constant(parser: Parser, symbol: Sym) -> Node:
    declared = _is_declared(parser, symbol)
    if symbol == Sym("pi") and not declared:
        return Const("pi")
    if symbol == Sym("e") and parser.notation.letter_e and not declared:
        return Const("e")
    return symbol


def _known_function(parser: Parser, symbol: Sym, known: str) -> Node | None:
    """Return a symbol that stands for a function of mathematics, applied; None if it is not applied."""
    primes = len(symbol.name) - len(symbol.name.rstrip("'"))
    mark = parser.index
    exponent: Node | None = None
    if parser.at("op", "^"):
        parser.take()
        exponent = constructs.script(parser)
    if not parser.at("open", "("):
        parser.index = mark
        return None
    args, given = arguments(parser)
    if given:
        raise parser.fail(f"{known} takes no condition")
    applied: Node = Call(Sym(known), args, (), primes) if primes else words.apply_function(parser, known, args)
    if exponent is None:
        return applied
    if exponent in (Neg(Num(Fraction(1))), Num(Fraction(-1))) and known in abc.INVERSES:
        return words.apply_function(parser, abc.INVERSES[known], args)
    return Pow(applied, exponent)


def _is_distribution(parser: Parser, symbol: Sym) -> bool:
    if symbol in parser.notation.functions or symbol.index is not None:
        return False
    return parser.at("open", "(", "[") and _has_at_top(parser, ",", ";")


def _has_at_top(parser: Parser, *texts: str) -> bool:
    """Return whether one of the texts stands directly inside the brackets that open here."""
    depth = 0
    for token in parser.tokens[parser.index :]:
        if token.kind == "open":
            depth += 1
        elif token.kind == "close":
            depth -= 1
            if depth == 0:
                return False
        elif depth == 1 and token.text in texts:
            return True
    return False


def _is_application(parser: Parser, symbol: Sym, start: int) -> bool:
    declared = parser.notation.is_function(_unprimed(symbol))
    if declared is not None:
        return declared
    if _has_at_top(parser, ",", "|", ";"):
        return True
    if symbol.name.endswith("'") or symbol.name in ("P", "Pr"):
        return True
    if symbol == Sym("pi"):
        # A policy of a plain name; in 2 pi (s + t) it is the number.
        return _arguments_are_plain(parser) and parser.tokens[parser.index - 2].kind != "num"
    customary = symbol.name.split()[-1].rstrip("^*") in CUSTOMARY_FUNCTIONS and _arguments_are_plain(parser)
    return parser.choose(start, "application", ("a product", "a function"), int(customary), symbol) == 1


def _arguments_are_plain(parser: Parser) -> bool:
    """Return whether the parentheses that open here hold one bare symbol or number."""
    inner = parser.peek()
    return inner.kind in ("name", "num", "word") and any(
        parser.peek(ahead).text == ")" and parser.peek(ahead).kind == "close" for ahead in (2, 4)
    )


def arguments(parser: Parser) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """Return the arguments in the brackets that open here, and those after a bar."""
    opened = parser.take()
    close = ")" if opened.text == "(" else "]" if opened.text == "[" else "}" if opened.text == "{" else "\\}"
    lists: list[list[Node]] = [[]]
    while not parser.at("close", close):
        if parser.at("sep", "dots"):
            parser.take()
            lists[-1].append(Sym("dots"))
        elif (parser.at("op", "*") and not parser.operand_follows()) or (
            parser.at("sep", ".") and parser.peek().text in ("|", ",", close)
        ):
            parser.take()
            lists[-1].append(Dot())
        else:
            lists[-1].append(parser.bracketed(parser.relation, bar_closes=True))
        if parser.at("op", "|") or parser.at("sep", ";") or parser.at("sep", ":"):
            bar = parser.take()
            if len(lists) == 2:
                raise parser.fail("a second bar in the arguments", bar.start)
            lists.append([])
        elif not parser.accept("sep", ",") and not parser.at("close", close):
            raise parser.fail(f"expected {close!r} or a comma here, found {parser.shown()}")
    parser.take()
    return tuple(lists[0]), tuple(lists[1]) if len(lists) == 2 else ()
