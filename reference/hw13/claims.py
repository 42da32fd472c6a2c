"""What the prose of HW13 must say, and must not: claims as data, in the pattern language of `grader.checks.patterns`.

1d `flaw`: why the naive reverse process fails. 2c `reason`: why pi* is hard to use. 2f `interpretation`: what the
weight sigmoid(r_hat(y_l) - r_hat(y_w)) of the gradient does.
"""

from __future__ import annotations

from grader.checks.prose import Claim, ProseRubric
from reference.hw13.vocabulary import WORDS_1D, WORDS_2C, WORDS_2F

__all__ = ["FLAW_1D", "INTERPRETATION_2F", "REASON_2C"]

_METHODS = ("vae", "vaes", "gan", "gans", "ppo", "classifier", "autoencoder", "regression", "transformer", "flow")


# ---------------------------------------------------------------- 1d: the variance collapses

FLAW_1D = ProseRubric(
    needed=(
        Claim(
            id="variance_too_small",
            says="the variance of the result is too small: about sigma^4, far below the sigma^2 of the data",
            any_of=(
                "sigma^4 ~ < ~ sigma^2",
                "sigma^2 ~ > ~ sigma^4",
                "VARIANCE & NARROW",
                "DATA & NARROW",
                "QUARTIC & NARROW",
                "QUARTIC & DIFFERS & DATA",
                "variance | spread | distribution & DIFFERS & DATA",
                "variance | var | std & DIFFERS",
                "QUARTIC & DIFFERS / 2",
                "QUARTIC & DATA & but",
                "true variance is sigma^2 & QUARTIC",
            ),
            unless=("NARROW & only noise/step variance is small",),
        ),
        Claim(
            id="collapses",
            says="the distribution collapses towards zero",
            any_of=("COLLAPSE",),
            unless=("discretization",),
        ),
        Claim(
            id="loses_diversity",
            says="the spread of the data is lost because no fresh noise is added",
            any_of=("LOST & DIVERSITY", "LOST & variance", "no diversity/spread/variability", "DIVERSITY & NARROW"),
        ),
        Claim(
            id="noise_missing",
            says="the conditional mean alone leaves out the variance that each reverse step should put back",
            any_of=(
                "missing/without/no/omit/omits/ignore/ignores/drop/drops/discard/discards/neglect ~ noise & "
                "variance & lost | lose | missing | shrink | never | contract | reduce",
                "variance & not/never ~ replenished/restored/replaced/reinjected/injected/added",
                "ignore/ignores/drop/drops/discard/discards/neglect/neglects/omit/omits ~ "
                "conditional/posterior/reverse variance",
            ),
        ),
    ),
    enough=1,
    wrong=(
        Claim(
            id="variance_too_large",
            says="the variance is too large",
            any_of=(
                "too large/big/wide/high/broad/noisy & VARIANCE",
                "too spread out",
                "WIDE & over dispersed | overdispersed | inflated | explode | blow up | diverge | excessive | "
                "overestimate",
                "sigma^4 ~ > ~ sigma^2",
                "variance ~ larger/bigger/greater/wider/higher than ~ sigma^2/data/target/true/original",
            ),
            unless=("NARROW",),
        ),
        Claim(
            id="nothing_wrong",
            says="the result has the distribution of the data",
            any_of=(
                "MATCHES & DATA",
                "MATCHES & nothing ~ wrong",
                "nothing is/goes wrong | no problem/flaw/issue | works perfectly/well/fine",
            ),
            unless=(
                "NARROW",
                "COLLAPSE",
                "DIFFERS",
                "mean ~ match*",
                "mean ~ correct/right/zero",
                "LOST",
                "should | would | must",
                "to match/recover/reproduce/equal",
                "with ~ noise",
            ),
        ),
        Claim(
            id="mean_wrong",
            says="the mean of the result is wrong",
            any_of=(
                "mean ~ biased/shifted/wrong/nonzero/incorrect/off",
                "wrong/biased/shifted/incorrect/nonzero mean",
                "mean ~ not zero/0",
            ),
        ),
        Claim(
            id="other_flaw",
            says="the flaw is another one than the variance (the shape of the law, the step size, noise that stays)",
            any_of=(
                "not ~ gaussian/normal",
                "non/nongaussian gaussian",
                "variance/var is ≈/=/about 1",
                "variance/var remains/stays/is/≈/= 1",
                "keep/keeps variance 1",
                "noise ~ not ~ removed/gone",
                "discretization/discretisation error",
                "problem ~ step size/length",
            ),
            unless=("NARROW", "LOST", "x_1 | x 1 | start | initial"),
        ),
    ),
    concepts=WORDS_1D,
    other_methods=_METHODS,
)

