"""The codec between grader and worker: plain values to bytes and back, strict in both directions.

A frame is two unsigned 32-bit lengths (header, body), the header as ASCII JSON, and the body: the raw buffers
of the header's arrays, one after the other. Floats travel as the 16 hexadecimal digits of their IEEE 754
binary64 form, integers in hexadecimal, so that no decimal rounding or digit limit is met on the way.

Every byte that a worker sends is taken as hostile. What is decoded has exactly the types of `Plain`, or
`WireError` is raised with the reason; nothing else is raised, nothing is evaluated.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PREFIX = struct.Struct(">II")
MAX_DEPTH = 32
MAX_HEADER_BYTES = 4 << 20  # small JSON lists take some twenty times their text as objects: about 80 MB
MAX_INT_HEX = 3500  # below CPython's limit of 4300 decimal digits, so that each integer can be shown
MAX_DIMENSIONS = 32
MAX_EMPTY_EXTENT = 10**6  # an array of shape (10**12, 0) has no bytes but would unfold to 10**12 lists

# dtype name: bytes of an item, struct code of its real components, number of components
DTYPES: dict[str, tuple[int, str, int]] = {
    "bool": (1, "?", 1),
    "int8": (1, "b", 1),
    "int16": (2, "h", 1),
    "int32": (4, "i", 1),
    "int64": (8, "q", 1),
    "uint8": (1, "B", 1),
    "uint16": (2, "H", 1),
    "uint32": (4, "I", 1),
    "uint64": (8, "Q", 1),
    "float16": (2, "e", 1),
    "float32": (4, "f", 1),
    "float64": (8, "d", 1),
    "complex64": (8, "f", 2),
    "complex128": (16, "d", 2),
}

_INT = re.compile(r"0|-?[1-9a-f][0-9a-f]*", re.ASCII)
_FLOAT = re.compile(r"[0-9a-f]{16}", re.ASCII)


class WireError(ValueError):
    """Bytes that are no frame, or a value that has no place in one."""


@dataclass(frozen=True, slots=True)
class Array:
    """An array as it came over the wire: C order, little endian.

    >>> Array("float64", (2,), struct.pack("<2d", 0.5, 1.0)).tolist()
    [0.5, 1.0]
    """

    dtype: str
    shape: tuple[int, ...]
    data: bytes

    def to_numpy(self) -> npt.NDArray[Any]:
        """Return a new writable array of the same dtype and shape."""
        import numpy as np

        flat: npt.NDArray[Any] = np.frombuffer(self.data, dtype=np.dtype(self.dtype).newbyteorder("<"))
        return flat.reshape(self.shape).astype(self.dtype)

    def tolist(self) -> Any:
        """Return nested lists of bool, int, float or complex; the bare item where the shape is ()."""
        _, code, components = DTYPES[self.dtype]
        numbers: list[Any] = [item for (item,) in struct.iter_unpack(f"<{code}", self.data)]
        if components == 2:
            numbers = [complex(numbers[i], numbers[i + 1]) for i in range(0, len(numbers), 2)]
        return _nest(iter(numbers), self.shape)


def _nest(numbers: Iterator[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return next(numbers)
    if len(shape) == 1:
        return list(itertools.islice(numbers, shape[0]))
    return [_nest(numbers, shape[1:]) for _ in range(shape[0])]


@dataclass(frozen=True, slots=True)
class Expression:
    """A symbolic value as the text that the worker printed for it; the grader never evaluates it."""

    text: str


Plain: TypeAlias = (
    bool
    | int
    | float
    | complex
    | str
    | list["Plain"]
    | tuple["Plain", ...]
    | dict[str, "Plain"]
    | Array
    | Expression
    | None
)


def float_to_hex(value: float) -> str:
    """Return the 16 hexadecimal digits of a binary64, every NaN as the same one."""
    return struct.pack(">d", math.nan if math.isnan(value) else value).hex()


def array_from_numpy(value: npt.NDArray[np.generic], max_bytes: int) -> Array:
    """Return the record of a numpy array.

    Raises:
        WireError: The dtype is not one of `DTYPES`, or the array takes more than `max_bytes` bytes. An array
            that only pretends to be large (strides of zero) is measured at its full size, before any copy.
    """
    import numpy as np

    name = value.dtype.name
    if name not in DTYPES:
        raise WireError(f"an array of dtype {name}, wanted one of {', '.join(DTYPES)}")
    if value.size * value.dtype.itemsize > max_bytes:
        raise WireError(f"an array of {value.size * value.dtype.itemsize} bytes, where {max_bytes} are allowed")
    plain = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))
    return Array(name, tuple(int(extent) for extent in value.shape), plain.tobytes())


# ---------------------------------------------------------------- encoding


def encode_value(value: object, buffers: list[bytes], depth: int = 0) -> list[Any]:
    """Return the JSON node of a plain value; the bytes of its arrays are added to `buffers`.

    Raises:
        WireError: The value, or something in it, is not exactly of a type of `Plain`, or is nested too deeply.
    """
    if depth > MAX_DEPTH:
        raise WireError(f"a value nested more than {MAX_DEPTH} deep")
    kind = type(value)
    if value is None:
        return ["none"]
    if kind is bool:
        return ["bool", value]
    if isinstance(value, int) and kind is int:
        text = f"{value:x}"
        if len(text) > MAX_INT_HEX:
            raise WireError(f"an integer of {value.bit_length()} bits, more than {4 * MAX_INT_HEX}")
        return ["int", text]
    if isinstance(value, float) and kind is float:
        return ["float", float_to_hex(value)]
    if isinstance(value, complex) and kind is complex:
        return ["complex", float_to_hex(value.real), float_to_hex(value.imag)]
    if isinstance(value, str) and kind is str:
        return ["str", _clean(value)]
    if isinstance(value, Expression):
        return ["expression", _clean(value.text)]
    if isinstance(value, Array):
        buffers.append(value.data)
        return ["array", value.dtype, list(value.shape)]
    if isinstance(value, list | tuple) and kind in (list, tuple):
        return [kind.__name__, [encode_value(item, buffers, depth + 1) for item in value]]
    if isinstance(value, dict) and kind is dict:
        pairs = []
        for key, item in value.items():
            if type(key) is not str:
                raise WireError(f"a dict with a key of type {type(key).__name__}, wanted str")
            pairs.append([_clean(key), encode_value(item, buffers, depth + 1)])
        return ["dict", pairs]
    raise WireError(f"a value of type {kind.__name__}")


def _clean(text: str) -> str:
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise WireError(f"text with a lone surrogate at character {error.start + 1}") from None
    return text


def encode_frame(header: dict[str, Any], buffers: list[bytes]) -> bytes:
    """Return the bytes of one frame."""
    text = json.dumps(header, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")
    body = b"".join(buffers)
    return PREFIX.pack(len(text), len(body)) + text + body


# ---------------------------------------------------------------- decoding


def frame_lengths(prefix: bytes, max_bytes: int) -> tuple[int, int]:
    """Return the lengths of header and body that the first 8 bytes announce, checked before anything is read.

    Raises:
        WireError: The header or the whole is longer than allowed.
    """
    header, body = PREFIX.unpack(prefix)
    if header > MAX_HEADER_BYTES or header + body > max_bytes:
        raise WireError(f"a reply of {header + body} bytes is longer than allowed")
    return header, body


def _refuse(token: str) -> NoReturn:
    raise WireError(f"a bare number {token[:20]!r} in the header")


def _small_int(token: str) -> int:
    if len(token) > 16:
        raise WireError("an integer of more than 16 digits in the header")
    return int(token)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise WireError("a key twice in the header")
    return record


def decode_header(text: bytes) -> dict[str, Any]:
    """Return the header as an object of JSON; its values are still to be checked.

    Raises:
        WireError: It is not one object of strict JSON in ASCII.
    """
    try:
        header = json.loads(
            text.decode("ascii"),
            parse_float=_refuse,
            parse_constant=_refuse,
            parse_int=_small_int,
            object_pairs_hook=_unique,
        )
    except RecursionError:
        raise WireError("a header nested too deeply") from None
    except WireError:
        raise
    except ValueError:
        raise WireError("a header that is not JSON in ASCII") from None
    if type(header) is not dict:
        raise WireError("a header that is not an object")
    return header


class _Body:
    """The raw buffers of a frame, handed out in order."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.used = 0

    def take(self, count: int) -> bytes:
        if count > len(self.data) - self.used:
            raise WireError("an array that claims more bytes than were sent")
        self.used += count
        return self.data[self.used - count : self.used]


