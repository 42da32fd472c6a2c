"""A world made for one comparison: numbers, matrices, unknown functions, finite ranges and a sample space."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from flint import arb, arb_mat

from grader.domains.world import FiniteWorld, ball, symbol_text
from grader.formula.balls import Evaluator
from grader.formula.meaning import Meter
from grader.formula.tree import KL, Binder, Call, Const, Dist, Matrix, Node, Num, Sym, walk
from grader.formula.values import Collection, NoValueError, Value

Rows = tuple[tuple[Fraction, ...], ...]
Space = tuple[tuple[Fraction, Mapping[Sym, Fraction | bool]], ...]
Laws = tuple[tuple[Sym, str, tuple[Fraction, ...]], ...]
PARAMETER = "component of theta"
PARAMETERS = (Sym(PARAMETER, Num(Fraction(1))), Sym(PARAMETER, Num(Fraction(2))))
MAX_ROWS = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class InferredWorld(FiniteWorld):
    """Values of everything that two formulas mention.

    Attributes:
        matrices: Exact entries of vectors (columns) and matrices.
        support: The finite range over which sums without bounds, divergences and policies run.
        indexed: Names of sequences x_1, x_2, ...: whether their members are positive.
        space: Weights and values of the random variables and events without a binder.
        laws: Random variables with a named law, independent of each other and of the space.
        densities: How many arguments each distribution has, for draws from it.
        vectors: Symbols that gradients move, with their length; a number where it is 1.
        salt: Text from which unwritten values follow.
        meter: What may be spent; shared by all worlds of a comparison.
    """

    matrices: Mapping[Sym, Rows] = field(default_factory=dict)
    support: tuple[Fraction, ...] = ()
    indexed: Mapping[str, bool] = field(default_factory=dict)
    space: Space = ()
    laws: Laws = ()
    densities: Mapping[Sym, int] = field(default_factory=dict)
    vectors: Mapping[Sym, int] = field(default_factory=dict)
    salt: str = ""
    meter: Meter = field(default_factory=lambda: Meter(10**7))

    def symbol(self, symbol: Sym) -> Value:
        """Return the value of a free symbol.

        Raises:
            NoValueError: if nothing was drawn for it.
        """
        rows = self.matrices.get(symbol)
        if rows is not None:
            return arb_mat([[ball(entry) for entry in row] for row in rows])
        return FiniteWorld.symbol(self, symbol)

    def element(self, name: str, index: Value) -> Value:
        """Return a member of a sequence: the same for the same index.

        Raises:
            NoValueError: if the name is no sequence here, or the index is no integer.
        """
        if name not in self.indexed:
            raise NoValueError(f"{name} has no members in this problem", name)
        places = index.items if isinstance(index, Collection) else (index,)
        whole = [place.unique_fmpz() if isinstance(place, arb) else None for place in places]
        if any(place is None for place in whole):
            raise NoValueError(f"an index of {name} that is not an integer", name)
        key = f"{self.salt}|{name}|" + ",".join(str(place) for place in whole)
        digest = hashlib.sha256(key.encode()).digest()
        size = Fraction(1 + digest[0] % 23, 1 + digest[1] % 7)
        return ball(size if self.indexed[name] or digest[2] % 2 else -size)

    def call(self, call: Call, args: Sequence[Value], given: Sequence[Value]) -> Value:
        """Raise the error that says which function has no meaning.

        Raises:
            NoValueError: always; what has a meaning has a definition.
        """
        raise NoValueError(f"{symbol_text(call.head)} is not a function of this problem", symbol_text(call.head))

    def outcomes(self, variable: Sym, domain: Node | None, body: Node | None = None) -> Sequence[Value]:
        """Return the finite range of a variable that is summed over without bounds.

        Raises:
            NoValueError: if the problem has none.
        """
        if not self.support:
            raise NoValueError(f"the range of {symbol_text(variable)} is not known", symbol_text(variable))
        return [ball(value) for value in self.support]

    def conditions(self, head: Sym, arguments: int) -> Sequence[Sym]:
        """Return nothing: definitions name their own conditions."""
        return ()

    def last_index(self) -> int:
        """Return the last index of a sum whose upper bound is not written."""
        return len(self.support) or 3

    def draws(self, binder: Binder, values: Evaluator) -> Sequence[tuple[Value, Mapping[Node, Value]]]:
        """Return weights and bindings of what stands below an expectation, or the sample space without it.

        Raises:
            NoValueError: for a source that is not a distribution here.
        """
        source = binder.source
        if source is None:
            return self.sample_space()
        names = [name for name in binder.names if isinstance(name, Sym)]
        if len(names) != len(binder.names):
            raise NoValueError("an expectation over something that is not a name")
        if isinstance(source, Dist):
            return self._quadrature(source, names, values)
        return self._from_density(source, names, values)

    def _from_density(
        self, source: Node, names: list[Sym], values: Evaluator
    ) -> Sequence[tuple[Value, Mapping[Node, Value]]]:
        head = source.head if isinstance(source, Call) else source
        if not isinstance(head, Sym) or head not in self.densities:
            raise NoValueError("an expectation under a distribution that the problem does not have")
        if not names:
            if isinstance(source, Call) and source.args and isinstance(source.args[0], Sym):
                names = [source.args[0]]
            else:
                raise NoValueError("an expectation without the name of its variable")
        given = source.given if isinstance(source, Call) else ()
        density = Call(head, tuple(names), given)
        rows: list[dict[Node, Value]] = [{}]
        for name in names:
            rows = [{**row, name: value} for row in rows for value in self.outcomes(name, None)]
            if len(rows) > MAX_ROWS:
                raise NoValueError("an expectation over too many variables at once")
        return [(values.with_bound(row, density), row) for row in rows]

    def _quadrature(
        self, source: Dist, names: list[Sym], values: Evaluator
    ) -> Sequence[tuple[Value, Mapping[Node, Value]]]:
        if len(names) != 1:
            raise NoValueError("a named law of several variables")
        parameters = [values.scalar(argument) for argument in source.args]
        return [(weight, {names[0]: value}) for weight, value in nodes_of(source.name, parameters)]

    def gradient(self, call: Call, variable: Node | None) -> Node | None:
        """Return nothing: gradients are taken along `directions`."""
        return None

    def directions(self, variable: Node | None) -> list[tuple[Sym, Node]]:
        """Return the symbols to move and the steps of a gradient: two parameters, entries, or a number.

        Raises:
            NoValueError: for a gradient in something that is not a symbol.
        """
        one = Num(Fraction(1))
        if variable is None or (isinstance(variable, Sym) and variable in (Sym("theta"), Sym("phi"))):
            return [(parameter, one) for parameter in PARAMETERS]
        if not isinstance(variable, Sym):
            raise NoValueError("a gradient in something that is not a symbol")
        length = self.vectors.get(variable)
        if length is None:
            return [(variable, one)]
        zero = Num(Fraction(0))
        steps = [Matrix(tuple((one if i == k else zero,) for i in range(length))) for k in range(length)]
        return [(variable, step) for step in steps]

    def sample_space(self) -> Sequence[tuple[Value, Mapping[Node, Value]]]:
        """Return weights and values of the random variables without a binder.

        Raises:
            NoValueError: if there are none.
        """
        if not self.space and not self.laws:
            raise NoValueError("an expectation whose distribution is not written")
        rows: list[tuple[Value, dict[Node, Value]]] = [
            (ball(weight), {name: v if isinstance(v, bool) else ball(v) for name, v in values.items()})
            for weight, values in self.space or ((Fraction(1), {}),)
        ]
        for variable, law, parameters in self.laws:
            nodes = nodes_of(law, [ball(value) for value in parameters])
            rows = [(weight * more, {**values, variable: node}) for weight, values in rows for more, node in nodes]
        return rows

    def divergence_variable(self, divergence: KL) -> Sym:
        """Return the symbol over which a divergence sums: the one its distributions are written in."""
        for side in (divergence.p, divergence.q):
            for part in walk(side):
                if isinstance(part, Call) and part.args and isinstance(part.args[0], Sym):
                    return part.args[0]
        return Sym("outcome")

    def describe(self, mentioned: frozenset[str] = frozenset()) -> tuple[tuple[str, str], ...]:
        """Return name and exact value of what was drawn, as a person can type them."""
        from grader.formula.printer import to_text

        lines = [
            (symbol_text(symbol), str(value))
            for symbol, value in self.numbers.items()
            if (not mentioned or symbol_text(symbol) in mentioned) and symbol.name != PARAMETER
        ]
        for symbol, rows in self.matrices.items():
            shown = "; ".join(", ".join(map(str, row)) for row in rows)
            lines.append((symbol_text(symbol), f"[{shown}]"))
        if self.support:
            lines.append(("range of what is summed over", ", ".join(map(str, self.support))))
        for head, (parameters, given, body) in self.definitions.items():
            if not mentioned or symbol_text(head) in mentioned:
                bar = " | " + ", ".join(map(symbol_text, given)) if given else ""
                inside = ", ".join(map(symbol_text, parameters)) + bar
                lines.append((f"{symbol_text(head)}({inside})", to_text(body)))
        for number, (weight, values) in enumerate(self.space, start=1):
            shown = ", ".join(f"{to_text(name)} = {str(value).lower()}" for name, value in values.items())
            lines.append((f"case {number}, weight {weight}", shown))
        return tuple(lines)


def nodes_of(law: str, parameters: Sequence[Value]) -> list[tuple[Value, Value]]:
    """Return weights and nodes with the first nine moments of a named law.

    Normal: Gauss-Hermite with five nodes; uniform: Gauss-Legendre with five nodes; both are exact for polynomials
    up to degree 9 (Abramowitz and Stegun 25.4.30, 25.4.46). Bernoulli is exact.

    Raises:
        NoValueError: for another law, or parameters that do not fit.
    """

    def number(value: Fraction | int) -> arb:
        return ball(Fraction(value))

    def root(value: Value) -> Value:
        return value.sqrt()

    if law == "normal" and len(parameters) == 2:
        mean, deviation = parameters[0], root(parameters[1])
        inner, outer = root(5 - root(number(10))), root(5 + root(number(10)))
        near, far = (7 + 2 * root(number(10))) / 60, (7 - 2 * root(number(10))) / 60
        standard = [(number(Fraction(8, 15)), number(0)), (near, inner), (near, -inner), (far, outer), (far, -outer)]
        return [(weight, mean + deviation * node) for weight, node in standard]
    if law == "uniform" and len(parameters) == 2:
        low, high = parameters
        inner = root(5 - 2 * root(number(Fraction(10, 7)))) / 3
        outer = root(5 + 2 * root(number(Fraction(10, 7)))) / 3
        near, far = (322 + 13 * root(number(70))) / 1800, (322 - 13 * root(number(70))) / 1800
        standard = [(number(Fraction(64, 225)), number(0)), (near, inner), (near, -inner), (far, outer), (far, -outer)]
        return [(weight, (low + high) / 2 + (high - low) / 2 * node) for weight, node in standard]
    if law == "bernoulli" and len(parameters) == 1:
        return [(parameters[0], number(1)), (1 - parameters[0], number(0))]
    raise NoValueError(f"the moments of the law {law} are not known here", law)


def is_infinite(node: Node) -> bool:
    """Return whether infinity stands anywhere in a tree."""
    return any(part == Const("oo") for part in walk(node))
