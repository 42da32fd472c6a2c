"""Values that programs return: which item each answers, and whether it is the expected one.

A float is an exact number. It is compared with an enclosure of the expected value; "differs" is proved for the
relative agreement that is stated, and nothing is decided by two floats that differ.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from flint import acb, arb

from grader.checks.pairs import digits as in_digits
from grader.domains.world import FiniteWorld
from grader.errors import ReadError
from grader.formula.balls import Evaluator
from grader.formula.notation import Notation
from grader.formula.parser import parse_expression
from grader.formula.values import BudgetExceededError, NoValueError, UndefinedError
from grader.rubric import Returned
from grader.sandbox import Array, Expression, Plain

SINGLE_DIGITS = 5
_MAX_EXPRESSION = 2_000
_MAX_SHOWN = 160
_MEAN_KEYS = ("mean", "mu", "expectation", "m")
_VARIANCE_KEYS = ("variance", "var", "sigma2", "v", "sigma_squared")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Numbers as returned; `text` shows them, `is_single` says that they were computed in single precision."""

    values: tuple[Any, ...]
    text: str
    is_single: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """What came instead of the value: an error, another type or shape, NaN.

    Attributes:
        what: In words that go on after "it".
        is_limit: Whether it went past its budget of CPU time, which is not tried twice.
    """

    what: str
    is_limit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A formula that was returned as text or as an expression with symbols."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Nothing can be said about the answer, for a reason that is not its own."""

    reason: str


Leaf = Numbers | Unfit | Written | Unknown


# ---------------------------------------------------------------- reading


def items_of(value: Plain, returned: Sequence[Returned], *, is_one: bool) -> dict[str, Leaf]:
    """Return what a returned value says about each item.

    Args:
        value: As it came from the worker.
        returned: The items of the signature.
        is_one: Whether the function answers exactly one item, the first given.
    """
    if is_one:
        return {returned[0].item: _leaf(_below(value, returned[0]), returned[0])}
    main = [one for one in returned if not one.is_separate]
    if isinstance(value, dict):
        keyed = {one.item: _by_name(value, (one.item, *one.aliases)) for one in returned}
        found = {one.item: _leaf(keyed[one.item][0], one) for one in returned if keyed[one.item]}
        if found:
            missing = Unfit(what=f"returned a dict with the keys {', '.join(map(repr, value))}"[:_MAX_SHOWN])
            return {**{one.item: missing for one in main}, **found}
    if len(main) == 1 and not (main[0].kind == "number" and _length(value) == len(returned) > 1):
        return {main[0].item: _leaf(value, main[0])}
    members = _members(value)
    among = returned if len(main) == 1 else main
    if members is not None and len(members) == len(among):
        return {one.item: _leaf(member, one) for one, member in zip(among, members, strict=True)}
    wanted = " and ".join(one.words for one in main)
    return {one.item: Unfit(what=f"returned {_shown(value)}, wanted {wanted}") for one in main}


def _below(value: Plain, one: Returned) -> Plain:
    """Return what a dict with the item's own name holds, else the value."""
    if isinstance(value, dict) and len(value) == 1:
        named = _by_name(value, (one.item, *one.aliases))
        return named[0] if named else value
    return value


def _by_name(value: Mapping[str, Plain], names: Sequence[str]) -> list[Plain]:
    lowered = {key.lower().strip(): key for key in value}
    return [value[lowered[name.lower()]] for name in names if name.lower() in lowered][:1]


def _leaf(value: Plain, one: Returned) -> Leaf:
    if isinstance(value, str):
        return Written(text=value.strip()) if value.strip() else Unfit(what="returned an empty text")
    if one.kind == "number":
        return _all([value], "{}", value)
    if one.kind == "vector":
        members = _members(value)
        if members is None:
            return Unfit(what=f"returned {_shown(value)}, wanted a list of numbers")
        return _all(members, "[{}]", value)
    if isinstance(value, dict):
        variance = _by_name(value, _VARIANCE_KEYS)
        mean = _by_name(value, _MEAN_KEYS)
        if not variance or len(value) > 1 + bool(mean):
            return Unfit(what=f"returned {_shown(value)}, wanted the keys 'mean' and 'variance'")
        return _all([*(mean or [0]), variance[0]], "mean {}, variance {}", value)
    members = _members(value)
    if members is not None and len(members) == 2:
        return _all(members, "mean {}, variance {}", value)
    if members is not None and len(members) != 1:
        return Unfit(what=f"returned {_shown(value)}, wanted a mean and a variance")
    return _all([0, value], "mean {}, variance {}", value)


