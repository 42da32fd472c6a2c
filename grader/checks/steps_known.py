"""What an assignment knows about the names in a derivation: values of answers, the optimum, the regimes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.checks import form
from grader.domains.draws import candidates
from grader.domains.world import FiniteWorld
from grader.formula.tree import (
    Big,
    Call,
    Dist,
    Expect,
    Node,
    Rel,
    Sym,
    Tuple,
    free_symbols,
    substitute,
    transform,
    walk,
)
from grader.reading.finding import matches, pattern
from grader.rubric import FormulaItem, Part, Regime, Rubric


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRight:
    """A quantity whose value the assignment knows: an item of a part, and whether only its labelled values count."""

    part: Part
    item: FormulaItem
    labelled_only: bool = False

    def names(self) -> tuple[Node, ...]:
        """Return the left sides that name the quantity."""
        notation = self.part.space.notation
        return tuple(pattern(name, notation) for name in self.item.names)

    def alternatives(self, label: Node) -> tuple[Node, ...]:
        """Return the right values for a left side, as what the item asks for; empty if it names another thing."""
        notation, item, part = self.part.space.notation, self.item, self.part
        labelled = tuple(
            one for one in item.expected if any(matches(pattern(text, notation), label) for text in one.labels)
        )
        if not labelled:
            if self.labelled_only or not any(matches(name, label) for name in self.names()):
                return ()
            if _has_relation(label) and not isinstance(label, Expect):
                # p(y_1 > y_2 | x) is not what an item about p(tau | ...) asks for.
                return ()
            labelled = tuple(one for one in item.expected if not one.labels) or item.expected
        return tuple(form.as_kind(form.tree_of(one.value, part), None, item, part.space) for one in labelled)


def _has_relation(label: Node) -> bool:
    return isinstance(label, Call) and any(isinstance(argument, Rel) for argument in label.args)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known besides the space.

    Attributes:
        names: Quantities with a known right value.
        regimes: Where approximations are judged.
        optimum: The policy that solves the problem, by the head that is optimised.
    """

    names: tuple[KnownRight, ...] = ()
    regimes: tuple[Regime, ...] = ()
    optimum: Mapping[Sym, tuple[tuple[Node, ...], Node]] = field(default_factory=dict)

    def value_of(self, label: Node) -> tuple[KnownRight, tuple[Node, ...]] | None:
        """Return the item that a left side names, and its right values."""
        for one in self.names:
            found = one.alternatives(label)
            if found:
                return one, found
        return None

    def at_optimum(self, node: Node) -> Node:
        """Return a tree with what is optimised replaced by the optimum."""
        if isinstance(node, Call) and node.head in self.optimum:
            parameters, body = self.optimum[node.head]
            values = (*node.args, *node.given)
            if len(values) <= len(parameters):
                return substitute(body, dict(zip(parameters[: len(values)], values, strict=True)))
        return transform(node, self.at_optimum)


def known_in(rubric: Rubric, part: Part) -> Known:
    """Return what an assignment knows for a derivation that answers one of its parts."""
    same = [other for other in rubric.parts if other.space is part.space]
    names = [KnownRight(part=part, item=item) for item in part.items if isinstance(item, FormulaItem) and item.names]
    for other in same:
        if other is not part:
            items = [item for item in other.items if isinstance(item, FormulaItem)]
            names += [KnownRight(part=other, item=item, labelled_only=True) for item in items if _is_specific(item)]
    regimes: list[Regime] = []
    for other in same:
        for item in other.items:
            if isinstance(item, FormulaItem) and item.regime is not None and item.regime not in regimes:
                regimes.append(item.regime)
    return Known(names=tuple(names), regimes=tuple(regimes), optimum=_optimum(same))


def _is_specific(item: FormulaItem) -> bool:
    """Return whether the labels of an item say all that its value depends on: `p(y_1 \\succ y_2 | x)`."""
    return any(r"\succ" in label for one in item.expected for label in one.labels)


def _optimum(parts: list[Part]) -> Mapping[Sym, tuple[tuple[Node, ...], Node]]:
    """Return the solution for a parametric table where an item asks for it by name."""
    found: dict[Sym, tuple[tuple[Node, ...], Node]] = {}
    for part in parts:
        world = next(candidates(part.space.build, seed="names", count=1), FiniteWorld())
        heads = {head for head, table in world.tables.items() if table.is_parametric}
        for item in part.items:
            if not isinstance(item, FormulaItem) or not item.at:
                continue
            at = pattern(item.at, part.space.notation)
            named = {pattern(name, part.space.notation) for name in item.names}
            if isinstance(at, Call):
                for head in sorted(heads & {name for name in named if isinstance(name, Sym)}, key=repr):
                    found[head] = ((*at.args, *at.given), form.tree_of(item.expected[0].value, part))
    return found


def is_finite_form(value: Node, expected: Node, regimes: tuple[Regime, ...]) -> bool:
    """Return whether a value still has a step or a number of steps in it of which the expected value is the limit."""
    moving = {symbol for regime in regimes for symbol, power in regime.powers.items() if power < 0}
    steps = {
        symbol
        for regime in regimes
        if any(power < 0 for power in regime.powers.values())
        for symbol, power in regime.powers.items()
        if abs(power) == max(abs(other) for other in regime.powers.values())
    }
    return bool((free_symbols(value) & (moving | steps)) - free_symbols(expected))


def as_item(value: Node, label: Node, known: KnownRight) -> Node | None:
    """Return a value as what the item asks for, None where the relation says something else about the quantity."""
    item, space = known.item, known.part.space
    if item.kind == "objective":
        return None
    if item.kind == "law":
        is_moment = isinstance(label, Expect) or (isinstance(label, Sym) and label.name in ("Var", "Std"))
        is_law = isinstance(value, (Dist, Tuple)) or bool(free_symbols(value) & space.random.keys())
        if not is_moment and not is_law:
            return None
        if isinstance(label, Expect) and label.kind not in ("Var", "Std"):
            return None
    elif (isinstance(label, Expect) and label.kind == "Std") or isinstance(value, Dist):
        return None
    try:
        return form.as_kind(value, label, item, space)
    except form.NotOfKindError:
        return None


def has_variable_sum(node: Node) -> bool:
    """Return whether a tree has a sum or product whose length is a symbol."""
    return any(isinstance(part, Big) and part.upper is not None and free_symbols(part.upper) for part in walk(node))
