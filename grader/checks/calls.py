"""Answers given as code: called in the sandbox at drawn arguments, compared with enclosures of the exact values.

Every counterexample is called again before it is believed. A sandbox that fails, a sleeping program and a value that
is right to fewer digits than were wanted decide nothing.
"""

from __future__ import annotations

from collections.abc import Callable as Function
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flint import arb, ctx

from grader.checks.answer import Finding
from grader.checks.caller import BITS, Arguments, Budget, Caller, assigned, numbers_of, simple_first
from grader.checks.known import named_mistake, value_of_form
from grader.checks.pairs import PRECISION
from grader.checks.program import Programs
from grader.checks.values_compare import (
    SINGLE_DIGITS,
    Leaf,
    Numbers,
    Status,
    Unfit,
    Unknown,
    Written,
    compare,
    exact,
    expected_text,
    gap_text,
    in_words,
    is_same,
)
from grader.domains.draws import candidates, simplest
from grader.errors import RubricError
from grader.model import Agreement, Callable, Counterexample, Evidence, NamedMistake, Silence, Violation
from grader.rubric import FormulaItem, Part, Returned, Signature

MAX_CALLS = 60
POINTS = 12
_LEAST_POINTS = 3
_MISTAKE_POINTS = 5
# Left over when a counterexample is shrunk: for calls that replay it and that name the mistake.
_RESERVED_CALLS = 8
_SIMPLE_CALLS = 25
_SHRINK_CALLS = 40
_METHOD = "float64 values against ball arithmetic at the exact arguments"
_LEAST_EXTREME = 1e-290

_NOTHING = Finding(evidence=())
_NOTHING_RETURNED = Unfit(what="returned nothing for this item")

