"""The losses that a text or a program states: what is compared with what, squared or not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from grader.checks import training_law as law
from grader.checks.sentences import plain
from grader.checks.training_text import Said
from grader.formula.calculus import ONE
from grader.formula.tree import (
    Add,
    Big,
    Call,
    Div,
    Expect,
    Extremum,
    Fn,
    Mul,
    Neg,
    Node,
    Num,
    Pow,
    Rel,
    Sym,
    num,
    transform,
    walk,
)  # fmt: skip

TWO = Num(Fraction(2))
_SQUARED_CALLS = frozenset("MSE mse MSELoss mse_loss L2 SE".split())
_ABSOLUTE_CALLS = frozenset("L1 MAE mae huber Huber".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One loss: E of the square (or the absolute value) of `coefficient` f + `rest`.

    `kind` is `squared`, `absolute`, `linear` (the error itself, not squared) or `other`; `sign` that of its weight.
    """

    kind: str
    coefficient: Node
    rest: law.Linear
    sign: int
    quotation: str


def find_losses(said: Sequence[Said], facts: law.Facts) -> list[Loss]:
    """Return the losses that formulas and code state, in order."""
    found: list[Loss] = []
    for item in said:
        node = item.node.rhs if isinstance(item.node, Rel) else item.node
        is_loss = isinstance(item.node, Rel) and _is_loss_name(item.node.lhs)
        loss = _loss_in(node, facts, item.quotation, 1, averaged=is_loss)
        if loss is not None:
            found.append(loss)
    return found


def _is_loss_name(node: Node) -> bool:
    symbols = [part for part in walk(node) if isinstance(part, Sym)]
    return any(re.match(r"(cal )?l(oss)?(_|$)|(cal )?[Lj]$", law.flat(symbol), re.I) for symbol in symbols[:1])


def _loss_in(node: Node, facts: law.Facts, quotation: str, sign: int, *, averaged: bool) -> Loss | None:
    """Return the loss in a tree; `averaged` tells whether an unsquared error here is a loss of its own."""
    again = (facts, quotation)
    match node:
        case Expect(kind="E", body=body) | Big(kind="sum", body=body):
            return _loss_in(body, *again, sign, averaged=True)
        case Extremum(body=body):
            return _loss_in(body, *again, -sign if node.kind.endswith("max") else sign, averaged=averaged)
        case Neg(operand):
            return _loss_in(operand, *again, -sign, averaged=averaged)
        case Div(numerator, _):
            return _loss_in(numerator, *again, sign, averaged=averaged)
        case Pow(inner, exponent) if exponent == TWO:
            return _error(_without_bars(inner), "squared", *again, sign)
        case Fn("abs" | "norm", (inner, *_)):
            return _error(inner, "absolute", *again, sign)
        case Call(head, args) if head.name in _SQUARED_CALLS | _ABSOLUTE_CALLS and len(args) == 2:
            kind = "squared" if head.name in _SQUARED_CALLS else "absolute"
            return _error(Add((args[0], Neg(args[1]))), kind, *again, sign)
        case Mul(factors):
            if len(factors) > 1 and factors[-1] == factors[-2] and isinstance(factors[-1], Add):
                return _error(factors[-1], "squared", *again, sign)
            for index, factor in enumerate(factors):
                below = _loss_in(factor, *again, sign * _sign(factors[:index]), averaged=averaged)
                if below is not None:
                    return below
            return None
        case Add(terms):
            for term in terms:
                below = _loss_in(term, *again, sign, averaged=False)
                if below is not None:
                    return below
            return _error(node, "linear", *again, sign) if averaged else None
    return None


def _sign(factors: Sequence[Node]) -> int:
    negative = sum(isinstance(factor, Neg) or (isinstance(factor, Num) and factor.value < 0) for factor in factors)
    return -1 if negative % 2 else 1


def _without_bars(node: Node) -> Node:
    return node.args[0] if isinstance(node, Fn) and node.name in ("abs", "norm") else node


def _error(node: Node, kind: str, facts: law.Facts, quotation: str, sign: int) -> Loss | None:
    """Return the loss of an error `prediction - target`; None where it has no prediction or is not understood."""
    try:
        form = law.linear(ideal_written_out(law.resolved(node, facts), facts), facts)
    except law.NotLinearError:
        return None
    if law.NET not in form or len(form) < 2:
        return None
    rest = {key: value for key, value in form.items() if key != law.NET}
    return Loss(kind=kind, coefficient=form[law.NET], rest=rest, sign=sign, quotation=quotation)


def ideal_written_out(node: Node, facts: law.Facts) -> Node:
    """Return a tree with the ideal denoiser g(x_t, t) written out where another call is the network's."""
    calls = [part for part in walk(node) if isinstance(part, Call)]
    names = {law.flat(call.head) for call in calls}
    predicted = any(isinstance(part, Sym) and re.match(r"hat |pred|output", law.flat(part)) for part in walk(node))
    if "g" not in names or (len(names) < 2 and not predicted):
        return node
    ideal = Mul((Div(Pow(law.SIGMA, TWO), Add((Pow(law.SIGMA, TWO), law.T))), Sym("x", Sym("t"))))

    def change(part: Node) -> Node:
        return ideal if isinstance(part, Call) and law.flat(part.head) == "g" else transform(part, change)

    return change(node)


