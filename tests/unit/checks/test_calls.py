"""Answers given as code: right ones of many kinds, wrong ones of every part, hostile ones, and what decides nothing."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator

import pytest
from call_cases import HOSTILE, RIGHT, WRONG

from grader import judge
from grader.checks.calls import MAX_CALLS, Called, check_calls
from grader.checks.program import Programs
from grader.checks.values_compare import in_words, items_of
from grader.model import Agreement, Callable, Counterexample, Place, Program, Silence, Verdict, Violation
from grader.sandbox import Array, Expression, Limits, Plain, Template
from reference.hw13.rubric import RUBRIC

LIMITS = Limits(cpu_s=0.5, load_cpu_s=1.0, memory_bytes=512 << 20, wall_s=60.0)


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    with Template() as entered:
        yield entered


def functions(text: str, part: str) -> list[Callable]:
    """Return the functions of a module whose names say a part, as ingest finds them."""
    program = Program(cells=(text,), where=(Place(file="answers.py", line=1),))
    names = re.findall(rf"^(?:def )?(part_{part}\w*)(?:\(| =)", text, re.MULTILINE)
    return [Callable(function=name, program=program, place=Place(file="answers.py")) for name in names]


def called(template: Template, part: str, text: str, limits: Limits = LIMITS) -> dict[str, Called]:
    with Programs(template, limits) as programs:
        return check_calls(RUBRIC.part(part), functions(text, part), programs, seed="test")


def verdict(found: Called) -> Verdict:
    return judge.verdict(found.finding.evidence, mistake_points=found.finding.mistake_points)


@pytest.mark.parametrize(("part", "text"), [(part, text) for part, texts in RIGHT.items() for text in texts])
def test_right_functions_agree(template: Template, part: str, text: str) -> None:
    if "scipy" in text:
        pytest.importorskip("scipy")
    found = called(template, part, text)
    signature = RUBRIC.part(part).signature
    assert signature is not None
    assert set(found) == {one.item for one in signature.returned}
    for one in found.values():
        assert verdict(one) is Verdict.CORRECT, one
        (agreement,) = one.finding.evidence
        assert isinstance(agreement, Agreement)
        assert agreement.trials >= 9


_PRELUDE = """from math import exp as E, log as L, prod as P
def S(x):
    return 1 / (1 + E(-x))
