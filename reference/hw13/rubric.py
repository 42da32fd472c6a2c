"""The rubric of HW13: 15 parts, what each asks, what is right, and the mistakes that have a name."""

from __future__ import annotations

from fractions import Fraction

from grader.checks import training
from grader.formula.tree import Call, Dist, Fn, Node, Num, Pow, Sym, free_symbols, walk
from grader.rubric import Expected, FormulaItem, Mistake, Part, ProseItem, Rubric, TextItem
from reference.hw13 import claims, diffusion, preference_parts
from reference.hw13.signatures import SIGNATURES
from reference.hw13.worlds import (
    DIFFUSION,
    SIGMA2,
    SMALL_STEP,
    SMALL_STEP_AND_VARIANCE,
    SMALL_VARIANCE,
    STATE,
    STEP,
    STEPS,
    TIME,
)


def _normal(variance: Node) -> Node:
    return Dist("normal", (Num(Fraction(0)), variance))


_STANDARD_DEVIATION = "You gave a standard deviation where the variance belongs: N(mean, variance) takes the variance."


def _std_for_variance(variance: Node) -> Mistake:
    return Mistake(id="standard-deviation", message=_STANDARD_DEVIATION, forms=(_normal(variance.sqrt()),))


_PART_1A = Part(
    id="1a",
    title="Distribution of X_1",
    question="X_0 ~ N(0, σ²), and at each of T = 1/Δt steps independent N(0, Δt) noise is added. The law of X_1?",
    space=DIFFUSION,
    signature=SIGNATURES["1a"],
    items=(
        FormulaItem(
            id="law",
            asks="the distribution of X_1",
            points=Fraction(1),
            kind="law",
            names=("X_1", r"\text{Var}(X_1)", r"\text{Std}(X_1)", r"p(x_1)", "p_{X_1}", "x_1", "Var", "Std", "p"),
            expected=(Expected(value=_normal(diffusion.forward_variance(SIGMA2, Num(Fraction(1))))),),
            mistakes=(
                _std_for_variance(SIGMA2 + 1),
                Mistake(
                    id="one-step",
                    message="This adds the noise of one step only; there are T = 1/Δt of them.",
                    forms=(_normal(SIGMA2 + STEP),),
                ),
                Mistake(
                    id="noise-only",
                    message="This is the noise alone; X_0 has the variance σ² and adds to it.",
                    forms=(_normal(Num(Fraction(1))),),
                ),
                Mistake(
                    id="product",
                    message="Variances of independent terms add, they do not multiply.",
                    forms=(_normal(SIGMA2),),
                ),
            ),
        ),
    ),
)


def _marginal(item: str, asks: str, names: tuple[str, ...], variance: Node, other: Node, off: Node) -> FormulaItem:
    return FormulaItem(
        id=item,
        asks=asks,
        points=Fraction(1, 2),
        kind="law",
        names=names,
        expected=(Expected(value=_normal(variance)),),
        mistakes=(
            _std_for_variance(variance),
            Mistake(
                id="times-swapped",
                message="This is the marginal at the other of the two times.",
                forms=(_normal(other),),
            ),
            Mistake(
                id="data-variance-lost",
                message="The variance σ² of X_0 is missing: the noise is added to it.",
                forms=(_normal(off),),
            ),
        ),
    )


_PART_1B = Part(
    id="1b",
    title="Marginals of X_{t-Δt} and X_t",
    question="The marginal distributions of X_{t-Δt} and of X_t?",
    space=DIFFUSION,
    signature=SIGNATURES["1b"],
    items=(
        _marginal(
            "previous",
            "the distribution of X_{t-Δt}",
            (
                r"X_{t-\Delta t}",
                r"\text{Var}(X_{t-\Delta t})",
                r"\text{Std}(X_{t-\Delta t})",
                r"x_{t-\Delta t}",
                r"p(x_{t-\Delta t})",
            ),
            diffusion.forward_variance(SIGMA2, TIME - STEP),
            SIGMA2 + TIME,
            TIME - STEP,
        ),
        _marginal(
            "current",
            "the distribution of X_t",
            ("X_t", r"\text{Var}(X_t)", r"\text{Std}(X_t)", "x_t", "p(x_t)"),
            diffusion.forward_variance(SIGMA2, TIME),
            SIGMA2 + TIME - STEP,
            TIME,
        ),
    ),
)

