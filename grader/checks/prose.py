"""Prose judged by the claims found in it, each with its quotation.

A rubric lists claims as data. A claim is found where one of its patterns holds in a sentence that states
something. The pattern language is that of `grader.checks.patterns`.

Words are compared by stems (`sums`, `summed`, `summing`), mathematics as words (`sigma^4 < sigma^2`). A CONCEPT
is a named group of the rubric with an opposite or none. Concepts are found longest first and do not overlap, so
`no noise` is one thing and not a denial. A denial (not, never, no longer, without, ...) turns a concept into its
opposite and strikes out what has none; what is set apart (unlike, rather than, instead of) is struck out.

`LARGE <-> WRONG` holds where largeness is said *of* being wrong: both concepts and their opposites are paired up
along the sentence, neighbours first, those within one segment (between commas, brackets, "and", "but") before
others. "When it is wrong the weight is large, and small when it is right" holds it, the reverse does not.

Sentences that only suppose (if ... were ... would), report an opinion ("one might think", "it is false that") or
speak of another method claim nothing. Neither do words in a row without a verb, a sign or any small word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from grader.checks.patterns import Group, Item, Pattern, Phrase, compiled, end_of, items, phrase_of
from grader.checks.sentences import MAX_TEXT, Sentence, sentences, stem
from grader.errors import RubricError
from grader.model import Evidence, Mention, Silence, Verdict

MAX_EVENTS = 200
NOTHING = "NOTHING"
SCOPE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim: `says` in words for the report; found if a pattern of `any_of` holds and none of `unless`."""

    id: str
    says: str
    any_of: tuple[str, ...]
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """A named group of phrases, with the name of the concept that a denial turns it into (empty for none).

    The name `NOTHING` is for phrases that only look like something: it takes their words from other concepts.
    """

    name: str
    phrases: tuple[str, ...]
    opposite: str = ""


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
class _Hit:
    concept: str
    start: int
    end: int
    segment: int


@dataclass(frozen=True, slots=True)
class _Read:
    """A sentence with its concepts after denials, the words that are struck out, and whether it states anything."""

    sentence: Sentence
    hits: tuple[_Hit, ...]
    denied: frozenset[int]
    segments: tuple[int, ...]


def find_claims(text: str, rubric: ProseRubric, *, check: str = "prose") -> list[Mention]:
    """Return the claims of the rubric that the text makes, each once, with the sentence that makes it.

    >>> tall = Claim(id="tall", says="it is tall", any_of=("tower & tall",))
    >>> [found.quotation for found in find_claims("The tower is tall. Is it?", ProseRubric(needed=(tall,)))]
    ['The tower is tall.']
    """
    reads = [_read(sentence, rubric) for sentence in sentences(text) if _states(sentence, rubric)]
    found: list[Mention] = []
    for earns, claims in ((True, rubric.needed), (False, rubric.wrong)):
        for claim in claims:
            quotation = next((quotation for quotation in _places(claim, reads, rubric)), None)
            if quotation is not None:
                found.append(Mention(check=check, claim=claim.says, quotation=quotation, earns=earns))
    return found


def judge_prose(text: str, rubric: ProseRubric, *, check: str = "prose") -> tuple[Verdict, tuple[Evidence, ...]]:
    """Return the verdict on a text and the claims behind it.

    Correct: enough needed claims and no wrong one. Partial: a wrong claim beside right ones, or only some of the
    needed. Incorrect: a wrong claim and no needed one. Undecided: text in which nothing is recognised, or text that
    is not English (a person looks). Missing: no text.
    """
    if not text.strip():
        return Verdict.MISSING, ()
    if len(text) > MAX_TEXT:
        return Verdict.UNDECIDED, (Silence(check=check, reason=f"the text is longer than {MAX_TEXT} characters"),)
    if not _reads_as_english(text):
        return Verdict.UNDECIDED, (Silence(check=check, reason="the text does not read as English; a person looks"),)
    mentions = find_claims(text, rubric, check=check)
    right = sum(mention.earns for mention in mentions)
    wrong = len(mentions) - right
    enough = len(rubric.needed) if rubric.enough is None else rubric.enough
    if not mentions:
        reason = "no claim of the rubric was recognised in the text; a person looks"
        return Verdict.UNDECIDED, (Silence(check=check, reason=reason),)
    if right and (wrong or right < enough):
        return Verdict.PARTIAL, tuple(mentions)
    return (Verdict.CORRECT if right else Verdict.INCORRECT), tuple(mentions)


# ---------------------------------------------------------------- sentences

