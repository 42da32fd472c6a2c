"""Two real transcripts, checked by hand against the files: attempts per part, hints, and equality over formats."""

from __future__ import annotations

from pathlib import Path

import pytest
from ingest_cases import PARTS, text_of

from grader.ingest import discover, read
from grader.ingest.lines import math_spans, without_comments
from grader.ingest.repair import repair
from grader.model import Submission

_FOLDER = Path(__file__).resolve().parents[3].parent / "shared" / "transcripts"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not _FOLDER.is_dir(), reason="the sample transcripts are not part of this repository"),
]

# Turn of the answer, and the kind of hint (empty: unaided).
CHATGPT = {
    "1a": [(2, "")],
    "1b": [(2, "")],
    "1c": [(2, "")],
    "1d": [(4, "")],
    "1e": [(6, "")],
    "1f": [(8, "")],
    "1g": [(10, ""), (12, "nudge"), (14, "form"), (16, "form")],
    "1h": [(18, ""), (20, "")],
    "2a": [(22, "")],
    "2b": [(24, ""), (26, "form"), (28, "nudge"), (30, "answer")],
    "2c": [(32, "")],
    "2d": [(34, "")],
    "2e": [(36, ""), (38, "form"), (40, "form"), (42, "form")],
    "2f": [(44, ""), (46, "nudge"), (48, "form")],
    "2g": [(50, ""), (52, "form"), (54, "form")],
}
CLAUDE = {part: [(4 if part[0] == "1" else 6, "")] for part in PARTS}


def _read(name: str) -> Submission:
    (source,) = discover([_FOLDER / name])
    (submission,) = read(source, part_ids=PARTS)
    return submission


def _attempts(submission: Submission) -> dict[str, list[tuple[int | None, str]]]:
    return {
        part: [(attempt.place.turn, attempt.hint.split(" ")[0]) for attempt in attempts]
        for part, attempts in submission.parts.items()
    }


@pytest.mark.parametrize("name", ["chatgpt_hw13.md", "chatgpt_hw13.conversations.json", "chatgpt_hw13.html"])
def test_attempts_of_the_longer_transcript(name: str) -> None:
    submission = _read(name)
    assert _attempts(submission) == CHATGPT
    assert not submission.problems
    hinted = sum(attempt.hinted for attempts in submission.parts.values() for attempt in attempts)
    assert hinted == 13


@pytest.mark.parametrize("name", ["claude_hw13.md", "claude_hw13.conversations.json"])
def test_attempts_of_the_shorter_transcript(name: str) -> None:
    submission = _read(name)
    assert _attempts(submission) == CLAUDE
    assert not submission.problems


def _formulas(submission: Submission) -> dict[str, list[list[str]]]:
    return {
        part: [_squeezed(text_of(answer)) for attempt in attempts for answer in attempt.answers]
        for part, attempts in submission.parts.items()
    }


def _squeezed(text: str) -> list[str]:
    return ["".join(text[span.start : span.stop].split()) for span in math_spans(text)]


def test_every_format_of_the_longer_transcript_has_the_same_formulas() -> None:
    expected = _formulas(_read("chatgpt_hw13.conversations.json"))
    assert _formulas(_read("chatgpt_hw13.md")) == expected
    assert _formulas(_read("chatgpt_hw13.html")) == expected


def test_the_damaged_markdown_is_repaired_formula_by_formula() -> None:
    submission = _read("claude_hw13.md")
    assert _formulas(submission) == _formulas(_read("claude_hw13.conversations.json"))
    repaired = {p for p, t in submission.parts.items() if getattr(t[0].answers[0], "trust", "") == "repaired"}
    assert repaired == {"1e", "2a", "2b", "2e", "2f", "2g"}
    whole = repair(without_comments((_FOLDER / "claude_hw13.md").read_text()).text)
    assert len(list(math_spans(whole.text))) == 177


def test_the_undamaged_markdown_stays_as_it_is() -> None:
    text = (_FOLDER / "chatgpt_hw13.md").read_text()
    assert repair(text).text == text


@pytest.mark.parametrize("name", ["chatgpt_hw13.raw.txt", "claude_hw13.raw.txt", "chatgpt_hw13.pdf", "claude_hw13.pdf"])
def test_what_cannot_be_read_yet_is_unreadable(name: str) -> None:
    submission = _read(name)
    assert submission.format == "unknown"
    assert {type(t[0].answers[0]).__name__ for t in submission.parts.values()} == {"Unreadable"}


def test_lines_and_pages_of_the_markdown() -> None:
    lines = (_FOLDER / "chatgpt_hw13.md").read_text().split("\n")
    for attempts in _read("chatgpt_hw13.md").parts.values():
        for attempt in attempts:
            shown = text_of(attempt.answers[0]).split("\n")
            assert attempt.place.line is not None
            assert attempt.place.page is not None
            for offset, line in enumerate(shown):
                source = lines[attempt.place.line - 1 + offset]
                # A label is taken out of its line; what stands behind it stays.
                assert "<!--" in source or line == source or (line != "" and source.endswith(line.lstrip("# ")))
