"""One text into sections, each for one part: headings, problem context, restarts of the letters, recaps."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, field

from grader.ingest.labels import Label, label_at
from grader.ingest.lines import Kind
from grader.ingest.parts import PartNames, label_of

_SUMMARY = re.compile(
    r"\W*(?:final\s+)?(?:summary|recap|overview|final answers|conclusions?|all answers|results)\b", re.IGNORECASE
)
_HEADING = re.compile(r"\s{0,3}(?:#{1,6}\s|\*\*[^*]{1,80}\*\*\s*:?\s*$)")


@dataclass(slots=True, kw_only=True)
class Context:
    """Where a reader is in the assignment: the current problem, and the part that was answered last."""

    names: PartNames
    problem: str = ""
    last: str | None = None
    labelled: str | None = None

    def enter(self, problem: str) -> None:
        """Go to a problem: its letters start anew."""
        self.problem = problem
        self.labelled = None

    def resolve(self, label: Label, *, may_restart: bool = True, is_asked: bool = False) -> tuple[tuple[str, ...], str]:
        """Return the part ids that a label means here, and the problem that it belongs to.

        Letters that start at the first again after the last (or last but one) of a problem belong to the next problem.
        What is only asked for (`is_asked`) moves the problem, but not the last letter seen.
        """
        names = self.names
        problem = label.problem or self.problem or (names.problems[0] if names.problems else "")
        if not label.problem and may_restart and label.letters:
            current = self.labelled or self.last
            order = names.problems
            if current and label_of(current)[0] == problem and label.letters[0] == names.letters(problem)[0]:
                at_end = label_of(current)[1] in names.letters(problem)[-2:] and len(names.letters(problem)) > 2
                if at_end and order.index(problem) + 1 < len(order):
                    following = order[order.index(problem) + 1]
                    if label.letters[0] in names.letters(following):
                        problem = following
        found = tuple(
            names.by_label[problem, letter] for letter in label.letters if (problem, letter) in names.by_label
        )
        if not found and not label.letters and (problem, "") in names.by_label:
            found = (names.by_label[problem, ""],)
        if found:
            self.problem = problem
            if not is_asked:
                self.labelled = found[-1]
        return found, problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Lines `start` to `stop` (exclusive, from 0) answer `parts`; no parts for a preface."""

    start: int
    stop: int
    parts: tuple[str, ...]
    is_labelled: bool = True


@dataclass(slots=True, kw_only=True)
class Found:
    """The sections of one text.

    Attributes:
        sections: In order; together they are the whole text.
        problems: Labels of parts that the assignment does not have.
        is_labelled: Whether any label was found.
        labels: The labels that were followed, by line.
        problem_at: The problem number that holds at each line that was left out.
    """

    sections: list[Section] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    is_labelled: bool = False
    labels: dict[int, Label] = field(default_factory=dict)
    problem_at: dict[int, str] = field(default_factory=dict)


def sections_of(
    lines: Sequence[str],
    kinds: Sequence[Kind],
    context: Context,
    *,
    default: str | None = None,
    is_open: bool = True,
    is_asked: bool = False,
    left_out: Set[int] = frozenset(),
) -> Found:
    """Return the sections of a text.

    Args:
        lines: Of the text.
        kinds: What each line is.
        context: Is moved on by what is found.
        default: The part that text before the first label answers, if any.
        is_open: Whether bare labels such as `(a)` start sections wherever they stand; else only the next letter after
            the current one does, and only where `is_asked`: an enumeration inside an answer starts at `(a)` again.
        is_asked: Whether the default comes from a request or an announcement, not only from the turns before.
        left_out: Lines whose labels start no section: those of summaries.
    """
    names = context.names
    labels = {index: label for index, label in _labels(lines, kinds, names).items() if index not in left_out}
    strong = {(label.problem, letter) for label in labels.values() if label.strength >= 2 for letter in label.letters}
    found = Found()
    if default is not None:
        context.problem = label_of(default)[0]
        context.labelled = default
    current: tuple[str, ...] = (default,) if default else ()
    start, labelled, in_summary = 0, False, False
    for index, line in enumerate(lines):
        label = labels.get(index)
        if index in left_out:
            found.problem_at[index] = context.problem
        if label is None:
            if kinds[index] is Kind.TEXT and _HEADING.match(line):
                in_summary = bool(_SUMMARY.match(line))
            continue
        if label.strength < 2 and not _is_weak_accepted(label, context, strong, is_open=is_open, is_asked=is_asked):
            continue
        if not label.letters and (label.problem, "") not in names.by_label:
            if label.problem != context.problem or not current:
                found.sections.append(Section(start=start, stop=index, parts=current, is_labelled=labelled))
                start, current, labelled = index, (), True
                if label.problem != context.problem:
                    context.enter(label.problem)
                    in_summary = False
            continue
        if default and not label.problem and label.strength < 3 and _is_inner(label, default, context):
            continue
        if default and not label.problem and _goes_back(label, default, context, line):
            continue
        parts, problem = context.resolve(label, may_restart=not in_summary)
        if not parts:
            found.problems.append(
                f"line {index + 1}: no part {problem}{label.letters[0] if label.letters else ''} in this assignment"
            )
            continue
        found.is_labelled = True
        found.labels[index] = label
        if parts != current:
            found.sections.append(Section(start=start, stop=index, parts=current, is_labelled=labelled))
            start, current = index, parts
        labelled = True
    found.sections.append(Section(start=start, stop=len(lines), parts=current, is_labelled=labelled))
    return found


def _labels(lines: Sequence[str], kinds: Sequence[Kind], names: PartNames) -> dict[int, Label]:
    labels: dict[int, Label] = {}
    for index, line in enumerate(lines):
        if kinds[index] is not Kind.TEXT or not line.strip():
            continue
        following = lines[index + 1] if index + 1 < len(lines) and kinds[index + 1] is Kind.TEXT else ""
        label = label_at(line, names, next_line=following)
        if label is not None:
            labels[index] = label
    return labels


def _is_weak_accepted(
    label: Label, context: Context, strong: set[tuple[str, str]], *, is_open: bool, is_asked: bool
) -> bool:
    """Return whether a bare `(b)` starts a section: not where the turn labels that part more strongly elsewhere."""
    here = {letter for problem, letter in strong if problem in ("", context.problem) or not context.problem}
    if len(label.letters) != 1 or label.letters[0] in here:
        return False
    if not is_open and not is_asked:
        return False
    return (is_open and not here) or _is_next(label, context)


def _is_next(label: Label, context: Context) -> bool:
    letters = context.names.letters(context.problem)
    if not context.labelled or label.letters[0] not in letters:
        return False
    before = label_of(context.labelled)[1]
    return before in letters and letters.index(label.letters[0]) == letters.index(before) + 1


def _is_inner(label: Label, default: str, context: Context) -> bool:
    """Return whether a bare label inside an answer to one part enumerates: it does not go on in order."""
    return label.strength < 2 and not _is_next(label, context)


def _goes_back(label: Label, default: str, context: Context, line: str) -> bool:
    """Return whether `### (a)` stands inside an answer to a later part: a step of it, unless "part" is there."""
    letters = context.names.letters(context.problem)
    here = label_of(context.labelled or default)[1]
    if (
        re.search(r"(?i)\b(?:part|question|problem)\b", line[:80])
        or label.letters[0] not in letters
        or here not in letters
    ):
        return False
    at_end = here in letters[-2:]
    return letters.index(label.letters[0]) < letters.index(here) and not at_end
