"""Bytes to text, JSON and TOML, with bounds: nothing here is executed, nothing hangs."""

from __future__ import annotations

import codecs
import json
import os
import re
import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from grader.errors import IngestError

SIZE_LIMIT_BYTES = 50 * 1024 * 1024
# tomllib and ast are pure or memory-hungry: a sheet or a module of this size is not homework.
CODE_LIMIT_CHARACTERS = 2_000_000
JSON_DEPTH_LIMIT = 200

_REPEATED_KEYS_LIMIT = 50
_TOML_REPEATED = re.compile(r"Cannot (?:overwrite|declare|redefine|mutate).{0,200}\(at line (\d{1,9}),", re.DOTALL)

_MAGIC = (
    (b"%PDF", "a PDF: PDF is not read yet; hand in the export, the saved page or the markdown"),
    (b"PK\x03\x04", "a zip archive (or an office document); unpack it first"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"\x89PNG", "a PNG image; text was wanted"),
    (b"\xff\xd8\xff", "a JPEG image; text was wanted"),
    (b"GIF8", "a GIF image; text was wanted"),
    (b"\x7fELF", "an executable; text was wanted"),
    (b"\x80\x04", "a pickle; it is never loaded"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file as text.

    Attributes:
        file: Relative path, for places.
        stem: File name without suffix, lower case.
        suffix: Lower case, with the dot; only ever a tie-break between formats.
        text: With `\\n` line ends.
        problems: What decoding had to change.
    """

    file: str
    stem: str
    suffix: str
    text: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Duplicates:
    """A JSON object in which keys occur twice; the values of such keys are not to be believed."""

    values: dict[str, object]
    repeated: tuple[str, ...] = field(default=())


def read_bytes(path: Path) -> tuple[bytes, bool]:
    """Return at most the first `SIZE_LIMIT_BYTES` bytes of a regular file, and whether that is all of it.

    The last component is not followed if it is a link, and a pipe is not waited for.

    Raises:
        IngestError: The file cannot be opened or is not a regular file.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path.resolve(), flags | getattr(os, "O_NOFOLLOW", 0))
    except (OSError, ValueError) as error:
        raise IngestError(f"cannot be opened: {getattr(error, 'strerror', None) or error}") from error
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise IngestError("not a regular file; not opened")
        data = stream.read(SIZE_LIMIT_BYTES + 1)
    return data[:SIZE_LIMIT_BYTES], len(data) <= SIZE_LIMIT_BYTES


def decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the text of a file with `\\n` line ends, and what had to be changed to read it.

    Raises:
        IngestError: It is not text; the message says what it is.
    """
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise IngestError(f"this is {what}")
    problems: list[str] = []
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise IngestError(f"starts like UTF-16, but byte {error.start + 1} does not fit") from error
    else:
        if b"\0" in data:
            raise IngestError(f"holds a NUL byte at byte {data.index(0) + 1}: binary, not text")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            bad = sum(1 for byte in data if byte < 9 or 13 < byte < 32)
            if bad > len(data) // 100:
                raise IngestError(f"neither UTF-8 (byte {error.start + 1}) nor any other text: binary") from error
            text = data.decode("cp1252", "replace")
            problems.append(f"not UTF-8 (byte {error.start + 1}); read as windows-1252")
    if "\0" in text:
        raise IngestError(f"holds a NUL character at character {text.index(chr(0)) + 1}: binary, not text")
    return text.replace("\r\n", "\n").replace("\r", "\n"), tuple(problems)


def load_json(text: str) -> object:
    """Return the JSON value of a text; objects with repeated keys come as `Duplicates`.

    Raises:
        IngestError: Not JSON (with line and column), or nested deeper than `JSON_DEPTH_LIMIT`.
    """
    try:
        value: object = json.loads(text, object_pairs_hook=_pairs, parse_int=_number, parse_constant=_constant)
    except json.JSONDecodeError as error:
        advice = " (in JSON a backslash is written twice)" if "escape" in error.msg else ""
        raise IngestError(f"not JSON: {error.msg}{advice}, line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise IngestError(f"JSON nested deeper than {JSON_DEPTH_LIMIT} levels") from error
    if _is_deeper(value, JSON_DEPTH_LIMIT):
        raise IngestError(f"JSON nested deeper than {JSON_DEPTH_LIMIT} levels")
    return value


def load_toml(text: str) -> tuple[dict[str, object], tuple[str, ...]]:
    """Return the table of a TOML text, and the keys that occur twice in it; their values are not to be believed.

    Raises:
        IngestError: Not TOML (the message holds the line), too long, or nested too deeply.
    """
    if len(text) > CODE_LIMIT_CHARACTERS:
        raise IngestError(f"longer than {CODE_LIMIT_CHARACTERS} characters, too long for TOML")
    # A key of thousands of dots costs tomllib quadratic time.
    if re.search(r"(?:\.[ \t]*[\w\"'-]{1,40}[ \t]*){50}", text):
        raise IngestError("a key of more than 50 dotted names, too deep for TOML")
    lines = text.split("\n")
    repeated: list[str] = []
    for _ in range(_REPEATED_KEYS_LIMIT):
        try:
            table = tomllib.loads("\n".join(lines))
        except tomllib.TOMLDecodeError as error:
            again = _TOML_REPEATED.match(str(error))
            line = int(again[1]) - 1 if again else -1
            if not 0 <= line < len(lines) or "=" not in lines[line]:
                raise IngestError(f"not TOML: {error}") from error
            repeated.append(lines[line].split("=")[0].strip().strip("\"'"))
            lines[line] = ""
        except (RecursionError, ValueError) as error:
            raise IngestError(f"not TOML that can be read: {type(error).__name__}") from error
        else:
            if _is_deeper(table, JSON_DEPTH_LIMIT):
                raise IngestError(f"TOML nested deeper than {JSON_DEPTH_LIMIT} levels")
            return table, tuple(repeated)
    raise IngestError(f"not TOML: more than {_REPEATED_KEYS_LIMIT} keys occur twice")


def _pairs(pairs: list[tuple[str, object]]) -> object:
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    keys = [key for key, _ in pairs]
    counted: dict[str, int] = {}
    for key in keys:
        counted[key] = counted.get(key, 0) + 1
    return Duplicates(values, tuple(key for key, count in counted.items() if count > 1))


def _number(digits: str) -> object:
    # int() refuses more than 4300 digits: such a number stays text.
    return int(digits) if len(digits) < 4000 else digits


def _constant(name: str) -> object:
    return name  # NaN and Infinity are not JSON; as text they reach the reader of formulas


def _is_deeper(value: object, limit: int) -> bool:
    level: list[object] = [value]
    for _ in range(limit):
        below: list[object] = []
        for item in level:
            if isinstance(item, Duplicates):
                item = item.values
            if isinstance(item, dict):
                below.extend(v for v in item.values() if isinstance(v, (dict, list, Duplicates)))
            elif isinstance(item, list):
                below.extend(v for v in item if isinstance(v, (dict, list, Duplicates)))
        if not below:
            return False
        level = below
    return True
