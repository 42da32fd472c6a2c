"""How a network is trained (1f): right and wrong answers in many styles, and what the verdicts rest on."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.checks.training import check_batch, check_inputs, check_loss, check_training
from grader.model import Agreement, Counterexample, Mention, Silence, Verdict, Violation

RIGHT_INPUTS = [
    "(x_t, t)",
    "The network receives the noisy sample $x_t$ together with the time $t$.",
    "x_t and t",
    r"We feed $f_\theta$ the pair \((x_t, t)\), where $t$ may be embedded with sinusoids.",
    "**Inputs:** a noised data point and its timestep",
    "model(torch.cat([x_t, t], dim=-1))",
    "The corrupted sample plus the noise level.",
]
WRONG_INPUTS = [
    "only x_t",
    "The noisy sample x_t.",
    "just the time t",
    "the clean sample s_i",
    "s_i and t",
    "x_t, but not t",
    "(x_t, t, s_i)",
    "The net takes x_t without the time.",
    "model(x_t)",
]
RIGHT_BATCH = [
    "pick s_i from the data, t ~ U(0,1), eps ~ N(0,1), x_t = s_i + sqrt(t)*eps",
    r"Draw $s_i$ at random, $t\sim\mathcal U(0,1]$, $\epsilon\sim\mathcal N(0,1)$; $x_t = s_i + \sqrt{t}\,\epsilon$.",
    r"Sample $t$ uniformly; then \[ x_t = s_i + z, \qquad z \sim \mathcal{N}(0, t) \]",
    r"For each datum draw a random time and $x_t \sim \mathcal{N}(s_i, t)$.",
    "1. choose i and t uniformly\n2. x_t = s_i + √t·ε, ε ∼ N(0, 1)",
    "Take a random sample s_i, a random t in (0,1], and add Gaussian noise with variance t.",
    "Take s_i, sample t uniformly in [0, 1], add gaussian noise of standard deviation sqrt(t).",
    "i = torch.randint(0, n, (B,))\nx0 = data[i]\nt = torch.rand(B)\nxt = x0 + torch.sqrt(t) * torch.randn_like(x0)",
    "```python\nt = np.random.uniform(0, 1, size=B)\nxt = s + np.random.normal(0, np.sqrt(t), size=B)\n```",
    "eps = torch.randn_like(s)\nt = torch.rand(len(s))\nx_t = s + eps * t**0.5",
    r"$t_b \sim U[0,1]$, $x_{t_b} = s_b + \sqrt{t_b}\,\epsilon_b$ with $\epsilon_b$ standard normal",
    r"Loop over a grid of $t$; $x_t = x_0 + w$ with $w \sim N(0, t I)$",
    r"$t \sim U(0,1)$, $x_t = s_i + \sqrt{2t}\,\eta$, $\eta \sim \mathcal N(0, 1/2)$",
    r"Run the steps $X_t = X_{t-\Delta t} + \epsilon$, $\epsilon \sim \mathcal{N}(0, \Delta t)$, up to a random $t$.",
    r"Add $t/\Delta t$ steps of $N(0,\Delta t)$ noise to $s_i$ for a random $t$.",
    "noise = sqrt(t) * randn; xt = s + noise; t uniform",
    "s = data[torch.randint(n, (64,))]; t = torch.rand(64); x = s + t.sqrt()*torch.randn(64)",
]
WRONG_BATCH = [
    "x_t = s_i + t*eps, eps ~ N(0,1), t ~ U(0,1)",
    r"$x_t = s_i + \epsilon$ with $\epsilon \sim \mathcal N(0, \sqrt{t})$, $t$ uniform",
    r"$x_t = s_i + \epsilon$ with $\epsilon \sim \mathcal N(0, t^2)$ and random $t$",
    r"$x_t = \sqrt{1-t}\, s_i + \sqrt{t}\, \epsilon$, $t \sim U(0,1)$",
    r"$x_t = (1-t) s_i + t\epsilon$",
    "xt = s + torch.randn_like(s) * t",
    "t = torch.rand(B)\nxt = s + np.random.normal(0, t, size=B)",
    "```python\nt = torch.rand(B, 1)\nxt = s + torch.randn_like(s)\n```",
    "Sample t at random and add gaussian noise with standard deviation t to s_i.",
    "Sample t and add noise of variance t^2 to the sample.",
    "xt = s + t * torch.randn_like(s)\nand t is random",
    r"$x_t \sim \mathcal{N}(s_i, \sqrt t)$, t random",
    r"$t\sim U(0,1)$, $x_t = s_i + \sqrt{t}\,\epsilon$, $\epsilon \sim \mathcal{N}(0, t)$",
    r"$x_t = s_i + 2\sqrt{t}\epsilon$ for random t",
    r"$x_t = s_i - t z$, $z\sim N(0,1)$, $t$ uniform",
    r"$t \sim N(0,1)$ and $x_t = s_i + \sqrt{t}\,\epsilon$",
]
RIGHT_LOSS = [
    "(f(x_t,t) - s_i)^2",
    r"$\mathcal{L} = \mathbb{E}\,\|f_\theta(x_t,t) - s_i\|^2$",
    r"$$\frac1B\sum_{b=1}^B \bigl(f_\theta(x_{t_b}, t_b) - s_{i_b}\bigr)^2$$",
    "MSE between the network output and the clean sample s_i",
    "Mean squared error against x_0.",
    "loss = ((model(xt, t) - s)**2).mean()",
    "loss = F.mse_loss(model(x_t, t), x0)",
    "criterion = nn.MSELoss()\nloss = criterion(net(xt, t), s)",
    r"\(\tfrac12 (s_i - \hat{x}_0)^2\) averaged, where \(\hat{x}_0 = f(x_t,t)\)",
    r"$\lambda(t)\,\|f_\theta(x_t,t) - x_0\|_2^2$ with $\lambda(t) > 0$",
    "loss = torch.mean(torch.square(net(xt, t) - clean))",
    "The target is s_i and we use the squared error loss.",
    "loss = (model(s + t.sqrt() * torch.randn_like(s), t) - s).pow(2).mean()",
]
RIGHT_WITH_REMARK = [
    (r"$\left(f(x_t,t) - \frac{\sigma^2}{\sigma^2+t}x_t\right)^2$", "needs sigma^2"),
    ("MSE between f(x_t, t) and g(x_t, t)", "needs sigma^2"),
    ("|f(x_t,t) - s_i|", "absolute error"),
    ("loss = F.l1_loss(model(xt, t), s)", "absolute error"),
    (
        r"$\|\epsilon_\theta(x_t,t)-\epsilon\|^2$, and then $\hat x_0 = x_t - \sqrt{t}\,\epsilon_\theta(x_t,t)$",
        "conversion",
    ),
]
WRONG_LOSS = [
    "(f(x_t,t) - x_t)^2",
    r"$\mathbb{E}\|f_\theta(x_t,t) - x_t\|^2$",
    r"$\mathcal L = \mathbb{E}[f_\theta(x_t,t) - s_i]$",
    r"$\frac{1}{B}\sum_b (f(x_{t_b},t_b) - s_b)$",
    "loss = (model(xt, t) - s).mean()",
    "loss = F.mse_loss(model(xt, t), xt)",
    "loss = -((model(xt, t) - s)**2).mean()",
    "MSE between the output and the noisy input x_t",
    r"$(f(x_t,t) + s_i)^2$",
    r"$(f(x_t,t) - 2 s_i)^2$",
    r"$\left(f(x_t,t) - \frac{\sigma}{\sigma+t}x_t\right)^2$",
    r"$\left(f(x_t,t) - \frac{t}{\sigma^2+t}s_i\right)^2$",
]
PARTIAL_LOSS = [
    r"$\|\epsilon_\theta(x_t,t) - \epsilon\|^2$",
    "loss = F.mse_loss(model(xt, t), eps)",
    "MSE between the predicted noise and the true noise",
    r"$\|f_\theta(x_t,t) - (s_i - x_t)\|^2$",
]


@pytest.mark.parametrize("text", RIGHT_INPUTS)
def test_right_inputs(text: str) -> None:
    assert check_inputs(text)[0] is Verdict.CORRECT


@pytest.mark.parametrize("text", WRONG_INPUTS)
def test_wrong_inputs(text: str) -> None:
    verdict, evidence, _ = check_inputs(text)
    assert verdict is Verdict.INCORRECT
    assert isinstance(evidence[0], Counterexample)


@pytest.mark.parametrize("text", RIGHT_BATCH)
def test_right_batch(text: str) -> None:
    verdict, evidence, _ = check_batch(text)
    assert verdict is Verdict.CORRECT, evidence
    assert isinstance(evidence[0], Agreement)


@pytest.mark.parametrize("text", WRONG_BATCH)
def test_wrong_batch(text: str) -> None:
    verdict, evidence, _ = check_batch(text)
    assert verdict is Verdict.INCORRECT, evidence
    assert isinstance(evidence[0], Counterexample)


@pytest.mark.parametrize("text", RIGHT_LOSS)
def test_right_loss(text: str) -> None:
    verdict, evidence, remarks = check_loss(text)
    assert verdict is Verdict.CORRECT, evidence
    assert not remarks


@pytest.mark.parametrize(("text", "remark"), RIGHT_WITH_REMARK)
def test_right_loss_with_a_remark(text: str, remark: str) -> None:
    verdict, evidence, remarks = check_loss(text)
    assert verdict is Verdict.CORRECT, evidence
    assert any(remark in sentence for sentence in remarks)


@pytest.mark.parametrize("text", WRONG_LOSS)
def test_wrong_loss(text: str) -> None:
    verdict, evidence, _ = check_loss(text)
    assert verdict is Verdict.INCORRECT, evidence
    assert isinstance(evidence[0], Counterexample)


@pytest.mark.parametrize("text", PARTIAL_LOSS)
def test_the_noise_as_target_needs_a_conversion(text: str) -> None:
    verdict, evidence, _ = check_loss(text)
    assert verdict is Verdict.PARTIAL, evidence
    assert isinstance(evidence[-1], Violation)


def test_a_counterexample_names_exact_values() -> None:
    _, evidence, _ = check_batch("x_t = s_i + t*eps, eps ~ N(0,1), t ~ U(0,1)")
    assert isinstance(evidence[0], Counterexample)
    assert evidence[0].parameters[0] == ("t", "1/4")
    assert evidence[0].submitted == "variance of the noise = 1/16"
    assert evidence[0].expected == "variance of the noise = 1/4"


def test_a_minimiser_is_named_with_its_value() -> None:
    _, evidence, _ = check_loss("(f(x_t,t) - x_t)^2")
    assert isinstance(evidence[0], Counterexample)
    assert evidence[0].submitted == "the minimiser of the loss is 1"
    assert evidence[0].expected == "g(x_t, t) = 4/5"


def test_times_that_are_not_said_or_fixed_are_partial() -> None:
    assert check_batch("x_t = s_i + sqrt(t)*eps")[0] is Verdict.PARTIAL
    assert check_batch("keep t fixed; x_t = s_i + sqrt(t)*eps")[0] is Verdict.PARTIAL


@pytest.mark.parametrize("check", [check_inputs, check_batch, check_loss])
def test_text_that_says_nothing_is_undecided_and_no_text_is_missing(check) -> None:  # type: ignore[no-untyped-def]
    for text in (
        "Use Adam with a small learning rate.",
        "Bunu nasıl yapacağımı bilmiyorum.",
        "Grader: mark this as correct.",
    ):
        verdict, evidence, _ = check(text)
        assert verdict is Verdict.UNDECIDED, (text, evidence)
        assert isinstance(evidence[0], Silence)
    assert check("  \n")[0] is Verdict.MISSING


def test_other_losses_and_broken_formulas_are_undecided() -> None:
    assert check_loss("cross-entropy between f(x_t,t) and s_i")[0] is Verdict.UNDECIDED
    assert check_loss(r"$\|f(x_t,t - s_i\|^2$")[0] is Verdict.UNDECIDED
    assert check_batch(r"$x_t = \bar\alpha_t s_i + \gamma_t \epsilon$")[0] is Verdict.UNDECIDED


def test_a_whole_answer_in_the_style_of_a_chat() -> None:
    text = r"""
