"""Each rendering: deterministic, inert, and complete."""

from __future__ import annotations

import csv
import io
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt

from grader.errors import UsageError
from grader.model import Verdict
from grader.report import FORMATS, markdown, sentences, table, text
from grader.report import csv as csv_report

from . import samples

UNSAFE = {"\x1b", "\u202e", "\u200b", "\ud800", "\x00"}


@pytest.fixture(scope="module")
def hostile() -> dict[str, Any]:
    return samples.sample(samples.hostile_case(), samples.every_case())


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_same_document_gives_the_same_inert_bytes(name: str, hostile: dict[str, Any]) -> None:
    rendered = FORMATS[name](hostile)
    assert rendered == FORMATS[name](samples.sample(samples.every_case(), samples.hostile_case()))
    assert not UNSAFE & set(rendered)
    rendered.encode("utf-8")
    assert rendered.endswith("\n")


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_an_empty_class_is_rendered(name: str) -> None:
    document = samples.sample(samples.submission("a", []))
    document["submissions"] = []
    assert FORMATS[name](document)


def test_csv_has_a_row_a_part_and_starts_no_formula(hostile: dict[str, Any]) -> None:
    rendered = FORMATS["csv"](hostile)
    rows = list(csv.reader(io.StringIO(rendered, newline="")))
    assert rows[0] == list(csv_report.COLUMNS)
    assert len(rows) - 1 == sum(len(entry["parts"]) for entry in hostile["submissions"])
    assert {len(row) for row in rows} == {len(csv_report.COLUMNS)}
    assert not [cell for row in rows for cell in row if cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r"))]
    partial = next(row for row in rows if row[2] == "1c")
    assert partial[4:7] == ["0 2/3", "0", "2"]


@pytest.mark.parametrize("start", ["=1", "+1", "-1", "@a", "\tx", "\rx", "\n=1", " =1", "＝1"])
def test_no_cell_starts_a_formula(start: str) -> None:
    assert csv_report.cell(start).startswith("'")


def test_junit_counts_what_it_holds(hostile: dict[str, Any]) -> None:
    root = ET.fromstring(FORMATS["junit"](hostile))
    for suite in [root, *root.iter("testsuite")]:
        assert int(suite.attrib["tests"]) == len(list(suite.iter("testcase")))
        assert int(suite.attrib["failures"]) == len(list(suite.iter("failure")))
        assert int(suite.attrib["skipped"]) == len(list(suite.iter("skipped")))
    assert not [entry for entry in root.iter() if "time" in entry.attrib]


def test_markdown_of_strangers_is_no_markup(hostile: dict[str, Any]) -> None:
    rendered = FORMATS["markdown"](hostile)
    tokens = MarkdownIt("commonmark", {"linkify": False}).parse(rendered)
    inline = [child.type for token in tokens for child in token.children or []]
    assert not {"link_open", "image", "html_inline"} & set(inline)
    assert "html_block" not in {token.type for token in tokens}
    assert len(rendered) < 60_000


@pytest.mark.parametrize("source", ["1. a", "- a", "# a", "*a*", "[a](b)", "![a](b)", "<b>", "`a`", "&lt;", "a\\*b*"])
def test_escaped_markdown_reads_back_as_its_text(source: str) -> None:
    tokens = MarkdownIt("commonmark").parse(markdown.escape(source))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert "".join(child.content for child in tokens[1].children or []) == source


def test_feedback_does_not_hold_the_expected_formula() -> None:
    document = samples.sample()
    feedback = markdown.feedback_markdown(document, "good/anna")
    assert "1+2" not in feedback
    assert "Look again at what is squared." in feedback
    with pytest.raises(UsageError, match="'nobody'"):
        markdown.feedback_markdown(document, "nobody")


def test_table_shows_each_verdict_by_its_symbol() -> None:
    lines = FORMATS["table"](samples.sample()).splitlines()
    row = next(line for line in lines if line.startswith("good/anna"))
    assert row.split()[1:10] == ["✓", "✓", "½", "✗", "✓", "?", "?", "½", "–"]
    assert any("At σ² = 1, t = 1/2: submitted 0.66666…, expected 0.75" in line for line in lines)


def test_table_of_many_parts_loses_none() -> None:
    names = [f"{number}{letter}" for number in range(1, 21) for letter in "abc"]
    case = samples.submission(
        "many", [samples.part(name, samples.attempt(samples.item(Verdict.CORRECT))) for name in names]
    )
    lines = FORMATS["table"](samples.sample(case)).splitlines()
    assert max(map(len, lines)) <= 100
    headers = [word for line in lines if line.startswith("submission") for word in line.split()]
    assert [name for name in names if name not in headers] == []


def test_table_is_ascii_where_the_stream_is() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    table.show(samples.sample(), stream)
    stream.flush()
    assert re.search(rb"good/anna\s+\+\s+\+\s+~\s+x\s", raw.getvalue())


@pytest.mark.parametrize("evidence", samples.EVERY_EVIDENCE)
def test_each_finding_is_one_sentence(evidence: Any) -> None:
    case = samples.submission("a", [samples.part("1", samples.attempt(samples.item(Verdict.CORRECT, evidence)))])
    found = samples.sample(case)["submissions"][0]["parts"][0]["evidence"][0]
    sentence = sentences.evidence_sentence(found)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert sentence[0].isupper()


def test_a_contradiction_is_said() -> None:
    part = next(part for part in samples.sample()["submissions"][0]["parts"] if part["part"] == "2e")
    assert "contradict" in sentences.verdict_sentence(part)


def test_long_text_is_clipped_and_piles_of_marks_are_thinned() -> None:
    assert len(text.one_line("x" * 1_000_000)) < 500
    assert "1 more marks" in text.inert("a" + "\u0301" * 4)
    assert text.inert("é ñ 日本 σ²") == "é ñ 日本 σ²"


@pytest.mark.parametrize("value", ["0.5", "1/0", "-1", None, 0.5])
def test_points_that_are_not_exact_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="points: expected"):
        text.points(value)
