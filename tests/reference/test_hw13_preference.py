"""`preference`: against mpmath at 50 digits, brute force over rankings, autograd and finite differences."""

from __future__ import annotations

import doctest
import itertools
import math
from collections.abc import Callable
from typing import Any

import mpmath
import pytest
import sympy
import torch
from mpmath import mpf
from torch import Tensor, nn

from reference.hw13 import preference

PROMPTS, RESPONSES, PAIRS = 3, 5, 7
BETAS = [0.1, 1.0, 50.0]
SPREADS = [1.0, 300.0]


def drawn(*shape: int, seed: int, spread: float = 1.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return spread * (2 * torch.rand(*shape, generator=generator, dtype=torch.float64) - 1)


def log_policy(seed: int, spread: float = 1.0) -> Tensor:
    return drawn(PROMPTS, RESPONSES, seed=seed, spread=spread).log_softmax(-1)


def preferences(seed: int) -> preference.Preferences:
    generator = torch.Generator().manual_seed(seed)
    pairs = torch.stack([torch.randperm(RESPONSES, generator=generator)[:2] for _ in range(PAIRS)])
    prompts = torch.randint(PROMPTS, (PAIRS,), generator=generator)
    return preference.Preferences(prompts=prompts, chosen=pairs[:, 0], rejected=pairs[:, 1])


def mp_rows(x: Tensor) -> list[list[Any]]:
    return [[mpf(value) for value in row] for row in x.tolist()]


def assert_close(submitted: Tensor, expected: list[Any], *, rtol: float = 1e-12, atol: float = 0.0) -> None:
    flat = submitted.detach().flatten().tolist()
    assert len(flat) == len(expected)
    for value, want in zip(flat, expected, strict=True):
        assert math.isfinite(value)
        assert abs(value - want) <= atol + rtol * abs(want), f"{value} against {mpmath.nstr(want, 20)}"


# ---------------------------------------------------------------- 2a, 2b


@pytest.mark.parametrize("spread", SPREADS)
def test_divergence_agrees_with_mpmath(spread: float) -> None:
    log_p, log_q = log_policy(1, spread), log_policy(2, spread)
    expected = [
        mpmath.fsum(mpmath.exp(p) * (p - q) for p, q in zip(row_p, row_q, strict=True))
        for row_p, row_q in zip(mp_rows(log_p), mp_rows(log_q), strict=True)
    ]
    assert_close(preference.kl_divergence(log_p, log_q), expected)


def test_divergence_is_least_and_zero_at_q() -> None:
    log_q = log_policy(3)
    assert torch.equal(preference.kl_divergence(log_q, log_q), torch.zeros(PROMPTS, dtype=torch.float64))
    for seed in range(50):
        assert bool((preference.kl_divergence(log_policy(100 + seed), log_q) > 0).all())


def test_divergence_at_the_edge_of_the_simplex() -> None:
    log_p = torch.tensor([0.0, -math.inf], dtype=torch.float64, requires_grad=True)
    log_q = torch.tensor([0.25, 0.75], dtype=torch.float64).log()
    divergence = preference.kl_divergence(log_p, log_q)
    assert divergence.item() == pytest.approx(math.log(4), rel=1e-15)
    (gradient,) = torch.autograd.grad(divergence, log_p)
    assert bool(gradient.isfinite().all())
    assert preference.kl_divergence(log_q, log_p.detach()).item() == math.inf
    both = torch.tensor([0.0, -math.inf], dtype=torch.float64)
    assert preference.kl_divergence(both, both).item() == 0


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("spread", SPREADS)
def test_optimal_policy_and_partition_agree_with_mpmath(beta: float, spread: float) -> None:
    log_ref, reward = log_policy(4, spread), drawn(PROMPTS, RESPONSES, seed=5, spread=spread)
    log_z, log_star = [], []
    for row_ref, row_reward in zip(mp_rows(log_ref), mp_rows(reward), strict=True):
        terms = [mpmath.exp(ref) * mpmath.exp(r / mpf(beta)) for ref, r in zip(row_ref, row_reward, strict=True)]
        log_z.append(mpmath.log(mpmath.fsum(terms)))
        log_star += [mpmath.log(term / mpmath.fsum(terms)) for term in terms]
    assert_close(preference.log_partition(log_ref, reward, beta), log_z, atol=1e-13)
    # A log-probability near 0 has the rounding of the terms (up to 3000) that it is the difference of.
    assert_close(preference.optimal_log_policy(log_ref, reward, beta), log_star, atol=2e-12)


@pytest.mark.parametrize("beta", BETAS)
def test_optimal_policy_maximises_the_objective(beta: float) -> None:
    log_ref, reward = log_policy(6), drawn(PROMPTS, RESPONSES, seed=7)
    log_star = preference.optimal_log_policy(log_ref, reward, beta)
    best = preference.regularised_objective(log_star, log_ref, reward, beta)
    torch.testing.assert_close(best, beta * preference.log_partition(log_ref, reward, beta), rtol=1e-12, atol=1e-12)
    for seed in range(50):
        other = log_policy(200 + seed)
        assert bool((preference.regularised_objective(other, log_ref, reward, beta) < best).all())
    # Stationary on the simplex: the gradient in logits vanishes there, and not at the reference policy.
    for log_pi, is_stationary in ((log_star, True), (log_ref, False)):
        logits = log_pi.clone().requires_grad_()
        value = preference.regularised_objective(logits.log_softmax(-1), log_ref, reward, beta).sum()
        (gradient,) = torch.autograd.grad(value, logits)
        assert (float(gradient.abs().max()) < 1e-12) is is_stationary


@pytest.mark.parametrize("beta", BETAS)
def test_equivalent_objective_is_the_objective_over_minus_beta(beta: float) -> None:
    log_pi, log_ref, reward = log_policy(8), log_policy(9), drawn(PROMPTS, RESPONSES, seed=10)
    expected = []
    for pi, ref, r in zip(mp_rows(log_pi), mp_rows(log_ref), mp_rows(reward), strict=True):
        gain = mpmath.fsum(mpmath.exp(p) * x for p, x in zip(pi, r, strict=True))
        divergence = mpmath.fsum(mpmath.exp(p) * (p - q) for p, q in zip(pi, ref, strict=True))
        expected.append((gain - mpf(beta) * divergence) / -mpf(beta))
    submitted = preference.equivalent_objective(log_pi, log_ref, reward, beta)
    assert_close(submitted, expected, atol=1e-13)
    regularised = preference.regularised_objective(log_pi, log_ref, reward, beta)
    torch.testing.assert_close(submitted, regularised / -beta, rtol=1e-12, atol=1e-13)


# ---------------------------------------------------------------- 2d, 2e


@pytest.mark.parametrize("beta", BETAS)
def test_reward_is_recovered_from_the_optimal_policy(beta: float) -> None:
    log_ref, reward = log_policy(11), drawn(PROMPTS, RESPONSES, seed=12)
    log_star = preference.optimal_log_policy(log_ref, reward, beta)
    log_z = preference.log_partition(log_ref, reward, beta)
    recovered = preference.reward_from_policy(log_star, log_ref, log_z, beta)
    torch.testing.assert_close(recovered, reward, rtol=1e-11, atol=1e-13)
    # Z cancels in differences of rewards, hence in every preference (2e).
    implicit = preference.implicit_reward(log_star, log_ref, beta)
    torch.testing.assert_close(implicit.diff(dim=-1), reward.diff(dim=-1), rtol=1e-11, atol=1e-12)
    by_policy = preference.preference_log_probability(
        log_star[:, 0], log_star[:, 1], log_ref[:, 0], log_ref[:, 1], beta
    )
    by_reward = reward[:, 0].exp() / (reward[:, 0].exp() + reward[:, 1].exp())
    torch.testing.assert_close(by_policy.exp(), by_reward, rtol=1e-11, atol=0)


def test_two_bradley_terry_forms_are_one_in_sympy() -> None:
    beta, rho_1, rho_2, z = sympy.symbols("beta rho_1 rho_2 Z", positive=True)
    reward_1, reward_2 = (beta * sympy.log(rho) + beta * sympy.log(z) for rho in (rho_1, rho_2))
    quotient = sympy.exp(reward_1) / (sympy.exp(reward_1) + sympy.exp(reward_2))
    powers = rho_1**beta / (rho_1**beta + rho_2**beta)
    assert sympy.simplify(sympy.powsimp(sympy.expand_log(quotient), force=True) - powers) == 0
    values = {beta: 0.5, rho_1: 3.0, rho_2: 0.25}
    one, other = (torch.tensor(values[rho]).double().log() for rho in (rho_1, rho_2))
    zero = torch.zeros((), dtype=torch.float64)
    submitted = preference.preference_log_probability(one, other, zero, zero, 0.5).exp().item()
    assert submitted == pytest.approx(float(powers.subs(values)), rel=1e-14)


@pytest.mark.parametrize("gap", [0.0, 1e-9, 1.0, 40.0, 300.0, 15000.0])
def test_bradley_terry_at_extreme_rewards(gap: float) -> None:
    for signed in (gap, -gap):
        submitted = preference.bradley_terry_log_probability(torch.tensor([signed]).double(), torch.zeros(1).double())
        # log1p of a tiny number keeps its digits; below the least float64 it is 0.
        expected = -mpmath.log1p(mpmath.exp(-mpf(float(torch.tensor(signed)))))
        assert_close(submitted, [expected], rtol=1e-14, atol=1e-320)


# ---------------------------------------------------------------- 2f


def mp_loss_and_gradient(
    logits: Tensor, log_ref: Tensor, data: preference.Preferences, beta: float
) -> tuple[Any, list[Any]]:
    """Return the loss and, by differentiating the softmax term by term, its gradient, in mpmath."""
    theta, ref, b = mp_rows(logits), mp_rows(log_ref), mpf(beta)
    pi = [[mpmath.exp(v) / mpmath.fsum(mpmath.exp(w) for w in row) for v in row] for row in theta]
    loss, gradient = mpf(0), [[mpf(0)] * RESPONSES for _ in range(PROMPTS)]
    for x, w, l in zip(data.prompts.tolist(), data.chosen.tolist(), data.rejected.tolist(), strict=True):  # noqa: E741
        margin = b * (mpmath.log(pi[x][w]) - ref[x][w]) - b * (mpmath.log(pi[x][l]) - ref[x][l])
        loss += mpmath.log1p(mpmath.exp(-margin)) / PAIRS
        weight = 1 / (1 + mpmath.exp(margin))
        for y in range(RESPONSES):
            score = ((y == w) - pi[x][y]) - ((y == l) - pi[x][y])
            gradient[x][y] -= b * weight * score / PAIRS
    return loss, list(itertools.chain(*gradient))


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("spread", SPREADS)
def test_loss_and_all_gradients_agree_with_mpmath(beta: float, spread: float) -> None:
    logits = drawn(PROMPTS, RESPONSES, seed=13, spread=spread).requires_grad_()
    log_ref, data = log_policy(14, spread), preferences(15)
    loss, gradient = mp_loss_and_gradient(logits, log_ref, data, beta)
    # Margins reach 50 x 1200 = 6e4 and are rounded to 1e-11, and with them the weights.
    rtol = 1e-12 if spread == 1 else 1e-9
    assert_close(preference.tabular_dpo_loss(logits, log_ref, data, beta), [loss], rtol=rtol)
    assert_close(preference.tabular_dpo_gradient(logits, log_ref, data, beta), gradient, rtol=rtol, atol=1e-13)
    policy = preference.tabular_log_policy(logits)
    reference_w, reference_l = log_ref[data.prompts, data.chosen], log_ref[data.prompts, data.rejected]
    for function in (preference.dpo_gradient, preference.dpo_gradient_by_autograd):
        (submitted,) = function(policy, [logits], data, reference_w, reference_l, beta)
        assert_close(submitted, gradient, rtol=rtol, atol=1e-13)


@pytest.mark.parametrize("beta", [0.1, 2.0])
def test_tabular_gradient_agrees_with_central_differences(beta: float) -> None:
    logits, log_ref, data, h = drawn(PROMPTS, RESPONSES, seed=16), log_policy(17), preferences(18), 1e-5
    gradient = preference.tabular_dpo_gradient(logits, log_ref, data, beta)
    assert float(gradient.abs().max()) > 1e-3
    for index in itertools.product(range(PROMPTS), range(RESPONSES)):
        step = torch.zeros_like(logits)
        step[index] = h
        upper = preference.tabular_dpo_loss(logits + step, log_ref, data, beta)
        lower = preference.tabular_dpo_loss(logits - step, log_ref, data, beta)
        # Truncation h^2 beta^3 plus rounding 1e-16/h.
        assert float((upper - lower) / (2 * h)) == pytest.approx(float(gradient[index]), abs=1e-9)


def test_gradient_of_a_network_policy_is_the_closed_form() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(PROMPTS, 8), nn.Tanh(), nn.Linear(8, RESPONSES)).double()
    data, log_ref, beta = preferences(19), log_policy(20), 0.7

    def policy(prompts: Tensor, responses: Tensor) -> Tensor:
        logits: Tensor = network(torch.eye(PROMPTS, dtype=torch.float64)[prompts])
        return logits.log_softmax(-1).gather(-1, responses[:, None]).squeeze(-1)

    parameters = list(network.parameters())
    reference_w, reference_l = log_ref[data.prompts, data.chosen], log_ref[data.prompts, data.rejected]
    closed = preference.dpo_gradient(policy, parameters, data, reference_w, reference_l, beta)
    autograd = preference.dpo_gradient_by_autograd(policy, parameters, data, reference_w, reference_l, beta)
    for one, other, parameter in zip(closed, autograd, parameters, strict=True):
        assert one.shape == parameter.shape
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-15)