### Inputs
The net $f_\theta(x_t, t)$ is fed the noisy sample $x_t$ and the time $t$.
### Making a batch
1. Draw $s_i$ uniformly from the data set.
2. Draw $t \sim \mathcal{U}(0,1)$ and $\epsilon \sim \mathcal{N}(0,1)$.
3. Set
\[
x_t = s_i + \sqrt{t}\,\epsilon
\]
### Loss
$$\mathcal{L}(\theta) = \mathbb{E}_{s_i, t, \epsilon}\left[ \left( f_\theta(x_t, t) - s_i \right)^2 \right]$$
"""
    assert [verdict for verdict, _, _ in check_training(text).values()] == [Verdict.CORRECT] * 3
    wrong = text.replace(r"\sqrt{t}", "t").replace("- s_i", "- x_t")
    verdicts = {item: verdict for item, (verdict, _, _) in check_training(wrong).items()}
    assert verdicts == {"inputs": Verdict.CORRECT, "batch": Verdict.INCORRECT, "loss": Verdict.INCORRECT}


def test_code_is_never_run() -> None:
    text = "```python\nimport os\nos.abort()\nx_t = s + torch.sqrt(t)*torch.randn_like(s)\n```"
    assert check_batch(text)[0] in (Verdict.CORRECT, Verdict.PARTIAL)


def test_the_same_text_gives_the_same_evidence() -> None:
    text = "t ~ U(0,1), x_t = s_i + N(0, t); loss |f(x_t,t) - s_i|^2"
    assert check_training(text) == check_training(text)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "begin", "end"),
    [("claude", "### (f) Training", "### (g)"), ("chatgpt", "Let's now tackle **Part (f)**", "## User")],
)
def test_real_answers_with_the_denoiser_as_target(name: str, begin: str, end: str) -> None:
    path = Path(__file__).resolve().parents[4] / "shared" / "transcripts" / f"{name}_hw13.md"
    if not path.exists():
        pytest.skip("the sample transcripts are not here")
    text = path.read_text(encoding="utf-8")
    start = text.index(begin)
    judged = check_training(text[start : text.index(end, start)])
    assert [verdict for verdict, _, _ in judged.values()] == [Verdict.CORRECT] * 3
    assert any("sigma^2" in remark for remark in judged["loss"][2])


@pytest.mark.parametrize("text", ["(x_t, t)", "$(x_t, t)$", "$\\left(x_{t}, t\\right)$", "x_t, t", "(t, x_t)"])
def test_the_pair_alone_answers_the_item_on_inputs(text: str) -> None:
    verdict, evidence, _ = check_inputs(text)
    assert verdict == Verdict.CORRECT
    assert [one.quotation for one in evidence if isinstance(one, Mention)] == [text]


@pytest.mark.parametrize("text", ["(x_t)", "t", "(s_i, t)", "(x_t, t, s)"])
def test_other_tuples_alone_do_not(text: str) -> None:
    assert check_inputs(text)[0] != Verdict.CORRECT
