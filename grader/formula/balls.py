"""What a tree is worth, in ball arithmetic (python-flint): every value is an enclosure of the exact one.

There is one evaluator. Points and worlds give exact rational values to the atoms, so that two enclosures that
do not meet are a proof that two formulas differ there, at any precision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Protocol

from flint import arb, arb_mat, fmpq

from grader.formula import limits
from grader.formula.calculus import NotDifferentiableError, derivative, derivative_by
from grader.formula.functions import apply, power
from grader.formula.tree import (
    KL,
    Add,
    At,
    Big,
    Binder,
    Call,
    Cases,
    Const,
    Deriv,
    Dist,
    Div,
    Dot,
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
    substitute,
    transform,
)
from grader.formula.values import (
    BudgetExceededError,
    Collection,
    Law,
    NoValueError,
    Outcome,
    UndefinedError,
    Value,
    is_ball,
    member_of,
)

MAX_OPERATIONS = 400_000
MAX_TERMS = 5_000


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

    def outcomes(self, variable: Sym, domain: Node | None) -> Sequence[Value]:
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


class Evaluator:
    """Evaluates trees in one world; counts its operations, and remembers how far terms lie apart.

    Attributes:
        spread_bits: The greatest ratio of magnitudes of terms added, in bits: what precision must exceed.
    """

    def __init__(self, world: World, *, operations: int = MAX_OPERATIONS) -> None:
        self.world = world
        self.left = operations
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
        if node.index is not None and (_is_counted(node.index) or self._uses_bound(node.index)):
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
                total, value = _same_shape(total, value)
            if isinstance(total, arb_mat) and _shape(total) != _shape(value):
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
            total = _times(total, value)
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
            return self.value(_derivatives_of_logistic(node))
        definition = self.world.definition(node.head)
        args = [self.value(argument) for argument in node.args]
        given = [self.value(argument) for argument in node.given]
        if len(args) == 1 and not given and is_ball(args[0]) and node.head.index is None:
            # A permutation is a sequence too: tau(k).
            try:
                return self.element(node.head.name, args[0])
            except NoValueError:
                pass
        if definition is not None and not node.primes:
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
            values = self.world.outcomes(node.variable, node.domain)
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
            if index == 0:
                total = term
            else:
                total = total + term if node.kind == "sum" else _times(total, term)
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
        if node.kind != "E" or node.given:
            raise NoValueError(f"{node.kind} of a random variable that the world does not define", node.kind)
        binders = node.binders or (Binder((), None),)
        return self._average(binders, node.body)

    def _average(self, binders: Sequence[Binder], body: Node) -> Value:
        if not binders:
            return self.number(body)
        total: Value = None
        for weight, bindings in self.world.draws(binders[0], self):
            before = self.bound
            self.bound = {**before, **bindings}
            try:
                term = _times(weight, self._average(binders[1:], body))
            finally:
                self.bound = before
            total = term if total is None else total + term
        if total is None:
            raise NoValueError("an expectation over nothing")
        return total

    def _kl(self, node: KL) -> Value:
        variable = self.world.divergence_variable(node)
        total = arb(0)
        for outcome in self.world.outcomes(variable, None):
            p = self.with_bound({variable: outcome}, _as_density(node.p, variable))
            q = self.with_bound({variable: outcome}, _as_density(node.q, variable))
            if not is_ball(p) or not is_ball(q):
                raise NoValueError("a divergence of things that are not distributions")
            total = total + p * apply("log", [self._finite(p / q, "a division by zero")])
        return total

    def _grad(self, node: Grad) -> Value:
        def of_atom(part: Node) -> Node | None:
            if isinstance(part, Call):
                definition = self.world.definition(part.head)
                if definition is not None:
                    return derivative(_expanded(part, definition), of_atom)
                return self.world.gradient(part, node.variable) or Num(Fraction(0))
            return None

        try:
            result = self.value(derivative(node.body, of_atom))
        except NotDifferentiableError as error:
            raise NoValueError(str(error)) from error
        if is_ball(result) and result.is_zero():
            return self.world.call(Call(Sym("zero gradient"), ()), (), ())
        return result

    def _deriv(self, node: Deriv) -> Value:
        body = node.body
        try:
            for _ in range(node.order):
                body = derivative_by(body, node.variable)
        except NotDifferentiableError as error:
            raise NoValueError(str(error)) from error
        return self.value(body)

    def _at(self, node: At) -> Value:
        unknown = []
        for symbol in sorted(free_symbols(node.body), key=repr):
            if symbol not in self.bound and not self._is_known(symbol):
                unknown.append(symbol)
        if len(unknown) != 1:
            raise NoValueError("the variable of an evaluation bracket is not clear")
        upper = self.with_bound({unknown[0]: self.scalar(node.upper)}, node.body)
        return upper - self.with_bound({unknown[0]: self.scalar(node.lower)}, node.body)

    def _is_known(self, symbol: Sym) -> bool:
        try:
            self._sym(symbol)
        except (NoValueError, UndefinedError):
            return False
        return True

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
        """Return whether a relation holds here.

        Raises:
            UndefinedError: where the enclosures cannot tell.
            NoValueError: for relations without a truth value.
        """
        if not isinstance(node, Rel):
            raise NoValueError("a condition is needed here")
        if isinstance(node.lhs, Rel):
            return self.truth(node.lhs) and self.truth(Rel(node.op, node.lhs.rhs, node.rhs))
        lhs, rhs = self.value(node.lhs), self.value(node.rhs)
        if isinstance(lhs, Outcome) or isinstance(rhs, Outcome):
            if node.op in ("=", "≠"):
                return (lhs == rhs) == (node.op == "=")
            raise NoValueError("outcomes have no order")
        if not (isinstance(lhs, arb) and isinstance(rhs, arb)):
            raise NoValueError("a relation of things that are not real numbers")
        return _holds(node.op, lhs, rhs)

    def _extremum(self, node: Extremum) -> Value:
        raise NoValueError(f"{node.kind} has no value here", node.kind)

    def _no_rule(self, node: Node) -> Value:
        raise NoValueError(f"{type(node).__name__} has no value here")

    _rules = {
        Num: _num, Const: _const, Sym: _sym, Add: _add, Mul: _mul, Neg: _neg, Div: _div, Pow: _pow, Fn: _fn,
        Call: _call, Big: _big, Limit: _limit, Expect: _expect, KL: _kl, Grad: _grad, Deriv: _deriv, At: _at,
        Dist: _dist, Tuple: _tuple, Set: _set, Interval: _interval, Matrix: _matrix, Cases: _cases, Rel: _rel,
        Extremum: _extremum,
    }  # fmt: skip


def _is_counted(index: Node) -> bool:
    """Return whether an index is written as a number or an expression, not as a label."""
    return not isinstance(index, (Sym, Tuple, Rel)) or index == Sym("K")


def _shape(matrix: Value) -> tuple[int, int]:
    return matrix.nrows(), matrix.ncols()


def _same_shape(first: Value, second: Value) -> tuple[Value, Value]:
    """Return both as matrices where one is the number zero (the gradient of a constant)."""
    if is_ball(first) and first.is_zero():
        return second * arb(0), second
    if is_ball(second) and second.is_zero():
        return first, first * arb(0)
    raise NoValueError("a number is added to a vector")


def _times(first: Value, second: Value) -> Value:
    if isinstance(first, arb_mat) and isinstance(second, arb_mat):
        if first.ncols() != second.nrows():
            raise NoValueError("matrices whose shapes do not fit are multiplied")
        product = first * second
        return product[0, 0] if _shape(product) == (1, 1) else product
    return first * second


def _derivatives_of_logistic(node: Call) -> Node:
    variable = Sym("argument of logistic")
    body: Node = Fn("logistic", (variable,))
    for _ in range(node.primes):
        body = derivative_by(body, variable)
    return substitute(body, {variable: node.args[0]})


def _as_density(node: Node, variable: Sym) -> Node:
    """Return a distribution written as a bare name or with a dot as its density at `variable`."""
    if isinstance(node, Sym):
        return Call(node, (variable,))
    if isinstance(node, Dot):
        return variable
    return transform(node, lambda child: child if isinstance(child, Sym) else _as_density(child, variable))


def _expanded(call: Call, definition: tuple[tuple[Sym, ...], tuple[Sym, ...], Node]) -> Node:
    parameters, conditions, body = definition
    args, given = call.args, call.given
    if not given and len(args) == len(parameters) + len(conditions):
        args, given = args[: len(parameters)], args[len(parameters) :]
    if len(args) != len(parameters):
        raise NotDifferentiableError(f"{call.head.name} with {len(args)} argument(s)")
    replacements: dict[Node, Node] = dict(zip(parameters, args, strict=True))
    replacements.update(zip(conditions, given, strict=False))
    return substitute(body, replacements)


def _holds(op: str, lhs: Value, rhs: Value) -> bool:
    difference = lhs - rhs
    if op in ("=", "≠"):
        if difference.is_zero():
            return op == "="
        if not difference.contains(0):
            return op == "≠"
        raise UndefinedError("an equality that cannot be told here")
    if op not in ("<", "≤", ">", "≥", "≪", "≫"):
        raise NoValueError(f"the relation {op} has no truth value here")
    if difference.is_zero():
        return op in ("≤", "≥")
    if difference > 0:
        return op in (">", "≥", "≫")
    if difference < 0:
        return op in ("<", "≤", "≪")
    raise UndefinedError("an inequality that cannot be told here")