def test_weight_is_large_where_the_pair_is_ranked_wrongly() -> None:
    margin = torch.tensor([-30.0, -1.0, 0.0, 1.0, 30.0], dtype=torch.float64)
    zero = torch.zeros_like(margin)
    weight = preference.dpo_weight(margin, zero, zero, zero, 1.0)
    assert_close(weight, [1 / (1 + mpmath.exp(mpf(z))) for z in margin.tolist()], rtol=1e-14)


def test_mistaken_gradients_are_not_the_gradient() -> None:
    logits, log_ref, data, beta = drawn(PROMPTS, RESPONSES, seed=21), log_policy(22), preferences(23), 0.5
    right = preference.tabular_dpo_gradient(logits, log_ref, data, beta)
    swapped = preference.Preferences(prompts=data.prompts, chosen=data.rejected, rejected=data.chosen)
    for wrong in (-right, right / beta, preference.tabular_dpo_gradient(logits, log_ref, swapped, beta)):
        assert float((wrong - right).abs().max()) > 1e-3


# ---------------------------------------------------------------- 2g


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6])
def test_plackett_luce_over_all_rankings(size: int) -> None:
    reward = drawn(size, seed=24, spread=3.0)
    rankings = list(itertools.permutations(range(size)))
    submitted = preference.plackett_luce_log_probability(reward, torch.tensor(rankings)).exp()
    assert submitted.shape == (math.factorial(size),)
    assert submitted.sum().item() == pytest.approx(1, rel=1e-13)
    weights = [mpmath.exp(value) for value in reward.tolist()]
    for value, ranking in zip(submitted.tolist(), rankings, strict=True):
        # Sequential choice: the next best is drawn from those that are left, in proportion to exp r.
        left, chance = set(range(size)), mpf(1)
        for choice in ranking:
            chance *= weights[choice] / mpmath.fsum(weights[i] for i in left)
            left.remove(choice)
        assert value == pytest.approx(float(chance), rel=1e-12)


