"""The prover: canonical form, then SymPy in a process that can be killed."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import grader
from grader.formula.normal import Assumptions, Equality
from grader.formula.prover import ProofResult, prove_equal
from grader.formula.tree import Big, Const, Fn, Limit, Neg, Node, Sym, num

X, Y, Z, A, SIGMA, K, N, STEPS = (Sym(name) for name in ("x", "y", "z", "a", "sigma", "k", "n", "T"))
KNOWN = Assumptions(positive=frozenset({A, SIGMA, STEPS}), integer=frozenset({N, STEPS}))
OO, S2 = Const("oo"), SIGMA**2


def fn(name: str, node: Node) -> Node:
    return Fn(name, (node,))


LIMIT = Limit(STEPS, OO, "", (1 - 1 / (STEPS * (S2 + 1))) ** STEPS)

BY_SYMPY = {
    "compound interest": (LIMIT, fn("exp", -1 / (S2 + 1))),
    "compound interest over the reals": (
        Limit(Z, OO, "", (1 - 1 / (Z * (S2 + 1))) ** Z),
        fn("exp", -1 / (S2 + 1)),
    ),
    "1e integral": (Big("int", K, num(0), num(1), 1 / (S2 + K)), fn("log", (S2 + 1) / S2)),
    "basel": (Big("sum", K, num(1), OO, 1 / K**2), Const("pi") ** 2 / 6),
    "sinc": (Limit(X, num(0), "", fn("sin", X) / X), num(1)),
}

NEVER = {
    "exp log": (fn("exp", fn("log", X)), X),
    "squared root": (fn("sqrt", X) ** 2, X),
    "log of a product": (fn("log", X * Y), fn("log", X) + fn("log", Y)),
    "log of a square": (fn("log", X**2), 2 * fn("log", X)),
    "log of a root": (fn("log", fn("sqrt", X)), fn("log", X) / 2),
    "real base": (X**Y * X**Z, X ** (Y + Z)),
    "power of a power": ((X**A) ** Y, X ** (A * Y)),
    "sum that may be empty": (Big("sum", K, num(1), N, K), N * (N + 1) / 2),
    "sum to a real bound": (Big("sum", K, num(1), X, K), X * (X + 1) / 2),
    "divergent integral": (Big("int", K, num(-1), num(1), 1 / K**2), num(-2)),
    "integral over a pole": (Big("int", K, num(-1), num(1), 1 / K), num(0)),
    "two-sided limit": (Limit(X, num(0), "", fn("abs", X) / X), num(1)),
    "limit of the other sign": (LIMIT, fn("exp", 1 / (S2 + 1))),
    "exp log below a limit": (Limit(Z, OO, "", fn("exp", fn("log", X)) + 1 / Z), X),
    "arctangent": (fn("atan", fn("tan", X)), X),
    "arcsine": (fn("asin", fn("sin", X)), X),
    "floor": (fn("floor", X), X),
}


@pytest.mark.parametrize("name", BY_SYMPY)
def test_sympy_proves_what_the_canonical_form_does_not(name: str) -> None:
    submitted, expected = BY_SYMPY[name]
    without = prove_equal(submitted, expected, KNOWN, budget_s=5, use_sympy=False)
    assert without.status is Equality.UNKNOWN
    proof = prove_equal(submitted, expected, KNOWN, budget_s=20, use_sympy=True)
    assert proof.status is Equality.EQUAL
    assert "SymPy" in proof.method


@pytest.mark.parametrize("name", NEVER)
def test_false_claims_are_never_proved(name: str) -> None:
    submitted, expected = NEVER[name]
    proof = prove_equal(submitted, expected, KNOWN, budget_s=5, use_sympy=True)
    assert proof.status is not Equality.EQUAL


def test_the_canonical_form_comes_first() -> None:
    assert prove_equal((X + 1) ** 2, X**2 + 2 * X + 1, KNOWN).method == "canonical form"
    assert prove_equal(X, Y, KNOWN) == ProofResult(status=Equality.DIFFERENT, method="canonical form")


def test_a_spent_budget_is_unknown_and_the_helper_starts_again() -> None:
    prove_equal(*BY_SYMPY["sinc"], KNOWN, budget_s=20)
    slow = Big("int", K, num(0), X, fn("sin", K**3 + Y * K) * fn("exp", fn("cos", K)) / (1 + K**5 + Y * K))
    start = time.monotonic()
    proof = prove_equal(slow, X, KNOWN, budget_s=0.3)
    assert proof == ProofResult(status=Equality.UNKNOWN, method="SymPy spent its budget")
    assert time.monotonic() - start < 120, "a bound against hanging"
    assert prove_equal(*BY_SYMPY["sinc"], KNOWN, budget_s=20).status is Equality.EQUAL


def test_threads_share_one_helper() -> None:
    found: list[Equality] = []

    def work() -> None:
        found.append(prove_equal(*BY_SYMPY["sinc"], KNOWN, budget_s=20).status)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [Equality.EQUAL] * 4


def _in_worker(_: int) -> str:
    return prove_equal(*BY_SYMPY["sinc"], KNOWN, budget_s=20).status.value


def test_daemonic_worker_processes_have_their_own_helper() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(_in_worker, [0]) == ["equal"]


def test_the_helper_ends_with_its_process_and_ignores_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "sympy.py").write_text("raise SystemExit('a submission was imported')\n")
    code = (
        "from tests.unit.formula.test_prover import *\n"
        "from grader.formula import prover\n"
        "assert prove_equal(*BY_SYMPY['sinc'], KNOWN, budget_s=20).status.value == 'equal'\n"
        "print(prover._helper().process.pid)\n"
    )
    root = str(Path(grader.__file__).resolve().parent.parent)
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path, env={"PYTHONPATH": root}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not Path(f"/proc/{done.stdout.strip()}").exists()


def test_large_formulas_and_bad_budgets() -> None:
    deep: Node = X
    for _ in range(3000):
        deep = Neg(deep)
    assert prove_equal(deep, X, KNOWN).method == "the formula is too large"
    with pytest.raises(ValueError, match="budget_s"):
        prove_equal(X, X, KNOWN, budget_s=0)
