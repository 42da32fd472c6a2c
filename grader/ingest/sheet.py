"""Answer sheets: TOML or JSON, part to formula, or part to a table of items."""

from __future__ import annotations

from collections.abc import Mapping

from grader.errors import IngestError
from grader.ingest.load import Duplicates
from grader.ingest.parts import PartNames
from grader.ingest.record import Collected, Reading
from grader.ingest.values import answer_of
from grader.model import Place, Unreadable

_WRAPPERS = ("answers", "parts", "submission", "solutions")
_AUTHOR_KEYS = frozenset({"author", "name", "student", "model"})
_HARMLESS = frozenset(
    {"assignment", "homework", "course", "date", "schema", "version", "title", "id", "email", "notes"}
)


def read_sheet(data: object, names: PartNames, *, file: str, form: str, repeated_keys: tuple[str, ...] = ()) -> Reading:
    """Return the answers of a sheet; values that are not text or numbers are unreadable, with the reason.

    `repeated_keys` are keys that the file holds twice somewhere; their parts are unreadable.

    Raises:
        IngestError: The value is not a table, or names no part at all.
    """
    collected = Collected()
    author = ""
    table, repeated = _table(data)
    if table is None:
        raise IngestError(f"an answer sheet is a table of parts, got {_kind(data)}")
    for key, value in table.items():
        if key.lower() in _AUTHOR_KEYS and isinstance(value, str):
            author = value.strip()
    inner = next((table[key] for key in table if key.lower() in _WRAPPERS and _table(table[key])[0] is not None), None)
    if inner is not None and not any(names.from_key(key) for key in table):
        outer_repeated = repeated
        table, repeated = _table(inner)
        for key in outer_repeated:
            collected.note(f"the key {key!r} occurs twice")
    repeated = (*repeated, *repeated_keys)
    assert table is not None, "an inner table was looked for"
    _fill(table, repeated, names, file, collected, is_wrapped=inner is not None)
    if not collected.answers and not any(names.from_key(key) for key in table):
        raise IngestError(f"no key names a part (wanted keys such as {', '.join(names.ids[:3])})")
    return Reading(format=form, parts=collected.parts(names.ids), problems=collected.problems, author=author)


def _fill(
    table: Mapping[str, object],
    repeated: tuple[str, ...],
    names: PartNames,
    file: str,
    collected: Collected,
    *,
    is_wrapped: bool,
) -> None:
    place = Place(file=file)
    by_part: dict[str, list[str]] = {}
    for key, value in table.items():
        part = names.from_key(key)
        nested, nested_repeated = _table(value)
        if part is not None:
            by_part.setdefault(part, []).append(key)
        elif nested is not None and key in (*names.problems, *(f"problem{number}" for number in names.problems)):
            lettered = {f"{key.removeprefix('problem')}{letter}": below for letter, below in nested.items()}
            _fill(
                lettered, tuple(f"{key}{letter}" for letter in nested_repeated), names, file, collected, is_wrapped=True
            )
        elif key.lower() not in _AUTHOR_KEYS | _HARMLESS and key.lower() not in _WRAPPERS:
            collected.note(f"the key {key[:60]!r} names no part of this assignment")
    for part, keys in by_part.items():
        if len(keys) > 1:
            reason = f"the keys {', '.join(repr(key) for key in keys)} all mean part {part}"
        elif keys[0] in repeated:
            reason = f"the key {keys[0]!r} occurs twice"
        else:
            _value(table[keys[0]], part, collected, place)
            continue
        collected.note(reason)
        collected.add(part, Unreadable(text="", reason=reason, place=place), place)


def _value(value: object, part: str, collected: Collected, place: Place, item: str = "") -> None:
    where = f"{part}.{item}" if item else part
    text = _scalar(value)
    nested, repeated = _table(value)
    if text is not None and not text.strip():
        collected.note(f"{where!r} is left empty")
    elif text is not None:
        collected.add(part, answer_of(text, place=place, item=item), place)
    elif isinstance(value, list) and value and all(_scalar(entry) is not None for entry in value):
        for entry in value:
            collected.add(part, answer_of(_scalar(entry) or "", place=place, item=item), place)
    elif nested is not None and not item and nested:
        for name, below in nested.items():
            if name in repeated:
                reason = f"{where}: the item {name!r} occurs twice"
                collected.note(reason)
                collected.add(part, Unreadable(text="", reason=reason, place=place), place)
            else:
                _value(below, part, collected, place, name)
    else:
        reason = f"{where}: expected text, a number or a list of texts, got {_kind(value)}"
        collected.note(reason)
        collected.add(part, Unreadable(text=repr(value)[:200], reason=reason, place=place), place)


def _scalar(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return repr(value) if isinstance(value, float) or abs(value) < 10**300 else hex(value)


def _table(value: object) -> tuple[dict[str, object] | None, tuple[str, ...]]:
    if isinstance(value, Duplicates):
        return value.values, value.repeated
    return (value, ()) if isinstance(value, dict) else (None, ())


def _kind(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list):
        return "an empty list" if not value else "a list with other things than text and numbers"
    if isinstance(value, (dict, Duplicates)):
        return "a nested table"
    return type(value).__name__
