"""Turns into parts and attempts: which text answers which part, also in transcripts that no one has seen.

The assistant's own label comes first, then the user's request, then the part that was talked about before. Letters
count within the current problem. What stands before the first label of a turn belongs to no part, unless the turn
is about one part only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from grader.ingest.behind import says_nothing
from grader.ingest.hints import (
    Hint,
    before_request,
    describe,
    hint_in_passing,
    hint_to_same_part,
    hint_with_request,
    is_continue,
    kept,
)
from grader.ingest.labels import Label, announced, label_at, mentioned, normalised_sentence, problem_mentioned
from grader.ingest.lines import Kind, classify, math_spans
from grader.ingest.parts import PartNames
from grader.ingest.pieces import divided
from grader.ingest.sections import Context, Section
from grader.ingest.summary import answer_in
from grader.ingest.turns import Turn, page_at
from grader.model import Answer, Attempt, Formula, Place, Prose, Trust, Unreadable

_INTRO_LINES = 3
_ASKS_FOR_INPUT = re.compile(
    r"\b(?:please|could you|can you|go ahead and|feel free to|ready to"
    r"|i['’]ll need you to)\b[^.!?\n]{0,40}\b(?:upload|share|provide|send|paste|attach|help)\b"
    r"|\bi (?:can['’]t|cannot|can not|don['’]t) see (?:the|any|an) (?:image|attachment|file|picture)"
)
_REVISIT = re.compile(
    r"\b(?:redo|re-do|again|go(?:ing)? back|back to|revisit|recheck|re-check|return to|wrong|earlier)\b"
)


@dataclass(slots=True)
class _Draft:
    """An attempt while more text for it may come."""

    text: str
    place: Place
    trust: Trust
    hint: str
    reason: str = ""
    before: list[Formula | Prose] = field(default_factory=list)
    after: list[Formula | Prose] = field(default_factory=list)


@dataclass(slots=True)
class _Progress:
    context: Context
    drafts: dict[str, list[_Draft]] = field(default_factory=dict)
    hints: dict[str, tuple[Hint, ...]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def segment(
    turns: Sequence[Turn],
    names: PartNames,
    *,
    file: str,
    repaired_lines: frozenset[int] = frozenset(),
    repaired_turns: frozenset[int] = frozenset(),
) -> tuple[dict[str, tuple[Attempt, ...]], tuple[str, ...]]:
    """Return the attempts at each part in the order of the part ids, and the problems met.

    Args:
        turns: In order.
        names: The parts of the assignment.
        file: For places.
        repaired_lines: Lines of the file (from 1) in which a formula was repaired.
        repaired_turns: The same for formats without lines.
    """
    state = _Progress(Context(names=names))
    user: list[Turn] = []
    for turn in turns:
        if turn.role == "user":
            user.append(turn)
            continue
        _assistant_turn(state, turn, user, file, repaired_lines, turn.number in repaired_turns)
        user = []
    parts: dict[str, tuple[Attempt, ...]] = {}
    for part in names.ids:
        if part in state.drafts:
            parts[part] = tuple(_attempt(draft, number) for number, draft in enumerate(state.drafts[part], 1))
    return parts, tuple(dict.fromkeys(state.problems))


def _assistant_turn(
    state: _Progress, turn: Turn, user: Sequence[Turn], file: str, repaired_lines: frozenset[int], is_repaired: bool
) -> None:
    context = state.context
    said = "\n".join(part.text for part in user)
    goes_on = bool(user) and is_continue(said)
    before = context.last
    _note_problem(context, said)
    asked = [] if goes_on else _requested(context, said)
    lines = turn.text.split("\n")
    kinds = classify(lines)
    intro = _introduced(context, lines, kinds)
    default: str | None = None
    if len(intro) == 1:
        default = intro[0]
    elif not intro and len(asked) == 1:
        default = asked[0]
    elif not intro and not asked:
        default = before
    is_open = default is None or goes_on
    found = divided(lines, kinds, context, default=default, is_open=is_open, is_asked=bool(asked or intro))
    lines = found.lines
    state.problems += [f"turn {turn.number}: {problem}" for problem in (*found.problems, *found.left_empty)]
    sections = [section for section in found.sections if section.parts and not says_nothing(_lines_of(lines, section))]
    if (found.is_labelled and not intro and not goes_on) or found.entries:
        sections = [section for section in sections if section.is_labelled or not _is_preface(_text_of(lines, section))]
    if not sections and not found.entries:
        if found.is_labelled:
            context.last = next((one.parts[-1] for one in reversed(found.sections) if one.parts), context.last)
            return
        several = intro or asked
        if len(several) > 1 and not _is_question_back(turn.text):
            _add_unreadable(state, several, turn, file)
        return
    if not found.is_labelled and _is_question_back(turn.text):
        return
    by_part: dict[str, list[Section]] = {}
    single = {section.parts[0] for section in sections if len(section.parts) == 1}
    for section in sections:
        for part in section.parts:
            if len(section.parts) == 1 or part not in single:
                by_part.setdefault(part, []).append(section)
    # What a summary repeats of other turns is no reply to the hint of this one.
    _note_hints(state, user, before, tuple(by_part) or tuple(dict.fromkeys(entry.part for entry in found.entries)))

    def placed(first: int, text: str) -> tuple[Place, Trust]:
        line = turn.line + first if turn.line is not None else None
        number = turn.number if user or turn.number > 1 else None
        last = (line or 0) + text.count("\n")
        touched = is_repaired or (line is not None and any(line <= one <= last for one in repaired_lines))
        place = Place(file=file, line=line, turn=number, page=page_at(turn.pages, line))
        return place, "repaired" if touched else "source"

    for part in dict.fromkeys([*by_part, *(entry.part for entry in found.entries)]):
        pieces = by_part.get(part, [])
        text, first = _joined(lines, pieces) if pieces else ("", -1)
        drafted = [
            (entry.line, answer_in(entry.text, entry.announced, place=place, trust=trust))
            for entry in found.entries
            if entry.part == part
            for place, trust in [placed(entry.line, entry.text)]
        ]
        place, trust = placed(first if pieces else drafted[0][0], text)
        draft = _Draft(text, place, trust, describe(state.hints.get(part, ())))
        draft.before = [answer for line, answer in drafted if line < first]
        draft.after = [answer for line, answer in drafted if line >= first]
        old = state.drafts.setdefault(part, [])
        if goes_on and part == before and old and pieces and pieces[0] is sections[0] and not pieces[0].is_labelled:
            old[-1].text += "\n" + text
            old[-1].trust = "repaired" if "repaired" in (old[-1].trust, draft.trust) else "source"
            old[-1].after += [*draft.before, *draft.after]
        else:
            old.append(draft)
    if sections:
        context.last = sections[-1].parts[-1]


def _note_problem(context: Context, said: str) -> None:
    problems = context.names.problems
    number = problem_mentioned(said, problems)
    if number == "next":
        at = problems.index(context.problem) + 1 if context.problem in problems else 1
        number = problems[at] if at < len(problems) else ""
    if number and number != context.problem:
        context.enter(number)


def _requested(context: Context, said: str) -> list[str]:
    """Return the parts that the user asks for; a request with a verb counts before a mention."""
    sentences = re.split(r"(?<=[.!?\n])\s+|\n", said[:50_000])
    labels = [label for sentence in sentences if (label := announced(sentence, context.names))]
    if not labels:
        mentions = [
            label
            for sentence in sentences
            if not re.match(r"(?i)\s*(?:if|when|each)\b", sentence)
            for label in mentioned(sentence, context.names)
            if label.strength == 2
        ]
        # "Part (a): what is ...? Part (b): ...": each is asked for.
        headed = [label for sentence in sentences if (label := _headed(sentence, context.names))]
        labels = headed if len(headed) > 1 else mentions[-1:] if len(said) < 300 else []
    is_revisit = bool(_REVISIT.search(normalised_sentence(said)))
    found: list[str] = []
    for label in labels:
        found += context.resolve(label, may_restart=not is_revisit, is_asked=True)[0]
    return list(dict.fromkeys(found))


def _headed(sentence: str, names: PartNames) -> Label | None:
    """Return the part that a sentence starts with, where a colon follows."""
    label = label_at(sentence, names)
    is_headed = label is not None and label.letters and re.match(r"\W{0,4}[:：]", sentence[label.rest_at :])
    return label if is_headed else None


def _introduced(context: Context, lines: Sequence[str], kinds: Sequence[Kind]) -> list[str]:
    """Return the parts that the first lines of a turn announce ("Let's solve part (d)")."""
    seen = 0
    for line, kind in zip(lines, kinds, strict=True):
        if not line.strip() or re.fullmatch(r"\s*(?:-{3,}|\*{3,}|_{3,})\s*", line):
            continue
        if kind is not Kind.TEXT or line.lstrip().startswith("#") or seen >= _INTRO_LINES:
            break
        seen += 1
        for sentence in re.split(r"(?<=[.!?])\s+", line[:1000]):
            if re.match(
                r"\W*(?:let me know|would you|if you|when you|once you|from|using|by|recall)\b", sentence.lower()
            ):
                continue
            label = announced(sentence, context.names)
            if label and label.letters:
                parts, _ = context.resolve(label, is_asked=True)
                if parts:
                    return list(parts)
    return []


def _note_hints(state: _Progress, user: Sequence[Turn], before: str | None, answered: Sequence[str]) -> None:
    names = state.context.names
    for turn in user:
        about, request = before_request(turn.text, names)
        for part in answered:
            hint: Hint | None
            if part in state.drafts and (part == before or not about.strip()):
                hint = hint_to_same_part(turn.text, turn=turn.number, pictures=turn.pictures, names=names)
            elif part in state.drafts:
                hint = hint_to_same_part(request or turn.text, turn=turn.number, pictures=turn.pictures, names=names)
            else:
                hint = hint_with_request(request, turn=turn.number, names=names)
            if hint:
                state.hints[part] = kept(state.hints.get(part, ()), hint)
        if before and before not in answered and before in state.drafts:
            passing = hint_in_passing(about, turn=turn.number, names=names)
            if passing:
                state.hints[before] = kept(state.hints.get(before, ()), passing)


def _add_unreadable(state: _Progress, parts: Sequence[str], turn: Turn, file: str) -> None:
    place = Place(file=file, line=turn.line, turn=turn.number, page=page_at(turn.pages, turn.line))
    which = ", ".join(parts)
    reason = f"one turn answers {which}, and no label says which text answers which"
    state.problems.append(f"turn {turn.number}: {reason}")
    for part in parts:
        draft = _Draft(turn.text, place, "unread", describe(state.hints.get(part, ())), reason)
        state.drafts.setdefault(part, []).append(draft)
    state.context.last = parts[-1]


def _is_question_back(text: str) -> bool:
    """Return whether a turn is no answer but asks for the question ("please share the screenshots")."""
    if any(span.delimiter in ("$$", "\\[") for span in math_spans(text[:5000])):
        return False
    return len(text) < 1500 and bool(_ASKS_FOR_INPUT.search(normalised_sentence(text)))


def _is_preface(text: str) -> bool:
    """Return whether unlabelled text before the first label only leads over to it ("Great, moving on.")."""
    return len(text) < 300 and next(math_spans(text), None) is None


def _lines_of(lines: Sequence[str], section: Section) -> Sequence[str]:
    return lines[section.start : section.stop]


def _text_of(lines: Sequence[str], section: Section) -> str:
    return "\n".join(_lines_of(lines, section))


def _joined(lines: Sequence[str], pieces: Sequence[Section]) -> tuple[str, int]:
    """Return the text of all pieces, empty lines for what lies between (line numbers hold); and its first line."""
    wanted: list[str] = []
    first = next((i for i in range(pieces[0].start, pieces[0].stop) if lines[i].strip()), pieces[0].start)
    at = first
    for piece in pieces:
        start = max(piece.start, at)
        wanted += [""] * (start - at)
        wanted += lines[start : piece.stop]
        at = piece.stop
    return "\n".join(wanted).rstrip(), first


def _attempt(draft: _Draft, number: int) -> Attempt:
    body: list[Answer] = []
    if draft.reason:
        body.append(Unreadable(text=draft.text, reason=draft.reason, place=draft.place))
    elif draft.text.strip():
        body.append(Prose(text=draft.text, place=draft.place, trust=draft.trust))
    answers = (*draft.before, *body, *draft.after)
    return Attempt(number=number, answers=answers, place=draft.place, hinted=bool(draft.hint), hint=draft.hint)
