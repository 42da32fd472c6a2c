"""Problem 2 in ball arithmetic: exact values of what code returns, and of the mistakes that have a name.

The equations are those of Rafailov et al. 2023 that `preference` cites; there they are tensors, here enclosures at
the exact values of floats, so that a difference from a submitted number is proved and not rounded away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import arb

Ball = Any  # python-flint has no types


def sigmoid(x: Ball) -> Ball:
    """Return 1/(1 + exp(-x)) without a quotient of two numbers that grow without bound."""
    small = (-abs(x)).exp()
    return 1 / (1 + small) if x >= 0 else small / (1 + small)


def normalised(weights: Sequence[Ball]) -> list[Ball]:
    """Return the weights divided by their sum."""
    total = sum(weights, arb(0))
    return [weight / total for weight in weights]


def tilted(pi_ref: Sequence[Ball], exponents: Sequence[Ball]) -> list[Ball]:
    """Return pi_ref(y) exp(exponent(y)) (DPO eq. 4, before it is normalised)."""
    return [p * exponent.exp() for p, exponent in zip(pi_ref, exponents, strict=True)]


def optimal_policy(pi_ref: Sequence[Ball], r: Sequence[Ball], beta: Ball) -> list[Ball]:
    """Return pi*(y) = pi_ref(y) exp(r(y)/beta)/Z (2b; DPO eq. 4)."""
    return normalised(tilted(pi_ref, [one / beta for one in r]))


def reward(pi_star: Ball, pi_ref: Ball, z: Ball, beta: Ball) -> Ball:
    """Return r = beta log(pi*/pi_ref) + beta log Z (2d; DPO eq. 5)."""
    return beta * (pi_star / pi_ref).log() + beta * z.log()


def preference(pi_star_1: Ball, pi_ref_1: Ball, pi_star_2: Ball, pi_ref_2: Ball, beta: Ball) -> Ball:
    """Return sigmoid(beta log(pi*_1/pi_ref_1) - beta log(pi*_2/pi_ref_2)) (2e; DPO eq. 6)."""
    return sigmoid(beta * ((pi_star_1 / pi_ref_1).log() - (pi_star_2 / pi_ref_2).log()))


def gradient(
    r_hat_w: Ball, r_hat_l: Ball, grad_log_pi_w: Sequence[Ball], grad_log_pi_l: Sequence[Ball], beta: Ball
) -> list[Ball]:
    """Return -beta sigmoid(r_hat_l - r_hat_w) (grad log pi_w - grad log pi_l) (2f; DPO section 4)."""
    return scaled_scores(-beta * sigmoid(r_hat_l - r_hat_w), grad_log_pi_w, grad_log_pi_l)


def gradient_of_other_weight(*, r_hat_w: Ball, r_hat_l: Ball, **scores: Any) -> list[Ball]:
    """Return `gradient` with the weight sigmoid(r_hat_w - r_hat_l), a known mistake in 2f."""
    return gradient(r_hat_l, r_hat_w, **scores)


def scaled_scores(factor: Ball, winner: Sequence[Ball], loser: Sequence[Ball], sign: int = -1) -> list[Ball]:
    """Return factor (grad log pi_w - grad log pi_l), or with `sign` 1 their sum (a known mistake)."""
    return [factor * (w + sign * one) for w, one in zip(winner, loser, strict=True)]


def log_ranking(
    log_ratios: Sequence[Ball], ranking: Sequence[int], beta: Ball, *, shift: int = 0, from_start: bool = False
) -> Ball:
    """Return log p(tau) = -sum_k log sum_(j>=k) exp(beta (l_tau(j) - l_tau(k))) (2g; DPO A.3).

    `shift` starts the inner sum later and `from_start` starts it at 1: the known mistakes.
    """
    ranked = [beta * log_ratios[index] for index in ranking]
    total = arb(0)
    for k in range(len(ranked) - shift):
        rivals = ranked if from_start else ranked[k + shift :]
        total -= sum(((rival - ranked[k]).exp() for rival in rivals), arb(0)).log()
    return total


def log_pairwise(log_ratios: Sequence[Ball], ranking: Sequence[int], beta: Ball, *, neighbours: bool) -> Ball:
    """Return a sum of log sigmoids of pairs, of neighbours or of all: a known mistake in 2g."""
    ranked = [beta * log_ratios[index] for index in ranking]
    total = arb(0)
    for k in range(len(ranked) - 1):
        for rival in ranked[k + 1 : k + 2] if neighbours else ranked[k + 1 :]:
            total += sigmoid(ranked[k] - rival).log()
    return total


def first_pair(log_ratios: Sequence[Ball], ranking: Sequence[int], beta: Ball, *, last: bool) -> Ball:
    """Return the log sigmoid of the best against the second or the last: a known mistake in 2g."""
    rival = ranking[-1] if last else ranking[1]
    return sigmoid(beta * (log_ratios[ranking[0]] - log_ratios[rival])).log()
