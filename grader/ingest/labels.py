"""Part labels: `## 1a`, `### (a)`, `**1d)**`, `Part (d)`, `Problem 2 – b`, `Q1 (c)`, `2.b`, "Let's tackle e".

Only the start of a line is looked at, and never more than a bounded number of characters: all is linear.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from grader.ingest.parts import PartNames

LABEL_LIMIT_CHARACTERS = 160

_NUMBER_WORDS = {
    **{w: str(i) for i, w in enumerate("one two three four five six seven eight nine ten".split(), 1)},
    **{w: str(i) for i, w in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1)},
    **{w: str(i) for i, w in enumerate("ii iii iv v vi vii viii ix x".split(), 2)},
    **{w: str(i) for i, w in enumerate("一二三四五六七八九十", 1)},
}
_CARDINAL = "one|two|three|four|five|six|seven|eight|nine|ten|ii|iii|iv|v|vi|vii|viii|ix"
_ORDINAL = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
_PROBLEM = (
    r"(?:第\s?(?=[\d一二三四五六七八九十]{1,3}\s?[题題问問])|(?:problem|question|exercise|task|prob|ques|ex|q|p"
    r"|aufgabe|übung|frage|ejercicio|problema|exercice|问题|問題|题目|题|題)[\s.#:]*)"
    rf"(?P<pnum>\d{{1,3}}|(?:{_CARDINAL})\b|[一二三四五六七八九十](?=\s?[题題问問]))(?:\s?[题題问問]目?)?"
)
_PART = r"(?:sub)?parts?|teil(?:aufgabe)?|partie|parte"
_DASH = r"\-–—−"
_LETTER = r"(?P<open>[(\[])?\s?(?P<let>[a-z])\s?(?P<close>[)\]])?(?![^\W\u2e80-\u9fff]|['’])"
_JOIN = (
    rf"\s*(?:,?\s*(?:and|then|&|to|through)\s+|,\s*|[{_DASH}]\s*)"
    r"(?:then\s+)?(?:parts?\s*)?[(\[]?([a-z])[)\]]?(?![\w'’])"
)
LABEL = re.compile(
    rf"(?:(?:hw|homework)\s*\d+[\s.,:_\-–—]*)?(?P<kw0>(?:{_PART})[\s.:]*(?=[(\[]?\d))?[(\[]?"
    rf"(?:(?:{_PROBLEM}|(?P<num>\d{{1,3}}))(?P<sep>[\s.,:;/)\]{_DASH}]{{0,4}}))?"
    rf"(?:(?P<kw>{_PART}|sub-?question|item)[\s.:]*)?{_LETTER}"
)
_STARTS_ANSWER = re.compile(r"[$\u2e80-\u9fff]")
_KEYWORD = re.compile(r"part|teil")
_JOINED = re.compile(_JOIN)
_PROBLEM_ONLY = re.compile(rf"(?:(?:hw|homework)\s*\d+[\s.,:_\-–—]*)?{_PROBLEM}(?![\w])")
_FILLER = re.compile(
    r"(?:(?:my|the|final|full|complete|worked)\s+){0,3}(?:(?:answers?|solutions?|response|sol|ans|solving|answering)"
    r"(?:\s+(?:to|for|of|on))?[\s.:]+)?(?:the\s+)?"
)
_NUMBERED = re.compile(r"(\d{1,3})[.)]\s+(?=[(\[]?[a-z][)\]])")
# Whether a line can start with a label at all: a cheap question asked of every line.
_CANDIDATE = re.compile(
    r"[\W_]*(?:\d|[第题題问問]|(?:aufgabe|übung|frage|teil|teilaufgabe|ejercicio|problema|exercice|partie|parte|[a-z](?![a-z])|<?h[1-6]|(?:sub)*(?:section|paragraph|parts?|question)|problem|question|exercise|task|prob|ques|ex"
    r"|q\d|p\d|hw|homework|item|textbf|strong|answer|answers|answering|solutions?|sol|solving|ans|response|my|the|final|full"
    r"|complete|worked|let|lets|ok|okay|now|next|great|perfect|sure|finally|lastly|alright|absolutely|excellent|good|so|thanks"
    r"|first|then|no|we|moving|on|onto|time|turning)(?![a-z]))",
    re.IGNORECASE,
)
_RECAP = re.compile(
    r"[\W_]*(?:\(?recap|recall|reminder|summary of|from (?:above|before|earlier)|results? recap|\(given)"
)
_HEADING = re.compile(
    r"[ \t]{0,3}(#{1,6})[ \t]+|[ \t]*\\(?:sub){0,2}(?:section|paragraph)\*?\{|[ \t]*<h[1-6][^<>]{0,80}>"
)
_BOLD = re.compile(r"[ \t]*(?:[-*+][ \t]+)?(?:\*\*|__|<b>|<strong>|\\textbf\{|\\item\[\{?(?:\\textbf\{)?)")
_MARKUP = re.compile(
    r"\*\*|__|</?(?:b|strong|em|i|u|h[1-6])\b[^<>]{0,80}>|\\textbf\{|\\item\[|[*`]"
    r"|(?<![\w}\\])_(?=[\w(\[*])|(?<=[a-z)\].:*])_(?=[\s:.*]|$)",
    re.IGNORECASE,
)
_DECORATION = re.compile(r"[^\w(\[\\$<|]+")
_HASHES = re.compile(r"#{1,6}\s+|\\(?:sub){0,2}(?:section|paragraph)\*?\{")
_SPACES = re.compile(r"[\u200b\u00a0\s]+")
_WIDE = str.maketrans("（）：．，［］", "():.,[]")
_OPENER = re.compile(
    r"(?:(?:ok(?:ay)?|now|next|great|perfect|sure|finally|alright|absolutely|excellent|good|so|thanks|first"
    r"|then|no worries)"
    r"[\s,.!:–—-]+){0,4}(?:let['’]?s|let us|let me|we|i['’]?ll|i will|moving on|on to|onto|now for|time for"
    r"|turning to|next up)"
    r"\b(?! know)"
)
_VERB = re.compile(
    r"\b(?:solv(?:e|ing)|tackl(?:e|ing)|work(?:ing)?\s+(?:through|on|out)|walk(?:ing)?\s+through"
    r"|go(?:ing)?\s+through|"
    r"do(?:ing)?|answer(?:ing)?|address(?:ing)?|(?:start|begin)(?:ning|ing)?\s+(?:with|on)|mov(?:e"
    r"|ing)\s+(?:on\s+)?to|"
    r"turn(?:ing)?\s+to|look(?:ing)?\s+at|handl(?:e|ing)|finish|complete|redo(?:ing)?|revisit(?:ing)?|retry"
    r"|try|attempt|"
    r"continue\s+with|proceed\s+(?:to|with)|(?:solution|answer|derivation)s?\s+(?:to|for|of)|on\s?to"
    r"|now\s+for|here\s+is|"
    r"here['’]s|next\s+up(?:\s+is)?:?|help(?:\s+me)?\s+with|with)"
    r"(?:\s+(?:now|the|this|next|first|your|our|again|please|out))*\s+(?=[(\[]?(?:sub)?(?:part|problem"
    r"|question|exercise|"
    r"task|q\d|\d|[(\[]?[a-z][)\]]|[a-z](?![\w'’])))"
)
_MENTION = re.compile(r"\bparts?\s*[(\[]?[a-z0-9]|[(\[][a-z][)\]]|\b\d{1,2}\s?[(.]?[a-z]\b")
_INDIRECT = re.compile(
    r"(?:from|using|by|as in|like in|of|see|per|via|to part|than|and from)\s+(?:the\s+)?(?:result\s+(?:of"
    r"|from)\s+)?[(\[]?$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A label as it is written.

    Attributes:
        problem: The number, or empty where none is written.
        letters: One letter, or several for `(a)-(c)`; none for `Problem 2`.
        strength: 3 for a heading, 2 for bold, a keyword or a number with a letter, 1 for a bare `(a)`.
        stop: How much of the looked-at text the label takes.
        rest_at: Where in the line the text behind the label begins; 0 where a sentence announces the part.
    """

    problem: str
    letters: tuple[str, ...]
    strength: int
    stop: int = 0
    rest_at: int = 0


