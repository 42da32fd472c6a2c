"""What a text is read as: statements, places with two readings, and how far sums reach."""

from __future__ import annotations

from dataclasses import dataclass

from grader.formula.tree import Add, Big, Mul, Neg, Node, Sym, free_symbols


@dataclass(frozen=True, slots=True)
class Site:
    """A place with two readings: `kind` says which question it is, `readings` what each means.

    Attributes:
        subject: The symbol in question, where it is one.
        default: Which of the readings is taken when nothing else is said.
    """

    offset: int
    kind: str
    readings: tuple[str, str]
    subject: Sym | None = None
    default: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A relation sign in a chain and what stands on its right."""

    op: str
    rhs: Node
    offset: int


@dataclass(frozen=True, slots=True)
class Clause:
    """A chain `first op rhs op rhs ...`; `first` is None where the text begins with the relation sign.

    `lead` holds the words before it (`where`, `if`), `start` and `end` are offsets into the text.
    """

    first: Node | None
    links: tuple[Link, ...]
    lead: str
    start: int
    end: int
    boxed: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text was read as."""

    clauses: tuple[Clause, ...]
    sites: tuple[Site, ...]


def reach_of_sums(terms: list[Node]) -> list[Node]:
    """Return the terms with those that use the variable of an open sum before them drawn under that sum.

    `\\sum_k a_k - b_k` is read as the sum of both: outside of it k would mean nothing.
    """
    for position in range(len(terms) - 1):
        found = _last_sum(terms[position])
        if found is None or found.kind != "sum":
            continue
        later = terms[position + 1 :]
        reach = 0
        for count, term in enumerate(later, start=1):
            if found.variable in free_symbols(term):
                reach = count
        if reach:
            body = Add((found.body, *later[:reach])) if not isinstance(terms[position], Neg) else None
            if body is None:
                flipped = (term.operand if isinstance(term, Neg) else Neg(term) for term in later[:reach])
                body = Add((found.body, *flipped))
            widened = Big("sum", found.variable, found.lower, found.upper, body, found.domain)
            replaced = _replace_last_sum(terms[position], widened)
            return reach_of_sums([*terms[:position], replaced, *later[reach:]])
    return terms


def _last_sum(term: Node) -> Big | None:
    if isinstance(term, Neg):
        return _last_sum(term.operand)
    if isinstance(term, Mul):
        return None
    return term if isinstance(term, Big) else None


def _replace_last_sum(term: Node, widened: Big) -> Node:
    return Neg(widened) if isinstance(term, Neg) else widened
