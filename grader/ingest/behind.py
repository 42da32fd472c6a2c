"""What stands behind a label: `**1d)** X` is `X`, `## 1a (2 points)` is nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

_EMPHASIS = re.compile(r"\*+|_+|`+")
_BULLET = re.compile(r"\s*[-*+]\s+")
_CLOSERS = re.compile(r"\s*[)\]}）］]+")
_COLON = re.compile(r"\s*(?:[:：。]|[.．,;](?!\d))")
_DASH = re.compile(r"\s*[-–—]+(?=\s|$)")
_EQUALS = re.compile(r"\s*=(?!=)\s*")
_POINTS = re.compile(
    r"\s*[(\[（]?\s*\d{1,3}(?:[.,/]\d{1,3})?\s*(?:points?|pts?\b\.?|marks?|p\.|punkte?|puntos?|分)\s*[)\]）]?[:.]?",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(h[1-6]|b|strong|em|i|u)\b[^<>]{0,80}>", re.IGNORECASE)
_HASHES = re.compile(r"\s{0,3}#{1,6}\s")
# Lines that leave a part unanswered: rules, empty fences, "Answer:" with nothing behind it.
_EMPTY_WORDS = re.compile(
    r"(?:(?:my|the|final|your)\s+)*(?:answers?|solutions?|responses?|antwort|lösung|respuesta|réponse|答案|答|解)",
    re.IGNORECASE,
)
_NO_CONTENT = re.compile(r"[\s*_#>|:：.\-–—=`~…+]*")


def text_behind(line: str, rest_at: int) -> str:
    """Return the text of a line behind its label, which ends at `rest_at`: marks of emphasis stay balanced.

    >>> text_behind("**1d)** $X$", 5), text_behind("### (a): Width of $X$ ###", 7), text_behind("1c) -x", 3)
    ('$X$', 'Width of $X$', '-x')
    """
    before, rest = line[:rest_at], line[rest_at:]
    if _HASHES.match(line):
        rest = re.sub(r"(?:^|\s)#{1,20}\s*$", "", rest)
    for tag in _TAG.finditer(before):
        if f"</{tag[1]}>".lower() not in before.lower():
            rest = re.sub(rf"</{tag[1]}>", "", rest, count=1, flags=re.IGNORECASE)
    rest = _without_brace(before, rest)
    if "\\item[" in before and before.count("[") > before.count("]"):
        rest = rest.replace("]", "", 1)
    opened = _open_marks(before)
    bracket = before.rstrip().endswith((")", "]", "）", "］"))
    seen = False
    while True:
        rest, at = rest.lstrip() if seen or not opened else rest, len(rest)
        while opened and rest.lstrip().startswith(opened[-1]):
            rest = rest.lstrip()[len(opened.pop()) :]
        for pattern in (_CLOSERS, _COLON, _DASH):
            match = pattern.match(rest)
            if match and not (pattern is not _CLOSERS and seen) and not (pattern is _CLOSERS and (bracket or seen)):
                rest = rest[match.end() :]
                seen = seen or pattern is not _CLOSERS
                bracket = bracket or pattern is _CLOSERS
                break
        if len(rest) == at:
            break
    if not seen and not bracket and (match := _EQUALS.match(rest)):
        rest = rest[match.end() :]
    if points := _POINTS.match(rest):
        rest = rest[points.end() :]
    unclosed = [mark for mark in opened if mark in rest]
    return "".join(unclosed) + rest.strip()


def says_nothing(lines: Sequence[str]) -> bool:
    """Return whether lines hold no answer: blank lines, rules, headings of what comes next, "Answer:"."""
    shown = [line for line in lines if line.strip() and not _is_empty(line)]
    while shown and _HASHES.match(shown[-1]):
        shown.pop()
    return not shown


def is_title(text: str) -> bool:
    """Return whether the text of a heading has words only: no formula that could be an answer."""
    return bool(text) and not re.search(r"[$\\=~≈∼∝→^<>|/+\d]", text)


def _is_empty(line: str) -> bool:
    if len(line) > 200:
        return False
    announces = any(mark in line for mark in (":", "：", "#", "**"))
    return bool(_NO_CONTENT.fullmatch(_EMPTY_WORDS.sub("", line, count=1) if announces else line))


def _open_marks(before: str) -> list[str]:
    """Return the marks of emphasis that are open at the end of a text, the outermost first."""
    bullet = _BULLET.match(before)
    opened: list[str] = []
    for match in _EMPHASIS.finditer(before, bullet.end() if bullet else 0):
        if opened and opened[-1] == match[0]:
            opened.pop()
        else:
            opened.append(match[0])
    return opened


def _without_brace(before: str, rest: str) -> str:
    """Return the rest without the brace that closes `\\textbf{` or `\\section{` of the label."""
    if "\\" not in before or before.count("{") <= before.count("}"):
        return rest
    depth = 0
    for index, character in enumerate(rest):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            return rest[:index] + rest[index + 1 :]
    return rest
