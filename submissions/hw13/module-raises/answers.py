"""HW13 as code. Three functions raise, one is not written yet, the others are right."""

import math

author = "Rae Example"


def part_1a(sigma2):
    return 0.0, variance_of_data + 1.0


def part_1b(sigma2, t, dt):
    variance_at = lambda time: sigma2 + time
    return {"previous": (0.0, variance_at(t - dt)), "current": (0.0, variance_at(t))}


def part_1c(sigma2, t, dt):
    return dt


def part_1d(sigma2):
    """The variance is of order sigma^4, far smaller than the variance sigma^2 of the data: the samples collapse to 0."""
    steps = 64
    factor = math.prod(
        (sigma2 + (k - 1) / steps) / (sigma2 + k / steps) for k in range(1, steps + 1)
    )
    return 0.0, factor**2


def part_1e(sigma2):
    steps = 0
    return sum((sigma2 / (sigma2 + k / steps)) ** 2 for k in range(1000)) / steps


part_1f = r"""
The network $f_\theta(x_t, t)$ gets the noisy state $x_t$ and the time $t$.
For a batch, pick indices $i$ at random and take $s_i$ from the data, draw $t \sim U(0, 1]$ and
$\varepsilon \sim \mathcal{N}(0, 1)$, and set $x_t = s_i + \sqrt{t}\,\varepsilon$.
The loss is the mean over the batch of $(f_\theta(x_t, t) - s_i)^2$.
"""


def part_1g(x_t, t, dt, sigma2):
    return x_t - 0.5 * dt * x_t / (sigma2 + t)


def part_1h(sigma2):
    raise NotImplementedError


def part_2a(q):
    return [float(weight) for weight in q]


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
    ratio = {"pi_star": pi_star, "pi_ref": pi_ref}
    return beta * math.log(ratio["pi*"] / ratio["pi_ref"]) + beta * math.log(z)


def part_2e(pi_star_1, pi_ref_1, pi_star_2, pi_ref_2, beta):
    first = beta * (math.log(pi_star_1) - math.log(pi_ref_1))
    second = beta * (math.log(pi_star_2) - math.log(pi_ref_2))
    return sigmoid(first - second)


def part_2f(r_hat_w, r_hat_l, grad_log_pi_w, grad_log_pi_l, beta):
    """The weight is large when the model ranks the pair wrongly, and small when it already ranks it rightly."""
    weight = sigmoid(r_hat_l - r_hat_w)
    return [-beta * weight * (w - l) for w, l in zip(grad_log_pi_w, grad_log_pi_l)]


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
