"""What the prose of HW13 must say, and must not: claims as data, in the pattern language of `grader.checks.patterns`.

1d `flaw`: why the naive reverse process fails. 2c `reason`: why pi* is hard to use. 2f `interpretation`: what the
weight sigmoid(r_hat(y_l) - r_hat(y_w)) of the gradient does.
"""

from __future__ import annotations

from grader.checks.prose import Claim, Concept, ProseRubric

__all__ = ["FLAW_1D", "INTERPRETATION_2F", "REASON_2C"]

_METHODS = ("vae", "vaes", "gan", "gans", "ppo", "classifier", "autoencoder", "regression", "transformer", "flow")

# ---------------------------------------------------------------- 1d: the variance collapses

_SIZE_1D = (
    Concept(
        name="NARROW",
        opposite="WIDE",
        phrases=(
            "small", "tiny", "narrow", "tight", "low", "little", "shrunken", "shrunk", "shrink", "less", "smaller",
            "below", "squeeze", "compressed", "contract", "negligible", "minuscule", "thin", "insufficient", "peaked",
            "sharp", "under dispersed", "underdispersed", "under estimate", "underestimate", "understate",
            "not enough/sufficient", "not ~ wide/large/big/broad enough", "too concentrated", "concentrated",
            "over concentrated", "deflated", "underspread", "under spread", "vanish", "vanishing", "reduced",
            "quadratically small", "too confident", "overconfident", "lose/loses/lost variance",
            "sigma^4 ~ < ~ sigma^2", "sigma^2 ~ > ~ sigma^4", "sigma^2/sigma^4 ~ smaller/less/below ~ sigma^2",
        ),
    ),
    Concept(
        name="WIDE",
        opposite="NARROW",
        phrases=(
            "large", "big", "wide", "broad", "high", "huge", "excessive", "over dispersed", "overdispersed", "explode",
            "blow up", "inflated", "diverge", "too much variance", "spread out", "overestimate", "grow", "increase",
            "sigma^4 ~ > ~ sigma^2", "sigma^2 ~ < ~ sigma^4", "too noisy",
        ),
    ),
    Concept(name="COLLAPSE", phrases=("collapse", "degenerate", "concentrate at/around/near/on", "shrink to/toward/towards",
                                      "point mass", "delta function/distribution/mass/spike/peak", "dirac", "near/almost/nearly/essentially deterministic",
                                      "mode/variance collapse", "all ~ near/at/around 0/zero", "spike at/around",
                                      "almost/nearly/essentially all zero/identical/same")),
    Concept(name="DIVERSITY", phrases=("diversity", "diverse", "variety", "variability", "stochasticity", "randomness",
                                       "spread")),
    Concept(name="LOST", phrases=("lose", "lost", "loses", "losing", "loss of", "lack", "missing", "destroy", "kill",
                                  "remove", "eliminate", "gone", "wipe out", "no diversity", "not diverse",
                                  "fail ~ capture/reproduce/preserve", "not capture/reproduce/preserve/recover",
                                  "without diversity", "little diversity", "drop", "insufficient diversity")),
    Concept(name="DATA", phrases=("data", "target", "true distribution/variance", "true", "sigma^2", "original", "desired",
                                  "correct variance", "real", "required", "intended", "x_0", "wanted", "right variance",
                                  "should", "n 0 sigma^2", "ground truth")),
    Concept(
        name="MATCHES",
        opposite="DIFFERS",
        phrases=("match", "equal", "agree", "coincide", "recover", "reproduce", "same variance/distribution/spread",
                 "same as", "identical", "close to ~ target/data/sigma^2", "preserve", "nothing ~ wrong", "no problem",
                 "is fine", "works perfectly/well/fine"),
    ),
    Concept(
        name="DIFFERS",
        opposite="MATCHES",
        phrases=("instead of", "rather than", "differ", "mismatch", "≠ ~ sigma^2", "far from", "not ~ sigma^2",
                 "not n 0 sigma^2", "not the data/target/desired/right/correct", "should be/have", "wrong variance",
                 "wrong ~ variance", "fail to match/reproduce/recover", "unlike", "not ~ match/equal/recover/reproduce",
                 "does not ~ match/equal/recover/reproduce/have", "off by", "not what we want", "instead/not sigma^2",
                 "as opposed to", "incorrect variance", "is not ~ target/desired/data/original/correct"),
    ),
    Concept(name="QUARTIC", phrases=("sigma^4", "sigma ^4", "fourth power", "squared variance",
                                     "square/squared of ~ variance/sigma^2", "factor of sigma^2", "factor sigma^2",
                                     "frac sigma^2 sigma^2 + 1 ^2", "sigma^2 sigma^2 + 1 ^2", "sigma^2 1 + sigma^2 ^2")),
    Concept(name="VARIANCE", phrases=("variance", "var", "spread", "dispersion", "standard deviation", "std", "width",
                                      "distribution", "x_0", "sample", "noise level", "it", "result", "output", "this",
                                      "x 0", "scale")),
)  # fmt: skip

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
                "missing/without/no/omit/omits/ignore/ignores/drop/drops/discard/discards/neglect ~ noise & variance & "
                "lost | lose | missing | shrink | never | contract | reduce",
                "variance & not/never ~ replenished/restored/replaced/reinjected/injected/added",
                "ignore/ignores/drop/drops/discard/discards/neglect/neglects/omit/omits ~ conditional/posterior/reverse variance",
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
                "WIDE & over dispersed | overdispersed | inflated | explode | blow up | diverge | excessive | overestimate",
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
            unless=("NARROW", "COLLAPSE", "DIFFERS", "mean ~ match*", "mean ~ correct/right/zero", "LOST", "should",
                    "with ~ noise"),
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
                "noise ~ not ~ removed/gone",
                "discretization/discretisation error",
                "problem ~ step size/length",
            ),
            unless=("NARROW", "LOST"),
        ),
    ),
    concepts=_SIZE_1D,
    other_methods=_METHODS,
)  # fmt: skip

