"""What isolation is in force, tried from inside a worker: reached means that the attempt succeeded."""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import grader
from grader.errors import SandboxError
from grader.sandbox.records import Level, LimitHit, Limits, Raised, Reply, Value
from grader.sandbox.session import Session

_CELL = Path(__file__).with_name("guest") / "attempts.py"
_LIMITS = Limits(cpu_s=20.0, memory_bytes=256 << 20, processes=32)
_SLACK_BYTES = 32 << 20  # the warm interpreter may give back some of what was counted as its own
BLOCKED, REACHED = "blocked", "reached"

READ_CANARY = "read a world-readable file of the grader's user"
READ_GRADER = "read the grader's own source"
IMPORT_GRADER = "import the grader"
WRITE_OUTSIDE = "write outside its own folder"
CHANGE_RIGHTS = "change the rights of a file of the grader's user"
CONNECT = "connect to a port of this machine"
SEND_DATAGRAM = "open a socket for datagrams"
LIST_GRADER = "see the grader's process"
SIGNAL_GRADER = "signal the grader's process"
READ_MEMORY = "open the memory of another process of this user"
FORK = "start more processes than the limit"
ALLOCATE = "allocate more memory than the limit"

_STRONG = {
    READ_CANARY,
    READ_GRADER,
    IMPORT_GRADER,
    WRITE_OUTSIDE,
    CHANGE_RIGHTS,
    CONNECT,
    SEND_DATAGRAM,
    LIST_GRADER,
    SIGNAL_GRADER,
    READ_MEMORY,
    FORK,
    ALLOCATE,
}
_PROMISES: dict[Level, set[str]] = {
    "namespaces": _STRONG,
    "kernel-filters": _STRONG,
    "uid": {CHANGE_RIGHTS, SIGNAL_GRADER, READ_MEMORY, FORK, ALLOCATE},
    "process": {ALLOCATE},
}


PROBES = tuple(sorted(_STRONG))


def run(open_session: Callable[[Sequence[str], Limits], Session]) -> tuple[tuple[str, str], ...]:
    """Return what each attempt came to, `blocked` or `reached`, in a fixed order.

    Args:
        open_session: Opens a session with these cells; closed here.

    Raises:
        SandboxError: The worker could not even run the attempts.
    """
    token = secrets.token_hex(8)
    with tempfile.TemporaryDirectory(prefix="grader-canary-") as folder, socket.socket() as listener:
        Path(folder).chmod(0o755)
        canary = Path(folder) / "canary"
        canary.write_text(token, encoding="ascii")
        canary.chmod(0o644)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = int(listener.getsockname()[1])
        own = os.getpid()
        source = Path(grader.__file__ or "").resolve()
        attempts: list[tuple[str, str, dict[str, object]]] = [
            (READ_CANARY, "read", {"path": str(canary), "token": token}),
            (READ_GRADER, "read", {"path": str(source), "token": ""}),
            (IMPORT_GRADER, "imported", {"name": "grader"}),
            (WRITE_OUTSIDE, "written", {"paths": [folder, "/", "/tmp", "/usr/lib"]}),
            (CHANGE_RIGHTS, "changed", {"path": str(canary)}),
            (CONNECT, "connected", {"port": port}),
            (SEND_DATAGRAM, "datagram", {"port": port}),
            (LIST_GRADER, "listed", {"pid": own}),
            (SIGNAL_GRADER, "signalled", {"pid": own}),
            (READ_MEMORY, "opened_memory", {"pid": own}),
            (FORK, "forked", {"limit": _LIMITS.processes}),
            (ALLOCATE, "allocated", {"count": _LIMITS.memory_bytes + _SLACK_BYTES}),
        ]
        with open_session([_CELL.read_text(encoding="utf-8")], _LIMITS) as session:
            if session.load_errors != (None,):
                raise SandboxError(f"the probes could not be loaded: {session.load_errors}")
            return tuple((name, _outcome(name, session.call(function, given))) for name, function, given in attempts)


def _outcome(name: str, reply: Reply) -> str:
    match reply:
        case Value(value=True):
            return REACHED
        case Value(value=False) | LimitHit(limit="memory_bytes") | Raised(type="PermissionError"):
            return BLOCKED
        case _:
            raise SandboxError(f"the probe '{name}' came to nothing: {reply}")


def broken_promises(level: Level, outcomes: Sequence[tuple[str, str]]) -> list[str]:
    """Return what a level promises to block but was reached."""
    return [name for name, outcome in outcomes if outcome == REACHED and name in _PROMISES[level]]