def normalised(line: str) -> tuple[str, list[int]]:
    """Return the start of a line in lower case, without markup and decoration (emoji, bullets).

    The second value is the place of each character in the line.
    """
    head = line[:LABEL_LIMIT_CHARACTERS].translate(_WIDE)
    hidden = {index for match in _MARKUP.finditer(head) for index in range(*match.span())}
    at = [index for index in range(len(head)) if index not in hidden]
    shown = "".join(head[index] for index in at)
    start = len(shown) - len(shown.lstrip())
    for skipped in (_HASHES, _DECORATION):
        start = match.end() if (match := skipped.match(shown, start)) else start
    kept: list[str] = []
    places: list[int] = []
    while start < len(shown):
        space = _SPACES.match(shown, start)
        lower = shown[start].lower()
        kept.append(" " if space else lower if len(lower) == 1 else shown[start])
        places.append(at[start])
        start = space.end() if space else start + 1
    while kept and kept[-1] == " ":
        kept.pop()
        places.pop()
    return "".join(kept), places


def label_at(line: str, names: PartNames, *, next_line: str = "") -> Label | None:
    """Return the label that a line starts with, else None; `next_line` shows whether it is underlined."""
    head = line[:LABEL_LIMIT_CHARACTERS]
    if not _CANDIDATE.match(head):
        return None
    is_heading = bool(_HEADING.match(head)) or bool(re.fullmatch(r"\s{0,3}(?:={3,}|-{3,})\s*", next_line[:90]))
    is_bold = not is_heading and bool(_BOLD.match(head))
    shown, at = normalised(head)
    if not shown or shown.startswith("|"):
        return None
    raw = shown
    filler = _FILLER.match(shown)
    if filler and filler.end():
        shown, at = shown[filler.end() :], at[filler.end() :]
    numbered = _NUMBERED.match(shown)
    if numbered and numbered[1] not in names.problems:
        shown, at = shown[numbered.end() :], at[numbered.end() :]
    label = _parsed(shown, names, is_strong=is_heading or is_bold)
    if label is None:
        return _announced(raw, names) if not is_heading else None
    rest = shown[label.stop :]
    if _RECAP.match(rest):
        return None
    label = replace(label, rest_at=at[label.stop - 1] + 1 if label.stop else 0)
    if is_heading or is_bold:
        return _with_strength(label, 3 if is_heading else 2)
    if numbered:
        return _with_strength(label, 1)  # a list inside of an answer may look the same
    if label.strength == 2 and re.match(r"[)\]]?\s+[a-z]", rest) and not _closes(shown[: label.stop]):
        return None  # "Part (d) follows from ...": a sentence
    if label.strength == 2 and re.match(r"\s+[a-z]", rest) and _KEYWORD.search(shown[: label.stop]):
        return None
    if label.strength == 1 and re.match(r"\s*(?:[+*/^<>]|and\b|implies\b|follows\b|shows?\b|above\b)", rest):
        return None
    return label


