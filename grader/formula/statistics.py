"""Expectations, variances, covariances and probabilities over the finite laws that a world gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from flint import arb

from grader.formula.functions import apply
from grader.formula.meaning import is_inferred
from grader.formula.tree import Binder, Expect, Node, Tuple
from grader.formula.values import NoValueError, UndefinedError, Value, is_ball

if TYPE_CHECKING:
    from grader.formula.balls import Evaluator

Row = tuple[Value, Mapping[Node, Value]]


def expectation(evaluator: Evaluator, node: Expect) -> Value:
    """Return the value of `E`, `Var`, `Std`, `Cov` or `P`, conditioned where a condition is given.

    Raises:
        NoValueError: where the world has no law for the names, or the condition is not an event.
        UndefinedError: where the condition has probability zero.
    """
    binders = node.binders or (Binder((), None),)
    if node.kind != "E" or node.given:
        if not is_inferred(evaluator.world):
            raise NoValueError(f"{node.kind} of a random variable that the world does not define", node.kind)
        rows = [row for row in _rows(evaluator, binders) if _meets(evaluator, node.given, row)]
        return _statistic(evaluator, node.kind, rows, node.body)
    return _average(evaluator, binders, node.body)


def _average(evaluator: Evaluator, binders: Sequence[Binder], body: Node) -> Value:
    from grader.formula.ball_rules import times

    if not binders:
        return evaluator.number(body)
    total: Value = None
    for weight, bindings in evaluator.world.draws(binders[0], evaluator):
        before = evaluator.bound
        evaluator.bound = {**before, **bindings}
        try:
            term = times(weight, _average(evaluator, binders[1:], body))
        finally:
            evaluator.bound = before
        total = term if total is None else total + term
    if total is None:
        raise NoValueError("an expectation over nothing")
    return total


def _rows(evaluator: Evaluator, binders: Sequence[Binder]) -> list[Row]:
    rows: list[Row] = [(arb(1), {})]
    for binder in binders:
        grown: list[Row] = []
        for weight, bindings in rows:
            before = evaluator.bound
            evaluator.bound = {**before, **bindings}
            try:
                drawn = evaluator.world.draws(binder, evaluator)
            finally:
                evaluator.bound = before
            grown.extend((weight * more, {**bindings, **extra}) for more, extra in drawn)
        rows = grown
    return rows


def _meets(evaluator: Evaluator, given: Sequence[Node], row: Row) -> bool:
    return all(_in_row(evaluator, row, condition, is_event=True) for condition in given)


def _in_row(evaluator: Evaluator, row: Row, node: Node, *, is_event: bool = False) -> Value:
    before = evaluator.bound
    evaluator.bound = {**before, **row[1]}
    try:
        return evaluator.truth(node) if is_event else evaluator.scalar(node)
    finally:
        evaluator.bound = before


def _statistic(evaluator: Evaluator, kind: str, rows: Sequence[Row], body: Node) -> Value:
    weight = sum((row[0] for row in rows), arb(0))
    if weight.contains(0):
        raise UndefinedError("a condition of probability zero")

    def mean(of: Sequence[Value]) -> Value:
        return sum((row[0] * value for row, value in zip(rows, of, strict=True)), arb(0)) / weight

    if kind == "P":
        events = body.items if isinstance(body, Tuple) else (body,)
        return mean([arb(all(_in_row(evaluator, row, event, is_event=True) for event in events)) for row in rows])
    if kind == "Cov":
        if not isinstance(body, Tuple) or len(body.items) != 2:
            raise NoValueError("a covariance needs two random variables")
        left, right = ([_in_row(evaluator, row, item) for row in rows] for item in body.items)
        return mean([a * b for a, b in zip(left, right, strict=True)]) - mean(left) * mean(right)
    values = [_in_row(evaluator, row, body) for row in rows]
    if not all(is_ball(value) for value in values):
        raise NoValueError(f"{kind} of something that is not a number")
    if kind == "E":
        return mean(values)
    center = mean(values)
    variance = mean([(value - center) * (value - center) for value in values])
    return apply("sqrt", [variance]) if kind == "Std" else variance
