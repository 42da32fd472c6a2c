"""The worker: runs the cells of one submission and answers calls, one reply a request."""

from __future__ import annotations

import contextlib
import gc
import io
import linecache
import os
import random
import signal
import sys
import types
from collections.abc import Callable
from typing import Any, NoReturn

from . import confine, wire
from .lower import lower

_MAX_TEXT = 2000


def _read(fd: int, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        piece = os.read(fd, count - len(data))
        if not piece:
            os._exit(0)
        data += piece
    return bytes(data)


def _receive(fd: int) -> tuple[dict[str, Any], bytes]:
    header, body = wire.PREFIX.unpack(_read(fd, wire.PREFIX.size))
    return wire.decode_header(_read(fd, header)), _read(fd, body)


def _send(fd: int, header: dict[str, Any], buffers: list[bytes]) -> None:
    data = memoryview(wire.encode_frame(header, buffers))
    while data:
        data = data[os.write(fd, data) :]


def _with_arrays(value: wire.Plain) -> Any:
    """Return the value with arrays of numpy in the place of records."""
    if isinstance(value, wire.Array):
        return value.to_numpy()
    if isinstance(value, list | tuple):
        return type(value)(_with_arrays(item) for item in value)
    if isinstance(value, dict):
        return {key: _with_arrays(item) for key, item in value.items()}
    return value


def _describe(error: BaseException, cells: list[str]) -> dict[str, Any]:
    """Return type, message and the innermost place in a cell; the text of the error is not trusted to come."""
    kind = type.__dict__["__name__"].__get__(type(error))
    try:
        message = f"{error}"
    except BaseException:  # noqa: BLE001 - whatever the author's __str__ does, the type is still reported
        message = "(its message cannot be shown)"
    cell, line = 0, 0
    if isinstance(error, SyntaxError) and error.filename in cells:
        cell, line = cells.index(error.filename) + 1, error.lineno or 0
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name in cells:
            cell, line = cells.index(name) + 1, trace.tb_lineno
        trace = trace.tb_next
    clean = message[:_MAX_TEXT].encode("utf-8", "backslashreplace").decode("utf-8")
    return {"type": f"{kind}"[:200], "message": clean, "cell": cell, "line": line}


class _Submission:
    """One module that is filled cell by cell."""

    def __init__(self) -> None:
        self.module = types.ModuleType("submission")
        self.module.__dict__["__builtins__"] = __builtins__
        sys.modules["submission"] = self.module
        self.cells: list[str] = []

    def load(self, text: str) -> dict[str, Any] | None:
        name = f"<cell {len(self.cells) + 1}>"
        self.cells.append(name)
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        try:
            exec(compile(text, name, "exec", dont_inherit=True), self.module.__dict__)
        except BaseException as error:  # noqa: BLE001 - sys.exit and the like are the author's errors here
            return _describe(error, self.cells)
        return None

    def call(self, request: dict[str, Any], body: bytes, max_bytes: int) -> tuple[dict[str, Any], list[bytes]]:
        arguments = _with_arrays(wire.decode_value(request["arguments"], body))
        assert isinstance(arguments, dict), "arguments are sent as a dict"
        buffers: list[bytes] = []
        function: Callable[..., object] | None = self.module.__dict__.get(request["function"])
        if function is None:
            missing = {"type": "NameError", "message": f"no function {request['function']} is defined"}
            return {"kind": "raised", **missing, "cell": 0, "line": 0}, []
        try:
            positional = request["positional"]
            value = function(*arguments.values()) if positional else function(**arguments)
            node = wire.encode_value(lower(value, max_bytes), buffers)
        except wire.WireError as error:
            return {"kind": "bad", "reason": f"{error}"[:_MAX_TEXT]}, []
        except BaseException as error:  # noqa: BLE001 - sys.exit and the like are the author's errors here
            return {"kind": "raised", **_describe(error, self.cells)}, []
        return {"kind": "value", "value": node}, buffers


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()


def _open_output() -> None:
    for name, fd in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(fd, "wb", closefd=False)
        stream = io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace")
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.stdin = io.TextIOWrapper(io.BytesIO(b""))


def run(plan: confine.Plan, limits: dict[str, int], channel: int, output: int) -> NoReturn:
    """Be the worker: confine this process, say so, then load and call until the channel ends.

    Args:
        plan: How the process is confined.
        limits: What confinement needs, and `reply_bytes`.
        channel: Descriptor on which frames come and go.
        output: Descriptor that takes what the submission prints.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    hello, _ = _receive(channel)
    try:
        confine.confine(plan, limits, {0, 1, 2, channel})
    except OSError as error:
        _send(channel, {"nonce": hello["nonce"], "kind": "unconfined", "reason": f"{error}"}, [])
        os._exit(1)
    os.environ.update({"HOME": plan.home, "TMPDIR": plan.home, "PWD": plan.home})
    _open_output()
    random.seed(0)  # which reseeds itself after a fork; other generators are inherited as the template set them
    submission = _Submission()
    gc.enable()
    _send(channel, {"nonce": hello["nonce"], "kind": "ready"}, [])
    while True:
        request, body = _receive(channel)
        if request["kind"] == "load":
            reply: dict[str, Any] = {"kind": "loaded", "error": submission.load(request["text"])}
            buffers: list[bytes] = []
        else:
            reply, buffers = submission.call(request, body, limits["reply_bytes"])
        _flush()
        _send(channel, {"nonce": request["nonce"], **reply}, buffers)
