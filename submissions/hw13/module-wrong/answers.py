"""HW13. Some parts are wrong."""

import numpy as np

AUTHOR = "Wim Example"


def part_1a(sigma2):
    return 0.0, np.sqrt(sigma2 + 1)


def part_1b(sigma2, t, dt):
    previous = (0.0, sigma2 + t - dt)
    current = (0.0, sigma2 + t)
    return previous, current


def part_1c(sigma2, t, dt):
    return dt**2


def part_1d(sigma2):
    """The spread is far too small compared with the data: it collapses to zero, because no noise is put back."""
    return 0.0, sigma2 / (sigma2 + 1)


def part_1e(sigma2):
    return (sigma2 / (sigma2 + 1)) ** 2 + sigma2 / (sigma2 + 1)


PART_1F = r"""
Inputs: the pair $(x_t, t)$.
Batch: sample $s_i$ from the data set, $t \sim U(0,1)$ and $\epsilon \sim \mathcal{N}(0,1)$; then $x_t = s_i + t\,\epsilon$.
Loss: the mean of $(f(x_t, t) - s_i)^2$.
"""


def part_1g(x_t, t, dt, sigma2):
    mean = (sigma2 + t - dt) / (sigma2 + t) * x_t
    return x_t + (mean - x_t)


def part_1h(sigma2):
    return 0.0, (sigma2 / (sigma2 + 1)) ** 2


def part_2a(q):
    return np.asarray(q)


def part_2b(pi_ref, r, beta):
    r"""The same as $\min_\pi \mathbb{E}_x[\mathbb{D}_{KL}[\pi(\cdot|x) \| \pi^*(\cdot|x)] - \log Z(x)]$."""
    weights = np.asarray(pi_ref) * np.exp(beta * np.asarray(r))
    return weights / weights.sum()


PART_2C = "Nobody knows the reward function r, so the exponent cannot be computed."


def part_2d(pi_star, pi_ref, z, beta):
    return np.log(pi_star / pi_ref) + np.log(z)


def part_2e(pi_star_1, pi_ref_1, pi_star_2, pi_ref_2, beta):
    margin = np.log(pi_star_2 / pi_ref_2) - np.log(pi_star_1 / pi_ref_1)
    return 1 / (1 + np.exp(-beta * margin))


def part_2f(r_hat_w, r_hat_l, grad_log_pi_w, grad_log_pi_l, beta):
    """The weight is large if the model orders the pair wrongly."""
    weight = 1 / (1 + np.exp(r_hat_w - r_hat_l))
    return beta * weight * (np.asarray(grad_log_pi_w) - np.asarray(grad_log_pi_l))


def part_2g_probability(log_ratios, ranking, beta):
    scores = np.exp(beta * np.asarray(log_ratios, dtype=float))[list(ranking)]
    return np.prod(scores / scores.sum())


def part_2g_loss(log_ratios, ranking, beta):
    scores = beta * np.asarray(log_ratios, dtype=float)[list(ranking)]
    return np.sum(np.log1p(np.exp(scores[1:] - scores[:-1])))