def _all(values: Sequence[Plain], form: str, whole: Plain) -> Leaf:
    """Return the numbers, or the formula that they are, or why they are neither."""
    read = [_number(value) for value in values]
    for one in read:
        if isinstance(one, Unfit | Unknown):
            return one
    if any(isinstance(one, Written) for one in read):
        texts = [
            one.text if isinstance(one, Written) else _shown(value) for one, value in zip(read, values, strict=True)
        ]
        if len(texts) > 2 or form == "[{}]":
            return Unfit(what=f"returned {_shown(whole)}, wanted numbers")
        return Written(text=texts[0] if len(texts) == 1 else f"N({texts[0]}, {texts[1]})")
    numbers = [one for one in read if isinstance(one, Numbers)]
    shown = [number.text for number in numbers]
    text = form.format(", ".join(shown)) if form.count("{}") == 1 else form.format(*shown)
    # Exact zeros and ones are singles too: only the others tell.
    return Numbers(
        values=tuple(number.values[0] for number in numbers),
        text=text if len(text) <= 4 * _MAX_SHOWN else f"{text[: 4 * _MAX_SHOWN]}…",
        is_single=all(number.is_single for number in numbers),
    )


def _number(value: Plain) -> Leaf:
    """Return one real number; booleans are none, arrays with one entry are."""
    if isinstance(value, Array):
        if math.prod(value.shape) != 1:
            return Unfit(what=f"returned an array of shape {value.shape}, wanted a number")
        if value.dtype == "float16":
            return Unknown(reason="the value is in half precision, which has too few digits to judge it")
        return _number(_flat(value)[0])
    if isinstance(value, list | tuple) and len(value) == 1:
        return _number(value[0])
    if isinstance(value, bool):
        return Unfit(what=f"returned the truth value {value}, wanted a number")
    if isinstance(value, complex):
        return Unfit(what=f"returned {_shown(value)}, wanted a real number") if value.imag else _number(value.real)
    if isinstance(value, int):
        exact = arb(value)
        return Numbers(values=(exact,), text=str(value)[:_MAX_SHOWN], is_single=abs(value) < 1 << 24)
    if isinstance(value, float):
        if not math.isfinite(value):
            return Unfit(what=f"returned {value}, which is no number")
        return Numbers(values=(arb(value),), text=repr(value), is_single=_is_single(value))
    if isinstance(value, str):
        return Written(text=value)
    if isinstance(value, Expression):
        return _of_expression(value.text)
    return Unfit(what=f"returned {_shown(value)}, wanted a number")


def _of_expression(text: str) -> Leaf:
    """Return the number that an exact expression is; one with symbols is a formula."""
    if text in ("nan", "zoo", "oo", "-oo"):
        return Unfit(what=f"returned {text}, which is no number")
    if len(text) > _MAX_EXPRESSION:
        return Unknown(reason=f"an expression of {len(text)} characters was returned, more than {_MAX_EXPRESSION}")
    try:
        value = Evaluator(FiniteWorld()).value(parse_expression(text, Notation()))
    except (ReadError, NoValueError, UndefinedError):
        return Written(text=text)
    except BudgetExceededError as error:
        return Unknown(reason=f"the expression that was returned is too expensive to evaluate: {error}")
    if isinstance(value, acb) and value.imag == 0:
        value = value.real
    if not isinstance(value, arb) or not value.is_finite():
        return Unfit(what=f"returned {text[:_MAX_SHOWN]}, wanted a real number")
    return Numbers(values=(value,), text=text[:_MAX_SHOWN])


def _members(value: Plain) -> list[Plain] | None:
    """Return the entries of a list, or of an array whose other extents are 1."""
    if isinstance(value, Array):
        if sum(extent != 1 for extent in value.shape) > 1 or not value.shape:
            return None
        return _flat(value)
    if isinstance(value, list | tuple):
        if len(value) == 1 and isinstance(value[0], list | tuple):
            return list(value[0])
        return list(value)
    return None


