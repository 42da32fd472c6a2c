"""Sets of numbers and conditions on a number: compared by who belongs to them, at the edges and beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from flint import ctx

from grader.checks.pairs import PRECISION
from grader.domains.sorts import exact
from grader.formula.answers import is_set_like
from grader.formula.balls import Evaluator
from grader.formula.printer import to_latex
from grader.formula.tree import Call, Interval, Node, Rel, Set, Sym, Tuple, free_symbols, walk
from grader.formula.values import UndefinedError
from grader.model import Agreement, Counterexample, Silence

if TYPE_CHECKING:
    from grader.domains.inference import Inference

ELEMENT = Sym("element")
_WORLDS = 6
_BESIDE = (Fraction(0), Fraction(1, 7), Fraction(-1, 7), Fraction(1, 10**6), Fraction(-1, 10**6))
_FAR = tuple(Fraction(text) for text in "0 1 -1 1/2 -1/2 2 -3 7/3 10 -10 1000000 -1000000".split())


def as_predicates(expected: Node, submitted: Node) -> tuple[Node, Node] | None:
    """Return both sides as conditions on one number, or None where they are not to be compared so.

    Plain intervals, pairs and finite sets on both sides are values, and are compared as such.
    """
    sides = (expected, submitted)
    if not all(is_set_like(side) for side in sides):
        return None
    conditions = [side for side in sides if isinstance(side, Rel) or _joins(side)]
    if not conditions:
        return None
    relations = [side for side in sides if _is_condition(side)]
    if len(relations) == 2:
        return expected, submitted
    if relations:
        other = next(side for side in sides if side not in relations)
        own = free_symbols(relations[0]) - free_symbols(other)
        variable = next(iter(own)) if len(own) == 1 else None
    else:
        variable = ELEMENT
    if variable is None:
        return None
    first, second = (side if _is_condition(side) else Rel("∈", variable, side) for side in sides)
    return first, second


def _joins(node: Node) -> bool:
    return isinstance(node, Call) and node.head.name in ("∪", "∩", "∖")


def _is_condition(node: Node) -> bool:
    """Return whether a tree says something of a symbol, as a set does not."""
    if _joins(node):
        return all(_is_condition(part) for part in node.args)  # type: ignore[attr-defined]
    return isinstance(node, Rel)


def compare_predicates(
    inference: Inference, *, seed: str, forms: tuple[Node, Node]
) -> Agreement | Counterexample | Silence:
    """Return whether two conditions hold for the same numbers."""
    expected, submitted = inference.trees[:2]
    looked, held = 0, set()
    for world in inference.worlds(seed=seed, count=_WORLDS):
        for symbol in sorted(_moving(expected, submitted), key=repr):
            if symbol not in world.numbers:
                continue
            fixed = {name: value for name, value in world.numbers.items() if name != symbol}
            for value in sorted({*_edges((expected, submitted), fixed), *_FAR, world.numbers[symbol]}):
                here = replace(world, numbers={**world.numbers, symbol: value})
                with PRECISION, ctx.workprec(256):
                    try:
                        truths = (Evaluator(here).truth(submitted), Evaluator(here).truth(expected))
                    except UndefinedError:
                        continue
                looked += 1
                held |= set(truths)
                if truths[0] != truths[1]:
                    return Counterexample(
                        check="compare",
                        parameters=here.describe(),
                        submitted=str(truths[0]).lower(),
                        expected=str(truths[1]).lower(),
                        difference="one condition holds there and the other does not",
                        submitted_form=to_latex(forms[1]),
                        expected_form=to_latex(forms[0]),
                    )
    if len(held) < 2:
        return Silence(check="compare", reason="no number was found that meets one of the conditions, or that fails")
    return Agreement(
        check="compare",
        trials=looked,
        digits=0,
        domain=inference.declarations.words,
        method="truth of both conditions at the edges, beside them, and elsewhere",
    )


def _moving(*trees: Node) -> set[Sym]:
    return {symbol for tree in trees for symbol in free_symbols(tree)}


def _edges(trees: Sequence[Node], numbers: dict[Sym, Fraction]) -> Iterator[Fraction]:
    found: set[Fraction] = set()
    for tree in trees:
        for part in walk(tree):
            ends: tuple[Node, ...] = ()
            if isinstance(part, Interval):
                ends = (part.lower, part.upper)
            elif isinstance(part, (Tuple, Set)):
                ends = part.items
            elif isinstance(part, Rel):
                ends = (part.lhs, part.rhs)
            for end in (*ends, part):
                value = exact(end, numbers)
                if value is not None and abs(value) < 10**9:
                    found.add(value)
    for value in found:
        yield from (value + step for step in _BESIDE)
        yield from ((value + other) / 2 for other in found)