def announced(text: str, names: PartNames) -> Label | None:
    """Return the part that a sentence such as "Let's solve part (d)" announces, wherever in the sentence."""
    shown = normalised_sentence(text)
    for verb in _VERB.finditer(shown):
        label = _parsed(shown[verb.end() : verb.end() + LABEL_LIMIT_CHARACTERS], names, is_strong=False, is_led=True)
        if label:
            return label
    return None


def mentioned(text: str, names: PartNames) -> list[Label]:
    """Return the parts that a text mentions otherwise than as a source ("from part b"), in order."""
    shown = normalised_sentence(text)
    found: list[Label] = []
    at = 0
    for match in _MENTION.finditer(shown):
        if match.start() < at or _INDIRECT.search(shown[max(0, match.start() - 30) : match.start()]):
            continue
        label = _parsed(shown[match.start() : match.start() + LABEL_LIMIT_CHARACTERS], names, is_strong=False)
        if label and label.letters:
            found.append(label)
            at = match.start() + label.stop
    return found


def problem_mentioned(text: str, problems: Sequence[str]) -> str:
    """Return the problem number that a text names last ("the second question", "Problem 2"), else empty."""
    shown = normalised_sentence(text)
    number = ""
    for match in re.finditer(
        rf"\b(?:problem|question|exercise|task)\s*(?:#|no\.?|number)?\s*(\d{{1,3}}|(?:{_CARDINAL})\b)"
        rf"|\b({_ORDINAL}|next)\s+(?:problem|question|exercise|task)\b|\bq(\d{{1,3}})\b",
        shown,
    ):
        word = match[1] or match[2] or match[3]
        number = "next" if word == "next" else _NUMBER_WORDS.get(word, word)
    return number if number in problems or number == "next" else ""


def normalised_sentence(text: str) -> str:
    """Return a text in lower case without emphasis marks, spaces single."""
    return re.sub(r"\s+", " ", text.replace("*", "").replace("__", "").replace("’", "'")).strip().lower()


