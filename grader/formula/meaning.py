"""What a world must answer so that formulas have values in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeGuard

from flint import ctx

from grader.formula.tree import KL, Binder, Call, Node, Sym
from grader.formula.values import BudgetExceededError, Value

if TYPE_CHECKING:
    from grader.formula.balls import Evaluator


class Meter:
    """What all evaluations of one comparison may spend together; an operation costs more with more digits."""

    def __init__(self, units: int) -> None:
        self.units = self.left = units

    def spend(self, units: int = 1) -> None:
        """Count an operation at the precision in force.

        Raises:
            BudgetExceededError: past the budget.
        """
        self.left -= units + ctx.prec // 1024
        if self.left < 0:
            raise BudgetExceededError(f"the comparison takes more than {self.units} operations")


class World(Protocol):
    """One assignment of values to the atoms of a problem."""

    def symbol(self, symbol: Sym) -> Value:
        """Return the value of a free symbol; `NoValueError` if there is none."""
        ...

    def element(self, name: str, index: Value) -> Value:
        """Return a member of a sequence such as y_1, y_2, ...; `NoValueError` if there is no such sequence."""
        ...

    def call(self, call: Call, args: Sequence[Value], given: Sequence[Value]) -> Value:
        """Return the value of a function of the problem."""
        ...

    def definition(self, head: Sym) -> tuple[tuple[Sym, ...], tuple[Sym, ...], Node] | None:
        """Return parameters, condition parameters and body of a function that is defined by a formula."""
        ...

    def outcomes(self, variable: Sym, domain: Node | None, body: Node | None = None) -> Sequence[Value]:
        """Return the range of a variable that is summed over without bounds."""
        ...

    def conditions(self, head: Sym, arguments: int) -> Sequence[Sym]:
        """Return the conditions that an application with so many arguments leaves out."""
        ...

    def last_index(self) -> int:
        """Return the last index of the sequences, for sums whose upper bound is not written."""
        ...

    def draws(self, binder: Binder, values: Evaluator) -> Sequence[tuple[Value, Mapping[Node, Value]]]:
        """Return weights and bindings of the finite distribution below an expectation."""
        ...

    def gradient(self, call: Call, variable: Node | None) -> Node | None:
        """Return the gradient of a call in the parameters; None where it does not depend on them."""
        ...

    def divergence_variable(self, divergence: KL) -> Sym:
        """Return the symbol over which a divergence sums."""
        ...


class InferredMeaning(World, Protocol):
    """A world made for one comparison: it shares a meter, knows directions of gradients and a sample space."""

    meter: Meter

    def directions(self, variable: Node | None) -> list[tuple[Sym, Node]]:
        """Return the steps along which a gradient is taken."""
        ...

    def sample_space(self) -> Sequence[tuple[Value, Mapping[Node, Value]]]:
        """Return weights and values of the random variables without a binder."""
        ...


def is_inferred(world: World) -> TypeGuard[InferredMeaning]:
    """Return whether a world was made for one comparison."""
    return hasattr(type(world), "sample_space")
