"""Problem 2: the optimal policy, Bradley-Terry, direct preference optimisation and Plackett-Luce.

Everything is in log space, so ratios of e^(+-300) and beta = 50 give finite right answers. A distribution
over responses is a tensor of log-probabilities whose last dimension runs over all responses; dimensions
before it (prompts, draws) broadcast. `pi_theta`, `pi_ref` and `pi_star` of the paper are `log_pi`,
`log_pi_ref` and `log_pi_star` here; w is the preferred (`chosen`), l the dispreferred (`rejected`) response.

Source: Rafailov et al. 2023, "Direct Preference Optimization" (DPO), cited by equation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

__all__ = [
    "LogPolicy",
    "Preferences",
    "bradley_terry_log_probability",
    "dpo_gradient",
    "dpo_gradient_by_autograd",
    "dpo_loss",
    "dpo_weight",
    "equivalent_objective",
    "implicit_reward",
    "kl_divergence",
    "log_partition",
    "optimal_log_policy",
    "plackett_luce_log_probability",
    "plackett_luce_loss",
    "preference_log_probability",
    "regularised_objective",
    "reward_from_policy",
    "tabular_dpo_gradient",
    "tabular_dpo_loss",
    "tabular_log_policy",
]

LogPolicy: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""(prompts [n], responses [n]) -> log pi_theta(y | x), shape [n], differentiable in its parameters."""


# ---------------------------------------------------------------- 2a, 2b: divergence and optimal policy


def kl_divergence(log_p: Tensor, log_q: Tensor) -> Tensor:
    """Return KL(p || q) = sum_y p log(p/q) over the last dimension, 0 log 0 = 0, inf where p > 0 = q (2a)."""
    is_possible = log_p > -math.inf
    # The inner `where` keeps -inf - (-inf) = nan out of the value and out of the gradient.
    log_ratio = torch.where(is_possible, log_p, 0.0) - torch.where(is_possible, log_q, 0.0)
    return torch.where(is_possible, log_p.exp() * log_ratio, 0.0).sum(-1)


def log_partition(log_pi_ref: Tensor, reward: Tensor, beta: float) -> Tensor:
    """Return log Z(x) = log sum_y pi_ref(y|x) exp(r(x, y)/beta) over the last dimension (2b; DPO eq. 4)."""
    return (log_pi_ref + reward / _positive(beta)).logsumexp(-1)


def optimal_log_policy(log_pi_ref: Tensor, reward: Tensor, beta: float) -> Tensor:
    """Return log pi*(y|x) = log pi_ref(y|x) + r(x, y)/beta - log Z(x), shape of `reward` (2b; DPO eq. 4)."""
    return (log_pi_ref + reward / _positive(beta)).log_softmax(-1)


def regularised_objective(log_pi: Tensor, log_pi_ref: Tensor, reward: Tensor, beta: float) -> Tensor:
    """Return E_{y~pi}[r(x, y)] - beta KL(pi || pi_ref) for each prompt; to be maximised (2b; DPO eq. 3)."""
    return (log_pi.exp() * reward).sum(-1) - _positive(beta) * kl_divergence(log_pi, log_pi_ref)


def equivalent_objective(log_pi: Tensor, log_pi_ref: Tensor, reward: Tensor, beta: float) -> Tensor:
    """Return KL(pi || pi*) - log Z(x) for each prompt; to be minimised (2b; DPO A.1).

    It is `regularised_objective` divided by -beta, and its least value is -log Z(x), at pi = pi*.
    """
    log_pi_star = optimal_log_policy(log_pi_ref, reward, beta)
    return kl_divergence(log_pi, log_pi_star) - log_partition(log_pi_ref, reward, beta)


# ---------------------------------------------------------------- 2d, 2e: rewards and pairwise preferences


def reward_from_policy(log_pi_star: Tensor, log_pi_ref: Tensor, log_z: Tensor, beta: float) -> Tensor:
    """Return r(x, y) = beta log(pi*(y|x)/pi_ref(y|x)) + beta log Z(x) (2d; DPO eq. 5).

    Shapes: the policies [..., responses], `log_z` [...].
    """
    return implicit_reward(log_pi_star, log_pi_ref, beta) + beta * log_z.unsqueeze(-1)


def implicit_reward(log_pi: Tensor, log_pi_ref: Tensor, beta: float) -> Tensor:
    """Return r_hat(x, y) = beta log(pi(y|x)/pi_ref(y|x)), elementwise (2f; DPO section 4)."""
    return _positive(beta) * (log_pi - log_pi_ref)