# ---------------------------------------------------------------- 2c: Z(x) is a sum over everything

REASON_2C = ProseRubric(
    needed=(
        Claim(
            id="sum_over_all",
            says="Z(x) is a sum over all responses",
            any_of=(
                "SUM & RESPONSES",
                "PARTITION & SUM",
                "PARTITION & all/every/each & RESPONSES",
                "PARTITION & INTRACTABLE",
                "PARTITION & INTRACTABLE & RESPONSES / 2",
                "PARTITION & HUGE & RESPONSES",
            ),
            unless=("ELSEWHERE",),
        ),
        Claim(
            id="too_many",
            says="there are exponentially (V^L) or infinitely many of them",
            any_of=(
                "HUGE & RESPONSES",
                "HUGE & length",
                "HUGE & SUM",
                "v^l | v^t | v^n | v^m | v^k",
                "HUGE & vocab*",
                "HUGE & RESPONSES / 2",
            ),
            unless=("ELSEWHERE",),
        ),
    ),
    wrong=(
        Claim(
            id="sum_over_something_else",
            says="Z(x) sums over something else than the responses (prompts, parameters, the data set)",
            any_of=("ELSEWHERE",),
        ),
        Claim(
            id="no_difficulty",
            says="Z(x) is easy",
            any_of=(
                "no difficulty/problem",
                "z x is/= 1",
                "z is/= 1",
                "z x is easy/cheap/tractable/trivial",
                "partition function is easy/cheap/tractable/trivial",
            ),
            unless=("INTRACTABLE",),
        ),
        Claim(
            id="length_to_the_vocabulary",
            says="the number of responses is L^V (it is V^L)",
            any_of=(
                "l^v | t^v | n^v | length^vocab | length^v | length^vocab_size | len^vocab",
                "length to/raised ~ power ~ vocab*",
                "length raised to ~ vocab*",
                "exponential in ~ vocab* & not exponential in ~ length",
            ),
            beside=("sum_over_all",),
        ),
        Claim(
            id="reward_at_fault",
            says="the difficulty lies in the reward model (unknown, not differentiable)",
            any_of=(
                "reward & unknown | nondifferentiable | not ~ differentiable | non differentiable | unobserved",
                "reward ~ is not known/available/differentiable",
                "do/does not know ~ reward",
                "reward model ~ inaccurate/biased/noisy/expensive",
            ),
            unless=("even if ~ reward", "SUM & HUGE"),
        ),
        Claim(
            id="reference_at_fault",
            says="the difficulty lies in the reference policy or in beta",
            any_of=(
                "pi_ref/reference ~ unknown/unavailable/nondifferentiable/intractable",
                "beta & unknown | tune | hard/difficult to choose/tune | hyperparameter",
                "do/does not know/have ~ pi_ref/reference",
            ),
        ),
        Claim(
            id="few_responses",
            says="the sum has few terms",
            any_of=("FEW & RESPONSES", "FEW & length"),
            unless=("even",),
            beside=("sum_over_all",),
        ),
        Claim(
            id="other_reason",
            says="the difficulty lies in training (gradients, overflow, memory, data), not in the sum",
            any_of=(
                "exp/exponential ~ overflow*",
                "overflow | numerically unstable | numerical instability",
                "not ~ differentiable & policy | pi | z",
                "vanishing/exploding gradient",
                "gradient* ~ vanish/explode",
                "exp ~ negative",
                "not ~ exist",
                "kl ~ impossible/intractable/hard",
                "know/known/available ~ test time",
                "not enough ~ preference/human/training data",
                "lack ~ preference/human/training data",
                "overfit*",
                "human ~ label/labels/labeling ~ expensive",
            ),
            unless=("SUM & HUGE",),
        ),
    ),
    concepts=WORDS_2C,
    other_methods=_METHODS,
)

