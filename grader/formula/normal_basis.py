"""Splits arguments of exponentials and angles over a common basis of monomials."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import lcm

from flint import fmpq

from grader.formula.normal_ring import Form, GiveUpError, Poly, Ring

MAX_EXPONENT = 60  # of the generator of an exponential


class RestartError(Exception):
    """The arguments seen so far need a finer basis; everything is read again with it."""


@dataclass(slots=True)
class Basis:
    """How arguments are split: a rational number times each basis element.

    All arguments are brought over the denominator `den`; `q` holds the common denominators of the
    coefficients. The split is linear, so it respects every rational relation of arguments.
    """

    ring: Ring
    den: Poly = None
    q: dict[object, int] = field(default_factory=dict)
    is_used: bool = False

    def __post_init__(self) -> None:
        self.den = self.ring.one

    def split(self, form: Form) -> Iterator[tuple[object, Form, fmpq]]:
        """Yield key, basis element and rational coefficient; their sum of products is `form`.

        Raises:
            RestartError: where the common denominator had to grow after it was used.
        """
        ring = self.ring
        den = form.den // form.den.gcd(self.den)
        if not den.is_constant():
            self.den = ring.times(self.den, den)
            self.den = self.den / self.den.leading_coefficient()
            if self.is_used:
                raise RestartError
        self.is_used = True
        top = ring.times(form.num, self.den // form.den)
        whole, rest = divmod(top, self.den)
        for exponents, c in whole.terms():
            place = tuple(int(e) for e in exponents)
            yield place, Form(ring.ctx.from_dict({place: 1}), ring.one), c
        for exponents, c in rest.terms():
            place = tuple(int(e) for e in exponents)
            yield (place, str(self.den)), ring.quotient(ring.ctx.from_dict({place: 1}), self.den), c

    def common(self, key: object, denominator: int) -> int:
        """Return the common denominator of the coefficients of a basis element.

        Raises:
            RestartError: where it had to grow.
        """
        known = self.q.get(key)
        if known is None:
            self.q[key] = known = denominator
        elif known % denominator:
            self.q[key] = lcm(known, denominator)
            raise RestartError
        if known > MAX_EXPONENT:
            raise GiveUpError("exponents with large denominators")
        return known
