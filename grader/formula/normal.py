"""Proves that two formulas are equal, by canonical quotients of polynomials over generators.

`EQUAL` is a proof that the two sides agree for all real values of the symbols, within the declared
assumptions, at which both sides are defined (x/x = 1 is such an identity). Symbols are real scalars:
formulas with matrices get no proof. `DIFFERENT` is only said of rational functions of real symbols, of
which one that is not zero has a value other than zero in every open set. All else is `UNKNOWN`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from grader.formula import tree as t
from grader.formula.normal_basis import RestartError
from grader.formula.normal_build import Builder
from grader.formula.normal_ring import Form, GiveUpError, Ring, RingFullError
from grader.formula.tree import Big, Node, Sym, children, num, substitute, walk

WIDTHS = (16, 40)
MAX_NODES = 2500
MAX_DEPTH = 120
MAX_RESTARTS = 12


class Equality(StrEnum):
    """What was shown of two formulas."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What is known of the symbols, all of which are real.

    Attributes:
        positive: Symbols, calls or other expressions that are greater than zero.
        integer: Symbols that take integer values.
        nonzero: Symbols or expressions that are never zero.
    """

    positive: frozenset[Node] = frozenset()
    integer: frozenset[Node] = frozenset()
    nonzero: frozenset[Node] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RationalForm:
    """A canonical quotient of polynomials.

    Attributes:
        numerator: Terms: a coefficient, and name and exponent of each generator, sorted.
        denominator: The same, with the leading coefficient 1.
        is_rational: Whether all generators are independent real symbols.
    """

    numerator: tuple[tuple[Fraction, tuple[tuple[str, int], ...]], ...]
    denominator: tuple[tuple[Fraction, tuple[tuple[str, int], ...]], ...]
    is_rational: bool


def is_within_bounds(*nodes: Node) -> bool:
    """Return whether trees are small and shallow enough to be read without exhausting the stack."""
    count = 0
    stack = [(node, 0) for node in nodes]
    while stack:
        node, depth = stack.pop()
        count += 1
        if count > MAX_NODES or depth > MAX_DEPTH:
            return False
        stack.extend((child, depth + 1) for child in children(node))
    return True


def _read(nodes: tuple[Node, ...], assumptions: Assumptions) -> tuple[Builder, tuple[Form, ...]] | None:
    """Return the forms of several trees over one ring, or None where one is out of reach."""
    if not is_within_bounds(*nodes):
        return None
    for width in WIDTHS:
        builder = Builder(Ring(width), assumptions.positive, assumptions.integer, assumptions.nonzero)
        try:
            for _ in range(MAX_RESTARTS):
                try:
                    builder.declare()
                    return builder, tuple(builder.form(node) for node in nodes)
                except RestartError:
                    builder.restart()
        except RingFullError:
            continue
        except GiveUpError:
            return None
    return None


def normal_form(node: Node, assumptions: Assumptions) -> RationalForm | None:
    """Return the canonical form, or None where the tree is out of reach or has no value."""
    read = _read((node,), assumptions)
    if read is None:
        return None
    builder, (form,) = read
    ring = builder.ring
    used = sorted({i for part in form for i in ring.used(part)}, key=lambda i: repr(ring.generators[i].node))
    names = {i: repr(ring.generators[i].node) for i in used}

    def terms(poly: object, scale: Fraction) -> tuple[tuple[Fraction, tuple[tuple[str, int], ...]], ...]:
        found = [
            (Fraction(int(c.p), int(c.q)) / scale, tuple((names[i], int(exponents[i])) for i in used if exponents[i]))
            for exponents, c in poly.terms()  # type: ignore[attr-defined]
        ]
        return tuple(sorted(found, key=lambda term: (term[1], term[0])))

    lead = terms(form.den, Fraction(1))[-1][0]
    return RationalForm(
        numerator=terms(form.num, lead),
        denominator=terms(form.den, lead),
        is_rational=_is_rational(builder, (form,)),
    )


def is_positive(node: Node, assumptions: Assumptions) -> bool:
    """Return whether the expression is shown to be greater than zero wherever it is defined."""
    read = _read((node,), assumptions)
    if read is None:
        return False
    builder, (form,) = read
    if form.num == 0 or builder.ring.has_vector(form):
        return False
    sign = 1
    for poly in form:
        content, factors = builder.ring.factors(poly)
        sign = -sign if content < 0 else sign
        for factor, power in factors:
            if builder.ring.sign(factor) == 2:
                continue
            if builder.ring.sign(-factor) == 2:
                sign = -sign if power % 2 else sign
            elif power % 2 or factor not in builder.ring.nonzero:
                return False
    return sign > 0 or builder.ring.sign(form.num) == builder.ring.sign(form.den) == 2


def _is_rational(builder: Builder, forms: tuple[Form, ...]) -> bool:
    ring = builder.ring
    used = {i for form in forms for part in form for i in ring.used(part)}
    return all(ring.generators[i].kind in ("sym", "pi") and i not in ring.integer for i in used)


def equal_exactly(submitted: Node, expected: Node, assumptions: Assumptions) -> Equality:
    """Return what the canonical forms show of two formulas."""
    read = _read((submitted, expected), assumptions)
    if read is None:
        return Equality.UNKNOWN
    builder, (left, right) = read
    ring = builder.ring
    try:
        gap = ring.reduced(ring.times(left.num, right.den) - ring.times(right.num, left.den))
    except GiveUpError:
        return Equality.UNKNOWN
    if gap == 0:
        return Equality.EQUAL
    if _is_rational(builder, (left, right)):
        return Equality.DIFFERENT
    return Equality.EQUAL if _is_equal_by_induction(builder, gap, assumptions) else Equality.UNKNOWN


def _is_equal_by_induction(builder: Builder, gap: object, assumptions: Assumptions) -> bool:
    """Return whether the gap is linear in one sum or product, whose solution is shown by induction."""
    ring = builder.ring
    bigs = [i for i in ring.used(gap) if isinstance(ring.generators[i].node, Big)]
    if len(bigs) != 1 or gap.degrees()[bigs[0]] != 1:  # type: ignore[attr-defined]
        return False
    found = ring.generators[bigs[0]].node
    if not isinstance(found, Big) or found.kind == "int":
        return False
    slope, rest = (ring.coefficient(gap, bigs[0], power) for power in (1, 0))
    try:
        solution = ring.quotient(-rest, slope)
    except GiveUpError:
        return False
    return proves_closed_form(found, ring.tree(solution), assumptions)


def proves_closed_form(big: Big, closed: Node, assumptions: Assumptions) -> bool:
    """Return whether induction over the upper bound shows that a sum or product has this closed form.

    The upper bound is an integer symbol N plus a number, and N stands neither in the lower bound nor in
    the body. Shown are the value at a first N and the step from N to N + 1. The step may use that N >= 1, and
    nothing else of what is declared of N, since it must hold from the first N on.
    """
    if big.kind not in ("sum", "prod") or big.lower is None or big.upper is None or big.domain is not None:
        return False
    symbols = [s for s in sorted(t.free_symbols(big.upper), key=repr) if s in assumptions.integer]
    for symbol in symbols:
        if not _is_free_of(symbol, big.lower, big.body):
            continue
        read = _read((big.upper - symbol, big.upper - big.lower + num(1)), assumptions)
        if read is None:
            continue
        builder, (offset, count) = read
        value, ring = builder.ring.rational(offset), builder.ring
        if value is None or value.q != 1 or not (ring.is_integral(count) and ring.is_nonnegative(count)):
            continue
        free = Assumptions(positive=_without(assumptions.positive, symbol), integer=assumptions.integer)
        first: Node = big.lower - num(int(value))
        known = free
        if symbol in assumptions.positive:
            start = _read((first,), free)
            number = None if start is None else start[0].ring.rational(start[1][0])
            if number is None or number.q != 1:
                continue
            first = num(max(1, int(number)))
            known = replace(free, positive=free.positive | {symbol})
        at_first = replace(big, upper=substitute(big.upper, {symbol: first}))
        following = substitute(big.body, {big.variable: big.upper + num(1)})
        after = substitute(closed, {symbol: symbol + num(1)})
        step = after / closed if big.kind == "prod" else after - closed
        if (
            equal_exactly(substitute(closed, {symbol: first}), at_first, free) is Equality.EQUAL
            and equal_exactly(step, following, known) is Equality.EQUAL
        ):
            return True
    return False


def _is_free_of(symbol: Sym, *nodes: Node) -> bool:
    return all(part != symbol for node in nodes for part in walk(node))


def _without(nodes: frozenset[Node], symbol: Sym) -> frozenset[Node]:
    """Return the declared nodes that say nothing of the symbol."""
    return frozenset(node for node in nodes if _is_free_of(symbol, node))
