"""Saved pages of chats: KaTeX keeps its source in an annotation, which replaces the formula before text is taken."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from grader.errors import IngestError
from grader.ingest.repair import repair
from grader.ingest.turns import Role, Turn

# The sites change their pages: all that is known about them stands here, as (attribute, pattern of a value, role).
TURN_SELECTORS: tuple[tuple[str, str, Role], ...] = (
    ("data-message-author-role", r"user", "user"),
    ("data-message-author-role", r"assistant", "assistant"),
    ("data-testid", r"user-message|human-turn", "user"),
    ("class", r"(?:.*\s)?(?:font-user-message|human-message)(?:\s.*)?", "user"),
    ("data-testid", r"assistant-message|ai-turn", "assistant"),
    ("class", r"(?:.*\s)?font-claude-(?:message|response)(?:\s.*)?", "assistant"),
)
_SKIPPED = frozenset(
    {"script", "style", "svg", "button", "noscript", "template", "head", "select", "textarea", "title"}
)
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_BLOCK = frozenset(
    "p div section article table thead tbody ul ol dl dt dd figure header footer main form details summary".split()
)
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`"}
_TAG = re.compile(r"</?[a-zA-Z]")


def looks_like_html(text: str) -> bool:
    """Return whether a text is a page, by its first tag."""
    head = re.sub(r"<!--.{0,2000}?-->", "", text[:20_000], flags=re.DOTALL).lstrip()[:200].lower()
    return head.startswith(("<!doctype html", "<html", "<head", "<body"))


def page_turns(text: str) -> list[Turn]:
    """Return the turns of a saved page; formulas in `\\( \\)` and `\\[ \\]`.

    Raises:
        IngestError: No turn of a known site is in the page.
    """
    parser = _Page()
    parser.feed(well_formed(text))
    parser.close()
    parser.leave_turn()
    turns: list[Turn] = []
    for role, body, pictures in parser.found:
        shown = repair(re.sub(r"\n{3,}", "\n\n", body).strip()).text
        if turns and turns[-1].role == role:
            joined = f"{turns[-1].text}\n\n{shown}"
            turns[-1] = Turn(number=len(turns), role=role, text=joined, pictures=turns[-1].pictures + pictures)
        elif shown or pictures:
            turns.append(Turn(number=len(turns) + 1, role=role, text=shown, pictures=pictures))
    if not any(turn.role == "assistant" for turn in turns):
        known = ", ".join(dict.fromkeys(attribute for attribute, _, _ in TURN_SELECTORS))
        raise IngestError(f"a page without turns of a known site (looked for {known})")
    return turns


def well_formed(text: str) -> str:
    """Return a page in which every `<` starts a complete tag, without comments, scripts and styles.

    Python's parser needs quadratic time for tags, quotes and comments that never end; here each search for an end is
    made at most once in vain.
    """
    pieces: list[str] = []
    at = 0
    unclosed: set[str] = set()
    lower = text.lower() if len(text.lower()) == len(text) else text
    while (start := text.find("<", at)) >= 0:
        pieces.append(text[at:start])
        if text.startswith("<!--", start):
            end = -1 if "-->" in unclosed else text.find("-->", start + 4)
            if end < 0:
                unclosed.add("-->")
            at = end + 3 if end >= 0 else start + 4
            continue
        if text.startswith(("<!", "<?"), start):
            end = -1 if ">" in unclosed else text.find(">", start)
            if end < 0:
                unclosed.add(">")
            at = end + 1 if end >= 0 else start + 2
            continue
        end = _tag_end(text, start, unclosed) if _TAG.match(text, start) else -1
        if end < 0:
            pieces.append("&lt;")
            at = start + 1
            continue
        name = re.match(r"<([a-zA-Z]+)", text[start : start + 20])
        if name and name[1].lower() in ("script", "style"):
            closing = f"</{name[1].lower()}"
            stop = -1 if closing in unclosed else lower.find(closing, end)
            if stop < 0:
                unclosed.add(closing)
                at = len(text)
                break
            stop = text.find(">", stop)
            at = stop + 1 if stop >= 0 else len(text)
            continue
        pieces.append(text[start:end])
        at = end
    pieces.append(text[at:])
    return "".join(pieces)


def _tag_end(text: str, start: int, unclosed: set[str]) -> int:
    """Return where the tag that starts here ends, quotes respected; -1 where it does not."""
    at = start + 1
    while True:
        found = re.compile(r"[<>\"']").search(text, at)
        if found is None or found[0] == "<":
            return -1
        if found[0] == ">":
            return found.end()
        if found[0] in unclosed:
            return -1
        stop = text.find(found[0], found.end())
        if stop < 0:
            unclosed.add(found[0])
            return -1
        at = stop + 1


@dataclass(slots=True)
class _Region:
    """An element that is open, found again by counting elements of the same name."""

    tag: str
    depth: int = 1


@dataclass(slots=True)
class _Math:
    region: _Region
    is_display: bool
    tex: list[str] = field(default_factory=list)
    in_annotation: bool = False


class _Page(HTMLParser):
    """Collects turns as (role, markdown, number of pictures)."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[Role, str, int]] = []
        self._turn: tuple[Role, _Region] | None = None
        self._skip: _Region | None = None
        self._math: _Math | None = None
        self._out: list[str] = []
        self._pictures = 0
        self._pre = 0
        self._lists: list[int] = []
        self._quote = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        for region in (self._skip, self._math.region if self._math else None, self._turn[1] if self._turn else None):
            if region is not None and region.tag == tag and tag not in _VOID:
                region.depth += 1
        if self._skip is not None:
            return
        if self._math is not None:
            encoding = known.get("encoding", "")
            self._math.in_annotation = tag == "annotation" and encoding == "application/x-tex"
            return
        if self._turn is None:
            role = _role(known)
            if role is not None and tag not in _VOID:
                self._turn = (role, _Region(tag))
            return
        classes = known.get("class", "").split()
        if tag in _SKIPPED or "sr-only" in classes:
            self._skip = None if tag in _VOID else _Region(tag)
        elif "katex-display" in classes or "katex" in classes:
            self._math = _Math(_Region(tag), "katex-display" in classes)
        elif tag == "img":
            self._pictures += 1
        else:
            self._open(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._skip is not None and _closes(self._skip, tag):
            self._skip = None
        if self._math is not None:
            if tag == "annotation":
                self._math.in_annotation = False
            if _closes(self._math.region, tag):
                self._leave_math()
        elif self._skip is None and self._turn is not None:
            self._close(tag)
        if self._turn is not None and _closes(self._turn[1], tag):
            self.leave_turn()

    def handle_data(self, data: str) -> None:
        if self._turn is None or self._skip is not None:
            return
        if self._math is not None:
            if self._math.in_annotation:
                self._math.tex.append(data)
            return
        if self._pre or self._turn[0] == "user":
            self._out.append(data)
        else:
            self._out.append(re.sub(r"\s+", " ", data) if data.strip() else (" " if self._out else ""))

    def leave_turn(self) -> None:
        """Keep the open turn, if there is one."""
        if self._turn is not None:
            if self._math is not None:
                self._leave_math()
            lines = "".join(self._out).split("\n")
            self.found.append((self._turn[0], "\n".join(line.rstrip() for line in lines), self._pictures))
        self._turn, self._skip, self._math = None, None, None
        self._out, self._pictures, self._pre, self._lists, self._quote = [], 0, 0, [], 0

    def _leave_math(self) -> None:
        assert self._math is not None, "called inside of a formula only"
        tex = "".join(self._math.tex).strip()
        if tex:
            self._out.append(f"\n\n\\[\n{tex}\n\\]\n\n" if self._math.is_display else f"\\({tex}\\)")
        self._math = None

    def _open(self, tag: str) -> None:
        if re.fullmatch(r"h[1-6]", tag):
            self._out.append("\n\n" + "#" * int(tag[1]) + " ")
        elif tag == "pre":
            self._pre += 1
            self._out.append("\n\n```\n")
        elif tag in _MARKS and not self._pre:
            self._out.append(_MARKS[tag])
        elif tag in ("ul", "ol"):
            self._lists.append(0 if tag == "ol" else -1)
            self._out.append("\n")
        elif tag == "li":
            number = self._lists[-1] if self._lists else -1
            if number >= 0:
                self._lists[-1] = number + 1
            indent = "  " * min(max(0, len(self._lists) - 1), 20)
            self._out.append(f"\n{indent}{f'{number + 1}.' if number >= 0 else '-'} ")
        elif tag == "blockquote":
            self._out.append("\n\n> ")
            self._quote += 1
        elif tag in ("br", "hr", "tr"):
            self._out.append("\n| " if tag == "tr" else "\n")
        elif tag == "p" and (self._lists or self._quote):
            if not (self._out and self._out[-1].endswith(("- ", ". ", "> "))):
                self._out.append("\n\n> " if self._quote else "\n")
        elif tag in _BLOCK:
            self._out.append("\n\n")

    def _close(self, tag: str) -> None:
        if tag == "pre" and self._pre:
            self._pre -= 1
            self._out.append("\n```\n\n")
        elif tag in _MARKS and not self._pre:
            self._out.append(_MARKS[tag])
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
            self._out.append("\n")
        elif tag in ("td", "th"):
            self._out.append(" | ")
        elif tag == "blockquote":
            self._quote = max(0, self._quote - 1)
            self._out.append("\n\n")
        elif (tag in _BLOCK and not self._quote) or re.fullmatch(r"h[1-6]", tag):
            self._out.append("\n\n" if not self._lists else "\n")


def _role(attributes: dict[str, str]) -> Role | None:
    for name, pattern, role in TURN_SELECTORS:
        if name in attributes and re.fullmatch(pattern, attributes[name][:2000]):
            return role
    return None


def _closes(region: _Region, tag: str) -> bool:
    if region.tag == tag:
        region.depth -= 1
    return region.depth == 0
