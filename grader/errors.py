"""The errors that the grader raises, and whose fault each one is.

    GraderError
    ├── UsageError          the arguments are unusable (exit code 2)
    ├── RubricError         the assignment contradicts itself (exit code 2)
    ├── ReadError           a formula cannot be read; carries the offset
    ├── IngestError         a file is not a submission in any known format
    └── SandboxError        the sandbox itself failed (exit code 3)

What an author writes never raises past the reader: it becomes an answer of kind `Unreadable`.
"""

from __future__ import annotations


class GraderError(Exception):
    """Base of all errors that the grader raises on purpose."""


class UsageError(GraderError):
    """The arguments of a command are unusable; the message says what was wanted."""


class RubricError(GraderError):
    """An assignment fails its own self-check; the message names the part, the item and the formula."""


class IngestError(GraderError):
    """A file cannot be read as a submission; the message says what was tried."""


class SandboxError(GraderError):
    """The sandbox could not be started or broke for a reason of its own, never the author's."""


class ReadError(GraderError):
    """A text is not a formula that the grader understands.

    Attributes:
        reason: What is wrong, in one clause.
        text: The whole text.
        offset: Index into `text` of the first character that could not be read.
    """

    def __init__(self, reason: str, *, text: str, offset: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.text = text
        self.offset = max(0, min(offset, len(text)))

    def __str__(self) -> str:
        return f"{self.reason} (at character {self.offset + 1})"

    def caret(self, width: int = 72) -> str:
        """Return the text around the offset with a caret below the place, on two lines."""
        start = max(0, self.offset - width // 2)
        shown = "".join(" " if c.isspace() else c for c in self.text[start : start + width])
        return f"{shown}\n{' ' * (self.offset - start)}^"
