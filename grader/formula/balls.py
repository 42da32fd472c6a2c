"""What a tree is worth, in ball arithmetic (python-flint): every value is an enclosure of the exact one.

There is one evaluator. Points and worlds give exact rational values to the atoms, so that two enclosures that
do not meet are a proof that two formulas differ there, at any precision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from flint import arb, arb_mat, fmpq

from grader.formula import events, gradients, limits, statistics
from grader.formula.ball_rules import (
    as_density,
    derivatives_of_logistic,
    is_counted,
    same_shape,
    shape,
    times,
)
from grader.formula.functions import apply, power
from grader.formula.meaning import World, is_inferred
from grader.formula.tree import (
    KL,
    Add,
    At,
    Big,
    Call,
    Cases,
    Const,
    Deriv,
    Dist,
    Div,
    Expect,
    Extremum,
    Fn,
    Grad,
    Interval,
    Limit,
    Matrix,
    Mul,
    Neg,
    Node,
    Num,
    Pow,
    Rel,
    Set,
    Sym,
    Tuple,
    free_symbols,
)
from grader.formula.values import (
    BudgetExceededError,
    Collection,
    Law,
    NoValueError,
    UndefinedError,
    Value,
    is_ball,
    member_of,
)

MAX_OPERATIONS = 400_000
MAX_TERMS = 5_000


class Evaluator:
    """Evaluates trees in one world; counts its operations, and remembers how far terms lie apart.

    Attributes:
        spread_bits: The greatest ratio of magnitudes of terms added, in bits: what precision must exceed.
    """

    def __init__(self, world: World, *, operations: int = MAX_OPERATIONS) -> None:
        self.world = world
        self.left = operations
        # Worlds of a comparison share one meter, which also counts how long the numbers are.
        self.meter = world.meter if is_inferred(world) else None
        self.spread_bits = 0
        self.bound: dict[Node, Value] = {}
        self.analytic = False

    def value(self, node: Node) -> Value:
        """Return the value of a tree.

        Raises:
            UndefinedError: where it has none at this point.
            NoValueError: where the world does not know a symbol or construct.
            BudgetExceededError: past the number of operations allowed.
        """
        self.left -= 1
        if self.left < 0:
            raise BudgetExceededError(f"more than {MAX_OPERATIONS} operations")
        if self.meter is not None:
            self.meter.spend()
        return self._rules.get(type(node), Evaluator._no_rule)(self, node)

    def number(self, node: Node) -> Value:
        """Return the value of a tree that must be a number or a matrix.

        Raises:
            NoValueError: if it is something else.
        """
        value = self.value(node)
        if is_ball(value) or isinstance(value, arb_mat):
            return value
        raise NoValueError(f"a number is needed, not {type(node).__name__}")

    def scalar(self, node: Node) -> Value:
        """Return the value of a tree that must be a number.

        Raises:
            NoValueError: if it is something else.
        """
        value = self.value(node)
        if is_ball(value):
            return value
        raise NoValueError("a number is needed here")

    def with_bound(self, bindings: Mapping[Node, Value], node: Node) -> Value:
        """Return the value of a tree with variables bound."""
        before = self.bound
        self.bound = {**before, **bindings}
        try:
            return self.value(node)
        finally:
            self.bound = before

    # ------------------------------------------------------------ atoms

    def _num(self, node: Num) -> Value:
        return arb(fmpq(node.value.numerator, node.value.denominator))

    def _const(self, node: Const) -> Value:
        if node.name == "pi":
            return arb.pi()
        if node.name == "e":
            return arb(1).exp()
        raise UndefinedError(f"{node.name} is not a number")

    def _sym(self, node: Sym) -> Value:
        if node in self.bound:
            return self.bound[node]
        if node.index is not None and (is_counted(node.index) or self._uses_bound(node.index)):
            index = self.value(node.index)
            try:
                return self.element(node.name, index)
            except NoValueError:
                if self._uses_bound(node.index):
                    raise
        return self.world.symbol(node)

    def element(self, name: str, index: Value) -> Value:
        """Return a member of a sequence; a data row may bind the sequence itself.

        Raises:
            NoValueError: if there is no such sequence.
        """
        row = self.bound.get(Sym(name, Sym("dots")))
        return member_of(row, index) if row is not None else self.world.element(name, index)

    def _uses_bound(self, node: Node) -> bool:
        return any(symbol in self.bound for symbol in free_symbols(node))

    # ------------------------------------------------------------ arithmetic

    def _add(self, node: Add) -> Value:
        values = [self.number(term) for term in node.terms]
        self._note_spread(values)
        total = values[0]
        for value in values[1:]:
            if isinstance(total, arb_mat) != isinstance(value, arb_mat):
                total, value = same_shape(total, value)
            if isinstance(total, arb_mat) and shape(total) != shape(value):
                raise NoValueError("matrices of different shapes are added")
            total = total + value
        return total

    def _note_spread(self, values: list[Value]) -> None:
        exponents = []
        for value in values:
            if isinstance(value, arb) and value.is_finite():
                mantissa, exponent = value.mid().man_exp()
                if mantissa != 0:
                    exponents.append(int(exponent) + int(mantissa).bit_length())
        if len(exponents) > 1:
            self.spread_bits = max(self.spread_bits, max(exponents) - min(exponents))

    def _mul(self, node: Mul) -> Value:
        total = self.number(node.factors[0])
        for factor in node.factors[1:]:
            value = self.number(factor)
            total = times(total, value)
        return total

    def _neg(self, node: Neg) -> Value:
        return -self.number(node.operand)

    def _div(self, node: Div) -> Value:
        numerator = self.number(node.numerator)
        denominator = self.scalar(node.denominator)
        result = numerator / denominator if is_ball(numerator) else numerator * (arb(1) / denominator)
        return self._finite(result, "a division by zero")

    def _pow(self, node: Pow) -> Value:
        if node.base == Const("e"):
            return apply("exp", [self.scalar(node.exponent)], analytic=self.analytic)
        base = self.number(node.base)
        exponent = node.exponent
        exact = exponent.value if isinstance(exponent, Num) else None
        if isinstance(exponent, Neg) and isinstance(exponent.operand, Num):
            exact = -exponent.operand.value
        if isinstance(exponent, Div) and isinstance(exponent.numerator, Num) and isinstance(exponent.denominator, Num):
            if not exponent.denominator.value:
                raise UndefinedError("a division by zero")
            exact = exponent.numerator.value / exponent.denominator.value
        return power(base, exact if exact is not None else self.scalar(exponent), analytic=self.analytic)

    def _fn(self, node: Fn) -> Value:
        return apply(node.name, [self.number(argument) for argument in node.args], analytic=self.analytic)

    @staticmethod
    def _finite(value: Value, reason: str) -> Value:
        if is_ball(value) and not value.is_finite():
            raise UndefinedError(reason)
        return value

    # ------------------------------------------------------------ functions of the problem

    def _call(self, node: Call) -> Value:
        if node.primes and node.head.name == "logistic":
            return self.value(derivatives_of_logistic(node))
        definition = self.world.definition(node.head)
        args = [self.value(argument) for argument in node.args]
        given = [self.value(argument) for argument in node.given]
        if len(args) == 1 and not given and is_ball(args[0]) and node.head.index is None:
            # A permutation is a sequence too: tau(k).
            try:
                return self.element(node.head.name, args[0])
            except NoValueError:
                pass
        if definition is not None and node.primes:
            return gradients.primed(self, node, definition)
        if definition is not None:
            parameters, conditions, body = definition
            if not given and len(args) == len(parameters) + len(conditions):
                args, given = args[: len(parameters)], args[len(parameters) :]
            if len(args) != len(parameters):
                raise NoValueError(
                    f"{node.head.name} takes {len(parameters)} argument(s), not {len(args)}", node.head.name
                )
            bindings: dict[Node, Value] = dict(zip(parameters, args, strict=True))
            for index, condition in enumerate(conditions):
                bindings[condition] = given[index] if index < len(given) else self._sym(condition)
            before, self.bound = self.bound, {}
            try:
                return self.with_bound(bindings, body)
            finally:
                self.bound = before
        if not given:
            # A condition that is not written is the one at hand: pi(y) for pi(y | x).
            given = [self._sym(condition) for condition in self.world.conditions(node.head, len(args))]
        return self.world.call(node, args, given)

    # ------------------------------------------------------------ operators that bind

    def _big(self, node: Big) -> Value:
        if node.kind == "int":
            return limits.integral(self, node)
        if node.lower is None:
            values = self.world.outcomes(node.variable, node.domain, node.body)
        else:
            if node.upper is None:
                first, last = self.integer(node.lower), self.world.last_index()
            elif node.upper == Const("oo"):
                return limits.series(self, node)
            else:
                first, last = self.integer(node.lower), self.integer(node.upper)
            if last - first + 1 > MAX_TERMS:
                raise BudgetExceededError(f"a sum of more than {MAX_TERMS} terms")
            values = [arb(k) for k in range(first, last + 1)]
        total: Value = arb(0 if node.kind == "sum" else 1)
        for index, value in enumerate(values):
            term = self.with_bound({node.variable: value}, node.body)
            if not is_ball(term) and not isinstance(term, arb_mat):
                raise NoValueError("a sum of things that are not numbers")
            total = term if index == 0 else total + term if node.kind == "sum" else times(total, term)
        return total

    def integer(self, node: Node) -> int:
        """Return the integer that a tree is worth.

        Raises:
            UndefinedError: if it is not an integer at this point.
        """
        value = self.scalar(node)
        whole = value.unique_fmpz() if isinstance(value, arb) else None
        if whole is None or (not (value - whole).is_zero() and value.rad() > arb(2) ** -20):
            raise UndefinedError("a bound that is not an integer")
        return int(whole)

    def _limit(self, node: Limit) -> Value:
        return limits.limit(self, node)

    def _expect(self, node: Expect) -> Value:
        return statistics.expectation(self, node)

    def _kl(self, node: KL) -> Value:
        if isinstance(node.p, Dist) and isinstance(node.q, Dist):
            return self._kl_of_normals(node.p, node.q)
        variable = self.world.divergence_variable(node)
        total = arb(0)
        for outcome in self.world.outcomes(variable, None):
            p = self.with_bound({variable: outcome}, as_density(node.p, variable))
            q = self.with_bound({variable: outcome}, as_density(node.q, variable))
            if not is_ball(p) or not is_ball(q):
                raise NoValueError("a divergence of things that are not distributions")
            total = total + p * apply("log", [self._finite(p / q, "a division by zero")])
        return total

    def _kl_of_normals(self, p: Dist, q: Dist) -> Value:
        if p.name != "normal" or q.name != "normal" or len(p.args) != 2 or len(q.args) != 2:
            raise NoValueError("a divergence of laws that are not normal")
        mean_p, var_p, mean_q, var_q = (self.scalar(argument) for argument in (*p.args, *q.args))
        ratio = self._finite(var_p / var_q, "a division by zero")
        return (ratio + (mean_p - mean_q) * (mean_p - mean_q) / var_q - 1 - apply("log", [ratio])) / 2

    def _grad(self, node: Grad) -> Value:
        return gradients.gradient(self, node)

    def _deriv(self, node: Deriv) -> Value:
        return gradients.derivative_value(self, node)

    def _at(self, node: At) -> Value:
        return gradients.bracket(self, node)

    # ------------------------------------------------------------ things that are not numbers

    def _dist(self, node: Dist) -> Value:
        if node.name == "normal" and len(node.args) == 3:
            x, mean, variance = (self.scalar(argument) for argument in node.args)
            return apply("normal_pdf", [x, mean, variance])
        return Law(node.name, tuple(self.value(argument) for argument in node.args))

    def _tuple(self, node: Tuple) -> Value:
        return Collection("tuple", tuple(self.value(item) for item in node.items))

    def _set(self, node: Set) -> Value:
        return Collection("set", tuple(self.value(item) for item in node.items))

    def _interval(self, node: Interval) -> Value:
        bounds = (self._end(node.lower), self._end(node.upper))
        return Collection("interval", bounds, (node.closed_lower, node.closed_upper))

    def _end(self, node: Node) -> Value:
        if node == Const("oo"):
            return "oo"
        if node == Neg(Const("oo")):
            return "-oo"
        return self.scalar(node)

    def _matrix(self, node: Matrix) -> Value:
        return arb_mat([[self.scalar(entry) for entry in row] for row in node.rows])

    def _cases(self, node: Cases) -> Value:
        for value, condition in node.branches:
            if condition is None or self.truth(condition):
                return self.value(value)
        raise UndefinedError("no case applies")

    def _rel(self, node: Rel) -> Value:
        return self.truth(node)

    def truth(self, node: Node) -> bool:
        """Return whether a relation or event holds here.

        Raises:
            UndefinedError: where the enclosures cannot tell.
            NoValueError: for relations without a truth value.
        """
        return events.truth(self, node)

    def _extremum(self, node: Extremum) -> Value:
        raise NoValueError(f"{node.kind} has no value here", node.kind)

    def _no_rule(self, node: Node) -> Value:
        raise NoValueError(f"{type(node).__name__} has no value here")

    _rules: ClassVar[Mapping[type[Node], Callable[..., Value]]] = {
        Num: _num, Const: _const, Sym: _sym, Add: _add, Mul: _mul, Neg: _neg, Div: _div, Pow: _pow, Fn: _fn,
        Call: _call, Big: _big, Limit: _limit, Expect: _expect, KL: _kl, Grad: _grad, Deriv: _deriv, At: _at,
        Dist: _dist, Tuple: _tuple, Set: _set, Interval: _interval, Matrix: _matrix, Cases: _cases, Rel: _rel,
        Extremum: _extremum,
    }  # fmt: skip
