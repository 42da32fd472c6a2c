"""The named functions of mathematics on balls; outside of their real domain they are undefined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from flint import acb, arb, arb_mat, fmpq

from grader.formula.values import NoValueError, UndefinedError, Value

MAX_EXPONENT = 100_000


def apply(name: str, args: Sequence[Value], *, analytic: bool = False) -> Value:
    """Return a function of mathematics applied to numbers or matrices.

    Args:
        name: One of `grader.formula.tree.FUNCTIONS`.
        args: The arguments.
        analytic: Whether the value is needed on a complex neighbourhood (inside an integral): branch cuts and
            functions that are not analytic then have no value.

    Raises:
        UndefinedError: outside of the domain.
        NoValueError: for a function or a number of arguments that has no value here.
    """
    if isinstance(args[0], arb_mat):
        return _of_matrix(name, args)
    if any(isinstance(argument, arb_mat) for argument in args):
        raise NoValueError(f"{name} of a matrix")
    if name in _REAL_ONLY and any(isinstance(argument, acb) for argument in args):
        raise UndefinedError(f"{name} is not analytic")
    rule = _RULES.get(name)
    if rule is None:
        raise NoValueError(f"{name} has no value here", name)
    x = args[0]
    if analytic and isinstance(x, acb) and name in ("log", "sqrt"):
        result = x.log(analytic=True) if name == "log" else x.sqrt(analytic=True)
    else:
        try:
            result = rule(*args)
        except TypeError as error:
            raise NoValueError(f"{name} with {len(args)} argument(s)") from error
    if not result.is_finite():
        raise UndefinedError(f"{name} outside of its domain")
    return result


def power(base: Value, exponent: Fraction | Value, *, analytic: bool = False) -> Value:
    """Return a power; integer exponents are exact, other ones need a base that is not negative.

    Raises:
        UndefinedError: for 0 to a power that is not positive and for a negative base with a broken exponent.
        NoValueError: for exponents past `MAX_EXPONENT` and matrices with exponents that are not integers.
    """
    if isinstance(exponent, arb):
        whole = exponent.unique_fmpz() if exponent.is_exact() and exponent.is_integer() else None
        if whole is not None:
            exponent = Fraction(int(whole))
    if isinstance(base, arb_mat):
        return _matrix_power(base, exponent)
    if isinstance(exponent, Fraction):
        if exponent.denominator == 1:
            return _integer_power(base, int(exponent))
        if exponent == Fraction(1, 2):
            return apply("sqrt", [base], analytic=analytic)
        exponent = arb(fmpq(exponent.numerator, exponent.denominator))
    if isinstance(base, arb) and isinstance(exponent, arb) and base.is_zero():
        if exponent > 0:
            return arb(0)
        raise UndefinedError("zero to a power that is not positive")
    if isinstance(base, acb) or isinstance(exponent, acb):
        result = acb(base).pow(acb(exponent), analytic=analytic)
    else:
        result = base**exponent
    if not result.is_finite():
        raise UndefinedError("a power outside of its domain")
    return result


def _integer_power(base: Value, exponent: int) -> Value:
    if abs(exponent) > MAX_EXPONENT:
        result = base ** arb(exponent) if isinstance(base, arb) and base > 0 else None
        if result is None or not result.is_finite():
            raise UndefinedError(f"an exponent past {MAX_EXPONENT}")
        return result
    if exponent <= 0 and isinstance(base, arb) and base.is_zero():
        raise UndefinedError("zero to a power that is not positive")
    raised = _raised(base, abs(exponent))
    result = raised if exponent >= 0 else 1 / raised
    if not result.is_finite():
        raise UndefinedError("a power outside of its domain")
    return result


def _raised(base: Value, count: int) -> Value:
    """Return a power; the library gives no value for an enclosure of zero, which products do."""
    if not isinstance(base, arb) or not base.contains(0) or not count:
        return base**count
    result: Value = None
    while count:
        if count % 2:
            result = base if result is None else result * base
        base, count = base * base, count // 2
    return result


def _matrix_power(base: Value, exponent: Fraction | Value) -> Value:
    if not isinstance(exponent, Fraction) or exponent.denominator != 1 or abs(exponent) > 64:
        raise NoValueError("a matrix to a power that is not a small integer")
    if base.ncols() == 1 and base.nrows() > 1 and exponent == 2:
        raise NoValueError("the square of a vector")
    if base.nrows() != base.ncols():
        raise NoValueError("a power of a matrix that is not square")
    count = int(exponent)
    factor = base if count >= 0 else _inverse(base)
    result = arb_mat(
        base.nrows(), base.nrows(), [int(i == j) for i in range(base.nrows()) for j in range(base.nrows())]
    )
    for _ in range(abs(count)):
        result = result * factor
    return result


def _inverse(matrix: Value) -> Value:
    try:
        return matrix.inv()
    except ZeroDivisionError as error:
        raise UndefinedError("a matrix without an inverse") from error


def _of_matrix(name: str, args: Sequence[Value]) -> Value:
    matrix = args[0]
    if name == "transpose":
        return matrix.transpose()
    if name == "norm" and len(args) == 1:
        squares = arb(0)
        for entry in matrix.entries():
            squares = squares + entry * entry
        return squares.sqrt() if squares > 0 else arb(0) if squares.is_zero() else _raise_undefined("a norm near zero")
    if matrix.nrows() != matrix.ncols():
        raise NoValueError(f"{name} of a matrix that is not square")
    if name == "det":
        return matrix.det()
    if name == "trace":
        return matrix.trace()
    if name == "inverse":
        return _inverse(matrix)
    raise NoValueError(f"{name} of a matrix")


def _raise_undefined(reason: str) -> Value:
    raise UndefinedError(reason)


def _logistic(z: Value) -> Value:
    return 1 / (1 + (-z).exp())


def _softplus(z: Value) -> Value:
    return (1 + z.exp()).log()


def _factorial(x: Value) -> Value:
    if isinstance(x, arb) and x.is_integer() and x < 0:
        raise UndefinedError("the factorial of a negative integer")
    return (x + 1).gamma()


def _binomial(n: Value, k: Value) -> Value:
    if k.is_exact() and k.is_integer():
        count = int(k.unique_fmpz())
        if count < 0:
            return arb(0)
        if count <= 200:
            result = arb(1)
            for i in range(count):
                result = result * (n - i) / (i + 1)
            return result
    return (n + 1).gamma() / ((k + 1).gamma() * (n - k + 1).gamma())


def _root(x: Value, order: Value) -> Value:
    whole = int(order.unique_fmpz()) if order.is_exact() and order.is_integer() else 0
    if whole <= 0:
        raise UndefinedError("a root of an order that is not a positive integer")
    if whole % 2 and x < 0:
        return -((-x).root(whole))
    return x.root(whole)


def _normal_pdf(x: Value, mean: Value, variance: Value) -> Value:
    return (-((x - mean) * (x - mean)) / (2 * variance)).exp() / (2 * arb.pi() * variance).sqrt()


def _sign(x: Value) -> Value:
    if x > 0:
        return arb(1)
    if x < 0:
        return arb(-1)
    return arb(0) if x.is_zero() else _raise_undefined("the sign of a number near zero")


def _maximum(*args: Value) -> Value:
    result = args[0]
    for value in args[1:]:
        result = result.max(value)
    return result


def _minimum(*args: Value) -> Value:
    result = args[0]
    for value in args[1:]:
        result = result.min(value)
    return result


def _norm(x: Value, *order: Value) -> Value:
    return abs(x)


def _same(x: Value) -> Value:
    return x


def _modulo(x: Value, divisor: Value) -> Value:
    if divisor.is_zero():
        raise UndefinedError("a remainder by zero")
    return x - divisor * (x / divisor).floor()


_REAL_ONLY = frozenset(["abs", "sign", "floor", "ceil", "max", "min", "norm", "mod", "heaviside", "root"])
_RULES: dict[str, Callable[..., Value]] = {
    "log": lambda x: x.log(), "exp": lambda x: x.exp(), "sqrt": lambda x: x.sqrt(), "abs": abs,
    "sin": lambda x: x.sin(), "cos": lambda x: x.cos(), "tan": lambda x: x.tan(), "cot": lambda x: x.cot(),
    "sec": lambda x: 1 / x.cos(), "csc": lambda x: 1 / x.sin(), "asin": lambda x: x.asin(),
    "acos": lambda x: x.acos(), "atan": lambda x: x.atan(), "sinh": lambda x: x.sinh(),
    "cosh": lambda x: x.cosh(), "tanh": lambda x: x.tanh(), "coth": lambda x: x.coth(),
    "asinh": lambda x: x.asinh(), "acosh": lambda x: x.acosh(), "atanh": lambda x: x.atanh(),
    "gamma": lambda x: x.gamma(), "lgamma": lambda x: x.lgamma(), "digamma": lambda x: x.digamma(),
    "erf": lambda x: x.erf(), "erfc": lambda x: x.erfc(), "floor": lambda x: x.floor(),
    "ceil": lambda x: x.ceil(), "logistic": _logistic, "softplus": _softplus, "factorial": _factorial,
    "binomial": _binomial, "root": _root, "normal_pdf": _normal_pdf, "sign": _sign, "max": _maximum,
    "min": _minimum, "norm": _norm, "transpose": _same, "det": _same, "trace": _same, "mod": _modulo,
}  # fmt: skip
