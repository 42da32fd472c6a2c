"""Known mistakes of code: the rubric's wrong forms, evaluated at the arguments of calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flint import arb

from grader.checks.form import tree_of
from grader.checks.values_compare import Numbers, compare
from grader.domains.world import FiniteWorld, symbol_text
from grader.formula.balls import Evaluator
from grader.formula.tree import Dist, Node, Sym
from grader.formula.values import BudgetExceededError, NoValueError, UndefinedError
from grader.rubric import FormulaItem, Mistake, Part, Returned, Signature, Written


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactWorld(FiniteWorld):
    """A world whose symbols have enclosures as values, from the floats of a call."""

    balls: Mapping[Sym, Any] = field(default_factory=dict)

    def symbol(self, symbol: Sym) -> Any:
        """Return the value of a free symbol.

        Raises:
            NoValueError: if it is not known.
        """
        if symbol in self.balls:
            return self.balls[symbol]
        raise NoValueError(f"{symbol_text(symbol)} has no value in a call", symbol_text(symbol))


def value_of_form(
    form: Written, part: Part, symbols: Mapping[Sym, Callable[..., Any]], arguments: Mapping[str, Any]
) -> Any:
    """Return the value of a formula at exact arguments, the variance for a law.

    Raises:
        NoValueError: The formula mentions what a call does not give.
        UndefinedError: It has no value there.
    """
    node: Node = tree_of(form, part)
    if isinstance(node, Dist):
        node = node.args[-1]
    world = ExactWorld(balls={symbol: value(**arguments) for symbol, value in symbols.items()})
    return Evaluator(world).value(node)


def named_mistake(
    item: FormulaItem,
    one: Returned,
    part: Part,
    signature: Signature,
    samples: Sequence[tuple[Mapping[str, Any], Numbers]],
) -> Mistake | None:
    """Return the known mistake whose values the submitted ones are, at every sample; None if there is none."""
    for mistake in item.mistakes:
        for wrong in _values(mistake, one, part, signature):
            if all(_is_this(numbers, wrong, arguments, one, signature.digits) for arguments, numbers in samples):
                return mistake
    return None


def _values(
    mistake: Mistake, one: Returned, part: Part, signature: Signature
) -> Sequence[Callable[[Mapping[str, Any]], Any]]:
    def of_function(function: Callable[..., Any]) -> Callable[[Mapping[str, Any]], Any]:
        return lambda arguments: function(**arguments)

    def of_form(form: Written) -> Callable[[Mapping[str, Any]], Any]:
        return lambda arguments: value_of_form(form, part, signature.symbols, arguments)

    given = one.mistakes.get(mistake.id)
    if given is not None:
        return [of_function(function) for function in given]
    return [of_form(form) for form in mistake.forms] if signature.symbols else []


def _is_this(
    numbers: Numbers,
    wrong: Callable[[Mapping[str, Any]], Any],
    arguments: Mapping[str, Any],
    one: Returned,
    digits: int,
) -> bool:
    try:
        value = wrong(arguments)
    except (NoValueError, UndefinedError, BudgetExceededError):
        return False
    expected = (arb(0), value) if one.kind == "law" else tuple(value) if one.kind == "vector" else (value,)
    if not all(isinstance(entry, arb) and entry.is_finite() for entry in expected):
        return False
    return compare(numbers, expected, digits=digits, kind=one.kind) in ("agree", "single")
