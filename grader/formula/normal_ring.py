"""Quotients of polynomials over generators, with the relations that hold between them.

A generator stands for a number that is not taken apart any further: a symbol, `exp(x/q)`, `log p`,
`|x|`, `r(x, y)`. Every relation (`g^q = a`) and every operation holds wherever both sides are defined,
so a numerator that reduces to the zero polynomial is a proof, even where generators depend on each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import comb
from typing import Any, NamedTuple

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from grader.formula.tree import Add, Div, Mul, Node, Num, Pow, Sym, num

MAX_TERMS = 1200
MAX_PRODUCT = 40_000  # pairs of terms multiplied in one step
MAX_DEGREE = 400
MAX_BITS = 4096  # of a coefficient
MAX_FACTOR_TERMS = 60  # larger polynomials are kept whole where a factorisation would be of use
MAX_FACTOR_DEGREE = 24

Poly = Any  # flint.fmpq_mpoly: python-flint ships no types


class GiveUpError(Exception):
    """The form is out of reach: an unsupported node, or a budget is spent."""


class UndefinedError(GiveUpError):
    """The expression has a value nowhere: a zero denominator, 0^0, the logarithm of a negative number."""


class RingFullError(Exception):
    """More generators are needed than this ring has."""


class Form(NamedTuple):
    """A quotient of two polynomials without common factor; the denominator is monic."""

    num: Poly
    den: Poly


@dataclass(slots=True, kw_only=True)
class Generator:
    """What stands behind one variable of the ring.

    Attributes:
        node: A tree with the same value.
        free: The symbols that it depends on.
        sign: 2 positive, 1 positive except on a set of measure zero, 0 any real number.
        kind: `sym`, `pi`, `exp`, `root`, `log`, `unsure` (a logarithm whose argument may be negative),
            `formal` (a logarithm that stands in integer powers only), `abs`, `unit`, `sin`, `cos`,
            `gamma`, `opaque`.
        argument: What it is a function of.
        power: `generator^power = value`; 0 where there is no relation.
        is_vector: Whether it is a gradient: such are added and scaled, never multiplied.
    """

    node: Node
    free: frozenset[Sym]
    kind: str
    sign: int = 0
    argument: Form | None = None
    power: int = 0
    value: Poly = None
    is_vector: bool = False


@dataclass(slots=True)
class Ring:
    """A polynomial ring whose generators are named one after the other."""

    width: int
    generators: list[Generator] = field(default_factory=list)
    index: dict[object, int] = field(default_factory=dict)
    positive: list[Poly] = field(default_factory=list)
    nonzero: list[Poly] = field(default_factory=list)
    integer: set[int] = field(default_factory=set)
    related: list[int] = field(default_factory=list)
    ctx: Any = None
    variables: tuple[Poly, ...] = ()
    one: Poly = None

    def __post_init__(self) -> None:
        self.ctx = fmpq_mpoly_ctx.get([f"g{i}" for i in range(self.width)], Ordering.lex)
        self.variables = self.ctx.gens()
        self.one = self.ctx.constant(1)

    # ------------------------------------------------------------ building

    def constant(self, value: Any) -> Form:
        """Return a rational number as a form."""
        if not isinstance(value, int | fmpq):
            value = fmpq(value.numerator, value.denominator)
        return Form(self.ctx.constant(value), self.one)

    def generator(self, key: object, make: Any) -> int:
        """Return the index of the generator with this key, made by `make()` when it is new."""
        found = self.index.get(key)
        if found is not None:
            return found
        made = make()
        if len(self.generators) >= self.width:
            raise RingFullError
        self.generators.append(made)
        place = self.index[key] = len(self.generators) - 1
        if made.power:
            self.related.append(place)
        return place

    def form_of(self, index: int) -> Form:
        """Return a generator as a form."""
        return Form(self.variables[index], self.one)

    def used(self, poly: Poly) -> list[int]:
        """Return the generators that occur in a polynomial."""
        return [i for i, degree in enumerate(poly.degrees()[: len(self.generators)]) if degree > 0]

    def free(self, *polys: Poly) -> frozenset[Sym]:
        """Return the symbols that polynomials depend on."""
        return frozenset().union(*(self.generators[i].free for poly in polys for i in self.used(poly)))

    # ------------------------------------------------------------ arithmetic

    def checked(self, poly: Poly) -> Poly:
        """Return the polynomial if it is within the budgets."""
        if len(poly) > MAX_TERMS or (len(poly) and poly.total_degree() > MAX_DEGREE):
            raise GiveUpError("the expression swells")
        return poly

    def times(self, left: Poly, right: Poly) -> Poly:
        """Return a product within the budgets, reduced by the relations."""
        if len(left) * len(right) > MAX_PRODUCT:
            raise GiveUpError("the expression swells")
        return self.reduced(self.checked(left * right))

    def reduced(self, poly: Poly) -> Poly:
        """Return the polynomial with every `g^q` replaced by its value."""
        if not self.related:
            return poly
        for i in reversed(self.related):
            power = self.generators[i].power
            degree = int(poly.degrees()[i]) if len(poly) else 0
            if degree < power:
                continue
            parts: dict[int, dict[tuple[int, ...], Any]] = {}
            for exponents, coefficient in poly.terms():
                count, rest = divmod(int(exponents[i]), power)
                place = tuple(rest if j == i else int(e) for j, e in enumerate(exponents))
                parts.setdefault(count, {})[place] = coefficient
            poly = self.ctx.constant(0)
            for count, terms in parts.items():
                raised = self.raised(self.generators[i].value, count)
                poly = self.checked(poly + self.times(self.ctx.from_dict(terms), raised))
        return poly

    def raised(self, poly: Poly, power: int) -> Poly:
        """Return a power of a polynomial; the size of the result is bounded before it is computed."""
        terms = len(poly)
        if terms > 1 and comb(power + terms - 1, terms - 1) > MAX_TERMS:
            raise GiveUpError("the power is too large to expand")
        if terms and (poly.total_degree() * power > MAX_DEGREE or self._bits(poly) * power > MAX_BITS):
            raise GiveUpError("the power is too large to expand")
        return self.reduced(poly**power)

    def _bits(self, poly: Poly) -> int:
        return max(max(int(c.p).bit_length(), int(c.q).bit_length()) for c in poly.coeffs())

    def quotient(self, top: Poly, bottom: Poly) -> Form:
        """Return the canonical quotient; square roots, |x| and sines are cleared from the denominator."""
        top, bottom = self.reduced(top), self.reduced(bottom)
        if bottom == 0:
            raise UndefinedError("division by zero")
        if top == 0:
            return Form(top, self.one)
        if not bottom.is_constant():
            for i in reversed(self.related):
                top, bottom = self._cleared(top, bottom, i)
            common = top.gcd(bottom)
            if not common.is_constant():
                top, bottom = top // common, bottom // common
        lead = bottom.leading_coefficient()
        if lead != 1:
            top, bottom = top / lead, bottom / lead
        return Form(self.checked(top), self.checked(bottom))

    def _cleared(self, top: Poly, bottom: Poly, i: int) -> tuple[Poly, Poly]:
        if bottom.degrees()[i] <= 0:
            return top, bottom
        power = self.generators[i].power
        if len({int(exponents[i]) for exponents in bottom.monoms()}) == 1:
            factor = self.variables[i] ** (power - int(bottom.degrees()[i]))
        elif power == 2:
            even = self.ctx.from_dict({e: c for e, c in bottom.terms() if e[i] == 0})
            factor = 2 * even - bottom
        else:
            return top, bottom
        cleared = self.times(bottom, factor)
        if cleared == 0:
            raise GiveUpError("a denominator vanishes on a part of the domain")
        return self.times(top, factor), cleared

    def add(self, left: Form, right: Form) -> Form:
        """Return the sum."""
        if left.den == right.den:
            return self.quotient(left.num + right.num, left.den)
        top = self.times(left.num, right.den) + self.times(right.num, left.den)
        return self.quotient(top, self.times(left.den, right.den))

    def mul(self, left: Form, right: Form) -> Form:
        """Return the product; products of gradients are not taken, since their order might matter."""
        if self.has_vector(left) and self.has_vector(right):
            raise GiveUpError("a product of gradients")
        return self.quotient(self.times(left.num, right.num), self.times(left.den, right.den))

    def div(self, left: Form, right: Form) -> Form:
        """Return the quotient."""
        if self.has_vector(right):
            raise GiveUpError("a quotient by a gradient")
        return self.quotient(self.times(left.num, right.den), self.times(left.den, right.num))

    def scale(self, form: Form, factor: Any) -> Form:
        """Return the form times a rational number."""
        return Form(form.num * factor, form.den) if factor != 0 else self.constant(0)

    def power(self, form: Form, exponent: int) -> Form:
        """Return an integer power."""
        if exponent == 1:
            return form
        if form.num == 0:
            if exponent <= 0:
                raise UndefinedError("zero to a power that is not positive")
            return form
        if self.has_vector(form):
            raise GiveUpError("a power of a gradient")
        top, bottom = self.raised(form.num, abs(exponent)), self.raised(form.den, abs(exponent))
        return self.quotient(top, bottom) if exponent >= 0 else self.quotient(bottom, top)

    def has_vector(self, form: Form) -> bool:
        """Return whether a gradient occurs."""
        return any(g.is_vector for g in self.generators) and any(
            self.generators[i].is_vector for part in form for i in self.used(part)
        )

    def rational(self, form: Form) -> Any:
        """Return the value as a flint rational if the form is a number, else None."""
        if form.den == 1 and form.num.is_constant():
            return form.num.leading_coefficient() if form.num != 0 else fmpq(0)
        return None

    def is_integral(self, form: Form) -> bool:
        """Return whether the value is an integer for all values of the integer symbols."""
        return bool(
            form.den == 1
            and all(c.q == 1 for c in form.num.coeffs())
            and all(i in self.integer for i in self.used(form.num))
        )

    def factors(self, poly: Poly) -> tuple[Any, list[tuple[Poly, int]]]:
        """Return the content and the factors with their exponents; a large polynomial stays whole."""
        if len(poly) == 1:
            exponents, content = next(iter(poly.terms()))
            return content, [(self.variables[i], int(e)) for i, e in enumerate(exponents) if e]
        if len(poly) > MAX_FACTOR_TERMS or poly.total_degree() > MAX_FACTOR_DEGREE:
            lead = poly.leading_coefficient()
            return lead, [(poly / lead, 1)]
        content, found = poly.factor()
        return content, sorted(((f, int(e)) for f, e in found), key=lambda pair: str(pair[0]))

    # ------------------------------------------------------------ signs

    def sign(self, poly: Poly, depth: int = 2) -> int:
        """Return 2 if the polynomial is shown positive, 1 if positive almost everywhere, else 0.

        Shown by its terms; from declared positive polynomials; by n >= 1 of positive integers; by the
        discriminant of a quadratic in one generator.
        """
        if poly == 0:
            return 0
        best = self._sign_by_terms(poly)
        if best or not depth:
            return best
        for declared in self.positive:
            ratio = poly.leading_coefficient() / declared.leading_coefficient()
            for scale in {ratio, *self._ratios(poly, declared)}:
                if scale > 0:
                    rest = poly - declared * scale
                    if rest == 0 or self.sign(rest, depth - 1):
                        return 2
        shifted = [i for i in self.used(poly) if i in self.integer and self.generators[i].sign == 2]
        if shifted:
            moved = poly.compose(*(v + 1 if i in shifted else v for i, v in enumerate(self.variables)))
            if moved.is_constant() or self._sign_by_terms(moved):
                # The shifted symbols may be zero: only a constant term makes the sum positive everywhere.
                start = moved.to_dict().get((0,) * self.width, fmpq(0))
                terms_hold = all(c > 0 for c in moved.coeffs())
                return (2 if start > 0 else 1) if terms_hold else 0
        return self._sign_of_quadratic(poly, depth)

    def is_nonnegative(self, form: Form) -> bool:
        """Return whether the form is shown not to be negative (for bounds of sums; integers only)."""
        value = self.rational(form)
        return bool(value >= 0) if value is not None else bool(form.den == 1 and self.sign(form.num))

    def _ratios(self, poly: Poly, declared: Poly) -> list[Any]:
        known = declared.to_dict()
        return [c / known[e] for e, c in poly.terms() if c < 0 and e in known]

    def _sign_by_terms(self, poly: Poly) -> int:
        best = 1
        for exponents, coefficient in poly.terms():
            if coefficient <= 0:
                return 0
            strict = True
            for i, exponent in enumerate(exponents):
                if exponent and self.generators[i].sign < 2:
                    if exponent % 2 and not self.generators[i].sign:
                        return 0
                    strict = strict and self.variables[i] in self.nonzero
            best = 2 if strict else best
        return best

    def _sign_of_quadratic(self, poly: Poly, depth: int) -> int:
        for i in self.used(poly):
            if poly.degrees()[i] != 2 or self.generators[i].kind != "sym":
                continue
            a, b, c = (self.coefficient(poly, i, k) for k in (2, 1, 0))
            if b != 0 and self.sign(a, depth - 1) == 2:
                gap = 4 * a * c - b * b
                if gap != 0 and (found := self.sign(self.checked(gap), depth - 1)):
                    return found
        return 0

    def coefficient(self, poly: Poly, i: int, power: int) -> Poly:
        """Return the coefficient of a power of one generator."""
        found = {
            tuple(0 if j == i else int(e) for j, e in enumerate(exponents)): c
            for exponents, c in poly.terms()
            if exponents[i] == power
        }
        return self.ctx.from_dict(found)

    # ------------------------------------------------------------ back to a tree

    def tree(self, form: Form) -> Node:
        """Return a tree with the value of the form."""
        top = self.poly_tree(form.num)
        return top if form.den == 1 else Div(top, self.poly_tree(form.den))

    def poly_tree(self, poly: Poly) -> Node:
        """Return a tree with the value of the polynomial."""
        terms: list[Node] = []
        for exponents, c in poly.terms():
            factors: list[Node] = []
            for i, e in enumerate(exponents):
                if e:
                    node = self.generators[i].node
                    factors.append(node if e == 1 else Pow(node, num(int(e))))
            if c != 1 or not factors:
                factors.insert(0, num(f"{int(c.p)}/{int(c.q)}"))
            terms.append(factors[0] if len(factors) == 1 else Mul(tuple(factors)))
        if not terms:
            return Num(num(0).value)
        return terms[0] if len(terms) == 1 else Add(tuple(terms))
