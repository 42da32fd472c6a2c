"""The nouns of the grader: frozen records that flow one way from a file to a report.

    file ─ ingest ─▶ Submission: part ▶ attempts ▶ Answer ─ checks ─▶ Evidence ─ judge ─▶ Verdict ─▶ Score

Every record is immutable. Values inside evidence are exact text (fractions, decimal digits), never floats,
so that equal input gives equal bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Literal

Trust = Literal["source", "certified", "recognised", "repaired", "unread"]


class Verdict(StrEnum):
    """What the grader concludes about an item, a part or an attempt."""

    CORRECT = "correct"
    PARTIAL = "partial"
    INCORRECT = "incorrect"
    UNDECIDED = "undecided"
    MISSING = "missing"


# ---------------------------------------------------------------- places and answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands in a submission; counts start at 1, None where a format has no such thing."""

    file: str
    line: int | None = None
    cell: int | None = None
    turn: int | None = None
    page: int | None = None

    def __str__(self) -> str:
        numbered = (("page", self.page), ("turn", self.turn), ("cell", self.cell), ("line", self.line))
        return ", ".join([self.file, *(f"{name} {value}" for name, value in numbered if value is not None)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """An answer that is one formula, as a sheet gives it; `item` names the item where the sheet does."""

    text: str
    place: Place
    item: str | None = None
    trust: Trust = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """An answer in markdown: sentences with formulas in `$ $`, `$$ $$`, `\\( \\)` or `\\[ \\]`."""

    text: str
    place: Place
    item: str | None = None
    trust: Trust = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The cells of code that a submission consists of, run in order in one namespace, never by the grader.

    A module is a program with one cell. `where[i]` is the place of the first line of `cells[i]`.
    """

    cells: tuple[str, ...]
    where: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Callable:
    """An answer that is a function of a program; it is called in the sandbox."""

    function: str
    program: Program
    place: Place
    docstring: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """An answer that is there but could not be read; never counted as wrong."""

    text: str
    reason: str
    place: Place
    trust: Trust = "unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """No answer was given."""


Answer = Formula | Prose | Callable | Unreadable | Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at a part. `answers` holds several where a part is answered in pieces (a formula an item).

    Attributes:
        number: 1 for the first attempt.
        hinted: Whether a turn before this attempt nudged, gave a form, or gave the answer away.
        hint: What kind of help it was, in words, with the place; empty where there was none.
    """

    number: int
    answers: tuple[Answer, ...]
    place: Place
    hinted: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One file or folder by one author, as ingested.

    Attributes:
        id: Unique within a run; the path below the folder that was given.
        author: As the submission names it, else the id.
        source: Relative path.
        sha256: Of the bytes read, hexadecimal.
        format: Name of the reader, such as `notebook` or `chatgpt-export`.
        parts: Attempts by part id, in order.
        problems: What could not be read, and where, a sentence each.
    """

    id: str
    author: str
    source: str
    sha256: str
    format: str
    parts: dict[str, tuple[Attempt, ...]]
    problems: tuple[str, ...] = ()


# ---------------------------------------------------------------- evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A symbolic identity, with the method that showed it."""

    check: str
    method: str
    statement: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Submitted and expected agree as far as was looked.

    Attributes:
        trials: Number of points or worlds at which both sides were defined and compared.
        digits: Decimal digits to which they agree at each of them.
        domain: Where the points came from, in words.
        method: How the values were enclosed.
        false_pass_rate: For statistical checks, the chance that a wrong program passes.
        false_alarm_rate: For statistical checks, the chance that a right one fails.
        least_discrepancy: For statistical checks, the least difference that would have been seen.
    """

    check: str
    trials: int
    digits: int
    domain: str
    method: str = ""
    false_pass_rate: str = ""
    false_alarm_rate: str = ""
    least_discrepancy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """Exact parameter values at which submitted and expected differ, replayed before it was believed.

    Attributes:
        parameters: Name and exact value, as text that a person can type into a calculator.
        submitted: The submitted value there (decimal digits of an enclosure), or what happened instead.
        expected: The expected value there.
        difference: What separates them, in words or digits.
        submitted_form: The submitted formula as it was read.
        expected_form: The formula that it was compared with.
    """

    check: str
    parameters: tuple[tuple[str, str], ...]
    submitted: str
    expected: str
    difference: str = ""
    submitted_form: str = ""
    expected_form: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """The answer is not in the form that was asked for (terms that are not allowed, not simplified)."""

    check: str
    message: str
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A claim found in prose, with the quotation; `earns` says whether it counts for the author."""

    check: str
    claim: str
    quotation: str
    earns: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A check that does not apply, ran out of its own budget, or failed; never the author's fault."""

    check: str
    reason: str


Evidence = Proof | Agreement | Counterexample | Violation | Mention | Silence


# ---------------------------------------------------------------- verdicts and scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Points: `earned` for sure, `pending` until a person has looked, out of `possible`."""

    earned: Fraction = Fraction(0)
    pending: Fraction = Fraction(0)
    possible: Fraction = Fraction(0)

    def __add__(self, other: Score) -> Score:
        return Score(
            earned=self.earned + other.earned,
            pending=self.pending + other.pending,
            possible=self.possible + other.possible,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedMistake:
    """A known mistake that a wrong answer was recognised as."""

    id: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult:
    """The verdict on one item of one attempt, with all evidence behind it.

    Attributes:
        submitted: The text that was taken as the answer to this item.
        read_as: The same, as the grader read it (LaTeX); empty for prose and code.
        where: Its place in the submission.
        remarks: Sentences for the author that change no points.
        follows_from: The part whose wrong answer this one rightly follows from, else empty.
    """

    item: str
    verdict: Verdict
    score: Score
    evidence: tuple[Evidence, ...]
    submitted: str = ""
    read_as: str = ""
    where: str = ""
    trust: Trust = "source"
    mistake: NamedMistake | None = None
    remarks: tuple[str, ...] = ()
    follows_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One relation of a derivation, checked as a claim of its own.

    `kind` is `false` for a wrong step, `approx` for `=` where only `≈` holds, `grader` where the grader itself
    failed, else empty.
    """

    where: str
    line: int
    lhs: str
    relation: str
    rhs: str
    verdict: Verdict
    kind: str = ""
    counterexample: Counterexample | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptResult:
    """The verdict on one attempt."""

    number: int
    where: str
    hinted: bool
    hint: str
    verdict: Verdict
    score: Score
    items: tuple[ItemResult, ...]
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartResult:
    """The verdict on a part: that of its last attempt; all attempts are kept."""

    part: str
    title: str
    attempts: tuple[AttemptResult, ...]
    feedback: str

    @property
    def last(self) -> AttemptResult:
        """The attempt that decides."""
        return self.attempts[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionResult:
    """All parts of one submission, graded."""

    submission: Submission
    parts: tuple[PartResult, ...]
    score: Score
    first_attempt_score: Score | None = None
    problems: tuple[str, ...] = field(default=())