"""


@pytest.mark.parametrize(
    ("part", "body", "mistake"), [(part, body, name) for part, bodies in WRONG.items() for body, name in bodies.items()]
)
def test_wrong_functions_are_refuted_and_named(template: Template, part: str, body: str, mistake: str | None) -> None:
    signature = RUBRIC.part(part).signature
    assert signature is not None
    body = body.replace("in D]", "in [a - b for a, b in zip(grad_log_pi_w, grad_log_pi_l)]]")
    text = f"{_PRELUDE}def part_{part}({', '.join(one.name for one in signature.parameters)}):\n    {body}\n"
    found = called(template, part, text)[signature.returned[0].item]
    assert verdict(found) is Verdict.INCORRECT, found
    (evidence,) = found.finding.evidence
    assert isinstance(evidence, Counterexample)
    assert evidence.submitted != evidence.expected
    assert {name for name, _ in evidence.parameters} == {one.name for one in signature.parameters}
    assert (found.finding.mistake.id if found.finding.mistake else None) == mistake


def test_each_of_two_laws_has_a_verdict_of_its_own(template: Template) -> None:
    text = "def part_1b(sigma2, t, dt):\n    return {'previous': (0, sigma2 + t), 'current': (0, sigma2 + t)}"
    found = called(template, "1b", text)
    assert verdict(found["current"]) is Verdict.CORRECT
    assert verdict(found["previous"]) is Verdict.INCORRECT
    assert found["previous"].finding.mistake is not None
    assert found["previous"].finding.mistake.id == "times-swapped"
    for wrong in ("(t - dt, t)", "((0, t), (0, sigma2))", "sigma2 + t", "((sigma2 + t - dt) ** 0.5, 0)"):
        found = called(template, "1b", f"def part_1b(sigma2, t, dt):\n    return {wrong}")
        assert {verdict(one) for one in found.values()} == {Verdict.INCORRECT}, wrong


def test_the_loss_of_rankings_has_mistakes_of_its_own(template: Template) -> None:
    bodies = {
        "return L(P(e[k] / sum(e[k:]) for k in range(len(e))))": "sign",
        "return -P(e[k] / sum(e[k:]) for k in range(len(e)))": "log-lost",
        "return -L(e[0] / (e[0] + e[1]))": "pairwise",
        "return -L(P(x / sum(e) for x in e))": "inner-sum",
    }
    for body, mistake in bodies.items():
        head = "def part_2g_loss(log_ratios, ranking, beta):\n    e = [E(beta * log_ratios[i]) for i in ranking]\n"
        found = called(template, "2g", f"{_PRELUDE}{head}    {body}\n")
        assert set(found) == {"loss"}
        assert verdict(found["loss"]) is Verdict.INCORRECT
        assert found["loss"].finding.mistake is not None
        assert found["loss"].finding.mistake.id == mistake


@pytest.mark.parametrize(
    ("part", "body", "check"),
    [
        ("1c", "return dt * (sigma2 + t - dt) / (sigma2 + t)", "simplified"),
        ("1c", "return dt * (1 - dt / t)", "simplified"),
        ("1d", "return sigma2 ** 2", "relation"),
        ("1e", "return sigma2", "relation"),
        ("1e", "return sigma2 / (1 + sigma2)", "relation"),
        ("1h", "return sigma2", "relation"),
    ],
)
def test_what_is_right_only_in_the_regime_or_not_simplified_is_partial(
    template: Template, part: str, body: str, check: str
) -> None:
    signature = RUBRIC.part(part).signature
    assert signature is not None
    text = f"def part_{part}({', '.join(one.name for one in signature.parameters)}):\n    {body}\n"
    (found,) = called(template, part, text).values()
    assert verdict(found) is Verdict.PARTIAL
    agreement, violation = found.finding.evidence
    assert isinstance(agreement, Agreement)
    assert isinstance(violation, Violation)
    assert violation.check == check


def test_the_exact_step_is_right_with_a_remark(template: Template) -> None:
    (found,) = called(template, "1g", RIGHT["1g"][3]).values()
    assert verdict(found) is Verdict.CORRECT
    assert "cannot be seen from values" in found.finding.remarks[0]


@pytest.mark.parametrize(("body", "shown"), HOSTILE.items())
def test_what_is_no_number_is_a_counterexample_that_says_so(template: Template, body: str, shown: str) -> None:
    (found,) = called(template, "1a", f"def part_1a(sigma2):\n    {body}\n").values()
    assert verdict(found) is Verdict.INCORRECT
    (evidence,) = found.finding.evidence
    assert isinstance(evidence, Counterexample)
    assert shown in evidence.submitted
    assert evidence.parameters == (("sigma2", "1.0"),)


@pytest.mark.parametrize(
    ("head", "shown"),
    [
        ("part_1a(sigma2, tau, rho)", "raised TypeError"),
        ("part_1a(sigma2, *, other)", "raised TypeError"),
    ],
)
def test_a_function_of_the_wrong_arity_is_refuted(template: Template, head: str, shown: str) -> None:
    (found,) = called(template, "1a", f"def {head}:\n    return 2\n").values()
    assert verdict(found) is Verdict.INCORRECT
    (evidence,) = found.finding.evidence
    assert isinstance(evidence, Counterexample)
    assert shown in evidence.submitted


@pytest.mark.parametrize(
    "body",
    [
        "import random; return sigma2 + random.random()",
        "import itertools; global n; n = globals().get('n', 0) + 1; return sigma2 + 1 + (n > 12)",
        "global n; n = globals().get('n', 0) + 1; return sigma2 + n",
        "global n; n = globals().get('n', 0) + 1; return sigma2 + 1 if n % 2 else None",
    ],
)
def test_a_program_that_gives_two_answers_is_refuted_with_both(template: Template, body: str) -> None:
    (found,) = called(template, "1a", f"def part_1a(sigma2):\n    {body}\n").values()
    assert verdict(found) is Verdict.INCORRECT
    (evidence,) = found.finding.evidence
    assert isinstance(evidence, Counterexample)
    assert "not deterministic" in evidence.difference
    assert " at first, then " in evidence.submitted


def test_equal_input_gives_equal_evidence(template: Template) -> None:
    text = f"{_PRELUDE}def part_2d(pi_star, pi_ref, z, beta):\n    return L(pi_star / pi_ref)\n"
    assert called(template, "2d", text) == called(template, "2d", text)


@pytest.mark.parametrize(
    "text",
    [
        "import time\ndef part_1a(sigma2):\n    time.sleep(100)",
        "import no_such_library\ndef part_1a(sigma2):\n    return sigma2 + 1",
        "def part_1a(sigma2):\n    import no_such_library",
        "open('weights.bin')\ndef part_1a(sigma2):\n    return sigma2 + 1",
        "def part_1a(sigma2):\n    return sigma2 + 1 + 1e-7 * sigma2**0.5",
        "import ctypes\ndef part_1a(sigma2):\n    ctypes.string_at(0)",
        "import numpy as np\ndef part_1a(sigma2):\n    return np.array(sigma2 + 1, np.float16)",
    ],
)
def test_what_may_not_be_the_authors_fault_decides_nothing(template: Template, text: str) -> None:
    (found,) = called(template, "1a", text, dataclasses.replace(LIMITS, wall_s=1.0)).values()
    assert verdict(found) is Verdict.UNDECIDED
    assert all(isinstance(one, Silence) for one in found.finding.evidence)


def test_code_that_raises_while_it_is_loaded_is_refuted_with_its_line(template: Template) -> None:
    (found,) = called(template, "1a", "x = 1\ny = x / 0\ndef part_1a(sigma2):\n    return sigma2 + 1").values()
    (evidence,) = found.finding.evidence
    assert isinstance(evidence, Counterexample)
    assert "ZeroDivisionError: division by zero (line 2)" in evidence.submitted


def test_an_error_after_the_function_is_defined_costs_nothing(template: Template) -> None:
    (found,) = called(template, "1a", "def part_1a(sigma2):\n    return sigma2 + 1\n\n1 / 0\n").values()
    assert verdict(found) is Verdict.CORRECT


def test_an_endless_loop_costs_the_other_parts_nothing(template: Template) -> None:
    text = "def part_1a(sigma2):\n    while True: pass\ndef part_1h(sigma2):\n    return sigma2 / (1 + sigma2)\n"
    with Programs(template, LIMITS) as programs:
        found = {
            part: check_calls(RUBRIC.part(part), functions(text, part), programs, seed="test")["law"]
            for part in ("1a", "1h")
        }
    assert verdict(found["1a"]) is Verdict.INCORRECT
    assert verdict(found["1h"]) is Verdict.CORRECT


def test_no_more_calls_are_made_than_allowed(template: Template) -> None:
    class Counting(Programs):
        count = 0

        def call(self, *args: object, **kwargs: object) -> object:  # type: ignore[override]
            self.count += 1
            return super().call(*args, **kwargs)  # type: ignore[arg-type]

    # Wrong only far from simple arguments, so that shrinking searches for long.
    text = f"{_PRELUDE}def part_2g(log_ratios, ranking, beta):\n    return P([0.5] * len(ranking))\n"
    with Counting(template, LIMITS) as programs:
        found = check_calls(RUBRIC.part("2g"), functions(text, "2g"), programs, seed="test")
        assert programs.count <= MAX_CALLS
    assert verdict(found["probability"]) is Verdict.INCORRECT


@pytest.mark.parametrize(
    ("part", "body", "text"),
    [
        ("1a", "return 'N(0, sigma^2 + 1)'", "N(0, sigma^2 + 1)"),
        ("1e", "import sympy; s = sympy.Symbol('s'); return 2 * s", "2*s"),
        ("1a", "import sympy; s = sympy.Symbol('sigma'); return (0, s**2 + 1)", "N(0, sigma**2 + 1)"),
    ],
)
def test_formulas_that_are_returned_are_handed_on(template: Template, part: str, body: str, text: str) -> None:
    (found,) = called(template, part, f"def part_{part}(sigma2):\n    {body}\n").values()
    assert found.text == text
    assert found.finding.evidence == ()


def test_overflow_at_extreme_arguments_earns_a_remark_only(template: Template) -> None:
    (found,) = called(template, "2e", RIGHT["2e"][1]).values()
    assert verdict(found) is Verdict.CORRECT
    assert "At extreme arguments" in found.finding.remarks[0]
    assert not called(template, "2e", RIGHT["2e"][0])["probability"].finding.remarks


def test_single_precision_is_right_and_says_so(template: Template) -> None:
    (found,) = called(template, "1a", RIGHT["1a"][-1]).values()
    (agreement,) = found.finding.evidence
    assert isinstance(agreement, Agreement)
    assert agreement.digits == 5
    assert "single precision" in found.finding.remarks[0]


def test_exact_values_agree_with_the_tensors_of_the_reference() -> None:
    torch = pytest.importorskip("torch")
    from flint import arb

    from reference.hw13 import preference, preference_exact

    p, r, beta = [0.5, 0.25, 0.25], [1.0, -2.0, 0.5], 0.75
    exact = preference_exact.optimal_policy([arb(x) for x in p], [arb(x) for x in r], arb(beta))
    tensors = preference.optimal_log_policy(torch.tensor(p).double().log(), torch.tensor(r).double(), beta).exp()
    assert [float(x.mid()) for x in exact] == pytest.approx(tensors.tolist(), rel=1e-13)
    order = [2, 0, 1]
    log_p = preference_exact.log_ranking([arb(x) for x in r], order, arb(beta))
    expected = preference.plackett_luce_log_probability(beta * torch.tensor(r).double(), torch.tensor(order))
    assert float(log_p.mid()) == pytest.approx(expected.item(), rel=1e-13)
    one = preference_exact.preference(arb(0.5), arb(0.3), arb(0.2), arb(0.7), arb(beta))
    star_1, star_2, ref_1, ref_2 = (torch.tensor(x, dtype=torch.float64).log() for x in (0.5, 0.2, 0.3, 0.7))
    expected = preference.preference_log_probability(star_1, star_2, ref_1, ref_2, beta).exp()
    assert float(one.mid()) == pytest.approx(expected.item(), rel=1e-13)


def test_items_that_come_and_go_do_not_break_the_grader(template: Template) -> None:
    head = "n = 0\ndef part_2g(log_ratios, ranking, beta):\n    global n; n += 1\n"
    for body in ("return {'loss': 1.0} if n % 2 else {}", "return {'probability': 1, 'loss': 2} if n % 3 else 1"):
        found = called(template, "2g", f"{head}    {body}\n")
        assert {verdict(one) for one in found.values()} == {Verdict.INCORRECT}


def test_places_of_a_notebook_are_those_of_its_cells(template: Template) -> None:
    cells = ("x = 1\n", "def part_1a(sigma2):\n    return x / 0\n")
    where = (Place(file="a.ipynb", cell=2, line=1), Place(file="a.ipynb", cell=7, line=1))
    function = Callable(function="part_1a", program=Program(cells=cells, where=where), place=where[1])
    with Programs(template, LIMITS) as programs:
        (found,) = check_calls(RUBRIC.part("1a"), [function], programs, seed="test").values()
    (evidence,) = found.finding.evidence
    assert isinstance(evidence, Counterexample)
    assert evidence.submitted == "it raised ZeroDivisionError: division by zero (cell 7, line 2)"


@pytest.mark.parametrize("part", [part.id for part in RUBRIC.parts if part.signature is not None])
def test_no_returned_value_breaks_the_reading(part: str) -> None:
    signature = RUBRIC.part(part).signature
    assert signature is not None
    texts = ("zoo", "2**(10**9)", "(", "I", "log(0)", "1/0", "[1,2]", "True", "factorial(10**8)", "x + 1", "")
    odd: list[Plain] = [None, True, math.nan, 10**4000, 1e308, 1j, "", "N(0, 1)", [], {}, *map(Expression, texts)]
    odd += [Array("float64", (0,), b""), Array("bool", (1,), b"\1"), Array("float16", (), b"\0\0")]
    for value in odd:
        named: list[Plain] = [{"variance": value}, {signature.returned[0].item: [value, 1]}]
        for whole in (value, [value], (value, value), *named):
            for is_one in (True, False):
                found = items_of(whole, signature.returned, is_one=is_one)
                assert signature.returned[0].item in found or not is_one
                assert all(in_words(leaf) for leaf in found.values())
