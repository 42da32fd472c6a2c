"""How a network is trained to estimate E[X_0 | X_t]: its inputs, how a batch is made, its loss (1f of the sheet).

Formulas, plain text and Python (read, never run) are judged by mathematics: the variance of the noise that is added
is compared with t, the minimiser of the loss with g(x_t, t) = sigma^2/(sigma^2 + t) x_t, by balls at exact points.
What cannot be read is undecided, never wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from grader.checks import training_law as law
from grader.checks.training_inputs import check_inputs
from grader.checks.training_loss import Loss, find_losses, losses_in_words
from grader.checks.training_read import Judged, plain_lines, read_text, silent
from grader.checks.training_text import NOTATION, Said
from grader.errors import ReadError
from grader.formula.parser import parse_expression
from grader.formula.tree import Call, Dist, Interval, Mul, Neg, Node, Num, Pow, Rel, Sym, Tuple, contains, num, walk
from grader.model import Agreement, Counterexample, Verdict, Violation

POINTS = tuple(
    {law.T: t, law.SIGMA: sigma, Sym("dt"): t / 4} for sigma in (Fraction(1), Fraction(2)) for t in law.TIMES
)
DIGITS = 15
__all__ = ["Judged", "check_batch", "check_inputs", "check_loss", "check_training"]
NEEDS_SIGMA = "The target g(x_t, t) has the right minimiser but needs sigma^2, which the samples alone do not give."
SAME_MEDIAN = (
    "The absolute error has the same minimiser for the population, because the posterior is symmetric, "
    "but not for the empirical law of s_1..s_n."
)
_IDEAL = law.Noising(num(1), law.T, {"nameless": law.T})
_UNIT = law.Noising(num(1), law.T, {name: law.T.sqrt() for name in ("epsilon", "eps", "noise", "z", "xi", "w", "eta")})
G = Mul((Pow(law.SIGMA, num(2)), Pow(Pow(law.SIGMA, num(2)) + law.T, num(-1))))

_NOISE_WORDS = re.compile(
    r"\b(?:nois\w*|gaussian|normal)\b[^.;]{0,60}?\b(?P<kind>variance|var|std|standard deviation|stddev|scale)\b"
    r"\s*(?:of|is|equal to|equals|to|:|=)?\s*(?P<value>sqrt ?(?:\([^()]{1,12}\)|\w)|[a-z0-9^/*+_ -]{1,24}?)\s*"
    r"(?=[,.;]|\)(?!\))|$| (?:and|to|for|where|so|is|added|then|on|i|gives|at|with|which)\b)"
)
_NOISE_BEFORE = re.compile(
    r"\b(?P<kind>variance|std|standard deviation)[ -](?P<value>t\^2|t|sqrt ?\(? ?t ?\)?) (?:gaussian |normal )*nois"
)
_TIME_DRAWN = re.compile(
    r"\b(?:sampl|draw|drew|pick|choos|chosen|random|uniform|select|each|every|all|loop|grid|range|rand|iterate|various|"
    r"different|many|arbitrary|any)\w*\b[^.;\n]{0,80}?\b(?:t|t_\w+|times?|timesteps?|steps?|noise levels?)\b"
    r"|\b(?:t|t_\w+|times?|timesteps?|noise levels?)\b[^.;\n]{0,60}?"
    r"(?:\b(?:random|uniform|sampl|drawn|chosen|picked|grid|"
    r"unif|rand|range)|∼|~|\bin ?[\[({]|∈)"
)
_TIME_FIXED = re.compile(
    r"\b(?:fix(?:ed)?|constant|single|same) (?:time |timestep |value of )?t\b|"
    r"\bt (?:is )?(?:kept |held )?(?:fixed|constant)\b"
)


def check_training(text: str) -> dict[str, Judged]:
    """Return verdict, evidence and remarks for each of `inputs`, `batch` and `loss`, from one text.

    >>> judged = check_training("s_i from the data, t ~ U(0,1), x_t = s_i + sqrt(t) eps; loss (f(x_t, t) - s_i)^2")
    >>> [verdict.value for verdict, _, _ in judged.values()]
    ['correct', 'correct', 'correct']
    """
    return {"inputs": check_inputs(text, whole=True), "batch": check_batch(text), "loss": check_loss(text)}


def _agreement(item: str, what: str) -> Agreement:
    return Agreement(check=f"training.{item}", trials=len(POINTS), digits=DIGITS, domain=what, method="ball arithmetic")


# ---------------------------------------------------------------- batch


def check_batch(text: str) -> Judged:
    """Return the verdict on how a batch is made: samples of the data, random times, noise of variance t."""
    if not text.strip():
        return Verdict.MISSING, (), ()
    said, facts = read_text(text)
    made = find_noising(said, facts, text)
    words = plain_lines(text)
    if made is None:
        return silent("batch", "no statement of how x_t is made from a sample could be read")
    wrong = _wrong_noise(made)
    if wrong is not None:
        return Verdict.INCORRECT, (wrong,), ()
    agreement = _agreement("batch", "the noise has variance t and the sample factor 1, at t = 1/4, 1/2, 1, 1/9")
    fixed = _TIME_FIXED.search(words)
    negative = next(
        (found for name, found in facts.laws.items() if law.TIME_NAME.match(name) and found.name == "normal"), None
    )
    if negative is not None:
        found = Counterexample(
            check="training.batch", parameters=(("t", "-1"),), submitted="t = -1 can be drawn from a normal law",
            expected="t in (0, 1]",
        )  # fmt: skip
        return Verdict.INCORRECT, (found,), ()
    if fixed:
        message = "t is held fixed: the network sees one noise level only and learns g only there"
        return Verdict.PARTIAL, (agreement, Violation(check="training.batch", message=message, place=fixed[0])), ()
    drawn = any(law.TIME_NAME.match(name) for name in (*facts.laws, *facts.equal)) or bool(_TIME_DRAWN.search(words))
    drawn = drawn or any(isinstance(part, Interval) for item in said for part in walk(item.node)) or made.stepwise
    if not drawn:
        message = "how the times t are chosen is not said"
        return Verdict.PARTIAL, (agreement, Violation(check="training.batch", message=message)), ()
    return Verdict.CORRECT, (agreement,), ()


def find_noising(said: Sequence[Said], facts: law.Facts, text: str) -> law.Noising | None:
    """Return how x_t is made, by the last statement that says so; None where none does."""
    found: law.Noising | None = None
    for item in said:
        is_sample = (
            isinstance(item.node, Rel) and isinstance(item.node.lhs, Sym) and law.role(item.node.lhs, facts) == "noisy"
        )
        for node in _sources(item.node, facts):
            try:
                form = law.linear(law.resolved(node, facts), facts)
                found = law.noising({law.S: num(0), **form} if is_sample and "earlier" not in form else form, facts)
            except law.NotLinearError:
                continue
    if found is not None:
        return found
    for item in said:
        if isinstance(item.node, Dist) and item.node.name == "normal" and "nois" in text.lower():
            try:
                variance = law.stated_variance(item.node.args[-1], facts)
                return law.Noising(num(1), variance, {}, contains(variance, Sym("dt")))
            except law.NotLinearError:
                continue
    return _noising_in_words(plain_lines(text), facts)


def _sources(node: Node, facts: law.Facts) -> list[Node]:
    """Return the trees in a statement that may say what x_t is."""
    if isinstance(node, Rel):
        meaning = law.role(node.lhs, facts) if isinstance(node.lhs, Sym) and node.lhs != Sym("x") else ""
        if meaning in ("time", "data", "noise", "earlier"):
            return []
        head = node.lhs.head.name if isinstance(node.lhs, Call) else ""
        if isinstance(node.lhs, (Sym, Tuple)) or head in ("p", "q"):
            inside = [part.args[0] for part in walk(node.rhs) if isinstance(part, Call) and part.args]
            return [node.rhs, *inside]
        return []
    return [part.args[0] for part in walk(node) if isinstance(part, Call) and part.args]


def _noising_in_words(words: str, facts: law.Facts) -> law.Noising | None:
    for pattern in (_NOISE_WORDS, _NOISE_BEFORE):
        for match in reversed(list(pattern.finditer(words))):
            try:
                value = law.stated_variance(parse_expression(match["value"].strip(), NOTATION), facts)
                law.value_at(value, POINTS[0])
            except (ReadError, law.NotLinearError):
                continue
            is_deviation = match["kind"].startswith(("std", "standard", "scale"))
            return law.Noising(num(1), Pow(value, num(2)) if is_deviation else value, {})
    return None


def _wrong_noise(made: law.Noising) -> Counterexample | None:
    expected: Node = Sym("dt") if made.stepwise else law.T
    per = " of one step" if made.stepwise else ""
    for what, submitted, wanted in (
        (f"variance of the noise{per}", made.variance, expected),
        ("factor of the sample", made.scale, num(1)),
    ):
        try:
            found = law.first_difference(submitted, wanted, POINTS)
        except law.NotLinearError:
            return None
        if found is not None:
            point, here, there = found
            time = "dt" if made.stepwise else "t"
            return Counterexample(
                check="training.batch",
                parameters=((time, str(point[Sym(time)])), ("sigma^2", str(point[law.SIGMA] ** 2))),
                submitted=f"{what} = {shown(here)}", expected=f"{what} = {shown(there)}",
            )  # fmt: skip
    return None


def shown(value: object) -> str:
    """Return a ball as an exact fraction where it is one of small denominator, else as decimal digits."""
    middle = Fraction(float(value.mid())).limit_denominator(10_000)  # type: ignore[attr-defined]
    if value.contains(num_ball(middle)):  # type: ignore[attr-defined]
        return str(middle)
    return str(value.str(12, radius=False))  # type: ignore[attr-defined]


def num_ball(value: Fraction) -> object:
    """Return an exact fraction as a ball."""
    return law.value_at(Num(value), {})


# ---------------------------------------------------------------- loss


def check_loss(text: str) -> Judged:
    """Return the verdict on the loss: whether its minimiser over the population is g(x_t, t)."""
    if not text.strip():
        return Verdict.MISSING, (), ()
    said, facts = read_text(text)
    made = find_noising(said, facts, text)
    if made is None or _wrong_noise(made) is not None or not made.covariance:
        made = _UNIT
    losses = find_losses(said, facts) or losses_in_words(text, said, facts)
    judged = [found for found in (_judge_loss(loss, made, facts, said) for loss in losses) if found is not None]
    if not judged:
        return silent("loss", "no loss with a prediction and a target could be read")
    verdict, evidence, remarks = judged[-1]
    if any(other is not verdict for other, _, _ in judged):
        remarks = (*remarks, "The text names several losses that differ; the last one was taken.")
    return verdict, evidence, remarks


def _judge_loss(loss: Loss, made: law.Noising, facts: law.Facts, said: Sequence[Said]) -> Judged | None:
    if loss.kind == "other":
        return None
    if loss.kind == "linear" or loss.sign < 0:
        found = Counterexample(
            check="training.loss", parameters=(("f", "f + c for a constant c"),),
            expected="a least value, taken at g(x_t, t)",
            submitted=f"no least value: the {'error is not squared' if loss.kind == 'linear' else 'sign is negative'}",
            difference="the loss falls without bound as |c| grows", submitted_form=loss.quotation,
        )  # fmt: skip
        return Verdict.INCORRECT, (found,), ()
    remarks = [SAME_MEDIAN] if loss.kind == "absolute" else []
    try:
        bare = {name.split("_")[0]: value for name, value in made.covariance.items() if not name.startswith("nameless")}
        wide = law.Noising(made.scale, made.variance, {**_UNIT.covariance, **bare, **made.covariance})
        rest = {name if name in wide.covariance else name.split("_")[0]: value for name, value in loss.rest.items()}
        best = law.minimiser(rest, loss.coefficient, wide)
        difference = law.first_difference(best, G, POINTS)
    except law.NotLinearError:
        return None
    if difference is None:
        domain = "the minimiser of the loss is g(x_t, t), at sigma^2 = 1 and 4, t = 1/4, 1/2, 1, 1/9"
        target_known = law.X in rest and law.S not in rest and not set(rest) & set(wide.covariance)
        remarks += [NEEDS_SIGMA] if target_known else []
        return Verdict.CORRECT, (_agreement("loss", domain),), tuple(remarks)
    point, here, there = difference
    counterexample = Counterexample(
        check="training.loss",
        parameters=(("sigma^2", str(point[law.SIGMA] ** 2)), ("t", str(point[law.T])), ("x_t", "1")),
        submitted=f"the minimiser of the loss is {shown(here)}", expected=f"g(x_t, t) = {shown(there)}",
        submitted_form=loss.quotation, expected_form="sigma^2/(sigma^2 + t) x_t",
    )  # fmt: skip
    if not _is_score_like(best):
        return Verdict.INCORRECT, (counterexample,), tuple(remarks)
    if _has_conversion(said, best, facts):
        remark = "The network estimates the noise; the stated conversion gives g(x_t, t) from it."
        agreement = _agreement("loss", "the stated conversion of the minimiser is g(x_t, t)")
        return Verdict.CORRECT, (agreement,), (*remarks, remark)
    message = "the network estimates the noise (or the score), and how g(x_t, t) follows from it is not said"
    return Verdict.PARTIAL, (counterexample, Violation(check="training.loss", message=message)), tuple(remarks)


def _is_score_like(found: Node) -> bool:
    """Return whether a minimiser is a multiple c(t) of 1/(sigma^2 + t), as that of the noise or the score is."""
    ratio = Mul((found, Pow(law.SIGMA, num(2)) + law.T))
    low, high = POINTS[: len(law.TIMES)], POINTS[len(law.TIMES) :]
    same = all(law.value_at(ratio, a).overlaps(law.value_at(ratio, b)) for a, b in zip(low, high, strict=True))
    known = (law.T, law.T.sqrt(), num(1))
    signs = [sign for base in known for sign in (base, Neg(base))]
    return same and any(law.first_difference(ratio, sign, low) is None for sign in signs)


def _has_conversion(said: Sequence[Said], found: Node, facts: law.Facts) -> bool:
    """Return whether a statement turns the minimiser into g: a form in x_t and the network worth g x_t."""
    for item in said:
        node = item.node.rhs if isinstance(item.node, Rel) else None
        if node is None:
            continue
        try:
            form = law.linear(node, facts)
            others = [key for key in form if key not in (law.X, law.NET)]
            if law.X not in form or len(form) != 2 or (others and others[0] not in _UNIT.covariance):
                continue
            value = form[law.X] + Mul((form[others[0] if others else law.NET], found))
            if law.first_difference(value, G, POINTS) is None:
                return True
        except law.NotLinearError:
            continue
    return False
