"""Prose judged by the claims found in it, each with its quotation.

A rubric lists claims as data. A claim is found where one of its patterns holds in a sentence that states
something. The pattern language is that of `grader.checks.patterns`.

Words are compared by stems (`sums`, `summed`, `summing`), mathematics as words (`sigma^4 < sigma^2`). A CONCEPT
is a named group of the rubric with an opposite or none; `grader.checks.reading` finds them.

`LARGE <-> WRONG` holds where largeness is said *of* being wrong: both concepts and their opposites are paired up
along the sentence, neighbours first, those within one segment (between commas, brackets, "and", "but", "when")
before others. "When it is wrong the weight is large, and small when it is right" holds it, the reverse does not.
It holds only where no pair, and no concept left over beside a pair, says the contrary.

Nobody is marked wrong for a sentence that can be read as right: where one sentence makes a needed and a wrong claim,
or it is not clear what is said of what, the verdict is undecided.

Sentences that only suppose (if ... were ... would), report an opinion ("one might think", "it is false that") or
speak of another method claim nothing. Neither do words in a row without a verb, a sign or any small word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.checks.patterns import Group, Item, Pattern, compiled, end_of, items
from grader.checks.reading import DENIALS, Concept, Hit, Read, read_sentence, reads_as_english, states, vocabulary
from grader.checks.sentences import MAX_TEXT, sentences
from grader.errors import RubricError
from grader.model import Evidence, Mention, Silence, Verdict

MAX_EVENTS = 200
__all__ = ["Claim", "Concept", "ProseRubric", "find_claims", "judge_prose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim: `says` in words for the report; found if a pattern of `any_of` holds and none of `unless`.

    `beside` of a wrong claim names the needed claims that one sentence can make with it without contradicting itself.
    """

    id: str
    says: str
    any_of: tuple[str, ...]
    unless: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseRubric:
    """What an answer in prose must say, and must not.

    Attributes:
        needed: The claims that earn.
        enough: How many of `needed` suffice; None for all.
        wrong: Claims that are false.
        concepts: The vocabulary that patterns use by name.
        other_methods: Names of methods; a sentence that opens with "in a VAE" or "with PPO" claims nothing here.
    """

    needed: tuple[Claim, ...]
    enough: int | None = None
    wrong: tuple[Claim, ...] = ()
    concepts: tuple[Concept, ...] = ()
    other_methods: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Compile all patterns once, so that a faulty rubric is an error at load.

        Raises:
            RubricError: for a pattern that cannot be read, a concept that is not defined, an impossible `enough`.
        """
        if self.enough is not None and not 1 <= self.enough <= len(self.needed):
            raise RubricError(f"enough={self.enough}: expected 1 to {len(self.needed)} (the number of needed claims)")
        names = {concept.name for concept in self.concepts}
        for concept in self.concepts:
            if not concept.name.isupper() or (concept.opposite and concept.opposite not in names):
                raise RubricError(f"concept {concept.name!r}: needs an upper-case name and a defined opposite")
        for claim in (*self.needed, *self.wrong):
            for pattern in (*claim.any_of, *claim.unless):
                for item in items(compiled(pattern)):
                    if isinstance(item, str) and item not in names:
                        raise RubricError(f"claim {claim.id!r}: the concept {item!r} in {pattern!r} is not defined")


@dataclass(frozen=True, slots=True)
class _Found:
    """A claim with the indices of the sentences that make it."""

    claim: Claim
    earns: bool
    places: tuple[int, ...]


def _find(reads: Sequence[Read], rubric: ProseRubric) -> list[_Found]:
    found = []
    for earns, claims in ((True, rubric.needed), (False, rubric.wrong)):
        for claim in claims:
            places = tuple(dict.fromkeys(_places(claim, reads, rubric)))
            if places:
                found.append(_Found(claim, earns, places))
    return found


def _reads(text: str, rubric: ProseRubric) -> list[Read]:
    return [
        read_sentence(sentence, rubric.concepts)
        for sentence in sentences(text)
        if states(sentence, rubric.other_methods)
    ]


def _mentions(found: Sequence[_Found], reads: Sequence[Read], check: str) -> list[Mention]:
    return [
        Mention(check=check, claim=f.claim.says, quotation=reads[f.places[0]].sentence.quotation, earns=f.earns)
        for f in found
    ]


def find_claims(text: str, rubric: ProseRubric, *, check: str = "prose") -> list[Mention]:
    """Return the claims of the rubric that the text makes, each once, with the sentence that makes it.

    >>> tall = Claim(id="tall", says="it is tall", any_of=("tower & tall",))
    >>> [found.quotation for found in find_claims("The tower is tall. Is it?", ProseRubric(needed=(tall,)))]
    ['The tower is tall.']
    """
    reads = _reads(text, rubric)
    return _mentions(_find(reads, rubric), reads, check)


def judge_prose(text: str, rubric: ProseRubric, *, check: str = "prose") -> tuple[Verdict, tuple[Evidence, ...]]:
    """Return the verdict on a text and the claims behind it.

    Correct: enough needed claims and no wrong one. Partial: a wrong claim in another sentence than the right ones,
    or only some of the needed. Incorrect: a wrong claim and no sentence that can be read as right. Undecided (a person
    looks): nothing is recognised, a sentence can be read both ways, or the text is not English. Missing: no text.
    """
    if not text.strip():
        return Verdict.MISSING, ()

    def undecided(reason: str) -> tuple[Verdict, tuple[Evidence, ...]]:
        return Verdict.UNDECIDED, (Silence(check=check, reason=reason + "; a person looks"),)

    if len(text) > MAX_TEXT:
        return undecided(f"the text is longer than {MAX_TEXT} characters")
    if not reads_as_english(text):
        return undecided("the text does not read as English")
    reads = _reads(text, rubric)
    found = _find(reads, rubric)
    right = [f for f in found if f.earns]
    wrong = [f for f in found if not f.earns]
    for bad in wrong:
        for good in right:
            if good.claim.id not in bad.claim.beside and (both := set(good.places) & set(bad.places)):
                quotation = reads[min(both)].sentence.quotation
                return undecided(f"a right and a wrong claim are recognised in one sentence: {quotation!r}")
    if not right and (unclear := next((r for r in reads if _unclear(r, rubric)), None)) is not None:
        return undecided(f"it is not clear what is said of what in {unclear.sentence.quotation!r}")
    if not found:
        return undecided("no claim of the rubric was recognised in the text")
    enough = len(rubric.needed) if rubric.enough is None else rubric.enough
    mentions = tuple(_mentions(found, reads, check))
    if right and (wrong or len(right) < enough):
        return Verdict.PARTIAL, mentions
    return (Verdict.CORRECT if right else Verdict.INCORRECT), mentions


# ---------------------------------------------------------------- finding


def _places(claim: Claim, reads: Sequence[Read], rubric: ProseRubric) -> Iterator[int]:
    for text in claim.any_of:
        pattern = compiled(text)
        for first in range(len(reads)):
            window = reads[first : first + 1 + pattern.neighbours]
            if _holds(pattern, window, rubric) and not any(_holds(compiled(u), window, rubric) for u in claim.unless):
                yield first + (_heavier(pattern, window, rubric) if len(window) > 1 else 0)


def _heavier(pattern: Pattern, window: Sequence[Read], rubric: ProseRubric) -> int:
    """Return the index of the sentence of a window that carries more of a pattern."""
    counts = [sum(_term_holds(term, [read], rubric) for term in pattern.terms) for read in window]
    return counts.index(max(counts))


def _holds(pattern: Pattern, window: Sequence[Read], rubric: ProseRubric) -> bool:
    return all(_term_holds(term, window, rubric) for term in pattern.terms)


def _term_holds(term: tuple[Group, ...], window: Sequence[Read], rubric: ProseRubric) -> bool:
    if len(term) == 2:
        return any(_pairs(read, term[0], term[1], rubric) for read in window)
    return any(_item_holds(item, read) for read in window for item in term[0])


def _item_holds(item: Item, read: Read) -> bool:
    if isinstance(item, str):
        return any(hit.concept == item for hit in read.hits)
    words = read.sentence.words
    denies = any(element is not None and element[0] & DENIALS for element in item)
    for at in range(len(words)):
        end = end_of(item, words, at, read.segments) if at not in read.denied else None
        # "The mean is not wrong": the gap of `mean ~ wrong` must not swallow the denial.
        if end is not None and (denies or end - 1 not in read.denied):
            return True
    return False


def _pairs(read: Read, first: Group, second: Group, rubric: ProseRubric) -> bool:
    """Return whether a concept of `first` is said of one of `second`, and no reading denies it."""
    said = _said(read, first, second, rubric)
    return bool(said) and all(said)


def _unclear(read: Read, rubric: ProseRubric) -> bool:
    """Return whether a sentence pairs the concepts of some `<->` of the rubric so that it can be read both ways."""
    for claim in (*rubric.needed, *rubric.wrong):
        for text in claim.any_of:
            for term in compiled(text).terms:
                if len(term) == 2 and len(set(_said(read, term[0], term[1], rubric))) == 2:
                    return True
    return False


def _said(read: Read, first: Group, second: Group, rubric: ProseRubric) -> list[bool]:
    """Return for each pair of the best pairing along the sentence, and each rival, whether it is `first <-> second`.

    A pair of `first` with `second`, or of their opposites, counts as such ("large when wrong" and "small when right"
    are one statement). A rival is a concept that was left over and stands as near to one of the other kind.
    Nothing is returned where no pair is exactly `first <-> second`.
    """
    opposites = vocabulary(rubric.concepts)[1]
    axes = [{c for item in side for c in (str(item), opposites[str(item)]) if c} for side in (first, second)]
    events: list[tuple[int, Hit]] = []
    for hit in read.hits:
        axis = 0 if hit.concept in axes[0] else 1 if hit.concept in axes[1] else None
        if axis is not None and not (events and events[-1][1].concept == hit.concept):
            events.append((axis, hit))
    best: list[tuple[float, tuple[tuple[int, int], ...]]] = [(0, ()), (0, ())]
    for i in range(1, min(len(events), MAX_EVENTS)):
        (axis, here), (before, there) = events[i], events[i - 1]
        options = [best[i]]
        if axis != before:
            near = 3 - min(2, here.segment - there.segment)
            options.append((best[i - 1][0] + near + _fronted(read, there), (*best[i - 1][1], (i - 1, i))))
        best.append(max(options, key=lambda option: option[0]))

    def direct(i: int, j: int) -> bool:
        at = {events[i][0]: events[i][1].concept, events[j][0]: events[j][1].concept}
        return (at[0] in first) == (at[1] in second)

    pairs = best[-1][1]
    paired = {i for pair in pairs for i in pair}
    rivals = [
        direct(i, i + 1)
        for i in range(min(len(events), MAX_EVENTS) - 1)
        if (i not in paired) != (i + 1 not in paired)
        and events[i][0] != events[i + 1][0]
        and events[i + 1][1].segment - events[i][1].segment <= 1
    ]
    said = [direct(i, j) for i, j in pairs]
    return [*said, *rivals] if any(_exact(events[i], events[j], first, second) for i, j in pairs) else []


def _exact(here: tuple[int, Hit], there: tuple[int, Hit], first: Group, second: Group) -> bool:
    at = {here[0]: here[1].concept, there[0]: there[1].concept}
    return at[0] in first and at[1] in second


def _fronted(read: Read, hit: Hit) -> float:
    """Return a bonus for a condition that opens its segment (`when it is wrong, ...`): it goes with what follows."""
    opening = next(
        word for word, segment in zip(read.sentence.raw, read.segments, strict=True) if segment == hit.segment
    )
    return 0.5 if opening in ("when", "whenever", "if", "where", "for", "once", "as", "in") else 0.0
