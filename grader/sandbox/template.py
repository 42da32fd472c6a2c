"""The warm template: chooses the best isolation that holds when it is tried, and opens sessions."""

from __future__ import annotations

import functools
import os
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from grader.errors import SandboxError
from grader.sandbox import host, probe
from grader.sandbox.channel import Channel
from grader.sandbox.records import LEVELS, Isolation, Level, Limits
from grader.sandbox.session import Session


class Template:
    """A context in which sessions are opened, each forked from a process that has its libraries loaded.

    Args:
        preload: Modules that the process loads before the first fork.
        isolation: The level to hold; None for the best whose promises hold when probed from inside.
        hash_seed: `PYTHONHASHSEED` of the workers. A program whose answers depend on it is not deterministic:
            two templates with different seeds tell.
        hide: Files and folders that no worker may see, besides the grader and the assignments.
    """

    def __init__(
        self,
        *,
        preload: Sequence[str] = ("numpy", "sympy"),
        isolation: Level | None = None,
        hash_seed: int = 0,
        hide: Sequence[Path] = (),
    ) -> None:
        self._preload = tuple(preload)
        self._levels = LEVELS if isolation is None else (isolation,)
        self._hash_seed = hash_seed
        self._hide = tuple(hide)
        self._host: host.Host | None = None
        self._isolation: Isolation | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        if self._host is not None:
            raise SandboxError("the template is entered already")
        self._host = self._start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._host is not None:
            self._host.stop()
            self._host = None

    @property
    def isolation(self) -> Isolation:
        """The isolation in force, as probed when the process was started.

        Raises:
            SandboxError: The template is not entered.
        """
        if self._isolation is None:
            raise SandboxError("the template is not started: use it as a context")
        return self._isolation

    def open(self, cells: Sequence[str], limits: Limits | None = None) -> Session:
        """Return a session with the cells loaded, in a worker of its own; close it when done.

        Raises:
            SandboxError: No worker could be started, even from a new template process.
        """
        found = self._host
        if found is None:
            raise SandboxError("the template is not started: use it as a context")
        try:
            return open_session(found, cells, limits or Limits())
        except SandboxError:
            if found.is_alive():
                raise
        return open_session(self._replace(found), cells, limits or Limits())

    def _replace(self, dead: host.Host) -> host.Host:
        """Return a new process in the place of a dead one, the same for all threads that ask."""
        with self._lock:
            if self._host is dead:
                dead.stop()
                self._host = self._start()
            if self._host is None:
                raise SandboxError("the template was left while a session was being opened")
            return self._host

    def _start(self) -> host.Host:
        refusals = []
        for level in self._levels:
            try:
                found = host.start(level, preload=self._preload, hash_seed=self._hash_seed, hide=self._hide)
            except SandboxError as error:
                refusals.append(f"{level}: {error}")
                continue
            broken: Sequence[str]
            try:
                outcomes = probe.run(functools.partial(open_session, found))
                broken = probe.broken_promises(level, outcomes)
            except SandboxError as error:
                outcomes, broken = (), [f"{error}"]
            except BaseException:
                found.stop()
                raise
            if not broken:
                self._isolation = Isolation(name=level, description=_describe(level, found.facts), probes=outcomes)
                return found
            found.stop()
            refusals.append(f"{level}: {'; '.join(broken)}")
        raise SandboxError(f"no isolation holds here: {' | '.join(refusals)}")


def level() -> Isolation:
    """Return the isolation that a template gets on this machine, probed from inside a worker.

    Raises:
        SandboxError: Not even a plain process can be started.
    """
    with Template(preload=()) as template:
        return template.isolation


def open_session(found: host.Host, cells: Sequence[str], limits: Limits) -> Session:
    """Return a session of a running template process."""
    ours, theirs = socket.socketpair()
    output, output_theirs = os.pipe()
    channel = Channel(ours, output, limits.output_bytes)
    try:
        ours.setblocking(False)
        os.set_blocking(output, False)
        named = ("memory_bytes", "processes", "open_files", "file_bytes", "reply_bytes")
        request: dict[str, object] = {"kind": "open", "limits": {name: getattr(limits, name) for name in named}}
        pid = int(found.ask(request, [theirs.fileno(), output_theirs])["pid"])
    except BaseException:
        channel.close()
        raise
    finally:
        theirs.close()
        os.close(output_theirs)

    def cpu_clock() -> float:
        return float(found.ask({"kind": "cpu", "pid": pid})["cpu_s"])

    def end(wait: bool) -> int | None:
        try:
            status = found.ask({"kind": "end", "pid": pid, "wait": wait})["status"]
        except SandboxError:
            return None  # with its template the worker has died too
        return None if status is None else int(status)

    return Session(cells, channel=channel, limits=limits, cpu_clock=cpu_clock, end=end)


def _describe(level: Level, facts: dict[str, object]) -> str:
    user = "a user id of its own" if facts["user"] else "no rights over other users"
    match level:
        case "namespaces":
            layers = ["own file, process, network and IPC namespaces", user]
            layers += ["Landlock"] if facts["landlock"] else []
            layers += ["a seccomp filter"] if facts["filtered"] else []
        case "kernel-filters":
            layers = ["Landlock", "a seccomp filter"]
            layers += ["a user id of its own"] if facts["user"] else ["the grader's user id without capabilities"]
        case "uid":
            layers = ["a user id of its own; readable files and the network are open"]
        case "process":
            layers = ["a process with the grader's own rights: guards against accidents only"]
    return ", ".join([*layers, "resource limits"])