def decode_value(node: object, body: bytes) -> Plain:
    """Return the value of a JSON node whose arrays lie in `body`.

    Raises:
        WireError: The node is malformed, or `body` is not used up exactly.
    """
    source = _Body(body)
    value = _decode(node, source, 0)
    if source.used != len(body):
        raise WireError("bytes after the last array")
    return value


def _decode(node: object, body: _Body, depth: int) -> Plain:
    if depth > MAX_DEPTH:
        raise WireError(f"a value nested more than {MAX_DEPTH} deep")
    match node:
        case ["none"]:
            return None
        case ["bool", bool(flag)]:
            return flag
        case ["int", str(text)]:
            if len(text) > MAX_INT_HEX or not _INT.fullmatch(text):
                raise WireError("a malformed integer")
            return int(text, 16)
        case ["float", str(text)]:
            return _decode_float(text)
        case ["complex", str(real), str(imaginary)]:
            return complex(_decode_float(real), _decode_float(imaginary))
        case ["str", str(text)]:
            return _clean(text)
        case ["expression", str(text)]:
            return Expression(_clean(text))
        case ["list", list(items)]:
            return [_decode(item, body, depth + 1) for item in items]
        case ["tuple", list(items)]:
            return tuple(_decode(item, body, depth + 1) for item in items)
        case ["dict", list(pairs)]:
            return _decode_dict(pairs, body, depth)
        case ["array", str(dtype), list(shape)]:
            return _decode_array(dtype, shape, body)
        case _:
            raise WireError("a value of no known kind")


