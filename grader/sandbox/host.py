"""The grader's handle on one template process: started clean, asked over a socket, ended with all it made."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.errors import SandboxError
from grader.sandbox.records import Level

_FOLDER = Path(__file__).resolve().parent
_BOOT = (
    "import sys; path = sys.argv.pop(); sys.path.insert(0, path); "
    "import guest.server; sys.path.remove(path); guest.server.main()"
)
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime")
_START_S, _ANSWER_S = 120.0, 60.0
_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def environment(hash_seed: int) -> dict[str, str]:
    """Return the whole environment of a template and its workers; nothing of the grader's is in it.

    Two settings of a BLAS library are handed on where they are set: they choose its kernel for processors on
    which the one it would choose is known to compute wrongly.
    """
    fixed = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "USER": "submission",
        "LOGNAME": "submission",
        "HOME": "/",
        "MPLBACKEND": "Agg",
        "PYTHONHASHSEED": str(hash_seed),
        **dict.fromkeys(_ONE_THREAD, "1"),
    }
    kernels = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    return fixed | {name: os.environ[name] for name in kernels if name in os.environ}


def site_folders() -> list[str]:
    """Return the folders of installed packages on the grader's own path; the repository is not one."""
    return [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]


def visible_paths() -> list[str]:
    """Return what a worker may read: the system's libraries, the interpreter's, and installed packages."""
    base = {"platbase": sys.base_exec_prefix}
    paths = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib", vars=base)]
    if Path(sys.base_prefix) not in (Path("/"), Path("/usr")):
        paths.append(f"{sys.base_prefix}/lib")  # the interpreter's own shared library, where it has one
    return [*_SYSTEM, *dict.fromkeys([*paths, *site_folders()])]


def hidden_paths(more: Sequence[Path]) -> list[str]:
    """Return what a worker may not read even below a visible path: the grader, every assignment, and `more`."""
    packages = {"grader", "reference"}
    for entry in importlib.metadata.entry_points(group="grader.assignments"):
        packages.add(entry.module.partition(".")[0])
    found = {str(path.resolve()) for path in more}
    for name in packages:
        spec = importlib.util.find_spec(name)
        if spec is not None:
            places = [*(spec.submodule_search_locations or ()), spec.origin]
            found |= {str(Path(place).resolve()) for place in places if place}
    for folder in site_folders():
        found |= {f"{folder}/{name}" for name in packages}
        found |= {str(path) for path in Path(folder).glob("__editable__*")}
    return sorted(found)


@dataclass(slots=True)
class Host:
    """A running template process.

    Attributes:
        facts: What it said of itself when it was ready.
    """

    process: subprocess.Popen[bytes]
    control: socket.socket
    temporary: str
    facts: dict[str, Any] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    pending: bytes = b""

    def ask(self, request: dict[str, object], fds: Sequence[int] = ()) -> dict[str, Any]:
        """Return the template's answer to one request.

        Raises:
            SandboxError: The template has ended, does not answer, or could not do it.
        """
        with self.lock:
            try:
                socket.send_fds(self.control, [json.dumps(request).encode()], list(fds))
            except OSError as error:
                raise SandboxError(f"the template process has ended: {error}") from None
            return self.listen(_ANSWER_S)

    def listen(self, within_s: float) -> dict[str, Any]:
        """Return the next line that the template sends."""
        deadline = time.monotonic() + within_s
        while b"\n" not in self.pending:
            if not select.select([self.control], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise SandboxError(f"the template process did not answer within {within_s:g} s")
            try:
                piece = self.control.recv(1 << 16)
            except ConnectionError:
                piece = b""
            if not piece:
                raise SandboxError("the template process has ended")
            self.pending += piece
        line, _, self.pending = self.pending.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise SandboxError(f"the template process: {answer['error']}")
        return answer

    def is_alive(self) -> bool:
        """Return whether the process runs and its end of the socket is open."""
        if self.process.poll() is not None:
            return False
        poll = select.poll()
        poll.register(self.control, select.POLLRDHUP if hasattr(select, "POLLRDHUP") else select.POLLIN)
        return not poll.poll(0)

    def stop(self) -> None:
        """End the template and everything below it, and remove its folder."""
        self.control.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.temporary:
            shutil.rmtree(self.temporary, ignore_errors=True)


def start(level: Level, *, preload: Sequence[str], hash_seed: int, hide: Sequence[Path]) -> Host:
    """Return a template process at a level of isolation; the level is claimed, not yet probed.

    Raises:
        SandboxError: The level is not to be had here, or a module to preload is missing.
    """
    ours, theirs = socket.socketpair()
    temporary = "" if level == "namespaces" else tempfile.mkdtemp(prefix="grader-")
    if temporary:
        Path(temporary).chmod(0o711)  # a worker of another user passes through, and lists nothing
    config = {
        "level": level,
        "control": theirs.fileno(),
        "preload": list(preload),
        "site": site_folders(),
        "visible": visible_paths(),
        "hidden": hidden_paths(hide),
        "temporary": temporary,
    }
    # no isolated mode, which would ignore the hash seed: the environment is ours, and -s -S -P keep all else out
    command = [sys.executable, "-s", "-S", "-P", "-B", "-c", _BOOT, json.dumps(config), str(_FOLDER)]
    try:
        process = subprocess.Popen(
            command,
            env=environment(hash_seed),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        ours.close()
        shutil.rmtree(temporary, ignore_errors=True)
        raise SandboxError(f"the template process could not be started: {error}") from None
    finally:
        theirs.close()
    host = Host(process, ours, temporary)
    try:
        host.facts = host.listen(_START_S)
    except SandboxError:
        host.stop()
        raise
    return host
