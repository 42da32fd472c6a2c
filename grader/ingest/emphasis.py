"""What a CommonMark renderer leaves of a formula that it takes for text: the certificate of a repair.

The delimiter algorithm of CommonMark 0.31, section 6.2 (emphasis), and section 2.4 (backslash escapes).
"""

from __future__ import annotations

import string
import unicodedata
from dataclasses import dataclass

_PUNCTUATION = frozenset(string.punctuation)


@dataclass(slots=True)
class _Run:
    mark: str
    position: int
    length: int
    left: int
    can_open: bool
    can_close: bool


def rendered(text: str) -> str:
    """Return the text as a renderer shows it: pairs of `_` and `*` eaten, backslashes before punctuation eaten.

    >>> rendered(r"\\mathbb{E}_{x \\sim \\pi_\\theta} p \\| q")
    '\\\\mathbb{E}{x \\\\sim \\\\pi\\\\theta} p | q'
    """
    runs = _runs(text)
    eaten = {position for run in _paired(runs) for position in run}
    kept: list[str] = []
    index = 0
    while index < len(text):
        if text[index] == "\\" and text[index + 1 : index + 2] in _PUNCTUATION and index + 1 < len(text):
            kept.append(text[index + 1])
            index += 2
            continue
        if index not in eaten:
            kept.append(text[index])
        index += 1
    return "".join(kept)


def _runs(text: str) -> list[_Run]:
    runs: list[_Run] = []
    index = 0
    while index < len(text):
        mark = text[index]
        if mark == "\\" and text[index + 1 : index + 2] in _PUNCTUATION:
            index += 2
            continue
        if mark not in "*_":
            index += 1
            continue
        stop = index
        while stop < len(text) and text[stop] == mark:
            stop += 1
        before = text[index - 1] if index else " "
        after = text[stop] if stop < len(text) else " "
        left = not after.isspace() and (not _is_punct(after) or before.isspace() or _is_punct(before))
        right = not before.isspace() and (not _is_punct(before) or after.isspace() or _is_punct(after))
        if mark == "*":
            can_open, can_close = left, right
        else:
            can_open = left and (not right or _is_punct(before))
            can_close = right and (not left or _is_punct(after))
        runs.append(_Run(mark, index, stop - index, stop - index, can_open, can_close))
        index = stop
    return runs


def _paired(runs: list[_Run]) -> list[list[int]]:
    """Return the positions of the delimiters that pair up."""
    eaten: list[list[int]] = []
    openers: list[_Run] = []
    # Below these heights no opener fits a closer of the same kind: keeps the search linear (openers_bottom).
    bottoms: dict[tuple[str, bool, int], int] = {}
    for run in runs:
        kind = (run.mark, run.can_open, run.length % 3)
        while run.can_close and run.left:
            bottom = min(bottoms.get(kind, 0), len(openers))
            at = next((i for i in range(len(openers) - 1, bottom - 1, -1) if _match(openers[i], run)), None)
            if at is None:
                bottoms[kind] = len(openers)
                break
            opener = openers[at]
            del openers[at + 1 :]
            count = 2 if opener.left >= 2 and run.left >= 2 else 1
            end = opener.position + opener.left
            begin = run.position + run.length - run.left
            eaten.append([*range(end - count, end), *range(begin, begin + count)])
            opener.left -= count
            run.left -= count
            if not opener.left:
                openers.pop()
        if run.can_open and run.left:
            openers.append(run)
    return eaten


def _match(opener: _Run, closer: _Run) -> bool:
    if opener.mark != closer.mark or not opener.left:
        return False
    both = opener.can_close or closer.can_open
    return not (both and (opener.length + closer.length) % 3 == 0 and (opener.length % 3 or closer.length % 3))


def _is_punct(character: str) -> bool:
    return character in _PUNCTUATION or unicodedata.category(character)[0] in "PS"
