"""Which user turns help: a nudge, a form to start from, or the answer itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from grader.ingest.labels import announced, mentioned, normalised_sentence
from grader.ingest.parts import PartNames

HintKind = Literal["nudge", "form", "answer"]

QUOTATION_LIMIT_CHARACTERS = 120

_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")
_CONTINUE = re.compile(
    r"(?:(?:ok(?:ay)?|yes|sure|great|nice|thanks?|thank you|please|you (?:got|were) cut off|it (?:was"
    r"|got) cut off)[\s,.!]*)*"
    r"(?:(?:can|could) you\s+)?(?:please\s+)?(?:continue(?: (?:generating|please|from (?:there"
    r"|where you (?:left|stopped).*)|your (?:answer|response)))?|"
    r"go on|keep going|carry on|go ahead|proceed|finish(?: (?:it|your (?:answer|response|reply|sentence)))?|"
    r"you (?:got|were) cut off|(?:your )?(?:answer|response|reply|it) (?:was|got) cut off|and\?"
    r"|more)\s*(?:please)?[\s.!?]*"
)
_ANSWER = re.compile(
    r"\b(?:the )?(?:correct|right|final|actual|real|expected) (?:answer|solution|result|form"
    r"|expression) (?:is|was|should be|would be|=)"
    r"|\banswer (?:is|should be|would be|=|key says)|\bwhat i(?: was|['’]m| am) (?:looking for|after|wanted"
    r"|expecting)"
    r"|\b(?:posted|attached|pasted|here(?:['’]s| is)|this is) the (?:correct |right |actual "
    r"|expected )?(?:answer|solution)"
    r"|\bshould (?:come out (?:to|as)|equal|be equal to|evaluate to|simplify to|give)\b|\byou should (?:get"
    r"|have (?:got|gotten)|end up with)\b"
    r"|\bi (?:get|got|have) (?:the answer )?[\\$]|\bit['’]?s actually\b|\bit (?:is|should be) (?:actually )?[\\$]"
)
_FORM = re.compile(
    r"\b(?:start|begin)(?:ing)? (?:your answer |your solution |off )?(?:with|from|at|by|in)\b"
    r"|\bstart(?:ing)? your (?:answer|solution)\b"
    r"|\b(?:the )?(?:next|first|second|key) step\b|\bfollowing (?:equation|form|formula|expression"
    r"|simplification|identity|step|hint)"
    r"|\b(?:this|that|the following|another|a different) (?:form|equation|formula|expression|simplification"
    r"|identity)\b"
    r"|\b(?:factor(?=(?:ing|e|ed)?\s+(?:it|this|that|the|out|everything)\b)|factori[sz]|reorgani[sz]|rewrit|re-?express|rearrang|reformulat|express|recast|expand|substitut"
    r"|regroup)(?:e|ing|ed)?\b"
    r"|\bas an? (?:product|sum|minimi[sz]ation|maximi[sz]ation|expectation|expected|function|integral|ratio"
    r"|difference|sigmoid|single|gaussian|fraction)\b"
    r"|\b(?:turn|simplif\w+|cancel\w*|reduce\w*) (?:out )?(?:in)?to\b|\bshould be (?:an? |in |written"
    r"|expressed|of the form)"
    r"|\bin terms of\b|\buse the (?:fact|identity|definition|hint|formula|approximation)\b|\bhint:"
)
_NUDGE = re.compile(
    r"\bare you (?:sure|certain|confident)|\bnot (?:quite|exactly|really|right|correct)|\b(?:try|do it"
    r"|do that|do this|attempt it) again|\bdouble[- ]?check|\bre-?check"
    r"|\bcheck (?:the|your|that|for|again|if|whether|it)|\bclose\b|\balmost\b|\bnearly\b"
    r"|\bmistake\b(?! in what)|\berrors?\b|\bwrong\b|\bincorrect|\bmissing\b|\bforgot"
    r"|\blook (?:again|closer|carefully)|\bthink (?:again|about|harder|carefully)|\bsign\b|\bhmm+"
    r"|\bi don['’]?t (?:think|believe|see how|agree)|\bwhat about\b|\bsimplify (?:it |this "
    r"|the answer )?(?:further|more)"
    r"|\bfactor of\b|\bno[,.]|\bredo\b|\breconsider|\brevise\b|\bfix\b|\bshould be\b|\bcan you (?:try"
    r"|show how|see)\b|\btry (?:to|a|an|using|with)\b"
)
_POSITIVE = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|oh|ah|oops|hey|lovely|fine|yeah|yes|yep|wow|great|nice|good|perfect|awesome|excellent"
    r"|cool|thanks?|thank you|sure|alright|now|next|then|so|and|hi|hello"
    r"|please|sorry|correct|right|exactly|got it)\b[\s,.!]*)*"
    r"(?:(?:that|this|it)(?:['’]s| is| was| looks?)\s+(?:all |basically |also |now |exactly |the )?(?:right"
    r"|correct|good|great|perfect|fine|an? (?:tough|hard|difficult|long|tricky) one).*|"
    r"you (?:got|are|['’]re) (?:that |it )?(?:right|correct).*|(?:great|good|nice) (?:job|work|answer)\b.*"
    r"|glad you got it.*|well done.*|my bad.*|i made a (?:mistake|typo).*)?\W*$"
)
_FORMATTING = re.compile(
    r"\b(?:in (?:la)?tex\b|latex|box(?:ed)? (?:it|the)|as (?:markdown|a table|code|pytorch)|format(?:ted"
    r"|ting)?\b|shorter|more (?:concise|detail)|explain|summari[sz]e|plot|translate|typeset)"
)
_FILLER = re.compile(
    r"\b(?:can|could|would|will) you\b|\bplease\b|\bnow\b|\bnext\b|\bjust\b|\btry(?:ing)?\b|\bsolv(?:e|ing)\b"
    r"|\bhelp(?: me)?\b|\bto\b|\bdo(?:ing)?\b|\bme\b|\bthe\b|\bfollowing\b|\bagain\b|\banswer\b|\band\b"
    r"|\bthen\b|\bok(?:ay)?\b|\bquestions?\b|\bproblems?\b|\bparts?\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Help that a user turn gives."""

    kind: HintKind
    turn: int
    quotation: str

    def __str__(self) -> str:
        return f'{self.kind} (turn {self.turn}): "{self.quotation}"'