# ---------------------------------------------------------------- losses in words

_KIND = re.compile(
    r"\b(?P<squared>mse|mean squared?(?: error)?|squared? (?:error|loss|difference|distance|l2|l_2)|l2|l_2|l\^2|"
    r"least squares|quadratic loss|squared? (?:euclidean )?(?:norm|error)|mean square)\b"
    r"|\b(?P<absolute>mean absolute|absolute (?:error|difference|deviation|loss)|l1|l_1|mae|huber|smooth l1)\b"
    r"|\b(?P<other>cross entropy|kl|likelihood|elbo|nll|adversarial|hinge)\b"
)
_PREDICTION = re.compile(
    r"\b(?:f|nn|net|network|model|f_theta|nn_theta|net_theta|g_theta|hat g|unet|mlp|denoiser|g_phi|d_theta)\b"
    r"(?:_\w+)? ?\([^()]*\)|\b(?:hat|predicted|estimated|reconstructed) (?:x_0|clean|sample|s|x0)\b"
)
_TARGETS = (
    ("g", re.compile(
        r"\bg ?\( ?x_?t|sigma\^2 ?[/)( ]+ ?sigma\^2 ?\+ ?t|\b(?:ideal|optimal) (?:denois\w*|predict\w*)|"
        r"conditional mean|\bg\b")),
    (law.S, re.compile(
        r"\b(?:clean|original|true|uncorrupted|undisturbed|noiseless|noise free|real|data|actual)\b(?! target)"
        r"[ \w]{0,12}?"
        r"\b(?:samples?|data|points?|values?|signal|one|s_\w|x_?0)\b"
        r"|\b(?:s_\w|s|x_?0|s\^\w)\b(?! ?,? ?(?:t\b))|\bdata ?points?\b|\bground truth\b|\bclean\b")),
    ("score", re.compile(r"\bscores?\b")),
    ("noise", re.compile(r"\b(?:noise|eps|epsilon)\b(?! level)")),
    ("earlier", re.compile(r"\bx_t ?-? ?(?:delta|dt\b|1\b)|previous|x_ ?t-")),
    (law.X, re.compile(r"\b(?:x_?t|noisy (?:sample|input)|the input|noised sample|input itself)\b")),
)  # fmt: skip


def losses_in_words(text: str, said: Sequence[Said], facts: law.Facts) -> list[Loss]:
    """Return the losses that words state: "MSE between the output and the clean sample"."""
    words = " ".join(plain(text).split())
    found: list[Loss] = []
    named = re.search(r"\btargets?\b(?: is| are|:| =| being)? [^.;]{0,80}", words)
    for match in _KIND.finditer(words):
        kind = next(name for name, value in match.groupdict().items() if value)
        sentence = re.split(r"[.;](?= |$)", words[match.start() :])[0][:240]
        before = re.split(r"[.;] ", words[max(0, match.start() - 160) : match.start()])[-1]
        target = _target(sentence) or (named and _target(named[0])) or _target(before)
        if kind == "other":
            found.append(Loss(kind="other", coefficient=ONE, rest={}, sign=1, quotation=sentence))
        elif target is not None:
            sign = -1 if re.search(r"\b(?:maximi[sz]e|negative)\b", before[-40:]) else 1
            found.append(Loss(kind=kind, coefficient=ONE, rest=target, sign=sign, quotation=sentence[:200]))
    if any(loss.kind != "other" for loss in found):
        found = [loss for loss in found if loss.kind != "other"]
    return found


def _target(sentence: str) -> law.Linear | None:
    """Return minus the target that a clause names, after what it says of the prediction; None where it names none."""
    clause = _PREDICTION.sub(" prediction ", sentence)
    clause = re.sub(r"\b(?:instead of|rather than|not|unlike) (?:the )?(?:\w+ ?){1,3}", " ", clause)
    clause = re.sub(r"\bnoise (?:level|variance)|noise prediction", " ", clause)
    best: tuple[int, str] | None = None
    for name, pattern in _TARGETS:
        for match in pattern.finditer(clause):
            if best is None or match.start() < best[0]:
                best = (match.start(), name)
    if best is None:
        return None
    noise: law.Linear = {"epsilon": num(-1)}
    root = Fn("sqrt", (law.T,))
    ideal = Div(Pow(law.SIGMA, TWO), Add((Pow(law.SIGMA, TWO), law.T)))
    targets: dict[str, law.Linear] = {
        "g": {law.X: Neg(ideal)},
        law.S: {law.S: num(-1)},
        "score": {"epsilon": Div(ONE, root)},
        "noise": noise,
        "earlier": {law.X: Neg(Add((ONE, Neg(Div(Sym("dt"), Add((Pow(law.SIGMA, TWO), law.T)))))))},
        law.X: {law.X: num(-1)},
    }
    return targets[best[1]]
