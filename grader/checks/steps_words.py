"""The words around a formula: what they say about how its relations are meant."""

from __future__ import annotations

import re

DEFINING = re.compile(
    r"\b(?:where|let(?:['’]s|\s+us)?|define[sd]?|defining|denot\w+|writ(?:e|ing)|set(?:ting)?|put(?:ting)?|introduc\w+|"
    r"here|abbreviat\w*|call|with|assum\w+|suppos\w+|given|substitution|by definition|recall|shorthand)\b[^.]{0,60}$",
    re.IGNORECASE,
)
NAMING_SIGNS = (":=", "\\coloneqq", "≔", "≝", "≜", "\\triangleq")
NAMING = re.compile(
    r"\b(?:let(?:['’]s|\s+us)?\s+(?!write)|defin\w+|denot\w+|abbreviat\w*|introduc\w+)\b[^.]{0,40}$", re.I
)
CONDITION = re.compile(
    r"\b(?:for|if|when|whenever|at|assum\w+|suppos\w+|provided|case|take|taking|given|let|set(?:ting)?|choos\w+|with|"
    r"where|as|evaluat\w+|plug\w*(?: in)?|substitut\w+|consider)\b[^.;]{0,24}$",
    re.IGNORECASE,
)
SOLVING = re.compile(
    r"\b(?:solv\w+|equation|constraint|condition|requir\w+|satisf\w+|must|need|wants?|root|stationar\w+|set(?:ting)?|"
    r"optimality|normali[sz]ation|impos\w+|enforc\w+|if and only if|iff|equals zero|vanish\w*)\b",
    re.IGNORECASE,
)
APPROXIMATE = re.compile(
    r"approximat|roughly|to (?:leading|first|lowest|second) order|(?:leading|first|second|lowest)[- ]order|"
    r"asymptotic|up to (?:first|second|higher)|\bnearly\b|neglect|expan(?:d|sion)|Taylor",
    re.IGNORECASE,
)
LIMIT = re.compile(
    r"\\to\s*(?:0|\\infty)|\\rightarrow|→\s*[0∞]|\blimit\b|\bconverges?\b|\binfinitesimal|\bintegral\b", re.I
)
EQUIVALENT = re.compile(
    r"equivalent|same (?:minimi|maximi|arg|solution)|arg\s*m(?:in|ax)|constant|ignor|drop|independent|depend|flip|"
    r"up to|multipl|divid|scal|remov|discard|omit",
    re.IGNORECASE,
)


class Context:
    """The words around a formula."""

    def __init__(self, text: str, start: int, end: int, previous_end: int, headings: list[int]) -> None:
        before = text[max(0, start - 200) : start]
        # A comment of the page and the formula before it are not words of this sentence.
        floor = max(0, previous_end - max(0, start - 200))
        self.words = re.split(r"\n\s*\n(?=[^\n]*\n\s*\n\s*\S)|(?<=[.!?])\s", before)[-1][-160:]
        self.between = re.sub(r"<!--.*?-->", " ", text[previous_end:start], flags=re.DOTALL)[-300:]
        self.words = _last_sentence(before[floor:] if previous_end and len(before) - floor < 160 else before)
        self.after = text[end : end + 80].split("\n", 1)[0]
        self.section = sum(1 for at in headings if at < start)
        since = max((at for at in headings if at < start), default=0)
        self.section_before = text[since:start]
        self.paragraph = text.rfind("\n\n", 0, start) + 2 if "\n\n" in text[:start] else 0


def _last_sentence(words: str) -> str:
    """Return the words of the sentence in which a formula stands, without blank lines at its end."""
    stripped = re.sub(r"<!--.*?-->", " ", words, flags=re.DOTALL).rstrip(" \n$\\([")
    pieces = re.split(r"\n\s*\n|(?<=[.!?])\s", stripped)
    return pieces[-1][-160:] if pieces else ""


def is_defining_lead(lead: str) -> bool:
    """Return whether words inside of a formula introduce a name."""
    return bool(re.search(r"\b(?:where|let|with|define|here|denot\w+)\b", lead, re.IGNORECASE))


def is_condition_lead(lead: str) -> bool:
    """Return whether words inside of a formula introduce a condition."""
    return bool(re.search(r"\b(?:for|if|when|where|with|at|as|given|let)\b", lead, re.IGNORECASE))