def is_continue(text: str) -> bool:
    """Return whether a user turn only asks to go on with a reply that was cut off.

    >>> is_continue("please continue"), is_continue("continue with part c")
    (True, False)
    """
    return len(text) < 200 and _CONTINUE.fullmatch(normalised_sentence(text)) is not None


def hint_to_same_part(text: str, *, turn: int, pictures: int, names: PartNames) -> Hint | None:
    """Return the help that a user turn gives to a part that was answered before and is answered again after it.

    Everything is help but praise, a plain request, a wish for another format, or nothing: who answers again after a
    remark did not answer unaided.
    """
    if is_continue(text):
        return None
    remarks = [sentence for sentence in _sentences(text) if not _is_plain(sentence, names)]
    if not remarks:
        return _hint("form", turn, text or "(a picture)") if pictures and not _asks(text, names) else None
    joined = normalised_sentence(" ".join(remarks))
    if _ANSWER.search(joined):
        kind: HintKind = "answer"
    elif pictures or _FORM.search(joined) or "\\" in joined or "$" in joined:
        kind = "form"
    elif _NUDGE.search(joined) or not _FORMATTING.search(joined):
        kind = "nudge"
    else:
        return None
    return _hint(kind, turn, " ".join(remarks))


def hint_in_passing(text: str, *, turn: int, names: PartNames) -> Hint | None:
    """Return the help about the part before in a turn that goes on to another part; only what is plain help counts."""
    remarks = [sentence for sentence in _sentences(text) if not _is_plain(sentence, names)]
    joined = normalised_sentence(" ".join(remarks))
    if not joined:
        return None
    if _ANSWER.search(joined):
        return _hint("answer", turn, " ".join(remarks))
    if _FORM.search(joined) or _NUDGE.search(joined):
        return _hint("form" if _FORM.search(joined) else "nudge", turn, " ".join(remarks))
    return None