# ---------------------------------------------------------------- 2f: the weight is an error signal

INTERPRETATION_2F = ProseRubric(
    needed=(
        Claim(
            id="large_when_wrong",
            says="the weight is large when the model ranks the pair wrongly",
            any_of=(
                "LARGE <-> WRONG",
                "weight/weighs/weighted/weighting/scale/scales/scaled/scaling ~ by how ~ "
                "wrong/wrongly/incorrect/incorrectly/badly/mistaken/misranked/much",
                "focus/focuses/focusing/concentrate/concentrates/emphasizes/attention ~ "
                "mistakes/errors/wrong/misranked/incorrect/misordered/violated/hard",
                "measure/measures/quantify/quantifies/tells how ~ wrong/wrongly/incorrect/incorrectly/badly",
                "corrects/correct/fix/fixes ~ mistakes/errors",
                "error signal | error weighting | error driven",
            ),
            unless=("SMALL <-> WRONG", "focus* ~ already", "FOREIGN"),
        ),
        Claim(
            id="small_when_right",
            says="the weight is small when the model ranks the pair rightly",
            any_of=("SMALL <-> RIGHT",),
            unless=("LARGE <-> RIGHT", "FOREIGN"),
        ),
    ),
    enough=1,
    wrong=(
        Claim(
            id="large_when_right",
            says="the weight is large when the model ranks the pair rightly (it is small then)",
            any_of=(
                "LARGE <-> RIGHT & SUBJECT",
                "focus/focuses/focusing/concentrate/concentrates/emphasizes ~ pairs/examples ~ already ~ "
                "right/correct/correctly/ranked",
                "focus/focuses/focusing ~ easy/correct/correctly",
            ),
            unless=("LARGE <-> WRONG", "SMALL <-> RIGHT", "not | never", "FOREIGN"),
        ),
        Claim(
            id="small_when_wrong",
            says="the weight is small when the model ranks the pair wrongly (it is large then)",
            any_of=("SMALL <-> WRONG & SUBJECT", "ignore/ignores/downweight/downweights ~ mistakes/errors/misranked"),
            unless=("LARGE <-> WRONG", "SMALL <-> RIGHT", "FOREIGN"),
        ),
        Claim(
            id="weight_constant",
            says="the weight is the same for all pairs",
            any_of=(
                "weight* ~ is/are ~ constant",
                "same for all/every/each",
                "all/every pairs/pair/examples/example ~ same/equal/equally weight/weighted/weights",
                "equally & weight* & all/every",
                "all/every/each pairs/pair ~ weighted/counts/count the same",
                "does not depend on ~ reward/rewards/model",
            ),
            unless=("unlike", "rather than", "instead of"),
        ),
        Claim(
            id="weight_something_else",
            says="the weight is something else than a measure of the misranking",
            any_of=(
                "is ~ partition function",
                "probability ~ assigns/gives to ~ right/correct order/ranking/winner/preference",
                "probability that ~ right/correct/correctly",
                "probability that ~ prefers ~ y_w/winner/preferred",
            ),
            unless=("WRONG", "not | never"),
        ),
    ),
    concepts=WORDS_2F,
    other_methods=_METHODS,
)
