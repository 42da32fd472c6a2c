"""How tests hand in answers in writing, and what they look at in the results."""

from __future__ import annotations

from dataclasses import replace

from grader.grading import Context, grade_items
from grader.model import Answer, Attempt, Counterexample, Evidence, Formula, ItemResult, Place, Prose
from grader.rubric import FormulaItem, Mistake, Part, Rubric

PLACE = Place(file="answers.md", line=1)
ALL_PARTS = ("1a", "1b", "1c", "1d", "1e", "1f", "1g", "1h", "2a", "2b", "2c", "2d", "2e", "2f", "2g")


def prose(text: str, *, item: str | None = None) -> Prose:
    """Return an answer in markdown."""
    return Prose(text=text, place=PLACE, item=item)


def formula(text: str, *, item: str | None = None) -> Formula:
    """Return an answer that is one formula, as a sheet gives it."""
    return Formula(text=text, place=PLACE, item=item)


def attempt(*answers: Answer) -> Attempt:
    """Return a first attempt with these answers."""
    return Attempt(number=1, answers=answers, place=PLACE)


def graded(rubric: Rubric, part_id: str, *answers: Answer, seed: str = "grader") -> dict[str, ItemResult]:
    """Return the result on each item of a part, by the item's id."""
    part = rubric.part(part_id)
    results = grade_items(part, attempt(*answers), Context(rubric=rubric, seed=seed))
    return {one.item: one for one in results}


def only(results: dict[str, ItemResult]) -> ItemResult:
    """Return the result of a part with one item."""
    (result,) = results.values()
    return result


def kinds(evidence: tuple[Evidence, ...]) -> list[str]:
    """Return the kinds of evidence, in order, in lower case."""
    return [type(one).__name__.lower() for one in evidence]


def counterexample(result: ItemResult) -> Counterexample:
    """Return the counterexample of a result, which must have one."""
    (found,) = [one for one in result.evidence if isinstance(one, Counterexample)]
    return found


def formula_item(part: Part, item_id: str = "") -> FormulaItem:
    """Return an item of a part that a formula answers, the first one by default."""
    return next(one for one in part.items if isinstance(one, FormulaItem) and item_id in ("", one.id))


def with_item(part: Part, item: FormulaItem) -> Part:
    """Return the part with the item of the same id put in the place of its own."""
    return replace(part, items=tuple(item if one.id == item.id else one for one in part.items))


def with_part(rubric: Rubric, part: Part) -> Rubric:
    """Return the assignment with the part of the same id put in the place of its own."""
    return replace(rubric, parts=tuple(part if one.id == part.id else one for one in rubric.parts))


def with_mistakes(part: Part, *mistakes: Mistake, item_id: str = "") -> Part:
    """Return the part with the known mistakes of one item put in the place of its own."""
    return with_item(part, replace(formula_item(part, item_id), mistakes=mistakes))
