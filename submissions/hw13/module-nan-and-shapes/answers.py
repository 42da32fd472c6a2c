"""HW13 as code. Some functions return NaN, infinity, None, an empty list, a complex number or a wrong shape."""

import math

import numpy as np

author = "Nan Example"


def part_1a(sigma2):
    return 0.0, float("nan")


def part_1b(sigma2, t, dt):
    variance_at = lambda time: sigma2 + time
    return np.full((3, 3), variance_at(t))


def part_1c(sigma2, t, dt):
    print("the variance is", dt)


def part_1d(sigma2):
    """The variance is of order sigma^4, far smaller than the variance sigma^2 of the data: the samples collapse to 0."""
    steps = 64
    factor = math.prod(
        (sigma2 + (k - 1) / steps) / (sigma2 + k / steps) for k in range(1, steps + 1)
    )
    return 0.0, factor**2


def part_1e(sigma2):
    shrink = sigma2 / (sigma2 + 1)
    return complex(shrink * (shrink + 1), 1.0)


part_1f = r"""
The network $f_\theta(x_t, t)$ gets the noisy state $x_t$ and the time $t$.
For a batch, pick indices $i$ at random and take $s_i$ from the data, draw $t \sim U(0, 1]$ and
$\varepsilon \sim \mathcal{N}(0, 1)$, and set $x_t = s_i + \sqrt{t}\,\varepsilon$.
The loss is the mean over the batch of $(f_\theta(x_t, t) - s_i)^2$.
"""


def part_1g(x_t, t, dt, sigma2):
    return np.array(x_t - 0.5 * dt * x_t / (sigma2 + t))


def part_1h(sigma2):
    return 0.0, math.inf


def part_2a(q):
    return [float(weight) for weight in q][:-1]


def part_2b(pi_ref, r, beta):
    r"""Equivalently: minimise $\mathbb{E}_{x\sim\mathcal D}\left[\mathbb{D}_{KL}[\pi(\cdot|x) \| \pi^*(\cdot|x)] - \log Z(x)\right]$."""
    logits = [math.log(p) + reward / beta for p, reward in zip(pi_ref, r)]
    top = max(logits)
    weights = [math.exp(logit - top) for logit in logits]
    return [weight / sum(weights) for weight in weights]


part_2c = (
    "Z(x) is a sum over every possible response y. With a vocabulary of V tokens there are V^L responses "
    "of length L, so the sum has exponentially many terms and cannot be computed."
)


def part_2d(pi_star, pi_ref, z, beta):
    return []


def part_2e(pi_star_1, pi_ref_1, pi_star_2, pi_ref_2, beta):
    first = beta * (math.log(pi_star_1) - math.log(pi_ref_1))
    second = beta * (math.log(pi_star_2) - math.log(pi_ref_2))
    return sigmoid(first - second)


def part_2f(r_hat_w, r_hat_l, grad_log_pi_w, grad_log_pi_l, beta):
    """The weight is large when the model ranks the pair wrongly, and small when it already ranks it rightly."""
    weight = sigmoid(r_hat_l - r_hat_w)
    return -beta * weight * sum(w - l for w, l in zip(grad_log_pi_w, grad_log_pi_l)) * np.ones((2, 5))


def part_2g_probability(log_ratios, ranking, beta):
    return math.exp(log_likelihood(log_ratios, ranking, beta))


def part_2g_loss(log_ratios, ranking, beta):
    return -log_likelihood(log_ratios, ranking, beta)


def log_likelihood(log_ratios, ranking, beta):
    scores = [beta * log_ratios[i] for i in ranking]
    total = 0.0
    for place, score in enumerate(scores):
        left = scores[place:]
        top = max(left)
        total += score - top - math.log(sum(math.exp(s - top) for s in left))
    return total


def sigmoid(z):
    if z >= 0:
        return 1 / (1 + math.exp(-z))
    return math.exp(z) / (1 + math.exp(z))
