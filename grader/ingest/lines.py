"""The structure of a markdown text that everything else relies on: fences, quotes, displays, comments. All linear."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

_FENCE = re.compile(r"[ \t]{0,12}(?:[-*][ \t]+|\d{1,3}[.)][ \t]+)?(`{3,}|~{3,})([^`]*)$")
_MATH_TOKEN = re.compile(r"\\[\[\]()]|\\.|\$\$|\$|\n[ \t]*(?=\n)|\n", re.DOTALL)
_PAGE = re.compile(r"\s*page\s+(\d{1,6})\s*", re.IGNORECASE)
_PICTURE = re.compile(r"\b(?:images?|pictures?|screenshots?|figures?)\b", re.IGNORECASE)


class Kind(Enum):
    """What a line is; only `TEXT` can hold a label or a speaker."""

    TEXT = "text"
    CODE = "code"
    QUOTE = "quote"
    MATH = "math"


@dataclass(frozen=True, slots=True, kw_only=True)
class MathSpan:
    """One formula in a text: `text[start:stop]` lies between its delimiters."""

    start: int
    stop: int
    delimiter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """A text without its HTML comments.

    Attributes:
        text: With the same line breaks as before.
        pages: (line, page) where a page comment stood; lines count from 1.
        pictures: Lines of comments that stand for a picture.
    """

    text: str
    pages: tuple[tuple[int, int], ...]
    pictures: tuple[int, ...]


def without_comments(text: str) -> Cleaned:
    """Return the text without `<!-- ... -->`; line breaks inside comments stay, so line numbers hold."""
    pieces: list[str] = []
    pages: list[tuple[int, int]] = []
    pictures: list[int] = []
    at, line = 0, 1
    while (start := text.find("<!--", at)) >= 0:
        stop = text.find("-->", start + 4)
        if stop < 0:
            break
        line += text.count("\n", at, start)
        body = text[start + 4 : stop]
        if page := _PAGE.fullmatch(body):
            pages.append((line, int(page[1])))
        elif _PICTURE.search(body):
            pictures.append(line)
        pieces += [text[at:start], "\n" * body.count("\n")]
        line += body.count("\n")
        at = stop + 3
    return Cleaned(text="".join([*pieces, text[at:]]), pages=tuple(pages), pictures=tuple(pictures))


def without_code(lines: Sequence[str]) -> list[str]:
    """Return the lines with those of code fences blanked out, equally long.

    A fence that is never closed counts as one line only: it must not swallow the rest of a transcript.
    """
    shown = list(lines)
    closers: dict[str, int] = {}
    fences = [number for number, line in enumerate(lines) if "```" in line or "~~~" in line]
    for number in fences:
        if (match := _FENCE.match(lines[number])) and not match[2].strip():
            closers[match[1][0]] = number
    stop = -1
    for number in fences:
        match = _FENCE.match(lines[number]) if number > stop else None
        if match is None:
            continue
        mark = match[1]
        stop = number
        if closers.get(mark[0], -1) > number:
            for later in range(bisect_right(fences, number), len(fences)):
                candidate = fences[later]
                end = _FENCE.match(lines[candidate])
                if end and end[1].startswith(mark) and not end[2].strip():
                    stop = candidate
                    break
            else:
                closers[mark[0]] = number  # only shorter fences follow: not closed
        for index in range(number, stop + 1):
            shown[index] = " " * len(lines[index])
    return shown


def math_spans(text: str) -> Iterator[MathSpan]:
    """Yield the formulas in `$ $`, `$$ $$`, `\\( \\)`, `\\[ \\]`, in order; a formula that is not closed is none."""
    opened, start, alone = "", 0, False
    for token in _MATH_TOKEN.finditer(text):
        mark = token[0]
        if mark[0] == "\n":
            is_break = token.end() < len(text) and text[token.end()] == "\n"
            if opened == "$" or (is_break and opened in ("\\(", "$$") and not alone):
                opened = ""
        elif mark in ("\\[", "\\("):
            if opened in ("", "\\[", "\\("):
                opened, start, alone = mark, token.end(), False
        elif mark in ("\\]", "\\)"):
            if opened == ("\\[" if mark == "\\]" else "\\("):
                yield MathSpan(start=start, stop=token.start(), delimiter=opened)
                opened = ""
        elif mark in ("$", "$$"):
            if opened == mark:
                yield MathSpan(start=start, stop=token.start(), delimiter=opened)
                opened = ""
            elif not opened or (opened == "$" and mark == "$$"):
                line_end = text.find("\n", token.end(), token.end() + 80)
                rest = text[token.end() : line_end if line_end >= 0 else token.end() + 80]
                opened, start, alone = mark, token.end(), mark == "$$" and not rest.strip()


def classify(lines: Sequence[str]) -> list[Kind]:
    """Return what each line is: code, quotation, inside a displayed formula, or text."""
    shown = without_code(lines)
    kinds = [
        Kind.CODE if line.strip() and not blank.strip() else Kind.TEXT for line, blank in zip(lines, shown, strict=True)
    ]
    for number, line in enumerate(shown):
        if line.lstrip().startswith(">"):
            kinds[number] = Kind.QUOTE
    text = "\n".join(shown)
    first, at = 0, 0
    for span in math_spans(text):
        first += text.count("\n", at, span.start)
        at = span.start
        if span.delimiter in ("$$", "\\["):
            stop = first + text.count("\n", span.start, span.stop)
            opens = shown[first].lstrip().startswith(span.delimiter)
            for index in range(first if opens else first + 1, stop + 1):
                kinds[index] = Kind.MATH
    return kinds


def cells_of(line: str) -> list[str]:
    r"""Return the cells of a table row; a `|` in a formula or behind a backslash separates none.

    >>> cells_of(r"| 1c | $p(y|x)$ | `a\|b` |")
    ['1c', '$p(y|x)$', '`a|b`']
    """
    covered = [(span.start, span.stop) for span in math_spans(line)]
    cells, current, at, span = [], "", 0, 0
    while at < len(line):
        while span < len(covered) and covered[span][1] <= at:
            span += 1
        inside = span < len(covered) and covered[span][0] <= at < covered[span][1]
        if line[at] == "\\" and line[at + 1 : at + 2] == "|" and not inside:
            current += "|"
            at += 2
            continue
        if line[at] == "|" and not inside:
            cells.append(current.strip())
            current = ""
        else:
            current += line[at]
        at += 1
    cells.append(current.strip())
    if cells and not cells[0] and line.lstrip().startswith("|"):
        cells = cells[1:]
    if cells and not cells[-1] and line.rstrip().endswith("|"):
        cells = cells[:-1]
    return cells
