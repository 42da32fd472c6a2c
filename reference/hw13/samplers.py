"""Problem 1 for real: forward noising, DDPM and DDIM samplers, and a denoiser that is learned from samples.

X is a number; a tensor of any shape holds independent draws of it, and t always comes to a denoiser as a
tensor of the same shape. Results have the dtype and the device of the tensor that was passed in. All
randomness comes from the `generator`, which must live on that device.

Sources: Ho, Jain and Abbeel 2020 (DDPM); Song, Meng and Ermon 2021 (DDIM); Karras et al. 2022, section 5
(scaling of the inputs); in the notation of the sheet.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor, nn

from reference.hw13 import diffusion

__all__ = [
    "Batch",
    "Denoiser",
    "DenoiserNetwork",
    "conditional_mean",
    "ddim_sample",
    "ddim_step",
    "ddpm_mean_only",
    "ddpm_sample",
    "default_device",
    "denoising_loss",
    "forward_chain",
    "forward_noise",
    "ideal_denoiser",
    "make_batch",
    "train_denoiser",
]

Denoiser: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""(x_t, t) -> an estimate of E[X_0 | X_t = x_t]; all three of one shape."""

EtaRule: TypeAlias = Callable[[float, float], float]
"""(t, dt) -> the coefficient of a DDIM step."""


def default_device() -> torch.device:
    """Return the CUDA device where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


# ---------------------------------------------------------------- the forward process


def forward_noise(x_0: Tensor, t: Tensor | float, *, generator: torch.Generator) -> Tensor:
    """Return X_t = x_0 + sqrt(t) eps in one jump, shape of x_0; t is a number or has the shape of x_0."""
    times = torch.as_tensor(t, dtype=x_0.dtype, device=x_0.device)
    if times.numel() and not bool((times >= 0).all()):
        raise ValueError(f"t must not be negative, got {float(times.min())}")
    return x_0 + times.sqrt() * _noise_like(x_0, generator)


def forward_chain(x_0: Tensor, steps: int, *, generator: torch.Generator) -> Tensor:
    """Return X_0, X_dt, ..., X_1 stacked, shape [steps + 1, *x_0.shape]; each step adds N(0, 1/steps)."""
    _require_steps(steps)
    chain = [x_0]
    for _ in range(steps):
        chain.append(chain[-1] + math.sqrt(1 / steps) * _noise_like(x_0, generator))
    return torch.stack(chain)


# ---------------------------------------------------------------- samplers, from X_1_hat to X_0_hat


def ideal_denoiser(sigma2: float) -> Denoiser:
    """Return g(x_t, t) = sigma2/(sigma2 + t) x_t, the denoiser of N(0, sigma2) (1f)."""

    def denoise(x_t: Tensor, t: Tensor) -> Tensor:
        factor: Tensor = diffusion.ideal_denoiser_factor(sigma2, t)
        return factor * x_t

    return denoise


def conditional_mean(denoiser: Denoiser, x_t: Tensor, t: float, dt: float) -> Tensor:
    """Return E[X_{t-dt} | X_t = x_t] = x_t + (dt/t)(g(x_t, t) - x_t), shape of x_t.

    Given X_0 and X_t, the chain is a Brownian bridge, linear in time; the tower rule gives the rest. So it
    holds for data of any law, exactly.
    """
    denoised = denoiser(x_t, torch.full_like(x_t, t))
    if denoised.shape != x_t.shape:
        raise ValueError(f"the denoiser returned shape {tuple(denoised.shape)} for x_t of {tuple(x_t.shape)}")
    return x_t + (dt / t) * (denoised - x_t)


def ddpm_mean_only(denoiser: Denoiser, x_1: Tensor, steps: int) -> Tensor:
    """Return X_0_hat from x_1 by `steps` conditional means and no noise (1d); it collapses."""
    x_t, dt = x_1, 1 / _require_steps(steps)
    for k in range(steps, 0, -1):
        x_t = conditional_mean(denoiser, x_t, k / steps, dt)
    return x_t


def ddpm_sample(denoiser: Denoiser, x_1: Tensor, steps: int, *, generator: torch.Generator) -> Tensor:
    """Return X_0_hat from x_1 by conditional means and fresh N(0, dt) noise at each step, the last too (1e)."""
    x_t, dt = x_1, 1 / _require_steps(steps)
    for k in range(steps, 0, -1):
        x_t = conditional_mean(denoiser, x_t, k / steps, dt) + math.sqrt(dt) * _noise_like(x_t, generator)
    return x_t


def ddim_step(denoiser: Denoiser, x_t: Tensor, t: float, dt: float, *, eta: EtaRule = diffusion.eta) -> Tensor:
    """Return x_{t-dt} = x_t + eta(t, dt) (E[X_{t-dt} | x_t] - x_t) (1g).

    `eta=diffusion.eta_leading` takes the step with eta = 1/2.
    """
    return x_t + eta(t, dt) * (conditional_mean(denoiser, x_t, t, dt) - x_t)


def ddim_sample(denoiser: Denoiser, x_1: Tensor, steps: int, *, eta: EtaRule = diffusion.eta) -> Tensor:
    """Return X_0_hat from x_1 by `steps` DDIM steps; no randomness (1h)."""
    x_t, dt = x_1, 1 / _require_steps(steps)
    for k in range(steps, 0, -1):
        x_t = ddim_step(denoiser, x_t, k / steps, dt, eta=eta)
    return x_t


# ---------------------------------------------------------------- 1f: learning the denoiser from samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Training examples, each tensor of shape [batch]: inputs (x_t, t) and the clean samples s as target."""

    x_t: Tensor
    t: Tensor
    target: Tensor