_PART_1C = Part(
    id="1c",
    title="Variance of the reverse conditional, simplified",
    question="Given X_{t-Δt} | X_t = x_t ~ N((σ²+t-Δt)/(σ²+t)·x_t, (σ²+t-Δt)Δt/(σ²+t)), simplify the variance for Δt ≪ σ² ≪ 1.",
    space=DIFFUSION,
    signature=SIGNATURES["1c"],
    items=(
        FormulaItem(
            id="variance",
            asks="the variance, simplified in the regime",
            points=Fraction(1),
            names=(
                r"\text{Var}(X_{t-\Delta t})",
                r"X_{t-\Delta t}",
                "Var",
                "Variance",
                "v",
                "V",
                r"\sigma_t^2",
                r"\tilde\sigma^2",
                r"\frac{(\sigma^2+t-\Delta t)\Delta t}{\sigma^2+t}",
                r"\frac{\Delta t(\sigma^2+t-\Delta t)}{\sigma^2+t}",
            ),
            expected=(Expected(value=diffusion.reverse_variance(SIGMA2, TIME, STEP)),),
            regime=SMALL_STEP_AND_VARIANCE,
            bare_claims="≈",
            simplest=diffusion.reverse_variance_leading(STEP),
            mistakes=(
                Mistake(
                    id="standard-deviation",
                    message=_STANDARD_DEVIATION,
                    forms=(STEP.sqrt(), diffusion.reverse_variance(SIGMA2, TIME, STEP).sqrt()),
                ),
                Mistake(
                    id="squared",
                    message="The variance is of the order Δt, not Δt².",
                    forms=(STEP**2, STEP**2 / (SIGMA2 + TIME)),
                ),
                Mistake(
                    id="data-variance",
                    message="This has the size of σ²; one step back has the size of Δt.",
                    forms=(SIGMA2, SIGMA2 + TIME),
                ),
                Mistake(
                    id="factor-two",
                    message="A factor 2 too much or too little.",
                    forms=(STEP / 2, 2 * STEP),
                ),
                Mistake(
                    id="factor-lost",
                    message="The factor (σ²+t-Δt)/(σ²+t) goes to 1; what is left is Δt alone.",
                    forms=(STEP / (SIGMA2 + TIME), SIGMA2 * STEP / (SIGMA2 + TIME), TIME * STEP / (SIGMA2 + TIME)),
                ),
            ),
        ),
    ),
)

_PART_1D = Part(
    id="1d",
    title="Conditional mean only",
    question="From X̂_1 ~ N(0, 1), apply only the conditional mean at each of the T steps. The law of X̂_0, and what is wrong with it?",
    space=DIFFUSION,
    signature=SIGNATURES["1d"],
    items=(
        FormulaItem(
            id="law",
            asks="the distribution of X̂_0",
            points=Fraction(1, 2),
            kind="law",
            names=(
                r"\hat X_0",
                r"\text{Var}(\hat X_0)",
                r"\text{Std}(\hat X_0)",
                "Var",
                "Std",
                "p",
                r"\hat x_0",
                "X_0",
                r"\text{Var}(X_0)",
            ),
            expected=(Expected(value=_normal(diffusion.ddpm_mean_variance(SIGMA2))),),
            regime=SMALL_VARIANCE,
            leading=_normal(SIGMA2**2),
            mistakes=(
                Mistake(
                    id="not-squared",
                    message="The factor σ²/(σ²+1) multiplies X̂_1, so the variance is its square.",
                    forms=(_normal(SIGMA2 / (SIGMA2 + 1)),),
                ),
                Mistake(
                    id="target",
                    message="Without noise the process does not recover the data's variance σ².",
                    forms=(_normal(SIGMA2),),
                ),
                Mistake(
                    id="inverted",
                    message="The product telescopes to σ²/(σ²+1), not to its inverse.",
                    forms=(_normal(((SIGMA2 + 1) / SIGMA2) ** 2),),
                ),
                Mistake(
                    id="start-variance",
                    message="X̂_1 has the variance 1, not σ²+1.",
                    forms=(_normal(SIGMA2**2 / (SIGMA2 + 1)),),
                ),
            ),
        ),
        ProseItem(id="flaw", asks="what is wrong with it", points=Fraction(1, 2), claims=claims.FLAW_1D),
    ),
)

