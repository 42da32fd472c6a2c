"""The parts of an assignment as authors name them: `1a`, `part_1a`, `Problem 1 (a)`, a letter alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_ID = re.compile(r"\D{0,40}(\d{1,4})[\W_]*([a-z]*).*|([\W_]*)([a-z]+).*", re.IGNORECASE | re.DOTALL)
_PREFIX = re.compile(r"_*(?:(?:hw|homework)_?\d+_)?(?:part|problem|question|answer|ans|solution|p|q|_)?_?")
_KEY_PREFIX = re.compile(r"(?:(?:hw|homework)\s*\d+\s+)?(?:problem|question|part|answer|ans|solution|q|p)?\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartNames:
    """The part ids of an assignment, and the ways in which they are written.

    Attributes:
        ids: In the order of the assignment.
        by_label: Id by (problem, letter); a missing piece is the empty text.
        by_key: Id by its letters and digits in lower case.
    """

    ids: tuple[str, ...]
    by_label: dict[tuple[str, str], str]
    by_key: dict[str, str]

    @classmethod
    def of(cls, part_ids: Sequence[str]) -> PartNames:
        """Return the names of the given part ids."""
        by_label: dict[tuple[str, str], str] = {}
        for part in part_ids:
            by_label.setdefault(label_of(part), part)
        return cls(ids=tuple(part_ids), by_label=by_label, by_key={_squeezed(part): part for part in part_ids})

    @property
    def problems(self) -> tuple[str, ...]:
        """The problem numbers, in order."""
        return tuple(dict.fromkeys(problem for problem, _ in self.by_label))

    def letters(self, problem: str) -> tuple[str, ...]:
        """Return the letters of a problem, in order."""
        return tuple(letter for number, letter in self.by_label if number == problem)

    def from_name(self, name: str) -> tuple[str, str] | None:
        """Return part id and item of a Python name such as `part_1a` or `part_1b_marginal_prev`.

        >>> PartNames.of(["1a", "1b"]).from_name("hw13_1b_marginal")
        ('1b', 'marginal')
        """
        name = name.lower()
        starts = {m.end() for m in (_PREFIX.match(name),) if m}
        if not starts or starts == {0}:
            return None
        rest = name[starts.pop() :]
        for key in sorted(self.by_key, key=len, reverse=True):
            if (head := _spelled(key, rest)) is not None:
                item = rest[head:]
                if not item or item.startswith("_"):
                    return self.by_key[key], item.strip("_")
        return None

    def from_key(self, key: str) -> str | None:
        """Return the part id that a key of a sheet, a tag or a file name means.

        >>> PartNames.of(["1a", "2b"]).from_key("Problem 2 (B)")
        '2b'
        """
        words = re.sub(r"[\W_]+", " ", key.lower()[:80]).strip()
        match = _KEY_PREFIX.match(words)
        rest = words[match.end() :] if match else words
        squeezed = _squeezed(rest.replace("part", ""))
        return self.by_key.get(squeezed) or self.by_key.get(_squeezed(words))


def label_of(part: str) -> tuple[str, str]:
    """Return problem number and letter of a part id.

    >>> label_of("2b"), label_of("c"), label_of("7")
    (('2', 'b'), ('', 'c'), ('7', ''))
    """
    match = _ID.fullmatch(part)
    if match is None:
        return "", part.lower()
    return (match[1], match[2].lower()) if match[1] else ("", match[4].lower())


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def _spelled(key: str, name: str) -> int | None:
    """Return the length of the start of `name` that spells `key`, underscores between its characters allowed."""
    at = 0
    for index, character in enumerate(key):
        if index and name[at : at + 1] == "_" and name[at + 1 : at + 2] == character:
            at += 1
        if name[at : at + 1] != character:
            return None
        at += 1
    return at
