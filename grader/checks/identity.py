"""Are two formulas the same? Refute at exact worlds first, shrink what separates them, prove what survives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from grader.checks.pairs import AGREED_DIGITS, Known, PairResult, compare_at
from grader.domains.draws import Draw, candidates, simplest
from grader.domains.world import FiniteWorld
from grader.formula.normal import Assumptions, Equality
from grader.formula.printer import to_latex, to_text
from grader.formula.prover import prove_equal
from grader.formula.tree import Call, Dist, Node, walk
from grader.formula.values import BudgetExceededError, NoValueError
from grader.model import Agreement, Counterexample, Evidence, Proof, Silence
from grader.rubric import Space

WORLDS = 12
LEAST_WORLDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is spent on one comparison.

    Attributes:
        worlds: How many worlds are looked at before two formulas count as agreeing.
        shrink: Whether a counterexample is made as simple as Hypothesis can.
        prove: Whether a proof is tried.
        sympy_s: CPU seconds that SymPy may take for a proof; 0 leaves it out.
    """

    worlds: int = WORLDS
    shrink: bool = True
    prove: bool = True
    sympy_s: float = 0.0


def identical(
    submitted: Node, expected: Node, space: Space, *, check: str, seed: str, effort: Effort | None = None
) -> tuple[Evidence, ...]:
    """Return what is known about `submitted = expected` on the domain of `space`.

    A counterexample is proved at its values by enclosures that do not meet. Agreement counts only the worlds at
    which both sides have a value; too few of them are silence.
    """
    effort = effort or Effort()
    found = refuted_or_agreed(submitted, expected, space, check=check, seed=seed, effort=effort)
    if not isinstance(found, Agreement) or not effort.prove:
        return (found,)
    proof = proved(submitted, expected, space, check=check, effort=effort)
    return (proof, found) if proof is not None else (found,)


def refuted_or_agreed(
    submitted: Node, expected: Node, space: Space, *, check: str, seed: str, effort: Effort
) -> Counterexample | Agreement | Silence:
    """Return a counterexample, or agreement at all worlds looked at, or why neither can be had."""
    agreed = undefined = unsure = 0
    reason = ""
    try:
        for world, known in _worlds(space.build, seed, max(effort.worlds, WORLDS))[: effort.worlds]:
            result = compare_at(world, submitted, expected, known=known)
            if result.status == "differ":
                if effort.shrink:
                    world, result = _shrunk(world, result, submitted, expected, space)
                return counterexample(world, result, submitted, expected, check)
            agreed += result.status == "agree"
            undefined += result.status == "undefined"
            unsure += result.status == "unsure"
            reason = result.submitted if result.status == "undefined" else reason
    except NoValueError as error:
        return Silence(check=check, reason=str(error))
    except BudgetExceededError as error:
        return Silence(check=check, reason=f"the formula is too expensive to evaluate: {error}")
    if unsure:
        return Silence(check=check, reason=f"at {unsure} points the values could not be told apart or together")
    if agreed < min(LEAST_WORLDS, effort.worlds) or undefined > agreed:
        return Silence(
            check=check,
            reason=f"the formulas have values together at {agreed} of {agreed + undefined} points: {reason}",
        )
    return Agreement(
        check=check, trials=agreed, digits=AGREED_DIGITS, domain=space.domain, method="ball arithmetic at exact values"
    )


@lru_cache(maxsize=128)
def _worlds(build: Callable[[Draw], FiniteWorld], seed: str, count: int) -> tuple[tuple[FiniteWorld, Known], ...]:
    """Return the worlds of a search, each with the values that were worked out in it before."""
    return tuple((world, Known()) for world in candidates(build, seed=seed, count=count))


def _shrunk(
    world: FiniteWorld, result: PairResult, submitted: Node, expected: Node, space: Space
) -> tuple[FiniteWorld, PairResult]:
    """Return the simplest world at which the formulas differ, replayed; the one at hand if none is simpler."""

    def differs(candidate: FiniteWorld) -> bool:
        try:
            return compare_at(candidate, submitted, expected, most_bits=768).status == "differ"
        except (NoValueError, BudgetExceededError):
            return False

    smaller = simplest(space.build, differs)
    if smaller is None:
        return world, result
    replayed = compare_at(smaller, submitted, expected)
    return (smaller, replayed) if replayed.status == "differ" else (world, result)


def counterexample(
    world: FiniteWorld, result: PairResult, submitted: Node, expected: Node, check: str
) -> Counterexample:
    """Return the record of a difference at a world, with the values of what the formulas mention."""
    looked_up = replace(world, touched=set())
    compare_at(looked_up, submitted, expected)
    return Counterexample(
        check=check,
        parameters=looked_up.describe(),
        submitted=result.submitted,
        expected=result.expected,
        difference=result.difference,
        submitted_form=to_latex(submitted),
        expected_form=to_latex(expected),
    )


def _pieces(submitted: Node, expected: Node) -> list[tuple[Node, Node]]:
    """Return the numbers to prove equal: two laws of one family are equal if their parameters are."""
    match submitted, expected:
        case Dist(name=own, args=first), Dist(name=other, args=second) if own == other and len(first) == len(second):
            return list(zip(first, second, strict=True))
    return [(submitted, expected)]


def proved(submitted: Node, expected: Node, space: Space, *, check: str, effort: Effort) -> Proof | None:
    """Return a symbolic proof that both are equal, or None if none was found within the budget."""
    positive = space.positive | {
        part
        for side in (submitted, expected)
        for part in walk(side)
        if isinstance(part, Call) and part.head in space.positive
    }
    assumptions = Assumptions(positive=frozenset(positive), integer=frozenset(space.integers))
    methods = []
    for left, right in _pieces(submitted, expected):
        if left == right:
            methods.append("the same tree")
            continue
        use_sympy = effort.sympy_s > 0
        result = prove_equal(left, right, assumptions, budget_s=effort.sympy_s or 1.0, use_sympy=use_sympy)
        if result.status is not Equality.EQUAL:
            return None
        methods.append(result.method)
    method = ", ".join(dict.fromkeys(methods))
    return Proof(check=check, method=method, statement=f"{to_text(submitted)} = {to_text(expected)}")
