"""A transcript as turns: who says what, and where; markdown transcripts are split by their speaker lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from grader.errors import IngestError
from grader.ingest.lines import Kind, classify, without_comments

Role = Literal["user", "assistant"]

_USERS = r"user|you|human|me|student|prompt|question|q"
_ASSISTANTS = (
    r"assistant|chat ?gpt(?:[- ]?[\w.]{1,8})?|gpt-?[\w.]{1,8}|claude(?: [\w.]{1,10}){0,3}|gemini(?: [\w.]{1,10}){0,2}"
    r"|copilot|deepseek|ai|bot|model|llm|response|answer|a"
)
_WHO = rf"(?:(?P<user>{_USERS})|(?P<assistant>{_ASSISTANTS}))"
_TAIL = r"(?:\s+(?:said|says|wrote|asked|replied))?"
_STAMP = r"(?:\s*[(\[—–-].{0,60})?"
_STYLES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\s{{0,3}}#{{1,6}}\s*[^\w\s#]{{0,3}}\s*(?:\*\*|__)?{_WHO}{_TAIL}:?(?:\*\*|__)?:?{_STAMP}\s*(?P<rest>)$",
        rf"\s{{0,3}}(?:[-*]\s+)?[^\w\s*#]{{0,3}}\s*(?:\*\*|__){_WHO}{_TAIL}(?::(?:\*\*|__)|(?:\*\*|__)\s*{_STAMP}:|(?:\*\*|__){_STAMP}\s*$)\s*(?P<rest>.*)$",
        rf"\s{{0,3}}<\|?(?:im_start\|>)?{_WHO}\|?>?\s*(?P<rest>)$",
        rf"\s{{0,3}}\[{_WHO}\]:?\s*(?P<rest>.*)$",
        rf"{_WHO}{_TAIL}{_STAMP}:(?:\s+(?P<rest>.*)|\s*)$",
    )
)
_WEAK_NAMES = frozenset({"q", "a", "question", "answer", "me", "model", "prompt", "response"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one speaker says at once.

    Attributes:
        number: From 1, counting the turns of both speakers.
        role: Who speaks.
        text: Markdown, without comments.
        line: Line of the first line of `text` in the file; None for exports.
        pictures: How many pictures or files come with the turn.
        pages: (line of the file, page) as page comments say, for the whole file.
    """

    number: int
    role: Role
    text: str
    line: int | None = None
    pictures: int = 0
    pages: tuple[tuple[int, int], ...] = ()


def markdown_turns(text: str) -> list[Turn]:
    """Return the turns of a markdown transcript.

    Raises:
        IngestError: No style of speaker lines with both speakers was found.
    """
    cleaned = without_comments(text)
    lines = cleaned.text.split("\n")
    marks = _speaker_lines(lines, classify(lines))
    if not marks:
        raise IngestError("no speaker lines such as `## User` and `## Assistant`")
    turns: list[Turn] = []
    pictures = list(cleaned.pictures)
    ends = [number for number, _, _ in marks[1:]] + [len(lines)]
    for (start, role, rest), stop in zip(marks, ends, strict=True):
        first = start if rest else start + 1
        body = "\n".join([rest, *lines[start + 1 : stop]] if rest else lines[start + 1 : stop])
        count = sum(1 for line in pictures if start < line <= stop) + body.count("![")
        if turns and turns[-1].role == role and not turns[-1].text.strip():
            turns.pop()
        turns.append(
            Turn(
                number=len(turns) + 1,
                role=role,
                text=body.rstrip(),
                line=first + 1,
                pictures=count,
                pages=cleaned.pages,
            )
        )
    return turns


def page_at(pages: Sequence[tuple[int, int]], line: int | None) -> int | None:
    """Return the page on which a line stands, None where no page comment comes before it."""
    found: int | None = None
    if line is not None:
        for start, page in pages:
            if start > line:
                break
            found = page
    return found


def _speaker_lines(lines: Sequence[str], kinds: Sequence[Kind]) -> list[tuple[int, Role, str]]:
    """Return (line index, role, text on the same line) in the first style in which both speakers occur."""
    for style in _STYLES:
        marks: list[tuple[int, Role, str]] = []
        names: set[str] = set()
        for index, (line, kind) in enumerate(zip(lines, kinds, strict=True)):
            if kind is not Kind.TEXT or not line.strip():
                continue
            match = style.match(line[:200])
            if match is None:
                continue
            names.add((match["user"] or match["assistant"]).lower())
            rest = match["rest"] or ""
            if rest and len(line) > 200:
                rest += line[200:]
            marks.append((index, "user" if match["user"] else "assistant", rest))
        # "Question:" and "Answer:" alone are headings of homework, not speakers.
        is_named = not names <= _WEAK_NAMES or {"prompt", "response"} <= names
        if is_named and {role for _, role, _ in marks} == {"user", "assistant"}:
            return marks
    return []