_PART_1E = Part(
    id="1e",
    title="Variance with fresh noise, as Δt → 0",
    question="With N(0, Δt) noise added at each step, Var(X̂_0) = (σ²/(σ²+1))² + Δt Σ_{k=0}^{T-1} (σ²/(σ²+kΔt))². Let Δt → 0 and simplify.",
    space=DIFFUSION,
    signature=SIGNATURES["1e"],
    items=(
        FormulaItem(
            id="limit",
            asks="the limit of the variance",
            points=Fraction(1),
            names=(r"\text{Var}(\hat X_0)", "Var", r"\hat X_0", r"\text{Var}(X_0)", "Variance", "V", r"\hat\sigma^2"),
            expected=(Expected(value=diffusion.ddpm_variance_limit(SIGMA2)),),
            regime=SMALL_VARIANCE,
            counts=(STEPS, STEP),
            leading=SIGMA2,
            mistakes=(
                Mistake(
                    id="first-term-forgotten",
                    message="The first term (σ²/(σ²+1))² is missing: this is the limit of the sum alone.",
                    forms=(SIGMA2 / (SIGMA2 + 1),),
                ),
                Mistake(
                    id="square-forgotten",
                    message="The sum's terms are squared; without the square the integral gives a logarithm.",
                    forms=(
                        SIGMA2 * ((1 + SIGMA2) / SIGMA2).log(),
                        (SIGMA2 / (SIGMA2 + 1)) ** 2 + SIGMA2 * ((1 + SIGMA2) / SIGMA2).log(),
                    ),
                ),
                Mistake(
                    id="sum-forgotten",
                    message="This is the first term alone; the noise that is added at each step is missing.",
                    forms=((SIGMA2 / (SIGMA2 + 1)) ** 2,),
                ),
                Mistake(
                    id="first-term-not-squared",
                    message="The first term is the square of σ²/(σ²+1).",
                    forms=(2 * SIGMA2 / (SIGMA2 + 1),),
                ),
                Mistake(
                    id="factor-sigma-squared",
                    message="The integral of (σ²/(σ²+s))² over s from 0 to 1 is σ²/(σ²+1): a factor σ² is lost or left over.",
                    forms=(
                        (SIGMA2 / (SIGMA2 + 1)) ** 2 + 1 / (SIGMA2 + 1),
                        (SIGMA2 / (SIGMA2 + 1)) ** 2 + SIGMA2**2 / (SIGMA2 + 1),
                        (SIGMA2 / (SIGMA2 + 1)) ** 2 + 1 / (SIGMA2 * (SIGMA2 + 1)),
                    ),
                ),
                Mistake(
                    id="standard-deviation",
                    message="This is the standard deviation; the variance was asked for.",
                    forms=(SIGMA2.sqrt(), diffusion.ddpm_variance_limit(SIGMA2).sqrt()),
                ),
            ),
        ),
    ),
)


def _judge_batch(text: str, *, whole: bool) -> training.Judged:
    """Judge how a batch is made, wherever the text says it."""
    del whole
    return training.check_batch(text)


def _judge_loss(text: str, *, whole: bool) -> training.Judged:
    """Judge the loss, wherever the text gives it."""
    del whole
    return training.check_loss(text)


_PART_1F = Part(
    id="1f",
    title="Training a network for g",
    question="g(x_t, t) = E[X_0 | X_t = x_t] = σ²/(σ²+t)·x_t. From samples s_1..s_n of X_0: the network's inputs, how a batch is made, its loss?",
    space=DIFFUSION,
    items=(
        TextItem(id="inputs", asks="the inputs of the network", points=Fraction(1, 4), judge=training.check_inputs),
        TextItem(id="batch", asks="how a batch is made", points=Fraction(3, 8), judge=_judge_batch),
        TextItem(id="loss", asks="the loss", points=Fraction(3, 8), judge=_judge_loss),
    ),
)

_STEP_NAMES = (
    r"x_{t-\Delta t}",
    r"x_{t-\Delta t}^{\text{DDIM}}",
    r"X_{t-\Delta t}",
    r"\hat X_{t-\Delta t}",
    r"\hat x_{t-\Delta t}",
    r"\hat X_{t-\Delta t}^{\text{DDIM}}",
    r"X_{t-\Delta t}^{\text{DDIM}}",
    r"x^{\text{DDIM}}",
)


def _eta_left(node: Node) -> str:
    """Return `η` if it is still in the step, by name or written out as a root of times alone."""
    for part in walk(node):
        if isinstance(part, Call) and part.head == Sym("eta"):
            return "η(t, Δt)"
        roots = isinstance(part, Fn) and part.name == "sqrt"
        if (roots or isinstance(part, Pow)) and TIME in free_symbols(part) and not free_symbols(part) - {TIME, STEP}:
            return "η(t, Δt), written out,"
    return ""


