"""Which names in a derivation have a value, and the worlds in which two of its expressions are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Protocol

from grader.checks.steps_scope import COUNTING
from grader.domains.declarations import KINDS, Declarations
from grader.domains.draws import Draw, candidates
from grader.domains.inference import infer
from grader.domains.world import FiniteWorld, symbol_text
from grader.formula.balls import Evaluator
from grader.formula.printer import to_text
from grader.formula.tree import (
    Big,
    Call,
    Deriv,
    Expect,
    Extremum,
    Grad,
    Limit,
    Node,
    Num,
    Pow,
    Rel,
    Sym,
    bound_by,
    children,
    free_symbols,
    transform,
    walk,
)
from grader.formula.values import BudgetExceededError, NoValueError, UndefinedError
from grader.rubric import Space

_SIGNED = tuple(Fraction(text) for text in "2 -1 1/2 3 -3/2 1/3 -2 5/2 7/3 -1/4 4/5".split())
_POSITIVE = tuple(Fraction(text) for text in "2 1/2 3 1/3 3/2 5/2 1 7/3 1/4 4/5".split())
_WHOLE = tuple(Fraction(number) for number in (2, 3, 1, 4, 5, 6))


class HiddenError(ValueError):
    """A name without a value depends on a bound variable, so that nothing can be put in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Two expressions and the worlds in which they are compared.

    Attributes:
        left: The left side, with what has no value of its own named by a symbol.
        right: The right side, likewise.
        draw: Yields worlds, given a seed and a number.
        build: Builds one world from draws, where that is how they come: for shrinking.
    """

    left: Node
    right: Node
    draw: Callable[[str, int], Iterator[FiniteWorld]] = field(compare=False)
    build: Callable[[Draw], FiniteWorld] | None = field(default=None, compare=False)


class Knowledge(Protocol):
    """Which names have a value."""

    @property
    def space(self) -> Space | None:
        """The space of an assignment, if there is one."""
        ...

    def knows(self, node: Node) -> bool:
        """Return whether a symbol or an applied function has a value of its own."""
        ...

    def is_independent(self, node: Node) -> bool:
        """Return whether a name is given rather than derived, so that `name = value` is a condition."""
        ...

    def is_open(self, node: Node) -> bool:
        """Return whether a side has a value that a text may still define otherwise."""
        ...

    def unknowns(self, node: Node) -> frozenset[Node]:
        """Return the names in a tree that have no value of their own; `HiddenError` where that cannot be helped."""
        ...

    def setting(
        self, left: Node, right: Node, *, restrictions: tuple[Rel, ...] = (), is_positive: bool = False
    ) -> Setting:
        """Return where two expressions are compared; `is_positive` takes what is not declared as positive."""
        ...


class SpaceKnowledge:
    """Which names a space gives a value to; looked up once each."""

    def __init__(self, space: Space) -> None:
        self.space: Space | None = space
        self._base = space.build
        self.sample = next(candidates(space.build, seed="names", count=1), FiniteWorld())
        self._evaluator = Evaluator(self.sample)
        self._known: dict[Node, bool] = {}

    def knows(self, node: Node) -> bool:
        """Return whether a symbol or an applied function has a value in the worlds of the space."""
        if node not in self._known:
            self._known[node] = self._looked_up(node)
        return self._known[node]

    def _looked_up(self, node: Node) -> bool:
        world = self.sample
        if isinstance(node, Call):
            head = node.head
            return (
                head in world.tables
                or head in world.definitions
                or head.name in world.sequences
                or head in (Sym("logistic"), Sym("O"), Sym("o"), Sym("cal O"))
            )
        assert isinstance(node, Sym), "names are symbols or applied functions"
        if node in world.definitions or node in world.tables:
            return True
        try:
            self._evaluator.value(node)
        except NoValueError:
            return node.index is not None and node.name in world.sequences
        except UndefinedError:
            return True
        return True

    def is_independent(self, node: Node) -> bool:
        """Return whether a name is drawn rather than derived: `t`, `sigma^2`, the policy that is optimised."""
        if isinstance(node, Pow) and isinstance(node.exponent, Num):
            return self.is_independent(node.base)
        if isinstance(node, Sym):
            return node in self.sample.numbers or node in self.sample.members
        if isinstance(node, Call):
            table = self.sample.tables.get(node.head)
            return table is not None and table.is_parametric
        return False

    def is_open(self, node: Node) -> bool:
        """Return False: what a problem gives a value to keeps it."""
        return False

    def unknowns(self, node: Node) -> frozenset[Node]:
        """Return the names in a tree that have no value.

        Raises:
            HiddenError: if one of them depends on a variable that is bound in the tree.
        """
        found: set[Node] = set()
        self._collect(node, frozenset(), found)
        return frozenset(found)

    def _collect(self, node: Node, bound: frozenset[Node], found: set[Node]) -> None:
        if isinstance(node, Sym):
            if node in bound or Sym(node.name, Sym("dots")) in bound or self.knows(node):
                return
            self._add(node, bound, found)
        elif isinstance(node, Call) and not self.knows(node):
            self._add(node, bound, found)
        elif isinstance(node, Call):
            for child in (*node.args, *node.given):
                self._collect(child, bound, found)
        elif isinstance(node, Expect) and (node.kind != "E" or node.given):
            self._add(node, bound, found)
        elif isinstance(node, Expect):
            rows = [key for data in self.sample.data.values() for row in data for key in row]
            inner = bound | bound_by(node) | frozenset(rows)
            for binder in node.binders:
                if binder.source is not None and not isinstance(binder.source, Sym):
                    self._collect(binder.source, inner, found)
            self._collect(node.body, inner, found)
        elif isinstance(node, (Grad, Extremum, Deriv)):
            self._collect(node.body, bound, found)
        elif isinstance(node, (Big, Limit)):
            for child in children(node):
                if child != node.variable and child is not getattr(node, "domain", None):
                    self._collect(child, bound | bound_by(node), found)
        else:
            for child in children(node):
                self._collect(child, bound, found)

    def _add(self, node: Node, bound: frozenset[Node], found: set[Node]) -> None:
        inside = free_symbols(node) | {part for part in walk(node) if isinstance(part, Sym)}
        if inside & bound:
            raise HiddenError(f"{name_text(node)} has no value here and depends on a variable that is summed over")
        found.add(node)

    def setting(
        self, left: Node, right: Node, *, restrictions: tuple[Rel, ...] = (), is_positive: bool = False
    ) -> Setting:
        """Return the worlds of the space, in which names without a value get one too."""
        names = sorted(self.unknowns(left) | self.unknowns(right), key=repr)
        stand_ins: dict[Node, Sym] = {
            name: name if isinstance(name, Sym) else Sym(f"⟨{name_text(name)}⟩") for name in names
        }
        base = self._base

        def build(draw: Draw) -> FiniteWorld:
            world = base(draw)
            extra = {stand_in: draw(_pool(name)) for name, stand_in in stand_ins.items()}
            if is_positive:
                extra = {symbol: abs(value) for symbol, value in extra.items()}
            return replace(world, numbers={**world.numbers, **extra}) if extra else world

        def draw(seed: str, count: int) -> Iterator[FiniteWorld]:
            found = 0
            for world in candidates(build, seed=seed, count=4 * count if restrictions else count):
                if _satisfies(world, restrictions):
                    yield world
                    found += 1
                if found == count:
                    return

        replaced = {name: symbol for name, symbol in stand_ins.items() if name != symbol}
        return Setting(left=_put_in(left, replaced), right=_put_in(right, replaced), draw=draw, build=build)


def _satisfies(world: FiniteWorld, restrictions: tuple[Rel, ...]) -> bool:
    for one in restrictions:
        try:
            if not Evaluator(world).truth(one):
                return False
        except (NoValueError, UndefinedError, BudgetExceededError):
            continue
    return True


class DeclaredKnowledge:
    """A derivation outside of any assignment: what is declared has a value; the rest is inferred for each relation."""

    def __init__(self, declarations: Declarations, declared: frozenset[Sym]) -> None:
        self.space: Space | None = None
        self.declarations = declarations
        self.declared = declared

    def knows(self, node: Node) -> bool:
        """Return whether a symbol or a function was declared."""
        if isinstance(node, Sym):
            if node in self.declarations.functions:
                return True
            family = Sym(node.name) if node.index is not None else node
            return node in self.declared or node in self.declarations.bindings or family in self.declared
        head = node.head if isinstance(node, Call) else None
        named = self.declarations
        return head is not None and (head in named.definitions or head in named.functions or head == Sym("logistic"))

    def is_open(self, node: Node) -> bool:
        """Return whether a side is a declared function at plain arguments, which a text may define."""
        if not isinstance(node, Call) or node.head not in self.declarations.functions:
            return False
        return self.declarations.functions[node.head] in KINDS and all(
            isinstance(argument, Sym) for argument in (*node.args, *node.given)
        )

    def is_independent(self, node: Node) -> bool:
        """Return whether a side is a declared symbol or a power of one."""
        if isinstance(node, Pow) and isinstance(node.exponent, Num):
            return self.is_independent(node.base)
        return isinstance(node, Sym) and self.knows(node)

    def unknowns(self, node: Node) -> frozenset[Node]:
        """Return the names that are not declared; a function or family under a sum is named by its head."""
        found: set[Node] = set()
        self._collect(node, frozenset(), found)
        return frozenset(found)

    def _collect(self, node: Node, bound: frozenset[Node], found: set[Node]) -> None:
        if isinstance(node, Sym):
            if node in bound or self.knows(node):
                return
            inside = free_symbols(node.index) if node.index is not None else frozenset()
            found.add(Sym(node.name, Sym("dots")) if inside & bound else node)
        elif isinstance(node, Call):
            if not self.knows(node):
                inside = frozenset(symbol for child in (*node.args, *node.given) for symbol in free_symbols(child))
                found.add(Call(node.head, ()) if inside & bound else node)
            for child in (*node.args, *node.given):
                self._collect(child, bound, found)
        else:
            inner = bound | bound_by(node)
            for child in children(node):
                if child not in bound_by(node):
                    self._collect(child, inner, found)

    def setting(
        self, left: Node, right: Node, *, restrictions: tuple[Rel, ...] = (), is_positive: bool = False
    ) -> Setting:
        """Return worlds inferred for the two expressions.

        Raises:
            NoValueError: where a construct has no meaning that could be inferred.
        """
        used = free_symbols(left) | free_symbols(right)
        kept = [one for one in restrictions if free_symbols(one) <= used]
        if is_positive:
            zero = Num(Fraction(0))
            kept += [Rel(">", symbol, zero) for symbol in sorted(used - self.declared, key=repr)]
        whole = {s for s in used - self.declared if s.index is None and s.name in COUNTING and s.name != "T"}
        declarations = replace(
            self.declarations,
            constraints=(*self.declarations.constraints, *kept),
            integers=self.declarations.integers | whole,
        )
        inference = infer((left, right), declarations)

        def draw(seed: str, count: int) -> Iterator[FiniteWorld]:
            yield from inference.worlds(seed=seed, count=count)

        return Setting(left=inference.trees[0], right=inference.trees[1], draw=draw)


def _pool(name: Node) -> tuple[Fraction, ...]:
    if isinstance(name, Sym) and name.index is None and name.name in COUNTING:
        return _WHOLE
    return _SIGNED


def name_text(node: Node) -> str:
    """Return a name as a person writes it."""
    return symbol_text(node) if isinstance(node, Sym) else to_text(node)


def _put_in(node: Node, stand_ins: Mapping[Node, Node]) -> Node:
    """Return the tree with names that are not symbols replaced by the symbols that stand for them."""
    if node in stand_ins:
        return stand_ins[node]
    return transform(node, lambda child: _put_in(child, stand_ins))
