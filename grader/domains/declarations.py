"""What a problem declares of its symbols: domain, integers, bindings and functions, read from LaTeX."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from grader.errors import ReadError, UsageError
from grader.formula.calculus import NotDifferentiableError, at_zero, derivative_by
from grader.formula.clauses import Clause
from grader.formula.notation import Notation
from grader.formula.parser import parse
from grader.formula.tree import (
    FUNCTIONS,
    Call,
    Const,
    Dist,
    Fn,
    Interval,
    Mul,
    Neg,
    Node,
    Num,
    Pow,
    Rel,
    Set,
    Sym,
    Tuple,
    free_symbols,
    substitute,
    walk,
)

KINDS = ("function", "distribution")
_UNORDERED = ("=", "≠", "<", "≤", ">", "≥")
_INDEPENDENT = re.compile(r"\bindependent\b|\\perp|⊥|⫫")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declarations:
    """What is known before the two formulas are looked at.

    Attributes:
        notation: How symbols are read.
        constraints: Relations of two sides that hold on the domain.
        shapes: Numbers of rows and columns of vectors and matrices.
        integers: Symbols that are integers.
        bindings: Symbols that stand for an expression.
        definitions: Functions that are defined by a formula.
        functions: Heads that are functions, with their kind.
        laws: Laws of random variables.
        members: Symbols with a finite set of values.
        symmetric: Matrices that are symmetric; those in `definite` are positive definite besides.
        are_independent: Whether random variables and events are declared independent.
        words: The domain as it was written, for the evidence.
    """

    notation: Notation
    constraints: tuple[Rel, ...] = ()
    shapes: Mapping[Sym, tuple[Node, Node]] = field(default_factory=dict)
    integers: frozenset[Sym] = frozenset()
    bindings: Mapping[Node, Node] = field(default_factory=dict)
    definitions: Mapping[Sym, tuple[tuple[Sym, ...], tuple[Sym, ...], Node]] = field(default_factory=dict)
    functions: Mapping[Sym, str] = field(default_factory=dict)
    laws: Mapping[Sym, Dist] = field(default_factory=dict)
    members: Mapping[Sym, tuple[Fraction, ...]] = field(default_factory=dict)
    symmetric: frozenset[Sym] = frozenset()
    definite: frozenset[Sym] = frozenset()
    are_independent: bool = False
    words: str = "real symbols"

    def bound(self, node: Node) -> Node:
        """Return a tree with the bindings written out."""
        for _ in range(len(self.bindings)):
            written = substitute(node, self.bindings)
            if written == node:
                break
            node = written
        return node


def symbol_of(text: str, notation: Notation, *, what: str) -> Sym:
    """Return the symbol that a text names.

    Raises:
        UsageError: if it is not one symbol.
    """
    try:
        clauses = parse(text, notation).clauses
    except ReadError as error:
        raise UsageError(f"{what}: {text!r} cannot be read: {error}") from error
    node = clauses[0].first if len(clauses) == 1 and not clauses[0].links else None
    if isinstance(node, Const):
        return Sym(node.name)
    if isinstance(node, Call) and not node.primes:
        return node.head
    if not isinstance(node, Sym):
        raise UsageError(f"{what}: expected one symbol, got {text!r}")
    return node


def declare(
    domain: Sequence[str], integers: Sequence[str], define: Mapping[str, str], functions: Mapping[str, str]
) -> Declarations:
    """Return the declarations of a problem.

    Raises:
        UsageError: where one cannot be read or says something that is not known; it names the text.
    """
    plain = Notation()
    heads: dict[Sym, str] = {}
    for text, kind in functions.items():
        if kind not in KINDS and kind not in FUNCTIONS:
            raise UsageError(
                f"functions: {text!r} is declared as {kind!r}; known are {', '.join(KINDS)}, logistic, ..."
            )
        heads[symbol_of(text, plain, what="functions")] = kind
    whole = [symbol_of(text, plain, what="integers") for text in integers]
    scalars = frozenset(symbol for symbol in whole if symbol not in heads)
    notation = Notation(functions=heads, scalars=scalars)
    reader = _Reader(notation, integers=set(whole))
    for text in domain:
        reader.read(text)
    for text, meaning in define.items():
        reader.define(text, meaning)
    return reader.result(domain, heads)


class _Reader:
    """Collects what the texts of a domain say."""

    def __init__(self, notation: Notation, integers: set[Sym]) -> None:
        self.notation = notation
        self.integers = integers
        self.constraints: list[Rel] = []
        self.shapes: dict[Sym, tuple[Node, Node]] = {}
        self.bindings: dict[Node, Node] = {}
        self.definitions: dict[Sym, tuple[tuple[Sym, ...], tuple[Sym, ...], Node]] = {}
        self.laws: dict[Sym, Dist] = {}
        self.members: dict[Sym, tuple[Fraction, ...]] = {}
        self.symmetric: set[Sym] = set()
        self.definite: set[Sym] = set()
        self.are_independent = False

    def read(self, text: str) -> None:
        """Read one text of the domain."""
        if _INDEPENDENT.search(text):
            self.are_independent = True
            return
        try:
            clauses = parse(text, self.notation).clauses
        except ReadError as error:
            raise UsageError(f"domain: {text!r} cannot be read: {error}\n{error.caret()}") from error
        waiting: list[Node] = []
        for clause in clauses:
            if clause.first is not None and not clause.links:
                waiting.append(clause.first)
                continue
            self._chain(clause, waiting, text)
            waiting = []
        if waiting:
            raise UsageError(f"domain: {text!r} says nothing of {len(waiting)} of its symbols")

    def _chain(self, clause: Clause, waiting: list[Node], text: str) -> None:
        if clause.first is None:
            raise UsageError(f"domain: {text!r} begins with a relation sign")
        # In `a, b > 0` what is said of the last is said of all.
        for first in [*waiting, clause.first]:
            left = first
            for link in clause.links:
                for one in left.items if isinstance(left, Tuple) and link.op in ("∈", "∼") else (left,):
                    self._relation(Rel(link.op, one, link.rhs), text)
                left = link.rhs

    def _relation(self, relation: Rel, text: str) -> None:
        lhs, rhs = relation.lhs, relation.rhs
        if relation.op == "∈":
            self._member(lhs, rhs, text)
        elif relation.op == "∼":
            if not isinstance(lhs, Sym) or not isinstance(rhs, Dist):
                raise UsageError(f"domain: the law in {text!r} is not understood")
            self.laws[lhs] = rhs
        elif relation.op in ("≻", "≽") and isinstance(lhs, Sym):
            self.definite.add(lhs)
        elif relation.op in ("≪", "≫"):
            self.constraints.append(Rel("<" if relation.op == "≪" else ">", lhs, rhs))
        elif relation.op == "=":
            self._equation(lhs, rhs, text)
        elif relation.op in _UNORDERED:
            self.constraints.append(relation)
        else:
            raise UsageError(f"domain: the relation {relation.op} in {text!r} is not understood")

    def _equation(self, lhs: Node, rhs: Node, text: str) -> None:
        for one, other in ((lhs, rhs), (rhs, lhs)):
            if isinstance(one, Sym) and other in (Fn("transpose", (one,)), Pow(one, Sym("T"))):
                self.symmetric.add(one)
                return
        for one, other in ((lhs, rhs), (rhs, lhs)):
            if isinstance(one, Sym) and one not in free_symbols(other):
                self.bindings[one] = other
                return
        gap = lhs - rhs
        for symbol in sorted(free_symbols(gap), key=repr, reverse=True):
            try:
                slope = derivative_by(gap, symbol)
            except NotDifferentiableError:
                continue
            if symbol not in free_symbols(slope) and not any(isinstance(part, Call) for part in walk(gap)):
                self.bindings[symbol] = Neg(at_zero(gap, symbol)) / slope
                return
        raise UsageError(f"domain: the equation {text!r} is not understood")

    def _member(self, lhs: Node, members: Node, text: str) -> None:
        if not isinstance(lhs, Sym):
            raise UsageError(f"domain: the membership {text!r} is not of a symbol")
        zero = Num(Fraction(0))
        match members:
            case Sym(name="bb R", index=None):
                pass
            case Sym(name="bb Z"):
                self.integers.add(lhs)
            case Sym(name="bb N"):
                self.integers.add(lhs)
                self.constraints.append(Rel(">", lhs, zero))
            case Sym(name="bb R^+") | Pow(base=Sym(name="bb R")) if _is_sign(members):
                self.constraints.append(Rel(">", lhs, zero))
            case Sym(name="bb R", index=Sym(name="+") | Sym(name="++")):
                self.constraints.append(Rel(">", lhs, zero))
            case Pow(base=Sym(name="bb R"), exponent=Mul(factors=(rows, columns))):
                self.shapes[lhs] = (rows, columns)
            case Pow(base=Sym(name="bb R"), exponent=length):
                self.shapes[lhs] = (length, Num(Fraction(1)))
            case Interval(lower, upper, closed_lower, closed_upper):
                self._between(lhs, lower, upper, closed_lower, closed_upper)
            case Tuple(items=(lower, upper)):
                self._between(lhs, lower, upper, False, False)
            case Set(items=items) if all(_number(item) is not None for item in items):
                self.members[lhs] = tuple(value for item in items if (value := _number(item)) is not None)
            case Sym():
                # A set that is only named (a set of responses): the range of sums without bounds.
                pass
            case _:
                raise UsageError(f"domain: the set in {text!r} is not understood")

    def _between(self, symbol: Sym, lower: Node, upper: Node, closed_lower: bool, closed_upper: bool) -> None:
        if lower != Neg(Const("oo")):
            self.constraints.append(Rel("≤" if closed_lower else "<", lower, symbol))
        if upper != Const("oo"):
            self.constraints.append(Rel("≤" if closed_upper else "<", symbol, upper))

    def define(self, text: str, meaning: str) -> None:
        """Read one binding of a symbol or definition of a function."""
        try:
            name, value = (parse(part, self.notation).clauses for part in (text, meaning))
        except ReadError as error:
            raise UsageError(f"define: {text!r} = {meaning!r} cannot be read: {error}") from error
        if len(name) != 1 or len(value) != 1 or name[0].first is None or value[0].first is None:
            raise UsageError(f"define: expected one symbol and one expression, got {text!r} = {meaning!r}")
        head, body = name[0].first, value[0].first
        head = Sym(head.name) if isinstance(head, Const) else head
        if isinstance(head, Mul) and isinstance(head.factors[0], Sym) and len(head.factors) == 2:
            # f(x) where f was not known to be a function: here it can be nothing else.
            head = Call(head.factors[0], (head.factors[1],))
        if isinstance(head, Sym):
            self.bindings[head] = body
        elif isinstance(head, Call) and all(isinstance(part, Sym) for part in (*head.args, *head.given)):
            names = tuple(part for part in (*head.args, *head.given) if isinstance(part, Sym))
            count = len(head.args)
            self.definitions[head.head] = (names[:count], names[count:], body)
        else:
            raise UsageError(f"define: expected a symbol or f(x), got {text!r}")

    def result(self, domain: Sequence[str], heads: dict[Sym, str]) -> Declarations:
        """Return everything that was read."""
        called = {part.head for rel in self.constraints for part in walk(rel) if isinstance(part, Call)}
        events = {"∩", "∪", "complement"}
        called = {head for head in called if head.name not in events} - set(heads)
        functions = {**dict.fromkeys(sorted(called, key=repr), "function"), **heads}
        functions.update(dict.fromkeys(self.definitions, "function"))
        named = {symbol for rel in self.constraints for symbol in free_symbols(rel)}
        named |= {symbol for symbol in self.bindings if isinstance(symbol, Sym)} | self.integers
        named |= set(self.shapes) | set(self.members) | set(self.laws)
        notation = Notation(
            functions=functions,
            scalars=frozenset(symbol for symbol in named if symbol not in functions),
            vectors=frozenset(self.shapes),
        )
        return Declarations(
            notation=notation,
            constraints=tuple(self.constraints),
            shapes=self.shapes,
            integers=frozenset(self.integers),
            bindings=self.bindings,
            definitions=self.definitions,
            functions=functions,
            laws=self.laws,
            members=self.members,
            symmetric=frozenset(self.symmetric),
            definite=frozenset(self.definite),
            are_independent=self.are_independent,
            words=", ".join(domain) if domain else "all real values of the symbols",
        )


def _is_sign(members: Node) -> bool:
    return isinstance(members, Sym) or (isinstance(members, Pow) and members.exponent == Sym("+"))


def _number(node: Node) -> Fraction | None:
    match node:
        case Num(value):
            return value
        case Neg(Num(value)):
            return -value
    return None
