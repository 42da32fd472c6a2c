"""Named functions in terms of exponentials, logarithms, sines and the gamma function."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import factorial as number_factorial
from typing import TYPE_CHECKING

from flint import fmpq

from grader.formula.normal_ring import Form, Generator, GiveUpError, UndefinedError
from grader.formula.tree import Const, Fn

if TYPE_CHECKING:
    from grader.formula.normal_build import Builder

MAX_SHIFT = 20  # factors taken out of a gamma function
MAX_ANGLES = 4  # terms of a sum inside a sine
MAX_TURNS = 12  # multiples of angles that are expanded
MAX_BINOMIAL = 12


def half_exponential(b: Builder, form: Form) -> tuple[Form, Form]:
    """Return exp(u) and exp(-u)."""
    up = b.exp(form)
    return up, b.ring.div(b.ring.constant(1), up)


def logistic(b: Builder, form: Form) -> Form:
    """Return 1 / (1 + exp(-u))."""
    up = b.exp(form)
    return b.ring.div(up, b.ring.add(b.ring.constant(1), up))


def softplus(b: Builder, form: Form) -> Form:
    """Return log(1 + exp u)."""
    return b.log(b.ring.add(b.ring.constant(1), b.exp(form)))


def sinh(b: Builder, form: Form) -> Form:
    """Return (exp u - exp(-u)) / 2."""
    up, down = half_exponential(b, form)
    return b.ring.scale(b.ring.add(up, b.ring.scale(down, -1)), fmpq(1, 2))


def cosh(b: Builder, form: Form) -> Form:
    """Return (exp u + exp(-u)) / 2."""
    up, down = half_exponential(b, form)
    return b.ring.scale(b.ring.add(up, down), fmpq(1, 2))


def tanh(b: Builder, form: Form) -> Form:
    """Return sinh / cosh."""
    return b.ring.div(sinh(b, form), cosh(b, form))


def coth(b: Builder, form: Form) -> Form:
    """Return cosh / sinh."""
    return b.ring.div(cosh(b, form), sinh(b, form))


def atanh(b: Builder, form: Form) -> Form:
    """Return log((1 + u) / (1 - u)) / 2, which is defined exactly where atanh is."""
    one, ring = b.ring.constant(1), b.ring
    ratio = ring.div(ring.add(one, form), ring.add(one, ring.scale(form, -1)))
    return ring.scale(b.log(ratio), fmpq(1, 2))


def asinh(b: Builder, form: Form) -> Form:
    """Return log(u + sqrt(u^2 + 1)); the argument is positive for every real u."""
    ring = b.ring
    root = b.power(
        ring.add(ring.power(form, 2) if form.num != 0 else form, ring.constant(1)), ring.constant(Fraction(1, 2))
    )
    return b.log(ring.add(form, root))


def absolute(b: Builder, form: Form) -> Form:
    """Return |u|, factor by factor; a factor of known sign leaves it."""
    ring = b.ring
    if form.num == 0:
        return form
    result = ring.constant(1)
    for poly, way in ((form.num, 1), (form.den, -1)):
        content, factors = ring.factors(poly)
        result = ring.mul(result, ring.power(ring.constant(abs(content)), way))
        for factor, power in factors:
            if ring.sign(factor) or power % 2 == 0:
                size = Form(factor, ring.one)
            elif ring.sign(-factor):
                size = Form(-factor, ring.one)
            else:
                size = b.absolute(factor)
            result = ring.mul(result, ring.power(size, power * way))
    return result


def gamma(b: Builder, form: Form) -> Form:
    """Return Gamma(u), its argument shifted so that its constant term lies in [0, 1)."""
    ring = b.ring
    value = ring.rational(form)
    if value is not None and value.q == 1:
        if value <= 0:
            raise UndefinedError("a pole of the gamma function")
        if value > 60:
            raise GiveUpError("a large factorial")
        return ring.constant(number_factorial(int(value) - 1))
    whole, _ = divmod(form.num, form.den)
    constant = whole.to_dict().get((0,) * ring.width, fmpq(0))
    shift = int(constant.p // constant.q)
    if abs(shift) > MAX_SHIFT:
        raise GiveUpError("a large shift of the gamma function")
    base = ring.add(form, ring.constant(-shift))
    if value is not None and value.q == 2:
        result = b.power(b.form(Const("pi")), ring.constant(Fraction(1, 2)))
    else:
        positive = ring.sign(base.num) == 2 and ring.sign(base.den) == 2
        made = Generator(
            node=Fn("gamma", (ring.tree(base),)), free=ring.free(*base), kind="gamma", sign=2 if positive else 0
        )
        result = ring.form_of(ring.generator(("gamma", str(base.num), str(base.den)), lambda: made))
    for step in range(shift):
        result = ring.mul(result, ring.add(base, ring.constant(step)))
    for step in range(-1, shift - 1, -1):
        result = ring.div(result, ring.add(base, ring.constant(step)))
    return result


def factorial(b: Builder, form: Form) -> Form:
    """Return u! as Gamma(u + 1)."""
    return gamma(b, b.ring.add(form, b.ring.constant(1)))


def binomial(b: Builder, upper: Form, lower: Form) -> Form:
    """Return the binomial coefficient: a polynomial for a number below, else by gamma functions."""
    ring = b.ring
    count = ring.rational(lower)
    result = ring.constant(1)
    if count is not None and count.q == 1:
        if count > MAX_BINOMIAL:
            raise GiveUpError("a large binomial coefficient")
        if count < 0:
            return ring.constant(0)
        for step in range(int(count)):
            result = ring.mul(result, ring.scale(ring.add(upper, ring.constant(-step)), fmpq(1, step + 1)))
        return result
    if not (ring.is_integral(upper) and ring.is_integral(lower) and ring.is_nonnegative(upper)):
        raise GiveUpError("a binomial coefficient of numbers that are not declared integers")
    rest = factorial(b, ring.add(upper, ring.scale(lower, -1)))
    return ring.div(factorial(b, upper), ring.mul(factorial(b, lower), rest))


def sine_cosine(b: Builder, form: Form) -> tuple[Form, Form]:
    """Return sin u and cos u by the addition formulas over the angles of the common basis."""
    ring = b.ring
    sine, cosine = ring.constant(0), ring.constant(1)
    parts = list(b.angles.split(form)) if form.num != 0 else []
    if len(parts) > MAX_ANGLES:
        raise GiveUpError("a long sum inside a sine")
    for key, angle, c in parts:
        if angle == b.form(Const("pi")) and 2 % int(c.q) == 0:
            turn = int(2 * c) % 4
            one_sine, one_cosine = (ring.constant(v) for v in ((0, 1), (1, 0), (0, -1), (-1, 0))[turn])
            counted = 1
        else:
            q = b.angles.common(key, int(c.q))
            counted = int(c * q)
            if abs(counted) > MAX_TURNS:
                raise GiveUpError("a large multiple of an angle")
            one_sine, one_cosine = _angle(b, key, angle, q)
            if counted < 0:
                one_sine = ring.scale(one_sine, -1)
        for _ in range(abs(counted)):
            sine, cosine = (
                ring.add(ring.mul(sine, one_cosine), ring.mul(cosine, one_sine)),
                ring.add(ring.mul(cosine, one_cosine), ring.scale(ring.mul(sine, one_sine), -1)),
            )
    return sine, cosine


def _angle(b: Builder, key: object, angle: Form, q: int) -> tuple[Form, Form]:
    ring = b.ring
    part = ring.scale(angle, fmpq(1, q))
    free, node = ring.free(*angle), ring.tree(part)
    cosine = ring.generator(
        ("cos", key, q), lambda: Generator(node=Fn("cos", (node,)), free=free, kind="cos", argument=part)
    )
    value = ring.one - ring.variables[cosine] ** 2
    sine = ring.generator(
        ("sin", key, q),
        lambda: Generator(node=Fn("sin", (node,)), free=free, kind="sin", argument=part, power=2, value=value),
    )
    return ring.form_of(sine), ring.form_of(cosine)


def _trigonometric(name: str) -> Callable[[Builder, Form], Form]:
    def rule(b: Builder, form: Form) -> Form:
        sine, cosine = sine_cosine(b, form)
        one = b.ring.constant(1)
        top, bottom = {
            "sin": (sine, one), "cos": (cosine, one), "tan": (sine, cosine),
            "cot": (cosine, sine), "sec": (one, cosine), "csc": (one, sine),
        }[name]  # fmt: skip
        return b.ring.div(top, bottom)

    return rule


def _log_base(base: int) -> Callable[[Builder, Form], Form]:
    return lambda b, form: b.ring.div(b.log(form), b.log(b.ring.constant(base)))


def _positive_lgamma(b: Builder, form: Form) -> Form:
    if not (b.ring.sign(form.num) == 2 and b.ring.sign(form.den) == 2):
        raise GiveUpError("log |Gamma| of an argument of unknown sign")
    return b.log(gamma(b, form))


ONE_ARGUMENT: dict[str, Callable[[Builder, Form], Form]] = {
    "exp": lambda b, form: b.exp(form),
    "log": lambda b, form: b.log(form),
    "log2": _log_base(2),
    "log10": _log_base(10),
    "sqrt": lambda b, form: b.power(form, b.ring.constant(Fraction(1, 2))),
    "abs": absolute,
    "logistic": logistic,
    "softplus": softplus,
    "sinh": sinh,
    "cosh": cosh,
    "tanh": tanh,
    "coth": coth,
    "asinh": asinh,
    "atanh": atanh,
    "gamma": gamma,
    "lgamma": _positive_lgamma,
    "factorial": factorial,
    **{name: _trigonometric(name) for name in ("sin", "cos", "tan", "cot", "sec", "csc")},
}