def bradley_terry_log_probability(reward_1: Tensor, reward_2: Tensor) -> Tensor:
    """Return log p(y_1 > y_2 | x) = log sigmoid(r(x, y_1) - r(x, y_2)), elementwise (2e; DPO eq. 1)."""
    return logsigmoid(reward_1 - reward_2)


def preference_log_probability(
    log_pi_1: Tensor, log_pi_2: Tensor, log_pi_ref_1: Tensor, log_pi_ref_2: Tensor, beta: float
) -> Tensor:
    """Return log p(y_1 > y_2 | x) in terms of the policies of the two responses alone (2e; DPO eq. 6)."""
    return bradley_terry_log_probability(
        implicit_reward(log_pi_1, log_pi_ref_1, beta), implicit_reward(log_pi_2, log_pi_ref_2, beta)
    )


# ---------------------------------------------------------------- 2f: the DPO loss and its gradient


def dpo_loss(
    policy_chosen_logps: Tensor,
    policy_rejected_logps: Tensor,
    reference_chosen_logps: Tensor,
    reference_rejected_logps: Tensor,
    beta: float,
) -> Tensor:
    """Return L_DPO = -mean log sigmoid(r_hat_w - r_hat_l), a scalar; arguments [pairs] (2f; DPO eq. 7).

    >>> zero = torch.zeros(1, dtype=torch.float64)
    >>> round(dpo_loss(zero, zero, zero, zero, 1.0).item(), 12)  # log 2
    0.69314718056
    """
    logps = (policy_chosen_logps, policy_rejected_logps, reference_chosen_logps, reference_rejected_logps)
    _require_pairs(logps)
    policy_w, policy_l, reference_w, reference_l = logps
    return -preference_log_probability(policy_w, policy_l, reference_w, reference_l, beta).mean()


def dpo_weight(
    policy_chosen_logps: Tensor,
    policy_rejected_logps: Tensor,
    reference_chosen_logps: Tensor,
    reference_rejected_logps: Tensor,
    beta: float,
) -> Tensor:
    """Return sigmoid(r_hat_l - r_hat_w), [pairs]: near 1 where a pair is ranked wrongly (2f; DPO section 4)."""
    reward_w = implicit_reward(policy_chosen_logps, reference_chosen_logps, beta)
    reward_l = implicit_reward(policy_rejected_logps, reference_rejected_logps, beta)
    return torch.sigmoid(reward_l - reward_w)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """A data set: integer tensors of shape [pairs]; at prompts[i], chosen[i] is preferred to rejected[i]."""

    prompts: Tensor
    chosen: Tensor
    rejected: Tensor

    def __post_init__(self) -> None:
        _require_pairs((self.prompts, self.chosen, self.rejected))


def dpo_gradient(
    log_policy: LogPolicy,
    parameters: Sequence[Tensor],
    preferences: Preferences,
    reference_chosen_logps: Tensor,
    reference_rejected_logps: Tensor,
    beta: float,
) -> tuple[Tensor, ...]:
    """Return the gradient of L_DPO, in the closed form, one tensor a parameter (2f; DPO section 4).

    -beta mean[ sigmoid(r_hat_l - r_hat_w) (grad log pi_theta(y_w|x) - grad log pi_theta(y_l|x)) ]: only the
    scores grad log pi_theta are taken by autograd; the loss is never formed.
    """
    logps_w, logps_l = _pair_logps(log_policy, preferences)
    weight = dpo_weight(logps_w, logps_l, reference_chosen_logps, reference_rejected_logps, beta).detach()
    surrogate = -_positive(beta) * (weight * (logps_w - logps_l)).mean()
    return torch.autograd.grad(surrogate, tuple(parameters))


def dpo_gradient_by_autograd(
    log_policy: LogPolicy,
    parameters: Sequence[Tensor],
    preferences: Preferences,
    reference_chosen_logps: Tensor,
    reference_rejected_logps: Tensor,
    beta: float,
) -> tuple[Tensor, ...]:
    """Return the gradient of `dpo_loss` itself by autograd, one tensor a parameter."""
    logps_w, logps_l = _pair_logps(log_policy, preferences)
    loss = dpo_loss(logps_w, logps_l, reference_chosen_logps, reference_rejected_logps, beta)
    return torch.autograd.grad(loss, tuple(parameters))


def tabular_log_policy(logits: Tensor) -> LogPolicy:
    """Return the softmax policy whose parameters are `logits` [prompts, responses]."""

    def log_policy(prompts: Tensor, responses: Tensor) -> Tensor:
        return logits.log_softmax(-1)[prompts, responses]

    return log_policy


