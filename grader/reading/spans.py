"""Where the mathematics stands in markdown: `$ $`, `$$ $$`, `\\( \\)`, `\\[ \\]` and LaTeX environments.

Code fences and inline code are skipped. A dollar sign opens mathematics only where a formula can follow and the
closing one stands in the same paragraph, so that "$5 and $6" stays prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_OPENERS = re.compile(
    r"(?P<fence>^[ \t]*(?:```|~~~)[^\n]*\n)|(?P<code>`+)|(?P<escaped>\\\$)|(?P<display>\$\$)|(?P<inline>\$)"
    r"|(?P<paren>\\\()|(?P<bracket>\\\[)|(?P<environment>\\begin\{(?P<name>equation|align|gather|multline|aligned)\*?\})",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Span:
    """A formula in a text: `text[start:end]` is the whole span, `latex` what stands between the delimiters."""

    start: int
    end: int
    latex: str
    latex_start: int
    is_display: bool


def spans(text: str) -> Iterator[Span]:
    """Yield the formulas of a markdown text in order, with their offsets."""
    position = 0
    while match := _OPENERS.search(text, position):
        kind = match.lastgroup if match.lastgroup != "name" else "environment"
        start, after = match.start(), match.end()
        position = after
        if kind == "fence":
            close = re.compile(r"^[ \t]*(?:```|~~~)[ \t]*$", re.MULTILINE).search(text, after)
            position = close.end() if close else len(text)
        elif kind == "code":
            close_at = text.find(match.group(), after)
            position = close_at + len(match.group()) if close_at >= 0 else after
        elif kind in ("display", "paren", "bracket"):
            closer = {"display": "$$", "paren": "\\)", "bracket": "\\]"}[kind]
            close_at = text.find(closer, after)
            if close_at >= 0:
                position = close_at + len(closer)
                yield Span(start, position, text[after:close_at], after, is_display=kind != "paren")
        elif kind == "inline":
            close_at = _closing_dollar(text, after)
            if close_at >= 0:
                position = close_at + 1
                yield Span(start, position, text[after:close_at], after, is_display=False)
        elif kind == "environment":
            closer_match = re.compile(r"\\end\{" + match.group("name") + r"\*?\}").search(text, after)
            if closer_match:
                position = closer_match.end()
                yield Span(start, position, text[start:position], start, is_display=True)


def _closing_dollar(text: str, after: int) -> int:
    """Return where an inline formula closes, or -1 if the dollar sign before `after` opens none."""
    if text[after : after + 1].isspace() or not text[after : after + 1]:
        return -1
    position = after
    while True:
        close = text.find("$", position)
        if close < 0 or "\n\n" in text[after:close]:
            return -1
        if text[close - 1] == "\\":
            position = close + 1
            continue
        if text[close - 1].isspace() or text[close + 1 : close + 2].isdigit():
            return -1
        return close


def line_of(text: str, offset: int) -> int:
    """Return the line, counted from 1, on which an offset stands."""
    return text.count("\n", 0, offset) + 1
