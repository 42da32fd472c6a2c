"""The exact values from which points are drawn, simple ones first, generic ones last."""

from __future__ import annotations

from fractions import Fraction


def _numbers(text: str) -> tuple[Fraction, ...]:
    return tuple(Fraction(word) for word in text.split())


SIZES = _numbers(
    "1 2 1/2 3 1/3 3/2 1/4 5 2/3 7/5 10 1/10 13/7 29/11 41/37 1/100 100 53/59 7/31 211/97 1/1000 1000 "
    "97/89 61/13 5/43 307/101"
)
SIGNED = _numbers(
    "2 -1 1/2 3 -2 1 -1/3 5/2 -7/4 0 7 -5 1/10 13/9 -29/11 -1/10 37/17 -41/43 100 -100 53/59 -211/97 1/1000 "
    "-1/1000 97/89 -61/13 5/43 -307/101"
)
SHARES = _numbers("1/2 1/3 2/3 1/4 3/4 1/10 9/10 17/41 5/7 1/100 99/100 29/37 7/59 83/89 1/1000 999/1000 43/97")
# Ranges of what is summed over; no two members have the same absolute value.
SUPPORT = _numbers("1 2 -1/2 3 1/3 -3/2 5/2 -5/7")
WEIGHTS = (1, 2, 3, 5, 4, 7, 9, 11)
# Denominators of their own keep sums of terms from vanishing exactly.
OFFSETS = _numbers("17/101 -23/101 31/101 -41/101 53/101 -61/101 71/101")
COEFFICIENTS = _numbers("1/2 -1/3 2/3 1/4 -3/4 1/5 -2/5 3/7 -5/9 7/11")
