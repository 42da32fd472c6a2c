"""A person's grades beside the grader's: each disagreement, with what the grader has to say for itself.

Human grades are read from a file of their own and never reach grading. JSON: a list of rows with `transcript` or
`submission`, `part`, and `points` or `human` (a word). CSV: the same names as columns. The last row of a part counts.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path

from grader.errors import UsageError
from grader.model import PartResult, SubmissionResult
from grader.pipeline import Run

# What a word is worth as a share of the points; other words are remarks and grade nothing.
SHARES = {
    "correct": Fraction(1), "right": Fraction(1), "mostly correct": Fraction(3, 4), "partial": Fraction(1, 2),
    "partially correct": Fraction(1, 2), "not quite": Fraction(1, 2), "struggles": Fraction(1, 4),
    "wrong": Fraction(0), "incorrect": Fraction(0), "missing": Fraction(0),
}  # fmt: skip


def disagreements_with(path: Path, run: Run) -> list[dict[str, object]]:
    """Return the parts on which a person and the grader differ, in the form of the results document.

    Raises:
        UsageError: if the file cannot be read, or a row lacks a name or a grade.
    """
    found: dict[tuple[str, str], dict[str, object]] = {}
    for number, row in enumerate(_rows(path), start=1):
        name = str(row.get("submission") or row.get("transcript") or "")
        part_id = str(row.get("part") or "")
        if not name or not part_id:
            raise UsageError(f"{path}, row {number}: expected the columns submission (or transcript) and part")
        for result in run.results:
            if not _is_named(result, name):
                continue
            for part in result.parts:
                if part.part != part_id:
                    continue
                points = _points(row, part, path, number)
                key = (result.submission.id, part_id)
                if points is not None:
                    found.pop(key, None)
                    if points != part.last.score.earned or part.last.score.pending:
                        found[key] = _entry(result, part, points, str(row.get("summary") or row.get("note") or ""))
    return [found[key] for key in sorted(found)]


def _rows(path: Path) -> Iterator[Mapping[str, object]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as human grades: {error}") from error
    if path.suffix.lower() == ".csv":
        yield from csv.DictReader(text.splitlines())
        return
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise UsageError(f"{path}: expected a JSON list of rows or a .csv file: {error}") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UsageError(f"{path}: expected a JSON list of rows")
    yield from rows


def _is_named(result: SubmissionResult, name: str) -> bool:
    identity = result.submission.id
    return identity == name or identity.split("/")[-1].startswith(name) or result.submission.author == name


def _points(row: Mapping[str, object], part: PartResult, path: Path, number: int) -> Fraction | None:
    possible = part.last.score.possible
    given = row.get("points")
    if given not in (None, ""):
        try:
            points = Fraction(str(given))
        except ValueError as error:
            raise UsageError(f"{path}, row {number}: expected points as a number, got {given!r}") from error
        if not 0 <= points <= possible:
            raise UsageError(f"{path}, row {number}: expected 0 to {possible} points for {part.part}, got {points}")
        return points
    word = str(row.get("human") or row.get("verdict") or "").strip().lower()
    if not word:
        raise UsageError(f"{path}, row {number}: expected points or a word in the column human")
    share = SHARES.get(word)
    return None if share is None else share * possible


def _entry(result: SubmissionResult, part: PartResult, points: Fraction, note: str) -> dict[str, object]:
    score = part.last.score
    return {
        "submission": result.submission.id,
        "part": part.part,
        "human": _plain(points),
        "earned": _plain(score.earned),
        "pending": _plain(score.pending),
        "possible": _plain(score.possible),
        "verdict": str(part.last.verdict),
        "note": note,
    }


def _plain(points: Fraction) -> int | str:
    return int(points) if points.denominator == 1 else f"{points.numerator}/{points.denominator}"
