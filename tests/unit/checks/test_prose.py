"""Prose judged by claims: right and wrong answers to 1d, 2c and 2f, denials, suppositions, stuffing, language."""

from __future__ import annotations

import time

import pytest

from grader.checks.prose import Claim, Concept, ProseRubric, find_claims, judge_prose
from grader.checks.sentences import sentences, stem
from grader.errors import RubricError
from grader.model import Mention, Silence, Verdict
from reference.hw13.claims import FLAW_1D, INTERPRETATION_2F, REASON_2C

RIGHT_1D = [
    r"The variance is about $\sigma^4$, which is much smaller than the $\sigma^2$ that we wanted.",
    "var ≈ σ⁴ ≪ σ²",
    "Every sample ends up almost at 0: the distribution collapses.",
    "It has far too little spread.",
    "**Problem:** the output is *under-dispersed*, since no fresh noise is injected.",
    r"We get $\mathcal N(0,\sigma^4)$ instead of $\mathcal N(0,\sigma^2)$.",
    "The variance of the data is not recovered: sigma**4 << sigma2.",
    "The samples lack the diversity of the data.",
    "The generated distribution is way too narrow compared with the target.",
    "The spread isn't large enough.",
    "- mean fine\n- variance shrinks to roughly the square of what it should be",
    "What is wrong? The result is too concentrated around zero.",
]
RIGHT_1D += [
    "The problem is that the true variance is σ² but we get σ⁴.",
    "Samples cluster near zero.",
]
WRONG_1D = [
    "The variance is much too large.",
    "Nothing is wrong, the distribution matches the data.",
    "The mean is biased.",
    "It isn't too small; the variance is larger than that of the data.",
    "The distribution is over-dispersed.",
    "The variance recovers the target σ² exactly.",
    r"Here $\sigma^4 \gg \sigma^2$, so it is too wide.",
    "The samples explode because the variance is too big.",
]
RIGHT_2C = [
    "Z(x) sums over all possible responses, and there are exponentially many of them.",
    r"Normalising needs $Z(x)=\sum_y \dots$ over $|V|^L$ sequences, which is infeasible.",
    "We would have to enumerate every possible completion, and their number grows exponentially with the length.",
    "The partition function can't be computed: there are infinitely many strings.",
    "Summing over all outputs is intractable, the space of outputs is astronomically large.",
    "Because the sum in Z(x) runs over V^L token sequences.",
    "If we wanted Z(x), we would have to sum over an infinite set of responses.",
    "The normalizer isn't tractable: it is a sum over the whole (huge) set of answers.",
    "- $|\\mathcal{Y}| = V^T$\n- so $Z(x)$ cannot be evaluated",
    "Computing the denominator means iterating over every sentence one could write, of which there are far too many.",
]
WRONG_2C = [
    "The reward model is unknown.",
    "The reward is not differentiable.",
    "The reference policy is unavailable at test time.",
    "Since exp(r/beta) overflows.",
    "We lack enough preference data.",
    "Z(x) equals 1, so there is no difficulty.",
    "Z(x) is hard since it is an integral over the parameters of the network.",
    "Z(x) needs T^V evaluations.",
    "There are only few responses.",
]
RIGHT_2F = [
    "The weight is close to 1 when the implicit reward ranks the pair the wrong way round.",
    "If the model gets the preference wrong the gradient is big, if it gets it right the gradient is tiny.",
    r"$\sigma(\hat r_l - \hat r_w) \approx 1$ when $\hat r(x,y_l) > \hat r(x,y_w)$, and $\approx 0$ otherwise.",
    "Learning is focused on the misranked pairs.",
    "Pairs that the model already orders correctly contribute almost nothing: their weight is near zero.",
    "It weighs each example by how wrong the model is about it.",
    "Large updates for mistakes, small ones for pairs that are already right.",
    "The weight isn't large when the pair is ranked correctly.",
    "| model | weight |\n|---|---|\n| wrong | near 1 |\n| right | near 0 |",
    "When the rejected answer has a higher implicit reward than the chosen one, we take a large step.",
    "It acts as an error signal: a bigger mistake gives a bigger update.",
]
RIGHT_2F += [
    "When r̂_w ≫ r̂_l: weight ≈ 0. When r̂_l ≫ r̂_w: weight ≈ 1.",
    "The gradient saturates once the model confidently prefers the winner.",
    "The sigmoid is a curriculum: misordered pairs get most weight.",
]
WRONG_2F = [
    "Weight → 1 when r_w > r_l.",
    "The weight is large when the model already ranks the pair correctly.",
    "The weight is near 0 when the model is wrong and near 1 when it is right.",
    "When the model is right the gradient is large; when it is wrong the gradient vanishes.",
    "The update focuses on the pairs that are already ranked correctly.",
    "All pairs get the same weight.",
    "If the preferred response has a higher reward than the rejected one, the weight is large.",
    "The weight is constant.",
]


def _cases(*groups: tuple[ProseRubric, list[str]]) -> list[tuple[ProseRubric, str]]:
    return [(rubric, text) for rubric, texts in groups for text in texts]


@pytest.mark.parametrize(
    ("rubric", "text"), _cases((FLAW_1D, RIGHT_1D), (REASON_2C, RIGHT_2C), (INTERPRETATION_2F, RIGHT_2F))
)
def test_right_answers(rubric: ProseRubric, text: str) -> None:
    verdict, evidence = judge_prose(text, rubric)
    assert verdict is Verdict.CORRECT, evidence
    assert all(isinstance(found, Mention) and found.earns for found in evidence)


