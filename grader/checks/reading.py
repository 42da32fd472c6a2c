"""Sentences with the concepts of a rubric found in them, after denials, contrasts and what is only supposed.

Concepts are found longest first and do not overlap, so `no noise` is one thing and not a denial. A denial (not,
never, far from, ...) turns a concept into its opposite and strikes out what has none. What is set apart (unlike,
rather than, "..., not when ...", "not the mean but ...") is struck out. So is the elliptic half of a contrast
("large if not", "small otherwise", "and near 1 the other way round"): it only repeats what the other half says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from grader.checks.patterns import Phrase, end_of, phrase_of
from grader.checks.sentences import Sentence, sentences, stem

NOTHING = "NOTHING"
SCOPE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """A named group of phrases, with the name of the concept that a denial turns it into (empty for none).

    The name `NOTHING` is for phrases that only look like something: it takes their words from other concepts.
    """

    name: str
    phrases: tuple[str, ...]
    opposite: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A concept at words `start` to `end` (exclusive), in the segment where it begins."""

    concept: str
    start: int
    end: int
    segment: int


@dataclass(frozen=True, slots=True)
class Read:
    """A sentence with its concepts after denials, the words that are struck out, and whether it states anything."""

    sentence: Sentence
    hits: tuple[Hit, ...]
    denied: frozenset[int]
    segments: tuple[int, ...]


# ---------------------------------------------------------------- sentences

DENIALS = frozenset(
    "not never no cannot without neither nor hardly barely none nothing nobody fails fail lacks".split()
)
_APART = ("unlike", "rather than", "instead of", "as opposed to", "in contrast to", "in contrast with", "other than")
_STOPS = frozenset("but because since when whenever if so which while whereas hence therefore → thus although".split())
_PARTING = frozenset("and but while whereas so then → when whenever if because since hence thus".split())
_OPINION = (
    "one/you/we/people/some/students/many might/may/could/would ~ think/say/believe/argue/expect",
    "some/people/students/many/others say/think/believe/claim", "misconception", "tempting",
    "it is false/wrong/incorrect/untrue to/that", "be false/wrong/incorrect/untrue/mistaken to/that",
    "false/wrong/incorrect/mistake to call/think/conclude/assume/expect", "not sure/certain/clear whether/if/that",
    "doubt that/whether/if", "it is not true/correct/case ~ that", "it is not the case that",
    "false/wrong to say/claim", "is a myth",
)  # fmt: skip
_CONDITIONS = frozenset("when whenever if where".split())
_ELLIPSES = tuple(
    tuple(words.split()) for words in (
        "otherwise", "vice versa", "if not", "when not", "else", "the other way round", "the other way around",
        "the opposite case", "the other case", "the reverse case", "the opposite holds", "the reverse holds",
        "the opposite is true", "the reverse is true", "the opposite happens", "the reverse happens",
        "the contrary case",
    )
)  # fmt: skip
_PAST = frozenset("were was had did could".split())
_VERBS = frozenset(
    stem(word) for word in (
        "is are was were be been being has have had do does did can cannot could will would must may might should need "
        "require involve make become becomes get give grow go mean collapse shrink vanish lose fail match keep "
        "compute calculate enumerate evaluate run run into take contain include depend know exist add remove "
        "produce generate yield result lead cause let prevent underestimate overestimate concentrate focus "
        "weigh upweight downweight emphasize learn push update rank order prefer assign scale act tell measure want "
        "use range blow explode suffer equal approach tend remain stay end drive ensure contract goes sits "
        "lies looks differs squeezed decays drops falls"
    ).split()
)  # fmt: skip
_LINKS = frozenset(
    "near almost = ≈ < > ∝ → ≠ not over because of since when if for to by than due with as so in on".split()
)
# Small words that stand in mere lists too.
_LISTED = frozenset("all only no not too which by from".split())
_ENGLISH = frozenset(
    "the a an of is are to in and it that this we for so because which over all not no as with be by than when if on "
    "too from does has have its at only was".split()
)


def states(sentence: Sentence, other_methods: Sequence[str]) -> bool:
    """Return whether a sentence states something about the problem, on the author's own account."""
    words = sentence.words
    if not (_VERBS & set(words) or (_LINKS | _ENGLISH - _LISTED) & set(sentence.raw)):
        return False
    if any(end_of(phrase_of(phrase), words, at) is not None for at in range(len(words)) for phrase in _OPINION):
        return False
    opening = words[:5]
    others = {stem(name.lower()) for name in other_methods}
    if opening and sentence.raw[0] in ("in", "for", "with", "like", "under", "unlike") and others & set(opening[1:]):
        return False
    if (
        len(words) > 4
        and 2 * len(set(sentence.segments)) >= len(words)
        and not (_ENGLISH - _LISTED | _LINKS) & set(sentence.raw)
    ):
        return False  # a list of words with commas
    return not _supposes(sentence.raw)


def _supposes(raw: Sequence[str]) -> bool:
    """Return whether a sentence says what would be if something were otherwise."""
    if "would" not in raw and "could" not in raw:
        return bool(raw) and raw[0] in ("suppose", "imagine", "pretend")
    if "if" not in raw:
        return raw[0] == "had" or " ".join(raw[:2]) in ("were we", "were the", "were it", "had we")
    after = raw[raw.index("if") + 1 :][:8]
    wanted = {"wanted", "want", "tried", "try", "needed", "wished"}
    return not wanted & set(after) and any(word in _PAST or (word.endswith("ed") and len(word) > 4) for word in after)