def hint_with_request(text: str, *, turn: int, names: PartNames) -> Hint | None:
    """Return the help that comes along with the first request for a part; a pasted question is none."""
    sentences = _sentences(text)
    asked = [i for i, sentence in enumerate(sentences) if announced(sentence, names) or mentioned(sentence, names)]
    if not asked or len(text) > 600:
        return None
    # Only what the user adds behind the request: the statement's own "Hint:" stands in long pasted text.
    tail = normalised_sentence(" ".join(sentences[asked[-1] :]))
    if _ANSWER.search(tail):
        return _hint("answer", turn, " ".join(sentences[asked[-1] :]))
    if re.search(r"\bstart(?:ing)? (?:with|from|at|in) (?:this|the following|that)\b|\bthe next step\b|\bhint:", tail):
        return _hint("form", turn, " ".join(sentences[asked[-1] :]))
    return None


def before_request(text: str, names: PartNames) -> tuple[str, str]:
    """Return what a user turn says about the part before, and its request for the next part with all after it."""
    sentences = _sentences(text)
    for index, sentence in enumerate(sentences):
        if _asks(sentence, names):
            return " ".join(sentences[:index]), " ".join(sentences[index:])
    return text, ""


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in _SENTENCE.findall(text[:20_000]) if re.search(r"\w", part)]


def _asks(sentence: str, names: PartNames) -> bool:
    return announced(sentence, names) is not None or bool(mentioned(sentence, names))


def _is_plain(sentence: str, names: PartNames) -> bool:
    """Return whether a sentence is praise, or asks for a part and says nothing else."""
    shown = normalised_sentence(sentence)[:2000]
    if _POSITIVE.match(shown) and not re.search(r"\b(?:but|except|however|although)\b", shown):
        return True
    if not _asks(sentence, names):
        return False
    if _NUDGE.search(re.sub(r"\btry (?:to|a)\b", "", shown)) or _FORM.search(shown) or _ANSWER.search(shown):
        return False
    rest = re.sub(r"\bparts?\s*[(\[]?\w{1,2}[)\]]?|[(\[]\w[)\]]|\b\d[a-z]\b", " ", shown)
    words = re.findall(r"[a-z]{3,}", _FILLER.sub(" ", rest))
    return len(words) <= 6


def _hint(kind: HintKind, turn: int, text: str) -> Hint:
    quotation = " ".join(text.split())
    if len(quotation) > QUOTATION_LIMIT_CHARACTERS:
        quotation = quotation[: QUOTATION_LIMIT_CHARACTERS - 1] + "…"
    return Hint(kind=kind, turn=turn, quotation=quotation)


def kept(hints: Sequence[Hint], more: Hint) -> tuple[Hint, ...]:
    """Return at most two hints that say as much as all: the one that gave away most, and the latest."""
    order = {"nudge": 0, "form": 1, "answer": 2}
    most = max((*hints, more), key=lambda hint: order[hint.kind])
    return (more,) if order[most.kind] == order[more.kind] else (most, more)


def describe(hints: Sequence[Hint]) -> str:
    """Return the latest hint in words, with the one before it that gave away more, if any; empty for no hints."""
    if not hints:
        return ""
    order = {"nudge": 0, "form": 1, "answer": 2}
    latest = hints[-1]
    most = max(hints, key=lambda hint: order[hint.kind])
    return (
        str(latest) if order[most.kind] <= order[latest.kind] else f"{latest}; before: {most.kind} (turn {most.turn})"
    )