def tabular_dpo_loss(logits: Tensor, log_pi_ref: Tensor, preferences: Preferences, beta: float) -> Tensor:
    """Return `dpo_loss` of the softmax policy `logits` against `log_pi_ref`, both [prompts, responses]."""
    logps_w, logps_l = _pair_logps(tabular_log_policy(logits), preferences)
    reference_w, reference_l = _tabular_pair_logps(log_pi_ref, preferences)
    return dpo_loss(logps_w, logps_l, reference_w, reference_l, beta)


def tabular_dpo_gradient(logits: Tensor, log_pi_ref: Tensor, preferences: Preferences, beta: float) -> Tensor:
    """Return the gradient of `tabular_dpo_loss` in `logits`, [prompts, responses], without autograd (2f).

    The score of a softmax is grad log pi(y|x) = e_y - pi(.|x) in row x, so the difference of two scores in
    one row is e_w - e_l.
    """
    logps_w, logps_l = _pair_logps(tabular_log_policy(logits.detach()), preferences)
    reference_w, reference_l = _tabular_pair_logps(log_pi_ref, preferences)
    weight = dpo_weight(logps_w, logps_l, reference_w, reference_l, beta)
    step = -_positive(beta) * weight / len(weight)
    gradient = torch.zeros_like(logits, requires_grad=False)
    gradient.index_put_((preferences.prompts, preferences.chosen), step, accumulate=True)
    return gradient.index_put_((preferences.prompts, preferences.rejected), -step, accumulate=True)


# ---------------------------------------------------------------- 2g: rankings of K responses


def plackett_luce_log_probability(reward: Tensor, ranking: Tensor) -> Tensor:
    """Return log p(tau) = sum_k log[exp r_tau(k) / sum_{j >= k} exp r_tau(j)], shape [...] (2g; DPO A.3).

    Shapes: `reward` [..., K]; `ranking` [..., K], integers, best first, a permutation of 0..K-1. Adding one
    number to all rewards of a prompt changes nothing, so implicit rewards do as well as rewards: Z cancels.

    >>> plackett_luce_log_probability(torch.zeros(3).double(), torch.tensor([2, 0, 1])).exp().mul(6).item()
    1.0
    """
    size = reward.shape[-1]
    positions = torch.arange(size, device=ranking.device).expand(*ranking.shape[:-1], size)
    if not torch.equal(ranking.sort(-1).values, positions):
        raise ValueError(f"each ranking must be a permutation of 0..{size - 1}, got {ranking.tolist()}")
    ranked = _gathered(reward, ranking)
    # exp a/(exp a + exp b) = sigmoid(a - b) with b the log of the sum over the rest: exact to the last
    # digits even where the probability is within 1e-16 of 1. The last factor is 1.
    total = torch.zeros_like(ranked[..., 0])
    for k in range(size - 1):
        total = total + logsigmoid(ranked[..., k] - ranked[..., k + 1 :].logsumexp(-1))
    return total


def plackett_luce_loss(policy_logps: Tensor, reference_logps: Tensor, rankings: Tensor, beta: float) -> Tensor:
    """Return -mean log p(tau) with r_hat in place of r, a scalar; arguments [rankings, K] (2g; DPO A.3)."""
    _require_pairs((policy_logps, reference_logps, rankings))
    return -plackett_luce_log_probability(implicit_reward(policy_logps, reference_logps, beta), rankings).mean()


# ---------------------------------------------------------------- arguments


def _pair_logps(log_policy: LogPolicy, preferences: Preferences) -> tuple[Tensor, Tensor]:
    chosen = log_policy(preferences.prompts, preferences.chosen)
    return chosen, log_policy(preferences.prompts, preferences.rejected)


def _tabular_pair_logps(log_pi: Tensor, preferences: Preferences) -> tuple[Tensor, Tensor]:
    chosen = log_pi[preferences.prompts, preferences.chosen]
    return chosen, log_pi[preferences.prompts, preferences.rejected]


def _gathered(x: Tensor, index: Tensor) -> Tensor:
    x, index = torch.broadcast_tensors(x, index)  # type: ignore[no-untyped-call]
    return x.gather(-1, index)


def _positive(beta: float) -> float:
    if not (beta > 0 and math.isfinite(beta)):
        raise ValueError(f"beta must be positive and finite, got {beta}")
    return beta


def _require_pairs(tensors: Sequence[Tensor]) -> None:
    shapes = [tuple(tensor.shape) for tensor in tensors]
    if len(set(shapes)) > 1 or 0 in shapes[0]:
        raise ValueError(f"expected tensors of one shape with at least one entry, got shapes {shapes}")
