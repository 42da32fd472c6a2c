"""One submission in its worker: its cells are loaded, its functions called, its replies checked."""

from __future__ import annotations

import os
import secrets
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypeVar

from grader.errors import SandboxError
from grader.sandbox.channel import Channel, Closed, Exhausted, Frame, Malformed
from grader.sandbox.guest import wire
from grader.sandbox.records import BadReply, Died, LimitHit, Limits, LoadError, Raised, Reply, Value

_MAX_TEXT = 4000
_End = TypeVar("_End", LimitHit, BadReply, Died)


def printable(text: str) -> str:
    """Return the text with control, invisible and bidirectional characters written as escapes.

    >>> printable("ok\\x1b[2J")
    'ok\\\\x1b[2J'
    """
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode("ascii") for c in text)


def lift(value: object) -> wire.Plain:
    """Return an argument as a plain value: numpy's arrays become records, its scalars those of Python.

    Raises:
        wire.WireError: An array is of a dtype that is not sent.
    """
    if isinstance(value, list | tuple):
        return type(value)(lift(item) for item in value)
    if isinstance(value, dict):
        return {key: lift(item) for key, item in value.items()}
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        return wire.array_from_numpy(value, sys.maxsize)
    if numpy is not None and isinstance(value, numpy.generic):
        return value.item()  # type: ignore[no-any-return]  # checked by the encoder
    return value  # type: ignore[return-value]  # checked by the encoder


class Session:
    """A worker with one submission; made by `Template.open`, to be closed.

    Attributes:
        load_errors: For each cell None, or why it did not run to its end.
    """

    def __init__(
        self,
        cells: Sequence[str],
        *,
        channel: Channel,
        limits: Limits,
        cpu_clock: Callable[[], float],
        end: Callable[[bool], int | None],
    ) -> None:
        self._channel = channel
        self._limits = limits
        self._cpu_clock = cpu_clock
        self._end = end
        self._over: LimitHit | BadReply | Died | None = None
        self.load_errors: tuple[LoadError | None, ...] = ()
        try:
            self._shake_hands()
            self.load_errors = self._load(cells)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def output(self) -> str:
        """What the submission has printed so far, capped and made printable: to be shown, never parsed."""
        if not self._channel.closed:
            self._channel.drain()
        text = printable(bytes(self._channel.printed).decode("utf-8", "backslashreplace"))
        return f"{text}\n[the rest was dropped]" if self._channel.dropped else text

    def call(self, function: str, arguments: Mapping[str, object], *, positional: bool = False) -> Reply:
        """Return what came of calling a function of the submission.

        Args:
            function: Its name.
            arguments: Plain values and arrays of numpy by parameter name; the worker gets copies.
            positional: Whether they are passed in their order instead of by name.

        Raises:
            SandboxError: An argument cannot be sent, or the template died.
        """
        if self._over is not None:
            return self._over
        buffers: list[bytes] = []
        try:
            node = wire.encode_value({name: lift(value) for name, value in arguments.items()}, buffers)
        except wire.WireError as error:
            raise SandboxError(f"{function}: an argument cannot be sent: {error}") from None
        request = {"kind": "call", "function": function, "positional": positional, "arguments": node}
        reply = self._exchange(request, buffers, self._limits.cpu_s, "cpu_s")
        if not isinstance(reply, Frame):
            return reply
        try:
            return self._read_reply(reply)
        except wire.WireError as error:
            return self._stop(BadReply(reason=f"{error}"))

    def close(self) -> None:
        """Kill the worker and all that it started; nothing of it is left."""
        if not self._channel.closed:
            self._end(False)
            self._channel.close()
        if self._over is None:
            self._over = Died(reason="the session is closed")

    # ------------------------------------------------------------ requests

    def _exchange(
        self, request: dict[str, Any], buffers: list[bytes], cpu_s: float, limit: str
    ) -> Frame | LimitHit | BadReply | Died:
        if not self._channel.is_clean():
            return self._stop(BadReply(reason="bytes that nobody asked for"))
        nonce = secrets.token_hex(16)
        found = self._channel.exchange(
            wire.encode_frame({"nonce": nonce, **request}, buffers),
            reply_bytes=self._limits.reply_bytes + wire.PREFIX.size,
            cpu_s=cpu_s,
            wall_s=self._limits.wall_s,
            cpu_clock=self._cpu_clock,
        )
        match found:
            case Frame(header=header):
                if header.pop("nonce", None) != nonce:
                    return self._stop(BadReply(reason="a reply to no request"))
                if not self._channel.is_clean():
                    return self._stop(BadReply(reason="bytes after the reply"))
                return found
            case Closed():
                return self._stop(Died(reason=_how(self._end(True))))
            case Malformed(reason=reason):
                return self._stop(BadReply(reason=reason))
            case Exhausted(limit="cpu"):
                name: Any = limit
                return self._stop(LimitHit(limit=name, amount=getattr(self._limits, limit)))
            case Exhausted():
                return self._stop(LimitHit(limit="wall_s", amount=self._limits.wall_s))

    def _stop(self, reason: _End) -> _End:
        self._over = reason
        self.close()
        return reason

    def _shake_hands(self) -> None:
        """Wait until the worker has given up its rights; nothing of a submission has run by then."""
        reply = self._exchange({"kind": "hello"}, [], self._limits.load_cpu_s, "load_cpu_s")
        if not isinstance(reply, Frame):
            raise SandboxError(f"a worker did not start: {reply}")
        if reply.header.get("kind") != "ready":
            raise SandboxError(f"a worker could not be confined: {reply.header.get('reason')}")

    def _load(self, cells: Sequence[str]) -> tuple[LoadError | None, ...]:
        errors: list[LoadError | None] = []
        born = self._cpu_clock()
        for cell in cells:
            if self._over is not None:
                errors.append(LoadError(type="NotRun", message="an earlier cell ended the worker", line=None))
                continue
            if not _is_text(cell):
                errors.append(LoadError(type="UnicodeError", message="text with a lone surrogate", line=None))
                continue
            left_s = max(self._limits.load_cpu_s - (self._cpu_clock() - born), 0.0)
            reply = self._exchange({"kind": "load", "text": cell}, [], left_s, "load_cpu_s")
            if isinstance(reply, Frame):
                try:
                    errors.append(_read_load_error(reply))
                    continue
                except wire.WireError as error:
                    reply = self._stop(BadReply(reason=f"{error}"))
            errors.append(LoadError(type=type(reply).__name__, message=_in_words(reply), line=None))
        return tuple(errors)

    def _read_reply(self, frame: Frame) -> Value | Raised | BadReply | LimitHit:
        match frame.header:
            case {"kind": "value", "value": node, **rest} if not rest:
                return Value(value=wire.decode_value(node, frame.body))
            case {"kind": "bad", "reason": str(reason), **rest} if not rest and not frame.body:
                return BadReply(reason=printable(reason[:_MAX_TEXT]))
            case {"kind": "raised", **rest} if not frame.body:
                error, cell = _read_error(rest)
                if error.type == "MemoryError":
                    return LimitHit(limit="memory_bytes", amount=self._limits.memory_bytes)
                where = f"cell {cell}, line {error.line}" if cell and error.line else ""
                return Raised(type=error.type, message=error.message, where=where)
            case _:
                raise wire.WireError("a reply of no known kind")


