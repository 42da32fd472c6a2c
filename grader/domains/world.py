"""Worlds: one consistent assignment of exact values to every symbol of a problem.

A world holds numbers, finite tables (policies, rewards), sequences (y_1, y_2, ...), data sets below expectations,
and definitions by formula, from which everything else follows. A bare point is a world that holds numbers only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from flint import arb, arb_mat, fmpq

from grader.formula.tree import KL, Binder, Call, Dot, Mul, Node, Sym, walk
from grader.formula.values import NoValueError, Outcome, Value, member_of

if TYPE_CHECKING:
    from grader.formula.balls import Evaluator

Definition = tuple[tuple[Sym, ...], tuple[Sym, ...], Node]
SCORE = Sym("score")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A function on outcomes, given by its values.

    Attributes:
        values: Exact value by the labels of the outcomes, arguments first, conditions after.
        arity: How many arguments, how many conditions.
        is_parametric: Whether it is a softmax policy whose logits are the parameters of gradients.
        defaults: The symbols at which a bare name is taken: q for q(x).
    """

    values: Mapping[tuple[str, ...], Fraction]
    arity: tuple[int, int]
    is_parametric: bool = False
    defaults: tuple[Sym, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FiniteWorld:
    """The values of everything that a formula may mention.

    Attributes:
        numbers: Exact values of symbols.
        members: Values of symbols that are outcomes, such as a prompt x.
        sets: The finite sets, by kind: all prompts, all responses.
        kinds: The kind of outcome that a symbol ranges over, by its name.
        sequences: Members of sequences by name, counted from 1: `y`, `tau`.
        tables: Functions on outcomes.
        definitions: Functions and constants that are defined by formulas.
        data: Rows of the data set below an expectation, by the name of its source.
        touched: Where given, collects what evaluations look up, by the names that `describe` shows.
    """

    numbers: Mapping[Sym, Fraction] = field(default_factory=dict)
    members: Mapping[Sym, Outcome] = field(default_factory=dict)
    sets: Mapping[str, tuple[Outcome, ...]] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    sequences: Mapping[str, tuple[Outcome | int, ...]] = field(default_factory=dict)
    tables: Mapping[Sym, Table] = field(default_factory=dict)
    definitions: Mapping[Sym, Definition] = field(default_factory=dict)
    data: Mapping[str, tuple[Mapping[Node, Value], ...]] = field(default_factory=dict)
    touched: set[str] | None = None

    def _touch(self, name: str) -> None:
        if self.touched is not None:
            self.touched.add(name)

    def symbol(self, symbol: Sym) -> Value:
        """Return the value of a free symbol.

        Raises:
            NoValueError: if the world does not know it.
        """
        self._touch(symbol_text(symbol))
        if symbol in self.numbers:
            return ball(self.numbers[symbol])
        if symbol in self.members:
            return self.members[symbol]
        table = self.tables.get(symbol)
        if table is not None and table.defaults:
            return ball(table.values[tuple(self.members[one].label for one in table.defaults)])
        raise NoValueError(f"{symbol_text(symbol)} has no meaning in this problem", symbol_text(symbol))

    def element(self, name: str, index: Value) -> Value:
        """Return a member of a sequence.

        Raises:
            NoValueError: if there is no such sequence.
            UndefinedError: if the index is out of its range.
        """
        if name not in self.sequences:
            raise NoValueError(f"{name} has no members in this problem", name)
        self._touch(f"{name}_1, ...")
        return member_of(self.sequences[name], index)

    def call(self, call: Call, args: Sequence[Value], given: Sequence[Value]) -> Value:
        """Return the value of a function of the problem at these arguments.

        Raises:
            NoValueError: if the world does not know the function, or the arguments are not of its kind.
        """
        if call.head.name == "zero gradient":
            return arb_mat([[0]] * self._parameter_count())
        if call.head == SCORE:
            return self._score(call, args, given)
        table = self.tables.get(call.head)
        if table is None or call.primes:
            raise NoValueError(f"{symbol_text(call.head)} is not a function of this problem", symbol_text(call.head))
        key = self._key(table, call, args, given)
        self._touch(_applied_text(call.head, table, key))
        return ball(table.values[key])

    def _key(self, table: Table, call: Call, args: Sequence[Value], given: Sequence[Value]) -> tuple[str, ...]:
        want_args = table.arity[0]
        values = [*args, *given]
        if not all(isinstance(value, Outcome) for value in values):
            raise NoValueError(f"the arguments of {symbol_text(call.head)} are not outcomes", symbol_text(call.head))
        key = tuple(value.label for value in values)
        if key not in table.values:
            flipped = key[want_args:] + key[:want_args]
            if flipped in table.values:
                return flipped
            raise NoValueError(f"{symbol_text(call.head)} does not take these arguments", symbol_text(call.head))
        return key

    def definition(self, head: Sym) -> Definition | None:
        """Return the definition of a function by a formula, if it has one."""
        return self.definitions.get(head)

    def outcomes(self, variable: Sym, domain: Node | None, body: Node | None = None) -> Sequence[Value]:
        """Return the set that a variable ranges over: known by its name, or by where it stands in `body`.

        Raises:
            NoValueError: if its kind is not known.
        """
        kind = self.kinds.get(variable.name.rstrip("'")) or (
            self._kind_in(variable, body) if body is not None else None
        )
        if kind is None:
            raise NoValueError(f"the range of {symbol_text(variable)} is not known", symbol_text(variable))
        return self.sets[kind]

    def _kind_in(self, variable: Sym, body: Node) -> str | None:
        """Return the kind of what a bound name stands for, from the argument in whose place it stands."""
        for part in walk(body):
            if not isinstance(part, Call):
                continue
            table = self.tables.get(part.head)
            definition = self.definitions.get(part.head)
            places: tuple[Sym, ...] = (
                table.defaults if table else (*definition[0], *definition[1]) if definition else ()
            )
            for place, argument in zip(places, (*part.args, *part.given), strict=False):
                if argument == variable:
                    return self.kinds.get(place.name)
        return None

    def conditions(self, head: Sym, arguments: int) -> Sequence[Sym]:
        """Return the conditions that an application with so many arguments leaves out."""
        table = self.tables.get(head)
        if table is None or arguments != table.arity[0]:
            return ()
        return table.defaults[arguments:]

    def last_index(self) -> int:
        """Return the length of the sequences.

        Raises:
            NoValueError: if there are none.
        """
        if not self.sequences:
            raise NoValueError("a sum without an upper bound")
        return len(next(iter(self.sequences.values())))

    def draws(self, binder: Binder, values: Evaluator) -> Sequence[tuple[Value, Mapping[Node, Value]]]:
        """Return weights and bindings of what stands below an expectation.

        Raises:
            NoValueError: if the source is neither a data set nor a distribution over outcomes.
        """
        source = binder.source
        if source is None and binder.names and not self._is_data(binder):
            raise NoValueError("an expectation whose distribution is not written")
        if source is None or (isinstance(source, Sym) and source.name in self.data):
            name = source.name if isinstance(source, Sym) else next(iter(self.data), "")
            if name not in self.data:
                raise NoValueError("an expectation without a data set")
            rows = self.data[name]
            self._touch(name)
            weight = ball(Fraction(1, len(rows)))
            if source is None and not binder.names:
                # Nothing says what else is drawn: a response y that no row binds has no value below this sign.
                open_names: dict[Node, Value] = {Sym(kind): None for kind in self.kinds}
                return [(weight, {**open_names, **row}) for row in rows]
            return [(weight, row) for row in rows]
        return self._draws_of_policy(binder, source, values)

    def _is_data(self, binder: Binder) -> bool:
        bound = {key.name for rows in self.data.values() for row in rows for key in row if isinstance(key, Sym)}
        return all(isinstance(name, Sym) and (name.name in bound or name.name == "dots") for name in binder.names)

    def _draws_of_policy(
        self, binder: Binder, source: Node, values: Evaluator
    ) -> Sequence[tuple[Value, Mapping[Node, Value]]]:
        head = source.head if isinstance(source, Call) else source
        if not isinstance(head, Sym) or (head not in self.tables and head not in self.definitions):
            raise NoValueError("an expectation under a distribution that the problem does not have")
        names = [name for name in binder.names if isinstance(name, Sym)]
        if not names and isinstance(source, Call) and source.args and isinstance(source.args[0], Sym):
            names = [source.args[0]]
        variable = names[0] if names else Sym("y")
        given = source.given if isinstance(source, Call) else ()
        density = Call(head, (variable,), given)
        result: list[tuple[Value, Mapping[Node, Value]]] = []
        for outcome in self.outcomes(variable, None):
            weight = values.with_bound({variable: outcome}, density)
            result.append((weight, {variable: outcome}))
        return result

    def gradient(self, call: Call, variable: Node | None) -> Node | None:
        """Return the gradient of a softmax policy in its logits: the policy times its score."""
        table = self.tables.get(call.head)
        if table is None or not table.is_parametric or variable not in (None, Sym("theta")):
            return None
        return Mul((call, Call(SCORE, (*call.args, *call.given), (call.head,))))

    def _parametric(self) -> Table:
        for table in self.tables.values():
            if table.is_parametric:
                return table
        raise NoValueError("nothing in this problem has parameters")

    def _parameter_count(self) -> int:
        return len(self._parametric().values)

    def _score(self, call: Call, args: Sequence[Value], given: Sequence[Value]) -> Value:
        """Return the gradient of the log of a softmax policy in all logits: 1 - pi at the outcome, -pi beside it."""
        table = self._parametric()
        key = self._key(table, call, args, ())
        head = next(head for head, other in self.tables.items() if other is table)
        entries = []
        for other, probability in table.values.items():
            if other[table.arity[0] :] == key[table.arity[0] :]:
                self._touch(_applied_text(head, table, other))
            same_condition = other[table.arity[0] :] == key[table.arity[0] :]
            entries.append([ball((Fraction(other == key) - probability) if same_condition else Fraction(0))])
        return arb_mat(entries)

    def divergence_variable(self, divergence: KL) -> Sym:
        """Return the symbol over which a divergence sums: the one its distributions are written in."""
        for side in (divergence.p, divergence.q):
            for part in [side, *_calls(side)]:
                if isinstance(part, Call) and part.args and isinstance(part.args[0], Sym):
                    return part.args[0]
                if isinstance(part, Call) and part.args and isinstance(part.args[0], Dot):
                    return Sym("y")
        return Sym("y") if "y" in self.kinds else Sym(next(iter(self.kinds), "y"))

    def describe(self) -> tuple[tuple[str, str], ...]:
        """Return name and exact value of what was drawn, in order; only what was looked up where that was recorded."""
        lines = [(symbol_text(symbol), str(value)) for symbol, value in self.numbers.items()]
        lines += [(symbol_text(symbol), outcome.label) for symbol, outcome in self.members.items()]
        for name, sequence in self.sequences.items():
            lines.append((f"{name}_1, ...", ", ".join(_member_text(member) for member in sequence)))
        for name, rows in self.data.items():
            shown = (
                ", ".join(f"{_key_text(key)} = {_member_text(value)}" for key, value in row.items()) for row in rows
            )
            lines.append((name, "; ".join(shown)))
        for head, table in self.tables.items():
            lines += [(_applied_text(head, table, key), str(value)) for key, value in table.values.items()]
        return tuple(line for line in lines if self.touched is None or line[0] in self.touched)


def _member_text(value: Value) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(_member_text(one) for one in value)})"
    return value.label if isinstance(value, Outcome) else str(value)


def _key_text(key: Node) -> str:
    if not isinstance(key, Sym):
        return str(key)
    return key.name if key.index == Sym("dots") else symbol_text(key)


def _applied_text(head: Sym, table: Table, key: tuple[str, ...]) -> str:
    args, given = key[: table.arity[0]], key[table.arity[0] :]
    return f"{symbol_text(head)}({', '.join(args)}{' | ' + ', '.join(given) if given else ''})"


def ball(value: Fraction) -> arb:
    """Return the enclosure of an exact number."""
    return arb(fmpq(value.numerator, value.denominator))


def symbol_text(symbol: Sym) -> str:
    """Return a symbol as a person writes it on one line."""
    if symbol.index is None:
        return symbol.name
    index = symbol.index
    if isinstance(index, Sym):
        return f"{symbol.name}_{symbol_text(index)}"
    from grader.formula.printer import to_text

    return f"{symbol.name}_{{{to_text(index)}}}"


def _calls(node: Node) -> list[Node]:
    return [part for part in walk(node) if isinstance(part, Call)]
