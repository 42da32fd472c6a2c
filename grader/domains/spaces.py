"""Finite sample spaces for random variables and events that have no binder."""

from __future__ import annotations

import random
from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

from grader.domains import pools
from grader.domains.declarations import Declarations
from grader.domains.inferred_world import Laws, Space
from grader.domains.sorts import exact
from grader.formula.tree import Sym
from grader.formula.values import NoValueError

if TYPE_CHECKING:
    from grader.domains.families import Families

Cases = list[tuple[Fraction, Mapping[Sym, Fraction | bool]]]
MAX_CASES = 700
_POINTS = 4


def sample_space(
    families: Families, declarations: Declarations, generator: random.Random, numbers: Mapping[Sym, Fraction]
) -> tuple[Space, Laws]:
    """Return weights and values of all random symbols: independent ones where that is declared, else any joint law.

    Variables with a declared law come apart: they are independent of each other and of the rest.

    Raises:
        NoValueError: for a law whose parameters are not numbers, or too many variables.
    """
    events = sorted(families.events, key=repr)
    lawful = sorted((v for v in families.variables if v in declarations.laws), key=repr)
    free = sorted((v for v in families.variables if v not in declarations.laws), key=repr)
    if not events and not lawful and not free:
        return (), ()
    if declarations.are_independent:
        factors = [_alone(symbol, symbol in events, generator) for symbol in (*events, *free)]
    else:
        factors = [_together(events, free, generator)] if events or free else []
    laws: list[tuple[Sym, str, tuple[Fraction, ...]]] = []
    for variable in lawful:
        law = declarations.laws[variable]
        parameters = [exact(argument, numbers) for argument in law.args]
        if any(value is None for value in parameters):
            raise NoValueError(f"the parameters of the law of {variable.name} are not rational")
        laws.append((variable, law.name, tuple(value for value in parameters if value is not None)))
    rows: list[tuple[Fraction, Mapping[Sym, Fraction | bool]]] = [(Fraction(1), {})]
    for factor in factors:
        rows = [(weight * more, {**values, **extra}) for weight, values in rows for more, extra in factor]
        if len(rows) * 5 ** len(laws) > MAX_CASES:
            raise NoValueError("too many random variables at once")
    return (tuple(rows) if factors else ()), tuple(laws)


def _weights(count: int, generator: random.Random) -> list[Fraction]:
    drawn = [generator.choice(pools.WEIGHTS) for _ in range(count)]
    return [Fraction(weight, sum(drawn)) for weight in drawn]


def _alone(symbol: Sym, is_event: bool, generator: random.Random) -> Cases:
    values: list[Fraction | bool] = [True, False] if is_event else list(generator.sample(pools.SIGNED[:14], 3))
    return [(weight, {symbol: value}) for weight, value in zip(_weights(len(values), generator), values, strict=True)]


def _together(events: list[Sym], variables: list[Sym], generator: random.Random) -> Cases:
    """Return a joint law in which each combination of events happens."""
    if len(events) > 5:
        raise NoValueError("too many events at once")
    combinations = list(product((True, False), repeat=len(events)))
    while len(combinations) < _POINTS or (events and variables and len(combinations) < 2 ** len(events) * 2):
        combinations = combinations + combinations
    rows: list[Mapping[Sym, Fraction | bool]] = []
    for combination in combinations:
        drawn: dict[Sym, Fraction | bool] = dict(zip(events, combination, strict=True))
        drawn.update({variable: generator.choice(pools.SIGNED[:16]) for variable in variables})
        rows.append(drawn)
    return list(zip(_weights(len(rows), generator), rows, strict=True))
