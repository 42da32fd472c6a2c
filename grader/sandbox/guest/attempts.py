"""What a hostile program would try first; loaded into a worker as if it were a submission.

Each function returns whether it got through. A refusal of any kind by the system is False.
"""

from __future__ import annotations

import importlib
import os
import signal
import socket
import time
from pathlib import Path


def read(path: str, token: str) -> bool:
    """Return whether a file can be read and holds the token."""
    try:
        return token in Path(path).read_text(encoding="utf-8")
    except OSError:
        return False


def imported(name: str) -> bool:
    """Return whether a module can be imported."""
    try:
        importlib.import_module(name)
    except (ImportError, OSError):
        return False
    return True


def written(paths: list[str]) -> bool:
    """Return whether a file can be made in any of the folders."""
    done = False
    for path in paths:
        planted = Path(path) / f"planted-by-a-probe-{os.getpid()}"
        try:
            planted.touch(exist_ok=False)
            planted.unlink()
            done = True
        except OSError:
            continue
    return done


def changed(path: str) -> bool:
    """Return whether the rights of a file can be changed."""
    try:
        Path(path).chmod(0o604)
    except OSError:
        return False
    return True


def connected(port: int) -> bool:
    """Return whether a port of this machine can be reached."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


def datagram(port: int) -> bool:
    """Return whether a datagram can be sent to this machine."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            return sock.sendto(b"probe", ("127.0.0.1", port)) > 0
    except OSError:
        return False


def listed(pid: int) -> bool:
    """Return whether the state of a process can be read."""
    return pid != os.getpid() and read(f"/proc/{pid}/stat", f"{pid} ")


def signalled(pid: int) -> bool:
    """Return whether a process can be signalled; the number may be this worker's own in its namespace."""
    try:
        if pid != os.getpid():
            os.kill(pid, 0)
            return True
    except OSError:
        pass
    return False


def opened_memory(pid: int) -> bool:
    """Return whether the memory of the grader or of the template can be opened for writing."""
    for number in (pid, os.getppid()):
        try:
            with open(f"/proc/{number}/mem", "r+b", buffering=0):  # noqa: PTH123
                return True
        except OSError:
            continue
    return False


def forked(limit: int) -> bool:
    """Return whether more than `limit` processes can be started; they are ended again."""
    children = []
    try:
        for _ in range(limit + 1):
            child = os.fork()
            if not child:
                time.sleep(60)
                os._exit(0)
            children.append(child)
    except OSError:
        pass
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return len(children) > limit


def allocated(count: int) -> bool:
    """Return whether so many bytes can be had; a MemoryError is left to the worker to report."""
    return len(bytearray(count)) == count
