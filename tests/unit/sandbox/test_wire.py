"""The codec: exact both ways, and nothing but `WireError` whatever the bytes."""

from __future__ import annotations

import contextlib
import json
import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.sandbox import Array, Expression, Plain
from grader.sandbox.guest import wire

OPTIONS = settings(derandomize=True, database=None, deadline=None, max_examples=150)

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**2000), 2**2000)
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.builds(Expression, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
    | st.builds(
        lambda values: Array("float64", (len(values),), struct.pack(f"<{len(values)}d", *values)),
        st.lists(st.floats(allow_nan=False), max_size=4),
    )
)
SENT = st.sampled_from([np.dtype(name) for name in wire.DTYPES])
NOT_SENT = st.sampled_from([np.dtype(name) for name in ("datetime64[s]", "S3", "U2", "longdouble")])
SHAPES = hnp.array_shapes(min_dims=0, min_side=0, max_side=3)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


def encode(value: object) -> tuple[bytes, bytes]:
    buffers: list[bytes] = []
    frame = wire.encode_frame({"value": wire.encode_value(value, buffers)}, buffers)
    header, body = wire.frame_lengths(frame[: wire.PREFIX.size], 1 << 30)
    assert len(frame) == wire.PREFIX.size + header + body
    return frame[wire.PREFIX.size :][:header], frame[wire.PREFIX.size + header :]


def decode(header: bytes, body: bytes) -> Plain:
    return wire.decode_value(wire.decode_header(header).get("value"), body)


def assert_plain(value: object) -> None:
    """Assert that a value is made of exactly the types that are promised."""
    match value:
        case list() | tuple():
            assert type(value) in (list, tuple)
            for item in value:
                assert_plain(item)
        case dict():
            assert type(value) is dict
            for key, item in value.items():
                assert type(key) is str
                assert_plain(item)
        case Array():
            assert math.prod(value.shape) * wire.DTYPES[value.dtype][0] == len(value.data)
            assert all(type(extent) is int for extent in value.shape)
        case _:
            assert type(value) in (type(None), bool, int, float, complex, str, Expression)
    if isinstance(value, str):
        value.encode("utf-8")


@OPTIONS
@given(VALUES)
def test_values_come_back_exactly(value: Plain) -> None:
    back = decode(*encode(value))
    assert back == value
    assert repr(back) == repr(value)  # which tells 0.0 from -0.0, 1 from True, list from tuple


def test_a_nan_comes_back_as_one() -> None:
    back = decode(*encode(float("nan")))
    assert type(back) is float
    assert math.isnan(back)


@OPTIONS
@given(hnp.arrays(SENT, SHAPES) | hnp.arrays(NOT_SENT, SHAPES))
def test_arrays_come_back_exactly(array: np.ndarray[Any, Any]) -> None:
    if array.dtype.name not in wire.DTYPES:
        with pytest.raises(wire.WireError, match="dtype"):
            wire.array_from_numpy(array, 1 << 20)
        return
    record = wire.array_from_numpy(array, 1 << 20)
    back = decode(*encode(record))
    assert isinstance(back, Array)
    assert back.to_numpy().tobytes() == array.tobytes()
    assert back.to_numpy().dtype == array.dtype
    assert repr(back.tolist()) == repr(array.tolist())


def test_big_endian_and_strided_arrays_arrive_in_order() -> None:
    array = np.arange(12, dtype=">i4").reshape(3, 4).T[::-1]
    assert wire.array_from_numpy(array, 1 << 20).tolist() == array.tolist()


def test_an_array_is_measured_before_it_is_copied() -> None:
    with pytest.raises(wire.WireError, match="8000000000000 bytes"):
        wire.array_from_numpy(np.broadcast_to(np.float64(1), (10**12,)), 1 << 20)


# ---------------------------------------------------------------- hostile bytes


