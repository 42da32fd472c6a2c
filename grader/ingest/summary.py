"""Final summaries: a table or a list at the end that says again what the answer to each part is.

A row answers its part after the text above it, in the same attempt; its lines belong to no other part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.ingest.behind import is_title, says_nothing, text_behind
from grader.ingest.labels import Label, label_at
from grader.ingest.lines import Kind, cells_of, math_spans
from grader.ingest.parts import PartNames
from grader.ingest.values import is_formula
from grader.model import Formula, Place, Prose, Trust

_WORDS = (
    r"(?:summar(?:y|ies|ising|izing)|recap|overview|tl;?dr|final answers?|final results?|(?:all|my|the) answers|answers"
    r"|results|conclusions?|zusammenfassung|endergebnisse|ergebnisse|antworten|总结|總結|最终答案|答案汇总)"
)
ANNOUNCES = re.compile(
    rf"[\s#>*_\W]*(?:(?:in|to|here (?:is|are)|the|my|a|an|full|quick|short|brief|overall|complete)\s+){{0,4}}"
    rf"{_WORDS}(?![\w])",
    re.IGNORECASE,
)
_HEADING = re.compile(r"\s{0,3}(#{1,6})\s")
_SEPARATOR = re.compile(r"\s*\|?\s*:?-{1,60}:?\s*(?:\|\s*:?-{1,60}:?\s*)*\|?\s*")
_PART_COLUMN = re.compile(
    r"[\s*_#]*(?:sub-?)?(?:parts?|problems?|questions?|items?|exercises?|q|no\.?|nr\.?|id|label|teil|aufgabe|frage"
    r"|题号|题目|题|部分|)[\s*_#.:]*",
    re.IGNORECASE,
)
_ANSWER_COLUMN = re.compile(
    r"\b(?:(?:final\s+)?(?:answers?|results?|solutions?|formulas?|expressions?)|antwort|ergebnis|lösung)\b|答案|结果",
    re.IGNORECASE,
)
# Columns that hold no answer: what was asked for, and what others say about it.
_OTHER_COLUMN = re.compile(
    r"[\s*_]*(?:questions?|asked|asks|topics?|titles?|names?|quantit(?:y|ies)|descriptions?|tasks?|points?|score|marks?"
    r"|status|page|section|confidence|checked|what)\b.{0,30}",
    re.IGNORECASE,
)
_INLINE = re.compile(
    r"(?:^|(?<=[\s,;.:–—(]))(?:part\s+)?(?:[(\[]?(?P<num>\d{1,2})\s?[.(]?\s?(?P<let>[a-z])[)\]]{0,2}(?P<colon>\s*[:=)])"
    r"|[(\[](?P<bare>[a-z])[)\]])(?=\s|\$|\\|:)",
    re.IGNORECASE,
)
_OF_ANSWERS = re.compile(r"answers|results|ergebnisse|antworten|答案", re.IGNORECASE)
_CONCLUDES = re.compile(r"\W*conclusion", re.IGNORECASE)
_SKIPPED_CELL = re.compile(r"[\s\W_]*(?:n/?a|none)?[\s\W_]*", re.IGNORECASE)
_PLAIN_WORD = re.compile(r"(?<![A-Za-z\\])[A-Za-z]{4,}(?![A-Za-z(_^0-9])")
_MATH_WORDS = frozenset("sigma beta theta delta epsilon alpha gamma normal sqrt".split())
_INTRO_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a summary says about one part: the texts of its cells, each an answer, and the line (from 0)."""

    label: Label
    texts: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One summary: its lines `start` to `stop` (exclusive), and the words above it that announce it."""

    start: int
    stop: int
    entries: tuple[Entry, ...]
    announced: str
    is_table: bool


def blocks_of(lines: Sequence[str], kinds: Sequence[Kind], names: PartNames) -> list[Block]:
    """Return what may be summaries, in order; whether they are depends on what was answered above (`accepted`)."""
    found: list[Block] = []
    index = 0
    while index < len(lines):
        block = None
        if kinds[index] is Kind.TEXT and lines[index].strip():
            if "|" in lines[index]:
                stop = _end_of_rows(lines, kinds, index)
                block = _table(lines, kinds, index, stop, names)
                index = index if block else stop - 1
            block = block or _list(lines, kinds, index, names)
        if block is None:
            index += 1
        else:
            found.append(block)
            index = block.stop
    return found


def answer_in(entry_text: str, announced: str, *, place: Place, trust: Trust) -> Formula | Prose:
    """Return one text of a summary as an answer: a formula where it is one, else prose after the announcing words."""
    text = entry_text.strip()
    bare = re.sub(r"^(\*\*|__)(.*)\1$", r"\2", text.rstrip(" .,;"), flags=re.DOTALL).strip().rstrip(" .,;")
    spans = list(math_spans(bare))
    if len(spans) == 1:
        span = spans[0]
        size = len(span.delimiter)
        if span.start == size and span.stop == len(bare) - size:
            return Formula(text=bare[span.start : span.stop].strip(), place=place, trust=trust)
    plain = bare.strip("`") if bare.startswith("`") and bare.count("`") == 2 else bare
    words = [word for word in _PLAIN_WORD.findall(plain) if word.lower() not in _MATH_WORDS]
    if not spans and not words and not is_title(plain) and is_formula(plain):
        return Formula(text=plain, place=place, trust=trust)
    return Prose(text=f"{announced}: {text}" if announced else text, place=place, trust=trust)


# ---------------------------------------------------------------- tables


def _end_of_rows(lines: Sequence[str], kinds: Sequence[Kind], start: int) -> int:
    stop = start + 1
    while stop < len(lines) and kinds[stop] is Kind.TEXT and "|" in lines[stop]:
        # An answer with p(y|x) in it, on a line of its own, is no row.
        if not lines[stop].lstrip().startswith("|") and not _SEPARATOR.fullmatch(lines[start + 1][:2000]):
            break
        stop += 1
    return stop


def _table(lines: Sequence[str], kinds: Sequence[Kind], start: int, stop: int, names: PartNames) -> Block | None:
    has_rule = stop - start > 1 and bool(_SEPARATOR.fullmatch(lines[start + 1][:2000]))
    if not has_rule and not all(line.lstrip().startswith("|") for line in lines[start:stop]):
        return None
    header = cells_of(lines[start][:4000]) if has_rule else []
    entries: list[Entry] = []
    label: Label | None = None
    unlabelled = 0
    for index in range(start + 2 if has_rule else start, stop):
        if _SEPARATOR.fullmatch(lines[index][:2000]) or len(lines[index]) > 20_000:
            continue
        cells = cells_of(lines[index])
        first = cells[0] if cells else ""
        # A first cell that is left empty goes on with the row above: merged cells.
        label = _cell_label(first, names) if first.strip('*_ ^"') else label
        if label is None:
            unlabelled += 1
            continue
        texts = tuple(cell for cell in _answers(cells, header) if len(cell) > 40 or not _SKIPPED_CELL.fullmatch(cell))
        if texts:
            entries.append(Entry(label=label, texts=texts, line=index))
    above, words = _announcement(lines, kinds, start)
    is_for_parts = bool(words) or not header or bool(_PART_COLUMN.fullmatch(header[0]))
    is_explicit = all(entry.label.problem or entry.label.strength > 1 for entry in entries)
    if not entries or not is_for_parts or unlabelled > len(entries) or (unlabelled and not header and not words):
        return None
    if not is_explicit and not words and not (header and header[0].strip("* ")):
        return None  # `| a | 3 |` names a variable
    return Block(start=above, stop=stop, entries=tuple(entries), announced=words, is_table=True)


def _cell_label(cell: str, names: PartNames) -> Label | None:
    bare = re.sub(r"[*_`]", "", cell).strip()
    label = label_at(f"**{bare}**", names)
    if label is None or (not label.letters and (label.problem, "") not in names.by_label) or len(label.letters) > 1:
        return None
    explicit = bool(label.problem) or bool(re.search(r"(?i)part|teil|[(\[)\]]", bare))
    behind = text_behind(bare, max(label.rest_at - 2, 0))
    if behind and not is_title(behind) and not explicit:
        return None
    return Label(problem=label.problem, letters=label.letters, strength=2 if explicit else 1)


def _answers(cells: Sequence[str], header: Sequence[str]) -> Iterator[str]:
    """Yield the cells of a row that answer: those below "answer", else all that say not only what was asked for."""
    columns = [header[index] if index < len(header) else "" for index in range(len(cells))]
    wanted = [index for index in range(1, len(cells)) if _ANSWER_COLUMN.search(columns[index])]
    for index in range(1, len(cells)):
        if index not in wanted and _OTHER_COLUMN.fullmatch(columns[index]):
            continue
        # Beside a column of answers, formulas of other columns say something else: only their words are kept.
        if wanted and index not in wanted and not is_title(cells[index].replace("/", " ")):
            continue
        yield cells[index]


def _announcement(lines: Sequence[str], kinds: Sequence[Kind], start: int) -> tuple[int, str]:
    """Return where the summary above `start` begins, with the heading or the words that announce it."""
    seen: list[int] = []
    for index in range(start - 1, max(-1, start - 12), -1):
        if not lines[index].strip():
            continue
        if kinds[index] is not Kind.TEXT or len(seen) == 2:
            break
        seen.append(index)
        if ANNOUNCES.match(lines[index][:200]) and len(lines[index]) < 120 and not _has_math(lines, index, start):
            return index, _words(lines[index])
        if _HEADING.match(lines[index]):
            break
    return start, ""


def _words(line: str) -> str:
    return re.sub(r"[*_#<>]", "", line).strip().rstrip(":：").strip()


def _has_math(lines: Sequence[str], start: int, stop: int) -> bool:
    between = "\n".join(lines[start:stop])
    return len(between) > _INTRO_CHARACTERS or next(math_spans(between), None) is not None


# ---------------------------------------------------------------- lists


def _list(lines: Sequence[str], kinds: Sequence[Kind], start: int, names: PartNames) -> Block | None:
    """Return a list below words that announce it, or a list of labelled lines without them, that starts here."""
    line = lines[start]
    label = _line_label(lines, kinds, start, names)
    announces = ANNOUNCES.match(line[:200]) if label is None else None
    if announces is None:
        return _bare_list(lines, kinds, start, names) if label and label.problem and label.letters else None
    rest = line[announces.end() :]
    inline = _inline(rest, names) if len(line) < 4000 else []
    if len(inline) > 1:
        entries = [Entry(label=one, texts=(text,), line=start) for one, text in inline]
        return Block(
            start=start, stop=start + 1, entries=tuple(entries), announced=_words(announces[0]), is_table=False
        )
    if len(line) > 120 or ((heading := _HEADING.match(line)) is None and not re.search(r"[:：*_]\s*$", line.rstrip())):
        return None
    level = len(heading[1]) if heading else 7
    stop, entries = _entries(lines, kinds, start + 1, names, level)
    if not entries:
        return None
    return Block(start=start, stop=stop, entries=tuple(entries), announced=_words(line), is_table=False)


def _entries(
    lines: Sequence[str], kinds: Sequence[Kind], start: int, names: PartNames, level: int
) -> tuple[int, list[Entry]]:
    """Return the labelled items below a heading of a level, and where they end."""
    entries: list[Entry] = []
    problem, stop, index = "", start, start
    while index < len(lines):
        if not lines[index].strip():
            index += 1
            continue
        heading = _HEADING.match(lines[index]) if kinds[index] is Kind.TEXT else None
        label = _line_label(lines, kinds, index, names)
        if heading and (label is None or len(heading[1]) <= level):
            break
        if label is None or "|" in lines[index][:1]:
            if entries or index - start > 3 or not lines[index].rstrip().endswith((":", "：")):
                break
            index += 1
            continue
        if not label.letters and (label.problem, "") not in names.by_label:
            problem = label.problem
            index += 1
            continue
        label = Label(problem=label.problem or problem, letters=label.letters, strength=label.strength)
        behind = _behind(lines[index], names)
        end = _end_of_entry(lines, kinds, index, names, is_open=not behind, is_headed=heading is not None)
        body = [behind, *lines[index + 1 : end]]
        more = _inline(lines[index], names) if end == index + 1 and len(lines[index]) < 4000 else []
        if len(more) > 1:
            entries += [Entry(label=one, texts=(text,), line=index) for one, text in more]
        elif not says_nothing(body):
            entries.append(Entry(label=label, texts=("\n".join(body).strip("\n"),), line=index))
        stop = index = end
    return stop, entries


def _end_of_entry(
    lines: Sequence[str], kinds: Sequence[Kind], start: int, names: PartNames, *, is_open: bool, is_headed: bool
) -> int:
    """Return where an item ends: before the next label or heading; where it has text, at its paragraph's end."""
    index, last = start + 1, start
    while index < len(lines):
        line = lines[index]
        if not line.strip():
            index += 1
            continue
        if kinds[index] is Kind.TEXT:
            if _HEADING.match(line) or _line_label(lines, kinds, index, names) is not None:
                break
            follows = index == last + 1 or line.startswith((" ", "\t"))
            if not is_open and not is_headed and not follows:
                break
        is_open = is_open and says_nothing([line])
        last = index
        index += 1
    return last + 1