_DENIALS = frozenset(
    "not never no cannot without neither nor hardly barely none nothing nobody fails fail lacks".split()
)
_APART = ("unlike", "rather than", "instead of", "as opposed to", "in contrast to", "in contrast with", "other than")
_STOPS = frozenset("but because since when whenever if so which while whereas hence therefore → thus although".split())
_PARTING = frozenset("and but while whereas so then → when whenever if because since hence thus".split())
_OPINION = (
    "one/you/we/people/some/students/many might/may/could/would ~ think/say/believe/argue/expect",
    "some/people/students/many/others say/think/believe/claim", "misconception", "tempting",
    "it is false/wrong/incorrect/untrue to/that", "it is not true/correct/case ~ that", "it is not the case that",
    "false/wrong to say/claim", "is a myth",
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


def _states(sentence: Sentence, rubric: ProseRubric) -> bool:
    """Return whether a sentence states something about the problem, on the author's own account."""
    words = sentence.words
    if not (_VERBS & set(words) or (_LINKS | _ENGLISH - _LISTED) & set(sentence.raw)):
        return False
    if any(end_of(phrase_of(phrase), words, at) is not None for at in range(len(words)) for phrase in _OPINION):
        return False
    opening = words[:5]
    others = {stem(name.lower()) for name in rubric.other_methods}
    if opening and sentence.raw[0] in ("in", "for", "with", "like", "under", "unlike") and others & set(opening[1:]):
        return False
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


def _read(sentence: Sentence, rubric: ProseRubric) -> _Read:
    index, opposites = _vocabulary(rubric.concepts)
    words, raw = sentence.words, sentence.raw
    segments: list[int] = []
    extra = 0
    for position, word in enumerate(words):
        extra += word in _PARTING
        segments.append(sentence.segments[position] + extra)
    spans: list[_Hit] = []
    at = 0
    while at < len(words):
        best = at
        names: set[str] = set()
        for name, phrase in index.get(words[at], ()) if words[at] in index else index[""]:
            end = end_of(phrase, words, at)
            if end is not None and end >= best:
                names = {name} if end > best else names | {name}
                best = end
        names = {NOTHING} if NOTHING in names else names
        spans += [_Hit(name, at, best, segments[at]) for name in sorted(names)]
        at = best if names else at + 1
    covered = {position for hit in spans if hit.end - hit.start > 1 for position in range(hit.start, hit.end)}
    flips: dict[int, int] = {}
    struck: set[int] = set()
    for position, word in enumerate(raw):
        if position in covered:
            continue
        if any(
            " ".join((*raw[position : position + 3], "")).startswith(phrase + " ")
            for phrase in _APART
            if phrase.startswith(word)
        ):
            struck |= _scope(sentence, position, 2 * SCOPE)
        elif word in _DENIALS and raw[position + 1 : position + 2] not in (("only",), ("just",), ("merely",)):
            for reached in _scope(sentence, position, SCOPE):
                flips[reached] = flips.get(reached, 0) + 1
    hits = []
    for hit in spans:
        if hit.start in struck:
            continue
        if flips.get(hit.start, 0) % 2:
            if opposites[hit.concept]:
                hits.append(_Hit(opposites[hit.concept], hit.start, hit.end, hit.segment))
        else:
            hits.append(hit)
    denied = frozenset(struck | {position for position, count in flips.items() if count % 2})
    return _Read(sentence, tuple(hits), denied, tuple(segments))


def _scope(sentence: Sentence, cue: int, reach: int) -> set[int]:
    """Return the words that a denial at `cue` reaches: to the end of its segment or a conjunction."""
    reached: set[int] = set()
    for position in range(cue + 1, min(cue + 1 + reach, len(sentence.words))):
        if sentence.segments[position] != sentence.segments[cue] or sentence.raw[position] in _STOPS:
            break
        reached.add(position)
    return reached


@lru_cache(maxsize=64)
def _vocabulary(concepts: tuple[Concept, ...]) -> tuple[_Index, dict[str, str]]:
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


# ---------------------------------------------------------------- finding


def _places(claim: Claim, reads: Sequence[_Read], rubric: ProseRubric) -> Iterator[str]:
    for text in claim.any_of:
        pattern = compiled(text)
        for first in range(len(reads)):
            window = reads[first : first + 1 + pattern.neighbours]
            if _holds(pattern, window, rubric) and not any(_holds(compiled(u), window, rubric) for u in claim.unless):
                yield window[-1].sentence.quotation if len(window) == 1 else _joint(pattern, window, rubric)


def _joint(pattern: Pattern, window: Sequence[_Read], rubric: ProseRubric) -> str:
    """Return the quotation of the sentence of a window that carries more of a pattern."""
    counts = [sum(_term_holds(term, [read], rubric) for term in pattern.terms) for read in window]
    return window[counts.index(max(counts))].sentence.quotation


def _holds(pattern: Pattern, window: Sequence[_Read], rubric: ProseRubric) -> bool:
    return all(_term_holds(term, window, rubric) for term in pattern.terms)


def _term_holds(term: tuple[Group, ...], window: Sequence[_Read], rubric: ProseRubric) -> bool:
    if len(term) == 2:
        return any(_pairs(read, term[0], term[1], rubric) for read in window)
    return any(_item_holds(item, read) for read in window for item in term[0])


def _item_holds(item: Item, read: _Read) -> bool:
    if isinstance(item, str):
        return any(hit.concept == item for hit in read.hits)
    words = read.sentence.words
    return any(at not in read.denied and end_of(item, words, at) is not None for at in range(len(words)))


def _pairs(read: _Read, first: Group, second: Group, rubric: ProseRubric) -> bool:
    """Return whether a concept of `first` is said of one of `second`, in the best pairing along the sentence."""
    opposites = _vocabulary(rubric.concepts)[1]
    axes = [{c for item in side for c in (str(item), opposites[str(item)]) if c} for side in (first, second)]
    events: list[tuple[int, _Hit]] = []
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
    for i, j in best[-1][1]:
        concepts = {events[i][0]: events[i][1].concept, events[j][0]: events[j][1].concept}
        if concepts[0] in first and concepts[1] in second:
            return True
    return False


def _fronted(read: _Read, hit: _Hit) -> float:
    """Return a bonus for a condition that opens its segment (`when it is wrong, ...`): it goes with what follows."""
    opening = next(
        word for word, segment in zip(read.sentence.raw, read.segments, strict=True) if segment == hit.segment
    )
    return 0.5 if opening in ("when", "whenever", "if", "where", "for", "once", "as", "in") else 0.0


def _reads_as_english(text: str) -> bool:
    words = [word for sentence in sentences(text) for word in sentence.raw if word.isalpha() and len(word) > 1]
    return len(words) < 8 or sum(word in _ENGLISH for word in words) * 12 >= len(words)
