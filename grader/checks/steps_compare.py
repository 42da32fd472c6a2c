"""Two expressions in exact worlds: whether they agree, and the counterexample that is shown where they do not."""

from __future__ import annotations

from dataclasses import dataclass

from grader.checks.identity import counterexample
from grader.checks.pairs import PairResult, compare_at
from grader.checks.steps_known import Known
from grader.checks.steps_worlds import HiddenError, Knowledge, Setting, name_text
from grader.domains.draws import simplest
from grader.domains.world import FiniteWorld
from grader.formula.tree import (
    Node,
    Rel,
    free_symbols,
)
from grader.formula.values import BudgetExceededError, NoValueError
from grader.model import Counterexample
from grader.rubric import Regime

WORLDS = 6
LEAST_WORLDS = 2
MOST_BITS = 1536
_SHRINK = 40
CHECK = "steps"
TOO_EXPENSIVE = "too expensive to evaluate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Court:
    """What stays the same over a derivation.

    Attributes:
        knowledge: Which names have values, and the space.
        known: What the assignment knows.
        regimes: Where approximations are judged, those of the text included.
        seed: Decides which worlds are looked at.
    """

    knowledge: Knowledge
    known: Known
    regimes: tuple[Regime, ...]
    seed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a comparison found: `agree`, `differ` (with the world), or `silent` with the reason."""

    status: str
    reason: str = ""
    world: FiniteWorld | None = None
    result: PairResult | None = None
    setting: Setting | None = None


def compare(
    left: Node, rights: Node, court: Court, *, restrictions: tuple[Rel, ...] = (), may_lose: bool = False
) -> Compared:
    """Return whether two expressions agree in every world that satisfies the restrictions.

    Names without a value of their own may take any value where both sides have the same; else only agreement
    counts. `may_lose` lets the right side have fewer of them.
    """
    knowledge = court.knowledge
    try:
        unknown, others = knowledge.unknowns(left), knowledge.unknowns(rights)
        uneven = unknown ^ others
        # A number in the place of names is what somebody measured, not what follows.
        if may_lose and not others - unknown and free_symbols(rights):
            uneven = frozenset()
        about = tuple(one for one in restrictions if _is_about(one, left, rights))
        found = _over_worlds(knowledge.setting(left, rights, restrictions=about), court.seed)
        if uneven and found.status != "agree":
            names = ", ".join(sorted(name_text(name) for name in uneven))
            return Compared(status="silent", reason=f"{names} has no value here")
        if found.status != "agree" and unknown | others:
            setting = knowledge.setting(left, rights, restrictions=about, is_positive=True)
            positive = _over_worlds(setting, court.seed)
            if found.status == "silent":
                return positive
            if positive.status == "agree":
                return Compared(status="silent", reason="it holds where what is not declared is positive")
        return found
    except (HiddenError, NoValueError) as error:
        return Compared(status="silent", reason=str(error))


def _is_about(restriction: Rel, left: Node, rights: Node) -> bool:
    used = free_symbols(left) | free_symbols(rights)
    return bool(free_symbols(restriction)) and free_symbols(restriction) <= used


def _over_worlds(setting: Setting, seed: str) -> Compared:
    agreed = undefined = 0
    reason = ""
    try:
        for world in setting.draw(seed, WORLDS):
            result = compare_at(world, setting.left, setting.right, most_bits=MOST_BITS)
            if result.status == "differ":
                return Compared(status="differ", world=world, result=result, setting=setting)
            agreed += result.status == "agree"
            undefined += result.status != "agree"
            if result.status != "agree":
                reason = result.submitted if result.undefined_side != "expected" else result.expected
    except NoValueError as error:
        return Compared(status="silent", reason=str(error))
    except BudgetExceededError as error:
        return Compared(status="silent", reason=f"{TOO_EXPENSIVE}: {error}")
    if agreed < LEAST_WORLDS or undefined > agreed:
        return Compared(status="silent", reason=f"both sides have values at {agreed} points only: {reason}")
    return Compared(status="agree", setting=setting)


def shown_at(found: Compared, *, shrink: bool) -> Counterexample:
    """Return the counterexample at the simplest world that a short search finds; `submitted` is the right side."""
    assert found.world is not None, "a difference has a world"
    assert found.setting is not None, "a difference has its setting"
    left, rights = found.setting.left, found.setting.right
    world = found.world
    if shrink and found.setting.build is not None:

        def differs(candidate: FiniteWorld) -> bool:
            try:
                return compare_at(candidate, rights, left, most_bits=768).status == "differ"
            except (NoValueError, BudgetExceededError):
                return False

        world = simplest(found.setting.build, differs, calls=_SHRINK) or world
    result = compare_at(world, rights, left)
    return counterexample(world, result, rights, left, CHECK)
