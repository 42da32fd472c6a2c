"""From two formulas and what is declared: what sort each symbol is of, and worlds in which both have values."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

from flint import ctx

from grader.domains import families, pools, sorts
from grader.domains.declarations import Declarations
from grader.domains.draws import RejectedError
from grader.domains.inferred_world import PARAMETERS, InferredWorld, Rows
from grader.domains.sorts import exact
from grader.domains.spaces import sample_space
from grader.formula.balls import Evaluator
from grader.formula.meaning import Meter
from grader.formula.normal import Assumptions
from grader.formula.tree import Call, Node, Num, Rel, Sym, free_symbols, walk
from grader.formula.values import NoValueError, UndefinedError

ATTEMPTS = 24
COUNTED = 12  # sums and products of symbolic length are looked at for lengths 1..12
_FLIPPED = {"<": ">", "≤": "≥", ">": "<", "≥": "≤"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """The numbers between which a symbol lies; None where there is none."""

    lower: Fraction | None = None
    upper: Fraction | None = None
    has_lower: bool = False
    has_upper: bool = False

    def above(self, value: Fraction, *, attained: bool) -> Bounds:
        """Return the bounds with one more lower bound."""
        if self.lower is not None and (self.lower > value or (self.lower == value and not self.has_lower)):
            return self
        return Bounds(value, self.upper, attained, self.has_upper)

    def below(self, value: Fraction, *, attained: bool) -> Bounds:
        """Return the bounds with one more upper bound."""
        if self.upper is not None and (self.upper < value or (self.upper == value and not self.has_upper)):
            return self
        return Bounds(self.lower, value, self.has_lower, attained)

    @property
    def is_positive(self) -> bool:
        """Whether everything between the bounds is greater than zero."""
        return self.lower is not None and (self.lower > 0 or (self.lower == 0 and not self.has_lower))


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """What two formulas need of a world.

    Attributes:
        trees: The formulas with bindings written out and their functions named.
        constraints: What must hold at every point.
        numbers: Symbols that are real numbers, in the order in which they are drawn.
        bounds: Constant bounds of numbers and of functions.
        counted: Integers that bound a sum or product.
        constants: Numbers at which pieces of the formulas may meet.
    """

    declarations: Declarations
    trees: tuple[Node, ...]
    constraints: tuple[Rel, ...]
    numbers: tuple[Sym, ...]
    integers: frozenset[Sym]
    bounds: Mapping[Sym, Bounds]
    counted: frozenset[Sym]
    constants: tuple[Fraction, ...]
    sorts: sorts.Sorts
    families: families.Families
    meter: Meter = field(default_factory=lambda: Meter(10**7))

    @property
    def has_matrices(self) -> bool:
        """Whether some symbols are vectors or matrices, whose products do not commute."""
        return bool(self.sorts.shapes)

    def assumptions(self) -> Assumptions:
        """Return what the domain says, for proofs."""
        positive: set[Node] = {symbol for symbol, known in self.bounds.items() if known.is_positive}
        nonzero: set[Node] = set()
        for constraint in self.constraints:
            if any(isinstance(part, Rel) for part in (constraint.lhs, constraint.rhs)):
                continue
            gap = constraint.rhs - constraint.lhs
            if constraint.op in ("<", ">"):
                positive.add(gap if constraint.op == "<" else constraint.lhs - constraint.rhs)
            elif constraint.op == "≠":
                nonzero.add(constraint.lhs if constraint.rhs == Num(Fraction(0)) else gap)
        for tree in self.trees:
            for part in walk(tree):
                if isinstance(part, Call) and part.head in self.bounds and self.bounds[part.head].is_positive:
                    positive.add(part)
                    known = self.bounds[part.head]
                    if known.upper is not None:
                        positive.add(Num(known.upper) - part)
        return Assumptions(positive=frozenset(positive), integer=self.integers, nonzero=frozenset(nonzero))

    def worlds(self, *, seed: str, count: int) -> Iterator[InferredWorld]:
        """Yield worlds of the domain, the simplest first; the same for the same seed."""
        generator = random.Random(hashlib.sha256(seed.encode()).digest())
        for number in range(count):
            for _ in range(ATTEMPTS):
                try:
                    yield self._build(generator, number)
                except RejectedError:
                    continue
                break

    def _build(self, generator: random.Random, number: int) -> InferredWorld:
        drawing = _Drawing(self, generator, number)
        for symbol in self.numbers:
            drawing.numbers[symbol] = drawing.value(symbol)
        return drawing.world()


class _Drawing:
    """One world while it is drawn."""

    def __init__(self, inference: Inference, generator: random.Random, number: int) -> None:
        self.inference = inference
        self.generator = generator
        self.number = number
        self.numbers: dict[Sym, Fraction] = {}
        families = inference.families
        self.support: tuple[Fraction, ...] = ()
        if families.needs_support:
            self.support = tuple(generator.sample(pools.SUPPORT, 2 if families.is_wide else 3))

    def pick(self, pool: Sequence[Fraction]) -> Fraction:
        """Return a member of a pool: early worlds stay among its simple members."""
        return pool[self.generator.randrange(min(len(pool), 4 + 3 * self.number))]

    def value(self, symbol: Sym) -> Fraction:
        """Return a value of a symbol that fits the bounds known so far."""
        inference = self.inference
        if symbol in inference.declarations.members:
            return self.pick(inference.declarations.members[symbol])
        if symbol in inference.families.supported and self.support:
            return self.generator.choice(self.support)
        if symbol.name in inference.families.cardinal:
            return Fraction(len(self.support))
        known = self._bounds(symbol)
        if symbol in inference.integers:
            return self._integer(symbol, known)
        fitting = [
            value
            for value in inference.constants
            if (known.lower is None or value > known.lower) and (known.upper is None or value < known.upper)
        ]
        if fitting and self.generator.random() < 0.4:
            return self.generator.choice(fitting)
        if known.lower is not None and known.upper is not None:
            if known.lower > known.upper or (known.lower == known.upper and not known.has_lower):
                raise RejectedError
            share = self.pick(pools.SHARES)
            edges = [Fraction(0)] * known.has_lower + [Fraction(1)] * known.has_upper
            if edges and self.generator.random() < 0.1:
                share = self.generator.choice(edges)
            return known.lower + (known.upper - known.lower) * share
        if known.lower is not None:
            return known.lower + self._size(known.has_lower)
        if known.upper is not None:
            return known.upper - self._size(known.has_upper)
        return self.pick(pools.SIGNED)

    def _size(self, may_vanish: bool) -> Fraction:
        if may_vanish and self.generator.random() < 0.1:
            return Fraction(0)
        return self.pick(pools.SIZES)

    def _integer(self, symbol: Sym, known: Bounds) -> Fraction:
        low = high = None
        if known.lower is not None:
            low = ceil(known.lower) + (known.lower.denominator == 1 and not known.has_lower)
        if known.upper is not None:
            high = floor(known.upper) - (known.upper.denominator == 1 and not known.has_upper)
        if low is not None and high is not None:
            if low > high:
                raise RejectedError
            return Fraction(self.generator.randint(low, min(high, low + COUNTED)))
        if low is not None or symbol in self.inference.counted:
            first = 1 if low is None else low
            if symbol in self.inference.counted:
                return Fraction(first + self.number % COUNTED)
            return Fraction(first + self.generator.randrange(min(COUNTED, 3 + self.number)))
        if high is not None:
            return Fraction(high - self.generator.randrange(COUNTED))
        return Fraction(self.generator.randrange(-2 - self.number, 4 + self.number))

    def _bounds(self, symbol: Sym) -> Bounds:
        known = self.inference.bounds.get(symbol, Bounds())
        for constraint in self.inference.constraints:
            if constraint.op not in _FLIPPED:
                continue
            free = free_symbols(constraint)
            if symbol not in free or any(other != symbol and other not in self.numbers for other in free):
                continue
            at = [exact(constraint.lhs - constraint.rhs, {**self.numbers, symbol: Fraction(v)}) for v in (0, 1, 2)]
            if at[0] is None or at[1] is None or at[2] is None or at[2] - at[1] != at[1] - at[0] or at[1] == at[0]:
                continue
            slope, edge = at[1] - at[0], -at[0] / (at[1] - at[0])
            op = constraint.op if slope > 0 else _FLIPPED[constraint.op]
            attained = op in ("≤", "≥")
            known = known.below(edge, attained=attained) if op in ("<", "≤") else known.above(edge, attained=attained)
        return known

    def world(self) -> InferredWorld:
        """Return the world, if it keeps all constraints.

        Raises:
            RejectedError: if it does not.
        """
        inference = self.inference
        moves = inference.families.has_gradient
        parameters = {symbol: self.pick(pools.SIGNED) for symbol in PARAMETERS} if moves else {}
        matrices = self._matrices()
        space, laws = sample_space(inference.families, inference.declarations, self.generator, self.numbers)
        world = InferredWorld(
            numbers={**self.numbers, **parameters},
            matrices=matrices,
            support=self.support,
            indexed=inference.families.indexed,
            definitions={
                **inference.families.definitions(self.generator, inference.bounds),
                **inference.declarations.definitions,
            },
            densities=inference.families.densities,
            vectors={symbol: len(rows) for symbol, rows in matrices.items() if len(rows[0]) == 1 and len(rows) > 1},
            space=space,
            laws=laws,
            salt=str(self.generator.random()),
            meter=inference.meter,
        )
        for constraint in inference.constraints:
            if not _holds(constraint, world, self.numbers):
                raise RejectedError
        return world

    def _matrices(self) -> dict[Sym, Rows]:
        found: dict[Sym, Rows] = {}
        declared = self.inference.declarations
        for symbol, (row_node, column_node) in self.inference.sorts.shapes.items():
            rows, columns = (self._length(node) for node in (row_node, column_node))
            entries = [[self.pick(pools.SIGNED) for _ in range(columns)] for _ in range(rows)]
            if symbol in self.inference.sorts.identities:
                entries = [[Fraction(i == j) for j in range(columns)] for i in range(rows)]
            elif symbol in declared.definite and rows == columns:
                entries = [
                    [sum((entries[k][i] * entries[k][j] for k in range(rows)), Fraction(i == j)) for j in range(rows)]
                    for i in range(rows)
                ]
            elif symbol in declared.symmetric and rows == columns:
                entries = [[entries[min(i, j)][max(i, j)] for j in range(rows)] for i in range(rows)]
            found[symbol] = tuple(tuple(row) for row in entries)
        return found

    def _length(self, node: Node) -> int:
        value = exact(node, self.numbers)
        if value is None or value.denominator != 1 or not 1 <= value <= 6:
            raise RejectedError
        return int(value)


def _holds(constraint: Rel, world: InferredWorld, numbers: Mapping[Sym, Fraction]) -> bool:
    left, right = exact(constraint.lhs, numbers), exact(constraint.rhs, numbers)
    if left is not None and right is not None:
        return {
            "<": left < right, "≤": left <= right, ">": left > right, "≥": left >= right,
            "≠": left != right, "=": left == right,
        }.get(constraint.op, True)  # fmt: skip
    from grader.checks.pairs import PRECISION

    with PRECISION, ctx.workprec(256):
        try:
            return Evaluator(world).truth(constraint)
        except UndefinedError:
            return False


def infer(trees: Sequence[Node], declarations: Declarations, *, meter: Meter | None = None) -> Inference:
    """Return what the formulas need of a world.

    Raises:
        NoValueError: where a construct has no meaning that could be inferred.
    """
    bound = tuple(declarations.bound(tree) for tree in trees)
    constraints = tuple(
        Rel(rel.op, declarations.bound(rel.lhs), declarations.bound(rel.rhs)) for rel in declarations.constraints
    )
    found_sorts = sorts.infer_sorts(bound, declarations)
    named = families.name_functions((*bound, *constraints), declarations, found_sorts)
    trees = named.trees[: len(bound)]
    constraints = tuple(part for part in named.trees[len(bound) :] if isinstance(part, Rel))
    head_bounds, kept = _bounds_of_heads(constraints)
    counted = frozenset(symbol for tree in trees for symbol in sorts.counted(tree))
    whole = declarations.integers | counted | frozenset(s for tree in trees for s in sorts.whole(tree))
    bounds = {**_constant_bounds(kept), **head_bounds}
    taken = set(found_sorts.shapes) | set(named.events) | set(named.variables)
    symbols: list[Sym] = []
    lawful = [law for symbol, law in declarations.laws.items() if symbol in named.variables]
    for tree in (*kept, *trees, *lawful, *(node for shape in found_sorts.shapes.values() for node in shape)):
        for symbol in sorts.atoms(tree):
            if symbol not in taken and symbol not in symbols:
                symbols.append(symbol)
    for node in named.leftover:
        symbols.extend(symbol for symbol in sorts.atoms(node) if symbol not in taken and symbol not in symbols)
    if Sym("i") in symbols and Sym("i") not in declarations.notation.scalars:
        raise NoValueError("i may be the imaginary unit, and is not declared as a number")
    symbols.sort(key=lambda symbol: (symbol not in counted, symbol not in whole))
    return Inference(
        declarations=declarations,
        trees=trees,
        constraints=kept,
        numbers=tuple(symbols),
        integers=whole,
        bounds=bounds,
        counted=counted,
        constants=sorts.breaking_points(trees),
        sorts=found_sorts,
        families=named,
        meter=meter or Meter(10**7),
    )


def _constant_bounds(constraints: Sequence[Rel]) -> dict[Sym, Bounds]:
    """Return what chains of inequalities between symbols and numbers say of each symbol."""
    bounds: dict[Sym, Bounds] = {}
    for _ in range(len(constraints) + 1):
        before = dict(bounds)
        for constraint in constraints:
            for op, left, right in (
                (constraint.op, constraint.lhs, constraint.rhs),
                (_FLIPPED.get(constraint.op, ""), constraint.rhs, constraint.lhs),
            ):
                if op not in ("<", "≤"):
                    continue
                strict = op == "<"
                if isinstance(right, Sym):
                    low, closed = _lowest(left, bounds)
                    if low is not None:
                        bounds[right] = bounds.get(right, Bounds()).above(low, attained=closed and not strict)
                if isinstance(left, Sym):
                    high, closed = _highest(right, bounds)
                    if high is not None:
                        bounds[left] = bounds.get(left, Bounds()).below(high, attained=closed and not strict)
        if bounds == before:
            break
    return bounds


def _lowest(node: Node, bounds: Mapping[Sym, Bounds]) -> tuple[Fraction | None, bool]:
    value = exact(node, {})
    if value is not None:
        return value, True
    known = bounds.get(node, Bounds()) if isinstance(node, Sym) else Bounds()
    return known.lower, known.has_lower


def _highest(node: Node, bounds: Mapping[Sym, Bounds]) -> tuple[Fraction | None, bool]:
    value = exact(node, {})
    if value is not None:
        return value, True
    known = bounds.get(node, Bounds()) if isinstance(node, Sym) else Bounds()
    return known.upper, known.has_upper


def _bounds_of_heads(constraints: Sequence[Rel]) -> tuple[dict[Sym, Bounds], tuple[Rel, ...]]:
    """Return the bounds of applied functions, and the constraints that say something else."""
    stand_in: dict[Node, Sym] = {}
    about: list[Rel] = []
    kept: list[Rel] = []
    for constraint in constraints:
        calls = [side for side in (constraint.lhs, constraint.rhs) if isinstance(side, Call)]
        other = constraint.rhs if isinstance(constraint.lhs, Call) else constraint.lhs
        if len(calls) == 1 and calls[0].head.name not in ("∩", "∪", "complement") and exact(other, {}) is not None:
            stand_in[calls[0]] = calls[0].head
            about.append(Rel(constraint.op, *(stand_in.get(s, s) for s in (constraint.lhs, constraint.rhs))))
        else:
            kept.append(constraint)
    bounds = _constant_bounds(about)
    for relation in about:
        # A function that is nowhere zero is taken as positive: its sign could not change without a zero.
        if relation.op == "≠":
            head = relation.lhs if isinstance(relation.lhs, Sym) else relation.rhs
            if isinstance(head, Sym) and head not in bounds:
                bounds[head] = Bounds(lower=exact(relation.rhs if head is relation.lhs else relation.lhs, {}))
    return bounds, tuple(kept)
