"""What goes into the sandbox and what comes out of it: frozen records."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, TypeAlias

from grader.errors import UsageError
from grader.sandbox.guest.wire import Plain

Level = Literal["namespaces", "kernel-filters", "uid", "process"]
LEVELS: tuple[Level, ...] = ("namespaces", "kernel-filters", "uid", "process")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one submission may use; every field must be positive.

    Attributes:
        cpu_s: Processor time of one call, summed over its threads.
        load_cpu_s: Processor time to run all its cells.
        memory_bytes: Address space beyond that of the warm interpreter, to within a few megabytes.
        output_bytes: Of what it prints, the rest is dropped.
        reply_bytes: Of one returned value.
        processes: Threads (and processes, at the levels that allow any).
        open_files: Open descriptors.
        file_bytes: Of one file; in a private root, of all files together.
        wall_s: Real time of one request: the last resort against a program that sleeps. It says nothing
            about an answer, since a machine may be slow.
    """

    cpu_s: float = 10.0
    load_cpu_s: float = 20.0
    memory_bytes: int = 2 << 30
    output_bytes: int = 64 << 10
    reply_bytes: int = 8 << 20
    processes: int = 64
    open_files: int = 64
    file_bytes: int = 32 << 20
    wall_s: float = 120.0

    def __post_init__(self) -> None:
        for entry in fields(self):
            if not getattr(self, entry.name) > 0:
                raise UsageError(f"{entry.name}: wanted a positive number, got {getattr(self, entry.name)!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """The isolation that is really in force, as found from inside a worker.

    Attributes:
        name: One of `LEVELS`.
        description: What it consists of, in a sentence.
        probes: What was tried from inside, and what came of it.
    """

    name: Level
    description: str
    probes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadError:
    """Why a cell did not run to its end; `line` counts from 1 in the cell, None where it is not known."""

    type: str
    message: str
    line: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """The call returned this."""

    value: Plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """The call raised; `where` is the innermost place in a cell, such as `cell 2, line 5`, or empty."""

    type: str
    message: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BadReply:
    """The call came back with something that is no plain value, or with bytes that are no reply."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitHit:
    """The call went past a limit, the field of `Limits` that is named; `amount` is what was allowed."""

    limit: Literal["cpu_s", "load_cpu_s", "memory_bytes", "wall_s"]
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Died:
    """The worker ended, or had ended, before it replied."""

    reason: str


Reply: TypeAlias = Value | Raised | BadReply | LimitHit | Died
