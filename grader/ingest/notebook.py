"""Notebooks: a cell a part, by tag, by the heading above it, or by the functions in it. Outputs are ignored."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from grader.errors import IngestError
from grader.ingest.behind import says_nothing
from grader.ingest.lines import classify, without_comments
from grader.ingest.load import Duplicates
from grader.ingest.module import Code, collect_code, parse_code, string_of, unreadable_parts
from grader.ingest.parts import PartNames
from grader.ingest.pieces import divided
from grader.ingest.record import Collected, Reading
from grader.ingest.repair import repair
from grader.ingest.sections import Context
from grader.ingest.summary import answer_in
from grader.ingest.values import answer_of
from grader.model import Place, Prose, Trust

_MAGIC = re.compile(r"([ \t]*)(?:%(?!=)|!(?!=)|\?|[\w.]{1,80}\?{1,2}[ \t]*$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    number: int
    kind: str
    source: str
    tags: tuple[str, ...]


def is_notebook(data: object) -> bool:
    """Return whether a JSON value is a notebook of any version."""
    if not isinstance(data, dict):
        return False
    return (isinstance(data.get("cells"), list) and ("nbformat" in data or "metadata" in data)) or isinstance(
        data.get("worksheets"), list
    )


def read_notebook(data: object, names: PartNames, *, file: str) -> Reading:
    """Return the answers of a notebook.

    Cells are read as they are, in every version: version 3 keeps them in worksheets and calls the source `input`; of
    later versions than 4 only cells with a known kind are taken. Ids and outputs are not looked at.

    Raises:
        IngestError: There is no list of cells.
    """
    if not isinstance(data, dict):
        raise IngestError("a notebook is a JSON object")
    collected = Collected()
    cells = _cells(data, collected)
    codes: list[Code] = []
    by_cell: dict[int, Code] = {}
    for cell in cells:
        if cell.kind == "code":
            code = parse_code(_without_magics(cell, collected), Place(file=file, cell=cell.number, line=1))
            codes.append(code)
            by_cell[cell.number] = code
            if code.tree is None:
                collected.note(f"{file}, cell {cell.number}: {code.error}")
    _walk(cells, by_cell, names, collected, file)
    collect_code(codes, names, collected)
    for code in codes:
        if code.tree is None:
            unreadable_parts(code, names, collected)
    return Reading(
        format="notebook", parts=collected.parts(names.ids), problems=collected.problems, author=_author(data)
    )


def _walk(cells: list[_Cell], codes: dict[int, Code], names: PartNames, collected: Collected, file: str) -> None:
    """Add the prose of markdown cells, and the texts that code cells under a part's heading end in."""
    context = Context(names=names)
    current: str | None = None
    for cell in cells:
        tagged = next((part for tag in cell.tags if (part := names.from_key(tag.removeprefix("part:")))), None)
        if cell.kind == "markdown":
            repaired = repair(without_comments(cell.source).text)
            lines = repaired.text.split("\n")
            if tagged:
                _add_prose(tagged, repaired.text, 1, bool(repaired.lines), collected, file, cell.number)
                current = tagged
                continue
            found = divided(lines, classify(lines), context, default=current, is_open=current is None)
            for section in found.sections:
                body = found.lines[section.start : section.stop]
                first = section.start + next((at for at, line in enumerate(body) if line.strip()), 0)
                for part in section.parts:
                    if not says_nothing(body):
                        touched = any(section.start <= line < section.stop for line in repaired.lines)
                        shown = "\n".join(found.lines[first : section.stop])
                        _add_prose(part, shown, first + 1, touched, collected, file, cell.number)
            for entry in found.entries:
                place = Place(file=file, cell=cell.number, line=entry.line + 1)
                trust: Trust = "repaired" if entry.line in repaired.lines else "source"
                answer = answer_in(entry.text, entry.announced, place=place, trust=trust)
                collected.add(entry.part, answer, place)
            for problem in found.problems:
                collected.note(f"cell {cell.number}, {problem}")
            last = found.sections[-1].parts
            current = last[-1] if last else None
            context.labelled = current
        elif cell.kind == "code":
            part = tagged or current
            if part is not None and cell.number in codes:
                _add_texts(part, codes[cell.number], names, collected)


