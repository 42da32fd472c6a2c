"""Gaussian algebra for training set-ups: what noise has which variance, and which function a squared loss finds.

Everything is about X_0 ~ N(0, sigma^2), X_t = X_0 + noise of variance t (Ho, Jain and Abbeel 2020; the sheet, 1f).
Quantities are linear forms in the sample `S`, the noisy sample `X`, the network `NET` and named noises, with trees
in t and sigma as coefficients. For jointly Gaussian (tau, X_t) the minimiser of E(f(X_t) - tau)^2 is
E[tau | X_t] = Cov(tau, X_t)/Var(X_t) X_t. Values are compared as balls at exact points.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from flint import arb

from grader.formula.balls import Evaluator
from grader.formula.calculus import ONE, ZERO, add, mul, neg
from grader.formula.tree import (
    Add,
    Big,
    Call,
    Dist,
    Div,
    Fn,
    Mul,
    Neg,
    Node,
    Num,
    Pow,
    Rel,
    Sym,
    children,
    num,
    transform,
    walk,
)
from grader.formula.values import BudgetExceededError, NoValueError, UndefinedError, Value

T, SIGMA = Sym("t"), Sym("sigma")
S, X, NET, CONSTANT = "S", "X", "NET", "1"
TIMES = (Fraction(1, 4), Fraction(1, 2), Fraction(1), Fraction(1, 9))
Linear = dict[str, Node]

TIME_NAME = re.compile(r"^(t|tau|time|times|timesteps?|time_steps?|ts|t_batch|noise_level)(_(?!0$|max$|min$)\w+)?$")
_DATA = re.compile(
    r"^(s|x0|x_0|x_start|clean|data|batch|samples?|y0|x_clean|s0|x|xs|x_real|original|x_data|x_orig)"
    r"(_(i|j|b|k|n|m|batch|idx|clean|\w_\w|i_\w|\w\d?))?$"
)
_NOISY = re.compile(
    r"^(xt|x_t|x_t_\w+|xt_\w+|tilde x(_\w+)?|noisy(_\w+)?|x_noisy|x_noised|noised|corrupted|x_tilde|s_t)$"
)
_NOISE = re.compile(r"^(randn|eps|epsilon|varepsilon|noise|z|xi|w|eta|n|zeta|e|delta|nu)(_\w+)?$")
_COUNTS = re.compile(r"^(n|b|m|k|batch_size|num_samples|bs)$")


@dataclass(slots=True)
class Facts:
    """What a text has said so far: what names are equal to, and which law they have (keys are flat names)."""

    equal: dict[str, Node] = field(default_factory=dict)
    laws: dict[str, Dist] = field(default_factory=dict)


class NotLinearError(ValueError):
    """A quantity is not a linear form in the sample, the noise and the network; the message says where."""


def flat(symbol: Sym) -> str:
    """Return the name of a symbol with its index as one word: `x_t`, `s_i`, `tilde x`; counters above are dropped."""
    name = re.sub(r"\^\(?[a-z]\)?$", "", symbol.name, flags=re.I)
    name = re.sub(r"^(bf|bm|cal|rm|it|sf|bb|vec|boldsymbol) ", "", name)
    name = name if name.startswith("Delta") else name[:1].lower() + name[1:] if len(name) < 3 else name
    index = symbol.index
    if index is None:
        return name
    parts = [
        part.name if isinstance(part, Sym) else str(part.value) for part in walk(index) if isinstance(part, (Sym, Num))
    ]
    if name == "x" and len(parts) > 1 and parts[0] == "0":
        parts = ["0"]
    return name + "".join(f"_{re.sub(r'[^A-Za-z0-9 ]', '', part)}" for part in parts)


def role(symbol: Sym, facts: Facts) -> str:
    """Return what a symbol is: time, data, noisy, noise, or empty where its name does not say."""
    name = flat(symbol)
    if "Delta" in name and name.startswith("x"):
        return "earlier"
    for pattern, meaning in ((TIME_NAME, "time"), (_NOISY, "noisy"), (_NOISE, "noise"), (_DATA, "data")):
        if pattern.match(name):
            return meaning
    return "noise" if name in facts.laws else ""


def atoms(node: Node) -> Iterator[Sym | Call]:
    """Yield the symbols and calls of a tree, without what stands in an index or an argument."""
    if isinstance(node, (Sym, Call)):
        yield node
        return
    for child in children(node):
        yield from atoms(child)


def is_network(call: Call, facts: Facts) -> bool:
    """Return whether a call is of the network: an argument is the noisy sample, or its head says so."""
    head = flat(call.head).lower()
    if re.match(r"(lambda|w|alpha|beta|omega|gamma|c|weight|snr)(_|$)", head):
        return False
    inside = [part for argument in call.args for part in walk(argument) if isinstance(part, Sym)]
    if re.search(
        r"^(nn|net|model|f|unet|mlp|network|denoiser|f_theta|nn_theta|\w+_theta|hat \w+|d_theta|denoise\w*)", head
    ):
        return True
    return any(role(symbol, facts) in ("noisy", "time") for symbol in inside)


def resolved(node: Node, facts: Facts, depth: int = 8) -> Node:
    """Return a tree with names replaced by what the text says they equal, but for the noisy sample itself."""
    if isinstance(node, Sym):
        name = flat(node)
        meaning = facts.equal.get(name)
        if meaning is None or depth == 0 or _NOISY.match(name) or _NOISE.match(name) or isinstance(meaning, Dist):
            return node
        if TIME_NAME.match(name) or any(isinstance(part, Sym) and flat(part) == name for part in walk(meaning)):
            return node
        return resolved(meaning, facts, depth - 1)
    if isinstance(node, Call):
        return node
    return transform(node, lambda child: resolved(child, facts, depth))


def linear(node: Node, facts: Facts) -> Linear:
    """Return a tree as a linear form.

    Raises:
        NotLinearError: where it is none, or a symbol is not understood.
    """
    match node:
        case Add(terms):
            total: Linear = {}
            for term in terms:
                for key, coefficient in linear(term, facts).items():
                    total[key] = add(total[key], coefficient) if key in total else coefficient
            return _kept(total)
        case Neg(operand):
            return {key: neg(coefficient) for key, coefficient in linear(operand, facts).items()}
        case Mul(factors):
            return _product([linear(factor, facts) for factor in factors])
        case Div(numerator, denominator):
            below = _only_constant(linear(denominator, facts))
            return {key: Div(coefficient, below) for key, coefficient in linear(numerator, facts).items()}
        case Pow() | Fn() | Num():
            for part in atoms(node):
                if _key_of(part, facts) != CONSTANT:
                    raise NotLinearError(f"{part} stands inside a function")
            return {CONSTANT: transform(node, lambda child: _canonical(child, facts))}
        case Sym() | Call():
            key = _key_of(node, facts)
            return {key: ONE if key != CONSTANT else _canonical(node, facts)}
        case Big("sum", variable, Num(Fraction(numerator=1, denominator=1)), upper, body) if upper is not None:
            return _summed(linear(body, facts), flat(variable), _steps(upper, facts))
        case Dist("normal", (*_, mean, variance)):
            name = f"nameless_{len(facts.laws)}"
            facts.laws[name] = Dist("normal", (ZERO, variance))
            return {**_kept(linear(mean.rhs if isinstance(mean, Rel) else mean, facts)), name: ONE}
    raise NotLinearError(f"{type(node).__name__} is not a number here")


def _summed(form: Linear, variable: str, count: Node) -> Linear:
    """Return a sum of independent noises, one for each value of the variable, as one of `count` times the variance."""
    if not form or any(not name.endswith(f"_{variable}") for name in form):
        raise NotLinearError("a sum of things that are not independent noises")
    return {name: mul(count.sqrt(), coefficient) for name, coefficient in form.items()}


def _steps(upper: Node, facts: Facts) -> Node:
    """Return the number of steps of a sum in terms of t: where the text says t = k dt, k is t/dt."""
    if isinstance(upper, Sym):
        for name, meaning in facts.equal.items():
            if TIME_NAME.match(name) and isinstance(meaning, Mul) and set(meaning.factors) == {upper, Sym("Delta t")}:
                return Div(T, Sym("dt"))
    return _only_constant(linear(upper, facts))


def _product(forms: Sequence[Linear]) -> Linear:
    random = [form for form in forms if set(form) != {CONSTANT}]
    if len(random) > 1:
        raise NotLinearError("a product of random quantities")
    scale = mul(*(form[CONSTANT] for form in forms if set(form) == {CONSTANT}))
    return {key: mul(scale, coefficient) for key, coefficient in random[0].items()} if random else {CONSTANT: scale}


def _only_constant(form: Linear) -> Node:
    if set(form) != {CONSTANT}:
        raise NotLinearError("a division by a random quantity")
    return form[CONSTANT]


def _key_of(node: Sym | Call, facts: Facts) -> str:
    if isinstance(node, Call):
        if is_network(node, facts):
            return NET
        raise NotLinearError(f"the function {node.head.name} is not known")
    name = flat(node)
    meaning = role(node, facts)
    if meaning == "noise":
        return name
    if meaning in ("data", "noisy", "earlier"):
        return {"data": S, "noisy": X, "earlier": "earlier"}[meaning]
    if meaning == "time" or name in ("sigma", "Delta t", "i", "i_d", "dt", "sigma_0", "sigma_x"):
        return CONSTANT
    if re.match(r"(hat |pred|output|out|estimate|y_pred|y_hat|x_hat|x0_hat|s_hat|x0_pred|denoised)", name):
        return NET
    raise NotLinearError(f"{name} is not known")


def _canonical(node: Node, facts: Facts) -> Node:
    if isinstance(node, Sym):
        if role(node, facts) == "time":
            return T
        name = flat(node)
        return (
            SIGMA
            if name.startswith("sigma")
            else ONE
            if name in ("i", "i_d")
            else Sym("dt")
            if name == "Delta t"
            else node
        )
    return transform(node, lambda child: _canonical(child, facts))


def _kept(form: Linear) -> Linear:
    return {key: value for key, value in form.items() if value != ZERO}


def variance_of(key: str, facts: Facts) -> Node:
    """Return the variance of a noise: as its law says, else 1.

    Raises:
        NotLinearError: if its law is not a normal one with a readable variance.
    """
    law = facts.laws.get(key)
    if law is None and isinstance(facts.equal.get(key), Dist):
        law = facts.equal[key]  # type: ignore[assignment]
    if law is None:
        equal = facts.equal.get(key)
        if equal is not None:
            return noise_variance(linear(resolved(equal, facts), facts), facts)
        return ONE
    if law.name != "normal" or len(law.args) < 2:
        raise NotLinearError(f"the law of {key} is not a normal one")
    return stated_variance(law.args[-1], facts)


def stated_variance(node: Node, facts: Facts) -> Node:
    """Return the second parameter of a normal law as a variance: `t`, `t I`, `var = t`, `std = sqrt(t)`."""
    if isinstance(node, Rel):
        label = flat(node.lhs).lower() if isinstance(node.lhs, Sym) else ""
        value = stated_variance(node.rhs, facts)
        return Pow(value, num(2)) if label in ("std", "sd", "sigma", "scale", "stddev") else value
    return _only_constant(linear(resolved(node, facts), facts))


def noise_variance(form: Linear, facts: Facts) -> Node:
    """Return the variance of the noise in a linear form: the sum of squared coefficients times variances.

    Raises:
        NotLinearError: where a law is not understood.
    """
    terms = [
        mul(Pow(coefficient, num(2)), variance_of(key, facts))
        for key, coefficient in form.items()
        if key not in (S, X, NET, CONSTANT, "earlier")
    ]
    return add(*terms)


@dataclass(frozen=True, slots=True)
class Noising:
    """How the noisy sample is made: X = scale S + noise of the given variance; `covariance` by noise name."""

    scale: Node
    variance: Node
    covariance: Mapping[str, Node]
    stepwise: bool = False


def noising(form: Linear, facts: Facts) -> Noising:
    """Return the noising that a linear form describes.

    Raises:
        NotLinearError: if it has no sample or noise, or something else in it.
    """
    names = [key for key in form if key not in (S, X, NET, CONSTANT, "earlier")]
    base = "earlier" if "earlier" in form else S
    if base not in form or not names or {X, NET, CONSTANT} & set(form) or len({S, "earlier"} & set(form)) > 1:
        raise NotLinearError("this is not a sample plus noise")
    covariance = {name: mul(form[name], variance_of(name, facts)) for name in names}
    return Noising(form[base], noise_variance(form, facts), covariance, base == "earlier")


def minimiser(rest: Linear, coefficient: Node, made: Noising) -> Node:
    """Return k in f(x_t, t) = k x_t, the minimiser of E(coefficient f + rest)^2 given x_t.

    Raises:
        NotLinearError: where `rest` has a noise that is not in x_t.
    """
    spread = add(mul(Pow(made.scale, num(2)), Pow(SIGMA, num(2))), made.variance)
    terms: list[Node] = []
    for key, value in rest.items():
        if key == X:
            terms.append(value)
        elif key == S:
            terms.append(Div(mul(value, made.scale, Pow(SIGMA, num(2))), spread))
        elif key in made.covariance:
            terms.append(Div(mul(value, made.covariance[key]), spread))
        elif value != ZERO:
            raise NotLinearError(f"{key} is not part of x_t")
    return Div(neg(add(*terms)), coefficient)


class _Nowhere:
    """A world in which no symbol has a value: what is left after the points are put in is not understood."""

    def symbol(self, symbol: Sym) -> Value:
        raise NoValueError(f"{symbol.name} has no value", symbol.name)

    def __getattr__(self, name: str) -> Value:
        raise NoValueError(f"{name} is not known here")


def value_at(node: Node, point: Mapping[Sym, Fraction]) -> arb:
    """Return the enclosure of a tree at an exact point.

    Raises:
        NotLinearError: where the tree has no value there.
    """
    place = {symbol: num(value) for symbol, value in point.items()}

    def put(part: Node) -> Node:
        return place[part] if isinstance(part, Sym) and part in place else transform(part, put)

    try:
        enclosure: arb = Evaluator(_Nowhere()).scalar(put(node))
    except (NoValueError, UndefinedError, BudgetExceededError) as error:
        raise NotLinearError(str(error)) from error
    return enclosure


def first_difference(
    submitted: Node, expected: Node, points: Sequence[Mapping[Sym, Fraction]]
) -> tuple[Mapping[Sym, Fraction], arb, arb] | None:
    """Return the first point where two enclosures do not meet, with both; None if they meet everywhere.

    Raises:
        NotLinearError: where a side has no value.
    """
    for point in points:
        here, there = value_at(submitted, point), value_at(expected, point)
        if not here.overlaps(there):
            return point, here, there
    return None


def is_count(symbol: Sym) -> bool:
    """Return whether a symbol is a size (n, B, ...): a positive factor that moves no minimiser."""
    return bool(_COUNTS.match(flat(symbol).lower()))
