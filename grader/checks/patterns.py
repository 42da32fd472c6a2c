"""The pattern language of claims: words in a sentence. Matching is linear in the text; no regular expressions.

    pattern   =  term { " & " term } [ " / 2" ]     all terms in one sentence; with / 2 in two neighbouring ones
    term      =  group  |  group " <-> " group      `<->` joins a pair: what goes with what, see below
    group     =  item { " | " item }
    item      =  CONCEPT  |  phrase
    phrase    =  words one after the other; `a/b` either word, `stem*` any word that begins so,
                 `~` up to four words that do not matter, within one segment

Words are compared by stems (`sums`, `summed`, `summing`), mathematics as words (`sigma^4 < sigma^2`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from grader.checks.sentences import stem
from grader.errors import RubricError

GAP = 4

Element = tuple[frozenset[str], tuple[str, ...]] | None
Phrase = tuple[Element, ...]
Item = str | Phrase
Group = tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern: terms that must all hold, in one sentence or in two neighbouring ones."""

    terms: tuple[tuple[Group, ...], ...]
    neighbours: bool


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Pattern:
    """Return a pattern ready to be looked for.

    Raises:
        RubricError: if it cannot be read.
    """
    body, neighbours = (pattern.removesuffix(" / 2"), True) if pattern.endswith(" / 2") else (pattern, False)
    terms = []
    for term in body.split(" & "):
        sides = tuple(tuple(_item(item.strip()) for item in side.split("|")) for side in term.split(" <-> "))
        if len(sides) > 2 or (len(sides) == 2 and any(not isinstance(item, str) for side in sides for item in side)):
            raise RubricError(f"pattern {pattern!r}: `<->` joins two groups of concepts")
        terms.append(sides)
    return Pattern(tuple(terms), neighbours)


def _item(text: str) -> Item:
    if not text:
        raise RubricError("a pattern has an empty item")
    if text.replace("_", "").isalpha() and text.isupper() and len(text) > 1:
        return text
    return phrase_of(text)


@lru_cache(maxsize=8192)
def phrase_of(text: str) -> Phrase:
    """Return a phrase as its elements, a gap as None.

    Raises:
        RubricError: if it does not begin and end with a word.
    """
    elements: list[Element] = []
    for element in text.split():
        if element == "~":
            elements.append(None)
            continue
        options = element.split("/") if len(element) > 1 else [element]
        starts = tuple(option[:-1] for option in options if option.endswith("*"))
        exact = frozenset(stem(option) for option in options if not option.endswith("*"))
        elements.append((exact, starts))
    if not elements or elements[0] is None or elements[-1] is None:
        raise RubricError(f"phrase {text!r}: must begin and end with a word")
    return tuple(elements)


def items(pattern: Pattern) -> Iterator[Item]:
    """Yield all items of a pattern."""
    for term in pattern.terms:
        for side in term:
            yield from side


def end_of(phrase: Phrase, words: Sequence[str], at: int, segments: Sequence[int] = ()) -> int | None:
    """Return the index after a phrase that begins at `at`, else None; a gap takes as few words as it can.

    Where `segments` are given, a gap never reaches into another segment: `y_w ~ large ~ reward` is not found in
    "the difference to y_w is large when the reward ...".
    """
    reach = [at]
    gap = False
    for element in phrase:
        if element is None:
            gap = True
            continue
        exact, starts = element
        spread = range(GAP + 1) if gap else range(1)
        reach = sorted({
            start + skip + 1
            for start in reach
            for skip in spread
            if start + skip < len(words)
            and not (gap and segments and segments[start - 1] != segments[start + skip])
            and (words[start + skip] in exact or (starts and words[start + skip].startswith(starts)))
        })  # fmt: skip
        gap = False
        if not reach:
            return None
    return reach[0]