def _length(value: Plain) -> int:
    members = _members(value)
    return len(members) if members is not None else 0


def _flat(value: Array) -> list[Plain]:
    return list(_leaves(value.tolist()))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for member in value:
            yield from _leaves(member)
    else:
        yield value


def _is_single(value: float) -> bool:
    try:
        return bool(struct.unpack("f", struct.pack("f", value))[0] == value)
    except OverflowError:
        return False


def _shown(value: Plain) -> str:
    if isinstance(value, Array):
        return f"an array of shape {value.shape}"
    if isinstance(value, Expression):
        return value.text[:_MAX_SHOWN]
    if value is None:
        return "nothing (None)"
    if isinstance(value, list | tuple | dict) and len(value) > 6:
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**40:
        return "a very large integer"
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


# ---------------------------------------------------------------- comparing

Status = Literal["agree", "single", "near", "differ", "unsure"]


def compare(submitted: Numbers, expected: Sequence[Any], *, digits: int, kind: str, floor: Any = 0) -> Status:
    """Return whether numbers agree with enclosures to relative `digits`.

    The scale of an entry is the expected value itself; of a vector its greatest entry; of a mean the standard
    deviation; 1 where that is 0, and never less than `floor`. `single` agrees to what single precision has and is
    so exactly in its format; `near` lies between both without being so, which decides nothing.
    """
    if len(submitted.values) != len(expected):
        return "differ"
    worst: Status = "agree"
    order: tuple[Status, ...] = ("agree", "single", "near", "unsure", "differ")
    for value, wanted, scale in zip(submitted.values, expected, _scales(expected, kind), strict=True):
        status = _compare_one(value, wanted, max(scale, arb(floor)), digits, submitted.is_single)
        worst = max(worst, status, key=order.index)
    return worst


def _scales(expected: Sequence[Any], kind: str) -> list[Any]:
    if kind == "law":
        return [_scale(expected[1].sqrt()), _scale(expected[1])]
    greatest = max((abs(one) for one in expected), key=lambda one: one.mid())
    return [_scale(greatest)] * len(expected)


def _scale(value: Any) -> Any:
    return abs(value) if abs(value) > 0 else arb(1)


def _compare_one(value: Any, wanted: Any, scale: Any, digits: int, is_single: bool) -> Status:
    gap = abs(value - wanted)
    if gap <= scale * tolerance(digits):
        return "agree"
    if not gap > scale * tolerance(digits):
        return "unsure"
    if gap <= scale * tolerance(SINGLE_DIGITS):
        return "single" if is_single else "near"
    return "differ"


def tolerance(digits: int) -> Any:
    """Return 10^-digits as a ball."""
    return arb(10) ** -digits


def gap_text(submitted: Numbers, expected: Sequence[Any]) -> str:
    """Return the greatest difference in digits, or that the lengths differ."""
    if len(submitted.values) != len(expected):
        return f"{len(submitted.values)} values, wanted {len(expected)}"
    gaps = [abs(value - wanted) for value, wanted in zip(submitted.values, expected, strict=True)]
    return in_digits(max(gaps, key=lambda gap: gap.mid()), 6)


def expected_text(expected: Sequence[Any], kind: str) -> str:
    """Return expected values as decimal digits that are certain."""
    shown = [in_digits(one, 15) for one in expected]
    if kind == "law":
        return f"mean {shown[0]}, variance {shown[1]}"
    return shown[0] if kind == "number" else f"[{', '.join(shown)}]"


def exact(argument: object) -> Any:
    """Return an argument as an exact ball, a list of them for floats in a vector, integers as they are."""
    if isinstance(argument, float):
        return arb(argument)
    if isinstance(argument, tuple):
        return [exact(member) for member in argument]
    return argument


def is_same(first: Leaf, second: Leaf) -> bool:
    """Return whether two calls gave the same."""
    if isinstance(first, Numbers) and isinstance(second, Numbers):
        return first.text == second.text
    return first == second


def in_words(leaf: Leaf) -> str:
    """Return what came, to go on after "it"."""
    match leaf:
        case Unfit(what=what):
            return what
        case Numbers(text=text):
            return f"returned {text}"
        case Unknown(reason=reason):
            return reason
        case Written(text=text):
            return f"returned the formula {text}"
