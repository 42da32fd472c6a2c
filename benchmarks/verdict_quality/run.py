"""Grades the equal forms in rewrites.jsonl and the wrong answers in mutants.jsonl, and counts the verdicts by part.

    python benchmarks/verdict_quality/run.py [PART...] [--list] [--json]

Each line is graded as an answer sheet would give it: one item of one part. Exit code 1 if an equal form is refuted
or a wrong answer accepted, else 0.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from grader import assignments
from grader.checks.identity import Effort
from grader.grading import Context, grade_items
from grader.ingest.values import answer_of
from grader.model import Attempt, Place, Verdict
from grader.rubric import Rubric
from grader.selfcheck import check_rubric

FOLDER = Path(__file__).parent
ASSIGNMENT = "hw13"
REWRITES, MUTANTS = "rewrites", "mutants"
OUTCOMES = ("accepted", "refuted", "partial", "undecided")
# Shrinking and proofs change what is shown of a verdict, never the verdict.
EFFORT = Effort(shrink=False, prove=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One answer of a list, with the verdict that a person gave it."""

    part: str
    item: str
    answer: str
    verdict: str
    rule: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the grader says of a line.

    Attributes:
        kind: `rewrites` or `mutants`.
        outcome: `accepted` for full points; `refuted` for none, or for a part of them where the list says so;
            `partial` for a part of them where the list says otherwise; `undecided`.
        verdict: The grader's verdict.
        mistake: The known mistake that was named, empty if none.
        evidence: The first finding, as text.
    """

    kind: str
    line: Line
    outcome: str
    verdict: str
    mistake: str
    evidence: str


def lines(kind: str) -> tuple[Line, ...]:
    """Return the lines of one list."""
    text = (FOLDER / f"{kind}.jsonl").read_text(encoding="utf-8")
    return tuple(Line(**json.loads(line)) for line in text.splitlines() if line.strip())


def graded(kind: str, line: Line, rubric: Rubric) -> Outcome:
    """Return what the grader says of a line.

    Raises:
        KeyError: if the assignment has no such part or item.
    """
    part = rubric.part(line.part)
    items = tuple(item for item in part.items if item.id == line.item)
    if not items:
        raise KeyError(f"{line.part} {line.item}")
    place = Place(file=f"{kind}.jsonl")
    attempt = Attempt(number=1, answers=(answer_of(line.answer, place=place, item=line.item),), place=place)
    (result,) = grade_items(replace(part, items=items), attempt, Context(rubric=rubric, effort=EFFORT))
    return Outcome(
        kind=kind,
        line=line,
        outcome=_outcome(kind, result.verdict, line.verdict),
        verdict=str(result.verdict),
        mistake=result.mistake.id if result.mistake else "",
        evidence=str(result.evidence[0]) if result.evidence else "",
    )


def _outcome(kind: str, verdict: Verdict, listed: str) -> str:
    match verdict:
        case Verdict.CORRECT:
            return "accepted"
        case Verdict.INCORRECT:
            return "refuted"
        case Verdict.MISSING:
            # To overlook an answer costs its author the points, and shows nothing against it.
            return "refuted" if kind == REWRITES else "undecided"
        case Verdict.PARTIAL:
            return "refuted" if listed == Verdict.PARTIAL else "partial"
    return "undecided"


def outcomes(rubric: Rubric, parts: Sequence[str] = ()) -> Iterator[Outcome]:
    """Yield what the grader says of each line of both lists, of these parts (all if none is named)."""
    for kind in (REWRITES, MUTANTS):
        for line in lines(kind):
            if not parts or line.part in parts:
                yield graded(kind, line, rubric)


def is_wrong(one: Outcome) -> bool:
    """Return whether a verdict is the wrong way round: an equal form refuted, a wrong answer accepted."""
    return one.outcome == ("refuted" if one.kind == REWRITES else "accepted")


def is_decided(one: Outcome) -> bool:
    """Return whether a line got the verdict that it is listed with."""
    return one.outcome == ("accepted" if one.kind == REWRITES else "refuted")


def table(found: Iterable[Outcome], parts: Sequence[str]) -> str:
    """Return the counts by part, and their sums, as lines of text."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for one in found:
        for part in (one.line.part, "all"):
            counts[one.kind, part, one.outcome] += 1
            counts[one.kind, part, "named"] += bool(one.mistake)
    rows = [
        "      rewrites                                  mutants",
        "part  accepted  refuted  partial  undecided     refuted  accepted  partial  undecided  named",
    ]
    for part in (*parts, "all"):
        equal = {name: counts[REWRITES, part, name] for name in OUTCOMES}
        wrong = {name: counts[MUTANTS, part, name] for name in (*OUTCOMES, "named")}
        rows.append(
            f"{part:<4}  {equal['accepted']:>8}  {equal['refuted']:>7}  {equal['partial']:>7}  {equal['undecided']:>9}"
            f"     {wrong['refuted']:>7}  {wrong['accepted']:>8}  {wrong['partial']:>7}  {wrong['undecided']:>9}"
            f"  {wrong['named']:>5}"
        )
    return "\n".join(rows)


def shares(found: Sequence[Outcome]) -> Iterator[str]:
    """Yield a sentence on each list: how many of its lines got the verdict that they are listed with."""
    for kind in (REWRITES, MUTANTS):
        of_kind = [one for one in found if one.kind == kind]
        if of_kind:
            decided = sum(is_decided(one) for one in of_kind)
            yield f"{kind}: {decided} of {len(of_kind)} as listed ({100 * decided / len(of_kind):.1f} %)"


def _described(one: Outcome) -> str:
    line = one.line
    return f"{one.kind} {line.part} {line.item}, {one.outcome} ({line.rule}): {line.answer}\n    {one.evidence[:400]}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the counts and return 1 if a verdict is the wrong way round."""
    parser = argparse.ArgumentParser(description="Counts verdicts on equal forms and on wrong answers, by part.")
    parser.add_argument("parts", nargs="*", metavar="PART", help="only these parts")
    parser.add_argument("--list", action="store_true", help="also print the lines that are not decided as listed")
    parser.add_argument("--json", action="store_true", help="print every line with its verdict as JSON instead")
    options = parser.parse_args(arguments)
    rubric = assignments.load(ASSIGNMENT)
    unknown = sorted(set(options.parts) - set(rubric.part_ids))
    if unknown:
        parser.error(f"no part {', '.join(unknown)}: expected some of {', '.join(rubric.part_ids)}")
    check_rubric(rubric, parts=tuple(options.parts))
    found = list(outcomes(rubric, options.parts))
    wrong = [one for one in found if is_wrong(one)]
    if options.json:
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1))
        return 1 if wrong else 0
    print(table(found, options.parts or rubric.part_ids))
    print("\n".join(shares(found)))
    for one in found if options.list else wrong:
        if not is_decided(one):
            print(_described(one))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
