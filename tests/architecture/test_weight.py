"""What is loaded when: commands start fast because libraries load where they are used, each in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "sympy", "numpy", "hypothesis", "scipy", "mpmath", "nbformat", "jinja2", "rich", "flint")
CHECK_RIGHT = r"check_text(load('hw13'), '1e', r'\frac{\sigma^2(1+2\sigma^2)}{(1+\sigma^2)^2}')['verdict']"
CHECK_WRONG = "check_text(load('hw13'), '1e', 'sigma2')['verdict']"
SINGLE = "from grader.single import check_text\nfrom grader.assignments import load\n"
QUIET = "import contextlib, io\nwith contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n "

LOADS: list[tuple[str, str, str]] = [
    ("import of the package", "import grader", " ".join(HEAVY)),
    ("import of the records", "import grader.model, grader.errors", " ".join(HEAVY)),
    ("import of the command line", "import grader.cli", " ".join(HEAVY)),
    ("grader --help", f"{QUIET}from grader.cli import main; main(['--help'])", " ".join(HEAVY)),
    ("grader --version", f"{QUIET}from grader.cli import main; main(['--version'])", " ".join(HEAVY)),
    ("import of the readers", "import grader.ingest", " ".join(HEAVY)),
    ("import of the plugin", "import grader.pytest_plugin", " ".join(HEAVY)),
    ("import of the pipeline", "import grader.pipeline", "torch sympy numpy hypothesis scipy nbformat jinja2 rich"),
    ("a right formula", f"{SINGLE}assert {CHECK_RIGHT} == 'correct'", "torch sympy numpy hypothesis scipy nbformat"),
    ("a wrong formula", f"{SINGLE}assert {CHECK_WRONG} != 'correct'", "torch sympy scipy nbformat jinja2"),
]


@pytest.mark.parametrize(("what", "code", "unwanted"), LOADS, ids=[what for what, _, _ in LOADS])
def test_what_a_use_loads(what: str, code: str, unwanted: str) -> None:
    asked = f"{code}\nimport sys\nprint(*sorted(set({unwanted.split()}) & set(sys.modules)), sep=',')"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "", what
