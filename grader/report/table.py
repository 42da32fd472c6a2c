"""The class as a table in a terminal, and plain text where there is no terminal.

Verdicts are told apart by symbol; colour only repeats it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import Any, TextIO

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.report.sentences import SYMBOLS, evidence_sentence
from grader.report.text import one_line, points, points_text

_COLOURS: Mapping[str, str] = {
    "correct": "green",
    "partial": "yellow",
    "incorrect": "bold red",
    "undecided": "magenta",
    "missing": "bright_black",
}
_ASCII: Mapping[str, str] = {"correct": "+", "partial": "~", "incorrect": "x", "undecided": "?", "missing": "-"}
_PLAIN_WIDTH = 100
_NAME_CHARACTERS = 28
_FINDINGS_SHOWN = 40


def render(document: Mapping[str, Any]) -> str:
    """Return the table as plain text of a fixed width, the same on every machine."""
    buffer = StringIO()
    console = Console(file=buffer, width=_PLAIN_WIDTH, color_system=None, force_terminal=False, legacy_windows=False)
    _write(document, console, SYMBOLS)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def show(document: Mapping[str, Any], file: TextIO | None = None) -> None:
    """Print the table: in colour and as wide as the terminal, else plain; in ASCII where the stream has no more."""
    stream = sys.stdout if file is None else file
    if stream.isatty() and _can_encode(stream):
        _write(document, Console(file=stream), SYMBOLS)
        return
    text = render(document)
    if not _can_encode(stream):
        encoding = stream.encoding or "ascii"
        for verdict, symbol in SYMBOLS.items():
            text = text.replace(symbol, _ASCII[verdict])
        text = text.replace("─", "-").replace("…", "...").replace("·", "-")
        text = text.encode(encoding, errors="backslashreplace").decode(encoding)
    stream.write(text)


def _can_encode(stream: TextIO) -> bool:
    try:
        ("".join(SYMBOLS.values()) + "─…σ²").encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _write(document: Mapping[str, Any], console: Console, symbols: Mapping[str, str]) -> None:
    assignment = document["assignment"]
    submissions = document["submissions"]
    _line(console, f"{one_line(assignment['id'])} {one_line(assignment['version'])}, {len(submissions)} submissions")
    names = list(dict.fromkeys(part["part"] for submission in submissions for part in submission["parts"]))
    for chunk, is_last in _chunks(names, console.width):
        console.print(_table(submissions, chunk, symbols, has_totals=is_last))
    _line(console, "  ".join(f"{symbol} {verdict}" for verdict, symbol in symbols.items()))
    findings = list(_findings(submissions))
    for label, sentence in findings[:_FINDINGS_SHOWN]:
        _line(console, "")
        _line(console, label, style="bold")
        _line(console, f"  {sentence}")
    if len(findings) > _FINDINGS_SHOWN:
        _line(console, "")
        _line(console, f"… and {len(findings) - _FINDINGS_SHOWN} more; the html and json reports have all of them")


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(text, style=style), soft_wrap=True)


def _chunks(names: Sequence[str], width: int) -> Iterator[tuple[list[str], bool]]:
    """Yield the parts in groups that fit beside the names and totals, and whether a group is the last."""
    room = max(8, width - _NAME_CHARACTERS - 24)
    chunk: list[str] = []
    used = 0
    for name in names:
        needed = max(1, cell_len(_part_label(name))) + 1
        if chunk and used + needed > room:
            yield chunk, False
            chunk, used = [], 0
        chunk.append(name)
        used += needed
    yield chunk, True


def _part_label(name: str) -> str:
    return one_line(name, 12)


def _table(
    submissions: Sequence[Mapping[str, Any]], names: Sequence[str], symbols: Mapping[str, str], *, has_totals: bool
) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column(Text("submission"), max_width=_NAME_CHARACTERS, no_wrap=True, overflow="ellipsis")
    for name in names:
        table.add_column(Text(_part_label(name)), justify="center", no_wrap=True)
    if has_totals:
        for title in ("earned", "pending", "of"):
            table.add_column(Text(title), justify="right", no_wrap=True)
    for submission in submissions:
        verdicts = {part["part"]: part["verdict"] for part in submission["parts"]}
        row = [Text(one_line(submission["id"], 4 * _NAME_CHARACTERS))]
        for name in names:
            verdict = verdicts.get(name)
            row.append(Text(symbols[verdict], style=_COLOURS[verdict]) if verdict else Text(""))
        if has_totals:
            score = submission["score"]
            pending = points_text(score["pending"]) if points(score["pending"]) else ""
            row += [Text(points_text(score["earned"])), Text(pending), Text(points_text(score["possible"]))]
        table.add_row(*row)
    return table


def _findings(submissions: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield a label and a sentence for each counterexample behind a part that is not right."""
    for submission in submissions:
        for part in submission["parts"]:
            if part["verdict"] in {"correct", "missing"}:
                continue
            for found in part["evidence"]:
                if found["kind"] == "counterexample":
                    label = f"{one_line(submission['id'], 60)} · {_part_label(part['part'])} {part['verdict']}"
                    if part["mistake"]:
                        label += f": {one_line(part['mistake']['message'], 120)}"
                    yield label, evidence_sentence(found)
                    break
