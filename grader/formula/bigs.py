"""Reading sums, products and integrals with their bounds and bodies."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from grader.formula import constructs, symbols
from grader.formula.tokens import Token
from grader.formula.tree import Add, Big, Neg, Node, Num, Rel, Sym

if TYPE_CHECKING:
    from grader.formula.parser import Parser

_ONE = Num(Fraction(1))


def big(parser: Parser) -> Node:
    """Return a sum, product or integral with its bounds and body."""
    token = parser.take()
    variable, lower, upper, domain, inner = _bounds(parser, token.text)
    if token.text == "int":
        return _integral(parser, lower if variable is None else variable, upper, variable is None)
    if variable is None:
        raise parser.fail("a sum or product needs its variable", token.start)
    body = parser.product() if not parser.at("op", "-") else parser.signed_product()
    if inner is not None:
        # One sign over pairs i < j: the inner index runs up to the outer one.
        body = Big(token.text, inner, _ONE if lower is None else lower, Add((variable, Neg(_ONE))), body)
        lower = _ONE if lower is None else lower
    return Big(token.text, variable, lower, upper, body, domain)


def big_letter(parser: Parser) -> Node:
    """Return a sum or product whose sign is typed as the letter Σ or Π."""
    token = parser.token
    sign = Token("big", "sum" if token.text == "Sigma" else "prod", token.start, token.end)
    parser.tokens = (*parser.tokens[: parser.index], sign, *parser.tokens[parser.index + 1 :])
    return big(parser)


def _bounds(parser: Parser, kind: str) -> tuple[Sym | None, Node | None, Node | None, Node | None, Sym | None]:
    """Return variable, bounds and set of a big operator, and the inner variable of a range such as i < j."""
    inner: Sym | None = None
    variable: Sym | None = None
    lower: Node | None = None
    upper: Node | None = None
    domain: Node | None = None
    while parser.at("op", "_", "^"):
        sign = parser.take()
        if sign.text == "^":
            upper = constructs.script(parser)
            continue
        if kind == "int":
            lower = constructs.bound(parser)
            continue
        braced = parser.accept("open", "{")
        below = parser.bracketed(parser.relation, bar_closes=False) if braced else symbols._unscripted(parser)
        if braced:
            parser.expect("close", "}")
        match below:
            case Sym():
                variable = below
            case Rel(op="=", lhs=Sym() as symbol, rhs=start):
                variable, lower = symbol, start
            case Rel(op="∈", lhs=Sym() as symbol, rhs=members):
                variable, domain = symbol, members
            case Rel(op="≤", lhs=Rel(op="≤", lhs=start, rhs=Sym() as symbol), rhs=end):
                variable, lower, upper = symbol, start, end
            case Rel(op="≥", lhs=Sym() as symbol, rhs=start):
                variable, lower = symbol, start
            case Rel(op=">", lhs=Sym() as symbol, rhs=start):
                variable, lower = symbol, Add((start, _ONE))
            case Rel(op="<", lhs=Sym() as first, rhs=Sym() as symbol):
                variable, inner = symbol, first
            case Rel(
                op="≤", lhs=Rel(op="<", lhs=Rel(op="≤", lhs=start, rhs=Sym() as first), rhs=Sym() as symbol), rhs=end
            ):
                variable, inner, lower, upper = symbol, first, start, end
            case _:
                raise parser.fail("this range of a sum is not understood", sign.start)
    return variable, lower, upper, domain, inner


def _integral(parser: Parser, lower: Node | None, upper: Node | None, has_bounds: bool) -> Node:
    start = parser.token.start
    slot: list[Sym] = []
    parser.integrals.append(slot)
    if takes_differential(parser):
        body: Node = parser.product()
    else:
        body = parser.additive()
        if not slot:
            takes_differential(parser)
    parser.integrals.pop()
    if not slot:
        raise parser.fail("the integral has no differential", start)
    return Big("int", slot[0], lower if has_bounds else None, upper, body)


def takes_differential(parser: Parser) -> bool:
    """Step over `d x` if it ends the innermost integral that waits for it; return whether it did."""
    if not (parser.at("name", "d") and parser.peek().kind == "name") and not (
        parser.at("word") and len(parser.token.text) == 2 and parser.token.text[0] == "d"
    ):
        return False
    waiting = next((slot for slot in reversed(parser.integrals) if not slot), None)
    if waiting is None:
        return False
    if parser.at("word"):
        waiting.append(Sym(parser.take().text[1]))
    else:
        parser.take()
        symbol = symbols.plain(parser)
        waiting.append(symbol)
    return True