@OPTIONS
@given(st.binary(max_size=60), st.binary(max_size=20))
def test_random_bytes_are_refused_or_plain(header: bytes, body: bytes) -> None:
    with contextlib.suppress(wire.WireError):
        assert_plain(decode(header, body))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from(["none", "bool", "int", "float", "complex", "str", "list", "tuple", "dict", "array", "float64"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=15,
)  # fmt: skip


@OPTIONS
@given(JSON, st.binary(max_size=32))
def test_random_json_is_refused_or_plain(node: Any, body: bytes) -> None:
    with contextlib.suppress(wire.WireError):
        assert_plain(decode(json.dumps({"value": node}).encode(), body))


@OPTIONS
@given(VALUES, st.data())
def test_mutated_frames_are_refused_or_plain(value: Plain, data: st.DataObject) -> None:
    header, body = encode(value)
    mutated = bytearray(header)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(mutated) - 1))
        match data.draw(st.integers(0, 2)):
            case 0:
                mutated[place] = data.draw(st.integers(0, 255))
            case 1:
                del mutated[place : place + 1]
                mutated = mutated or bytearray(b"{")
            case _:
                mutated[place:place] = data.draw(st.binary(max_size=4))
    with contextlib.suppress(wire.WireError):
        assert_plain(decode(bytes(mutated), body[: data.draw(st.integers(0, len(body)))]))


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        ('{"value":"é"}'.encode(), "not JSON"),
        (b"[]", "not an object"),
        (b'{"value":NaN}', "bare number"),
        (b'{"value":-Infinity}', "bare number"),
        (b'{"value":1.5}', "bare number"),
        (b'{"value":' + b"9" * 5000 + b"}", "more than 16 digits"),
        (b'{"value":["none"],"value":["none"]}', "twice"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"value":' + b'["list",[' * 40 + b"]]" * 40 + b"}", "nested more than"),
        (b'{"value":["int","0x10"]}', "integer"),
        (b'{"value":["int","-0"]}', "integer"),
        (b'{"value":["int","1_0"]}', "integer"),
        (b'{"value":["int","' + b"f" * 4000 + b'"]}', "integer"),
        (b'{"value":["int",1]}', "no known kind"),
        (b'{"value":["float","nan"]}', "float"),
        (b'{"value":["float","3FF0000000000000"]}', "float"),
        (b'{"value":["bool",1]}', "no known kind"),
        (b'{"value":["str","\\ud800"]}', "surrogate"),
        (b'{"value":["expression","\\udfff"]}', "surrogate"),
        (b'{"value":["dict",[["a",["none"]],["a",["none"]]]]}', "dict"),
        (b'{"value":["dict",[[1,["none"]]]]}', "dict"),
        (b'{"value":["array","object",[1]]}', "unknown dtype"),
        (b'{"value":["array","float64",[-1]]}', "shape"),
        (b'{"value":["array","float64",[true]]}', "shape"),
        (b'{"value":["array","float64",[1]]}', "more bytes than were sent"),
        (b'{"value":["array","float64",[1000000000000,0]]}', "absurd"),
        (b'{"value":["array","int8",[' + b"1," * 32 + b"1]]}", "dimensions"),
        (b'{"value":["array","uint8",[99999999,99999999,99999999]]}', "more bytes than were sent"),
    ],
)
def test_malformed_headers_are_refused_with_a_reason(header: bytes, reason: str) -> None:
    with pytest.raises(wire.WireError, match=reason):
        decode(header, b"")


def test_a_body_must_be_used_up_exactly() -> None:
    with pytest.raises(wire.WireError, match="after the last array"):
        decode(b'{"value":["none"]}', b"x")


def test_a_bool_of_two_is_refused() -> None:
    with pytest.raises(wire.WireError, match="0 and 1"):
        decode(b'{"value":["array","bool",[1]]}', b"\2")


def test_lengths_are_checked_before_anything_is_read() -> None:
    assert wire.frame_lengths(struct.pack(">II", 10, 20), 30) == (10, 20)
    for prefix in (struct.pack(">II", 10, 21), struct.pack(">II", 2**32 - 1, 2**32 - 1)):
        with pytest.raises(wire.WireError, match="longer than allowed"):
            wire.frame_lengths(prefix, 30)
    with pytest.raises(wire.WireError, match="longer than allowed"):
        wire.frame_lengths(struct.pack(">II", wire.MAX_HEADER_BYTES + 1, 0), 1 << 32)


@pytest.mark.parametrize(
    "value",
    [object(), {1: 2}, {1, 2}, b"bytes", 1 << 20_000, "\udc80", type("F", (float,), {})(1)],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_plain_is_not_encoded(value: object) -> None:
    with pytest.raises(wire.WireError):
        wire.encode_value(value, [])
