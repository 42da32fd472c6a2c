"""`grader.compare`: verdicts with evidence, unread text with its place, readings, lines of pairs."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import grader
from grader.comparison import compare, compare_lines
from grader.errors import UsageError
from grader.model import Agreement, Counterexample, Proof, Silence


def test_an_identity_is_proved_and_agrees_at_points() -> None:
    found = compare(r"\frac{x^2-1}{x-1}", "x+1")
    assert found.verdict == "correct"
    assert [type(one) for one in found.evidence] == [Proof, Agreement]


def test_without_proof_it_agrees_only() -> None:
    found = compare(r"\frac{x^2-1}{x-1}", "x+1", prove=False)
    assert found.verdict == "correct"
    assert [type(one) for one in found.evidence] == [Agreement]


def test_a_counterexample_names_the_point_and_both_values() -> None:
    (evidence,) = compare(r"\sigma^2 + t", r"\sigma + t", domain=[r"\sigma > 0"]).evidence
    assert isinstance(evidence, Counterexample)
    assert {name for name, _ in evidence.parameters} == {"sigma", "t"}
    assert evidence.submitted != evidence.expected


@pytest.mark.parametrize(
    ("expected", "submitted"),
    [
        ("x + 10^{-100}", "x"),
        ("2^{-99}", "2^{-98}"),
        (r"e^{\pi\sqrt{163}}", "640320^3+744"),
        (r"\sin(10^{-40})", "10^{-40}"),
    ],
)
def test_no_tolerance_decides(expected: str, submitted: str) -> None:
    assert compare(expected, submitted).verdict == "incorrect"
    assert compare(submitted, expected).verdict == "incorrect"


def test_unread_text_carries_offset_and_caret() -> None:
    found = compare("x + 1", r"x + \unknownmacro")
    assert found.verdict == "undecided"
    (unread,) = found.unread
    assert (unread.side, unread.offset) == ("submitted", 4)
    line, caret = unread.caret.split("\n")
    assert line[caret.index("^") :].startswith(r"\unknownmacro")


def test_the_offset_counts_from_the_text_as_given() -> None:
    (unread,) = compare("1", r"  $x + \unknownmacro$").unread
    assert unread.offset == 7


def test_a_text_with_two_readings_is_shown_with_both() -> None:
    found = compare("1/2x", r"\frac{x}{2}")
    assert found.verdict == "undecided"
    assert {verdict for _, verdict in found.readings} == {"correct", "incorrect"}
    assert compare("1/2x", "1/2x").verdict == "correct"
    assert compare("1/2 x", r"\frac{x}{2}").verdict == "correct"


def test_what_stands_bare_or_is_declared_is_a_number() -> None:
    assert compare("x(t+1)", "xt + x").verdict == "correct"
    assert compare("x(t+1)", "tx + x", domain=["x > 0"]).verdict == "correct"
    assert compare("f(a+b)", "f(b+a)").verdict == "correct"
    assert compare("f(a+b)", "f(a)+f(b)", functions={"f": "function"}).verdict == "incorrect"


def test_units_that_differ_are_not_compared() -> None:
    assert compare(r"3\text{ m}", r"3\,\mathrm{km}").verdict == "undecided"


def test_a_word_that_nothing_knows_is_no_symbol() -> None:
    assert compare("1", r"\text{undefined}").verdict == "undecided"


def test_a_side_that_is_defined_on_less_is_not_agreement() -> None:
    (evidence,) = compare(r"\log(x^2)", r"2\log x").evidence
    assert isinstance(evidence, Silence)
    assert "no value" in evidence.reason


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"domain": ["x >"]}, "domain"),
        ({"domain": ["x"]}, "says nothing"),
        ({"functions": {"f": "wobbly"}}, "wobbly"),
        ({"relation": {"kind": "similar"}}, "similar"),
        ({"relation": {"kind": "order"}}, "needs a variable"),
        ({"integers": ["2"]}, "expected one symbol"),
        ({"define": {"x+1": "2"}}, "define"),
    ],
)
def test_unusable_declarations_are_errors(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        compare("x", "x", **arguments)  # type: ignore[arg-type]


def test_lines_answer_in_order_and_bad_lines_do_not_stop_the_rest(tmp_path: Path) -> None:
    rows = [
        json.dumps({"id": "a", "expected": "x", "submitted": "x"}),
        "{ not json",
        json.dumps({"id": "b", "expected": "x"}),
        json.dumps({"id": "c", "expected": "x", "submitted": "y"}),
    ]
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(rows) + "\n")
    found = list(compare_lines(path))
    assert [row["verdict"] for row in found] == ["correct", "undecided", "undecided", "incorrect"]
    assert [row["id"] for row in found] == ["a", 2, "b", "c"]
    assert json.loads(json.dumps(found)) == json.loads(json.dumps(list(compare_lines(rows, jobs=2))))


def test_lines_say_what_was_wanted(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="positive"):
        list(compare_lines([], jobs=0))
    with pytest.raises(UsageError, match="cannot be read"):
        list(compare_lines(tmp_path / "missing.jsonl"))


def test_threads_give_the_same_verdicts() -> None:
    pairs = [(r"\sin^2 x", r"1-\cos^2 x"), ("x+10^{-60}", "x"), (r"\sqrt{x^2}", "|x|"), ("2^{-99}", "2^{-98}")] * 5
    alone = [compare(*pair).to_json() for pair in pairs]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda pair: compare(*pair).to_json(), pairs)) == alone


def test_importing_the_package_stays_light() -> None:
    code = "import sys, grader; assert 'flint' not in sys.modules; print(grader.compare('x', 'x').verdict)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "correct"
    with pytest.raises(AttributeError):
        _ = grader.nothing


def _hostile() -> Iterator[str]:
    yield "(" * 50_000
    yield "x+" * 49_999 + "x"
    yield "1+" * 3_900 + "1"
    yield r"\frac{1}{" * 41 + "x" + "}" * 41
    yield "9^{9^{9^{9}}}"
    yield r"\sum_{k=1}^{1000000000} k"
    yield r"\sum_{i=1}^{900}\sum_{j=1}^{900}\sum_{k=1}^{900} \sin(ijk)"
    yield r"\int_0^1 \int_0^1 \int_0^1 \sin(xyz)\, dx\, dy\, dz"
    yield "(x+y+z+1)^{5000}"
    yield r"\prod_{k=1}^{4000} (x+k)"
    yield r"\exp(" * 40 + "x" + ")" * 40
    yield "|" * 7_000
    yield "x_{" * 46 + "y" + "}" * 46
    yield "((x+1)^{60}+(y+2)^{60})^{60}"
    yield r"\binom{100000}{50000}"
    yield "100000!"
    yield r"\Gamma(10^{30})"
    yield "\x00\ud800"


@pytest.mark.parametrize("text", list(_hostile()), ids=lambda text: ascii(text[:24]))
def test_nothing_takes_more_than_two_seconds(text: str) -> None:
    start = time.process_time()
    found = compare(text, "x", domain=["x > 0"])
    compare(text, text)
    assert time.process_time() - start < 60, "a bound against hanging"
    assert found.verdict in ("undecided", "incorrect")