Target = Function[[Arguments], "tuple[Any, ...]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What is known about one item that a function answers.

    Attributes:
        function: The function.
        finding: Evidence, remarks and the mistake; without evidence where `text` is an answer in itself.
        text: The formula that was returned, to be graded as one; else empty.
    """

    function: Callable
    finding: Finding = _NOTHING
    text: str = ""


def check_calls(part: Part, callables: Sequence[Callable], programs: Programs, *, seed: str) -> dict[str, Called]:
    """Return what the functions that answer a part say about its items, by item id.

    Items that no function answers are absent. At most `MAX_CALLS` calls are made, in workers of `programs`.

    Raises:
        RubricError: The signature names an item that is no formula item of the part.
    """
    if part.signature is None:
        return {}
    budget = Budget(MAX_CALLS)
    found: dict[str, Called] = {}
    for function, returned, is_one in assigned(part, part.signature, callables):
        caller = Caller(function, returned, is_one=is_one, signature=part.signature, programs=programs, budget=budget)
        check = _Check(part, part.signature, caller, seed)
        check.settle_vectors()
        for one in returned:
            if one.item not in found:
                called = check.called(one)
                if called is not None:
                    found[one.item] = called
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """Calls at several points against one target.

    Attributes:
        statuses: What came of each point.
        failing: The first arguments at which the function fails, with what it gave there.
        leaf: That, or what ended the comparison early (a formula, a fault of the sandbox).
    """

    statuses: tuple[Status, ...]
    failing: Arguments | None = None
    leaf: Leaf | None = None

    @property
    def agrees(self) -> bool:
        return self.leaf is None and len(self.statuses) >= _LEAST_POINTS and set(self.statuses) <= {"agree", "single"}


class _Check:
    """The items that one function answers, judged one after the other on the same calls."""

    def __init__(self, part: Part, signature: Signature, caller: Caller, seed: str) -> None:
        self.part = part
        self.signature = signature
        self.caller = caller
        self.points = list(simple_first(signature, 1))
        # Pools are small: some draws come twice.
        for drawn in candidates(signature.arguments, seed=f"{seed}\0{part.id}\0calls", count=4 * POINTS):
            if drawn not in self.points and len(self.points) < POINTS:
                self.points.append(drawn)

    def settle_vectors(self) -> None:
        """Pass vectors as the function can take them: lists, else arrays, else tuples."""
        first = self.points[0]
        if not any(isinstance(value, tuple) for value in first.values()):
            return
        best: tuple[int, Any] = (-1, "list")
        for form in ("list", "array", "tuple"):
            self.caller.pass_vectors_as(form)
            outcome = self.caller.outcome(first)
            if outcome is None:
                break
            rank = 0
            for one in self.caller.returned:
                numbers = numbers_of(outcome, one.item)
                is_written = isinstance(outcome.get(one.item), Written)
                rank += is_written or numbers is not None
                rank += 2 * (numbers is not None and self._status(numbers, one, self._expected(one), first) == "agree")
            best = max(best, (rank, form), key=lambda entry: entry[0])
            if rank >= 3:
                break
        self.caller.pass_vectors_as(best[1])

    def called(self, one: Returned) -> Called | None:
        """Return what is known about an item; None where the function does not answer it."""
        item = next((item for item in self.part.items if item.id == one.item), None)
        if not isinstance(item, FormulaItem):
            raise RubricError(f"{self.part.id}: the signature returns {one.item!r}, which is no formula item")
        outcome = self.caller.outcome(self.points[0])
        if outcome is not None and one.item not in outcome:
            return None
        leaf = outcome[one.item] if outcome is not None else None
        if isinstance(leaf, Written):
            return Called(function=self.caller.function, text=leaf.text)
        finding = self._finding(item, one)
        if not finding.is_right:
            finding = self._with_mistake(finding, item, one)
        return Called(function=self.caller.function, finding=finding)

    # ------------------------------------------------------------ judging

    def _finding(self, item: FormulaItem, one: Returned) -> Finding:
        expected = self._expected(one)
        if item.simplest is not None:
            simple = self._compared(one, self._form(item.simplest, one))
            if simple.agrees:
                return self._right(item, one, simple, self._form(item.simplest, one))
        found = self._compared(one, expected)
        if found.agrees:
            finding = self._right(item, one, found, expected)
            if item.simplest is not None and finding.is_right:
                message = "right, but not simplified as it was asked for"
                return replace(finding, evidence=(*finding.evidence, Violation(check="simplified", message=message)))
            if item.unfinished is not None and finding.is_right:
                remark = "The exact value is returned; whether the approximation was found cannot be seen from values."
                return replace(finding, remarks=(*finding.remarks, remark))
            return finding
        if isinstance(found.leaf, Unknown):
            return Finding(evidence=(Silence(check="calls", reason=found.leaf.reason),))
        if found.failing is None:
            return Finding(evidence=(self._undecided(found),))
        if isinstance(found.leaf, Numbers) and item.regime is not None and one.moves:
            near = self._in_regime(item, one)
            if near is not None:
                return near
        return Finding(evidence=(self._refuted(found.failing, one, expected),))

    def _right(self, item: FormulaItem, one: Returned, found: _Compared, target: Target) -> Finding:
        """Return agreement, unless a second call at the same arguments says otherwise."""
        start = self.points[0]
        first = self._leaf(start, one)
        second = self.caller.again(start).get(one.item, _NOTHING_RETURNED)
        if first is not None and not isinstance(second, Unknown) and self._fails(second, one, target, start):
            return Finding(evidence=(self._undetermined(start, one, target, first, second),))
        is_single = "single" in found.statuses
        agreement = Agreement(
            check="calls",
            trials=len(found.statuses),
            digits=SINGLE_DIGITS if is_single else self.signature.digits,
            domain=self.signature.domain,
            method=_METHOD,
        )
        remarks = ("The values are computed in single precision.",) if is_single else ()
        return Finding(evidence=(agreement,), remarks=(*remarks, *self._extremes(one, target)))

    def _extremes(self, one: Returned, target: Target) -> tuple[str, ...]:
        remarks = []
        for arguments in self.signature.extreme:
            outcome = self.caller.outcome(arguments)
            leaf = outcome.get(one.item) if outcome is not None else None
            if leaf is None or isinstance(leaf, Unknown | Written):
                continue
            if self._fails(leaf, one, target, arguments, floor=_LEAST_EXTREME):
                where = ", ".join(f"{name} = {text}" for name, text in self.caller.shown(arguments))
                remarks.append(
                    f"At extreme arguments ({where}) it {in_words(leaf)} where the value is "
                    f"{self._expected_text(one, target, arguments)}; sums of logarithms would hold there."
                )
        return tuple(remarks)

    def _undecided(self, found: _Compared) -> Silence:
        if "near" in found.statuses:
            reason = (
                f"the values agree to {SINGLE_DIGITS} digits but not to {self.signature.digits}: "
                "rounding, or an approximation that is very close"
            )
        else:
            reason = f"only {len(found.statuses)} calls could be compared"
        return Silence(check="calls", reason=reason)

    # ------------------------------------------------------------ comparing

    def _compared(self, one: Returned, target: Target) -> _Compared:
        statuses: list[Status] = []
        for arguments in self.points:
            leaf = self._leaf(arguments, one)
            if leaf is None:
                break
            if isinstance(leaf, Unknown | Written):
                return _Compared(statuses=tuple(statuses), leaf=_no_formula(leaf))
            if self._fails(leaf, one, target, arguments):
                return _Compared(statuses=tuple(statuses), failing=arguments, leaf=leaf)
            assert isinstance(leaf, Numbers), "what is unfit fails"
            statuses.append(self._status(leaf, one, target, arguments))
        return _Compared(statuses=tuple(statuses))

    def _leaf(self, arguments: Arguments, one: Returned) -> Leaf | None:
        outcome = self.caller.outcome(arguments)
        return None if outcome is None else outcome.get(one.item, _NOTHING_RETURNED)

    def _fails(self, leaf: Leaf, one: Returned, target: Target, arguments: Arguments, floor: float = 0.0) -> bool:
        if isinstance(leaf, Numbers):
            return self._status(leaf, one, target, arguments, floor) == "differ"
        return isinstance(leaf, Unfit)

    def _status(
        self, numbers: Numbers, one: Returned, target: Target, arguments: Arguments, floor: float = 0.0
    ) -> Status:
        with PRECISION, ctx.workprec(BITS):
            return compare(numbers, target(arguments), digits=self.signature.digits, kind=one.kind, floor=floor)

    def _expected(self, one: Returned) -> Target:
        return lambda arguments: _tuple(one, one.expected(**_exact(arguments)))

    def _form(self, form: Any, one: Returned) -> Target:
        return lambda arguments: _tuple(one, value_of_form(form, self.part, self.signature.symbols, _exact(arguments)))

    def _expected_text(self, one: Returned, target: Target, arguments: Arguments) -> str:
        with PRECISION, ctx.workprec(BITS):
            return expected_text(target(arguments), one.kind)

    # ------------------------------------------------------------ counterexamples

    def _refuted(self, failing: Arguments, one: Returned, target: Target) -> Evidence:
        """Return a counterexample at the simplest arguments found, called twice."""
        if not self.caller.is_stopped and failing != self.points[0]:
            failing = self._shrunk(failing, one, target)
        first = self._leaf(failing, one) or _NOTHING_RETURNED
        if isinstance(first, Unfit) and first.is_limit:
            return self._counterexample(failing, one, target, first)
        second = self.caller.again(failing).get(one.item, _NOTHING_RETURNED)
        if isinstance(second, Unknown):
            return Silence(check="calls", reason=f"a difference could not be replayed: {second.reason}")
        if not is_same(first, second):
            return self._undetermined(failing, one, target, first, second)
        return self._counterexample(failing, one, target, first)

    def _shrunk(self, failing: Arguments, one: Returned, target: Target) -> Arguments:
        def holds(arguments: Arguments) -> bool:
            if self.caller.calls_left <= _RESERVED_CALLS:
                return False
            leaf = self._leaf(arguments, one)
            return leaf is not None and self._fails(leaf, one, target, arguments)

        for arguments in simple_first(self.signature, _SIMPLE_CALLS):
            if holds(arguments):
                return arguments
        return simplest(self.signature.arguments, holds, calls=_SHRINK_CALLS) or failing

    def _counterexample(self, arguments: Arguments, one: Returned, target: Target, leaf: Leaf) -> Counterexample:
        with PRECISION, ctx.workprec(BITS):
            wanted = target(arguments)
            return Counterexample(
                check="calls",
                parameters=self.caller.shown(arguments),
                submitted=leaf.text if isinstance(leaf, Numbers) else f"it {in_words(leaf)}",
                expected=expected_text(wanted, one.kind),
                difference=gap_text(leaf, wanted) if isinstance(leaf, Numbers) else "no value",
                submitted_form=self.caller.function.function,
            )

    def _undetermined(
        self, arguments: Arguments, one: Returned, target: Target, first: Leaf, second: Leaf
    ) -> Counterexample:
        """Return that two calls with the same arguments gave two answers, of which one at least is wrong."""
        shown = [leaf.text if isinstance(leaf, Numbers) else f"it {in_words(leaf)}" for leaf in (first, second)]
        return Counterexample(
            check="calls",
            parameters=self.caller.shown(arguments),
            submitted=f"{shown[0]} at first, then {shown[1]}",
            expected=self._expected_text(one, target, arguments),
            difference="not deterministic: two calls with the same arguments give two answers",
            submitted_form=self.caller.function.function,
        )

    # ------------------------------------------------------------ regimes and mistakes

    def _in_regime(self, item: FormulaItem, one: Returned) -> Finding | None:
        """Return the finding where an approximate answer is right on the way into the regime, or cannot be told.

        None where it is refuted there and the counterexample to equality says it all.
        """
        from grader.checks.approach import approach

        assert item.regime is not None, "asked only for items with a regime"
        found = approach(self.caller, one, self._expected(one), item.regime, self.points, BITS)
        if isinstance(found, Counterexample):
            return Finding(evidence=(found,)) if item.bare_claims == "≈" else None
        if isinstance(found, Silence) or (item.bare_claims == "≈" and item.simplest is None):
            return Finding(evidence=(found,))
        if item.simplest is not None:
            message = "right to leading order, but not simplified as it was asked for"
            return Finding(evidence=(found, Violation(check="simplified", message=message)))
        message = f"right only approximately ({item.regime.words}), where the value itself was asked for"
        return Finding(evidence=(found, Violation(check="relation", message=message)))

    def _with_mistake(self, finding: Finding, item: FormulaItem, one: Returned) -> Finding:
        samples: list[tuple[Arguments, Numbers]] = []
        for arguments in self.points:
            numbers = numbers_of(self.caller.outcome(arguments), one.item)
            if numbers is not None:
                samples.append((arguments, numbers))
            if len(samples) == _MISTAKE_POINTS:
                break
        if len(samples) < _LEAST_POINTS:
            return finding
        with PRECISION, ctx.workprec(BITS):
            known = named_mistake(
                item,
                one,
                self.part,
                self.signature,
                [(_exact(arguments), numbers) for arguments, numbers in samples],
            )
        if known is None:
            return finding
        return replace(finding, mistake=NamedMistake(id=known.id, message=known.message), mistake_points=known.points)


def _no_formula(leaf: Unknown | Written) -> Unknown:
    if isinstance(leaf, Unknown):
        return leaf
    return Unknown(reason="a number is returned for some arguments, a formula for others")


def _exact(arguments: Arguments) -> Mapping[str, Any]:
    return {name: exact(value) for name, value in arguments.items()}


def _tuple(one: Returned, value: Any) -> tuple[Any, ...]:
    if one.kind == "law":
        return (arb(0), value)
    return tuple(value) if one.kind == "vector" else (value,)