# ---------------------------------------------------------------- 2c: Z(x) is a sum over everything

_WORDS_2C = (
    Concept(name="PARTITION", phrases=("z", "z_x", "z x", "partition function", "normalizing/normalization constant/factor/"
                                       "term", "normalizer", "normalizing", "normalization", "normalize", "denominator",
                                       "log partition", "partition", "constant")),
    Concept(name="SUM", phrases=("sum", "sum_y", "summation", "enumerate", "enumeration", "iterate", "add up", "marginalize",
                                 "evaluate ~ every/all/each", "integral", "integrate", "loop over", "compute ~ for every/all",
                                 "go through", "score every/all/each", "visit", "cover every/all", "run over", "total over",
                                 "range over", "ranging over")),
    Concept(name="RESPONSES", phrases=("response", "sequence", "output", "output space", "completion", "y", "y_set",
                                       "answer", "string", "sentence", "text", "generation", "token sequence", "space",
                                       "possible outputs", "candidates", "candidate", "possibility", "combination",
                                       "terms", "continuation", "utterance", "replies", "reply", "action", "generations",
                                       "v^*", "everything")),
    Concept(
        name="HUGE",
        opposite="FEW",
        phrases=("exponential", "exponent in ~ length", "infinite", "infinitely", "infinity", "unbounded", "astronomical",
                 "combinatorial", "enormous", "huge", "massive", "vast", "too many", "so many", "gigantic", "immense",
                 "extremely/very/too/so/incredibly/prohibitively/unimaginably large/big/many", "large", "countless", "big",
                 "v^l", "v^t", "v^n", "v^k", "v^m", "v^length", "v^l_max", "vocab^length", "vocabulary_size^length", "v y", "vocabulary ^",
                 "vocab_size^length", "vocab_size^len", "v^len", "vocab^len", "vocabsize^length", "grow with ~ length",
                 "grows ~ length", "to the power ~ length", "raised to ~ length", "power of ~ length", "endless",
                 "countably", "not finite", "explode", "blow up", "blows up", "unmanageable", "v^*", "never enumerate"),
    ),
    Concept(name="FEW", opposite="HUGE", phrases=("few", "polynomial", "linear", "small", "finite and small", "manageable",
                                                  "a handful", "grow/grows ~ linear/polynomial/logarithmic ~ length",
                                                  "only v", "v terms/responses/outputs/summands", "one for each/every token",
                                                  "l v", "v l", "v + l", "only l")),
    Concept(name="ELSEWHERE", phrases=("sum/sums/summing/summation/integral/integrate/average/expectation ~ "
                                       "prompts/parameters/theta/dataset/users/annotators/layers",
                                       "sum/sums/summing/summation ~ all x", "integral over ~ parameters",
                                       "preference pairs to sum over", "sum/sums/summing ~ preference pairs")),
    Concept(
        name="INTRACTABLE",
        opposite="TRACTABLE",
        phrases=("intractable", "infeasible", "impossible", "impractical", "unfeasible", "not possible/feasible/practical",
                 "prohibitive", "prohibitively expensive", "cannot ~ compute/computed/evaluate/evaluated/sum/enumerate/"
                 "calculate/calculated/normalize/done/enumerated/summed/know", "cannot be", "expensive", "costly",
                 "hard to compute/evaluate/calculate", "difficult to compute/evaluate/calculate", "too expensive",
                 "no way to compute", "not ~ tractable", "hard", "unable to", "hopeless", "uncomputable", "impracticable",
                 "not computable", "out of reach", "cannot", "untractable", "not ~ computable", "difficult", "blow up"),
    ),
    Concept(name="TRACTABLE", opposite="INTRACTABLE", phrases=("tractable", "feasible", "possible to compute", "easy",
                                                               "cheap", "simple to compute", "computable")),
)  # fmt: skip

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
            any_of=("HUGE & RESPONSES", "HUGE & length", "HUGE & SUM", "v^l | v^t | v^n | v^m | v^k", "HUGE & vocab*",
                    "HUGE & RESPONSES / 2"),
            unless=("ELSEWHERE", "FEW"),
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
            any_of=("no difficulty/problem", "z x is/= 1", "z is/= 1", "z x is easy/cheap/tractable/trivial",
                    "partition function is easy/cheap/tractable/trivial"),
            unless=("INTRACTABLE",),
        ),
        Claim(
            id="length_to_the_vocabulary",
            says="the number of responses is L^V (it is V^L)",
            any_of=("l^v | t^v | n^v | length^vocab | length^v | length^vocab_size | len^vocab",
                    "length to/raised ~ power ~ vocab*", "length raised to ~ vocab*",
                    "exponential in ~ vocab* & not exponential in ~ length"),
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
                "not enough/lack ~ preference/human/training data",
                "overfit*",
                "human ~ label/labels/labeling ~ expensive",
            ),
            unless=("SUM & HUGE",),
        ),
    ),
    concepts=_WORDS_2C,
    other_methods=_METHODS,
)  # fmt: skip