_PART_1G = Part(
    id="1g",
    title="The DDIM step, approximated",
    question="x_{t-Δt} = x_t + η(t,Δt)(E[X_{t-Δt}|X_t=x_t] - x_t) with η = √t/(√(t-Δt)+√t). Approximate it for Δt ≪ t, assuming nothing on σ² against t.",
    space=DIFFUSION,
    signature=SIGNATURES["1g"],
    items=(
        FormulaItem(
            id="step",
            asks="the step to first order in Δt",
            points=Fraction(1),
            names=_STEP_NAMES,
            expected=(
                Expected(value=diffusion.ddim_step_factor(SIGMA2, TIME, STEP) * STATE, labels=_STEP_NAMES),
                Expected(value=diffusion.ddim_step_factor(SIGMA2, TIME, STEP) * STATE),
                Expected(value=diffusion.ddim_step_factor(SIGMA2, TIME, STEP)),
            ),
            regime=SMALL_STEP,
            bare_claims="≈",
            unfinished=_eta_left,
            mistakes=(
                Mistake(
                    id="step-factor-lost",
                    message="The step uses E[X_{t-Δt}|x_t], not E[X_0|x_t]: the factor Δt/t is lost, one step moves halfway to 0.",
                    forms=(
                        (SIGMA2 + TIME / 2) / (SIGMA2 + TIME) * STATE,
                        (SIGMA2 + TIME / 2 - STEP / 8) / (SIGMA2 + TIME) * STATE,
                        (SIGMA2 + TIME / 2) / (SIGMA2 + TIME),
                    ),
                ),
                Mistake(
                    id="half-lost",
                    message="The factor 1/2 of η is lost: this is the DDPM step.",
                    forms=(
                        (1 - STEP / (SIGMA2 + TIME)) * STATE,
                        1 - STEP / (SIGMA2 + TIME),
                    ),
                ),
                Mistake(
                    id="sign",
                    message="The step moves towards 0: the sign of the correction is the other one.",
                    forms=((1 + STEP / (2 * (SIGMA2 + TIME))) * STATE,),
                ),
                Mistake(
                    id="variance-lost",
                    message="Nothing may be assumed on σ² against t: it stays in the denominator.",
                    forms=((1 - STEP / (2 * TIME)) * STATE, (1 - STEP / (2 * SIGMA2)) * STATE),
                ),
                Mistake(
                    id="no-step",
                    message="The term of first order in Δt is missing.",
                    forms=(STATE,),
                ),
            ),
        ),
    ),
)

_PART_1H = Part(
    id="1h",
    title="DDIM from t = 1 to t = 0",
    question="From X̂_1 ~ N(0, 1): the distribution of X̂_0 after the T steps of 1g, as Δt → 0?",
    space=DIFFUSION,
    signature=SIGNATURES["1h"],
    items=(
        FormulaItem(
            id="law",
            asks="the distribution of X̂_0",
            points=Fraction(1),
            kind="law",
            names=(
                r"\hat X_0",
                r"\text{Var}(\hat X_0)",
                r"\text{Std}(\hat X_0)",
                "Var",
                "Std",
                "p",
                r"\hat x_0",
                "X_0",
                "x_0",
                r"\text{Var}(X_0)",
            ),
            expected=(Expected(value=_normal(diffusion.ddim_variance_limit(SIGMA2))),),
            regime=SMALL_VARIANCE,
            counts=(STEPS, STEP),
            leading=_normal(SIGMA2),
            mistakes=(
                Mistake(
                    id="root-lost",
                    message="The factor on X̂_1 is √(σ²/(σ²+1)): the square root is lost, as if each step were the DDPM step.",
                    forms=(_normal((SIGMA2 / (SIGMA2 + 1)) ** 2),),
                ),
                Mistake(
                    id="standard-deviation",
                    message=_STANDARD_DEVIATION,
                    forms=(_normal((SIGMA2 / (SIGMA2 + 1)).sqrt()), _normal(SIGMA2.sqrt())),
                ),
                Mistake(
                    id="inverted",
                    message="The product shrinks: the factor is √(σ²/(σ²+1)), not its inverse.",
                    forms=(_normal((SIGMA2 + 1) / SIGMA2),),
                ),
                Mistake(
                    id="limit-of-1e",
                    message="This is the variance of 1e, with fresh noise; DDIM adds none.",
                    forms=(_normal(diffusion.ddpm_variance_limit(SIGMA2)),),
                ),
            ),
        ),
    ),
)

RUBRIC = Rubric(
    id="hw13",
    version="1",
    title="HW13: DDPM and DDIM from a Gaussian; direct preference optimisation",
    parts=(
        _PART_1A,
        _PART_1B,
        _PART_1C,
        _PART_1D,
        _PART_1E,
        _PART_1F,
        _PART_1G,
        _PART_1H,
        *preference_parts.PARTS,
    ),
)
