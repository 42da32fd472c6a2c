"""A source into submissions: each reader is asked in turn, by content; the first that knows the file reads it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from grader.errors import IngestError
from grader.ingest.broken import looks_like_json, looks_like_toml, read_broken
from grader.ingest.exports import is_export, read_export
from grader.ingest.lines import without_comments
from grader.ingest.load import SIZE_LIMIT_BYTES, Document, decode, load_json, load_toml, read_bytes
from grader.ingest.module import looks_like_python, read_module
from grader.ingest.notebook import is_notebook, read_notebook
from grader.ingest.parts import PartNames
from grader.ingest.record import Reading, all_unreadable
from grader.ingest.repair import repair
from grader.ingest.segment import segment
from grader.ingest.sheet import read_sheet
from grader.ingest.source import Source, leaves_root
from grader.ingest.turns import Turn, markdown_turns
from grader.ingest.values import answer_of
from grader.ingest.webpage import looks_like_html, page_turns
from grader.model import Attempt, Place, Submission

_FLATTENED_MARKS = 20
_BROKEN = ("not JSON", "JSON nested")
_TOML_LINE = re.compile(
    r"\s*(?:\[[^\]\n]{1,200}\]\s*(?:#.*)?$|(?:[\w-]+|\"[^\"\n]{0,200}\"|'[^'\n]{0,200}')(?:\s*\.\s*[\w\"'-]+)*\s*=)"
)
_AUTHOR = re.compile(
    r"\s*(?:[#*_>\s]*)(?:author|name|student)\s*(?:\*\*)?\s*:\s*(?:\*\*)?\s*(\S.{0,100}?)\s*(?:\*\*)?$", re.IGNORECASE
)


def read(source: Source, *, part_ids: Sequence[str]) -> list[Submission]:
    """Return what one source holds; several submissions for an export with several conversations.

    Bad content never raises: a file that no reader knows becomes a submission of format `unknown`, with every part
    unreadable and the reasons in `problems`. A part that is not answered is absent from `parts`. Nothing is executed.
    """
    names = PartNames.of(part_ids)
    data = b""
    try:
        if source.problem:
            raise IngestError(source.problem)
        if leaves_root(source.path, source.root):
            raise IngestError("a symbolic link leads out of the folder that was given; not followed")
        data, is_all = read_bytes(source.path)
        if not is_all:
            raise IngestError(f"larger than {SIZE_LIMIT_BYTES // 1024 // 1024} MB; not read")
        text, problems = decode(data)
        document = Document(
            file=_shown(source),
            stem=source.path.stem.lower(),
            suffix=source.path.suffix.lower(),
            text=text,
            problems=problems,
        )
        readings = _readings(document, names)
    except IngestError as error:
        reason = str(error)
        unknown = all_unreadable(part_ids, file=_shown(source), reason=reason)
        readings = [Reading(format="unknown", parts=unknown, problems=(reason,))]
        problems = ()
    digest = hashlib.sha256(data).hexdigest()
    submissions: list[Submission] = []
    for reading in readings:
        name = f"{source.id}#{reading.label}" if reading.label else source.id
        submissions.append(
            Submission(
                id=name,
                author=reading.author or name,
                source=_shown(source),
                sha256=digest,
                format=reading.format,
                parts=dict(reading.parts),
                problems=(*problems, *reading.problems),
            )
        )
    return submissions


def _refuse_flattened(text: str) -> None:
    """Refuse text that was extracted from a printed page: its formulas are scattered, a grader may write below.

    KaTeX leaves zero-width spaces in such text (also as they look when UTF-8 was read as windows-1252).

    Raises:
        IngestError: It is such a text.
    """
    if text.count("\u200b") + text.count("\u00e2\u20ac\u2039") >= _FLATTENED_MARKS:
        raise IngestError(
            "text extracted from a printed page (many zero-width spaces): its formulas cannot be put together again; "
            "hand in the export, the saved page or the markdown"
        )


def _shown(source: Source) -> str:
    """Return the relative path of the file, as text."""
    relative = source.path.relative_to(source.root) if source.path.is_relative_to(source.root) else source.path.name
    return str(PurePosixPath(relative)).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _readings(document: Document, names: PartNames) -> list[Reading]:
    """Return what the first reader that knows the file makes of it.

    Raises:
        IngestError: No reader knows it; the message says why each refused.
    """
    text = document.text
    start = text.lstrip()[:1]
    if not start:
        return [Reading(format="empty", parts={}, problems=("the file is empty",))]
    refusals: list[str] = []
    is_json = looks_like_json(document)
    if start in "{[" or is_json:
        try:
            return _json(document, names)
        except IngestError as error:
            refusals.append(f"JSON: {error}")
            if is_json and str(error).startswith(_BROKEN):
                return [read_broken(document, names, form="sheet-json", reason=str(error))]
            if is_json and start == "{":
                raise IngestError(refusals[-1]) from error
    if looks_like_html(text):
        turns = page_turns(text)
        parts, problems = segment(turns, names, file=document.file)
        return [Reading(format="html", parts=parts, problems=problems)]
    _refuse_flattened(text)
    for name, attempt in (
        ("transcript", _transcript),
        ("TOML", _toml),
        ("Python", _python),
        ("broken TOML", _broken_toml),
        ("markdown", _markdown),
        ("formula", _formula),
    ):
        try:
            return [attempt(document, names)]
        except IngestError as error:
            refusals.append(f"{name}: {error}")
    raise IngestError("no reader knows this file; tried " + "; ".join(refusals))


def _json(document: Document, names: PartNames) -> list[Reading]:
    data = load_json(document.text)
    if is_notebook(data):
        return [read_notebook(data, names, file=document.file)]
    if is_export(data):
        return read_export(data, names, file=document.file)
    return [read_sheet(data, names, file=document.file, form="sheet-json")]


def _toml(document: Document, names: PartNames) -> Reading:
    if document.suffix == ".py":
        raise IngestError("a file named .py")
    first = next((line for line in document.text.split("\n") if line.strip() and not line.lstrip().startswith("#")), "")
    if not _TOML_LINE.match(first[:1000]):
        raise IngestError("its first line is no `key = value` and no `[table]`")
    table, repeated = load_toml(document.text)
    return read_sheet(table, names, file=document.file, form="sheet-toml", repeated_keys=repeated)


def _broken_toml(document: Document, names: PartNames) -> Reading:
    if not looks_like_toml(document, names):
        raise IngestError("it does not look like TOML")
    try:
        load_toml(document.text)
    except IngestError as error:
        return read_broken(document, names, form="sheet-toml", reason=str(error))
    raise IngestError("it is TOML, but no key names a part")


def _python(document: Document, names: PartNames) -> Reading:
    return read_module(document.text, names, file=document.file, must_be=document.suffix == ".py")


def _transcript(document: Document, names: PartNames) -> Reading:
    repaired = repair(document.text)
    turns = markdown_turns(repaired.text)
    changed = frozenset(line + 1 for line in repaired.lines)
    parts, problems = segment(turns, names, file=document.file, repaired_lines=changed)
    return Reading(format="markdown-transcript", parts=parts, problems=problems)


def _markdown(document: Document, names: PartNames) -> Reading:
    if looks_like_python(document.text) and document.suffix == ".py":
        raise IngestError("Python")
    repaired = repair(document.text)
    cleaned = without_comments(repaired.text)
    turn = Turn(number=1, role="assistant", text=cleaned.text, line=1, pages=cleaned.pages)
    changed = frozenset(line + 1 for line in repaired.lines)
    parts, problems = segment([turn], names, file=document.file, repaired_lines=changed)
    if not parts and not problems:
        raise IngestError("no heading names a part (wanted headings such as `## 1a` or `### (a)`)")
    author = next(
        (match[1] for line in cleaned.text[:8000].split("\n")[:20] if (match := _AUTHOR.match(line[:300]))), ""
    )
    return Reading(format="markdown", parts=parts, problems=problems, author=author)


def _formula(document: Document, names: PartNames) -> Reading:
    part = names.from_key(document.stem) or next(
        (found for word in re.split(r"[^a-z0-9]+", document.stem) if (found := names.from_key(word))), None
    )
    if part is None:
        raise IngestError("its name holds no part (wanted a name such as 1a.txt)")
    repaired = repair(document.text)
    place = Place(file=document.file, line=1)
    answer = answer_of(repaired.text, place=place)
    if repaired.lines:
        answer = replace(answer, trust="repaired")
    attempt = Attempt(number=1, answers=(answer,), place=place)
    return Reading(format="formula", parts={part: (attempt,)})
