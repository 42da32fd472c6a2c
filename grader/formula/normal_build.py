"""Reads a formula tree into a quotient of polynomials over generators, one rule a node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from fractions import Fraction

from flint import fmpq, fmpz

from grader.formula import normal_functions as functions
from grader.formula import tree as t
from grader.formula.normal_basis import MAX_EXPONENT, Basis
from grader.formula.normal_operators import OPERATORS
from grader.formula.normal_ring import Form, Generator, GiveUpError, Poly, Ring, UndefinedError
from grader.formula.tree import Fn, Node, Sym

MAX_INTEGER_POWER = 10_000
MAX_NUMBER_BITS = 64  # of an integer that is factored
MATRIX_FUNCTIONS = frozenset({"norm", "det", "trace", "transpose", "inverse"})
SYMMETRIC_FUNCTIONS = frozenset({"max", "min", "gcd", "beta"})
ODD_FUNCTIONS = frozenset({"atan", "asin", "erf"})


@dataclass(slots=True)
class Builder:
    """Reads trees over one ring; forms of one builder compare by equality."""

    ring: Ring
    positive: frozenset[Node]
    integer: frozenset[Node]
    nonzero: frozenset[Node]
    memo: dict[Node, Form] = field(default_factory=dict)
    positive_keys: set[object] = field(default_factory=set)
    exponents: Basis = field(init=False)
    angles: Basis = field(init=False)
    shift_classes: list[tuple[int, Poly]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.exponents, self.angles = Basis(self.ring), Basis(self.ring)

    def restart(self) -> None:
        """Forget the forms read so far, but not the basis of exponents."""
        self.memo.clear()
        self.shift_classes.clear()
        self.positive_keys.clear()
        self.ring.positive.clear()
        self.ring.nonzero.clear()
        self.exponents.is_used = self.angles.is_used = False

    def declare(self) -> None:
        """Read the declared positive and nonzero expressions; atoms carry their sign themselves."""
        for declared, known in ((self.positive, self.ring.positive), (self.nonzero, self.ring.nonzero)):
            for node in sorted(declared, key=repr):
                if isinstance(node, t.Call | Sym) and declared is self.positive:
                    if isinstance(node, t.Call):
                        self.positive_keys.add(self.key(node))
                    continue
                try:
                    form = self.form(node)
                except GiveUpError:
                    continue
                if form.num != 0 and (declared is self.nonzero or self.ring.sign(form.den) == 2):
                    known.append(form.num)

    # ------------------------------------------------------------ dispatch

    def form(self, node: Node) -> Form:
        """Return the form of a tree.

        Raises:
            GiveUpError: where the tree is no scalar expression or a budget is spent.
            RestartError: where the basis of exponents changed.
        """
        found = self.memo.get(node)
        if found is None:
            found = self.memo[node] = self._form(node)
        return found

    def _form(self, node: Node) -> Form:
        ring = self.ring
        match node:
            case t.Num(value):
                return ring.constant(value)
            case t.Const("pi"):
                return ring.form_of(
                    ring.generator("pi", lambda: Generator(node=node, free=frozenset(), kind="pi", sign=2))
                )
            case t.Const("e"):
                return self.exp(ring.constant(1))
            case Sym() | t.Call():
                return self.atom(node, "sym" if isinstance(node, Sym) else "opaque")
            case t.Add(terms):
                return self._fold(ring.add, terms)
            case t.Mul(factors):
                return self._fold(ring.mul, factors)
            case t.Div(top, bottom):
                return ring.div(self.form(top), self.form(bottom))
            case t.Neg(operand):
                return ring.scale(self.form(operand), -1)
            case t.Pow(base, exponent):
                if base == t.Const("e"):
                    return self.exp(self.form(exponent))
                return self.power(self.form(base), self.form(exponent))
            case Fn(name, args):
                return self._function(node, name, args)
            case t.Extremum() | t.Cases() | t.Limit() | t.KL():
                return self.atom(node, "opaque")
        rule = OPERATORS.get(type(node))
        if rule is None:
            raise GiveUpError(f"a {type(node).__name__} is no scalar")
        return rule(self, node)

    def _fold(self, join: Callable[[Form, Form], Form], nodes: tuple[Node, ...]) -> Form:
        forms = [self.form(node) for node in nodes]
        result = forms[0]
        for form in forms[1:]:
            result = join(result, form)
        return result

    def atom(self, node: Node, kind: str, *, key: object = None, is_vector: bool = False) -> Form:
        """Return the generator of a node that is kept whole."""
        ring = self.ring
        key = self.key(node) if key is None else key
        sign = 2 if node in self.positive or key in self.positive_keys else 0

        def make() -> Generator:
            free = frozenset(part for part in t.walk(node) if isinstance(part, Sym))
            return Generator(node=node, free=free, kind=kind, sign=sign, is_vector=is_vector)

        index = ring.generator(key, make)
        if sign == 2:
            ring.generators[index].sign = 2
        if node in self.integer:
            ring.integer.add(index)
        return ring.form_of(index)

    def key(self, node: Node) -> object:
        """Return what identifies a node that is kept whole: its kind and the forms of its children."""
        if isinstance(node, t.Matrix):
            raise GiveUpError("a matrix does not commute")
        values: list[object] = [type(node).__name__]
        for spec in fields(node):  # type: ignore[arg-type]
            values.append(self._key_of(getattr(node, spec.name)))
        if isinstance(node, Fn) and node.name in SYMMETRIC_FUNCTIONS:
            return ("Fn", node.name, tuple(sorted(map(repr, values[2]))))  # type: ignore[call-overload]
        return tuple(values)

    def _key_of(self, value: object) -> object:
        if isinstance(value, tuple):
            return tuple(self._key_of(item) for item in value)
        if not isinstance(value, Node):
            return value
        if not isinstance(value, t.Add | t.Mul | t.Div | t.Neg | t.Pow | t.Num | t.Fn | t.Big | t.Deriv):
            return self.key(value)
        form = self.form(value)
        used = self.ring.used(form.num)
        if form.den == 1 and len(used) == 1 and form.num == self.ring.variables[used[0]]:
            alone = self.ring.generators[used[0]].node
            if isinstance(alone, Sym | t.Call):
                return self.key(alone)
        return f"{form.num}/{form.den}"

    # ------------------------------------------------------------ powers, exponentials, logarithms

    def exp(self, form: Form) -> Form:
        """Return exp of a form: a product of powers of exponentials, and `a^c` for `exp(c log a)`."""
        result = self.ring.constant(1)
        if form.num == 0:
            return result
        if self.ring.has_vector(form):
            raise GiveUpError("an exponential of a gradient")
        for key, element, c in self.exponents.split(form):
            q = self.exponents.common(key, int(c.q))
            count = int(c * q)
            if abs(count) > MAX_EXPONENT:
                raise GiveUpError("a large exponent")
            result = self.ring.mul(result, self.ring.power(self._exponential(key, element, q), count))
        return result

    def _exponential(self, key: object, element: Form, q: int) -> Form:
        ring = self.ring
        used = ring.used(element.num)
        behind = ring.generators[used[0]] if len(used) == 1 and element.num == ring.variables[used[0]] else None
        if behind and element.den == 1 and behind.kind in ("log", "formal") and behind.argument:
            base = behind.argument
            if q == 1:
                return base
            if behind.kind == "formal":
                raise GiveUpError("a root of a formal power")
            place = ("root", used[0], q)
            if place in ring.index:
                return ring.form_of(ring.index[place])
            made = Generator(
                node=t.Pow(ring.tree(base), t.num(Fraction(1, q))),
                free=ring.free(base.num),
                kind="root",
                sign=2 if ring.sign(base.num) == 2 else 1,
                argument=Form(element.num / q, ring.one),
                power=q,
                value=base.num,
            )
            return ring.form_of(ring.generator(place, lambda: made))
        if ("exp", key, q) in ring.index:
            return ring.form_of(ring.index["exp", key, q])
        argument = ring.scale(element, fmpq(1, q))
        formal = [ring.generators[i] for i in used if ring.generators[i].kind == "formal"]
        is_unit = len(formal) == 1 and formal[0].argument == ring.constant(-1)
        if formal and q != 1:
            raise GiveUpError("a root of a formal power")
        made = Generator(
            node=Fn("exp", (ring.tree(argument),)),
            free=ring.free(*element),
            argument=argument,
            kind="unit" if is_unit else "exp",
            sign=0 if formal else 2,
            power=2 if is_unit else 0,
            value=ring.one if is_unit else None,
        )
        if formal:
            made.node = self._integer_power_node(element)
        return ring.form_of(ring.generator(("exp", key, q), lambda: made))

    def _integer_power_node(self, element: Form) -> Node:
        ring = self.ring
        base = next(i for i in ring.used(element.num) if ring.generators[i].kind == "formal")
        argument = ring.generators[base].argument
        if argument is None:
            raise GiveUpError("a formal logarithm without an argument")
        return t.Pow(ring.tree(argument), ring.poly_tree(element.num // ring.variables[base]))

    def log_of(self, kind: str, argument: Form) -> Form:
        """Return the generator of the logarithm of one factor."""
        ring = self.ring
        key = (kind, str(argument.num), str(argument.den))
        if key in ring.index:
            return ring.form_of(ring.index[key])
        number = ring.rational(argument)
        is_large = number > 1 if number is not None else ring.sign(argument.num - 1) == 2 and argument.den == 1
        made = Generator(
            node=Fn("log", (ring.tree(argument),)),
            free=ring.free(*argument),
            kind=kind,
            sign=2 if is_large else 0,
            argument=argument,
        )
        return ring.form_of(ring.generator(key, lambda: made))

    def logs(self, form: Form) -> tuple[Form, list[tuple[Poly, int]], int]:
        """Return log of the part that is shown positive, the other factors, and the sign of the whole.

        `form = sign * exp(log part) * product of factor^power over the others`.
        """
        ring = self.ring
        if form.num == 0 or ring.has_vector(form):
            raise UndefinedError("the logarithm or root of zero")
        total, sign, others = ring.constant(0), 1, []
        for poly, direction in ((form.num, 1), (form.den, -1)):
            content, factors = ring.factors(poly)
            for part, way in ((int(content.p), direction), (int(content.q), -direction)):
                sign = -sign if part < 0 else sign
                for prime, count in _prime_powers(abs(part)):
                    log_prime = self.log_of("log", ring.constant(prime))
                    total = ring.add(total, ring.scale(log_prime, fmpq(count * way)))
            for factor, count in factors:
                power = count * direction
                flipped = not ring.sign(factor) and ring.sign(-factor)
                if flipped:
                    factor, sign = -factor, -sign if power % 2 else sign
                if flipped or ring.sign(factor):
                    total = ring.add(total, ring.scale(self._log_of_factor(factor), fmpq(power)))
                else:
                    others.append((factor, power))
        return total, others, sign

    def _log_of_factor(self, factor: Poly) -> Form:
        ring = self.ring
        used = ring.used(factor)
        behind = ring.generators[used[0]] if len(used) == 1 and factor == ring.variables[used[0]] else None
        if behind and behind.kind in ("exp", "root") and behind.argument:
            return behind.argument
        return self.log_of("log", Form(factor, ring.one))

    def absolute(self, factor: Poly) -> Form:
        """Return |f| of an irreducible polynomial of unknown sign; its square is f^2."""
        ring, key = self.ring, ("abs", str(factor))
        if key in ring.index:
            return ring.form_of(ring.index[key])
        made = Generator(
            node=Fn("abs", (ring.poly_tree(factor),)),
            free=ring.free(factor),
            kind="abs",
            sign=2 if factor in ring.nonzero else 1,
            argument=Form(factor, ring.one),
            power=2,
            value=ring.times(factor, factor),
        )
        return ring.form_of(ring.generator(key, lambda: made))

    def _separated(self, total: Form, others: list[tuple[Poly, int]], sign: int) -> tuple[Form, Form]:
        """Return the log part with log |f| for even powers, and the product that may be negative."""
        ring, rest = self.ring, self.ring.constant(sign)
        for factor, power in others:
            if power % 2:
                rest = ring.mul(rest, Form(factor, ring.one))
            if even := power - power % 2:
                log_size = self.log_of("log", self.absolute(factor))
                total = ring.add(total, ring.scale(log_size, fmpq(even)))
        return total, rest

    def log(self, form: Form) -> Form:
        """Return the logarithm; what is not shown positive stays together in one generator."""
        ring = self.ring
        total, others, sign = self.logs(form)
        if len(others) == 1 and others[0][1] % 2:
            factor, power = others[0]
            only = self.log_of("unsure", Form(factor * sign, ring.one))
            return ring.add(total, ring.scale(only, fmpq(power)))
        total, rest = self._separated(total, others, sign)
        if rest == ring.constant(-1):
            raise UndefinedError("the logarithm of a negative number")
        return total if rest == ring.constant(1) else ring.add(total, self.log_of("unsure", rest))

    def power(self, base: Form, exponent: Form) -> Form:
        """Return a real power; where the base may be negative and the exponent is no integer, kept whole."""
        ring = self.ring
        value = ring.rational(exponent)
        if value is not None and value.q == 1:
            if abs(value) > MAX_INTEGER_POWER:
                raise GiveUpError("a large exponent")
            return ring.power(base, int(value))
        if base.num == 0:
            if value is not None and value > 0:
                return base
            raise UndefinedError("a power of zero")
        total, others, sign = self.logs(base)
        if ring.is_integral(exponent):
            for factor, power in others:
                total = ring.add(total, ring.scale(self.log_of("formal", Form(factor, ring.one)), fmpq(power)))
            if sign < 0:
                total = ring.add(total, self.log_of("formal", ring.constant(-1)))
            return self.exp(ring.mul(exponent, total))
        total, rest = self._separated(total, others, sign)
        result = self.exp(ring.mul(exponent, total))
        if rest == ring.constant(1):
            return result
        if rest == ring.constant(-1) and value is not None and value.q % 2 == 0:
            raise UndefinedError("an even root of a negative number")
        node = t.Pow(ring.tree(rest), ring.tree(exponent))
        key = ("pow", str(rest.num), str(rest.den), str(exponent.num), str(exponent.den))
        return ring.mul(result, self.atom(node, "opaque", key=key))

    # ------------------------------------------------------------ named functions

    def _function(self, node: Fn, name: str, args: tuple[Node, ...]) -> Form:
        if name in MATRIX_FUNCTIONS:
            raise GiveUpError(f"{name} acts on matrices")
        if len(args) == 1 and name in functions.ONE_ARGUMENT:
            return functions.ONE_ARGUMENT[name](self, self.form(args[0]))
        if name == "root" and len(args) == 2:
            return self.power(self.form(args[0]), self.ring.div(self.ring.constant(1), self.form(args[1])))
        if name == "binomial" and len(args) == 2:
            return functions.binomial(self, self.form(args[0]), self.form(args[1]))
        if name == "logsumexp" and len(args) > 1:
            return self.log(self._fold(self.ring.add, tuple(Fn("exp", (arg,)) for arg in args)))
        if name in ODD_FUNCTIONS and len(args) == 1:
            form = self.form(args[0])
            if form.num != 0 and form.num.leading_coefficient() < 0:
                flipped = Fn(name, (self.ring.tree(self.ring.scale(form, -1)),))
                return self.ring.scale(self.atom(flipped, "opaque"), -1)
        return self.atom(node, "opaque")


def _prime_powers(number: int) -> list[tuple[int, int]]:
    if number.bit_length() > MAX_NUMBER_BITS:
        raise GiveUpError("a number too large to factor")
    return [(int(prime), int(count)) for prime, count in fmpz(number).factor()] if number > 1 else []
