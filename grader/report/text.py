"""Text of strangers made harmless to look at, and points made readable.

Names, answers and quotations reach a terminal, a browser and a spreadsheet. What could move a cursor, reverse
the direction of reading or hide inside a word is replaced by a visible mark; nothing is dropped in silence.
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from typing import cast

_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_MARKED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# Marks above or below a letter; a pile of hundreds would paint over the lines around it.
_MARKS_KEPT = 3
_PILE = re.compile(r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_PLAIN = re.compile(r"[\x20-\x7e\n\t]*")
# More decimals than this are no longer easier to read than a fraction.
_DECIMALS = 6


def _is_unsafe(character: str) -> bool:
    code = ord(character)
    return (
        unicodedata.category(character) in _MARKED_CATEGORIES
        or character in _BLANK_LETTERS
        or 0xFE00 <= code < 0xFE0F
        or 0xE0100 <= code <= 0xE01EF
        or 0xFDD0 <= code <= 0xFDEF
        or code & 0xFFFE == 0xFFFE
    )


def _mark(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return f"‹U+{code:04X}›"


def _thin_pile(match: re.Match[str]) -> str:
    pile = match[0]
    return pile if len(pile) <= _MARKS_KEPT else f"{pile[:_MARKS_KEPT]}‹{len(pile) - _MARKS_KEPT} more marks›"


def inert(text: str, *, keep: str = "\n\t") -> str:
    """Return `text` with control, direction, zero-width and private characters replaced by visible marks.

    Args:
        text: Anything.
        keep: Control characters to leave as they are.

    Examples:
        >>> inert("a\\x1b[31mb\\u202ec")
        'a␛[31mb‹U+202E›c'
    """
    if _PLAIN.fullmatch(text) and "\n" in keep and "\t" in keep:
        return text
    text = text.replace("\r\n", "\n")
    marked = "".join(c if c in keep or not _is_unsafe(c) else _mark(c) for c in text)
    return _PILE.sub(_thin_pile, marked)


def clip(text: str, limit: int) -> str:
    """Return `text`, or its first `limit` characters and a note that says how many are not shown.

    Examples:
        >>> clip("abcdef", 4)
        'abcd… (2 more characters)'
    """
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit} more characters)"


def one_line(text: str, limit: int = 400) -> str:
    """Return `text` inert, with runs of white space as one space, clipped to `limit` characters.

    Examples:
        >>> one_line("  two\\n words ")
        'two words'
    """
    # White space can only shrink: looking at a bounded beginning keeps a text of megabytes cheap.
    head = text[: 8 * limit]
    line = inert(" ".join(head.split()))
    hidden = len(text) - len(head)
    if hidden and len(line) <= limit:
        return f"{line}… ({hidden} more characters)"
    return clip(line, limit) if not hidden else f"{line[:limit]}… (clipped)"


def points(value: object) -> Fraction:
    """Return points as a fraction, from an integer or text `"p/q"` of a results document."""
    if isinstance(value, Fraction):
        return value
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if whole or (isinstance(value, str) and re.fullmatch(r"[0-9]+/[1-9][0-9]*", value)):
        return Fraction(cast(int | str, value))
    raise ValueError(f'points: expected an integer or text such as "1/3", got {value!r}')


def points_text(value: object) -> str:
    """Return points for a reader: an integer, an exact short decimal, else a fraction.

    Examples:
        >>> points_text("5/2"), points_text("1/3"), points_text("7/3"), points_text(2)
        ('2.5', '1/3', '2 1/3', '2')
    """
    exact = points(value)
    scaled = exact * 10**_DECIMALS
    if scaled.denominator == 1:
        whole, rest = divmod(int(scaled), 10**_DECIMALS)
        return f"{whole}.{rest:0{_DECIMALS}d}".rstrip("0").rstrip(".")
    whole, rest_fraction = divmod(exact, 1)
    return f"{whole} {rest_fraction}" if whole else str(rest_fraction)
