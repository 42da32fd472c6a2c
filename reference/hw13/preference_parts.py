"""Problem 2 of HW13 as parts: direct preference optimisation (Rafailov et al. 2023)."""

from __future__ import annotations

from fractions import Fraction

from grader.formula.tree import Sym
from grader.rubric import Expected, FormulaItem, Mistake, Part, ProseItem, Terms
from reference.hw13 import claims
from reference.hw13.preference_signatures import SIGNATURES
from reference.hw13.worlds import BETA, DIVERGENCE, PREFERENCE

_OPTIMAL, _REFERENCE, _MODEL, _PARTITION = Sym("pi^*"), Sym("pi", Sym("ref")), Sym("pi", Sym("theta")), Sym("Z")

_PART_2A = Part(
    id="2a",
    title="Minimiser of the divergence",
    question="The distribution p that minimises KL(p‖q)?",
    space=DIVERGENCE,
    signature=SIGNATURES["2a"],
    items=(
        FormulaItem(
            id="minimiser",
            asks="the minimising p",
            points=Fraction(1),
            names=("p",),
            at="p(x)",
            expected=(Expected(value="q(x)"),),
            mistakes=(
                Mistake(
                    id="uniform",
                    message="KL(p‖q) is 0 only for p = q; the uniform distribution maximises the entropy, which is another problem.",
                    forms=(r"\frac{1}{n}",),
                ),
                Mistake(
                    id="squared",
                    message="The condition log(p/q) + 1 - λ = 0 makes p proportional to q itself.",
                    forms=("q(x)^2", r"\frac{q(x)^2}{\sum_x q(x)^2}", r"\sqrt{q(x)}", r"\frac{1}{q(x)}"),
                ),
                Mistake(
                    id="normalisation",
                    message="p must sum to 1: the constant is 1.",
                    forms=(r"q(x)/e", "e q(x)"),
                ),
            ),
        ),
    ),
)

