"""How the parts of problem 2 are answered in code."""

from __future__ import annotations

import math
from collections.abc import Mapping

from flint import arb

from grader.domains.draws import Draw, RejectedError
from grader.rubric import Argument, Parameter, Returned, Signature
from reference.hw13 import preference_exact as exact

_BETAS = (1.0, 2.0, 0.5, 3.0, 0.25, 0.1, 1.5)
_REWARDS = (0.0, 1.0, -1.0, 2.0, 0.5, 3.0, -2.0, 1.25)
_PROBABILITIES = (0.5, 0.25, 0.75, 0.125, 0.1, 0.9, 0.3, 0.01)
_PARTITIONS = (2.0, 1.0, 3.0, 0.5, 10.0, 1.7)
_WEIGHTS = (1, 2, 3, 5, 4, 7)


def _shares(draw: Draw, count: int) -> tuple[float, ...]:
    weights = [draw(_WEIGHTS) for _ in range(count)]
    return tuple(weight / sum(weights) for weight in weights)


def _distribution_argument(draw: Draw) -> Mapping[str, Argument]:
    q = _shares(draw, draw((2, 3, 4)))
    if len(set(q)) == 1:
        raise RejectedError
    return {"q": q}


def _policy_arguments(draw: Draw) -> Mapping[str, Argument]:
    count = draw((2, 3, 4))
    r = tuple(draw(_REWARDS) for _ in range(count))
    if len(set(r)) == 1:
        raise RejectedError
    return {"pi_ref": _shares(draw, count), "r": r, "beta": draw(_BETAS)}


def _reward_arguments(draw: Draw) -> Mapping[str, Argument]:
    chosen = {"pi_star": draw(_PROBABILITIES), "pi_ref": draw(_PROBABILITIES), "z": draw(_PARTITIONS)}
    # Near 0 the rounding of the two logarithms would count, not the formula.
    if abs(math.log(chosen["z"] * chosen["pi_star"] / chosen["pi_ref"])) < 0.01:
        raise RejectedError
    return {**chosen, "beta": draw(_BETAS)}


def _pair_arguments(draw: Draw) -> Mapping[str, Argument]:
    names = ("pi_star_1", "pi_ref_1", "pi_star_2", "pi_ref_2")
    return {**{name: draw(_PROBABILITIES) for name in names}, "beta": draw(_BETAS)}


def _gradient_arguments(draw: Draw) -> Mapping[str, Argument]:
    count = draw((2, 1, 3))
    winner = tuple(draw(_REWARDS) for _ in range(count))
    loser = tuple(draw(_REWARDS) for _ in range(count))
    if winner == loser:
        raise RejectedError
    return {
        "r_hat_w": draw(_REWARDS),
        "r_hat_l": draw(_REWARDS),
        "grad_log_pi_w": winner,
        "grad_log_pi_l": loser,
        "beta": draw(_BETAS),
    }


def _ranking_arguments(draw: Draw) -> Mapping[str, Argument]:
    count = draw((3, 2, 4))
    left = list(range(count))
    ranking = tuple(left.pop(left.index(draw(tuple(left)))) for _ in range(count))
    return {"log_ratios": tuple(draw(_REWARDS) for _ in range(count)), "ranking": ranking, "beta": draw(_BETAS)}


_BETA = Parameter(name="beta", meaning="β > 0", aliases=("β",))
_RESPONSES = "a list, one for each response y"

