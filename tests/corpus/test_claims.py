"""What a statement claims: signs that give a value and signs that compare, denials, conclusions in words."""

from __future__ import annotations

import pytest

from grader.assignments import load
from grader.single import check_text

LIMIT = r"\frac{\sigma^2(1+2\sigma^2)}{(1+\sigma^2)^2}"
REWARD = r"\beta\log\frac{\pi^*(y|x)}{\pi_{ref}(y|x)}"
RIGHT = ("correct",)
WRONG = ("incorrect",)
NOT_RIGHT = ("incorrect", "undecided", "partial")
OPEN = ("undecided",)

CLAIMS = [
    # A sign that only compares gives no value to what stands on its left.
    ("1e", r"\approx\sigma^4\ll\sigma^2", WRONG),
    ("1e", rf"$\frac{{\sigma^4}}{{(1+\sigma^2)^2}}\ll {LIMIT}$", NOT_RIGHT),
    ("1e", rf"$V\neq {LIMIT}$", OPEN),
    ("1e", rf"$V<{LIMIT}$", OPEN),
    ("1e", rf"$V\le {LIMIT}$", OPEN),
    ("1e", rf"{LIMIT}\ll 1", RIGHT),
    ("1a", r"$X_1\sim N(0,1)\neq N(0,\sigma^2+1)$", WRONG),
    ("1a", r"$X_1\sim N(0,\sigma^2+1)\neq N(0,1)$, but close to it as $\sigma^2\ll1$.", RIGHT),
    ("2a", r"$p\neq q$", OPEN),
    ("2d", rf"r(x,y)\neq{REWARD}+\beta\log Z(x)", OPEN),
    # Proportionality leaves a factor open.
    ("2d", rf"r(x,y)\propto{REWARD}+\beta\log Z(x)", ("partial",)),
    ("2a", r"p\propto q^{1/2}", NOT_RIGHT),
    # An approximation behind an exact value does not replace it, where only the exact one was asked for.
    ("1a", r"$X_1\sim N(0,1+\sigma^2)\approx N(0,1)$", RIGHT),
    ("1h", r"$\hat X_0\sim N(0,\frac{\sigma^2}{\sigma^2+1})$, so its variance is $\approx\sigma^2\gg\sigma^4$.", RIGHT),
    # What is denied or only supposed is not claimed.
    ("1e", rf"It is not ${LIMIT}$.", NOT_RIGHT),
    ("1e", rf"One might think it is ${LIMIT}$, but the limit is $\sigma^4$.", NOT_RIGHT),
    ("1e", rf"$\mathrm{{Var}}(\hat X_0) = {LIMIT}$. Without noise the variance is $\sigma^4$, far too small.", RIGHT),
    # A sentence that gives another answer behind a right one contradicts it: a person looks.
    ("1a", r"$\mathrm{Var}(X_1)=\sigma^2+1$, but one step adds none, so the variance is $\sigma^2+1-\Delta t$.", OPEN),
    ("2d", rf"$r(x,y)={REWARD}+\beta\log Z(x)$. As $Z$ is constant in $y$, the answer is ${REWARD}$.", OPEN),
    # A sentence that concludes with the right answer counts.
    (
        "1c",
        r"The variance is $$\frac{(\sigma^2+t-\Delta t)\Delta t}{\sigma^2+t}"
        r"=\Delta t\left(1-\frac{\Delta t}{\sigma^2+t}\right).$$ "
        r"The second term is small, so the variance is $\approx\Delta t$.",
        RIGHT,
    ),
    ("1a", "The answer is N(0, sigma^2 + 1).", RIGHT),
    # Words that hedge, terms of higher order, names without their arguments.
    ("1c", "approximately dt", RIGHT),
    ("1c", r"\Delta t(1+o(1))", RIGHT),
    ("1c", r"\Delta t\frac{t}{\sigma^2+t}", WRONG),
    ("2d", "beta*log(pi_star/pi_ref) + beta*log(Z)", RIGHT),
    # A display that begins with a plus is the second line of the one above.
    ("2d", f"$$r(x,y)={REWARD}$$\n$$+ \\beta\\log Z(x)$$", RIGHT),
]


@pytest.mark.parametrize(("part", "text", "wanted"), CLAIMS)
def test_the_verdict_follows_what_is_claimed(part: str, text: str, wanted: tuple[str, ...]) -> None:
    result = check_text(load("hw13"), part, text)
    assert result["verdict"] in wanted, result["items"]