def _bare_list(lines: Sequence[str], kinds: Sequence[Kind], start: int, names: PartNames) -> Block | None:
    """Return two or more lines in a row, each with its own label and answer."""
    entries: list[Entry] = []
    index = start
    while index < len(lines):
        if lines[index].strip():
            label = _line_label(lines, kinds, index, names)
            if label is None or not label.problem or len(label.letters) != 1 or _HEADING.match(lines[index]):
                break
            behind = _behind(lines[index], names)
            following = lines[index + 1] if index + 1 < len(lines) else ""
            has_more = bool(following.strip()) and _line_label(lines, kinds, index + 1, names) is None
            if says_nothing([behind]) or has_more:
                break
            entries.append(Entry(label=label, texts=(behind,), line=index))
        elif entries and not lines[index - 1].strip():
            break
        index += 1
    if len(entries) < 2:
        return None
    return Block(start=start, stop=entries[-1].line + 1, entries=tuple(entries), announced="", is_table=False)


def _inline(text: str, names: PartNames) -> list[tuple[Label, str]]:
    """Return the answers of `1a: $x$, 1b: $y$` on one line."""
    covered = [(span.start, span.stop) for span in math_spans(text)]
    marks: list[tuple[re.Match[str], Label]] = []
    for match in _INLINE.finditer(text):
        if any(start <= match.start() < stop for start, stop in covered):
            continue
        number, letter = (match["num"] or "").lstrip("0"), (match["let"] or match["bare"]).lower()
        if (number, letter) in names.by_label or (not number and any(letter == one for _, one in names.by_label)):
            marks.append((match, Label(problem=number, letters=(letter,), strength=2 if number else 1)))
    found: list[tuple[Label, str]] = []
    for position, (match, label) in enumerate(marks):
        stop = marks[position + 1][0].start() if position + 1 < len(marks) else len(text)
        body = re.sub(r"(?:[\s,;]|\band\b)+$", "", text_behind(text[:stop], match.end()))
        if body:
            found.append((label, body))
    return found