def _read_load_error(frame: Frame) -> LoadError | None:
    match frame.header:
        case {"kind": "loaded", "error": None, **rest} if not rest and not frame.body:
            return None
        case {"kind": "loaded", "error": dict(error), **rest} if not rest and not frame.body:
            return _read_error(error)[0]
        case _:
            raise wire.WireError("a reply of no known kind")


def _read_error(record: dict[str, Any]) -> tuple[LoadError, int]:
    match record:
        case {"type": str(kind), "message": str(message), "cell": cell, "line": line, **rest} if (
            not rest and type(cell) is int and type(line) is int and cell >= 0 and line >= 0
        ):
            error = LoadError(type=printable(kind[:200]), message=printable(message[:_MAX_TEXT]), line=line or None)
            return error, cell
        case _:
            raise wire.WireError("a malformed error")


def _is_text(cell: str) -> bool:
    try:
        cell.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _in_words(reply: LimitHit | BadReply | Died) -> str:
    match reply:
        case LimitHit(limit=limit, amount=amount):
            return f"more than {amount:g} of {limit}"
        case BadReply(reason=reason) | Died(reason=reason):
            return reason


def _how(status: int | None) -> str:
    """Return in words how a worker ended, from its wait status; None if it had to be killed."""
    if status is None:
        return "the worker closed its channel"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        known = {entry.value: entry.name for entry in signal.Signals}
        return f"the worker was ended by signal {known.get(number, number)}"
    return f"the worker exited with code {os.waitstatus_to_exitcode(status)}"
