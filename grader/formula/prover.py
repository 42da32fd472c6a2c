"""Proves formulas equal: the canonical form first, then SymPy in a process that can be killed.

A spent budget gives `UNKNOWN`. Whether a pair is `EQUAL` or `UNKNOWN` may so depend on the machine's speed; it
changes only the strength of the evidence (a proof, or an agreement at many points) and never a verdict.
`DIFFERENT` comes from the canonical form alone, whose budgets count terms and not seconds.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import select
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import grader
from grader.formula.normal import Assumptions, Equality, equal_exactly, is_within_bounds
from grader.formula.prover_worker import HEADER, MAX_MESSAGE, send
from grader.formula.tree import Node

START_S = 60.0  # wall-clock time within which the helper must have imported SymPy
WALL_FACTOR = 5.0  # wall-clock seconds for one second of CPU budget, on a busy machine


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofResult:
    """What was shown, and by which method (why not, where nothing was shown)."""

    status: Equality
    method: str


def prove_equal(
    submitted: Node, expected: Node, assumptions: Assumptions, *, budget_s: float = 2.0, use_sympy: bool = True
) -> ProofResult:
    """Return a proof that two formulas are equal or differ, or `UNKNOWN`.

    Args:
        submitted: One side.
        expected: The other side.
        assumptions: What is known of the symbols.
        budget_s: CPU seconds for SymPy.
        use_sympy: Whether SymPy is asked where the canonical form shows nothing.
    """
    if budget_s <= 0:
        raise ValueError(f"budget_s: expected a positive number of seconds, got {budget_s!r}")
    status = equal_exactly(submitted, expected, assumptions)
    if status is not Equality.UNKNOWN:
        return ProofResult(status=status, method="canonical form")
    if not use_sympy:
        return ProofResult(status=status, method="the canonical forms show nothing")
    if not is_within_bounds(submitted, expected):
        return ProofResult(status=status, method="the formula is too large")
    answer = _helper().ask(submitted, expected, assumptions, budget_s)
    if answer:
        return ProofResult(status=Equality.EQUAL, method=answer)
    why = "SymPy shows nothing" if answer == "" else "SymPy spent its budget"
    return ProofResult(status=Equality.UNKNOWN, method=why)


class _Helper:
    """A warm SymPy process, started on first use, replaced when it dies or hangs; one task at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.owner = os.getpid()

    def ask(self, submitted: Node, expected: Node, assumptions: Assumptions, budget_s: float) -> str | None:
        """Return the method that showed equality, empty where none did, None where the budget was spent."""
        with self.lock:
            try:
                process = self._started()
                if process.stdin is None:
                    return None
                send(process.stdin, (submitted, expected, assumptions, budget_s))
                answer = self._receive(process, 1.0 + budget_s * WALL_FACTOR)
            except (OSError, EOFError):
                self._stop()
                return None
        return answer if isinstance(answer, str) else None

    def _started(self) -> subprocess.Popen[bytes]:
        if self.process is not None and self.process.poll() is None:
            return self.process
        self._stop()
        root = str(Path(grader.__file__).resolve().parent.parent)
        # -P keeps the working directory off the import path: a submission may lie there and be called sympy.py.
        command = [sys.executable, "-P", "-m", "grader.formula.prover_worker"]
        environment = {**os.environ, "PYTHONPATH": root, "PYTHONHASHSEED": "0"}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
        self._receive(self.process, START_S)
        return self.process

    def _receive(self, process: subprocess.Popen[bytes], timeout_s: float) -> Any:
        deadline = time.monotonic() + timeout_s
        (length,) = HEADER.unpack(self._read(process, HEADER.size, deadline))
        if length > MAX_MESSAGE:
            raise EOFError
        return pickle.loads(self._read(process, length, deadline))

    def _read(self, process: subprocess.Popen[bytes], count: int, deadline: float) -> bytes:
        if process.stdout is None:
            raise EOFError
        descriptor, data = process.stdout.fileno(), b""
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        while len(data) < count:
            left = deadline - time.monotonic()
            if left <= 0 or not poller.poll(left * 1000):
                raise EOFError
            chunk = os.read(descriptor, count - len(data))
            if not chunk:
                raise EOFError
            data += chunk
        return data

    def _stop(self) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        process.wait()

    def close(self) -> None:
        """End the helper, unless it belongs to the process that this one was forked from."""
        if os.getpid() == self.owner:
            with self.lock:
                self._stop()


@cache
def _helper_of(process_id: int) -> _Helper:
    helper = _Helper()
    atexit.register(helper.close)
    return helper


def _helper() -> _Helper:
    """Return this process's helper: a forked child must not talk into its parent's pipe."""
    return _helper_of(os.getpid())
