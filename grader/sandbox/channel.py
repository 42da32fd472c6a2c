"""The grader's end of a worker's channel: one request, one reply, every byte checked before it is believed."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from grader.sandbox.guest import wire

_CHUNK = 1 << 16
_FIRST_LOOK_S, _LONGEST_WAIT_S = 0.02, 0.25


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that came in whole: its header is an object of JSON, nothing more is known of it."""

    header: dict[str, Any]
    body: bytes


@dataclass(frozen=True, slots=True)
class Closed:
    """The worker closed the channel."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """What came is no frame."""

    reason: str


@dataclass(frozen=True, slots=True)
class Exhausted:
    """A limit was reached first."""

    limit: str


@dataclass(slots=True)
class Channel:
    """A non-blocking socket to the worker and the pipe with what the submission prints."""

    sock: socket.socket
    output: int
    output_bytes: int
    printed: bytearray = field(default_factory=bytearray)
    dropped: bool = False
    closed: bool = False

    def close(self) -> None:
        """Close both descriptors, once."""
        if not self.closed:
            self.closed = True
            self.drain()
            self.sock.close()
            os.close(self.output)

    def drain(self) -> bool:
        """Take what was printed, up to the cap, and drop the rest; return whether more may come."""
        for _ in range(64):  # bounded: a flood must not keep the grader here
            try:
                piece = os.read(self.output, _CHUNK)
            except BlockingIOError:
                return True
            if not piece:
                return False
            room = self.output_bytes - len(self.printed)
            self.dropped = self.dropped or len(piece) > room
            self.printed += piece[: max(room, 0)]
        return True

    def is_clean(self) -> bool:
        """Return whether nothing waits that nobody asked for."""
        try:
            return not self.sock.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, ConnectionError):
            return True

    def exchange(
        self, request: bytes, *, reply_bytes: int, cpu_s: float, wall_s: float, cpu_clock: Callable[[], float]
    ) -> Frame | Closed | Malformed | Exhausted:
        """Send a request and return its one reply, or what came instead.

        Args:
            request: The whole frame.
            reply_bytes: Longest reply that is read.
            cpu_s: Processor time that the worker may use until it has replied.
            wall_s: Real time, the last resort.
            cpu_clock: Returns the processor time that the worker has used since it was born.
        """
        started, used_before = time.monotonic(), cpu_clock()
        unsent, received = memoryview(request), bytearray()
        wanted, header_length = wire.PREFIX.size, -1
        poll = select.poll()
        poll.register(self.output, select.POLLIN)
        wait = _FIRST_LOOK_S
        next_look = started + wait
        while True:
            poll.register(self.sock, select.POLLIN | (select.POLLOUT if unsent else 0))
            ready = dict(poll.poll(max(0.0, next_look - time.monotonic()) * 1000 + 1))
            if self.output in ready and not self.drain():
                poll.unregister(self.output)
            try:
                if self.sock.fileno() in ready and unsent:
                    with contextlib.suppress(BlockingIOError):
                        unsent = unsent[self.sock.send(unsent) :]
                if self.sock.fileno() in ready:
                    with contextlib.suppress(BlockingIOError):
                        piece = self.sock.recv(min(wanted - len(received), 1 << 20))
                        if not piece:
                            return Closed()
                        received += piece
            except ConnectionError:
                return Closed()
            try:
                if len(received) == wanted and header_length < 0:
                    header_length, body_length = wire.frame_lengths(bytes(received), reply_bytes)
                    received.clear()
                    wanted = header_length + body_length
                if header_length >= 0 and len(received) == wanted:
                    header = wire.decode_header(bytes(received[:header_length]))
                    return Frame(header, bytes(received[header_length:]))
            except wire.WireError as error:
                return Malformed(f"{error}")
            now = time.monotonic()
            if now >= next_look:
                left_s = cpu_s - (cpu_clock() - used_before)
                if left_s <= 0:
                    return Exhausted("cpu")
                if now - started > wall_s:
                    return Exhausted("wall")
                wait = min(max(left_s / 4, _FIRST_LOOK_S), _LONGEST_WAIT_S)
                next_look = now + min(wait, max(started + wall_s - now, 0.001))