def test_plackett_luce_of_two_is_bradley_terry_and_its_best_is_a_softmax() -> None:
    reward = drawn(2, seed=25, spread=2.0)
    pair = preference.plackett_luce_log_probability(reward, torch.tensor([1, 0]))
    torch.testing.assert_close(pair, preference.bradley_terry_log_probability(reward[1], reward[0]))
    many = drawn(5, seed=26)
    rankings = torch.tensor(list(itertools.permutations(range(5))))
    chances = preference.plackett_luce_log_probability(many, rankings).exp()
    best = torch.stack([chances[rankings[:, 0] == i].sum() for i in range(5)])
    torch.testing.assert_close(best, many.softmax(-1), rtol=1e-12, atol=0)


def test_plackett_luce_is_the_law_of_gumbel_races() -> None:
    # Luce's choice axiom: ranks of r + Gumbel noise. Each of 6 rankings within its own binomial bound,
    # total false alarm rate 1e-6; it sees a change of 0.011 in a probability with power 1 - 1e-6.
    draws, reward = 200_000, torch.tensor([0.0, 0.7, -0.4], dtype=torch.float64)
    uniform = torch.rand(draws, 3, generator=torch.Generator().manual_seed(27), dtype=torch.float64)
    raced = (reward - torch.log(-torch.log(uniform))).argsort(-1, descending=True)
    z, power_z, worst = 5.4, 4.9, math.sqrt(0.25 / draws)
    assert (z + power_z) * worst < 0.0117
    pairwise_differs = 0
    for ranking in itertools.permutations(range(3)):
        count = int((raced == torch.tensor(ranking)).all(-1).sum())
        chance = float(preference.plackett_luce_log_probability(reward, torch.tensor(ranking)).exp())
        assert abs(count / draws - chance) < z * math.sqrt(chance * (1 - chance) / draws)
        a, b, c = reward[list(ranking)].tolist()
        pairwise = 1 / (1 + math.exp(b - a)) / (1 + math.exp(c - b)) / (1 + math.exp(c - a))
        pairwise_differs += abs(count / draws - pairwise) > 0.0117
    assert pairwise_differs >= 1


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("spread", SPREADS)
def test_plackett_luce_loss_at_extremes_agrees_with_mpmath(beta: float, spread: float) -> None:
    size, logps = 5, drawn(4, 5, seed=28, spread=spread).requires_grad_()
    reference, generator = drawn(4, size, seed=29, spread=spread), torch.Generator().manual_seed(30)
    rankings = torch.stack([torch.randperm(size, generator=generator) for _ in range(4)])
    expected = mpf(0)
    for pi, ref, ranking in zip(mp_rows(logps), mp_rows(reference), rankings.tolist(), strict=True):
        powers = [mpmath.exp(mpf(beta) * (pi[i] - ref[i])) for i in ranking]
        expected -= mpmath.fsum(mpmath.log(powers[k] / mpmath.fsum(powers[k:])) for k in range(size)) / 4
    loss = preference.plackett_luce_loss(logps, reference, rankings, beta)
    assert_close(loss, [expected], rtol=1e-12)
    (gradient,) = torch.autograd.grad(loss, logps)
    assert bool(gradient.isfinite().all())
    # A shift of all rewards of a prompt changes nothing: Z cancels.
    assert float(gradient.sum(-1).abs().max()) < 1e-12 * max(beta, 1)
    shifted = preference.plackett_luce_loss(logps + 0.5, reference, rankings, beta)
    assert_close(shifted, [expected], rtol=1e-10)


