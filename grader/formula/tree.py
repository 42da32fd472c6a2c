"""The tree that every formula is read into: small immutable nodes, nothing in them can run.

A node says what was written, not what it is worth. `Div`, `Neg` and the order of terms are kept, since
form ("simplify", "in terms of") is a question of its own. Nodes are hashable and equal by structure.

    Num Const Sym                      atoms
    Add Mul Div Neg Pow Fn             arithmetic and the named functions (log, exp, logistic, ...)
    Call                               a function of the problem applied to arguments: r(x, y), pi(y | x)
    Big Limit Expect KL Grad Deriv At  operators that bind a variable, or act on a function of one
    Dist Rel Chain Seq Tuple Set Interval Matrix Cases    things that are not numbers
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any


class Node:
    """Base of all nodes; arithmetic on nodes builds trees, so that a reference function traces itself."""

    __slots__ = ()

    def __add__(self, other: object) -> Node:
        return Add((self, as_node(other)))

    def __radd__(self, other: object) -> Node:
        return Add((as_node(other), self))

    def __sub__(self, other: object) -> Node:
        return Add((self, Neg(as_node(other))))

    def __rsub__(self, other: object) -> Node:
        return Add((as_node(other), Neg(self)))

    def __mul__(self, other: object) -> Node:
        return Mul((self, as_node(other)))

    def __rmul__(self, other: object) -> Node:
        return Mul((as_node(other), self))

    def __truediv__(self, other: object) -> Node:
        return Div(self, as_node(other))

    def __rtruediv__(self, other: object) -> Node:
        return Div(as_node(other), self)

    def __pow__(self, other: object) -> Node:
        return Pow(self, as_node(other))

    def __rpow__(self, other: object) -> Node:
        return Pow(as_node(other), self)

    def __neg__(self) -> Node:
        return Neg(self)

    def sqrt(self) -> Node:
        """Return the square root as a tree (the hook that generic reference functions look for)."""
        return Fn("sqrt", (self,))

    def exp(self) -> Node:
        """Return the exponential as a tree."""
        return Fn("exp", (self,))

    def log(self) -> Node:
        """Return the natural logarithm as a tree."""
        return Fn("log", (self,))


@dataclass(frozen=True, slots=True)
class Num(Node):
    """An exact rational number; decimals are read exactly."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Const(Node):
    """A mathematical constant: `pi`, `e`, `oo`, or a truth value `true`, `false`."""

    name: str


@dataclass(frozen=True, slots=True)
class Sym(Node):
    """A symbol: its name with accents and labels (`hat X`, `pi^*`), and what stands in its index.

    `y_{\\tau(k)}` has the index tree tau(k); `y_w` has the index `Sym("w")`.
    """

    name: str
    index: Node | None = None


@dataclass(frozen=True, slots=True)
class Add(Node):
    """A sum of two or more terms, in the order written."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mul(Node):
    """A product of two or more factors, in the order written."""

    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Div(Node):
    """A fraction."""

    numerator: Node
    denominator: Node


@dataclass(frozen=True, slots=True)
class Neg(Node):
    """A negated term."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Pow(Node):
    """A power; `e^x` is `Pow(Const("e"), x)`."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Fn(Node):
    """A named function of mathematics applied to arguments; the names are `FUNCTIONS`."""

    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function of the problem, applied: `head(args | given)`; `primes` counts dashes (f', f'')."""

    head: Sym
    args: tuple[Node, ...]
    given: tuple[Node, ...] = ()
    primes: int = 0


@dataclass(frozen=True, slots=True)
class Big(Node):
    """A sum, product or integral over `variable`.

    `kind` is `sum`, `prod` or `int`. Bounds are None where only the variable is written (a sum over all
    values of it); `domain` is the set in `y \\in \\mathcal{Y}`.
    """

    kind: str
    variable: Sym
    lower: Node | None
    upper: Node | None
    body: Node
    domain: Node | None = None


@dataclass(frozen=True, slots=True)
class Extremum(Node):
    """`min`, `max`, `argmin` or `argmax` of `body` over `variable`."""

    kind: str
    variable: Node | None
    body: Node


@dataclass(frozen=True, slots=True)
class Limit(Node):
    """The limit of `body` as `variable` goes to `to`; `side` is `+`, `-` or empty."""

    variable: Sym
    to: Node
    side: str
    body: Node


@dataclass(frozen=True, slots=True)
class Binder(Node):
    """Names drawn from a distribution, below an expectation: `(x, y_w, y_l) \\sim \\mathcal{D}`."""

    names: tuple[Node, ...]
    source: Node | None


@dataclass(frozen=True, slots=True)
class Expect(Node):
    """An expectation; `kind` is `E`, `Var`, `Cov` or `P`. `given` is a condition after a bar."""

    kind: str
    binders: tuple[Binder, ...]
    body: Node
    given: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class KL(Node):
    """The Kullback-Leibler divergence of two distributions."""

    p: Node
    q: Node


@dataclass(frozen=True, slots=True)
class Grad(Node):
    """The gradient with respect to `variable` (None where it is not written)."""

    variable: Node | None
    body: Node


@dataclass(frozen=True, slots=True)
class Deriv(Node):
    """The derivative of `body` with respect to `variable`, `order` times."""

    variable: Sym
    order: int
    body: Node


