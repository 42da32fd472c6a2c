"""Tokens to trees: a recursive descent parser that is total (a tree, or a `ReadError` with the place).

Where written mathematics has two readings and the notation does not say which (is `x(t+1)` a product?),
the parser takes the customary one and records a `Site`; the caller can ask for the other reading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from grader.errors import ReadError
from grader.formula import alphabet as abc
from grader.formula import bigs, constructs, symbols, words
from grader.formula.clauses import Clause, Link, Reading, Site, reach_of_sums
from grader.formula.lexer import lex
from grader.formula.notation import Notation
from grader.formula.tokens import Lexed, Token
from grader.formula.tree import Add, Call, Div, Dot, Fn, Mul, Neg, Node, Num, Rel, Sym

MAX_NESTING = 48
OPENERS = {"(": ")", "[": "]", "{": "}", "\\{": "\\}", "⌊": "⌋", "⌈": "⌉", "⟨": "⟩"}


def parse(text: str, notation: Notation, choices: Mapping[tuple[int, str], int] | None = None) -> Reading:
    """Return the clauses of a text; `choices` selects the second reading (1) at the sites it names.

    Raises:
        ReadError: where a token is not understood; nothing is guessed and no rest is dropped.
    """
    parser = Parser(lex(text, words=notation.words.keys()), notation, choices or {})
    try:
        clauses = parser.clauses()
    except RecursionError:
        raise ReadError("the formula is nested too deeply", text=text, offset=0) from None
    return Reading(tuple(clauses), tuple(parser.sites))


def parse_expression(text: str, notation: Notation, choices: Mapping[tuple[int, str], int] | None = None) -> Node:
    """Return the tree of a text that is one expression or one relation.

    Raises:
        ReadError: as `parse`, and where the text holds several statements or none.
    """
    clauses = parse(text, notation, choices).clauses
    if not clauses:
        raise ReadError("there is no formula", text=text, offset=0)
    if len(clauses) > 1:
        raise ReadError("a second statement follows", text=text, offset=clauses[1].start)
    clause = clauses[0]
    if clause.first is None:
        raise ReadError("the formula begins with a relation sign", text=text, offset=clause.start)
    node = clause.first
    for link in clause.links:
        node = Rel(link.op, node, link.rhs)
    return node


class Parser:
    """The state of one parse."""

    def __init__(self, lexed: Lexed, notation: Notation, choices: Mapping[tuple[int, str], int]) -> None:
        self.text = lexed.text
        self.tokens = lexed.tokens
        self.boxed = lexed.boxed
        self.notation = notation
        self.choices = choices
        self.sites: list[Site] = []
        self.seen: set[tuple[int, str]] = set()
        self.index = 0
        self.depth = 0
        # Whether a bar at this place closes something rather than opening an absolute value.
        self.bar_closes: list[bool] = [False]
        # One entry for each integral that waits for its differential.
        self.integrals: list[list[Sym]] = []

    # ------------------------------------------------------------ tokens

    @property
    def token(self) -> Token:
        """The next token."""
        return self.tokens[self.index]

    def peek(self, ahead: int = 1) -> Token:
        """Return a token further on."""
        return self.tokens[min(self.index + ahead, len(self.tokens) - 1)]

    def at(self, kind: str, *texts: str) -> bool:
        """Return whether the next token is of this kind and, if given, one of these texts."""
        return self.token.kind == kind and (not texts or self.token.text in texts)

    def take(self) -> Token:
        """Step over the next token and return it."""
        token = self.token
        self.index = min(self.index + 1, len(self.tokens) - 1)
        return token

    def accept(self, kind: str, *texts: str) -> bool:
        """Step over the next token if it is the one wanted."""
        if self.at(kind, *texts):
            self.take()
            return True
        return False

    def expect(self, kind: str, text: str) -> None:
        """Step over the token wanted.

        Raises:
            ReadError: if another one stands there.
        """
        if not self.accept(kind, text):
            raise self.fail(f"expected {text!r} here, found {self.shown()}")

    def shown(self) -> str:
        """Return the next token in words."""
        if self.token.kind == "end":
            return "the end"
        return repr(self.text[self.token.start : self.token.end] or self.token.text)

    def fail(self, reason: str, offset: int | None = None) -> ReadError:
        """Return the error for the place where the parser stands."""
        return ReadError(reason, text=self.text, offset=self.token.start if offset is None else offset)

    def choose(
        self, offset: int, kind: str, readings: tuple[str, str], default: int = 0, subject: Sym | None = None
    ) -> int:
        """Record a place with two readings and return the one to take; `default` is the customary one."""
        if (offset, kind) not in self.seen:
            self.seen.add((offset, kind))
            self.sites.append(Site(offset, kind, readings, subject, default))
        return self.choices.get((offset, kind), 0) ^ default

    # ------------------------------------------------------------ statements

    def clauses(self) -> list[Clause]:
        """Return all statements of the text."""
        found: list[Clause] = []
        lead = ""
        while not self.at("end"):
            if self.at("sep", "dots"):
                raise self.fail("dots stand for terms that are not written")
            if self.accept("sep"):
                continue
            if self.at("remark"):
                lead = self.take().text
                continue
            found.append(self.clause(lead))
            lead = ""
            if not self.at("sep") and not self.at("remark") and not self.at("end"):
                raise self.fail(f"{self.shown()} is not understood here")
        return found

    def clause(self, lead: str) -> Clause:
        """Return one statement, whose leading word has been read."""
        start = self.token.start
        first = None if self.at("rel") else self.member()
        if first is not None and self.at("op", "|"):
            first = self.conditional(first)
        links: list[Link] = []
        while self.at("rel") or (self.at("sep", "\\\\", "quad") and self.peek().kind == "rel" and links):
            self.accept("sep")
            sign = self.take()
            if sign.text == "≈" and self.at("rel", "="):
                self.take()
            links.append(Link(sign.text, self.member(), sign.start))
        end = self.tokens[self.index - 1].end if self.index else 0
        boxed = any(a <= start and end <= b + 1 for a, b in self.boxed)
        return Clause(first, tuple(links), lead, start, end, boxed)

    def conditional(self, first: Node) -> Node:
        """Return `X | Y = y`, the name of a conditional law."""
        self.take()
        given = self.additive()
        if self.at("rel", "=") and self.peek().kind != "end":
            mark = self.index
            self.take()
            value = self.additive()
            if self.at("rel") or self.at("close"):
                given = Rel("=", given, value)
            else:
                self.index = mark
        return Call(Sym("conditional"), (first,), (given,))

    def member(self) -> Node:
        """Return one member of a chain."""
        self.accept("sep", "box")
        node = self.additive()
        if self.at("sep", "box"):
            self.take()
        return node

    def relation(self) -> Node:
        """Return an expression or a chain of relations as one tree (conditions, arguments)."""
        node = self.additive()
        while self.at("rel"):
            op = self.take().text
            node = Rel(op, node, self.additive())
        return node

    # ------------------------------------------------------------ arithmetic

    def additive(self) -> Node:
        """Return a sum."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.fail("the formula is nested too deeply")
        terms = [self.signed_product()]
        while self.at("op", "+", "-"):
            terms.append(self.signed_product())
        if self.at("op", "±", "∓"):
            raise self.fail("a double sign stands for two formulas")
        terms = reach_of_sums(terms)
        node = terms[0] if len(terms) == 1 else Add(tuple(terms))
        if self.at("op", "∩", "∪", "∖"):
            sign = self.take().text
            node = Call(Sym(sign), (node, self.additive()))
        self.depth -= 1
        return node

    def signed_product(self) -> Node:
        """Return a product with its signs."""
        negative = False
        while self.at("op", "+", "-"):
            negative ^= self.take().text == "-"
        node = self.product()
        return Neg(node) if negative else node

    def product(self) -> Node:
        """Return a product or quotient; juxtaposition multiplies."""
        if self.integrals and bigs.takes_differential(self):
            return Num(Fraction(1))
        factors = [self.power()]
        slash: int | None = None
        while True:
            if self.at("op", "*") and self.operand_follows():
                self.take()
                slash = None
                factors.append(self.signed_factor())
            elif self.at("op", "mod"):
                self.take()
                joined = factors[0] if len(factors) == 1 else Mul(tuple(factors))
                factors = [Fn("mod", (joined, self.power()))]
            elif self.at("op", "/"):
                offset = self.take().start
                denominator = self.signed_factor()
                joined = factors[0] if len(factors) == 1 else Mul(tuple(factors))
                factors = [Div(joined, denominator)]
                # `1/2 x` with a space is a number times x; `1/2x` and `a/b c` may be meant either way.
                is_number = isinstance(joined, Num) and isinstance(denominator, Num)
                is_parted = self.token.start > self.tokens[self.index - 1].end
                slash = offset if not self.closed_group_before() and not (is_number and is_parted) else None
            elif self.starts_factor():
                if self.integrals and bigs.takes_differential(self):
                    break
                factor = self.power()
                last = factors[-1]
                if slash is not None and isinstance(last, Div):
                    second = self.choose(slash, "slash", ("(a/b)c", "a/(bc)"))
                    if second:
                        factors[-1] = Div(last.numerator, Mul((last.denominator, factor)))
                        continue
                factors.append(factor)
            else:
                break
        return factors[0] if len(factors) == 1 else Mul(tuple(factors))

    def signed_factor(self) -> Node:
        """Return a factor that may carry a sign after an operator: `2 * -x`."""
        if self.at("op", "-"):
            self.take()
            return Neg(self.signed_factor())
        self.accept("op", "+")
        return self.power()

    def operand_follows(self) -> bool:
        """Return whether a multiplication dot multiplies; `\\pi(\\cdot \\mid x)` has a placeholder."""
        following = self.peek()
        return not (following.kind in ("close", "end") or (following.kind == "op" and following.text in "|‖"))

    def closed_group_before(self) -> bool:
        """Return whether a bracket that is no brace has just been closed."""
        return self.tokens[self.index - 1].kind == "close" and self.tokens[self.index - 1].text != "}"

    def starts_factor(self) -> bool:
        """Return whether the next token can begin a factor by juxtaposition."""
        token = self.token
        if token.kind in ("num", "name", "word", "macro", "accent", "big"):
            return True
        if token.kind == "open":
            return True
        if token.kind == "op":
            if token.text in ("|", "‖"):
                return not self.bar_closes[-1] and not self.evaluation_bar() and constructs.bar_is_closed(self)
            return token.text in ("√", "∇")
        return False

    def evaluation_bar(self) -> bool:
        """Return whether the bar here carries bounds."""
        return self.peek().kind == "op" and self.peek().text in "_^"

    def power(self) -> Node:
        """Return an atom with its powers and postfix signs."""
        start = self.token.start
        base = self.atom()
        while True:
            if self.at("op", "^") and self.peek().text in ("+", "-") and self.peek(2).text == "}":
                # The side of a limit: 0^+.
                return base
            if self.at("op", "^"):
                base = constructs.raise_to(self, base, start)
            elif self.at("op", "!"):
                self.take()
                base = Fn("factorial", (base,))
            elif self.at("op", "%"):
                self.take()
                base = Div(base, Num(Fraction(100)))
            elif self.at("op", "|") and self.evaluation_bar() and not self.bar_closes[-1]:
                self.take()
                base = constructs.evaluated_at(self, base)
            elif self.at("op", "'") and isinstance(base, Fn):
                raise self.fail("a prime after an applied function is not understood")
            else:
                return base

    # ------------------------------------------------------------ atoms

    def atom(self) -> Node:
        """Return one operand."""
        token = self.token
        if token.kind == "num":
            self.take()
            return Num(Fraction(token.text))
        if token.kind in ("name", "accent"):
            return symbols.name(self)
        if token.kind == "word":
            return words.word(self)
        if token.kind == "macro":
            return constructs.macro(self)
        if token.kind == "big":
            return bigs.big(self)
        if token.kind == "open":
            return constructs.group(self)
        if token.kind == "op":
            return self.operator_atom(token)
        if token.kind == "sep" and token.text == "dots":
            raise self.fail("dots stand for terms that are not written")
        if token.kind == "sep" and token.text == "box":
            self.take()
            return self.power()
        if token.kind == "end":
            raise self.fail("the formula ends where a term was expected")
        raise self.fail(f"{self.shown()} stands where a term was expected")

    def operator_atom(self, token: Token) -> Node:
        """Return an operand that begins with an operator sign."""
        if token.text == "√":
            self.take()
            return Fn("sqrt", (self.atom(),))
        if token.text == "¬":
            self.take()
            return Call(Sym("complement"), (self.power(),))
        if token.text == "∇":
            return constructs.gradient(self)
        if token.text in ("|", "‖"):
            return constructs.bars(self, token.text)
        if token.text == "*" and not self.operand_follows():
            self.take()
            return Dot()
        raise self.fail(f"{self.shown()} stands where a term was expected")

    def juxtaposed(self) -> Node:
        """Return the argument of a function written without parentheses: factors up to an operator."""
        if self.at("op", "-") and self.latex_free():
            self.take()
            return Neg(self.juxtaposed())
        factors = [self.power()]
        while self.starts_factor() and not self.at("big"):
            if self.token.kind == "word" and self.token.text in abc.FUNCTION_WORDS:
                break
            if self.at("open") and not all(isinstance(factor, Num) for factor in factors):
                break
            if self.at("op", "∇") or (self.integrals and bigs.takes_differential(self)):
                break
            factors.append(self.power())
        return factors[0] if len(factors) == 1 else Mul(tuple(factors))

    def latex_free(self) -> bool:
        """Return whether the text is plain notation."""
        return "\\" not in self.text

    def bracketed(self, parse: Callable[[], Node], *, bar_closes: bool) -> Node:
        """Run a parse inside brackets, in which a bar closes or opens as said."""
        self.bar_closes.append(bar_closes)
        node = parse()
        self.bar_closes.pop()
        return node
