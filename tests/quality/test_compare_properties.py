"""The comparison audits itself: symmetry, reflexivity, renaming, seeds, rewrites, mutations, and a fuzzer."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.comparison import Comparison, compare
from grader.errors import ReadError
from grader.formula.notation import Notation
from grader.formula.parser import parse

PAIRS = [
    json.loads(line)
    for line in (Path(__file__).resolve().parent.parent / "corpus" / "pairs_own.jsonl").read_text("utf-8").splitlines()
]
EQUAL = [pair for pair in PAIRS if pair["relation"]["kind"] == "equal"]
FORMULAS = [
    pair for pair in EQUAL if pair["verdict"] == "correct" and pair["topic"] in ("diffusion", "calculus", "rlhf")
]
SETTINGS = settings(
    derandomize=True, database=None, deadline=None, max_examples=150, suppress_health_check=list(HealthCheck)
)


def run(pair: dict[str, Any], expected: str, submitted: str, **more: Any) -> Comparison:
    keys = ("domain", "integers", "define", "functions", "relation")
    return compare(expected, submitted, **{key: pair[key] for key in keys}, **more)


@pytest.mark.parametrize("pair", EQUAL[::2], ids=lambda pair: pair["id"])
def test_the_sides_are_alike(pair: dict[str, Any]) -> None:
    assert run(pair, pair["submitted"], pair["expected"]).verdict == pair["verdict"]


@pytest.mark.parametrize("pair", EQUAL[::2], ids=lambda pair: pair["id"])
def test_a_text_agrees_with_itself(pair: dict[str, Any]) -> None:
    for side in (pair["expected"], pair["submitted"]):
        found = run(pair, side, side)
        # What has no value anywhere, or cannot be read, agrees with nothing.
        assert found.verdict == "correct" or (found.verdict == "undecided" and pair["verdict"] == "undecided")


@pytest.mark.parametrize("pair", PAIRS[::5], ids=lambda pair: pair["id"])
def test_the_seed_changes_no_verdict(pair: dict[str, Any]) -> None:
    assert {run(pair, pair["expected"], pair["submitted"], seed=seed).verdict for seed in range(5)} == {pair["verdict"]}


@pytest.mark.parametrize("pair", FORMULAS[::2], ids=lambda pair: pair["id"])
def test_rewrites_are_never_refuted(pair: dict[str, Any]) -> None:
    for rewrite in ("{} + 0", "2({})-({})", r"\frac{{7({})}}{{7}}", "-(-({}))", r"\left({}\right)"):
        text = rewrite.replace("{}", pair["submitted"]).replace("{{", "{").replace("}}", "}")
        if "sum" not in pair["submitted"]:
            assert run(pair, pair["expected"], text).verdict != "incorrect", text


@pytest.mark.parametrize("pair", FORMULAS[::2], ids=lambda pair: pair["id"])
def test_mutations_are_always_refuted(pair: dict[str, Any]) -> None:
    if "mathcal{N}\\left" in pair["submitted"] or "nabla" in pair["submitted"]:
        return
    for mutation in ("({}) + 10^{-30}", r"\left(1+10^{-25}\right)\cdot\left({}\right) + 10^{-31}"):
        text = mutation.replace("{}", pair["submitted"])
        found = run(pair, pair["expected"], text)
        is_measured = any(word in pair["expected"] + pair["submitted"] for word in ("int", "infty", "lim"))
        assert found.verdict == "incorrect" or (is_measured and found.verdict == "undecided") or is_measured, text


@pytest.mark.parametrize(
    "pair", [pair for pair in EQUAL if pair["topic"] == "calculus"][::2], ids=lambda pair: pair["id"]
)
def test_renaming_changes_nothing(pair: dict[str, Any]) -> None:
    def renamed(text: str) -> str:
        return re.sub(r"(?<![A-Za-z\\])x(?![A-Za-z])", r"\\zeta ", text)

    if "'" in pair["expected"] or not re.search(r"(?<![A-Za-z\\])x(?![A-Za-z])", pair["expected"]):
        return
    pair = {**pair, "domain": [renamed(text) for text in pair["domain"]]}
    expected, submitted = renamed(pair["expected"]), renamed(pair["submitted"])
    if "dx" in expected or "dx" in submitted:
        expected, submitted = (text.replace("dx", r"d\zeta ") for text in (expected, submitted))
    assert run(pair, expected, submitted).verdict == pair["verdict"]


# ---------------------------------------------------------------- fuzzing

PIECES = st.sampled_from(
    r"""x y t \sigma \alpha_t \pi e 1 2 10 0.5 + - * / ^ _ { } ( ) [ ] | \| , ; : . = < \le \in \frac{ \sqrt{ \sqrt[
    \log \sin \exp( \left( \right) \sum_{k=1}^{ \int_0^1 dx \lim_{x\to \binom{ \begin{pmatrix} \end{pmatrix} & \\
    \begin{cases} \end{cases} \text{ \mathbb{E}_ \mathcal{N}( \nabla_ \partial \mathrm{KL}( \mid \cdot \infty \pm !
    ' * ** // ² ₀ √ ∑ ∫ σ π \cap \cup \top ^\top ^{-1} ^* \hat{ \bar \operatorname{softmax}_ \underbrace{ \boxed{ $ %
    \% \langle \rangle \lfloor \rfloor f( r(x,y) P( \Pr( Sum( Rational( np. lambda \circ \bmod \mathbb{1}[ \neg
    """.split()
)


def check_reading(text: str) -> None:
    start = time.process_time()
    refusal: ReadError | None = None
    try:
        parse(text, Notation())
    except ReadError as error:
        refusal = error
    if refusal is not None:
        assert 0 <= refusal.offset <= len(text)
        assert refusal.caret().count("\n") == 1
    assert time.process_time() - start < 60, "a bound against hanging"


@SETTINGS
@given(st.lists(PIECES, max_size=40))
def test_any_mix_of_pieces_is_read_or_refused(pieces: list[str]) -> None:
    check_reading(" ".join(pieces))
    check_reading("".join(pieces))


@SETTINGS
@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    check_reading(text)


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(["x", "y", "t", r"\sigma", "2", "3", r"\pi", "0.5", r"x_1", r"\alpha_t"]))
    inner = [draw(expressions(depth=depth - 1)) for _ in range(2)]
    shape = draw(
        st.sampled_from(
            ["({}) + ({})", "({}) - ({})", r"({}) \cdot ({})", r"\frac{{{}}}{{{}}}", r"\log(1 + ({})^2) + {}",
             r"\sin({}) {}", r"\sqrt{{({})^2 + 1}} - {}", r"|{}| + {}", r"e^{{-({})^2}} + {}", r"\max({}, {})"]
        )
    )  # fmt: skip
    return shape.format(*inner)


@SETTINGS
@given(expressions(), st.sampled_from(["2({0}) - ({0})", "({0})/1", "-(-({0}))", r"\frac{{({0}) + ({0})}}{{2}}"]))
def test_generated_rewrites_hold_and_mutations_fall(text: str, rewrite: str) -> None:
    assert compare(text, rewrite.format(text)).verdict in ("correct", "undecided")
    found = compare(text, f"({text}) + 10^{{-50}}")
    assert found.verdict != "correct"
