"""`samplers`: statistical tests with stated error rates, and exact comparisons with scalar recursions.

Every statistical test has a false alarm rate of at most 1e-6 by the exact chi-squared law of a normal
sample's second moment. Its power against each named mistake is computed from the same law, and a test whose
power is below 1 - 1e-6 does not run: it would prove nothing. Seeds are fixed, so a pass is a pass for ever.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from scipy import stats
from torch import Tensor

from reference.hw13 import diffusion, samplers

FALSE_ALARM_RATE = 1e-6
FALSE_PASS_RATE = 1e-6
SIGMA2 = 0.25
STEPS = 16
DRAWS = 200_000


def seeded(seed: int, device: str = "cpu") -> torch.Generator:
    return torch.Generator(device).manual_seed(seed)


def normals(n: int, variance: float, seed: int, *, dtype: torch.dtype = torch.float64) -> Tensor:
    return math.sqrt(variance) * torch.randn(n, generator=seeded(seed), dtype=dtype)


def variance_interval(n: int) -> tuple[float, float]:
    """Return where the mean square of n draws of N(0, 1) lies but for half of `FALSE_ALARM_RATE`."""
    tail = FALSE_ALARM_RATE / 4
    return float(stats.chi2.ppf(tail, n) / n), float(stats.chi2.isf(tail, n) / n)


def pass_rate(n: int, ratio: float) -> float:
    """Return how often n draws pass whose true variance is `ratio` times the expected one."""
    low, high = variance_interval(n)
    return float(stats.chi2.cdf(high * n / ratio, n) - stats.chi2.cdf(low * n / ratio, n))


def is_normal(x: Tensor, variance: float) -> bool:
    """Test x ~ N(0, variance), independent: second moment, then shape by the DKW bound; half the rate each."""
    n = x.numel()
    low, high = variance_interval(n)
    ordered = (x.flatten().double() / math.sqrt(variance)).sort().values
    cdf = torch.special.ndtr(ordered)
    ranks = torch.arange(n + 1, dtype=torch.float64) / n
    distance = float(torch.maximum((ranks[1:] - cdf).max(), (cdf - ranks[:-1]).max()))
    bound = math.sqrt(math.log(2 / (FALSE_ALARM_RATE / 2)) / (2 * n))
    return low <= float(ordered.square().mean()) <= high and distance <= bound


def assert_normal(x: Tensor, variance: float, *, mistaken: tuple[float, ...]) -> None:
    for wrong in mistaken:
        rate = pass_rate(x.numel(), wrong / variance)
        assert rate <= FALSE_PASS_RATE, f"{x.numel()} draws cannot tell {wrong} from {variance} (pass rate {rate})"
    assert is_normal(x, variance)


def ddpm_variance(sigma2: float, steps: int) -> float:
    """Return Var(X_0_hat) of the noisy chain by its recursion, without `diffusion`."""
    variance = 1.0
    for k in range(steps, 0, -1):
        variance = (1 - 1 / (steps * sigma2 + k)) ** 2 * variance + 1 / steps
    return variance


def test_statistical_test_keeps_its_rates() -> None:
    assert 1 - pass_rate(DRAWS, 1) == pytest.approx(FALSE_ALARM_RATE / 2, rel=1e-3)
    # Power 1 - 1e-6 against a variance wrong by 3.2 %, and next to none against 0.2 %.
    assert max(pass_rate(DRAWS, 1.033), pass_rate(DRAWS, 0.968)) <= FALSE_PASS_RATE
    assert pass_rate(DRAWS, 1.002) > 0.9
    right = normals(DRAWS, 2.0, seed=1)
    assert is_normal(right, 2.0)
    assert not is_normal(1.02 * right, 2.0)
    assert not is_normal(right + 0.03, 2.0)
    uniform = (torch.rand(DRAWS, generator=seeded(2), dtype=torch.float64) - 0.5) * math.sqrt(24)
    assert not is_normal(uniform, 2.0)
    assert not is_normal(right.abs(), 2.0)


# ---------------------------------------------------------------- the forward process


@pytest.mark.parametrize("time", [0.1, 0.5, 1.0])
def test_forward_noise_has_the_marginal_of_x_t(time: float) -> None:
    x_0 = normals(DRAWS, SIGMA2, seed=3)
    x_t = samplers.forward_noise(x_0, time, generator=seeded(4))
    mistaken = (SIGMA2 + time**2,) if time < 1 else (SIGMA2,)
    assert_normal(x_t, SIGMA2 + time, mistaken=(*mistaken, (SIGMA2 + time) ** 2, math.sqrt(SIGMA2 + time)))
    assert_normal(x_t - x_0, time, mistaken=(time / 2, 2 * time))


def test_forward_chain_has_independent_increments() -> None:
    x_0 = normals(DRAWS, SIGMA2, seed=5)
    chain = samplers.forward_chain(x_0, STEPS, generator=seeded(6))
    assert chain.shape == (STEPS + 1, DRAWS)
    assert torch.equal(chain[0], x_0)
    assert_normal(chain[-1], SIGMA2 + 1, mistaken=(SIGMA2 + 1 / STEPS, SIGMA2 + STEPS, 1.0))
    assert_normal(chain[-2], SIGMA2 + 1 - 1 / STEPS, mistaken=(SIGMA2 + 1,))
    # Sums of increments with signs +-1 are N(0, 1) only if the increments are uncorrelated.
    signs = torch.tensor([1.0, -1.0], dtype=torch.float64).repeat(STEPS // 2)
    signed = (signs[:, None] * chain.diff(dim=0)).sum(0)
    assert_normal(signed, 1.0, mistaken=(0.9, 1.1, 1 + 2 * (STEPS - 1) / STEPS))


def test_conditional_mean_and_variance_by_regression_on_the_chain() -> None:
    # 1c: X_{t-dt} - a X_t is N(0, exact reverse variance) and uncorrelated with X_t.
    steps = 8
    chain = samplers.forward_chain(normals(DRAWS, SIGMA2, seed=7), steps, generator=seeded(8))
    x_t, before = chain[4], chain[3]
    mean = samplers.conditional_mean(samplers.ideal_denoiser(SIGMA2), x_t, 4 / steps, 1 / steps)
    variance = (SIGMA2 + 3 / 8) / 8 / (SIGMA2 + 4 / 8)
    residual = before - mean
    assert_normal(residual, variance, mistaken=(1 / 8, variance + 1 / 8))
    unit = x_t / math.sqrt(SIGMA2 + 4 / 8)
    # The sum of independent normals of variances v and v: a correlation of rho would make it 2 v (1 + rho).
    assert_normal(residual + math.sqrt(variance) * unit, 2 * variance, mistaken=(2.1 * variance, 1.9 * variance))


def test_conditional_mean_holds_for_data_that_are_not_normal() -> None:
    # X_0 = +-1 with equal chances: E[X_0 | x_t] = tanh(x_t/t). Any denoiser gives the conditional mean by the
    # bridge; a wrong one is seen in a regression of the residual on 1{x_t > 0}.
    steps, t = 4, 0.75
    x_0 = torch.randint(2, (DRAWS,), generator=seeded(9)).double() * 2 - 1
    chain = samplers.forward_chain(x_0, steps, generator=seeded(10))
    mean = samplers.conditional_mean(lambda x, time: torch.tanh(x / time), chain[3], t, 1 / steps)
    residual = (chain[2] - mean) * chain[3].sign()
    # |residual| has sub-Gaussian tails with variance below 1/4 + 1/9; 5.1 standard errors are a rate of 1e-6
    # in the normal limit, at n = 200,000 exact for this purpose.
    assert abs(float(residual.mean())) < 5.1 * float(residual.std()) / math.sqrt(DRAWS)
    wrong = (chain[2] - chain[3]) * chain[3].sign()
    assert abs(float(wrong.mean())) > 10 * float(wrong.std()) / math.sqrt(DRAWS)


# ---------------------------------------------------------------- samplers


def test_mean_only_and_ddim_are_the_scalar_recursions() -> None:
    x_1 = normals(100, 1.0, seed=11)
    denoiser = samplers.ideal_denoiser(SIGMA2)
    mean_factor = exact = approximate = 1.0
    for k in range(STEPS, 0, -1):
        towards = 1 / (STEPS * SIGMA2 + k)
        mean_factor *= 1 - towards
        exact *= 1 - (k - math.sqrt(k * (k - 1))) * towards
        approximate *= 1 - towards / 2
    torch.testing.assert_close(samplers.ddpm_mean_only(denoiser, x_1, STEPS), mean_factor * x_1, rtol=1e-13, atol=0)
    torch.testing.assert_close(samplers.ddim_sample(denoiser, x_1, STEPS), exact * x_1, rtol=1e-13, atol=0)
    half = samplers.ddim_sample(denoiser, x_1, STEPS, eta=diffusion.eta_leading)
    torch.testing.assert_close(half, approximate * x_1, rtol=1e-13, atol=0)
    assert mean_factor == pytest.approx(SIGMA2 / (SIGMA2 + 1), rel=1e-13)


def test_ddim_step_is_the_step_of_the_sheet() -> None:
    x_t = normals(10, 1.0, seed=12)
    step = samplers.ddim_step(samplers.ideal_denoiser(0.04), x_t, 0.5, 0.001)
    eta = math.sqrt(0.5) / (math.sqrt(0.499) + math.sqrt(0.5))
    torch.testing.assert_close(step, (1 + eta * (0.539 / 0.54 - 1)) * x_t, rtol=1e-13, atol=0)


def test_samples_have_the_variances_of_1d_1e_and_1h() -> None:
    x_1 = normals(DRAWS, 1.0, seed=13)
    denoiser = samplers.ideal_denoiser(SIGMA2)
    noisy = samplers.ddpm_sample(denoiser, x_1, STEPS, generator=seeded(14))
    expected = ddpm_variance(SIGMA2, STEPS)
    without_last_noise = expected - 1 / STEPS
    assert_normal(noisy, expected, mistaken=(without_last_noise, SIGMA2 / (SIGMA2 + 1), SIGMA2 + 0.04))
    collapsed = samplers.ddpm_mean_only(denoiser, x_1, STEPS)
    assert_normal(collapsed, 0.04, mistaken=(0.2, SIGMA2, expected))
    fine = samplers.ddim_sample(denoiser, x_1, 512)
    # 512 steps leave the variance 0.3 % below its limit 1/5, inside what these draws can see.
    assert_normal(fine, 0.2, mistaken=(math.sqrt(0.2), 0.04, SIGMA2, expected))


def test_ddpm_variance_is_that_of_the_reference() -> None:
    for sigma2 in (0.01, 0.25, 4.0):
        for steps in (1, 3, STEPS, 100):
            expected = pytest.approx(ddpm_variance(sigma2, steps), rel=1e-12)
            assert diffusion.ddpm_variance_by_steps(sigma2, steps) == expected


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_samplers_keep_shape_dtype_and_seed(dtype: torch.dtype) -> None:
    x_1 = normals(12, 1.0, seed=15, dtype=dtype).reshape(3, 4)
    denoiser = samplers.ideal_denoiser(SIGMA2)
    draws: list[Callable[[], Tensor]] = [
        lambda: samplers.forward_noise(x_1, 0.5, generator=seeded(16)),
        lambda: samplers.ddpm_sample(denoiser, x_1, 4, generator=seeded(16)),
        lambda: samplers.ddpm_mean_only(denoiser, x_1, 4),
        lambda: samplers.ddim_sample(denoiser, x_1, 4),
        lambda: samplers.forward_chain(x_1, 4, generator=seeded(16))[-1],
    ]
    for draw in draws:
        assert draw().shape == (3, 4)
        assert draw().dtype == dtype
        assert torch.equal(draw(), draw())


# ---------------------------------------------------------------- 1f


def test_batch_is_drawn_as_the_sheet_says() -> None:
    samples = torch.tensor([-1.0, 0.5, 2.0], dtype=torch.float64)
    batch = samplers.make_batch(samples, DRAWS, generator=seeded(17))
    assert batch.x_t.shape == batch.t.shape == batch.target.shape == (DRAWS,)
    counts = [int((batch.target == s).sum()) for s in samples]
    assert sum(counts) == DRAWS
    assert float(stats.chisquare(counts).pvalue) > FALSE_ALARM_RATE
    assert float(batch.t.min()) > 0
    assert float(batch.t.max()) <= 1
    assert float(stats.kstest(batch.t.numpy(), "uniform").pvalue) > FALSE_ALARM_RATE
    # sqrt(t) eps, not t eps: the quotient is N(0, 1) in every stretch of t.
    noise = (batch.x_t - batch.target) / batch.t.sqrt()
    assert_normal(noise, 1.0, mistaken=(0.5, 1.04, 0.96))
    for tercile in (batch.t < 1 / 3, batch.t > 2 / 3):
        assert_normal(noise[tercile], 1.0, mistaken=(1 / 6, 5 / 6))


def test_denoising_loss_is_least_at_the_ideal_denoiser() -> None:
    batch = samplers.make_batch(normals(50_000, SIGMA2, seed=18), DRAWS, generator=seeded(19))
    ideal = samplers.ideal_denoiser(SIGMA2)

    def loss(scale: float) -> float:
        return float(samplers.denoising_loss(lambda x, t: scale * ideal(x, t), batch))

    # E over t ~ U(0, 1] of the posterior variance sigma2 t/(sigma2 + t) = sigma2 (1 - sigma2 log(1 + 1/sigma2)).
    least = SIGMA2 * (1 - SIGMA2 * math.log(1 + 1 / SIGMA2))
    assert loss(1.0) == pytest.approx(least, rel=0.03)
    assert loss(1.0) < min(loss(0.9), loss(1.1), loss(0.0))


def error_in_sigmas(network: samplers.Denoiser, ideal: samplers.Denoiser, batch: samplers.Batch) -> float:
    difference = network(batch.x_t, batch.t) - ideal(batch.x_t, batch.t)
    return float((difference.square().mean() / batch.target.square().mean()).sqrt())


@pytest.mark.parametrize("sigma2", [0.04, 2.25])
def test_network_learns_the_ideal_denoiser(sigma2: float) -> None:
    samples = normals(20_000, sigma2, seed=20, dtype=torch.float32)
    network = samplers.train_denoiser(samples, generator=seeded(21))
    fresh = samplers.make_batch(normals(50_000, sigma2, seed=22, dtype=torch.float32), 50_000, generator=seeded(23))
    ideal = samplers.ideal_denoiser(sigma2)
    assert error_in_sigmas(network, ideal, fresh) < 0.03
    # The bound would see what it should: 10 % off, or the denoiser of another variance.
    assert error_in_sigmas(lambda x, t: 1.1 * ideal(x, t), ideal, fresh) > 0.03
    assert error_in_sigmas(samplers.ideal_denoiser(1.5 * sigma2), ideal, fresh) > 0.03
    assert error_in_sigmas(network, samplers.ideal_denoiser(1.5 * sigma2), fresh) > 0.03


def test_network_learns_a_law_that_is_not_normal() -> None:
    # X_0 = +-1: E[X_0 | x_t] = tanh(x_t/t), which no linear rule comes near.
    samples = torch.tensor([-1.0, 1.0])
    network = samplers.train_denoiser(samples, generator=seeded(24))
    fresh = samplers.make_batch(samples, 50_000, generator=seeded(25))
    ideal: samplers.Denoiser = lambda x, t: torch.tanh(x / t)  # noqa: E731
    assert error_in_sigmas(network, ideal, fresh) < 0.05
    assert error_in_sigmas(samplers.ideal_denoiser(1.0), ideal, fresh) > 0.2


def test_learned_denoiser_samples_the_data() -> None:
    samples = normals(20_000, SIGMA2, seed=26, dtype=torch.float32)
    network = samplers.train_denoiser(samples, generator=seeded(27), iterations=600)
    x_1 = normals(20_000, 1.0, seed=28, dtype=torch.float32)
    variance = float(samplers.ddim_sample(network, x_1, 64).square().mean())
    assert variance == pytest.approx(SIGMA2 / (SIGMA2 + 1), rel=0.1)


def test_training_leaves_the_global_generator_alone_and_repeats() -> None:
    samples, state = normals(100, 1.0, seed=29, dtype=torch.float32), torch.get_rng_state()
    twice = [samplers.train_denoiser(samples, generator=seeded(30), iterations=3) for _ in range(2)]
    assert torch.equal(torch.get_rng_state(), state)
    for one, other in zip(twice[0].parameters(), twice[1].parameters(), strict=True):
        assert torch.equal(one, other)


# ---------------------------------------------------------------- arguments and devices


def test_unusable_arguments_are_refused() -> None:
    x, g = torch.zeros(3), seeded(31)
    ideal = samplers.ideal_denoiser(1.0)
    refused: list[tuple[Callable[[], Any], str]] = [
        (lambda: samplers.ddim_sample(ideal, x, 0), "steps must be"),
        (lambda: samplers.forward_chain(x, True, generator=g), "steps must be"),
        (lambda: samplers.forward_noise(x, -0.5, generator=g), "t must not be negative, got -0.5"),
        (lambda: samplers.ddpm_mean_only(lambda x_t, t: x_t[:1], x, 2), r"returned shape \(1,\)"),
        (lambda: samplers.make_batch(torch.zeros(2, 2), 4, generator=g), "samples must be a floating"),
        (lambda: samplers.make_batch(torch.tensor([1, 2]), 4, generator=g), "int64"),
        (lambda: samplers.make_batch(x, 0, generator=g), "batch_size must be at least 1, got 0"),
        (lambda: samplers.train_denoiser(x, generator=g), "root mean square must be positive"),
        (lambda: samplers.train_denoiser(x + 1, generator=g, iterations=0), "iterations must be"),
        (lambda: samplers.forward_chain(torch.zeros(1, device="meta"), 2, generator=g), "generator must be on meta"),
    ]
    for call, message in refused:
        with pytest.raises(ValueError, match=message):
            call()


def test_default_device_is_cuda_where_there_is_one() -> None:
    assert samplers.default_device().type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_samplers_and_training_run_on_the_gpu() -> None:
    device = samplers.default_device()
    samples = normals(20_000, SIGMA2, seed=32, dtype=torch.float32).to(device)
    x_1 = normals(DRAWS, 1.0, seed=33).to(device)
    noisy = samplers.ddpm_sample(samplers.ideal_denoiser(SIGMA2), x_1, STEPS, generator=seeded(34, "cuda"))
    assert noisy.device.type == "cuda"
    assert_normal(noisy.cpu(), ddpm_variance(SIGMA2, STEPS), mistaken=(SIGMA2 / (SIGMA2 + 1),))
    network = samplers.train_denoiser(samples, generator=seeded(35, "cuda"))
    fresh = samplers.make_batch(samples, 50_000, generator=seeded(36, "cuda"))
    assert error_in_sigmas(network, samplers.ideal_denoiser(SIGMA2), fresh) < 0.03
