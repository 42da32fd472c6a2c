"""What a tree is worth in a world: balls (real or complex), and things that are not numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flint import acb, arb, arb_mat

Ball = arb  # a real interval with a midpoint and a radius that holds the exact value


@dataclass(frozen=True, slots=True)
class Outcome:
    """One member of a finite set of a world (a prompt, a response); `label` is how a person writes it."""

    kind: str
    index: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Law:
    """A distribution with the values of its parameters, such as `normal` with mean and variance."""

    name: str
    parameters: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """A tuple, a set or an interval of values; `kind` says which."""

    kind: str
    items: tuple[Any, ...]
    closed: tuple[bool, bool] = (True, True)


class UndefinedError(ArithmeticError):
    """A tree has no value at this point (a pole, a logarithm of a negative number, an empty range)."""


class NoValueError(ValueError):
    """A tree cannot have a value in this world: a symbol or construct that the world does not know.

    Attributes:
        culprit: The symbol or construct, as written.
    """

    def __init__(self, message: str, culprit: str = "") -> None:
        super().__init__(message)
        self.culprit = culprit


class BudgetExceededError(RuntimeError):
    """An evaluation would take more operations than its budget allows; the message names the limit."""


Value = Any


def is_ball(value: object) -> bool:
    """Return whether a value is a number (an enclosure of one)."""
    return isinstance(value, (arb, acb))


def is_matrix(value: object) -> bool:
    """Return whether a value is a vector or matrix."""
    return isinstance(value, arb_mat)


def member_of(sequence: Sequence[Outcome | int], index: Value) -> Value:
    """Return the member of a sequence at an index counted from 1.

    Raises:
        UndefinedError: if the index is not an integer in its range.
    """
    whole = index.unique_fmpz() if isinstance(index, arb) else None
    if whole is None or not 1 <= int(whole) <= len(sequence):
        raise UndefinedError("an index out of range")
    member = sequence[int(whole) - 1]
    return arb(member) if isinstance(member, int) else member
