"""Does one relation hold? Exact worlds refute it; regimes, conditions and the optimum may still excuse it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from grader.checks.identity import counterexample
from grader.checks.pairs import compare_at
from grader.checks.steps_compare import CHECK, LEAST_WORLDS, MOST_BITS, WORLDS, Court, compare, shown_at
from grader.checks.steps_objectives import relation_of_objectives
from grader.checks.steps_regime import Found, closest, tends
from grader.checks.steps_worlds import HiddenError, name_text
from grader.domains.world import FiniteWorld
from grader.formula.balls import Evaluator
from grader.formula.printer import to_text
from grader.formula.tree import (
    Call,
    Const,
    Deriv,
    Extremum,
    Grad,
    Neg,
    Node,
    Num,
    Rel,
    Sym,
    contains,
    free_symbols,
    transform,
    walk,
)
from grader.formula.values import BudgetExceededError, NoValueError, UndefinedError
from grader.model import Counterexample, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict on a relation; `kind` is `false`, `approx` or empty."""

    verdict: Verdict
    kind: str = ""
    counterexample: Counterexample | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What the words around a relation say that bears on how it is judged."""

    is_approximate: bool = False
    is_limit: bool = False
    is_equation: bool = False
    is_equivalence: bool = False
    is_link: bool = False


def undecided(reason: str) -> Judgement:
    """Return that nothing is known, and why."""
    return Judgement(verdict=Verdict.UNDECIDED, reason=reason)


def right(reason: str = "") -> Judgement:
    """Return that a relation holds."""
    return Judgement(verdict=Verdict.CORRECT, reason=reason)


# ---------------------------------------------------------------- the verdict


def judge_equal(
    left: Node,
    rights: Node,
    court: Court,
    hints: Hints,
    *,
    conditions: tuple[tuple[Node, Node], ...] = (),
    restrictions: tuple[Rel, ...] = (),
) -> Judgement:
    """Return the verdict on `left = right`."""
    if any(isinstance(part, Extremum) for side in (left, rights) for part in walk(side)):
        return _judge_extrema(left, rights, court, hints)
    found = compare(left, rights, court, restrictions=restrictions, may_lose=hints.is_link)
    if found.status == "agree":
        return right()
    excuse = _excuse(left, rights, court, conditions, restrictions)
    if excuse is not None:
        return excuse
    if found.status == "silent":
        return undecided(found.reason)
    if hints.is_equation:
        return undecided("an equation that is imposed or solved, not a claim for all values")
    if _is_equation_to_zero(left, rights, court):
        return undecided("an equation to be solved")
    assert found.setting is not None, "a difference has its setting"
    rounded = _rounding(found.setting.left, found.setting.right)
    if rounded == "rounds":
        return Judgement(
            verdict=Verdict.PARTIAL,
            kind="approx",
            counterexample=shown_at(found, shrink=False),
            reason="the digits are rounded: it holds only approximately",
        )
    near = closest(found.setting, court.regimes, seed=court.seed)
    if near.closeness == "displayed" or (near.closeness == "leading" and hints.is_approximate):
        words = near.regime.words if near.regime is not None else ""
        if hints.is_approximate or (hints.is_limit and _is_counted(near)):
            return right(f"it holds in the limit that the text names ({words})")
        return Judgement(
            verdict=Verdict.PARTIAL,
            kind="approx",
            counterexample=shown_at(found, shrink=True),
            reason=f"written as an equality, but it holds only approximately ({words})",
        )
    if near.closeness in ("wrong order", "leading") and hints.is_limit and _is_counted(near):
        return right("it holds in the limit that the text names")
    return Judgement(verdict=Verdict.INCORRECT, kind="false", counterexample=shown_at(found, shrink=True))


def _is_counted(near: Found) -> bool:
    return near.regime is not None and any(power < 0 for power in near.regime.powers.values())


def _excuse(
    left: Node,
    rights: Node,
    court: Court,
    conditions: tuple[tuple[Node, Node], ...],
    restrictions: tuple[Rel, ...],
) -> Judgement | None:
    """Return that the relation holds under a condition of the text or at the optimum, None if it does not."""
    trials = [dict([one]) for one in conditions[-4:]]
    if len(conditions) > 1:
        trials.append(dict(conditions))
    for trial in trials:
        if not any(contains(side, symbol) for side in (left, rights) for symbol in trial):
            continue
        filled = [_filled(side, trial) for side in (left, rights)]
        if compare(filled[0], filled[1], court, restrictions=restrictions).status == "agree":
            words = ", ".join(f"{name_text(a)} = {name_text(b)}" for a, b in trial.items())
            return right(f"it holds under the condition {words}")
    if court.known.optimum:
        best = [court.known.at_optimum(side) for side in (left, rights)]
        if best != [left, rights] and compare(best[0], best[1], court).status == "agree":
            return right("it holds for the optimal policy")
    return None


def _filled(node: Node, values: dict[Node, Node]) -> Node:
    if node in values:
        return values[node]
    return transform(node, lambda child: _filled(child, values))


def _is_equation_to_zero(left: Node, rights: Node, court: Court) -> bool:
    """Return whether one side is a number and the other contains what is to be found, or is a derivative."""
    for side, other in ((left, rights), (rights, left)):
        if free_symbols(other) or any(isinstance(part, Call) for part in walk(other)):
            continue
        if any(isinstance(part, (Deriv, Grad)) for part in walk(side)):
            return True
        free = {symbol for symbol in free_symbols(side) if not court.knowledge.knows(symbol)}
        if free and other in (Num(Fraction(0)), Neg(Num(Fraction(0)))):
            return True
    return False


def _rounding(left: Node, rights: Node) -> str:
    """Return `rounds` if a side is a decimal number that rounds the other one, `far` if it does not, else nothing."""
    for side, other in ((left, rights), (rights, left)):
        digits = _decimal(side)
        if digits is None or free_symbols(other):
            continue
        try:
            value = Evaluator(FiniteWorld()).scalar(other)
        except (NoValueError, UndefinedError, BudgetExceededError):
            return ""
        if isinstance(other, Num):
            return "far"
        gap = abs(float(value.mid()) - float(digits[0]))
        # Digits that are cut off count as rounded too.
        return "rounds" if gap <= (1.0 if digits[1] else 0.5) * 10.0 ** -digits[1] else "far"
    return ""


def _decimal(node: Node) -> tuple[Fraction, int] | None:
    """Return a decimal number and how many places it has after the point."""
    inner = node.operand if isinstance(node, Neg) else node
    if not isinstance(inner, Num):
        return None
    value = -inner.value if isinstance(node, Neg) else inner.value
    places = 0
    while places < 30 and (value * 10**places).denominator != 1:
        places += 1
    return (value, places) if places < 30 else None


def judge_approximate(
    left: Node,
    rights: Node,
    court: Court,
    hints: Hints,
    *,
    conditions: tuple[tuple[Node, Node], ...] = (),
    restrictions: tuple[Rel, ...] = (),
) -> Judgement:
    """Return the verdict on `left ≈ right`: the leading order, in the regime in which both are closest."""
    found = compare(left, rights, court, restrictions=restrictions)
    if found.status == "agree":
        return right()
    if found.status == "silent":
        return undecided(found.reason)
    assert found.setting is not None, "a difference has its setting"
    rounded = _rounding(found.setting.left, found.setting.right)
    if rounded:
        return right("to the digits shown") if rounded == "rounds" else undecided("how near is meant is not said")
    near = closest(found.setting, court.regimes, seed=court.seed)
    words = near.regime.words if near.regime is not None else ""
    match near.closeness:
        case "displayed":
            return right(f"to the order displayed ({words})")
        case "leading":
            return right(f"to leading order ({words})")
        case "unknown":
            return undecided("no regime is known in which both sides could be near each other")
    excuse = _excuse(left, rights, court, conditions, restrictions)
    if excuse is not None:
        return excuse
    if near.closeness == "wrong order":
        reason = f"the ratio goes to 1, but the next order that both sides display differs ({words})"
        return Judgement(
            verdict=Verdict.INCORRECT, kind="false", counterexample=shown_at(found, shrink=False), reason=reason
        )
    reason = "in none of the regimes does the ratio go to 1"
    return Judgement(
        verdict=Verdict.INCORRECT, kind="false", counterexample=shown_at(found, shrink=True), reason=reason
    )


def judge_limit(left: Node, rights: Node, court: Court) -> Judgement:
    """Return the verdict on `left → right`."""
    if any(isinstance(part, Const) and part.name == "oo" for part in walk(rights)):
        return undecided("a limit at infinity")
    found = compare(left, rights, court)
    if found.status == "agree":
        return right()
    if found.status == "silent":
        return undecided(found.reason)
    assert found.setting is not None, "a difference has its setting"
    goes = tends(found.setting, court.regimes, seed=court.seed)
    if goes is None:
        return undecided("the limit in which this is meant is not known")
    if goes:
        return right("in the limit")
    return Judgement(
        verdict=Verdict.INCORRECT,
        kind="false",
        counterexample=shown_at(found, shrink=True),
        reason="in none of the regimes does it go there",
    )


def judge_order(op: str, left: Node, rights: Node, court: Court, *, is_conclusion: bool) -> Judgement:
    """Return the verdict on an inequality: false only as a link of a chain, and at an exact world."""
    knowledge = court.knowledge
    try:
        if knowledge.unknowns(left) | knowledge.unknowns(rights):
            return undecided("an inequality about names without a value")
        held = 0
        setting = knowledge.setting(left, rights)
        left, rights = setting.left, setting.right
        for world in setting.draw(court.seed, WORLDS):
            try:
                if Evaluator(world).truth(Rel(op, left, rights)):
                    held += 1
                    continue
            except UndefinedError:
                continue
            if not is_conclusion:
                return undecided("a condition: it does not hold everywhere")
            result = compare_at(world, left, rights, most_bits=MOST_BITS)
            shown = counterexample(world, result, rights, left, CHECK)
            return Judgement(verdict=Verdict.INCORRECT, kind="false", counterexample=shown)
    except (HiddenError, NoValueError, BudgetExceededError) as error:
        return undecided(str(error))
    return right() if held >= LEAST_WORLDS else undecided("it could not be told at enough points")


# ---------------------------------------------------------------- statements of optimisation


def _judge_extrema(left: Node, rights: Node, court: Court, hints: Hints) -> Judgement:
    mine, theirs = _extremum_in(left), _extremum_in(rights)
    if mine is None and theirs is None:
        return undecided("an optimum inside of an expression")
    bodies = _without_extremum(left), _without_extremum(rights)
    found = compare(*bodies, court)
    if mine is None or theirs is None:
        best = [court.known.at_optimum(side) for side in bodies]
        if court.known.optimum and compare(best[0], best[1], court).status == "agree":
            return right("it holds for the optimal policy")
        return undecided("the value of an optimum")
    if found.status == "agree":
        return right("the objectives agree for every policy" if court.known.optimum else "the objectives agree")
    if found.status == "silent":
        return undecided(found.reason)
    if mine.kind.startswith("arg") or theirs.kind.startswith("arg") or hints.is_equivalence:
        return undecided("only the place of the optimum is claimed")
    if mine.kind != theirs.kind or _variable(mine) != _variable(theirs):
        return undecided("optima of different kinds")
    space = court.knowledge.space
    if space is not None and relation_of_objectives(*bodies, space, seed=court.seed) == "proportional":
        return undecided("the objectives differ by a factor: the optimum is at the same place")
    if space is None and _differ_by_a_factor(*bodies, court):
        return undecided("the objectives differ by a factor: the optimum is at the same place")
    reason = "the objectives differ at a policy"
    return Judgement(
        verdict=Verdict.INCORRECT, kind="false", counterexample=shown_at(found, shrink=True), reason=reason
    )


def _variable(extremum: Extremum) -> str:
    variable = extremum.variable
    return "" if variable is None else str(getattr(variable, "name", to_text(variable)))


def _differ_by_a_factor(first: Node, second: Node, court: Court) -> bool:
    """Return whether one objective is the other times or divided by one of the symbols in them."""
    symbols = sorted((free_symbols(first) | free_symbols(second)), key=repr)[:6]
    forms = [form for symbol in symbols for form in (second * symbol, second / symbol)]
    return any(compare(first, form, court).status == "agree" for form in (-second, *forms))


def _extremum_in(node: Node) -> Extremum | None:
    found = [part for part in walk(node) if isinstance(part, Extremum)]
    return found[0] if len(found) == 1 else None


def _without_extremum(node: Node) -> Node:
    if isinstance(node, Extremum):
        return _without_extremum(node.body)
    return transform(node, _without_extremum)


def is_name(node: Node) -> bool:
    """Return whether a side is a name as a whole."""
    return isinstance(node, (Sym, Call))