def make_batch(samples: Tensor, batch_size: int, *, generator: torch.Generator) -> Batch:
    """Return s_i drawn from `samples` [n], t ~ U(0, 1], and x_t = s_i + sqrt(t) eps (1f)."""
    _require_samples(samples)
    _require_same_device(samples, generator)
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    chosen = torch.randint(len(samples), (batch_size,), generator=generator, device=samples.device)
    target = samples[chosen]
    # rand is in [0, 1); t = 0 is excluded, t = 1 is not.
    t = 1 - torch.rand(batch_size, generator=generator, dtype=samples.dtype, device=samples.device)
    return Batch(x_t=forward_noise(target, t, generator=generator), t=t, target=target)


def denoising_loss(network: Denoiser, batch: Batch) -> Tensor:
    """Return the mean of (f(x_t, t) - s)^2, a scalar; its population minimiser is E[X_0 | X_t] (1f)."""
    return (network(batch.x_t, batch.t) - batch.target).square().mean()


class DenoiserNetwork(nn.Module):
    """A network f(x_t, t) of three layers, with inputs and output of unit scale.

    Inputs to the layers are x_t/sqrt(s2 + t) and log(1 + t/s2), the output is in units of sqrt(s2), where s2
    is the mean square of the samples. Nothing else of their law is built in.
    """

    def __init__(self, scale: float, *, generator: torch.Generator, dtype: torch.dtype, width: int = 64) -> None:
        super().__init__()
        if not (scale > 0 and math.isfinite(scale)):
            raise ValueError(f"the samples' root mean square must be positive and finite, got {scale}")
        self.scale = scale
        sizes = [(2, width), (width, width), (width, 1)]
        # skip_init: the default initialisation would draw from torch's global generator.
        self.layers = nn.ModuleList(
            nn.utils.skip_init(  # type: ignore[no-untyped-call]
                nn.Linear, fan_in, fan_out, device=generator.device, dtype=dtype
            )
            for fan_in, fan_out in sizes
        )
        for name, parameter in self.named_parameters():
            if name.endswith("weight"):
                nn.init.xavier_normal_(parameter, generator=generator)
            else:
                nn.init.zeros_(parameter)

    def forward(self, x_t: Tensor, t: Tensor) -> Tensor:
        """Return the estimate of E[X_0 | X_t = x_t], shape of x_t."""
        s2 = self.scale**2
        hidden = torch.stack([x_t / (s2 + t).sqrt(), torch.log1p(t / s2)], dim=-1)
        for layer in self.layers[:-1]:
            hidden = nn.functional.silu(layer(hidden))
        output: Tensor = self.layers[-1](hidden)
        return self.scale * output.squeeze(-1)


def train_denoiser(
    samples: Tensor,
    *,
    generator: torch.Generator,
    iterations: int = 1500,
    batch_size: int = 1024,
    learning_rate: float = 1e-2,
) -> DenoiserNetwork:
    """Return a network that minimises `denoising_loss` over fresh batches of `samples`, by Adam.

    The learning rate falls to 0 along a cosine. With 20,000 samples of N(0, 0.04) and the defaults, the root
    mean square of f - g over t ~ U(0, 1] and x_t is below 0.03 sigma. What remains is mostly the samples'
    own error: the mean square of n samples of N(0, sigma2) is off by about sqrt(2/n) sigma2.
    """
    if iterations < 1:
        raise ValueError(f"iterations must be at least 1, got {iterations}")
    _require_samples(samples)
    _require_same_device(samples, generator)
    scale = float(samples.square().mean().sqrt())
    network = DenoiserNetwork(scale, generator=generator, dtype=samples.dtype)
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    for i in range(iterations):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * (1 + math.cos(math.pi * i / iterations)) / 2
        loss = denoising_loss(network, make_batch(samples, batch_size, generator=generator))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return network.requires_grad_(False)


def _noise_like(x: Tensor, generator: torch.Generator) -> Tensor:
    _require_same_device(x, generator)
    return torch.randn(x.shape, generator=generator, dtype=x.dtype, device=x.device)


def _require_samples(samples: Tensor) -> None:
    if samples.ndim != 1 or not len(samples) or not samples.is_floating_point():
        shape = tuple(samples.shape)
        raise ValueError(f"samples must be a floating tensor of shape [n], n >= 1, got {samples.dtype} {shape}")


def _require_same_device(x: Tensor, generator: torch.Generator) -> None:
    if generator.device.type != x.device.type:
        raise ValueError(f"the generator must be on {x.device}, where the data are, got {generator.device}")


def _require_steps(steps: int) -> int:
    if not isinstance(steps, int) or isinstance(steps, bool) or steps < 1:
        raise ValueError(f"steps must be a whole number of at least 1, got {steps!r}")
    return steps
