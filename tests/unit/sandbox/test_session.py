"""Sessions: what goes in and comes out, errors with their places, limits, and that nothing is left."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from grader.errors import SandboxError, UsageError
from grader.sandbox import (
    Array,
    BadReply,
    Died,
    Expression,
    LimitHit,
    Limits,
    LoadError,
    Plain,
    Raised,
    Reply,
    Template,
    Value,
)
from grader.sandbox.session import printable

ROUND_TRIP = "def same(x):\n    return x\n"


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    with Template() as entered:
        yield entered


def returned(template: Template, expression: str, *, imports: str = "") -> Reply:
    with template.open([f"{imports}\ndef answer():\n    return {expression}\n"]) as session:
        assert session.load_errors == (None,)
        return session.call("answer", {})


def test_values_go_both_ways_unchanged(template: Template) -> None:
    values: list[Plain] = [
        None, True, 0, -(10**40), 0.1, -0.0, math.inf, 2.5 - 1j, "π \n", [], [1, [2.0]], (1, "a"), {"k": (None,)},
    ]  # fmt: skip
    with template.open([ROUND_TRIP]) as session:
        for value in values:
            reply = session.call("same", {"x": value})
            assert reply == Value(value=value)
            assert repr(reply) == repr(Value(value=value))


def test_arrays_go_both_ways_unchanged(template: Template) -> None:
    with template.open([ROUND_TRIP + "def kind(x):\n    return type(x).__name__, x.dtype.name, x.shape\n"]) as session:
        for array in (
            np.eye(3),
            np.array([[1.5], [2]], np.float32),
            np.array(7),
            np.zeros((0, 2), np.int8),
            np.array([1j]),
        ):
            reply = session.call("same", {"x": array})
            assert isinstance(reply, Value)
            assert isinstance(reply.value, Array)
            assert reply.value.to_numpy().tobytes() == array.tobytes()
            kind = session.call("kind", {"x": array})
            assert kind == Value(value=("ndarray", array.dtype.name, array.shape))


def test_numpy_scalars_are_sent_as_those_of_python(template: Template) -> None:
    with template.open(["def kind(x):\n    return type(x).__name__\n"]) as session:
        assert session.call("kind", {"x": np.float64(1)}) == Value(value="float")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("np.float64(0.1)", 0.1),
        ("np.float32(0.5)", 0.5),
        ("np.int8(-3)", -3),
        ("np.bool_(True)", True),
        ("np.complex64(1j)", 1j),
        ("[np.float64(1), (np.int64(2),)]", [1.0, (2,)]),
        ("sympy.Rational(1, 3) + sympy.Symbol('x')", Expression("x + 1/3")),
        ("sympy.Float(0.5)", Expression("0.500000000000000")),
        ("Fraction(1, 3)", Expression(str(Fraction(1, 3)))),
    ],
)
def test_values_of_libraries(template: Template, expression: str, value: Plain) -> None:
    imports = "import numpy as np, sympy\nfrom fractions import Fraction"
    assert repr(returned(template, expression, imports=imports)) == repr(Value(value=value))


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("{1, 2}", "type set"),
        ("object()", "type object"),
        ("type('F', (float,), {})(1)", "type F"),
        ("type('A', (np.ndarray,), {})(2)", "type A"),
        ("np.longdouble(1)", "type longdouble"),
        ("np.array([object()])", "dtype object"),
        ("np.ma.masked_array([1.0], [True])", "type MaskedArray"),
        ("{1: 2}", "key of type int"),
        ("(x for x in ())", "type generator"),
        ("answer", "type function"),
        ("'\\ud800'", "surrogate"),
        ("10 ** 5000", "bits"),
        ("np.zeros(10**7)", "80000000 bytes"),
        ("'a' * 10**7", "longer than allowed"),
    ],
)
def test_what_is_no_plain_value_is_a_bad_reply(template: Template, expression: str, reason: str) -> None:
    reply = returned(template, expression, imports="import numpy as np")
    assert isinstance(reply, BadReply)
    assert reason in reply.reason


def test_tensors_become_arrays() -> None:
    pytest.importorskip("torch")
    cell = """
import torch
def tensor(): return torch.arange(6).reshape(2, 3)
def gradient(x):
    w = torch.nn.Parameter(torch.tensor(x)); (w @ w).backward(); return w.grad
