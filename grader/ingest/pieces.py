"""One text divided: sections without their labels, and what its summaries say, part by part."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from grader.ingest.behind import is_title, says_nothing, text_behind
from grader.ingest.lines import Kind, math_spans
from grader.ingest.parts import PartNames
from grader.ingest.sections import Context, Found, Section, sections_of
from grader.ingest.summary import Block, accepted, blocks_of

_ENTRIES_LIMIT = 20
_HASHES = re.compile(r"\s{0,3}(#{1,6})\s")
_UNDERLINE = re.compile(r"\s{0,3}(?:={3,}|-{3,})\s*")
_RELATION = re.compile(r"[=~≈∼∝→≃]|\\(?:sim|approx|propto|to|simeq|asymp|equiv|rightarrow)(?![a-z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One answer that a summary gives to a part, on a line (from 0), below the words that announce it."""

    part: str
    text: str
    line: int
    announced: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Divided:
    """A text in pieces.

    Attributes:
        lines: As many as before; labels are taken out, and the lines of summaries are empty.
        sections: Which lines answer which parts.
        entries: What summaries say, in order.
        problems: Labels without a part here.
        left_empty: Parts of which only the heading is there, a sentence each.
        is_labelled: Whether any label was found.
    """

    lines: list[str]
    sections: list[Section]
    entries: list[Said]
    problems: list[str]
    left_empty: list[str]
    is_labelled: bool


def divided(
    lines: Sequence[str],
    kinds: Sequence[Kind],
    context: Context,
    *,
    default: str | None = None,
    is_open: bool = True,
    is_asked: bool = False,
) -> Divided:
    """Return a text divided; the arguments are those of `sections_of`, and `context` is moved on."""
    names = context.names
    blocks = blocks_of(lines, kinds, names)
    if blocks:
        trial = sections_of(
            lines,
            kinds,
            replace(context),
            default=default,
            is_open=is_open,
            is_asked=is_asked,
            left_out=_lines_of(blocks),
        )
        answered: dict[str, int] = {}
        for section in trial.sections:
            for part in section.parts:
                answered.setdefault(part, section.start)
        bare = any(label.letters and not label.problem for label in trial.labels.values())
        kept = [accepted(one, answered, _resolved(one, trial, names), has_bare_labels=bare) for one in blocks]
        blocks = [block for block in kept if block is not None]
    found = sections_of(
        lines, kinds, context, default=default, is_open=is_open, is_asked=is_asked, left_out=_lines_of(blocks)
    )
    entries: list[Said] = []
    problems = list(found.problems)
    for block in blocks:
        for entry, resolved in zip(block.entries, _resolved(block, found, names), strict=True):
            if resolved is None:
                shown = "".join((entry.label.problem, *entry.label.letters))
                problems.append(f"line {entry.line + 1}: {shown!r} in the summary names no part of this assignment")
                continue
            entries += [
                Said(part=resolved, text=text, line=entry.line, announced=block.announced) for text in entry.texts
            ]
    entries = _bounded(entries, problems)
    shown_lines = _without_labels(lines, found, blocks)
    return Divided(
        lines=shown_lines,
        sections=found.sections,
        entries=entries,
        problems=problems,
        left_empty=_left_empty(shown_lines, found, {entry.part for entry in entries}),
        is_labelled=found.is_labelled,
    )


def _bounded(entries: list[Said], problems: list[str]) -> list[Said]:
    """Return the last entries of each part: a summary says little, and each entry costs a grading."""
    counts: dict[str, int] = {}
    kept: list[Said] = []
    for entry in reversed(entries):
        counts[entry.part] = counts.get(entry.part, 0) + 1
        if counts[entry.part] <= _ENTRIES_LIMIT:
            kept.append(entry)
    problems += [
        f"summaries answer {part} {count} times; the last {_ENTRIES_LIMIT} were read"
        for part, count in sorted(counts.items())
        if count > _ENTRIES_LIMIT
    ]
    return kept[::-1]


def _lines_of(blocks: Sequence[Block]) -> frozenset[int]:
    return frozenset(index for block in blocks for index in range(block.start, block.stop))


def _resolved(block: Block, found: Found, names: PartNames) -> list[str | None]:
    """Return the part of each entry; letters without a number count on through the problems as they start anew."""
    bare = [entry.label.letters[0] for entry in block.entries if not entry.label.problem and entry.label.letters]
    runs = 1 + sum(after <= before for before, after in pairwise(bare))
    current = found.problem_at.get(block.start, "") or (names.problems[0] if names.problems else "")
    if runs > 1:
        problems = list(names.problems) if runs == len(names.problems) else []
    else:
        fits = [number for number in names.problems if set(bare) <= set(names.letters(number))]
        problems = [current] if current in fits else fits if len(fits) == 1 else []
    resolved: list[str | None] = []
    run, before = 0, ""
    for entry in block.entries:
        letter = entry.label.letters[0] if entry.label.letters else ""
        number = entry.label.problem
        if not number:
            run += bool(before and letter <= before)
            before = letter
            number = problems[run] if run < len(problems) else "?"
        resolved.append(names.by_label.get((number, letter)))
    return resolved


def _without_labels(lines: Sequence[str], found: Found, blocks: Sequence[Block]) -> list[str]:
    shown = list(lines)
    stops = {index: section.stop for section in found.sections for index in range(section.start, section.stop)}
    for index in _lines_of(blocks):
        shown[index] = ""
    followed = [*sorted(found.labels), len(lines)]
    for position, index in enumerate(followed[:-1]):
        label = found.labels[index]
        stop = min(stops[index], followed[position + 1])
        if not label.rest_at:
            if not _says_more(lines[index]):
                shown[index] = "" if says_nothing(shown[index + 1 : stop]) else shown[index]
            continue
        behind = text_behind(lines[index], label.rest_at)
        below = shown[index + 1 : stop]
        is_heading_of_more = not _RELATION.search(behind) and not says_nothing(below)
        underline = bool(below) and bool(_UNDERLINE.fullmatch(below[0][:90]))
        hashes = _HASHES.match(lines[index])
        shown[index] = f"{hashes[1]} {behind}" if hashes and behind and is_heading_of_more else behind
        if underline and not (behind and is_title(behind)):
            shown[index + 1] = ""
    return shown


def _says_more(line: str) -> bool:
    """Return whether a sentence that announces a part answers it on the same line."""
    return next(math_spans(line), None) is not None or bool(re.search(r"[:：]\s*\w", line)) or len(line) > 160


def _left_empty(lines: Sequence[str], found: Found, said: set[str]) -> list[str]:
    """Return a problem for each part of which only the label is there."""
    full = {
        part
        for section in found.sections
        if not says_nothing(lines[section.start : section.stop])
        for part in section.parts
    }
    firsts: dict[str, int] = {}
    for section in found.sections:
        for part in section.parts:
            if section.is_labelled and part not in full and part not in said:
                firsts.setdefault(part, section.start)
    return [f"line {line + 1}: {part} is left empty" for part, line in firsts.items()]
