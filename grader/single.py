"""One answer to one part, checked at once: what `grader check` prints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from grader import judge
from grader.checks.identity import Effort
from grader.errors import UsageError
from grader.feedback import feedback
from grader.grading import Context, grade_items
from grader.model import Answer, Attempt, AttemptResult, Formula, Place, Prose, Score
from grader.report.results import item_document
from grader.report.sentences import counterexample_lines, evidence_sentence
from grader.rubric import FormulaItem, Rubric
from grader.selfcheck import check_rubric

_SYMBOLS = {"correct": "✓", "partial": "½", "incorrect": "✗", "undecided": "?", "missing": "-"}
_SENTENCE = re.compile(r"\$|\\\(|\\\[|(?:[A-Za-z]{3,}\s+){3}")


def check_text(rubric: Rubric, part_id: str, text: str, *, item: str = "") -> dict[str, Any]:
    """Return the verdict on a text as an answer to a part, as plain data.

    Args:
        rubric: The assignment.
        part_id: The part.
        text: LaTeX, plain notation or sentences with formulas.
        item: Only this item; the text then answers it even without a left side.

    Raises:
        UsageError: if the assignment has no such part or item, or the text is empty.
        RubricError: if the part contradicts itself.
    """
    if part_id not in rubric.part_ids:
        raise UsageError(f"part {part_id!r}: expected one of {', '.join(rubric.part_ids)}")
    part = rubric.part(part_id)
    if item:
        items = tuple(one for one in part.items if one.id == item)
        if not items:
            raise UsageError(f"item {item!r} of {part_id}: expected one of {', '.join(i.id for i in part.items)}")
        part = replace(part, items=items)
    if not text.strip():
        raise UsageError("the answer is empty")
    check_rubric(rubric, parts=(part_id,))
    place = Place(file="the answer")
    only = part.items[0].id if len(part.items) == 1 else None
    is_formula = any(isinstance(one, FormulaItem) for one in part.items) and not _SENTENCE.search(text)
    kind = Formula if is_formula else Prose
    answer: Answer = kind(text=text, place=place, item=only)
    attempt = Attempt(number=1, answers=(answer,), place=place)
    results = grade_items(part, attempt, Context(rubric=rubric, effort=Effort(sympy_s=1.0)))
    whole = AttemptResult(
        number=1,
        where="",
        hinted=False,
        hint="",
        verdict=judge.combined(one.verdict for one in results),
        score=sum((one.score for one in results), Score()),
        items=results,
    )
    return {
        "part": part.id,
        "title": part.title,
        "verdict": str(whole.verdict),
        "items": [item_document(one) for one in results],
        "feedback": feedback(part, whole),
    }


def lines(result: Mapping[str, Any]) -> list[str]:
    """Return a result as lines for a terminal."""
    out = [f"{_SYMBOLS[result['verdict']]} {result['part']} {result['verdict']}: {result['title']}"]
    several = len(result["items"]) > 1
    for item in result["items"]:
        if several:
            out.append(f"  {_SYMBOLS[item['verdict']]} {item['item']}: {item['verdict']}")
        if item.get("read_as"):
            out.append(f"    read as: {item['read_as']}")
        for evidence in item["evidence"]:
            if evidence["kind"] == "counterexample":
                out.extend(f"    {line}" for line in counterexample_lines(evidence))
            elif evidence["kind"] == "silence":
                # The lines after the first show the formula with a caret below the place.
                first, *shown = evidence["reason"].splitlines()
                out.append(f"    {evidence_sentence({**evidence, 'reason': first})}")
                out.extend(f"      {line}" for line in shown)
            else:
                out.append(f"    {evidence_sentence(evidence)}")
        if item.get("mistake"):
            out.append(f"    known mistake ({item['mistake']['id']}): {item['mistake']['message']}")
        out.extend(f"    note: {remark}" for remark in item.get("remarks", ()))
    return out
