"""The warm helper process of the prover: reads tasks from standard input, answers on standard output.

It is started by `grader.formula.prover` only. A task is the grader's own data: two trees, assumptions and a CPU
budget. The process ends itself, by the default action of SIGPROF, when a task spends its budget.
"""

from __future__ import annotations

import pickle
import resource
import signal
import struct
import sys
from collections.abc import Callable
from typing import IO, Any

from grader.formula.normal import Assumptions
from grader.formula.symbolic import UnsupportedNodeError, to_sympy
from grader.formula.tree import Node

MEMORY_BYTES = 2 * 1024**3
HEADER = struct.Struct(">I")
MAX_MESSAGE = 16 * 1024**2


def send(stream: IO[bytes], message: object) -> None:
    """Write one message: its length and its pickle."""
    data = pickle.dumps(message)
    stream.write(HEADER.pack(len(data)) + data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Return the next message.

    Raises:
        EOFError: where the stream ends.
    """
    head = stream.read(HEADER.size)
    if len(head) < HEADER.size:
        raise EOFError
    (length,) = HEADER.unpack(head)
    if length > MAX_MESSAGE:
        raise EOFError
    return pickle.loads(stream.read(length))


def prove(submitted: Node, expected: Node, assumptions: Assumptions) -> str:
    """Return the SymPy step that reduced the difference to zero, or an empty text.

    `Expr.equals` is not used: it samples points. Results that contain the imaginary unit, nan or infinities
    prove nothing.
    """
    import sympy

    try:
        left, right = (to_sympy(side, assumptions, is_guarded=True) for side in (submitted, expected))
    except UnsupportedNodeError:
        return ""
    steps: dict[str, Callable[[Any], Any]] = {
        "SymPy evaluates the difference to zero": lambda u: u.doit(),
        "SymPy expands the difference to zero": lambda u: sympy.expand(u.doit()),
        "SymPy simplifies the difference to zero": lambda u: sympy.simplify(u.doit()),
    }
    try:
        sides = [side.doit() for side in (left, right)]
        if any(side.has(sympy.I, sympy.nan, sympy.zoo, sympy.oo, -sympy.oo) for side in sides):
            return ""
        for method, step in steps.items():
            if step(sides[0] - sides[1]) == 0:
                return method
    except (ArithmeticError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError, RecursionError):
        # SymPy raises all of these on input that it does not understand; no proof then.
        return ""
    return ""


def main() -> None:
    """Answer tasks until standard input ends."""
    import sympy

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    send(sink, sympy.__version__)
    while True:
        try:
            submitted, expected, assumptions, budget_s = receive(source)
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_PROF, budget_s)
        try:
            method = prove(submitted, expected, assumptions)
        except MemoryError:
            method = ""
        signal.setitimer(signal.ITIMER_PROF, 0)
        send(sink, method)


if __name__ == "__main__":
    main()
