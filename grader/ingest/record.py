"""What every reader returns, and the small records that readers share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from grader.model import Answer, Attempt, Place, Unreadable

PROBLEMS_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One file, or one conversation of an export, as its reader understood it.

    Attributes:
        format: Name of the reader.
        parts: Attempts by part id.
        problems: What could not be read, a sentence each.
        author: As the file names it, else empty.
        label: Title or number of the conversation, for the id; empty where the file holds one.
    """

    format: str
    parts: Mapping[str, tuple[Attempt, ...]]
    problems: tuple[str, ...] = ()
    author: str = ""
    label: str = ""


@dataclass(slots=True)
class Collected:
    """Answers by part while a reader walks through a file; one attempt a part."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    noted: dict[str, None] = field(default_factory=dict)
    left_out: int = 0

    def add(self, part: str, answer: Answer, place: Place) -> None:
        """Append an answer to the one attempt of a part."""
        self.answers.setdefault(part, []).append(answer)
        self.places.setdefault(part, place)

    def note(self, problem: str) -> None:
        """Keep a problem once, and no more than `PROBLEMS_LIMIT`."""
        if problem in self.noted:
            return
        if len(self.noted) < PROBLEMS_LIMIT:
            self.noted[problem] = None
        else:
            self.left_out += 1

    @property
    def problems(self) -> tuple[str, ...]:
        """The problems noted, and how many more there were."""
        return (*self.noted, *([f"and {self.left_out} more problems"] if self.left_out else []))

    def parts(self, order: Iterable[str]) -> dict[str, tuple[Attempt, ...]]:
        """Return one attempt a part, in the order of the part ids."""
        return {
            part: (Attempt(number=1, answers=tuple(self.answers[part]), place=self.places[part]),)
            for part in order
            if part in self.answers
        }


def all_unreadable(part_ids: Iterable[str], *, file: str, reason: str) -> dict[str, tuple[Attempt, ...]]:
    """Return one unreadable attempt for every part: a file that cannot be read is never counted as wrong."""
    place = Place(file=file)
    answer = Unreadable(text="", reason=reason, place=place)
    return {part: (Attempt(number=1, answers=(answer,), place=place),) for part in part_ids}
