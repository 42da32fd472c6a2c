"""Ours against Math-Verify and SymPy's LaTeX parser with `equals`, on the same pairs in one run.

    python benchmarks/compare.py PAIRS.jsonl [PAIRS.jsonl ...] [--peers PYTHON]

PYTHON is an interpreter in which `math-verify` and `antlr4-python3-runtime==4.11` are installed; without it the
running interpreter is tried. A peer that is missing is left out with the reason. Each pair may take a peer ten
seconds of wall-clock time; CPU time is that of the process that decides, reading included, after a warm-up.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

LIMIT_S = 10.0
WARM = {"id": "warm", "expected": "x+1", "submitted": "1+x"}

# Run in the peers' interpreter: one JSON pair a line in, one JSON result a line out.
PEER = r"""
import json, sys, time, signal
name = sys.argv[1]
class Late(Exception): pass
def late(*_): raise Late
signal.signal(signal.SIGALRM, late)
if name == "math-verify":
    from math_verify import parse, verify
    def decide(pair):
        sides = [parse("$" + pair[side] + "$", parsing_timeout=0) for side in ("expected", "submitted")]
        if not all(sides): return "undecided"
        return "correct" if verify(*sides, timeout_seconds=0) else "incorrect"
else:
    from sympy.parsing.latex import parse_latex
    import antlr4
    def decide(pair):
        left, right = (parse_latex(pair[side]) for side in ("expected", "submitted"))
        found = left.equals(right)
        return {True: "correct", False: "incorrect", None: "undecided"}[found]
print(json.dumps("ready"), flush=True)
out = sys.stdout; sys.stdout = sys.stderr
for line in sys.stdin:
    pair = json.loads(line)
    start = time.process_time()
    signal.setitimer(signal.ITIMER_REAL, 10.0)
    try: verdict = decide(pair)
    except Late: verdict = "undecided"
    except Exception: verdict = "undecided"
    signal.setitimer(signal.ITIMER_REAL, 0)
    print(json.dumps([verdict, time.process_time() - start]), file=out, flush=True)
"""


def main() -> int:
    """Print one row a system."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("pairs", nargs="+", type=Path)
    arguments.add_argument("--peers", default=sys.executable, help="interpreter with the peers installed")
    given = arguments.parse_args()
    pairs = [json.loads(line) for path in given.pairs for line in path.read_text("utf-8").splitlines() if line]
    print(f"{len(pairs)} pairs")
    header = ("system", "right", "false accepts", "false rejects", "undecided", "median ms", "p95 ms", "worst ms")
    print("| " + " | ".join(header) + " |\n|" + " --- |" * len(header))
    for name, prove in (("this grader", True), ("this grader, no proof step", False)):
        print(row(name, pairs, own(pairs, prove=prove)), flush=True)
    for name in ("math-verify", "sympy"):
        found = peer(name, pairs, given.peers)
        print(found if isinstance(found, str) else row(name, pairs, found), flush=True)
    return 0


def own(pairs: Sequence[dict[str, Any]], *, prove: bool) -> list[tuple[str, float]]:
    """Return verdict and CPU seconds of each pair."""
    from grader.comparison import compare

    keys = ("domain", "integers", "define", "functions", "relation")

    def decide(pair: dict[str, Any]) -> str:
        known = {key: pair[key] for key in keys if key in pair}
        return compare(pair["expected"], pair["submitted"], prove=prove, **known).verdict

    decide(WARM)
    return [timed(decide, pair) for pair in pairs]


def timed(decide: Callable[[dict[str, Any]], str], pair: dict[str, Any]) -> tuple[str, float]:
    """Return the verdict on a pair and the CPU seconds that it took."""
    start = time.process_time()
    verdict = decide(pair)
    return verdict, time.process_time() - start


def peer(name: str, pairs: Sequence[dict[str, Any]], interpreter: str) -> list[tuple[str, float]] | str:
    """Return verdict and CPU seconds of each pair, or why the peer is left out."""
    process = subprocess.Popen(
        [interpreter, "-c", PEER, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    if process.stdin is None or process.stdout is None:
        return f"{name}: left out, no pipes"
    with process:
        if process.stdout.readline().strip() != '"ready"':
            return f"| {name}: left out, not installed in {Path(interpreter).name} |"
        found: list[tuple[str, float]] = []
        for pair in (WARM, *pairs):
            process.stdin.write(json.dumps(pair) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if not line:
                return f"| {name}: left out, it ended at pair {pair['id']} |"
            verdict, seconds = json.loads(line)
            found.append((verdict, seconds))
        process.stdin.close()
    return found[1:]


def row(name: str, pairs: Sequence[dict[str, Any]], found: Sequence[tuple[str, float]]) -> str:
    """Return the counts and times of one system as a line of a table."""
    verdicts = [(pair["verdict"], verdict) for pair, (verdict, _) in zip(pairs, found, strict=True)]
    times = sorted(seconds * 1000 for _, seconds in found)
    cells = (
        name,
        sum(wanted == got for wanted, got in verdicts),
        sum(wanted != "correct" and got == "correct" for wanted, got in verdicts),
        sum(wanted != "incorrect" and got == "incorrect" for wanted, got in verdicts),
        sum(wanted != "undecided" and got == "undecided" for wanted, got in verdicts),
        f"{statistics.median(times):.1f}",
        f"{times[int(len(times) * 0.95)]:.1f}",
        f"{times[-1]:.0f}",
    )
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


if __name__ == "__main__":
    raise SystemExit(main())
