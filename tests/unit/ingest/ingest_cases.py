"""Writes a file, reads it back through the public functions, and shows what matters of the result."""

from __future__ import annotations

import time
from pathlib import Path

from grader.ingest import discover, read
from grader.model import Answer, Attempt, Submission

PARTS = (*(f"1{letter}" for letter in "abcdefgh"), *(f"2{letter}" for letter in "abcdefg"))


def read_all(folder: Path, name: str, content: str | bytes, parts: tuple[str, ...] = PARTS) -> list[Submission]:
    """Return what a file of this name and content holds."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (source,) = discover([path])
    return read(source, part_ids=parts)


def read_one(folder: Path, name: str, content: str | bytes, parts: tuple[str, ...] = PARTS) -> Submission:
    """Return the one submission in a file."""
    (submission,) = read_all(folder, name, content, parts)
    return submission


def texts(submission: Submission) -> dict[str, str]:
    """Return the text of the first answer of each part's first attempt."""
    return {part: text_of(attempts[0].answers[0]) for part, attempts in submission.parts.items()}


def text_of(answer: Answer) -> str:
    """Return the text of an answer, the name of a function, or nothing."""
    return getattr(answer, "text", "") or getattr(answer, "function", "")


def kinds(attempt: Attempt) -> list[str]:
    """Return the kinds of an attempt's answers."""
    return [type(answer).__name__ for answer in attempt.answers]


# A bound against hanging only: far above what reading takes on any machine; speed is measured in benchmarks.
HANGS_S = 60.0


def seconds(started: float) -> float:
    """Return CPU seconds since `started` (of `time.process_time`)."""
    return time.process_time() - started