_POLICY = r"\frac{\pi_{\text{ref}}(y \mid x) \exp(r(x,y)/\beta)}{Z(x)}"
_OBJECTIVE = r"\mathbb{E}_{x\sim\mathcal D}[D_{KL}(\pi_\theta(\cdot\mid x) \| \pi^*(\cdot\mid x)) - \log Z(x)]"
_PART_2B = Part(
    id="2b",
    title="The optimal policy",
    question="Show that max over π of E[r(x,y)] - β·KL(π‖π_ref) is solved by a policy of the given form; give the equivalent minimisation.",
    space=PREFERENCE,
    signature=SIGNATURES["2b"],
    items=(
        FormulaItem(
            id="policy",
            asks="the optimal policy",
            points=Fraction(2, 3),
            names=(r"\pi^*", r"\pi_\theta"),
            at=r"\pi^*(y\mid x)",
            proportional=(Sym("y"), Sym("y", Sym("w")), Sym("y", Sym("l"))),
            expected=(Expected(value=_POLICY),),
            terms=Terms(allowed=frozenset([_REFERENCE, Sym("r"), _PARTITION, BETA]), words="π_ref, r, Z and β"),
            mistakes=(
                Mistake(
                    id="beta-inverted",
                    message="The reward is divided by β in the exponent: exp(r/β), not exp(βr).",
                    forms=(
                        r"\frac{\pi_{\text{ref}}(y \mid x) \exp(\beta r(x,y))}{Z(x)}",
                        r"\frac{\pi_{ref}(y|x)\exp(\beta r(x,y))}{\sum_{y'}\pi_{ref}(y'|x)\exp(\beta r(x,y'))}",
                    ),
                ),
                Mistake(
                    id="beta-lost",
                    message="β is lost: the exponent is r/β, not r.",
                    forms=(
                        r"\frac{\pi_{\text{ref}}(y \mid x) \exp(r(x,y))}{Z(x)}",
                        r"\frac{\pi_{ref}(y|x)\exp(r(x,y))}{\sum_{y'}\pi_{ref}(y'|x)\exp(r(x,y'))}",
                    ),
                ),
                Mistake(
                    id="sign",
                    message="A higher reward makes a response more likely: the sign in the exponent is plus.",
                    forms=(r"\frac{\pi_{\text{ref}}(y \mid x) \exp(-r(x,y)/\beta)}{Z(x)}",),
                ),
                Mistake(
                    id="reference-lost",
                    message="π_ref(y|x) is missing: the optimal policy reweights the reference policy.",
                    forms=(
                        r"\frac{\exp(r(x,y)/\beta)}{Z(x)}",
                        r"\frac{\exp(r(x,y)/\beta)}{\sum_{y'}\exp(r(x,y')/\beta)}",
                    ),
                ),
                Mistake(
                    id="partition-inverted",
                    message="Z(x) normalises: it divides.",
                    forms=(r"Z(x) \pi_{\text{ref}}(y \mid x) \exp(r(x,y)/\beta)",),
                ),
                Mistake(
                    id="partition-lost",
                    message="Without Z(x) this does not sum to 1.",
                    forms=(r"\pi_{\text{ref}}(y \mid x) \exp(r(x,y)/\beta)",),
                ),
            ),
        ),
        FormulaItem(
            id="objective",
            asks="the equivalent minimisation",
            points=Fraction(1, 3),
            kind="objective",
            names=(),
            expected=(
                Expected(value=_OBJECTIVE),
                Expected(value=r"D_{KL}(\pi_\theta(\cdot\mid x) \| \pi^*(\cdot\mid x)) - \log Z(x)"),
                Expected(value=r"\beta \mathbb{E}_{x\sim\mathcal D}[D_{KL}(\pi_\theta \| \pi^*) - \log Z(x)]"),
                Expected(value=r"\beta D_{KL}(\pi_\theta \| \pi^*) - \beta\log Z(x)"),
                # The same minimiser, without the constant that no policy changes.
                Expected(value=r"D_{KL}(\pi_\theta \| \pi^*)"),
                Expected(value=r"\mathbb{E}_{x\sim\mathcal D}[D_{KL}(\pi_\theta \| \pi^*)]"),
                Expected(value=r"\beta D_{KL}(\pi_\theta \| \pi^*)"),
                Expected(value=r"\beta \mathbb{E}_{x\sim\mathcal D}[D_{KL}(\pi_\theta \| \pi^*)]"),
            ),
            terms=Terms(
                allowed=frozenset([_OPTIMAL, _MODEL, _PARTITION, BETA]),
                words="the policy, π*, Z and β",
            ),
            mistakes=(
                Mistake(
                    id="log-partition-sign",
                    message="The minimiser is right, but the constant is -log Z(x), not +log Z(x).",
                    forms=(
                        r"\mathbb{E}_{x\sim\mathcal D}[D_{KL}(\pi_\theta \| \pi^*) + \log Z(x)]",
                        r"D_{KL}(\pi_\theta \| \pi^*) + \log Z(x)",
                        r"\beta \mathbb{E}_{x\sim\mathcal D}[D_{KL}(\pi_\theta \| \pi^*) + \log Z(x)]",
                    ),
                    points=Fraction(1, 2),
                ),
                Mistake(
                    id="arguments-swapped",
                    message="The divergence is KL(π‖π*), in this order.",
                    forms=(
                        r"\mathbb{E}_{x\sim\mathcal D}[D_{KL}(\pi^* \| \pi_\theta) - \log Z(x)]",
                        r"D_{KL}(\pi^* \| \pi_\theta) - \log Z(x)",
                        r"D_{KL}(\pi^* \| \pi_\theta)",
                        r"\mathbb{E}_{x\sim\mathcal D}[D_{KL}(\pi^* \| \pi_\theta)]",
                    ),
                ),
            ),
        ),
    ),
)

_PART_2C = Part(
    id="2c",
    title="Why π* is hard to use",
    question="Why is this π* hard to use in practice?",
    space=PREFERENCE,
    items=(ProseItem(id="reason", asks="the reason", points=Fraction(1), claims=claims.REASON_2C),),
)

_RATIO = r"\frac{\pi^*(y \mid x)}{\pi_{\text{ref}}(y \mid x)}"
_PART_2D = Part(
    id="2d",
    title="The reward from the optimal policy",
    question="Express r in terms of π*, π_ref, Z and β.",
    space=PREFERENCE,
    signature=SIGNATURES["2d"],
    own_names=frozenset([Sym("hat r")]),
    items=(
        FormulaItem(
            id="reward",
            asks="r(x, y)",
            points=Fraction(1),
            names=("r",),
            at="r(x,y)",
            expected=(Expected(value=rf"\beta \log {_RATIO} + \beta \log Z(x)"),),
            terms=Terms(allowed=frozenset([_OPTIMAL, _REFERENCE, _PARTITION, BETA]), words="π*, π_ref, Z and β"),
            mistakes=(
                Mistake(
                    id="beta-lost-second",
                    message="β also multiplies log Z(x).",
                    forms=(rf"\beta \log {_RATIO} + \log Z(x)",),
                ),
                Mistake(
                    id="beta-lost-first",
                    message="β also multiplies the log-ratio.",
                    forms=(rf"\log {_RATIO} + \beta \log Z(x)",),
                ),
                Mistake(
                    id="beta-lost",
                    message="β is missing from both terms: log π* has r/β in it.",
                    forms=(rf"\log {_RATIO} + \log Z(x)",),
                ),
                Mistake(
                    id="partition-sign",
                    message="log Z(x) comes in with a plus sign: π* has 1/Z(x).",
                    forms=(rf"\beta \log {_RATIO} - \beta \log Z(x)",),
                ),
                Mistake(
                    id="ratio-inverted",
                    message="The ratio is π*/π_ref, not its inverse.",
                    forms=(r"\beta \log \frac{\pi_{ref}(y|x)}{\pi^*(y|x)} + \beta \log Z(x)",),
                ),
                Mistake(
                    id="beta-inverted",
                    message="r is β times the bracket, not the bracket divided by β.",
                    forms=(rf"\frac{{1}}{{\beta}} \log {_RATIO} + \frac{{1}}{{\beta}} \log Z(x)",),
                ),
                Mistake(
                    id="partition-lost",
                    message="The term β log Z(x) is missing; it cancels only in differences.",
                    forms=(rf"\beta \log {_RATIO}",),
                ),
            ),
        ),
    ),
)


