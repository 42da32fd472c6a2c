"""Damaged and hostile files: never an exception, never a hang."""

from __future__ import annotations

import io
import json
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingest_cases import HANGS_S, PARTS, read_all, read_one, seconds, texts

from grader.ingest import load
from grader.model import Unreadable


def _zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.md", "## 1a")
    return stream.getvalue()


UNREADABLE = {
    "zip": (_zip(), "zip"),
    "pdf": (b"%PDF-1.7\n...", "PDF is not read yet"),
    "nul": (b"## 1a\n\0\n", "NUL"),
    "binary": (bytes(range(1, 256)) * 50, "binary"),
    "utf-16 cut off": (b"\xff\xfe\x00\xd8", "UTF-16"),
    "pickle": (b"\x80\x04\x95", "pickle"),
    "deep lists": (b"[" * 100_000, "JSON"),
    "deep lists, closed": (b"[" * 900 + b"]" * 900, "nested deeper"),
    "deep objects": (b'{"a":' * 100_000, "JSON"),
    "words": (b"nothing that anyone can grade", "no reader knows this file"),
    "a number": (b"42", "no reader"),
    "json of nothing": (b'{"a": 1}', "no key names a part"),
    "flattened": (b"## 1a\n" + "x\u200b".encode() * 30, "printed page"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_unreadable_in_every_part(name: str, tmp_path: Path) -> None:
    content, why = UNREADABLE[name]
    for file in ("a.md", "a.json", "a.ipynb"):
        submission = read_one(tmp_path, file, content)
        assert submission.format == "unknown"
        assert tuple(submission.parts) == PARTS
        assert all(isinstance(attempts[0].answers[0], Unreadable) for attempts in submission.parts.values())
        assert why in submission.problems[0]


def test_an_empty_file_answers_nothing(tmp_path: Path) -> None:
    for content in (b"", b"\n \n", b"\xef\xbb\xbf"):
        submission = read_one(tmp_path, "a.md", content)
        assert (submission.format, submission.parts) == ("empty", {})


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff## 1a\nσ² + 1\n".encode(),
        "## 1a\r\nσ² + 1\r\n".encode(),
        "## 1a\rσ² + 1\r".encode(),
        "## 1a\nσ² + 1\n".encode("utf-16"),
        b"## 1a\ncaf\xe9 \xb2 + 1\n",
    ],
)
def test_other_encodings_and_line_ends(content: bytes, tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.md", content)
    assert texts(submission)["1a"].endswith("² + 1")
    assert "\r" not in texts(submission)["1a"]


def test_the_content_decides_not_the_suffix(tmp_path: Path) -> None:
    sheet = json.dumps({"1a": "x"})
    notebook = json.dumps({"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "markdown", "source": "## 1a\nx"}]})
    for suffix in ("py", "md", "toml", "ipynb", "txt", "html"):
        assert read_one(tmp_path, f"a.{suffix}", sheet).format == "sheet-json"
        assert read_one(tmp_path, f"b.{suffix}", notebook).format == "notebook"


def test_thirty_megabytes(tmp_path: Path) -> None:
    started = time.process_time()
    submission = read_one(tmp_path, "a.md", b"## 1a\n" + b"x" * 30_000_000)
    assert seconds(started) < HANGS_S
    assert "1a" in submission.parts


def test_a_file_over_the_limit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "SIZE_LIMIT_BYTES", 1000)
    submission = read_one(tmp_path, "a.md", b"## 1a\n" + b"x" * 1000)
    assert submission.format == "unknown"
    assert "larger than" in submission.problems[0]


HOSTILE_CHARACTERS = 300_000
MILLION = {
    "one line": "## 1a\n" + "x" * 1_000_000,
    "headings": "### (a)\n" * 125_000,
    "letters": "(a) x\n(b) y\n" * 83_000,
    "turns": "## User\nhi\n## Assistant\n### 1a\n" * 31_000,
    "hints": "## User\nare you sure?\n## Assistant\n### 1a\nx\n" * 22_000,
    "fences": "```\n## 1a\n" * 100_000,
    "open fences": "## 1a\n" + "```python\n" * 100_000,
    "long and short fences": "## 1a\n" + "`````\n```\n" * 100_000,
    "brackets": "## 1a\n" + "\\[" * 500_000,
    "dollars": "## 1a\n" + "$" * 999_999,
    "stars": "## 1a\n" + "*_" * 500_000,
    "comments": "## 1a\n" + "<!--" * 250_000,
    "summary rows": "| 1a | $x$ |\n" * 80_000,
    "summaries": "## 1a\nx\n## 1c\ny\n" + "Summary:\n1a: $x$\n1c: $y$\n\n" * 40_000,
    "summaries on a line": "## 1a\nx\n" + "Summary: " + "1a: x, " * 140_000,
    "underlined labels": "## 1a\n===\n" * 100_000,
    "bars": "a|b\n" * 250_000,
    "broken JSON": '{"1a": ' + '"1b": ' * 160_000,
    "page comments": "<!-- page 1 -->\n" * 62_000 + "## 1a\n",
    "spaces": "## 1a\n" + " " * 1_000_000 + "x",
    "blank lines": "## 1a\n" + "\n" * 1_000_000 + "x",
    "quotes": "## 1a\n" + "> x\n" * 250_000,
    "rows": "| 1a | x |\n" * 90_000,
    "tags": "<html><body>" + "<a " * 330_000,
    "open tags": "<html><body><div data-message-author-role='assistant'>" + "<div>" * 200_000,
    "quotes in tags": "<html><body>" + "<a x='" * 160_000,
    "comments in a page": "<html><body>" + "<!--" * 250_000,
    "scripts": "<html><body>" + "<script>" * 125_000,
    "user text": "## User\n" + "solve part a. " * 70_000 + "\n## Assistant\n### 1a\nx\n",
    "lets": "## 1a\n" + "let's solve " * 83_000,
    "toml": "1a = [" + "'x'," * 200_000 + "]",
    "toml dots": "a" + ".a" * 400_000 + " = 1",
    "toml tables": "".join(f"[a{i}]\n" for i in range(100_000)),
    "python": "def part_1a(): return 1\n" + "x = 1\n" * 160_000,
    "python escapes": "part_1a = '" + "\\t" * 400_000 + "'",
    "json text": json.dumps({"1a": "x " * 500_000}),
    "json keys": json.dumps({f"k{i}": i for i in range(60_000)} | {"1a": "x"}),
    "speakers": "User: " * 160_000,
    "numbers": "## 1a\n" + "1" * 1_000_000,
    "zero width": "## 1a\n" + "\u00a0" * 500_000,
    "backslashes": "## 1a\n" + "\\" * 1_000_000,
}


@pytest.mark.parametrize("name", MILLION)
def test_hostile_text_is_read_in_linear_time(name: str, tmp_path: Path) -> None:
    content = MILLION[name][:HOSTILE_CHARACTERS].encode()
    started = time.process_time()
    read_all(tmp_path, "a.py" if name.startswith("python") else "a.md", content)
    assert seconds(started) < HANGS_S, "a bound against hanging, far above what any machine needs"


def test_a_long_transcript_is_read_in_two_seconds(tmp_path: Path) -> None:
    turn = (
        "## User\n\nPlease solve part ({0})\n\n## Assistant\n\nLet's solve part ({0}).\n\n"
        + "Some words with $x_1$ and more.\n\n\\[\nx = 1\n\\]\n\n" * 25
    )
    text = "".join(turn.format("abc"[i % 3]) for i in range(750))
    assert len(text) > 900_000
    started = time.process_time()
    submission = read_one(tmp_path, "a.md", text)
    assert seconds(started) < HANGS_S, "a bound against hanging, far above what any machine needs"
    assert list(submission.parts) == ["1a", "1b", "1c"]


@settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    content=st.one_of(
        st.binary(max_size=300), st.text(alphabet='1ab#()*\n`$\\[]{}:".=_ <>|%PartUser', max_size=300).map(str.encode)
    )
)
def test_any_content_becomes_a_submission(content: bytes, tmp_path: Path) -> None:
    for name in ("a.md", "a.py"):
        for submission in read_all(tmp_path, name, content):
            assert set(submission.parts) <= set(PARTS)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda below: (
        st.lists(below, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "mapping",
                    "current_node",
                    "message",
                    "author",
                    "role",
                    "content",
                    "parts",
                    "parent",
                    "chat_messages",
                    "sender",
                    "text",
                    "type",
                    "cells",
                    "cell_type",
                    "source",
                    "metadata",
                    "tags",
                    "nbformat",
                    "worksheets",
                    "answers",
                    "1a",
                    "Part 1a",
                    "messages",
                    "x",
                ]
            ),
            below | st.sampled_from(["user", "assistant", "human", "code", "markdown", "text", "x", "## 1a\n1"]),
            max_size=6,
        )
    ),
    max_leaves=25,
)


# Hypothesis guesses from a few draws whether a recursive strategy recurses, and sometimes guesses wrong.
@pytest.mark.filterwarnings("ignore:extend=.*actually recurse")
@settings(
    max_examples=250,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(value=JSON)
def test_any_json_becomes_a_submission(value: object, tmp_path: Path) -> None:
    submissions = read_all(tmp_path, "a.json", json.dumps(value))
    assert submissions
    assert all(set(submission.parts) <= set(PARTS) for submission in submissions)


def test_equal_input_gives_equal_output(tmp_path: Path) -> None:
    content = "## User\nsolve 1a\n## Assistant\n### 1a\n$x$\n"
    assert read_one(tmp_path, "a.md", content) == read_one(tmp_path, "a.md", content)