def _add_texts(part: str, code: Code, names: PartNames, collected: Collected) -> None:
    body = code.tree.body if code.tree else []
    for index, node in enumerate(body):
        value: ast.expr | None = None
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and names.from_name(node.targets[0].id) is None
        ):
            value = (
                node.value if node.targets[0].id.lower() in ("answer", "ans", "solution", "formula", "result") else None
            )
        elif isinstance(node, ast.Expr) and index == len(body) - 1:
            value = node.value
        text = string_of(value) if value is not None else None
        if text is not None and text.strip():
            place = Place(file=code.place.file, cell=code.place.cell, line=node.lineno)
            collected.add(part, answer_of(text, place=place), place)


def _add_prose(part: str, text: str, line: int, is_repaired: bool, collected: Collected, file: str, cell: int) -> None:
    if text.strip():
        place = Place(file=file, cell=cell, line=line)
        collected.add(
            part, Prose(text=text.rstrip(), place=place, trust="repaired" if is_repaired else "source"), place
        )


def _cells(data: dict[str, object], collected: Collected) -> list[_Cell]:
    raw = data.get("cells")
    if not isinstance(raw, list):
        sheets = data.get("worksheets")
        raw = (
            [c for s in sheets if isinstance(s, dict) for c in s.get("cells", []) or []]
            if isinstance(sheets, list)
            else None
        )
    if not isinstance(raw, list):
        raise IngestError("a notebook without a list of cells")
    version = data.get("nbformat")
    if version not in (3, 4):
        collected.note(f"nbformat {version!r} is not known; its cells were read like those of version 4")
    cells: list[_Cell] = []
    for number, cell in enumerate(raw, 1):
        if isinstance(cell, Duplicates):
            collected.note(f"cell {number}: a key occurs twice; the last one counts")
            cell = cell.values
        if not isinstance(cell, dict):
            collected.note(f"cell {number}: not a cell but {type(cell).__name__}; left out")
            continue
        source = cell.get("source", cell.get("input", ""))
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(source, str):
            collected.note(f"cell {number}: its source is not text; left out")
            continue
        kind = str(cell.get("cell_type", ""))
        source = source.replace("\r\n", "\n")
        if kind == "heading":
            level = cell.get("level", 1)
            kind, source = "markdown", "#" * (level if isinstance(level, int) and 0 < level < 7 else 1) + " " + source
        metadata = cell.get("metadata")
        tags = metadata.get("tags") if isinstance(metadata, dict) else None
        known = tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
        cells.append(_Cell(number=number, kind=kind, source=source, tags=known))
    return cells


def _without_magics(cell: _Cell, collected: Collected) -> str:
    """Return the code with magics, shell lines and help lines made comments (or `pass`), line by line."""
    lines = cell.source.split("\n")
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("%%"):
        collected.note(f"cell {cell.number}: the cell magic {first.split()[0][:30]!r} was taken out")
        if first.split()[0] not in ("%%time", "%%timeit", "%%capture", "%%prun"):
            return "\n".join("# " + line if line.strip() else "" for line in lines)
    if parse_code(cell.source, Place(file="")).tree is not None:
        return cell.source  # what looks like a magic is the middle of a string or of an expression
    inside = _string_lines(cell.source) if any(_MAGIC.match(line[:200]) for line in lines) else set()
    for index, line in enumerate(lines):
        match = _MAGIC.match(line[:200])
        if match and index not in inside:
            lines[index] = f"{match[1]}pass  # {line.strip()}"
            if not line.startswith("%%"):
                collected.note(
                    f"cell {cell.number}, line {index + 1}: {line.strip()[:30]!r} is not Python and was taken out"
                )
    return "\n".join(lines)


def _string_lines(source: str) -> set[int]:
    """Return the lines (from 0) that start inside a string or go on with the line before: a `%` there is no magic."""
    inside: set[int] = set()
    opened = ""
    lines = source.split("\n")
    for index, line in enumerate(lines):
        if opened or (index and lines[index - 1].endswith("\\")):
            inside.add(index)
        for quote in re.findall(r'"""|' + r"'''", line):
            opened = "" if opened == quote else opened or quote
    return inside


def _author(data: dict[str, object]) -> str:
    metadata = data.get("metadata")
    authors = metadata.get("authors") if isinstance(metadata, dict) else None
    if (
        isinstance(authors, list)
        and authors
        and isinstance(authors[0], dict)
        and isinstance(authors[0].get("name"), str)
    ):
        return str(authors[0]["name"])
    return ""