# ---------------------------------------------------------------- 2f: the weight is an error signal

_WIN = "y_w/winner/winning/preferred/chosen/w/better/wins"
_LOSE = "y_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses"
_MORE = "higher/larger/greater/bigger/more/above/over/exceed/large/high/beat/outrank/better"
_LESS = "lower/smaller/less/below/worse/under"

_WORDS_2F = (
    Concept(
        name="WRONG",
        opposite="RIGHT",
        phrases=(
            "wrong", "incorrect", "mistake", "mistaken", "error", "misrank", "mis rank", "misorder", "mis order", "violate",
            "misclassify", "disagree with ~ preference/label/data/human", "inverted", "wrong way", "backwards", "violation",
            "poor", "hard example", "hard pair", "confuse", "misjudge", "reverse order", "fooled", "fail", "badly",
            "mismatch", "contradict ~ preference/label/data/human", "bad",
            f"{_LOSE} ~ {_MORE} ~ {_WIN}", f"{_WIN} ~ {_LESS} ~ {_LOSE}", f"{_LOSE} ~ > ~ {_WIN}", f"{_WIN} ~ < ~ {_LOSE}",
            f"{_MORE} ~ to/for/of/on ~ {_LOSE}", f"prefer/prefers/favor/favors/favour/favours ~ {_LOSE}",
            f"{_LESS} ~ to/for/of/on ~ {_WIN}", f"{_LOSE} ~ above/over/ahead ~ {_WIN}",
            f"{_LOSE} ~ {_MORE} ~ reward/score/rank*", f"{_MORE} reward/score/rating ~ {_LOSE}",
            f"overestimate/overestimates/overrate/overrates ~ {_LOSE}", f"{_LOSE} ~ wins", f"rank/ranks ~ {_LOSE} first/higher",
            f"underestimate/underestimates ~ {_WIN}", f"{_WIN} ~ underestimated", f"{_LOSE} ~ preferred",
            f"{_LOSE} ~ outscore* ~ {_WIN}",
            "z negative", "z is ~ negative", "margin ~ negative", "negative margin", "z < 0", "unsure",
        ),
    ),
    Concept(
        name="RIGHT",
        opposite="WRONG",
        phrases=(
            "right", "correct", "rightly", "properly", "already learned", "well ordered", "agree with ~ preference/label/data/"
            "human", "satisfied", "respected", "easy pair", "easy example", "fits", "well ranked", "good", "already knows",
            "already prefers", f"{_WIN} ~ {_MORE} ~ {_LOSE}", f"{_LOSE} ~ {_LESS} ~ {_WIN}", f"{_WIN} ~ > ~ {_LOSE}",
            f"{_LOSE} ~ < ~ {_WIN}", f"{_MORE} ~ to/for/of/on ~ {_WIN}", f"prefer/prefers/favor/favors/favour/favours ~ {_WIN}",
            f"{_LESS} ~ to/for/of/on ~ {_LOSE}", f"{_WIN} ~ above/over/ahead ~ {_LOSE}", f"{_WIN} ~ {_MORE} ~ reward/score",
            f"{_MORE} reward/score/rating ~ {_WIN}", "z ~ large ~ positive", "margin ~ positive", "positive margin", "z > 0",
            "separated", "large margin", "margin is large", "confidently ranks", "in the right order",
            "winner ~ first",
        ),
    ),
    Concept(
        name="LARGE",
        opposite="SMALL",
        phrases=("large", "big", "high", "strong", "great", "heavy", "close/near/approaching to 1", "near 1", "≈ 1", "→ 1",
                 "approach 1", "approaches ~ 1", "to 1", "almost 1", "about 1", "more", "most", "significant", "substantial",
                 "upweight", "up weight", "emphasize", "amplify", "increase", "hard update", "aggressive", "maximal", "full",
                 "scale with", "scales ~ with", "proportional to", "grow", "grows", "close to 1", "close to one", "near one",
                 "to one", "approaches one", "big update", "much", "stronger", "learn ~ most", "nearly 1", "up",
                 "nearly one", "almost one", "focus on", "concentrate on", "dominate", "is 1", "≈ one", "rise", "boost"),
    ),
    Concept(
        name="SMALL",
        opposite="LARGE",
        phrases=("small", "tiny", "little", "low", "weak", "close/near to 0", "close to zero", "near 0", "near zero", "≈ 0",
                 "→ 0", "approach 0", "approaches ~ 0", "approach zero", "to 0", "to zero", "almost 0", "almost zero", "vanish",
                 "negligible", "nearly 0", "nearly zero", "less", "barely", "downweight", "down weight", "ignore", "light",
                 "no update", "hardly any", "decrease", "shrink", "fade", "die", "no gradient", "stop", "minimal", "drop",
                 "no need ~ update", "no change", "hardly ~ change/update/move", "barely ~ change/update/move", "gentle",
                 "is 0", "is zero", "about 0", "about zero", "diminish", "slight", "saturate", "leaves ~ alone",
                 "leave ~ alone", "nothing ~ learn", "skip", "hardly contribute*", "contributes nothing"),
    ),
    # sigma(z) with z = r_w - r_l is not the weight: its size says nothing here.
    Concept(name="NOTHING", phrases=("sigma z ~ ≈ 1", "sigma z ~ ≈ 0", "sigma z ≈ 1", "sigma z < 1", "sigma z → 1", "sigma z → 0",
                                   "sigma z < 0", "sigma z - 1 < 0", "right hand", "right side", "log prob* ~ higher",
                                   f"increase/increases/increasing/raise/raises/raising ~ likelihood/probability/prob*/log ~ {_WIN}",
                                   f"decrease/decreases/decreasing/lower/lowers/lowering ~ likelihood/probability/prob*/log ~ {_LOSE}",
                                   f"higher/more ~ log/prob*/likelihood ~ {_WIN}",
                                   f"lower/less ~ log/prob*/likelihood ~ {_LOSE}", "increase/increases/increasing log pi",
                                   "decrease/decreases/decreasing log pi", f"increase/increases ~ {_WIN}",
                                   f"decrease/decreases ~ {_LOSE}", "more likely", "less likely", "at most", "no more than",
                                   f"up ~ {_WIN}", f"down ~ {_LOSE}", f"push/pushes ~ up ~ {_WIN}", f"large push toward* {_WIN}",
                                   "more or less", "furthermore", "strongly/heavily/highly/confidently prefer/favor/favour/disagree/confident",
                                   "correct/right/final result/answer/expression/gradient/form/sign/derivation", "great", "correct ~ sign",
                                   "much/far higher/larger/greater/bigger/more ~ than", "what is more", "not only", "good pair")),
    Concept(name="SUBJECT", phrases=("weight", "weighting", "weighted", "gradient", "update", "coefficient", "factor",
                                     "sigmoid", "sigma", "signal", "push", "pushes", "contribute", "contribution", "it",
                                     "learn", "learning", "step", "emphasis", "emphasize", "term", "this")),
)  # fmt: skip

