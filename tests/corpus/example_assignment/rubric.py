"""Two questions on tosses of a coin: the example of docs/writing-an-assignment.md, complete and graded in a test."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from grader.checks.prose import Claim, Concept, ProseRubric
from grader.domains.draws import Draw
from grader.domains.world import FiniteWorld
from grader.formula.notation import Notation
from grader.formula.tree import Sym
from grader.rubric import (
    Argument,
    Expected,
    FormulaItem,
    Mistake,
    Parameter,
    Part,
    ProseItem,
    Regime,
    Returned,
    Rubric,
    Signature,
    Space,
)

# ---------------------------------------------------------------- the world: what the symbols mean

N, P = Sym("n"), Sym("p")
_COUNTS = (2, 3, 4, 5, 7, 10, 20)
_CHANCES = tuple(Fraction(text) for text in "1/2 1/3 1/4 2/3 3/4 1/5 9/10 1/10".split())


def tosses(draw: Draw) -> FiniteWorld:
    """Return values of n and p; the first member of each pool is the simplest."""
    return FiniteWorld(numbers={N: Fraction(draw(_COUNTS)), P: draw(_CHANCES)})


TOSSES = Space(
    notation=Notation(scalars=frozenset([N, P]), words={"prob": P}, renames={Sym("N"): N}),
    build=tosses,
    domain="n >= 2 an integer, 0 < p < 1",
    positive=frozenset([N, P]),
    integers=frozenset([N]),
)


# ---------------------------------------------------------------- 1a: a formula, or a function


def variance(n: Any, p: Any) -> Any:
    """Return the variance of the number of heads among n tosses; for numbers and for enclosures of them."""
    return n * p * (1 - p)


def arguments(draw: Draw) -> Mapping[str, Argument]:
    """Return the arguments of one call; an int stays an int."""
    return {"n": draw(_COUNTS), "p": draw((0.5, 0.25, 0.75, 0.1, 0.9, 0.01))}


PART_1A = Part(
    id="1a",
    title="Variance of the number of heads",
    question="A coin shows heads with probability p. What is the variance of the number S of heads among n tosses?",
    space=TOSSES,
    items=(
        FormulaItem(
            id="variance",
            asks="the variance of S",
            points=Fraction(1),
            names=(r"\text{Var}(S)", "Var", "V"),
            expected=(Expected(value="n p (1 - p)"),),
            mistakes=(
                Mistake(id="mean", message="This is the mean of S, not its variance.", forms=("n p",)),
                Mistake(
                    id="standard-deviation",
                    message="This is the standard deviation; the variance is its square.",
                    forms=(r"\sqrt{n p (1 - p)}",),
                ),
                Mistake(id="one-toss", message="This is the variance of one toss.", forms=("p (1 - p)",)),
            ),
        ),
    ),
    signature=Signature(
        parameters=(
            Parameter(name="n", meaning="number of tosses"),
            Parameter(name="p", meaning="probability of heads", aliases=("prob", "probability")),
        ),
        returned=(Returned(item="variance", kind="number", words="the variance of S", expected=variance),),
        arguments=arguments,
        domain="n >= 2 an integer, 0 < p < 1",
    ),
)


# ---------------------------------------------------------------- 1b: a regime, and a sentence

SMALL_CHANCE = Regime(powers={P: 1}, order=None, words="p -> 0")

TOO_LARGE = ProseRubric(
    needed=(
        Claim(
            id="above-one",
            says="n p can exceed 1, which no probability does",
            any_of=("EXCEEDS & one | 1 | probability",),
        ),
        Claim(
            id="double-counting",
            says="n p counts tosses twice when there are several heads",
            any_of=("count* ~ twice/double | double count* | overlap* & heads/tosses/events",),
        ),
    ),
    enough=1,
    wrong=(
        Claim(
            id="below",
            says="n p is smaller than the probability",
            any_of=("too small", "underestimate*"),
        ),
    ),
    concepts=(Concept(name="EXCEEDS", phrases=("exceed*", "larger than", "greater than", "more than", "above")),),
)

PART_1B = Part(
    id="1b",
    title="At least one head, for a rare event",
    question="What is the probability of at least one head among n tosses, to leading order for p << 1/n? "
    "Why does that fail when p is large?",
    space=TOSSES,
    items=(
        FormulaItem(
            id="probability",
            asks="the probability of at least one head, to leading order",
            points=Fraction(1),
            names=(r"P(S \ge 1)", r"P(S > 0)", r"P(S \geq 1)"),
            expected=(Expected(value="1 - (1 - p)^n"),),
            regime=SMALL_CHANCE,
            bare_claims="≈",
            simplest="n p",
            mistakes=(
                Mistake(
                    id="no-head",
                    message="This goes to 1 as p goes to 0, as the probability of no head does.",
                    forms=("(1 - p)^n",),
                ),
                Mistake(id="all-heads", message="This is the probability that all are heads.", forms=("p^n",)),
            ),
        ),
        ProseItem(id="limits", asks="why it fails for large p", points=Fraction(1, 2), claims=TOO_LARGE),
    ),
)

RUBRIC = Rubric(id="coins", version="1", title="Tosses of a coin", parts=(PART_1A, PART_1B))