def test_plackett_luce_keeps_the_digits_of_a_near_certain_ranking() -> None:
    reward = torch.tensor([120.0, 60.0, 0.0], dtype=torch.float64)
    submitted = preference.plackett_luce_log_probability(reward, torch.arange(3))
    with mpmath.workdps(120):
        first = -mpmath.log1p(mpmath.exp(-60) + mpmath.exp(-120))
        assert_close(submitted, [first - mpmath.log1p(mpmath.exp(-60))], rtol=1e-13)


def test_collapsed_pairwise_loss_is_not_plackett_luce() -> None:
    logps, reference = drawn(1, 3, seed=31), torch.zeros(1, 3, dtype=torch.float64)
    right = preference.plackett_luce_loss(logps, reference, torch.tensor([[0, 1, 2]]), 1.0)
    pair = -preference.bradley_terry_log_probability(logps[0, 0], logps[0, 2])
    assert abs(float(right - pair)) > 1e-2


# ---------------------------------------------------------------- arguments


def test_unusable_arguments_are_refused() -> None:
    one, two, data = torch.zeros(1).double(), torch.zeros(2).double(), torch.zeros(0, dtype=torch.int64)
    refused: list[tuple[Callable[[], Any], str]] = [
        (lambda: preference.implicit_reward(one, one, 0.0), "beta must be positive and finite, got 0.0"),
        (lambda: preference.log_partition(one, one, math.nan), "beta must be positive and finite, got nan"),
        (lambda: preference.dpo_loss(two, two, two, one, 1.0), r"one shape .* \(1,\)"),
        (lambda: preference.Preferences(prompts=data, chosen=data, rejected=data), "at least one entry"),
        (lambda: preference.plackett_luce_log_probability(two, torch.tensor([0, 0])), "permutation of 0..1"),
        (lambda: preference.plackett_luce_log_probability(two, torch.tensor([1, 2])), "permutation of 0..1"),
        (lambda: preference.plackett_luce_log_probability(two, torch.tensor([0])), "permutation of 0..1"),
    ]
    for call, message in refused:
        with pytest.raises(ValueError, match=message):
            call()


def test_doctests() -> None:
    results = doctest.testmod(preference)
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_gradients_on_the_gpu_are_those_of_the_cpu() -> None:
    logits, log_ref, data = drawn(PROMPTS, RESPONSES, seed=32), log_policy(33), preferences(34)
    there = preference.Preferences(
        prompts=data.prompts.cuda(), chosen=data.chosen.cuda(), rejected=data.rejected.cuda()
    )
    gradient = preference.tabular_dpo_gradient(logits.cuda(), log_ref.cuda(), there, 0.5)
    expected = preference.tabular_dpo_gradient(logits, log_ref, data, 0.5)
    torch.testing.assert_close(gradient.cpu(), expected, rtol=1e-12, atol=1e-15)
