"""Answer sheets that their parser refuses: every part whose key can be seen is unreadable, none is graded or lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from grader.ingest.labels import label_at
from grader.ingest.load import Document
from grader.ingest.parts import PartNames
from grader.ingest.record import Collected, Reading, all_unreadable
from grader.model import Place, Unreadable

_JSON_START = re.compile(r"\s*(?:\{\s*[\"'}]|\[\s*[\[{\"])")
_KEY = r"(?:[\w-]{1,60}|\"[^\"\n]{0,100}\"|'[^'\n]{0,100}')"
_DOTTED = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY}){{0,8}}"
_TOML_LINE = re.compile(rf"[ \t]*(?:\[{{1,2}}[ \t]*{_DOTTED}[ \t]*\]{{0,2}}[ \t]*(?:#.*)?$|{_DOTTED}[ \t]*=)")
_QUOTED_VALUE = re.compile(rf"[ \t]*{_DOTTED}[ \t]*=[ \t]*(?:[\"'{{\[]|-?\d|true\b|false\b)")
_HEADER = re.compile(rf"[ \t]*\[{{1,2}}[ \t]*({_DOTTED})")
# `1b = ...`, and what it may have become: `1b: ...`, `"1b" '...'`.
_LINE_KEY = re.compile(rf"[ \t]*[,{{]?[ \t]*({_DOTTED})[ \t]*(?:[=:]|(?=[\"'])|$)")
_INLINE_KEY = re.compile(rf"[{{,][ \t]*({_DOTTED})[ \t]*=(?!=)")
_JSON_KEY = re.compile(
    r"([\"'])([^\"'{}\[\],:\n]{1,80})\1[ \t]*:|(?:^|[{,])[ \t]*([\w (.)-]{1,60}?)[\"']?[ \t]*:", re.M
)
_CHAT_OR_NOTEBOOK = re.compile(r'"(?:cells|worksheets|mapping|chat_messages|messages|role)"\s*:')
_AUTHOR = re.compile(
    r"^[ \t{]*[\"']?(?:author|name|student)[\"']?[ \t]*[=:][ \t]*([\"'])([^\"'\n]{1,100})\1", re.M | re.I
)
_PIECE = re.compile(_KEY)
_SHOWN_CHARACTERS = 200


def looks_like_json(document: Document) -> bool:
    """Return whether a text was meant to be JSON."""
    return bool(_JSON_START.match(document.text[:2000])) or (
        document.suffix in (".json", ".ipynb") and document.text.lstrip()[:1] in ("{", "[", '"')
    )


def looks_like_toml(document: Document, names: PartNames) -> bool:
    """Return whether a text was meant to be TOML: it starts like it, and has values as only TOML has them."""
    everything = [line for line in document.text[:200_000].split("\n") if line.strip()]
    lines = [line for line in everything if not line.lstrip().startswith("#")]
    if not lines or document.suffix == ".py":
        return False
    is_toml = [bool(_TOML_LINE.match(line[:1000])) for line in lines[:2000]]
    if document.suffix == ".toml":
        return any(is_toml)
    if any(_is_markdown(line, below, names) for line, below in pairwise(everything[:2000])):
        return False
    return is_toml[0] and any(_QUOTED_VALUE.match(line[:1000]) for line in lines[:2000])


def _is_markdown(line: str, below: str, names: PartNames) -> bool:
    """Return whether a line is a heading of a part with an answer below it, and not a comment above a key."""
    if not line.startswith("#") or below.startswith("#") or _TOML_LINE.match(below[:1000]):
        return False
    label = label_at(line, names)
    return label is not None and bool(label.letters)


def read_broken(document: Document, names: PartNames, *, form: str, reason: str) -> Reading:
    """Return every part whose key stands in a sheet as unreadable, with the parser's message as the reason.

    Where no part can be seen, or the text breaks off before its end, all parts are: what is missing cannot be known.
    """
    text = document.text
    is_json = form == "sheet-json"
    collected = Collected()
    collected.note(reason)
    seen: dict[str, int] = {}
    if not (is_json and _CHAT_OR_NOTEBOOK.search(text[:200_000])):
        for part, line in _json_parts(text, names) if is_json else _toml_parts(text, names):
            seen.setdefault(part, line)
    lines = text.split("\n")
    if not seen or (is_json and not text.rstrip().endswith(("}", "]"))):
        if not seen:
            unread = all_unreadable(names.ids, file=document.file, reason=reason)
            return Reading(format="unknown", parts=unread, problems=collected.problems)
        collected.note("the text breaks off; what follows cannot be known")
        for part in names.ids:
            if part not in seen:
                place = Place(file=document.file)
                collected.add(part, Unreadable(text="", reason=reason, place=place), place)
    for part, line in seen.items():
        place = Place(file=document.file, line=line)
        shown = lines[line - 1].strip()[:_SHOWN_CHARACTERS]
        collected.add(part, Unreadable(text=shown, reason=reason, place=place), place)
    unseen = [part for part in names.ids if part not in collected.answers]
    if unseen:
        collected.note(f"no key of {', '.join(unseen)} is in it")
    author = _AUTHOR.search(text[:20_000])
    return Reading(
        format=form,
        parts=collected.parts(names.ids),
        problems=collected.problems,
        author=author[2].strip() if author else "",
    )


def _toml_parts(text: str, names: PartNames) -> Iterator[tuple[str, int]]:
    """Yield (part, line) of every key and table header, also of keys below `[problem1]`."""
    problem = ""
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("#"):
            continue
        head = line[:2000]
        if header := _HEADER.match(head):
            pieces = _pieces(header[1])
            found = _part_of(pieces, "", names)
            problem = "" if found else _problem_of(pieces, names)
            if found:
                yield found, number
            continue
        if (match := _LINE_KEY.match(head)) and (found := _part_of(_pieces(match[1]), problem, names)):
            yield found, number
        for inline in _INLINE_KEY.finditer(head):
            if found := _part_of(_pieces(inline[1]), problem, names):
                yield found, number


def _json_parts(text: str, names: PartNames) -> Iterator[tuple[str, int]]:
    problem, line, at = "", 1, 0
    for match in _JSON_KEY.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        key = (match[2] or match[3]).strip()
        found = _part_of([key], problem, names)
        if found:
            yield found, line + text.count("\n", match.start(), match.start(2 if match[2] else 3))
        else:
            problem = _problem_of([key], names) or problem


def _pieces(dotted: str) -> list[str]:
    return [piece.strip("\"'") for piece in _PIECE.findall(dotted)]


def _part_of(pieces: list[str], problem: str, names: PartNames) -> str | None:
    """Return the part that a dotted key names: any piece of it, two in a row (`1.a`), or a letter of the problem."""
    for first, second in zip(pieces, [*pieces[1:], ""], strict=True):
        found = names.from_key(first) or (names.from_key(f"{first}{second}") if second else None)
        if found:
            return found
    return names.by_label.get((problem, pieces[0].lower())) if problem and pieces else None


def _problem_of(pieces: list[str], names: PartNames) -> str:
    last = pieces[-1].lower().removeprefix("problem").strip(" _-") if pieces else ""
    return last if last in names.problems else ""