def parameter(): return torch.nn.Parameter(torch.ones(2, dtype=torch.float64))
def brain(): return torch.ones(1, dtype=torch.bfloat16)
def sparse(): return torch.eye(2).to_sparse()
def large(): return (torch.ones(400, 400) @ torch.ones(400, 400)).sum().item()
"""
    with Template(preload=("numpy", "torch")) as template, template.open([cell]) as session:
        assert session.load_errors == (None,)
        shown = []
        for name in ("tensor", "parameter", "brain"):
            reply = session.call(name, {})
            assert isinstance(reply, Value)
            assert isinstance(reply.value, Array)
            shown.append((reply.value.dtype, reply.value.tolist()))
        assert shown == [("int64", [[0, 1, 2], [3, 4, 5]]), ("float64", [1.0, 1.0]), ("float32", [1.0])]
        reply = session.call("gradient", {"x": [1.0, 2.0]})
        assert isinstance(reply, Value)
        assert isinstance(reply.value, Array)
        assert reply.value.tolist() == [2.0, 4.0]
        assert isinstance(session.call("sparse", {}), BadReply)
        assert session.call("large", {}) == Value(value=64_000_000.0)


def test_cells_share_one_namespace_and_name_their_errors(template: Template) -> None:
    cells = ["x = 2", "def f(:\n", "y = 1\nraise ValueError('no\x1b')", "def f(a):\n    return a / (x - 2)\n"]
    with template.open(cells) as session:
        assert session.load_errors[0] is None
        assert session.load_errors[1] == LoadError(
            type="SyntaxError", message="invalid syntax (<cell 2>, line 1)", line=1
        )
        assert session.load_errors[2] == LoadError(type="ValueError", message="no\\x1b", line=2)
        assert session.load_errors[3] is None
        reply = session.call("f", {"a": 1})
        assert reply == Raised(type="ZeroDivisionError", message="division by zero", where="cell 4, line 2")


def test_arguments_by_name_or_by_place(template: Template) -> None:
    with template.open(["def f(a, b):\n    return a - b\n"]) as session:
        assert session.call("f", {"b": 1, "a": 3}) == Value(value=2)
        assert session.call("f", {"b": 1, "a": 3}, positional=True) == Value(value=-2)
        assert isinstance(session.call("f", {"c": 1}), Raised)
        missing = session.call("g", {})
        assert missing == Raised(type="NameError", message="no function g is defined", where="")


def test_an_argument_that_cannot_be_sent_is_the_grader_s_error(template: Template) -> None:
    with template.open([ROUND_TRIP]) as session:
        with pytest.raises(SandboxError, match="same: an argument cannot be sent: a value of type object"):
            session.call("same", {"x": object()})
        assert session.call("same", {"x": 1}) == Value(value=1)


def test_a_cell_with_a_lone_surrogate_is_not_loaded(template: Template) -> None:
    with template.open(["x = '\ud800'", ROUND_TRIP]) as session:
        assert session.load_errors[0] is not None
        assert session.load_errors[1] is None


def test_generators_start_in_the_same_state(template: Template) -> None:
    cell = "import random, numpy as np\ndef draw():\n    return random.random(), float(np.random.rand())\n"
    replies = []
    for _ in range(2):
        with template.open([cell]) as session:
            replies.append(session.call("draw", {}))
    assert replies[0] == replies[1]
    assert isinstance(replies[0], Value)


def test_modules_behave_as_usual(template: Template) -> None:
    cell = """
import dataclasses, inspect, pickle, threading
@dataclasses.dataclass
class Point:
    x: float
def doubled(x):
    found = []
    thread = threading.Thread(target=lambda: found.append(2 * x)); thread.start(); thread.join()
    return pickle.loads(pickle.dumps(Point(found[0]))).x
def source():
    return inspect.getsource(doubled).splitlines()[0]
def files():
    with open("note.txt", "w") as file: file.write("kept")
    return open("note.txt").read()
"""
    with template.open([cell]) as session:
        assert session.load_errors == (None,)
        assert session.call("doubled", {"x": 1.5}) == Value(value=3.0)
        assert session.call("source", {}) == Value(value="def doubled(x):")
        assert session.call("files", {}) == Value(value="kept")


def test_output_is_captured(template: Template) -> None:
    with template.open(["import sys\nprint('loaded')\ndef f():\n    print('called', file=sys.stderr)\n"]) as session:
        session.call("f", {})
    assert session.output == "loaded\ncalled\n"


def test_the_processor_limit_is_per_call(template: Template) -> None:
    cell = (
        "def spin(s):\n    import time\n    end = time.process_time() + s\n    while time.process_time() < end: pass\n"
    )
    with template.open([cell], Limits(cpu_s=0.3)) as session:
        for _ in range(3):
            assert session.call("spin", {"s": 0.15}) == Value(value=None)
        assert session.call("spin", {"s": 60.0}) == LimitHit(limit="cpu_s", amount=0.3)
        assert session.call("spin", {"s": 0.0}) == LimitHit(limit="cpu_s", amount=0.3)


def test_the_memory_limit_is_named_and_survived(template: Template) -> None:
    limits = Limits(memory_bytes=128 << 20)
    with template.open(["def take(n):\n    return len(bytearray(n))\n"], limits) as session:
        assert session.call("take", {"n": 64 << 20}) == Value(value=64 << 20)
        assert session.call("take", {"n": 256 << 20}) == LimitHit(limit="memory_bytes", amount=128 << 20)
        assert session.call("take", {"n": 1}) == Value(value=1)


def test_the_load_limit_covers_all_cells(template: Template) -> None:
    with template.open(["x = 1", "while True: pass", "y = 1"], Limits(load_cpu_s=0.3)) as session:
        assert [error and error.type for error in session.load_errors] == [None, "LimitHit", "NotRun"]


def test_limits_are_positive() -> None:
    with pytest.raises(UsageError, match="cpu_s: wanted a positive number, got 0"):
        Limits(cpu_s=0)


def test_a_closed_session_says_so(template: Template) -> None:
    session = template.open([ROUND_TRIP])
    session.close()
    session.close()
    assert session.call("same", {"x": 1}) == Died(reason="the session is closed")


def test_many_sessions_leave_no_descriptor(template: Template) -> None:
    before = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else []  # noqa: PTH112, PTH208
    for _ in range(10):
        with template.open([ROUND_TRIP]) as session:
            session.call("same", {"x": 1})
    if before:
        assert len(os.listdir("/proc/self/fd")) == len(before)  # noqa: PTH208


def test_threads_may_share_a_template(template: Template) -> None:
    replies: list[Reply] = []

    def work(number: int) -> None:
        with template.open([f"def f():\n    return {number}\n"]) as session:
            replies.append(session.call("f", {}))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.value for reply in replies if isinstance(reply, Value)) == list(range(8))  # type: ignore[type-var]


def test_printable_text() -> None:
    assert printable("a\tb\nc é π") == "a\tb\nc é π"
    assert printable("\x1b[2J\x00\u202e\ud800") == "\\x1b[2J\\x00\\u202e\\ud800"