INTERPRETATION_2F = ProseRubric(
    needed=(
        Claim(
            id="large_when_wrong",
            says="the weight is large when the model ranks the pair wrongly",
            any_of=(
                "LARGE <-> WRONG",
                "weight/weighs/weighted/weighting/scale/scales/scaled/scaling ~ by how ~ wrong/wrongly/incorrect/incorrectly/"
                "badly/mistaken/misranked/much",
                "focus/focuses/focusing/concentrate/concentrates/emphasizes/attention ~ mistakes/errors/wrong/misranked/"
                "incorrect/misordered/violated/hard",
                "measure/measures/quantify/quantifies/tells how ~ wrong/wrongly/incorrect/incorrectly/badly",
                "corrects/correct/fix/fixes ~ mistakes/errors",
                "error signal | error weighting | error driven",
            ),
            unless=("SMALL <-> WRONG", "focus* ~ already"),
        ),
        Claim(
            id="small_when_right",
            says="the weight is small when the model ranks the pair rightly",
            any_of=("SMALL <-> RIGHT",),
            unless=("LARGE <-> RIGHT",),
        ),
    ),
    enough=1,
    wrong=(
        Claim(
            id="large_when_right",
            says="the weight is large when the model ranks the pair rightly (it is small then)",
            any_of=(
                "LARGE <-> RIGHT & SUBJECT",
                "focus/focuses/focusing/concentrate/concentrates/emphasizes ~ pairs/examples ~ already ~ right/correct/"
                "correctly/ranked",
                "focus/focuses/focusing ~ easy/correct/correctly",
            ),
            unless=("LARGE <-> WRONG", "SMALL <-> RIGHT", "not | never"),
        ),
        Claim(
            id="small_when_wrong",
            says="the weight is small when the model ranks the pair wrongly (it is large then)",
            any_of=("SMALL <-> WRONG & SUBJECT", "ignore/ignores/downweight/downweights ~ mistakes/errors/misranked"),
            unless=("LARGE <-> WRONG", "SMALL <-> RIGHT"),
        ),
        Claim(
            id="weight_constant",
            says="the weight is the same for all pairs",
            any_of=(
                "weight* ~ is/are ~ constant",
                "same for all/every/each",
                "all/every pairs/pair/examples/example ~ same/equal/equally weight/weighted/weights",
                "equally & weight* & all/every",
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
    concepts=_WORDS_2F,
    other_methods=_METHODS,
)  # fmt: skip