def read_sentence(sentence: Sentence, concepts: tuple[Concept, ...]) -> Read:
    """Return a sentence with its concepts after denials and contrasts."""
    index, opposites = vocabulary(concepts)
    words, raw = sentence.words, sentence.raw
    segments: list[int] = []
    extra = 0
    for position, word in enumerate(words):
        extra += word in _PARTING
        segments.append(sentence.segments[position] + extra)
    spans: list[Hit] = []
    at = 0
    while at < len(words):
        best = at
        names: set[str] = set()
        for name, phrase in index.get(words[at], ()) if words[at] in index else index[""]:
            end = end_of(phrase, words, at, segments)
            if end is not None and end >= best:
                names = {name} if end > best else names | {name}
                best = end
        names = {NOTHING} if NOTHING in names else names
        spans += [Hit(name, at, best, segments[at]) for name in sorted(names)]
        at = best if names else at + 1
    covered = {position for hit in spans if hit.end - hit.start > 1 for position in range(hit.start, hit.end)}
    flips: dict[int, int] = {}
    struck = _elliptic(raw, segments)
    for position, word in enumerate(raw):
        if position in covered:
            continue
        following = " ".join((*raw[position : position + 3], ""))
        if any(following.startswith(phrase + " ") for phrase in _APART):
            struck |= _scope(sentence, position, 2 * SCOPE)
        elif word == "not" and (apart := _set_apart(raw, segments, position)):
            struck |= apart
        elif following.startswith("far from ") or (
            word in DENIALS and raw[position + 1 : position + 2] not in (("only",), ("just",), ("merely",))
        ):
            for reached in _scope(sentence, position, SCOPE):
                flips[reached] = flips.get(reached, 0) + 1
    hits = []
    for hit in spans:
        if hit.start in struck:
            continue
        if flips.get(hit.start, 0) % 2:
            if opposites[hit.concept]:
                hits.append(Hit(opposites[hit.concept], hit.start, hit.end, hit.segment))
        else:
            hits.append(hit)
    denied = frozenset(struck | {position for position, count in flips.items() if count % 2})
    return Read(sentence, tuple(hits), denied, tuple(segments))


def _scope(sentence: Sentence, cue: int, reach: int) -> set[int]:
    """Return the words that a denial at `cue` reaches: to the end of its segment, a conjunction, or of whom it speaks.

    "Not large for the right pairs" denies largeness and not rightness; "no closed form and many terms" denies the form.
    """
    reached: set[int] = set()
    stops = _STOPS | {"and"} if sentence.raw[cue] in ("no", "without", "lacks") else _STOPS
    for position in range(cue + 1, min(cue + 1 + reach, len(sentence.words))):
        if sentence.segments[position] != sentence.segments[cue] or sentence.raw[position] in stops:
            break
        if sentence.raw[position] in ("for", "on") and position > cue + 1:
            break
        reached.add(position)
    return reached


def _set_apart(raw: Sequence[str], segments: Sequence[int], position: int) -> set[int]:
    """Return the words of "..., not when ..." or of "not the ... but" from a `not` on; empty for any other `not`."""
    after = raw[position + 1] if position + 1 < len(raw) else ""
    opens = position == 0 or segments[position - 1] != segments[position]
    if opens and after in ("when", "whenever", "if", "where", "for"):
        last = segments[position + 1]
        return {at for at in range(position, len(raw)) if segments[at] <= last}
    if opens and after in ("the", "a", "an") and "but" in raw[position:]:
        return set(range(position, raw.index("but", position)))
    return set()


def _elliptic(raw: Sequence[str], segments: Sequence[int]) -> set[int]:
    """Return the words of clauses that only say "and the reverse in the other case"."""
    struck: set[int] = set()
    parts = sorted(set(segments))
    for marker in _ELLIPSES:
        for at in range(len(raw)):
            if raw[at : at + len(marker)] != marker:
                continue
            segment = segments[at]
            inside = [word for word, of in zip(raw, segments, strict=True) if of == segment]
            lead = inside.index(marker[0]) if inside[0] not in _CONDITIONS else 0
            if marker[-1] == "not" and (raw[at] != inside[0] or len(inside) > len(marker)):
                continue  # "if not all are ...": a condition of its own
            whole = {segment}
            earlier = [part for part in parts if part < segment]
            later = {part for part in parts if part > segment}
            if inside[0] in _CONDITIONS:
                whole |= {earlier[-1]} if earlier else later
            elif earlier and len(inside) <= len(marker) + 1:
                whole |= later if inside[0] != "and" else set()
            elif lead < 2:
                whole |= later
            struck |= {position for position, of in enumerate(segments) if of in whole}
    return struck


@lru_cache(maxsize=64)
def vocabulary(concepts: tuple[Concept, ...]) -> tuple[_Index, dict[str, str]]:
    """Return phrases by their first stem (under "" those that begin with an open stem), and the opposites."""
    index: dict[str, tuple[tuple[str, Phrase], ...]] = {}
    loose = [(c.name, phrase_of(text)) for c in concepts for text in c.phrases if (phrase_of(text)[0] or (0, ()))[1]]
    for concept in concepts:
        for text in concept.phrases:
            phrase = phrase_of(text)
            first = phrase[0]
            for word in sorted(first[0]) if first else ():
                index[word] = (*index.get(word, ()), (concept.name, phrase))
    index = {word: (*phrases, *loose) for word, phrases in index.items()}
    index[""] = tuple(loose)
    return index, {concept.name: concept.opposite for concept in concepts}


_Index = Mapping[str, tuple[tuple[str, Phrase], ...]]


def reads_as_english(text: str) -> bool:
    """Return whether a text has as many small English words as English has; short texts do."""
    words = [word for sentence in sentences(text) for word in sentence.raw if word.isalpha() and len(word) > 1]
    return len(words) < 8 or sum(word in _ENGLISH for word in words) * 12 >= len(words)
