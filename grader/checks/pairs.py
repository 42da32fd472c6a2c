"""Whether two formulas differ at a world: enclosures that do not meet, at rising precision, decide; nothing else.

No tolerance decides anything. Enclosures that meet are looked at again with more digits until they agree to
`AGREED_DIGITS` of the values and to every term's own size, or part.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from flint import acb, arb, arb_mat, ctx

from grader.domains.world import FiniteWorld
from grader.formula.balls import Evaluator
from grader.formula.tree import Node
from grader.formula.values import Collection, Law, NoValueError, Outcome, UndefinedError, Value

AGREED_DIGITS = 30
_AGREED_BITS = 100
_START_BITS = 192
_MOST_BITS = 24_576
# python-flint keeps its precision in one place for the whole process.
PRECISION = threading.RLock()

Outcome_ = Literal["differ", "agree", "undefined", "unsure"]


@dataclass(frozen=True, slots=True)
class PairResult:
    """What was found at one world.

    Attributes:
        status: `differ` (proved there), `agree`, `undefined` (a side has no value there), `unsure`.
        submitted: Decimal digits of the submitted value, or why there is none.
        expected: The same of the expected value.
        undefined_side: Which side has no value: `submitted`, `expected`, `both` or empty.
        difference: Decimal digits of what separates them.
    """

    status: Outcome_
    submitted: str = ""
    expected: str = ""
    undefined_side: str = ""
    difference: str = ""


class Known:
    """Values of formulas at one world that were worked out before, with the spread of their terms; bounded."""

    __slots__ = ("_found",)
    _MOST = 1024

    def __init__(self) -> None:
        self._found: dict[tuple[Node, int], tuple[Value, int] | UndefinedError] = {}

    def value(self, world: FiniteWorld, node: Node, bits: int) -> tuple[Value, int]:
        """Return value and spread in bits; the precision is set by the caller.

        Raises:
            UndefinedError: where the formula has no value.
        """
        key = (node, bits)
        found = self._found.get(key)
        if found is None:
            evaluator = Evaluator(world)
            try:
                found = (evaluator.value(node), evaluator.spread_bits)
            except UndefinedError as error:
                found = error
            if len(self._found) >= self._MOST:
                self._found.clear()
            self._found[key] = found
        if isinstance(found, UndefinedError):
            raise UndefinedError(str(found))
        return found


def compare_at(
    world: FiniteWorld, submitted: Node, expected: Node, *, most_bits: int = _MOST_BITS, known: Known | None = None
) -> PairResult:
    """Return what the two formulas do at one world; `known` keeps values between calls for the same world.

    Raises:
        NoValueError: where the world does not know a symbol or construct of either side.
        BudgetExceededError: past the budget of operations.
    """
    known = known or Known()
    bits = _START_BITS
    result = PairResult("unsure")
    while bits <= most_bits:
        with PRECISION, ctx.workprec(bits):
            try:
                submitted_value, submitted_spread = known.value(world, submitted, bits)
            except UndefinedError as error:
                return _one_undefined(known, world, expected, bits, str(error))
            try:
                expected_value, expected_spread = known.value(world, expected, bits)
            except UndefinedError as error:
                return PairResult("undefined", digits(submitted_value), str(error), "expected")
            status = _compare(submitted_value, expected_value)
            result = PairResult(status, digits(submitted_value), digits(expected_value))
            if status == "differ":
                gap = _gap(submitted_value, expected_value)
                shown = _told_apart(submitted_value, expected_value)
                return PairResult(status, *shown, "", gap)
            needed = max(submitted_spread, expected_spread) + _AGREED_BITS
        if status == "agree" and needed <= bits:
            return result
        bits = max(bits * 2, needed + 64) if status == "agree" else bits * 2
    return PairResult("unsure", result.submitted, result.expected)


def _one_undefined(known: Known, world: FiniteWorld, expected: Node, bits: int, reason: str) -> PairResult:
    try:
        value, _ = known.value(world, expected, bits)
    except UndefinedError as error:
        return PairResult("undefined", reason, str(error), "both")
    return PairResult("undefined", reason, digits(value), "submitted")


def _compare(submitted: Value, expected: Value) -> Literal["differ", "agree", "unsure"]:
    if isinstance(submitted, arb) and isinstance(expected, arb):
        return _compare_balls(submitted, expected)
    if isinstance(submitted, acb) or isinstance(expected, acb):
        raise NoValueError("a complex value where a real one is needed")
    if isinstance(submitted, arb_mat) and isinstance(expected, arb_mat):
        if (submitted.nrows(), submitted.ncols()) != (expected.nrows(), expected.ncols()):
            return "differ"
        pairs = zip(submitted.entries(), expected.entries(), strict=True)
        return _all(_compare_balls(a, b) for a, b in pairs)
    if isinstance(submitted, Law) and isinstance(expected, Law):
        return _compare_laws(submitted, expected)
    if isinstance(submitted, Collection) and isinstance(expected, Collection):
        return _compare_collections(submitted, expected)
    if isinstance(submitted, (Outcome, bool, str)) and isinstance(expected, type(submitted)):
        return "agree" if submitted == expected else "differ"
    raise NoValueError(f"{_kind(submitted)} cannot be compared with {_kind(expected)}")


def _compare_balls(submitted: arb, expected: arb) -> Literal["differ", "agree", "unsure"]:
    if not submitted.overlaps(expected):
        return "differ"
    if submitted.is_exact() and expected.is_exact():
        return "agree"
    radius = max(submitted.rad(), expected.rad())
    scale = max(abs(expected).lower(), abs(submitted).lower())
    if radius < scale * arb(2) ** -_AGREED_BITS:
        return "agree"
    if scale == 0 or not scale > arb(2) ** -(ctx.prec // 2):
        # Both enclose zero: as small as the precision can tell, or smaller than half of its digits.
        return "agree" if radius < arb(2) ** -(ctx.prec // 2) else "unsure"
    return "unsure"


def _compare_laws(submitted: Law, expected: Law) -> Literal["differ", "agree", "unsure"]:
    if submitted.name != expected.name or len(submitted.parameters) != len(expected.parameters):
        return "differ"
    return _all(_compare(a, b) for a, b in zip(submitted.parameters, expected.parameters, strict=True))


def _compare_collections(submitted: Collection, expected: Collection) -> Literal["differ", "agree", "unsure"]:
    if submitted.kind == "set" and expected.kind == "set":
        covered = all(any(_compare(a, b) == "agree" for b in expected.items) for a in submitted.items)
        covers = all(any(_compare(a, b) == "agree" for a in submitted.items) for b in expected.items)
        return "agree" if covered and covers else "differ"
    kinds = {submitted.kind, expected.kind}
    if kinds == {"tuple", "interval"} and len(submitted.items) == len(expected.items) == 2:
        # (0, 1) is written alike as a pair and as an open interval.
        interval = submitted if submitted.kind == "interval" else expected
        if interval.closed != (False, False):
            return "differ"
    elif len(kinds) > 1 or len(submitted.items) != len(expected.items) or submitted.closed != expected.closed:
        return "differ"
    return _all(_compare(a, b) for a, b in zip(submitted.items, expected.items, strict=True))


def _all(statuses: object) -> Literal["differ", "agree", "unsure"]:
    found = list(statuses)  # type: ignore[call-overload]
    if "differ" in found:
        return "differ"
    return "unsure" if "unsure" in found else "agree"


def _kind(value: Value) -> str:
    kinds = {arb: "a number", arb_mat: "a matrix", Law: "a distribution", bool: "a truth value", Outcome: "an outcome"}
    if isinstance(value, Collection):
        return {"tuple": "a tuple", "set": "a set", "interval": "an interval"}[value.kind]
    return kinds.get(type(value), "a value")


def _told_apart(submitted: Value, expected: Value) -> tuple[str, str]:
    """Return both values with as many digits as it takes to see that they differ."""
    for count in (12, 24, 48, 96):
        shown = digits(submitted, count), digits(expected, count)
        if shown[0] != shown[1]:
            break
    return shown


def _gap(submitted: Value, expected: Value) -> str:
    if isinstance(submitted, arb) and isinstance(expected, arb):
        return digits(abs(submitted - expected), 6)
    return ""


def digits(value: Value, count: int = 12) -> str:
    """Return a value as decimal digits that are all certain, or in words."""
    if isinstance(value, arb):
        if value.is_exact() and value.is_integer():
            return str(value.unique_fmpz())
        if value.contains(0) and abs(value).upper() < arb(2) ** -(ctx.prec // 2):
            return "0"
        return value.str(count, radius=False)
    if isinstance(value, arb_mat):
        return "[" + ", ".join(digits(entry, 8) for entry in value.entries()) + "]"
    if isinstance(value, Law):
        inside = ", ".join(digits(parameter, count) for parameter in value.parameters)
        return f"{'N' if value.name == 'normal' else value.name}({inside})"
    if isinstance(value, Collection):
        return "(" + ", ".join(digits(item, count) for item in value.items) + ")"
    if isinstance(value, Outcome):
        return value.label
    return str(value)
