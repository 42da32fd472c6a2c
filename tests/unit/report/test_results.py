"""The results document: its shape, its bytes, and what is refused."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from grader.errors import UsageError
from grader.model import Score, Verdict
from grader.report import results

from . import samples


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(results.schema())
    return Draft202012Validator(results.schema())


def test_every_kind_of_evidence_and_verdict_is_valid(validator: Draft202012Validator) -> None:
    document = samples.sample()
    validator.validate(document)
    parts = document["submissions"][0]["parts"]
    assert {part["verdict"] for part in parts} == {str(verdict) for verdict in Verdict}
    kinds = {found["kind"] for part in parts for found in part["evidence"]}
    assert kinds == {"proof", "agreement", "counterexample", "violation", "mention", "silence"}


def test_hostile_document_is_valid(validator: Draft202012Validator) -> None:
    validator.validate(samples.sample(samples.hostile_case()))


def test_the_schema_allows_no_field_that_it_does_not_name() -> None:
    definitions: dict[str, Any] = results.schema()["$defs"]  # type: ignore[assignment]
    for name, definition in definitions.items():
        kinds = definition.get("type")
        if "object" in ([kinds] if isinstance(kinds, str) else kinds or []) and name != "evidence":
            assert definition["additionalProperties"] is False, name
            assert sorted(definition["required"]) == sorted(definition["properties"]), name


def _set(path: tuple[str | int, ...], value: object) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value

    return change


PART = ("submissions", 0, "parts", 0)
BROKEN = [
    (_set(("schema",), "grader.results/2"), r"\$\.schema: expected"),
    (_set((*PART, "verdict"), "wrong"), r"parts\[0\]\.verdict: expected correct or partial .* got 'wrong'"),
    (_set((*PART, "score", "earned"), 0.5), r"score\.earned"),
    (_set((*PART, "score", "earned"), "0.5"), r"score\.earned: expected pattern"),
    (_set((*PART, "score", "earned"), -1), r"score\.earned: expected minimum"),
    (_set((*PART, "score", "earned"), True), r"score\.earned"),
    (_set((*PART, "seconds"), 1), r"parts\[0\]: has fields that are not in the schema: \['seconds'\]"),
    (_set((*PART, "evidence", 0, "kind"), "rumour"), r"evidence\[0\]"),
    (_set((*PART, "evidence", 0, "more"), 1), r"evidence\[0\]: has fields"),
    (_set((*PART, "evidence", 0), {"check": "x"}), r"evidence\[0\]"),
    (_set((*PART, "attempts"), []), r"attempts"),
    (_set((*PART, "answer", "trust"), "blind"), r"answer\.trust"),
    (_set((*PART, "mistake"), "bad"), r"mistake"),
    (_set(("submissions",), {}), r"\$\.submissions: expected array"),
    (lambda document: document.pop("seed"), r"expected the fields seed, which are missing"),
]


@pytest.mark.parametrize(("change", "message"), BROKEN)
def test_a_broken_document_is_refused_with_its_place(
    change: Callable[[Any], None], message: str, validator: Draft202012Validator, tmp_path: Path
) -> None:
    document = json.loads(results.dumps(samples.sample()))
    change(document)
    assert not validator.is_valid(document)
    path = tmp_path / "results.json"
    path.write_text(json.dumps(document))
    with pytest.raises(UsageError, match=message) as caught:
        results.load(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"{", "line 1, column 2"),
        (b"[]", "expected an object"),
        (b"[" * 200_000, "nested too deep"),
    ],
)
def test_a_file_that_is_no_document_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        results.load(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        results.load(tmp_path / "none.json")


def test_the_order_of_submissions_does_not_matter() -> None:
    cases = [samples.every_case(), samples.hostile_case(), samples.submission("z", [])]
    texts = {results.dumps(samples.sample(*order)) for order in itertools.permutations(cases)}
    assert len(texts) == 1


def test_two_submissions_of_one_id_are_refused() -> None:
    with pytest.raises(UsageError, match="good/anna"):
        samples.sample(samples.every_case(), samples.every_case())


def test_the_text_reads_back_and_is_inert(tmp_path: Path) -> None:
    document = samples.sample(samples.hostile_case())
    text = results.dumps(document)
    assert text.endswith("}\n")
    assert not {"\x1b", "\u202e", "\u200b", "\ud800"} & set(text)
    path = tmp_path / "results.json"
    path.write_text(text, encoding="utf-8")
    assert results.load(path) == document
    assert results.dumps(results.load(path)) == text


@pytest.mark.parametrize(
    ("value", "written"), [(Fraction(2), 2), (Fraction(1, 3), "1/3"), (Fraction(5, 2), "5/2"), (Fraction(0), 0)]
)
def test_points_are_exact(value: Fraction, written: object) -> None:
    result = samples.submission("a", [])
    result = replace(result, score=Score(earned=value, possible=Fraction(3)))
    assert samples.sample(result)["submissions"][0]["score"] == {"earned": written, "pending": 0, "possible": 3}


def test_the_top_level_of_a_part_is_that_of_its_last_attempt() -> None:
    parts = {part["part"]: part for part in samples.sample()["submissions"][0]["parts"]}
    part = parts["1e"]
    last = part["attempts"][-1]
    assert [last["number"], len(part["attempts"])] == [2, 2]
    for name in ("verdict", "score", "items", "answer", "evidence", "steps"):
        assert part[name] == last[name]
    assert part["mistake"]["id"] == "square-forgotten"
    assert part["answer"]["kind"] == "formula"
    assert part["attempts"][0]["answer"]["kind"] == "prose"
    assert parts["1b"]["answer"]["kind"] == "callable"
    assert parts["2h"]["answer"] == {
        "kind": "missing",
        "text": "",
        "latex": "",
        "where": "answers.md, turn 2",
        "trust": "source",
    }
    assert parts["2d"]["answer"]["trust"] == "recognised"
    assert parts["2g"]["answer"]["text"] == "\\prod_k p_k\n-\\log p"


def test_problems_are_said_once() -> None:
    assert samples.sample()["submissions"][0]["problems"] == [
        "answers.md, line 40: a picture is not read",
        "part 9z is not in this assignment",
    ]