def _log_ratio(policy: str, response: str) -> str:
    return rf"\log \frac{{{policy}({response} \mid x)}}{{\pi_{{\text{{ref}}}}({response} \mid x)}}"


def _preference(first: str, second: str, beta: str = r"\beta") -> str:
    ratio = r"\pi^*"
    return rf"\sigma({beta} {_log_ratio(ratio, first)} - {beta} {_log_ratio(ratio, second)})"


_PAIRS = (("y_1", "y_2"), ("y_w", "y_l"))
_PART_2E = Part(
    id="2e",
    title="Bradley-Terry without Z",
    question="Put 2d into p(y_1≻y_2|x) = exp r(x,y_1)/(exp r(x,y_1)+exp r(x,y_2)); in terms of π*, π_ref and β only.",
    space=PREFERENCE,
    signature=SIGNATURES["2e"],
    own_names=frozenset([Sym("hat r")]),
    items=(
        FormulaItem(
            id="probability",
            asks="p(y_1 ≻ y_2 | x)",
            points=Fraction(1),
            names=("p", r"\Pr(y_1 \succ y_2 \mid x)", r"\Pr(y_w \succ y_l \mid x)"),
            expected=(
                *(Expected(value=_preference(*pair)) for pair in _PAIRS),
                *(Expected(value=_preference(a, b), labels=(rf"p({a} \succ {b} \mid x)",)) for a, b in _PAIRS),
                *(Expected(value=_preference(b, a), labels=(rf"p({b} \succ {a} \mid x)",)) for a, b in _PAIRS),
            ),
            terms=Terms(allowed=frozenset([_OPTIMAL, _REFERENCE, BETA]), words="π*, π_ref and β"),
            mistakes=(
                Mistake(
                    id="beta-lost",
                    message="β is missing: the ratios are raised to the power β.",
                    forms=tuple(_preference(*pair, beta="") for pair in _PAIRS),
                ),
                Mistake(
                    id="swapped",
                    message="Winner and loser are swapped: this is the probability of the other preference.",
                    forms=tuple(_preference(b, a) for a, b in _PAIRS),
                ),
                Mistake(
                    id="beta-inverted",
                    message="β multiplies the log-ratios; it does not divide them.",
                    forms=tuple(_preference(*pair, beta=r"\frac{1}{\beta}") for pair in _PAIRS),
                ),
                Mistake(
                    id="exponential-lost",
                    message="The rewards stand in exponentials; a ratio of the log-ratios themselves is not a probability.",
                    forms=tuple(
                        rf"\frac{{{_log_ratio(chr(92) + 'pi^*', a)}}}"
                        rf"{{{_log_ratio(chr(92) + 'pi^*', a)} + {_log_ratio(chr(92) + 'pi^*', b)}}}"
                        for a, b in _PAIRS
                    ),
                ),
                Mistake(
                    id="reference-lost",
                    message="π_ref is missing from the ratios.",
                    forms=tuple(rf"\sigma(\beta \log \pi^*({a}|x) - \beta \log \pi^*({b}|x))" for a, b in _PAIRS),
                ),
            ),
        ),
    ),
)

_SCORES = r"(\nabla_\theta \log \pi_\theta(y_w \mid x) - \nabla_\theta \log \pi_\theta(y_l \mid x))"
_DATA = r"\mathbb{E}_{(x,y_w,y_l)\sim\mathcal D}"
_WRONG_WEIGHT = r"\sigma(\hat r(x,y_l) - \hat r(x,y_w))"
_RIGHT_WEIGHT = r"\sigma(\hat r(x,y_w) - \hat r(x,y_l))"