def _behind(line: str, names: PartNames) -> str:
    label = label_at(line, names)
    return text_behind(line, label.rest_at) if label else line


def _line_label(lines: Sequence[str], kinds: Sequence[Kind], index: int, names: PartNames) -> Label | None:
    if index >= len(lines) or kinds[index] is not Kind.TEXT:
        return None
    label = label_at(lines[index], names)
    return label if label and label.rest_at else None


# ---------------------------------------------------------------- whose answers they are


def accepted(
    block: Block, answered: Mapping[str, int], resolved: Sequence[str | None], *, has_bare_labels: bool
) -> Block | None:
    """Return the block with those of its entries that repeat what was answered above it, or nothing.

    A table that names parts is one wherever it stands. A list is a summary only where it comes after the answers:
    `answered` holds the first line of each part that has a section, `resolved` the part of each entry;
    `has_bare_labels` says whether the text labels its parts with letters alone.
    """
    if block.is_table:
        return block
    # Bare letters enumerate below "Conclusion"; below "Summary" too, where the parts have their numbers written.
    is_bare = all(not entry.label.problem for entry in block.entries)
    if is_bare and (
        not _OF_ANSWERS.search(block.announced) if not has_bare_labels else _CONCLUDES.match(block.announced)
    ):
        return None
    known = [part is not None and part in answered and answered[part] < block.start for part in resolved]
    if not any(known) or not known[0]:
        return None
    last = max(index for index, is_known in enumerate(known) if is_known) + 1
    entries = block.entries[:last]
    if last < len(block.entries):
        stop = block.entries[last].line
        return Block(start=block.start, stop=stop, entries=entries, announced=block.announced, is_table=False)
    if len(entries) < 2 and not block.announced:
        return None
    return block