def _announced(shown: str, names: PartNames) -> Label | None:
    if follows := re.match(r"(?:next|now|finally|then|lastly)[\s,:]+(?=part)", shown):
        label = _parsed(shown[follows.end() :], names, is_strong=False)
        if label is None or not re.match(r"\s*(?:$|[.:!])", shown[follows.end() + label.stop :]):
            return None
    elif _OPENER.match(shown):
        label = announced(shown, names)
    else:
        return None
    return _with_strength(label, 2) if label and len(label.letters) == 1 else None


def _parsed(shown: str, names: PartNames, *, is_strong: bool, is_led: bool = False) -> Label | None:
    match = LABEL.match(shown)
    known = {letter for _, letter in names.by_label}
    if match is None or match["let"] not in known or not _is_plausible(match, shown, is_strong, is_led):
        alone = _PROBLEM_ONLY.match(shown)
        number = _number(alone["pnum"]) if alone else ""
        bare = re.match(r"(\d{1,3})[.):]?\s*$", shown) if not number and is_strong else None
        if bare:
            number = bare[1] if (bare[1], "") in names.by_label else ""
        return (
            Label(problem=number, letters=(), strength=2, stop=alone.end() if alone else bare.end() if bare else 0)
            if number in names.problems and number
            else None
        )
    letters, stop = [match["let"]], match.end()
    while joined := _JOINED.match(shown, stop):
        bracketed = joined[0].rstrip().endswith((")", "]"))
        if joined[1] not in known or (match["close"] and not bracketed) or len(letters) > 25:
            break
        if re.search(rf"[{_DASH}]|to|through", joined[0][: joined.start(1) - joined.start()]):
            letters += [c for c in sorted(known) if len(c) == 1 and letters[-1] < c < joined[1]]
        letters.append(joined[1])
        stop = joined.end()
    number = _number(match["pnum"] or match["num"] or "")
    has_keyword = bool(match["kw"] or match["kw0"] or match["pnum"] or number)
    return Label(problem=number, letters=tuple(letters), strength=2 if has_keyword else 1, stop=stop)


def _is_plausible(match: re.Match[str], shown: str, is_strong: bool, is_led: bool) -> bool:
    """Return whether a letter is a label, and not an article, a dimension, an exponent or a function's name."""
    rest = shown[match.end() :]
    if match["open"] and not match["close"]:
        return bool(_JOINED.match(shown, match.end()))
    if match["open"] or match["kw"]:
        return not (
            match["kw"]
            and match["let"] in "ai"
            and not match["open"]
            and re.match(
                r"\s+(?:of(?!\s+(?:the|this|problem|question|exercise|hw|homework|q|\d))|bit|don|am|think|need)\b", rest
            )
        )
    ends = bool(re.match(r"\s*(?:$|[.:,!?;=]|[" + _DASH + r"]\s)", rest))
    number = match["num"] or match["pnum"] or match["kw0"]
    if number:
        if match["let"] == "d" and re.match(r"\s+[a-z]", rest) and not match["close"]:
            return False  # "2D diffusion"
        if match["let"] == "e" and re.match(r"[-+]?\d", rest):
            return False
        adjacent = " " not in (match["sep"] or "")
        if is_strong or is_led or match["pnum"] or match["kw0"]:
            return adjacent or bool(match["close"]) or ends
        is_before_formula = match["sep"] == "" and bool(re.match(r"\s*(?:\$|\\[(\[])", rest))
        return bool(match["close"]) or (adjacent and (ends or is_before_formula))
    if match["close"]:
        is_roman = bool(re.match(r"\s?[(\[][ivx]{1,4}[)\]]", rest))
        return (
            not rest[:1]
            or rest[0] in " :.,*"
            or is_strong
            or is_roman
            or (shown[0] in "([" and bool(_STARTS_ANSWER.match(rest)))
        )
    return ends and (is_strong or is_led or bool(re.match(r"\s*(?:[.:]\s|[.:]$)", rest)))


def _closes(shown: str) -> bool:
    return shown.rstrip().endswith((")", "]")) and "part" not in shown


def _with_strength(label: Label, strength: int) -> Label:
    return replace(label, strength=strength)


def _number(word: str) -> str:
    return _NUMBER_WORDS.get(word, word.lstrip("0") or word)
