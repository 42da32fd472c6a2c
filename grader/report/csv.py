"""CSV (RFC 4180): one row a submission and part, for a spreadsheet or a gradebook."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from grader.report.sentences import deciding_evidence, evidence_sentence
from grader.report.text import clip, inert, points_text

COLUMNS = ("id", "author", "part", "verdict", "earned", "pending", "possible", "mistake", "feedback", "evidence")

# A cell of a spreadsheet holds 32767 characters.
_CELL_CHARACTERS = 30_000
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def cell(text: str) -> str:
    """Return `text` as a spreadsheet may show it: inert characters, and never the start of a formula.

    Examples:
        >>> cell("=HYPERLINK(1)"), cell(" @x"), cell("a-b")
        ("'=HYPERLINK(1)", "' @x", 'a-b')
    """
    # Some programs skip white space before they look for a formula.
    is_formula = text.startswith(_FORMULA_STARTS) or text.lstrip().startswith(_FORMULA_STARTS)
    return ("'" if is_formula else "") + inert(clip(text, _CELL_CHARACTERS))


def _number(value: object) -> str:
    """Return points as a spreadsheet reads them exactly; it takes `1/3` for a day of January, but not `0 1/3`."""
    text = points_text(value)
    return f"0 {text}" if "/" in text and " " not in text else text


def render(document: Mapping[str, Any]) -> str:
    """Return the table with a header row and CRLF line ends.

    Points are exact: `2`, `2.5`, or a mixed number such as `0 1/3`.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for submission in document["submissions"]:
        for part in submission["parts"]:
            found = deciding_evidence(part)
            score = part["score"]
            writer.writerow(
                (
                    cell(submission["id"]),
                    cell(submission["author"]),
                    cell(part["part"]),
                    part["verdict"],
                    _number(score["earned"]),
                    _number(score["pending"]),
                    _number(score["possible"]),
                    cell(part["mistake"]["message"]) if part["mistake"] else "",
                    cell(part["feedback"]),
                    cell(evidence_sentence(found)) if found else "",
                )
            )
    return buffer.getvalue()
