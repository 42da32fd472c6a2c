"""LaTeX of strangers as MathML, or None where it cannot be rendered safely.

latex2mathml passes text and attributes through as they stand (`\\text{<img onerror=...>}`, `\\href{javascript:...}`),
so its tree is written out again here with known elements, known attributes and escaped text only.
"""

from __future__ import annotations

import functools
import html
import re
from xml.etree.ElementTree import Element

from latex2mathml import exceptions
from latex2mathml.converter import Converter
from markupsafe import Markup, escape

from grader.report.text import inert

# A formula that a person reads is shorter; conversion is linear up to here.
_LATEX_CHARACTERS = 2_000
_ELEMENTS = 3_000
# Browsers stop nesting at some hundreds.
_DEPTH = 60

# \newcommand doubles a text with each line: 2^n letters from n lines.
_REFUSED = re.compile(r"\\(?:newcommand|renewcommand|providecommand|def|let)(?![A-Za-z])")

_TAGS = frozenset(
    "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd "
    "mstyle mpadded mphantom menclose".split()
)
_WORDS = re.compile(r"[a-z][a-z -]{0,30}")
_LENGTH = re.compile(r"\+?[0-9]{0,2}(?:\.[0-9]{1,4})?(?:em|ex|px|pt|%)?")
_ATTRIBUTES: dict[str, re.Pattern[str]] = {
    "display": re.compile(r"inline|block"),
    "mathvariant": _WORDS,
    "columnalign": _WORDS,
    "form": re.compile(r"prefix|infix|postfix"),
    "notation": _WORDS,
    **dict.fromkeys(("stretchy", "fence", "accent", "accentunder", "displaystyle", "movablelimits"), _WORDS),
    **dict.fromkeys(("linethickness", "width", "minsize", "maxsize", "lspace", "rspace"), _LENGTH),
}

# The converter names no common base for its errors; these are all that it raises on malformed LaTeX.
_FAILURES: tuple[type[Exception], ...] = (
    *(value for value in vars(exceptions).values() if isinstance(value, type) and issubclass(value, Exception)),
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
)


@functools.lru_cache(maxsize=2_048)
def mathml(latex: str, *, is_block: bool = False) -> Markup | None:
    """Return a `<math>` element, or None where the LaTeX is too long, defines macros, or cannot be converted."""
    if not latex.strip() or len(latex) > _LATEX_CHARACTERS or _REFUSED.search(latex):
        return None
    try:
        tree = Converter(display="block" if is_block else "inline").convert_to_element(latex)
    except _FAILURES:
        return None
    pieces: list[str] = []
    return Markup("".join(pieces)) if _write(tree, pieces, _DEPTH) else None


def _write(element: Element, pieces: list[str], depth: int) -> bool:
    """Append the element as safe text; return False where it is too deep, too big or of an unknown kind."""
    if element.tag not in _TAGS or depth == 0 or len(pieces) > 3 * _ELEMENTS:
        return False
    if element.tag == "mrow" and len(element) == 1 and not element.text:
        return _write(element[0], pieces, depth - 1)
    attributes = "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if name in _ATTRIBUTES and _ATTRIBUTES[name].fullmatch(value)
    )
    pieces.append(f"<{element.tag}{attributes}>")
    if element.text:
        pieces.append(str(escape(inert(html.unescape(element.text)))))
    if not all(_write(child, pieces, depth - 1) for child in element):
        return False
    pieces.append(f"</{element.tag}>")
    return True


_MATH_IN_PROSE = re.compile(
    r"\$\$(?P<a>[^$]+)\$\$|\\\[(?P<b>.+?)\\\]|\\\((?P<c>.+?)\\\)|(?<![\\$])\$(?P<d>[^$\n]+)\$", re.DOTALL
)


def rich_text(text: str) -> Markup:
    """Return prose with its formulas between `$` or `\\(` rendered; what cannot be is shown as source."""
    pieces: list[Markup] = []
    end = 0
    for found in _MATH_IN_PROSE.finditer(text):
        is_block = found["a"] is not None or found["b"] is not None
        latex = next(group for group in found.groups() if group is not None)
        rendered = mathml(latex, is_block=is_block)
        if rendered is not None:
            pieces += [escape(inert(text[end : found.start()])), rendered]
            end = found.end()
    pieces.append(escape(inert(text[end:])))
    return Markup("").join(pieces)


_LATEX_COMMAND = re.compile(r"\\[A-Za-z]+|[\^_]\{")


def formula(text: str) -> Markup | None:
    """Return one formula rendered where it is written in LaTeX, with or without dollars; None for plain text."""
    if len(text) > _LATEX_CHARACTERS + 4 or not _LATEX_COMMAND.search(text):
        return None
    stripped = text.strip()
    whole = _MATH_IN_PROSE.fullmatch(stripped)
    if whole is not None:
        stripped = next(group for group in whole.groups() if group is not None)
    return mathml(stripped)