@dataclass(frozen=True, slots=True)
class At(Node):
    """`[F]_a^b`: F at the upper bound less F at the lower; `variable` None means the only free one."""

    body: Node
    lower: Node
    upper: Node


@dataclass(frozen=True, slots=True)
class Dist(Node):
    """A named distribution with its arguments as written: `normal`, `uniform`, ..."""

    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Rel(Node):
    """One relation: `op` is one of `= ≈ ∼ ∝ → ≠ < ≤ > ≥ ∈ ≪ ≫ ≻ ≺ ≡`."""

    op: str
    lhs: Node
    rhs: Node


@dataclass(frozen=True, slots=True)
class Tuple(Node):
    """Items in parentheses, separated by commas."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Set(Node):
    """A set given by its members."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Interval(Node):
    """An interval of the real line."""

    lower: Node
    upper: Node
    closed_lower: bool
    closed_upper: bool


@dataclass(frozen=True, slots=True)
class Matrix(Node):
    """A matrix by rows; a column vector has rows of one entry."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Cases(Node):
    """A piecewise value: pairs of value and condition; the condition None is `otherwise`."""

    branches: tuple[tuple[Node, Node | None], ...]


@dataclass(frozen=True, slots=True)
class Dot(Node):
    """The placeholder in `\\pi(\\cdot \\mid x)`."""


FUNCTIONS = frozenset(
    [
        "log",
        "log2",
        "log10",
        "exp",
        "sqrt",
        "root",
        "abs",
        "sign",
        "sin",
        "cos",
        "tan",
        "cot",
        "sec",
        "csc",
        "asin",
        "acos",
        "atan",
        "acot",
        "sinh",
        "cosh",
        "tanh",
        "coth",
        "asinh",
        "acosh",
        "atanh",
        "logistic",
        "softplus",
        "gamma",
        "lgamma",
        "digamma",
        "beta",
        "factorial",
        "binomial",
        "floor",
        "ceil",
        "max",
        "min",
        "erf",
        "erfc",
        "norm",
        "det",
        "trace",
        "transpose",
        "inverse",
        "normal_pdf",
        "normal_cdf",
        "mod",
        "gcd",
        "heaviside",
        "relu",
        "logsumexp",
    ]
)


def as_node(value: object) -> Node:
    """Return `value` as a node: nodes as they are, exact numbers as `Num`."""
    if isinstance(value, Node):
        return value
    if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        return Num(Fraction(value))
    raise TypeError(f"expected a formula node, an int or a Fraction, got {value!r}")


def num(value: int | Fraction | str) -> Num:
    """Return an exact number node."""
    return Num(Fraction(value))


def children(node: Node) -> Iterator[Node]:
    """Yield the direct children of a node, left to right."""
    for spec in fields(node):  # type: ignore[arg-type]
        yield from _nodes_in(getattr(node, spec.name))


def _nodes_in(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)


def transform(node: Node, change: Callable[[Node], Node]) -> Node:
    """Return `node` with `change` applied to every direct child (and not to the node itself)."""
    values: dict[str, Any] = {}
    changed = False
    for spec in fields(node):  # type: ignore[arg-type]
        before = getattr(node, spec.name)
        after = _map_nodes(before, change)
        changed = changed or after is not before
        values[spec.name] = after
    return type(node)(**values) if changed else node


def _map_nodes(value: Any, change: Callable[[Node], Node]) -> Any:
    if isinstance(value, Node):
        return change(value)
    if isinstance(value, tuple):
        mapped = tuple(_map_nodes(item, change) for item in value)
        return mapped if any(new is not old for new, old in zip(mapped, value, strict=True)) else value
    return value


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and everything below it, parents first."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(list(children(current))))


def substitute(node: Node, replacements: Mapping[Node, Node]) -> Node:
    """Return `node` with each free occurrence of a key replaced; bound variables shadow."""
    if not replacements:
        return node
    if node in replacements:
        return replacements[node]
    bound = bound_by(node)
    if bound:
        replacements = {old: new for old, new in replacements.items() if old not in bound}
        inner = replacements
        return transform(node, lambda child: child if child in bound else substitute(child, inner))
    return transform(node, lambda child: substitute(child, replacements))


def bound_by(node: Node) -> frozenset[Node]:
    """Return the symbols that the node binds for what stands below it."""
    match node:
        case Big(variable=variable) | Limit(variable=variable):
            return frozenset({variable})
        case Expect(binders=binders):
            return frozenset(name for binder in binders for name in binder.names)
    return frozenset()


def free_symbols(node: Node) -> frozenset[Sym]:
    """Return the symbols that occur free; an index counts with its symbol and on its own."""
    if isinstance(node, Sym):
        inner = free_symbols(node.index) if node.index is not None else frozenset()
        return inner | {node}
    if isinstance(node, Call):
        found: frozenset[Sym] = frozenset()
        for child in (*node.args, *node.given):
            found |= free_symbols(child)
        return found
    found = frozenset()
    for child in children(node):
        found |= free_symbols(child)
    return frozenset(symbol for symbol in found if symbol not in bound_by(node))


def contains(node: Node, wanted: Node) -> bool:
    """Return whether `wanted` occurs anywhere in `node`."""
    return any(part == wanted for part in walk(node))


def size(node: Node) -> int:
    """Return the number of nodes."""
    return sum(1 for _ in walk(node))
