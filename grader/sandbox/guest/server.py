"""The template process: warm, with one thread, it forks a confined worker for each submission.

It talks with the grader over a socket: one line of JSON a request, one line back, and with `open` the two
descriptors that the new worker gets. It reads nothing that a worker or a submission wrote.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any, NoReturn

from . import kernel, view, worker
from .confine import Plan, close_all_but

_FIRST_USERS = (0x70000000, 200_000, 60_001)  # high ids first; a container may map only low ones
_USERS = 4096
_NATURAL_DEATH_S = 0.2


@dataclass(slots=True)
class _Server:
    control: socket.socket
    level: str
    plan: Plan
    first_user: int | None
    temporary: str
    proc: int | None = None
    own_pids: int | None = None
    opened: int = 0
    sessions: dict[int, str] = field(default_factory=dict)


def main() -> NoReturn:
    """Run the template on the socket and the configuration that the command line names."""
    config = json.loads(sys.argv[1])
    sys.argv[:] = sys.orig_argv[:] = [""]  # a worker inherits them, and the paths in them are not its business
    control = socket.socket(fileno=config["control"])
    close_all_but({0, 1, 2, config["control"]})
    try:
        server = _prepare(config, control)
    except (OSError, ImportError) as error:
        control.sendall(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode() + b"\n")
        os._exit(1)
    facts = {"user": server.first_user is not None, "filtered": server.plan.filtered}
    facts |= {"landlock": server.plan.rules is not None, "nested": server.plan.nested_user}
    control.sendall(json.dumps(facts).encode() + b"\n")
    _serve(server)


def _prepare(config: dict[str, Any], control: socket.socket) -> _Server:
    for path in config["site"]:
        sys.path.append(path)
    for name in config["preload"]:
        module = importlib.import_module(name)
        if name == "numpy":
            for lazy in ("fft", "linalg", "random"):
                importlib.import_module(f"numpy.{lazy}")
            module.random.seed(0)
        if name == "torch":
            module.set_num_threads(1)
            module.manual_seed(0)
    linux = sys.platform == "linux"
    proc = os.open("/proc", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC) if linux else None
    if linux and len(os.listdir("/proc/self/task")) != 1:  # noqa: PTH208
        raise OSError(f"preloading {config['preload']} started threads: a fork of it could hang")
    level = config["level"]
    if level == "namespaces":
        server = _with_namespaces(config, control, proc)
    else:
        server = _without_namespaces(config, control, proc)
    if linux:
        kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    gc.disable()
    gc.freeze()
    return server


def _with_namespaces(config: dict[str, Any], control: socket.socket, proc: int | None) -> _Server:
    if proc is None:
        raise OSError("namespaces need Linux")
    first_user = _find_users(config, visible=False)
    base_bytes = _address_space(proc)
    flags = kernel.CLONE_NEWNS | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS
    flags |= kernel.CLONE_NEWPID
    try:
        kernel.unshare(flags)
        own_user = False
    except PermissionError:
        _enter_user_namespace(flags)
        own_user, first_user = True, None
    _become_first_process()
    own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    view.enter_private_root(config["visible"], config["hidden"])
    rules = None
    if kernel.landlock_abi():
        rules = [("/", kernel.READ), ("/dev", kernel.WRITE), (view.HOME, kernel.WRITE)]
    plan = Plan(
        private_mounts=True,
        nested_user=own_user or first_user is None,
        rules=rules,
        filtered=kernel.machine() is not None,
        base_bytes=base_bytes,
    )
    return _Server(control, "namespaces", plan, first_user, "", proc, own_pids)


def _enter_user_namespace(flags: int) -> None:
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(kernel.CLONE_NEWUSER | flags)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123
            file.write(text)


def _become_first_process() -> None:
    """Go on as the first process of the new pid namespace: with it all its workers die."""
    child = os.fork()
    if child:
        close_all_but({0, 1, 2})
        os.waitpid(child, 0)
        os._exit(0)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)


def _without_namespaces(config: dict[str, Any], control: socket.socket, proc: int | None) -> _Server:
    level, first_user, rules, filtered = config["level"], None, None, False
    if level in ("kernel-filters", "uid"):
        first_user = _find_users(config, visible=True)
    if level == "uid" and first_user is None:
        raise OSError("another user id is not to be had, or could not read the interpreter")
    if level == "kernel-filters":
        if not kernel.landlock_abi():
            raise OSError("landlock is not offered by this kernel")
        if kernel.machine() is None:
            raise OSError("the system call numbers of this machine are not known")
        rules, filtered = view.landlock_rules(config["visible"], config["hidden"]), True
    plan = Plan(rules=rules, filtered=filtered, base_bytes=_address_space(proc))
    return _Server(control, level, plan, first_user, config["temporary"], proc)


def _address_space(proc: int | None) -> int:
    if proc is None:
        return 0
    fd = os.open("self/statm", os.O_RDONLY, dir_fd=proc)
    try:
        return int(os.read(fd, 200).split()[0]) * os.sysconf("SC_PAGE_SIZE")
    finally:
        os.close(fd)


def _find_users(config: dict[str, Any], *, visible: bool) -> int | None:
    """Return the first of a range of user ids that are free for workers, tried in a child; None without.

    Args:
        config: Names the files that the worker must be able to read.
        visible: Whether those files must be readable as that user where they lie (no private root).
    """
    if os.geteuid() != 0:
        return None
    for start in _FIRST_USERS:
        first = start + _USERS * (os.getpid() % 64 if start == _FIRST_USERS[0] else 0)
        child = os.fork()
        if not child:
            status = 1
            with contextlib.suppress(OSError):
                os.setgroups([])
                os.setresgid(first, first, first)
                os.setresuid(first, first, first)
                needed = [os.__file__, *config["site"]] if visible else []
                readable = all(os.access(path, os.R_OK) for path in needed)
                status = 0 if readable and os.access(config["temporary"] or "/", os.X_OK) else 1
            os._exit(status)
        if os.waitpid(child, 0)[1] == 0:
            return first
    return None


# ---------------------------------------------------------------- requests


def _serve(server: _Server) -> NoReturn:
    while True:
        try:
            data, fds, _, _ = socket.recv_fds(server.control, 1 << 16, 4)
        except ConnectionError:
            data, fds = b"", []
        if not data:
            for pid in list(server.sessions):
                _end(server, pid, wait=False)
            if server.temporary:
                remove_tree(server.temporary)  # here too, since a grader that was killed does not
            os._exit(0)
        request = json.loads(data)
        try:
            reply = _answer(server, request, fds)
        except OSError as error:
            reply = {"error": f"{error}"}
        for fd in fds:
            os.close(fd)
        with contextlib.suppress(ConnectionError):
            server.control.sendall(json.dumps(reply).encode() + b"\n")


def _answer(server: _Server, request: dict[str, Any], fds: list[int]) -> dict[str, Any]:
    match request["kind"]:
        case "open":
            return {"pid": _open(server, request["limits"], fds[0], fds[1])}
        case "cpu":
            # the clock of another process, as clock_getcpuclockid(3) makes it
            return {"cpu_s": time.clock_gettime((~int(request["pid"]) << 3) | 2)}
        case "end":
            return _end(server, int(request["pid"]), wait=bool(request["wait"]))
        case kind:
            raise OSError(f"unknown request {kind}")


def _open(server: _Server, limits: dict[str, int], channel: int, output: int) -> int:
    server.opened += 1
    home = view.HOME
    user = None if server.first_user is None else server.first_user + server.opened % _USERS
    if server.temporary:
        home = f"{server.temporary}/{server.opened}"
        os.mkdir(home, 0o700)  # noqa: PTH102
        if user is not None:
            os.chown(home, user, user)
    rules = server.plan.rules
    if rules is not None and server.temporary:
        rules = [(home, kernel.WRITE), *rules]
    plan = Plan(
        private_mounts=server.plan.private_mounts,
        nested_user=server.plan.nested_user,
        user=user,
        rules=rules,
        filtered=server.plan.filtered,
        base_bytes=server.plan.base_bytes,
        home=home,
    )
    if server.own_pids is not None:
        kernel.unshare(kernel.CLONE_NEWPID)
    pid = os.fork()
    if not pid:
        try:
            worker.run(plan, limits, channel, output)
        finally:
            os._exit(1)
    if server.own_pids is not None:
        kernel.setns(server.own_pids, kernel.CLONE_NEWPID)
    server.sessions[pid] = home if server.temporary else ""
    return pid


def _end(server: _Server, pid: int, *, wait: bool) -> dict[str, Any]:
    """Kill a worker and all that it started; return the wait status if it had ended by itself.

    Args:
        server: The template.
        pid: The worker.
        wait: Whether it has closed its channel, and so may be just about to end.
    """
    home = server.sessions.pop(pid)
    deadline = time.monotonic() + (_NATURAL_DEATH_S if wait else 0.0)
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found or time.monotonic() >= deadline:
            break
        time.sleep(0.001)
    if not found:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    if server.own_pids is None and not server.plan.filtered:
        _kill_strays(server, pid)
    if home:
        remove_tree(home)
    return {"status": status if found else None}


def _kill_strays(server: _Server, pid: int) -> None:
    """Kill whatever a dead worker has left: its process group, then all that was handed to this subreaper."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    while sys.platform == "linux":
        strays = [child for child in _children() if child not in server.sessions]
        if not strays:
            return
        for child in strays:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _children() -> list[int]:
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdecimal():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                # the name of a program may hold anything, a bracket too
                if int(file.read().rpartition(b")")[2].split()[1]) == os.getpid():
                    found.append(int(name))
    return found


def remove_tree(top: str) -> None:
    """Remove a folder that a hostile program filled, however deep: each folder is moved beside the top."""
    pending, count = [top], 0
    while pending:
        folder = pending.pop()
        os.chmod(folder, 0o700)  # noqa: PTH101
        with os.scandir(folder) as entries:
            for entry in list(entries):
                if not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.path)  # noqa: PTH108
                    continue
                count += 1
                os.chmod(entry.path, 0o700)  # noqa: PTH101 - to move a folder is to write in it
                os.rename(entry.path, f"{top}.{count}")  # noqa: PTH104
                pending.append(f"{top}.{count}")
        os.rmdir(folder)  # noqa: PTH106
