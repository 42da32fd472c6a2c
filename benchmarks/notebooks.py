"""What one more notebook costs `grader grade` and `nbgrader autograde` in CPU time, and how soon commands answer.

    python benchmarks/notebooks.py [--peer PYTHON] [--count 20] [--rounds 3]

PYTHON is an interpreter with `nbgrader` and `ipykernel` installed; without it the peer is left out with the reason.
Both systems grade the same one-question notebooks, 1 of them and `--count` of them, in turn within each round. A cost
is the CPU time of the command with all processes that it started and waited for, so each system first grades a
notebook that burns a known CPU time: where that time is not seen, or a right answer is not graded as right, the
run ends with an error instead of a figure.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GRADER = (sys.executable, "-m", "grader")
REPETITIONS = 5
BURNT_S = 4.0
LIMIT_S = 900.0
SHARE_TARGET, HELP_TARGET_S, CHECK_TARGET_S = 0.1, 0.3, 1.5
HEAVY = re.compile(r"\|\s+(torch|sympy)$", re.MULTILINE)
CHECKS = (
    ("1a", r"N(0, \sigma^2 + 1)", "correct"),
    ("1d", r"N\left(0, \frac{\sigma^2}{\sigma^2+1}\right)", "incorrect"),
    ("2d", r"\beta\log\frac{\pi^*(y|x)}{\pi_{ref}(y|x)} + \beta\log Z(x)", "correct"),
)

# A course of one question for nbgrader; the answer stands between the marks, the second cell is worth one point.
BLANK = "def part_1a(sigma2):\n    ### BEGIN SOLUTION\n    return 0.0, sigma2 + 1\n    ### END SOLUTION"
TEST = """for sigma2 in (0.01, 0.25, 1.0, 3.0):
    mean, variance = part_1a(sigma2)
    assert abs(mean) < 1e-9 and abs(variance - sigma2 - 1) < 1e-9"""
CONFIG = "c = get_config()\nc.CourseDirectory.root = {root!r}\nc.ClearSolutions.enforce_metadata = True\n"

Grade = Callable[[Path, Sequence[str]], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """CPU seconds of one system: for a single notebook, for all, and for one more (medians over the rounds)."""

    one_s: float
    all_s: float
    further_s: float


def main() -> int:
    """Print one table of costs and times."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--peer", default="", metavar="PYTHON", help="interpreter with nbgrader and ipykernel")
    arguments.add_argument("--count", type=int, default=20, help="notebooks against one (default: 20)")
    arguments.add_argument("--rounds", type=int, default=3, help="repetitions, of which the median counts (default: 3)")
    given = arguments.parse_args()
    given.peer = given.peer and os.path.abspath(given.peer)  # noqa: PTH100 - a link to an interpreter stays a link
    if given.count < 2 or given.rounds < 1:
        arguments.error(f"wanted a count from 2 and rounds from 1, got {given.count} and {given.rounds}")
    systems: dict[str, Grade] = {"grader": grade_ours}
    left_out = why_left_out(given.peer)
    if left_out:
        print(f"nbgrader: left out, {left_out}", file=sys.stderr)
    else:
        systems["nbgrader"] = lambda folder, answers: grade_nbgrader(folder, answers, given.peer)
    with tempfile.TemporaryDirectory() as folder:
        costs = compare(systems, Path(folder), given.count, given.rounds)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load}, rounds: {given.rounds}\n")
    print("| what | " + " | ".join(systems) + " | ratio | target |\n|" + " --- |" * (len(systems) + 3))
    rows = ("1 notebook, CPU s", "one_s"), (f"{given.count} notebooks, CPU s", "all_s")
    for title, name in rows:
        print(row(title, [getattr(costs[system], name) for system in systems], ""))
    print(row("one more notebook, CPU s", [costs[s].further_s for s in systems], f"ratio at most {SHARE_TARGET}"))
    print("\n| command, a new process | least wall-clock s | least CPU s | loads | target |\n|" + " --- |" * 5)
    print(command_row("grader --help", ["--help"], f"under {HELP_TARGET_S} s, no torch, no sympy"))
    for part, text, verdict in CHECKS:
        check_verdict(part, text, verdict)
        name = f"grader check --part {part} ({verdict})"
        print(command_row(name, ["check", "--part", part, text], f"under {CHECK_TARGET_S} s"))
    return 0


def why_left_out(interpreter: str) -> str:
    """Return why nbgrader is not measured, or an empty text."""
    if not interpreter:
        return "no --peer PYTHON was given"
    try:
        found = subprocess.run([interpreter, "-c", "import nbgrader, ipykernel"], capture_output=True, text=True)
    except OSError as error:
        return f"{interpreter} does not start: {error.strerror}"
    return found.stderr.strip().splitlines()[-1] if found.returncode else ""


def compare(systems: dict[str, Grade], folder: Path, count: int, rounds: int) -> dict[str, Cost]:
    """Return the cost of each system; all of them grade within each round, so that a busy machine meets all alike."""
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in systems}
    for turn in range(rounds):
        answers = [answer(turn * count + number) for number in range(count)]
        for name, graded in systems.items():
            here = folder / f"{name}-{turn}"
            if turn == 0:
                graded(here / "warm", answers[:1])
            spent[name].append((graded(here / "one", answers[:1]), graded(here / "all", answers)))
            if turn == 0:
                seen = graded(here / "burnt", [burning(answers[0])]) - spent[name][0][0]
                if not 0.7 * BURNT_S < seen < 1.3 * BURNT_S:
                    raise SystemExit(f"{name}: a notebook that burns {BURNT_S} CPU s added {seen:.2f} CPU s")
    return {
        name: Cost(
            one_s=statistics.median(one for one, _ in pairs),
            all_s=statistics.median(everything for _, everything in pairs),
            further_s=statistics.median((everything - one) / (count - 1) for one, everything in pairs),
        )
        for name, pairs in spent.items()
    }