_PART_2A = Signature(
    parameters=(Parameter(name="q", meaning="the distribution q, a list of probabilities"),),
    returned=(
        Returned(
            item="minimiser",
            kind="vector",
            words="p, a list of probabilities",
            expected=lambda q: list(q),
            mistakes={
                "uniform": (lambda q: [arb(1) / len(q)] * len(q),),
                "squared": (
                    lambda q: exact.normalised([x**2 for x in q]),
                    lambda q: [x**2 for x in q],
                    lambda q: exact.normalised([x.sqrt() for x in q]),
                    lambda q: [x.sqrt() for x in q],
                    lambda q: exact.normalised([1 / x for x in q]),
                    lambda q: [1 / x for x in q],
                ),
                "normalisation": (lambda q: [x / arb(1).exp() for x in q], lambda q: [x * arb(1).exp() for x in q]),
            },
        ),
    ),
    arguments=_distribution_argument,
    domain="any distribution q on 2 to 4 points",
)
_PART_2B = Signature(
    parameters=(
        Parameter(name="pi_ref", meaning=f"π_ref(y|x), {_RESPONSES}", aliases=("piref", "ref", "p_ref")),
        Parameter(name="r", meaning=f"r(x, y), {_RESPONSES}", aliases=("reward", "rewards", "R")),
        _BETA,
    ),
    returned=(
        Returned(
            item="policy",
            kind="vector",
            words=f"π*(y|x), {_RESPONSES}",
            expected=exact.optimal_policy,
            aliases=("pi_star", "optimal_policy"),
            mistakes={
                "beta-inverted": (
                    lambda pi_ref, r, beta: exact.normalised(exact.tilted(pi_ref, [beta * x for x in r])),
                ),
                "beta-lost": (lambda pi_ref, r, beta: exact.normalised(exact.tilted(pi_ref, r)),),
                "sign": (lambda pi_ref, r, beta: exact.normalised(exact.tilted(pi_ref, [-x / beta for x in r])),),
                "reference-lost": (lambda pi_ref, r, beta: exact.normalised([(x / beta).exp() for x in r]),),
                "partition-lost": (lambda pi_ref, r, beta: exact.tilted(pi_ref, [x / beta for x in r]),),
                "partition-inverted": (
                    lambda pi_ref, r, beta: [
                        x * sum(exact.tilted(pi_ref, [one / beta for one in r]), arb(0))
                        for x in exact.tilted(pi_ref, [one / beta for one in r])
                    ],
                ),
            },
        ),
    ),
    arguments=_policy_arguments,
    domain="2 to 4 responses, any policy π_ref, any reward, β > 0",
    extreme=({"pi_ref": (0.5, 0.5), "r": (50.0, -50.0), "beta": 0.05},),
)
_PART_2D = Signature(
    parameters=(
        Parameter(name="pi_star", meaning="π*(y|x)", aliases=("pistar", "pi_opt", "p_star", "pi")),
        Parameter(name="pi_ref", meaning="π_ref(y|x)", aliases=("piref", "p_ref", "ref")),
        Parameter(name="z", meaning="Z(x)", aliases=("Z", "partition", "z_x")),
        _BETA,
    ),
    returned=(
        Returned(
            item="reward",
            kind="number",
            words="r(x, y)",
            expected=exact.reward,
            mistakes={
                "beta-lost-second": (lambda pi_star, pi_ref, z, beta: beta * (pi_star / pi_ref).log() + z.log(),),
                "beta-lost-first": (lambda pi_star, pi_ref, z, beta: (pi_star / pi_ref).log() + beta * z.log(),),
                "beta-lost": (lambda pi_star, pi_ref, z, beta: (pi_star / pi_ref).log() + z.log(),),
                "partition-sign": (lambda pi_star, pi_ref, z, beta: beta * ((pi_star / pi_ref).log() - z.log()),),
                "ratio-inverted": (lambda pi_star, pi_ref, z, beta: beta * ((pi_ref / pi_star).log() + z.log()),),
                "beta-inverted": (lambda pi_star, pi_ref, z, beta: ((pi_star / pi_ref).log() + z.log()) / beta,),
                "partition-lost": (lambda pi_star, pi_ref, z, beta: beta * (pi_star / pi_ref).log(),),
            },
        ),
    ),
    arguments=_reward_arguments,
    domain="0 < π*, π_ref < 1, Z > 0, β > 0",
    extreme=({"pi_star": 1e-130, "pi_ref": 0.5, "z": 1e130, "beta": 50.0},),
)
_PART_2E = Signature(
    parameters=(
        Parameter(name="pi_star_1", meaning="π*(y_1|x)", aliases=("pi_star_w", "pi_1", "pistar1", "p_star_1")),
        Parameter(name="pi_ref_1", meaning="π_ref(y_1|x)", aliases=("pi_ref_w", "ref_1", "piref1", "p_ref_1")),
        Parameter(name="pi_star_2", meaning="π*(y_2|x)", aliases=("pi_star_l", "pi_2", "pistar2", "p_star_2")),
        Parameter(name="pi_ref_2", meaning="π_ref(y_2|x)", aliases=("pi_ref_l", "ref_2", "piref2", "p_ref_2")),
        _BETA,
    ),
    returned=(
        Returned(
            item="probability",
            kind="number",
            words="p(y_1 ≻ y_2 | x)",
            expected=exact.preference,
            aliases=("prob", "p"),
            mistakes={
                "beta-lost": (lambda beta, **pi: exact.preference(**pi, beta=arb(1)),),
                "swapped": (lambda beta, **pi: 1 - exact.preference(**pi, beta=beta),),
                "beta-inverted": (lambda beta, **pi: exact.preference(**pi, beta=1 / beta),),
                "exponential-lost": (
                    lambda pi_star_1, pi_ref_1, pi_star_2, pi_ref_2, beta: (
                        (pi_star_1 / pi_ref_1).log() / ((pi_star_1 / pi_ref_1).log() + (pi_star_2 / pi_ref_2).log())
                    ),
                ),
                "reference-lost": (
                    lambda pi_star_1, pi_ref_1, pi_star_2, pi_ref_2, beta: exact.sigmoid(
                        beta * (pi_star_1.log() - pi_star_2.log())
                    ),
                ),
            },
        ),
    ),
    arguments=_pair_arguments,
    domain="0 < π*, π_ref < 1 at both responses, β > 0",
    extreme=({"pi_star_1": 1.0, "pi_ref_1": 1e-130, "pi_star_2": 1e-130, "pi_ref_2": 1.0, "beta": 50.0},),
)
_PART_2F = Signature(
    parameters=(
        Parameter(name="r_hat_w", meaning="r̂(x, y_w) = β log(π_θ(y_w|x)/π_ref(y_w|x))", aliases=("rhat_w", "r_w")),
        Parameter(name="r_hat_l", meaning="r̂(x, y_l), likewise", aliases=("rhat_l", "r_l")),
        Parameter(name="grad_log_pi_w", meaning="∇log π_θ(y_w|x), a list", aliases=("grad_w", "score_w", "g_w")),
        Parameter(name="grad_log_pi_l", meaning="∇log π_θ(y_l|x), a list", aliases=("grad_l", "score_l", "g_l")),
        _BETA,
    ),
    returned=(
        Returned(
            item="gradient",
            kind="vector",
            words="the gradient of the loss of this one pair, a list",
            expected=exact.gradient,
            aliases=("grad",),
            mistakes={
                "sign": (lambda **pair: [-x for x in exact.gradient(**pair)],),
                "weight": (exact.gradient_of_other_weight,),
                "sign-and-weight": (lambda **pair: [-x for x in exact.gradient_of_other_weight(**pair)],),
                "beta-lost": (lambda beta, **pair: [x / beta for x in exact.gradient(**pair, beta=beta)],),
                "beta-squared": (lambda beta, **pair: [x * beta for x in exact.gradient(**pair, beta=beta)],),
                "weight-lost": (
                    lambda r_hat_w, r_hat_l, grad_log_pi_w, grad_log_pi_l, beta: exact.scaled_scores(
                        -beta, grad_log_pi_w, grad_log_pi_l
                    ),
                ),
                "plus": (
                    lambda r_hat_w, r_hat_l, grad_log_pi_w, grad_log_pi_l, beta: exact.scaled_scores(
                        -beta * exact.sigmoid(r_hat_l - r_hat_w), grad_log_pi_w, grad_log_pi_l, 1
                    ),
                ),
            },
        ),
    ),
    arguments=_gradient_arguments,
    domain="any implicit rewards, scores of 1 to 3 parameters, β > 0",
    extreme=(
        {"r_hat_w": -1000.0, "r_hat_l": 1000.0, "grad_log_pi_w": (1.0, 0.0), "grad_log_pi_l": (0.0, 1.0), "beta": 50.0},
    ),
)
_PART_2G = Signature(
    parameters=(
        Parameter(
            name="log_ratios",
            meaning="log(π(y_i|x)/π_ref(y_i|x)), a list over the responses y_0..y_(K-1)",
            aliases=("logratios", "log_ratio", "log_rho"),
        ),
        Parameter(
            name="ranking",
            meaning="the indices of the responses, counted from 0, the best first, a list",
            aliases=("tau", "order", "perm", "permutation"),
        ),
        _BETA,
    ),
    returned=(
        Returned(
            item="probability",
            kind="number",
            words="p(τ | y_1..y_K, x)",
            expected=lambda **ranked: exact.log_ranking(**ranked).exp(),
            aliases=("prob", "p"),
            mistakes={
                "inner-sum": (lambda **ranked: exact.log_ranking(**ranked, from_start=True).exp(),),
                "inner-sum-shifted": (lambda **ranked: exact.log_ranking(**ranked, shift=1).exp(),),
                "beta-lost": (lambda beta, **ranked: exact.log_ranking(**ranked, beta=arb(1)).exp(),),
                "beta-inverted": (lambda beta, **ranked: exact.log_ranking(**ranked, beta=1 / beta).exp(),),
                "pairwise": (
                    lambda **ranked: exact.log_pairwise(**ranked, neighbours=True).exp(),
                    lambda **ranked: exact.log_pairwise(**ranked, neighbours=False).exp(),
                    lambda **ranked: exact.first_pair(**ranked, last=False).exp(),
                    lambda **ranked: exact.first_pair(**ranked, last=True).exp(),
                ),
            },
        ),
        Returned(
            item="loss",
            kind="number",
            words="the loss of this one ranking",
            expected=lambda **ranked: -exact.log_ranking(**ranked),
            is_separate=True,
            mistakes={
                "pairwise": (
                    lambda **ranked: -exact.log_pairwise(**ranked, neighbours=True),
                    lambda **ranked: -exact.log_pairwise(**ranked, neighbours=False),
                    lambda **ranked: -exact.first_pair(**ranked, last=False),
                    lambda **ranked: -exact.first_pair(**ranked, last=True),
                ),
                "sign": (lambda **ranked: exact.log_ranking(**ranked),),
                "inner-sum": (lambda **ranked: -exact.log_ranking(**ranked, from_start=True),),
                "beta-lost": (lambda beta, **ranked: -exact.log_ranking(**ranked, beta=arb(1)),),
                "log-lost": (lambda **ranked: -exact.log_ranking(**ranked).exp(),),
            },
        ),
    ),
    arguments=_ranking_arguments,
    domain="2 to 4 responses, any log-ratios, any ranking, β > 0",
    extreme=({"log_ratios": (300.0, -300.0, 0.0), "ranking": (1, 0, 2), "beta": 50.0},),
)

SIGNATURES: Mapping[str, Signature] = {
    "2a": _PART_2A,
    "2b": _PART_2B,
    "2d": _PART_2D,
    "2e": _PART_2E,
    "2f": _PART_2F,
    "2g": _PART_2G,
}
"""By part; 2c is answered in words."""
