"""A rubric is checked against itself before it grades anybody: references right, mistakes refuted and named."""

from __future__ import annotations

from fractions import Fraction

from grader.checks import form
from grader.checks.answer import Finding, check_candidate
from grader.checks.identity import Effort
from grader.errors import ReadError, RubricError
from grader.formula.printer import to_text
from grader.formula.tree import Node
from grader.model import Place
from grader.reading.finding import Candidate, pattern
from grader.reading.statement import Statement
from grader.rubric import Expected, FormulaItem, Part, Rubric, Written

_EFFORT = Effort(worlds=6, shrink=False, prove=False)


def check_rubric(rubric: Rubric, *, parts: tuple[str, ...] = ()) -> None:
    """Return if the rubric holds together.

    Args:
        rubric: The assignment.
        parts: Only these parts, all if empty.

    Raises:
        RubricError: naming part, item and formula, if a reference is not judged correct, a listed mistake is not
            refuted or not named, a formula cannot be read, or ids repeat.
    """
    _unique("parts", list(rubric.part_ids))
    for part in rubric.parts:
        if parts and part.id not in parts:
            continue
        _unique(f"items of {part.id}", [item.id for item in part.items])
        for item in part.items:
            if item.points <= 0:
                raise RubricError(f"{part.id} {item.id}: expected positive points, got {item.points}")
            if isinstance(item, FormulaItem):
                _check_item(item, part)


def _unique(what: str, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise RubricError(f"{what}: ids must differ, {', '.join(repeated)} repeats")


def _check_item(item: FormulaItem, part: Part) -> None:
    for name in (*item.names, *(label for one in item.expected for label in one.labels)):
        _readable(name, item, part)
    for expected in item.expected:
        value = item.simplest if item.simplest is not None else expected.value
        finding = _judged(value, expected, item, part)
        if not finding.is_right and not (item.unfinished is not None and finding.is_right_in_value):
            shown = to_text(_tree(value, item, part))
            raise RubricError(f"{part.id} {item.id}: the reference {shown} is not judged correct: {finding.evidence}")
    for mistake in item.mistakes:
        for written in mistake.forms:
            label = Expected(value=written, labels=())
            finding = _judged(written, label, item, part)
            shown = to_text(_tree(written, item, part))
            if finding.is_right:
                raise RubricError(f"{part.id} {item.id}: the mistake {mistake.id} ({shown}) is judged correct")
            named = finding.mistake
            if named is None or named.id != mistake.id:
                got = "no name" if named is None else named.id
                raise RubricError(f"{part.id} {item.id}: the mistake {mistake.id} ({shown}) is given {got}")
            if mistake.points >= 1 or mistake.points < 0:
                raise RubricError(f"{part.id} {item.id}: the mistake {mistake.id} earns a share in [0, 1)")
    if not Fraction(0) <= item.form_points < 1:
        raise RubricError(f"{part.id} {item.id}: form_points is a share in [0, 1), got {item.form_points}")


def _readable(text: str, item: FormulaItem, part: Part) -> Node:
    try:
        return pattern(text, part.space.notation)
    except ReadError as error:
        raise RubricError(f"{part.id} {item.id}: the formula {text!r} cannot be read: {error}") from error


def _tree(written: Written, item: FormulaItem, part: Part) -> Node:
    try:
        return form.tree_of(written, part)
    except ReadError as error:
        raise RubricError(f"{part.id} {item.id}: the formula {written!r} cannot be read: {error}") from error


def _judged(written: Written, expected: Expected, item: FormulaItem, part: Part) -> Finding:
    value = _tree(written, item, part)
    label = pattern(expected.labels[0], part.space.notation) if expected.labels else None
    statement = Statement(
        members=(value,),
        ops=(),
        is_final=True,
        is_approximate=False,
        is_definition=False,
        whole=True,
        text=to_text(value),
        offset=0,
        place=Place(file="rubric"),
        trust="source",
    )
    claims = "≈" if item.simplest is not None else ""
    candidate = Candidate(statement=statement, value=value, label=label, claims=claims, why="self-check")
    return check_candidate(candidate, value, item, part, seed=f"self-check {part.id}", effort=_EFFORT)