def _gradients(inside: str, front: str = r"-\beta") -> tuple[str, str]:
    """Return a gradient over the data set and for one pair."""
    return rf"{front} {_DATA}[{inside}]", rf"{front} {inside}"


_PART_2F = Part(
    id="2f",
    title="Gradient of the DPO loss",
    question="The gradient of L = -E[log σ(r̂(x,y_w) - r̂(x,y_l))], r̂ = β log(π_θ/π_ref), and what its weight means.",
    space=PREFERENCE,
    signature=SIGNATURES["2f"],
    items=(
        FormulaItem(
            id="gradient",
            asks="∇_θ L",
            points=Fraction(2, 3),
            names=(r"\nabla_\theta \mathcal L",),
            expected=tuple(Expected(value=one) for one in _gradients(f"{_WRONG_WEIGHT} {_SCORES}")),
            mistakes=(
                Mistake(
                    id="sign",
                    message="The sign is flipped: this ascends the loss. With u = r̂_l - r̂_w the loss is -log σ(-u).",
                    forms=_gradients(f"{_WRONG_WEIGHT} {_SCORES}", r"\beta"),
                ),
                Mistake(
                    id="weight",
                    message="The weight is σ(r̂_l - r̂_w), large when the pair is ranked wrongly; this is σ(r̂_w - r̂_l).",
                    forms=_gradients(f"{_RIGHT_WEIGHT} {_SCORES}"),
                ),
                Mistake(
                    id="sign-and-weight",
                    message="Sign and weight are both those of the swapped pair: σ(-u) with u = r̂_l - r̂_w is the wrong weight.",
                    forms=_gradients(f"{_RIGHT_WEIGHT} {_SCORES}", r"\beta"),
                ),
                Mistake(
                    id="beta-lost",
                    message="β is missing: ∇r̂ = β∇log π_θ.",
                    forms=_gradients(f"{_WRONG_WEIGHT} {_SCORES}", "-"),
                ),
                Mistake(
                    id="beta-squared",
                    message="β comes in once, from ∇r̂ = β∇log π_θ.",
                    forms=_gradients(f"{_WRONG_WEIGHT} {_SCORES}", r"-\beta^2"),
                ),
                Mistake(
                    id="weight-lost",
                    message="The weight σ(r̂_l - r̂_w) is missing.",
                    forms=_gradients(_SCORES),
                ),
                Mistake(
                    id="plus",
                    message="The scores of winner and loser are subtracted.",
                    forms=_gradients(
                        rf"{_WRONG_WEIGHT} (\nabla_\theta \log \pi_\theta(y_w|x) + \nabla_\theta \log \pi_\theta(y_l|x))"
                    ),
                ),
                Mistake(
                    id="log-lost",
                    message="The scores are gradients of log π_θ, not of π_θ.",
                    forms=_gradients(
                        rf"{_WRONG_WEIGHT} (\nabla_\theta \pi_\theta(y_w|x) - \nabla_\theta \pi_\theta(y_l|x))"
                    ),
                ),
            ),
        ),
        ProseItem(
            id="interpretation",
            asks="what the weight means",
            points=Fraction(1, 3),
            claims=claims.INTERPRETATION_2F,
        ),
    ),
)


def _power(policy: str, index: str, beta: str = r"\beta") -> str:
    response = rf"y_{{\tau({index})}}"
    return rf"\left(\frac{{{policy}({response}\mid x)}}{{\pi_{{\text{{ref}}}}({response}\mid x)}}\right)^{{{beta}}}"


def _ranking(policy: str, start: str = "k", beta: str = r"\beta", end: str = "K") -> str:
    return rf"\prod_{{k=1}}^{{{end}}} \frac{{{_power(policy, 'k', beta)}}}{{\sum_{{j={start}}}^K {_power(policy, 'j', beta)}}}"


_RANKINGS = r"\mathbb{E}_{(\tau,y_1,\dots,y_K,x)\sim\mathcal D}"
_STAR, _THETA = r"\pi^*", r"\pi_\theta"


def _losses(inside: str, sign: str = "-") -> tuple[str, str]:
    return rf"{sign}{_RANKINGS}[{inside}]", rf"{sign}{inside}"


def _pairwise(first: str, second: str) -> str:
    return rf"\log\sigma(\beta {_log_ratio(_THETA, first)} - \beta {_log_ratio(_THETA, second)})"


def _ranked(index: str) -> str:
    return rf"y_{{\tau({index})}}"


