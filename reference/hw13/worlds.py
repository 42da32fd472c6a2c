"""The worlds of HW13: where the symbols of its two problems take their values, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TypeVar

from grader.domains.draws import Draw, RejectedError
from grader.domains.world import Definition, FiniteWorld, Table
from grader.formula.notation import Notation
from grader.formula.parser import parse_expression
from grader.formula.tree import Call, Dist, Node, Num, Sym
from grader.formula.values import Outcome
from grader.rubric import Regime, Space
from reference.hw13 import diffusion

T = TypeVar("T")

SIGMA, TIME, STEP, STEPS = Sym("sigma"), Sym("t"), Sym("Delta t"), Sym("T")
SIGMA2 = SIGMA**2
STATE = Sym("x", Sym("t"))
BETA, RANKED = Sym("beta"), Sym("K")

_SIZES = tuple(Fraction(text) for text in "1 2 1/2 3 1/3 3/2 1/4 2/3 1/5 5/2 4 1/10 7/3 10 1/100".split())
_SIGNED = tuple(Fraction(text) for text in "1 -1 2 1/2 -2 3 -1/2 1/3 -3 5/2 -7/4 10 -1/10".split())
_COUNTS = (4, 2, 3, 5, 6, 8, 10)
_SHARES = tuple(Fraction(text) for text in "1 1/2 3/4 1/4 9/10 1/10 1/3 2/3".split())
_WEIGHTS = (1, 2, 3, 5, 4, 7, 9, 11)


# ---------------------------------------------------------------- problem 1


def _zero_mean(variance: Node) -> Node:
    return Dist("normal", (Num(Fraction(0)), variance))


def diffusion_world(draw: Draw) -> FiniteWorld:
    """Return values of sigma, t, Delta t = 1/T and x_t with 0 < Delta t < t <= 1."""
    steps = draw(_COUNTS)
    step = Fraction(1, steps)
    # t lies on the grid of steps, as the process has it.
    reached = draw(tuple(range(2, steps + 1)))
    numbers = {SIGMA: draw(_SIZES), TIME: reached * step, STEP: step, STEPS: Fraction(steps), STATE: draw(_SIGNED)}
    numbers[Sym("x", Num(Fraction(0)))] = draw(_SIGNED)
    dt, t, state = Sym("dt argument"), Sym("t argument"), Sym("x argument")
    definitions = {
        Sym("eta"): ((t, dt), (), diffusion.eta(t, dt)),
        Sym("g"): ((state, t), (), diffusion.ideal_denoiser_factor(SIGMA2, t) * state),
    }
    return FiniteWorld(numbers=numbers, definitions=definitions)


_DIFFUSION_WORDS: Mapping[str, Node] = {
    "sigma2": SIGMA2, "sigma_2": SIGMA2, "sigma_sq": SIGMA2, "sigmasq": SIGMA2, "sigma_squared": SIGMA2, "s2": SIGMA2,
    "dt": STEP, "Dt": STEP, "delta_t": STEP, "Delta_t": STEP, "deltat": STEP, "Deltat": STEP, "DeltaT": STEP,
}  # fmt: skip
_START = Sym("hat X", Num(Fraction(1)))
_DIFFUSION_NOTATION = Notation(
    functions={Sym("eta"): "function", Sym("g"): "function"},
    scalars=frozenset([SIGMA, TIME, STEP, STEPS, STATE, _START, Sym("X", Num(Fraction(1)))]),
    words=_DIFFUSION_WORDS,
    renames={
        Sym("x"): STATE,
        Sym("X", Sym("t")): STATE,
        Sym("hat X", Sym("t")): STATE,
        Sym("hat x", Sym("t")): STATE,
        Sym("eta"): Call(Sym("eta"), (TIME, STEP)),
        Sym("hat x", Num(Fraction(1))): _START,
        Sym("delta t"): STEP,
    },
)
_STANDARD = _zero_mean(Num(Fraction(1)))
DIFFUSION = Space(
    notation=_DIFFUSION_NOTATION,
    build=diffusion_world,
    domain="sigma > 0, Delta t = 1/T with T a positive integer, 0 < Delta t < t <= 1",
    positive=frozenset([SIGMA, TIME, STEP, STEPS]),
    integers=frozenset([STEPS]),
    random={
        _START: _STANDARD,
        Sym("X", Num(Fraction(1))): _STANDARD,
        Sym("X", Num(Fraction(0))): _zero_mean(SIGMA2),
    },
    density_at=STATE,
)

SMALL_VARIANCE = Regime(powers={SIGMA: 1}, order=None, words="sigma^2 -> 0")
SMALL_STEP_AND_VARIANCE = Regime(
    powers={SIGMA: 1, STEP: 4, STEPS: -4},
    order=None,
    words="Delta t << sigma^2 << 1: sigma -> 0, Delta t -> 0",
    # Nothing is said of t: it may be as small as sigma^2.
    also=({SIGMA: 1, TIME: 2, STEP: 4, STEPS: -4},),
)
SMALL_STEP = Regime(powers={STEP: 1, STEPS: -1}, order=1, words="Delta t -> 0 with sigma and t fixed")


# ---------------------------------------------------------------- problem 2


def _from(pool: Sequence[T], start: int) -> tuple[T, ...]:
    """Return a pool that begins at another member, so that the simplest draws of neighbours differ."""
    turn = start % len(pool)
    return (*pool[turn:], *pool[:turn])


def _policy(
    draw: Draw,
    prompts: tuple[Outcome, ...],
    responses: tuple[Outcome, ...],
    simplest: tuple[int, ...],
    parametric: bool,
) -> Table:
    """Return a policy with exact rational probabilities that sum to 1 for each prompt.

    `simplest` holds the positions in the pool of weights at which the draws for each response begin.
    """
    values: dict[tuple[str, ...], Fraction] = {}
    for prompt in prompts:
        weights = [draw(_from(_WEIGHTS, simplest[i % len(simplest)])) for i in range(len(responses))]
        for response, weight in zip(responses, weights, strict=True):
            values[response.label, prompt.label] = Fraction(weight, sum(weights))
    return Table(values=values, arity=(1, 1), is_parametric=parametric, defaults=(Sym("y"), Sym("x")))


def _pick(draw: Draw, responses: tuple[Outcome, ...], taken: tuple[Outcome, ...] = ()) -> Outcome:
    return draw(tuple(response for response in responses if response not in taken))


def _permutation(draw: Draw, count: int) -> tuple[int, ...]:
    left = list(range(1, count + 1))
    return tuple(left.pop(left.index(draw(tuple(left)))) for _ in range(count))


def preference_world(draw: Draw) -> FiniteWorld:
    """Return a finite world of prompts and responses, policies, a reward, beta and a preference data set.

    Everything else follows from these by definition: Z, the optimal policy, the implicit reward.
    """
    prompts = tuple(Outcome("prompt", i, f"x{i}") for i in range(1, draw((1, 2)) + 1))
    responses = tuple(Outcome("response", i, f"y{i}") for i in range(1, draw((3, 4)) + 1))
    reward_pool = tuple(Fraction(text) for text in "0 1 2 -1 1/2 3 -2 5/2".split())
    reward: dict[tuple[str, ...], Fraction] = {
        (x.label, y.label): draw(_from(reward_pool, i)) for x in prompts for i, y in enumerate(responses)
    }
    if len(set(reward.values())) < len(responses):
        raise RejectedError
    members = {
        Sym("x"): draw(prompts),
        Sym("y"): draw(responses),
    }
    winner = _pick(draw, responses)
    first = _pick(draw, responses)
    members[Sym("y", Sym("w"))] = winner
    members[Sym("y", Sym("l"))] = _pick(draw, responses, (winner,))
    ranked_count = draw((3, 2, len(responses)))
    ranked = _distinct(draw, responses, ranked_count, first)
    rows = tuple(_row(draw, prompts, responses, ranked_count) for _ in range(draw((1, 2))))
    k = draw(tuple(range(1, ranked_count)))
    return FiniteWorld(
        numbers={
            BETA: draw((Fraction(2), Fraction(1, 2), Fraction(3), Fraction(1, 3), Fraction(1, 10), Fraction(5))),
            RANKED: Fraction(ranked_count),
            Sym("k"): Fraction(k),
            Sym("j"): Fraction(draw(tuple(range(k + 1, ranked_count + 1)))),
        },
        members=members,
        sets={"prompt": prompts, "response": responses},
        kinds={"x": "prompt", "y": "response", "z": "response", "a": "response"},
        sequences={"y": ranked, "tau": _permutation(draw, ranked_count)},
        tables={
            Sym("pi", Sym("ref")): _policy(draw, prompts, responses, (0, 0, 1), parametric=False),
            Sym("pi", Sym("theta")): _policy(draw, prompts, responses, (1, 0, 0), parametric=True),
            Sym("r"): Table(values=reward, arity=(2, 0), defaults=(Sym("x"), Sym("y"))),
        },
        definitions=_PREFERENCE_DEFINITIONS,
        data={"cal D": rows},
    )


def _distinct(draw: Draw, responses: tuple[Outcome, ...], count: int, first: Outcome) -> tuple[Outcome, ...]:
    chosen = [first]
    while len(chosen) < count:
        chosen.append(_pick(draw, responses, tuple(chosen)))
    return tuple(chosen)


def _row(
    draw: Draw, prompts: tuple[Outcome, ...], responses: tuple[Outcome, ...], ranked_count: int
) -> Mapping[Node, object]:
    """Return one row of the data set: a prompt, a preferred pair, and a ranking of K responses."""
    winner = _pick(draw, responses)
    return {
        Sym("x"): draw(prompts),
        Sym("y", Sym("w")): winner,
        Sym("y", Sym("l")): _pick(draw, responses, (winner,)),
        Sym("y", Sym("dots")): _distinct(draw, responses, ranked_count, _pick(draw, responses)),
        Sym("tau", Sym("dots")): _permutation(draw, ranked_count),
    }


_OPTIMAL = Sym("pi^*")
_REFERENCE = Sym("pi", Sym("ref"))
_MODEL = Sym("pi", Sym("theta"))
_IMPLICIT = Sym("hat r")
_LOSS = Sym("cal L")
_PROBABILITY = Sym("p")


def _renames() -> dict[Sym, Node]:
    """Return the writings that authors use, by the canonical one."""
    theta, star, phi = Sym("theta"), Sym("*"), Sym("phi")
    writings: dict[Sym, tuple[Sym, ...]] = {
        _OPTIMAL: (
            Sym("pi", Sym("theta^*")), Sym("pi^*", theta), Sym("pi", star), Sym("pi", Sym("star")), Sym("pi^star"),
            Sym("pi", Sym("opt")), Sym("pi", Sym("optimal")), Sym("pi^opt"), Sym("pi^*", Sym("r")), Sym("pi", Sym("r")),
        ),
        _REFERENCE: (Sym("pi^ref"), Sym("pi", Sym("reference")), Sym("pi", Num(Fraction(0))), Sym("pi", Sym("SFT"))),
        Sym("r"): (Sym("r", phi), Sym("r^*"), Sym("r^*", phi), Sym("R"), Sym("r", theta), Sym("r", star)),
        _IMPLICIT: (Sym("hat r", theta), Sym("hat R", theta), Sym("hat R")),
        _LOSS: (
            Sym("cal L", Sym("DPO")), Sym("L", Sym("DPO")), Sym("L"), Sym("ell"), Sym("cal L", Sym("PL")),
            Sym("cal L", theta), Sym("L", Sym("PL")), Sym("J"), Sym("cal J"), Sym("loss"), Sym("Loss"),
            Sym("cal L^DPO"), Sym("cal L^PL"), Sym("cal L", Sym("PLDPO")),
        ),
        _PROBABILITY: (
            Sym("p^*"), Sym("P"), Sym("bb P"), Sym("p", Sym("theta^*")), Sym("p", theta), Sym("p^*", theta),
            Sym("P^*"), Sym("Pr"), Sym("p", Sym("BT")), Sym("p", Sym("PL")), Sym("P", Sym("PL")), Sym("P", Sym("BT")),
            Sym("P", theta), Sym("P", Sym("theta^*")), Sym("p", star), Sym("p", Sym("star")),
        ),
        Sym("cal D"): (Sym("D"),),
        _MODEL: (Sym("pi"),),
        Sym("y", Sym("w")): (Sym("y^w"), Sym("y", Sym("win")), Sym("y^+"), Sym("y", Sym("+"))),
        Sym("y", Sym("l")): (Sym("y^l"), Sym("y", Sym("ell")), Sym("y", Sym("lose"))),
    }  # fmt: skip
    return {writing: canonical for canonical, others in writings.items() for writing in others}


_CUSTOM = Notation(
    functions={
        Sym("sigma"): "logistic",
        Sym("r"): "function",
        Sym("Z"): "function",
        _PROBABILITY: "function",
        _IMPLICIT: "function",
        _LOSS: "function",
        Sym("tau"): "function",
        _OPTIMAL: "distribution",
        _REFERENCE: "distribution",
        _MODEL: "distribution",
        Sym("pi"): "distribution",
    },
    scalars=frozenset([BETA, RANKED, Sym("x"), Sym("y"), Sym("k"), Sym("j")]),
    families={
        name: (Sym("i"), Call(head, (Sym("x"), Sym("y", Sym("i")))))
        for name, head in (("r", Sym("r")), ("hat r", _IMPLICIT))
    },
    words={"pi_star": _OPTIMAL, "pi_opt": _OPTIMAL, "rhat": _IMPLICIT, "r_hat": _IMPLICIT, "log_Z": Sym("log Z")},
    renames=_renames(),
)


def _definition(parameters: tuple[Sym, ...], given: tuple[Sym, ...], latex: str) -> Definition:
    return parameters, given, _CUSTOM.canonical(parse_expression(latex, _CUSTOM))


_X, _Y = Sym("x"), Sym("y")
# Rafailov et al. 2023, equations 4 (optimal policy, partition function) and the implicit reward below equation 7.
_PREFERENCE_DEFINITIONS: dict[Sym, Definition] = {
    Sym("Z"): _definition((_X,), (), r"\sum_{y} \pi_{\text{ref}}(y \mid x) \exp(r(x, y)/\beta)"),
    _OPTIMAL: _definition((_Y,), (_X,), r"\frac{\pi_{\text{ref}}(y \mid x) \exp(r(x, y)/\beta)}{Z(x)}"),
    _IMPLICIT: _definition((_X, _Y), (), r"\beta \log \frac{\pi_\theta(y \mid x)}{\pi_{\text{ref}}(y \mid x)}"),
}
_POSITIVE: frozenset[Node] = frozenset([BETA, _OPTIMAL, _REFERENCE, _MODEL, Sym("Z")])
PREFERENCE = Space(
    notation=_CUSTOM,
    build=preference_world,
    domain="finite sets of prompts and responses; any reference policy, policy, reward, beta > 0 and data set",
    positive=_POSITIVE,
    integers=frozenset([RANKED]),
)


def divergence_world(draw: Draw) -> FiniteWorld:
    """Return a distribution q on a finite set, and the point x at which densities are compared."""
    points = tuple(Outcome("point", i, f"x{i}") for i in range(1, draw((2, 3, 4)) + 1))
    weights = [draw(_from(_WEIGHTS, i)) for i in range(len(points))]
    values: dict[tuple[str, ...], Fraction] = {
        (x.label,): Fraction(weight, sum(weights)) for x, weight in zip(points, weights, strict=True)
    }
    if len(set(values.values())) == 1:
        raise RejectedError
    size = Fraction(len(points))
    return FiniteWorld(
        numbers={Sym("cal X"): size, Sym("cal Y"): size, Sym("cal P"): size, Sym("n"): size, Sym("N"): size},
        members={Sym("x"): draw(points)},
        sets={"point": points},
        kinds={"x": "point", "y": "point", "z": "point", "i": "point"},
        tables={Sym("q"): Table(values=values, arity=(1, 0), defaults=(Sym("x"),))},
    )


DIVERGENCE = Space(
    notation=Notation(
        functions={Sym("q"): "distribution", Sym("p"): "distribution"},
        scalars=frozenset([Sym("x"), Sym("n")]),
        renames={Sym("p^*"): Sym("p"), Sym("p", Sym("*")): Sym("p"), Sym("p", Sym("star")): Sym("p")},
    ),
    build=divergence_world,
    domain="any distribution q on a finite set",
    positive=frozenset([Sym("q")]),
)