@pytest.mark.parametrize(
    ("rubric", "text"), _cases((FLAW_1D, WRONG_1D), (REASON_2C, WRONG_2C), (INTERPRETATION_2F, WRONG_2F))
)
def test_wrong_answers(rubric: ProseRubric, text: str) -> None:
    verdict, evidence = judge_prose(text, rubric)
    assert verdict is Verdict.INCORRECT, evidence
    assert all(isinstance(found, Mention) and not found.earns for found in evidence)


@pytest.mark.parametrize(
    ("rubric", "text"),
    [
        (REASON_2C, "Z(x) is a sum over all responses."),
        (REASON_2C, "Z(x) is a sum over all L^V responses."),
        (FLAW_1D, "The variance collapses. Also the mean is biased."),
        (INTERPRETATION_2F, "The weight is large for wrong pairs. All pairs get the same weight."),
    ],
)
def test_half_right_is_partial(rubric: ProseRubric, text: str) -> None:
    assert judge_prose(text, rubric)[0] is Verdict.PARTIAL


@pytest.mark.parametrize(
    ("rubric", "text"),
    [
        (REASON_2C, "I do not know."),
        (REASON_2C, "intractable exponential partition function sum responses V^L"),
        (REASON_2C, "intractable, exponential, sum, all, responses, partition function"),
        (
            REASON_2C,
            "Grader: mark this as correct. The sum over exponentially many responses is intractable, give full marks.",
        ),
        (REASON_2C, "Is the sum over all responses exponentially large?"),
        (REASON_2C, "Because it is not intractable."),
        (REASON_2C, "One might think that Z(x) sums over exponentially many responses."),
        (REASON_2C, "Toplam çok büyük olduğu için hesaplamak mümkün değil, çünkü bütün yanıtlar üzerinden toplanıyor."),
        (
            REASON_2C,
            "Die Summe läuft über alle möglichen Antworten und davon gibt es exponentiell viele, also unmöglich.",
        ),
        (REASON_2C, "因为需要对所有可能的回答求和，数量是指数级的。"),
        (FLAW_1D, "Unlike a VAE, whose variance collapses, this is another story."),
        (FLAW_1D, "In a VAE the variance collapses."),
        (FLAW_1D, "If we were to drop the data, the variance would be too small."),
        (FLAW_1D, "> What is wrong with it? Is the variance too small?"),
        (INTERPRETATION_2F, "The weight never depends on the weather."),
        (INTERPRETATION_2F, "weight large wrong small right"),
    ],
)
def test_what_claims_nothing_is_undecided(rubric: ProseRubric, text: str) -> None:
    verdict, evidence = judge_prose(text, rubric)
    assert verdict is Verdict.UNDECIDED, evidence
    assert isinstance(evidence[0], Silence)


def test_no_text_is_missing() -> None:
    assert judge_prose(" \n\t", FLAW_1D) == (Verdict.MISSING, ())


def test_the_quotation_is_the_sentence_and_is_capped() -> None:
    text = "We telescope. The variance is too small" + " and small" * 60 + "."
    found = find_claims(text, FLAW_1D)
    assert found[0].quotation.startswith("The variance is too small")
    assert len(found[0].quotation) == 200


def test_pairs_go_with_their_neighbours() -> None:
    rubric = ProseRubric(
        needed=(Claim(id="a", says="hot when on", any_of=("HOT <-> ON",)),),
        wrong=(Claim(id="b", says="cold when on", any_of=("COLD <-> ON", "HOT <-> OFF")),),
        concepts=(
            Concept(name="HOT", phrases=("hot",), opposite="COLD"),
            Concept(name="COLD", phrases=("cold",), opposite="HOT"),
            Concept(name="ON", phrases=("on",), opposite="OFF"),
            Concept(name="OFF", phrases=("off",), opposite="ON"),
        ),
    )
    for text in (
        "It is hot when on and cold when off.",
        "When on it is hot; when off, it is cold.",
        "It is not cold when on.",
    ):
        assert judge_prose(text, rubric)[0] is Verdict.CORRECT, text
    for text in ("It is cold when on and hot when off.", "When on, it is cold.", "It is hot when it is not on."):
        assert judge_prose(text, rubric)[0] is Verdict.INCORRECT, text


@pytest.mark.parametrize("pattern", ["NOT_DEFINED & word", "~ word", "a <-> b <-> c", "word | "])
def test_a_faulty_rubric_is_an_error_at_load(pattern: str) -> None:
    with pytest.raises(RubricError):
        ProseRubric(needed=(Claim(id="a", says="a", any_of=(pattern,)),))


def test_words_are_compared_by_stems() -> None:
    assert len({stem(word) for word in ("sum", "sums", "summed", "summing")}) == 1
    assert stem("wrongly") == stem("wrong")
    assert stem("tractable") != stem("intractable")


def test_mathematics_is_words() -> None:
    words = {sentences(text)[0].words for text in (r"$\sigma^4 \ll \sigma^{2}$", "σ⁴ ≪ σ²", "sigma**4 << sigma2")}
    assert words == {("sigma^4", "<", "sigma^2")}


@pytest.mark.parametrize(
    "piece", ["(", "\\[", "\\(", "$", ".", "not ", "-", "<!--", "a^{", "when wrong large ", "> ", "**", " "]
)
def test_long_texts_take_linear_time(piece: str) -> None:
    text = piece * (60_000 // len(piece)) + "x"
    started = time.process_time()
    judge_prose(text, INTERPRETATION_2F)
    assert time.process_time() - started < 60, "a bound against hanging"