_PART_2G = Part(
    id="2g",
    title="Plackett-Luce",
    question="p(τ) = Π_k exp r(x,y_τ(k))/Σ_{j≥k} exp r(x,y_τ(j)): show that Z cancels; the probability, and the DPO loss that follows.",
    space=PREFERENCE,
    signature=SIGNATURES["2g"],
    own_names=frozenset([Sym("hat r")]),
    items=(
        FormulaItem(
            id="probability",
            asks="p(τ | y_1..y_K, x)",
            points=Fraction(1, 2),
            names=(r"p(\tau)", r"p(\tau, x)", r"p(y_{\tau(1)}, \dots, y_{\tau(K)})"),
            expected=(Expected(value=_ranking(_STAR)),),
            terms=Terms(allowed=frozenset([_OPTIMAL, _REFERENCE, BETA, Sym("tau")]), words="π*, π_ref and β"),
            mistakes=(
                Mistake(
                    id="inner-sum",
                    message="The inner sum starts at k: only what is not ranked yet competes.",
                    forms=(_ranking(_STAR, start="1"),),
                ),
                Mistake(
                    id="inner-sum-shifted",
                    message="The inner sum starts at k: the response that is picked competes too.",
                    forms=(_ranking(_STAR, start="k+1", end="K-1"),),
                ),
                Mistake(
                    id="beta-lost",
                    message="β is missing: the ratios are raised to the power β.",
                    forms=(_ranking(_STAR, beta="1"),),
                ),
                Mistake(
                    id="pairwise",
                    message="A product of pairwise sigmoids is not the Plackett-Luce probability for K > 2.",
                    forms=(
                        r"\prod_{k=1}^{K-1} \sigma(\beta "
                        + _log_ratio(_STAR, _ranked("k"))
                        + r" - \beta "
                        + _log_ratio(_STAR, _ranked("k+1"))
                        + ")",
                        r"\prod_{k=1}^{K-1}\prod_{j=k+1}^{K} \sigma(\beta "
                        + _log_ratio(_STAR, _ranked("k"))
                        + r" - \beta "
                        + _log_ratio(_STAR, _ranked("j"))
                        + ")",
                    ),
                ),
                Mistake(
                    id="beta-inverted",
                    message="β multiplies the log-ratios; it does not divide them.",
                    forms=(_ranking(_STAR, beta=r"1/\beta"),),
                ),
            ),
        ),
        FormulaItem(
            id="loss",
            asks="the DPO loss that follows",
            points=Fraction(1, 2),
            names=(r"\mathcal L",),
            expected=tuple(Expected(value=one) for one in _losses(rf"\log {_ranking(_THETA)}")),
            mistakes=(
                Mistake(
                    id="pairwise",
                    message="A log sigmoid of pairs is the loss for K = 2; for a ranking each place competes with all that follow.",
                    forms=(
                        *_losses(_pairwise(_ranked("k"), _ranked("j"))),
                        *_losses(_pairwise(_ranked("1"), _ranked("2"))),
                        *_losses(_pairwise(_ranked("1"), _ranked("K"))),
                        *_losses(_pairwise("y_w", "y_l")),
                        *_losses(rf"\sum_{{k=1}}^{{K-1}} {_pairwise(_ranked('k'), _ranked('k+1'))}"),
                        *_losses(rf"\sum_{{k=1}}^{{K-1}} \sum_{{j=k+1}}^{{K}} {_pairwise(_ranked('k'), _ranked('j'))}"),
                    ),
                ),
                Mistake(
                    id="sign",
                    message="The loss is the negative log-likelihood: the sign is flipped.",
                    forms=_losses(rf"\log {_ranking(_THETA)}", ""),
                ),
                Mistake(
                    id="inner-sum",
                    message="The inner sum starts at k: only what is not ranked yet competes.",
                    forms=_losses(rf"\log {_ranking(_THETA, start='1')}"),
                ),
                Mistake(
                    id="beta-lost",
                    message="β is missing: the ratios are raised to the power β.",
                    forms=_losses(rf"\log {_ranking(_THETA, beta='1')}"),
                ),
                Mistake(
                    id="log-lost",
                    message="The loss is minus the expected log-probability; the logarithm is missing.",
                    forms=_losses(_ranking(_THETA)),
                ),
                Mistake(
                    id="optimal-policy",
                    message="The loss is trained: it has π_θ in the place of π*.",
                    forms=_losses(rf"\log {_ranking(_STAR)}"),
                    points=Fraction(1, 2),
                ),
            ),
        ),
    ),
)

PARTS = (_PART_2A, _PART_2B, _PART_2C, _PART_2D, _PART_2E, _PART_2F, _PART_2G)