def answer(number: int) -> str:
    """Return a right answer to 1a: each number another text that adds other steps to σ²."""
    steps = number + 2
    return f"def part_1a(sigma2):\n    steps = {steps}\n    return 0.0, sigma2 + sum([1 / steps] * steps)"


def burning(text: str) -> str:
    """Return the same answer below code that takes a known CPU time when it is loaded."""
    burn = f"import time\nstart = time.process_time()\nwhile time.process_time() - start < {BURNT_S}:\n    pass"
    return f"{burn}\n\n{text}"


def grade_ours(folder: Path, answers: Sequence[str]) -> float:
    """Return the CPU seconds in which `grader grade` graded the answers."""
    for number, text in enumerate(answers):
        write_notebook(folder / "in" / name_of(number) / "answers.ipynb", [code_cell(text)])
    out = folder / "out"
    spent = cpu([*GRADER, "grade", str(folder / "in"), "--assignment", "hw13", "--out", str(out)], folder)
    document = json.loads((out / "results.json").read_text("utf-8"))
    verdicts = [p["verdict"] for s in document["submissions"] for p in s["parts"] if p["part"] == "1a"]
    if verdicts != ["correct"] * len(answers):
        raise SystemExit(f"grader: wanted 1a correct in {len(answers)} notebooks, got {verdicts}")
    return spent


def grade_nbgrader(folder: Path, answers: Sequence[str], interpreter: str) -> float:
    """Return the CPU seconds in which `nbgrader autograde` graded the answers; the course is made before the clock."""
    write(folder / "nbgrader_config.py", CONFIG.format(root=str(folder)))
    cells = [code_cell(BLANK, nbgrader("answer", solution=True)), code_cell(TEST, nbgrader("test", points=1))]
    write_notebook(folder / "source" / "hw" / "answers.ipynb", cells)
    command = [interpreter, "-m", "nbgrader"]
    cpu([*command, "generate_assignment", "hw"], folder)
    released = (folder / "release" / "hw" / "answers.ipynb").read_text("utf-8")
    for number, text in enumerate(answers):
        notebook = json.loads(released)
        notebook["cells"][0]["source"] = text
        write(folder / "submitted" / name_of(number) / "hw" / "answers.ipynb", json.dumps(notebook))
    spent = cpu([*command, "autograde", "hw"], folder)
    cpu([*command, "export", "--to", "grades.csv"], folder)
    with (folder / "grades.csv").open(encoding="utf-8", newline="") as file:
        scores = [float(line["score"]) for line in csv.DictReader(file)]
    if scores != [1.0] * len(answers):
        raise SystemExit(f"nbgrader: wanted 1 point for each of {len(answers)} notebooks, got {scores}")
    return spent


def name_of(number: int) -> str:
    """Return the name of a student."""
    return f"student{number:03d}"


def nbgrader(grade_id: str, *, points: int = 0, solution: bool = False) -> dict[str, Any]:
    """Return the metadata by which nbgrader knows a cell."""
    known = {"grade_id": grade_id, "grade": bool(points), "points": points, "solution": solution}
    return {**known, "locked": not solution, "task": False, "schema_version": 3}


def code_cell(text: str, known: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a cell of a notebook that has not been run."""
    metadata = {"nbgrader": known} if known else {}
    cell = {"cell_type": "code", "id": known["grade_id"] if known else "answer", "metadata": metadata}
    return {**cell, "source": text, "outputs": [], "execution_count": None}


def write_notebook(path: Path, cells: Sequence[dict[str, Any]]) -> None:
    """Write a notebook of format 4.5."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    write(path, json.dumps({"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))


def write(path: Path, text: str) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def cpu(command: Sequence[str], folder: Path) -> float:
    """Return the CPU seconds, user and system, of a command and of all processes that it waited for."""
    # nbgrader calls `alembic` by its bare name, which is beside the interpreter.
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", os.defpath)])
    env = {**os.environ, "PATH": path}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=LIMIT_S)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def check_verdict(part: str, text: str, wanted: str) -> None:
    """Raise if an answer that is about to be timed does not get the verdict that it deserves."""
    done = subprocess.run([*GRADER, "check", "--json", "--part", part, text], capture_output=True, text=True)
    found = json.loads(done.stdout)["verdict"] if done.returncode == 0 else done.stderr
    if found != wanted:
        raise SystemExit(f"grader check --part {part}: wanted {wanted}, got {found}")


def command_row(name: str, arguments: Sequence[str], target: str) -> str:
    """Return a command's least wall-clock time and CPU time as a line of a table, with the heavy libraries it loads."""
    walls, cpus = [], []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        cpus.append(cpu([*GRADER, *arguments], Path.cwd()))
        walls.append(time.perf_counter() - start)
    traced = [sys.executable, "-X", "importtime", "-m", "grader", *arguments]
    imported = subprocess.run(traced, capture_output=True, text=True).stderr
    heavy = ", ".join(sorted(set(HEAVY.findall(imported)))) or "neither"
    return f"| `{name}` | {min(walls):.2f} | {min(cpus):.2f} | {heavy} | {target} |"


def row(title: str, figures: Sequence[float], target: str) -> str:
    """Return figures and their ratio as a line of a table."""
    ratio = f"{figures[0] / figures[1]:.3f}" if len(figures) == 2 else "-"
    return "| " + " | ".join([title, *(f"{figure:.3f}" for figure in figures), ratio, target]) + " |"


if __name__ == "__main__":
    raise SystemExit(main())