def _decode_float(text: str) -> float:
    if not _FLOAT.fullmatch(text):
        raise WireError("a malformed float")
    (value,) = struct.unpack(">d", bytes.fromhex(text))
    return float(value)


def _decode_dict(pairs: list[object], body: _Body, depth: int) -> dict[str, Plain]:
    record: dict[str, Plain] = {}
    for pair in pairs:
        match pair:
            case [str(key), item] if key not in record:
                record[_clean(key)] = _decode(item, body, depth + 1)
            case _:
                raise WireError("a malformed dict")
    return record


def _decode_array(dtype: str, shape: list[object], body: _Body) -> Array:
    if dtype not in DTYPES:
        raise WireError("an array of unknown dtype")
    extents: list[int] = []
    for extent in shape:
        if type(extent) is not int or extent < 0:
            raise WireError("a malformed shape")
        extents.append(extent)
    if len(extents) > MAX_DIMENSIONS:
        raise WireError(f"an array of more than {MAX_DIMENSIONS} dimensions")
    if 0 in extents and math.prod(max(extent, 1) for extent in extents) > MAX_EMPTY_EXTENT:
        raise WireError("an empty array of absurd shape")
    data = body.take(math.prod(extents) * DTYPES[dtype][0])
    if dtype == "bool" and data.translate(None, b"\0\1"):
        raise WireError("an array of bool with other bytes than 0 and 1")
    return Array(dtype, tuple(extents), data)
