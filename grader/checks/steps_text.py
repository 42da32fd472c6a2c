"""Each relation of a derivation as a claim of its own: false ones with a counterexample, approximate ones apart.

What cannot be evaluated is undecided with the reason, never a slip: names without a value, conditions, definitions,
equations that are solved, laws. Nothing is called false without exact values at which both sides differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from grader.checks.steps_answers import judge_known, judge_objectives
from grader.checks.steps_compare import TOO_EXPENSIVE, Court, compare
from grader.checks.steps_judge import (
    Hints,
    Judgement,
    judge_approximate,
    judge_equal,
    judge_limit,
    judge_order,
    right,
    undecided,
)
from grader.checks.steps_known import Known
from grader.checks.steps_reach import integrated_in, other_reach, with_bracket_variable
from grader.checks.steps_read import Claim, Derivation, read_derivation
from grader.checks.steps_scope import Names, defined_by
from grader.checks.steps_spoken import spoken_regimes
from grader.checks.steps_worlds import HiddenError, Knowledge, SpaceKnowledge
from grader.formula.notation import Notation
from grader.formula.tree import (
    KL,
    Big,
    Call,
    Const,
    Expect,
    Limit,
    Node,
    Pow,
    Rel,
    Sym,
    contains,
    free_symbols,
    walk,
)
from grader.model import Place, Step, Verdict
from grader.rubric import Space

_EQUAL = frozenset("=")
_APPROXIMATE = frozenset("≈≲≳")
_ORDER = frozenset("<>≤≥")
_AHEAD = 600
_SENTENCE = 60
_MOST_CLAIMS = 2000
_MOST_EXPENSIVE = 3


@dataclass(slots=True)
class _State:
    """What is known at a place of the text."""

    court: Court
    names: Names = field(default_factory=Names)
    conditions: list[tuple[int, Node, Node]] = field(default_factory=list)
    restrictions: list[tuple[int, Rel]] = field(default_factory=list)
    solved: tuple[tuple[int, Node], ...] = ()
    integrated: dict[int, Sym | None] = field(default_factory=dict)
    constraints: list[frozenset[Sym]] = field(default_factory=list)
    stated: tuple[Claim, ...] = ()
    looked: int = 0
    expensive: int = 0


def check_steps(text: str, space: Space, *, place: Place, known_right: Known | None = None) -> tuple[Step, ...]:
    """Return the verdict on every relation of a derivation, in the order of the text.

    Args:
        text: One attempt at a part, or a whole derivation, in markdown with LaTeX.
        space: What the symbols mean.
        place: Where the text begins; its line is that of the first line of the text.
        known_right: What the assignment knows (`steps_known.known_in`): values of answers, regimes, the optimum.
    """
    return check_derivation(text, space.notation, SpaceKnowledge(space), place=place, known=known_right or Known())


def check_derivation(
    text: str, notation: Notation, knowledge: Knowledge, *, place: Place, known: Known
) -> tuple[Step, ...]:
    """Return the verdict on every relation of a derivation, whatever gives its symbols their values."""
    derivation = read_derivation(text, notation)
    regimes = known.regimes + spoken_regimes(text, derivation, known.regimes)
    court = Court(knowledge=knowledge, known=known, regimes=regimes, seed="steps")
    stated = tuple(one for one in derivation.claims if one.is_definition and one.op in _EQUAL)
    state = _State(court=court, solved=_solved_names(derivation), stated=stated)
    steps = [
        (
            claim.offset,
            _step(claim.lhs.text, claim.op, claim.rhs.text, claim.line, place, _judge(claim, derivation, state)),
        )
        for claim in derivation.claims
    ]
    for earlier, objective, judged in judge_objectives(derivation.objectives, court):
        step = _step(earlier.member.text, "=", objective.member.text, objective.line, place, judged)
        steps.append((objective.offset, step))
    return tuple(step for _, step in sorted(steps, key=lambda pair: pair[0]))


def _step(lhs: str, op: str, rhs: str, line: int, place: Place, judged: Judgement) -> Step:
    at = line if place.line is None else place.line + line - 1
    return Step(
        where=str(replace(place, line=at)),
        line=at,
        lhs=lhs,
        relation=op,
        rhs=rhs,
        verdict=judged.verdict,
        kind=judged.kind,
        counterexample=judged.counterexample,
        reason=judged.reason,
    )


# ---------------------------------------------------------------- one claim


def _judge(claim: Claim, derivation: Derivation, state: _State) -> Judgement:
    """Return the verdict on a claim: false only if it is so in every reading."""
    lhs, rhs = claim.lhs.node, claim.rhs.node
    if lhs is None or rhs is None:
        reason = claim.lhs.reason if lhs is None else claim.rhs.reason
        return undecided(f"not read: {reason}")
    state.looked += 1
    if state.looked > _MOST_CLAIMS:
        return undecided(f"only the first {_MOST_CLAIMS} relations of a text are looked at")
    has_sums = any(isinstance(part, (Big, Limit)) for side in (lhs, rhs) for part in walk(side))
    if state.expensive >= _MOST_EXPENSIVE and has_sums:
        return undecided(f"{_MOST_EXPENSIVE} sums of this text were too expensive: no more are tried")
    lhs, rhs = with_bracket_variable(lhs, rhs, state.integrated.get(claim.chain))
    state.integrated[claim.chain] = integrated_in(rhs) or integrated_in(lhs) or state.integrated.get(claim.chain)
    judged = _judge_reading(claim, lhs, rhs, derivation, state)
    state.expensive += judged.reason.startswith(TOO_EXPENSIVE)
    if judged.kind != "false":
        is_name = isinstance(lhs, (Sym, Call, Expect)) or isinstance(rhs, Sym)
        if judged.verdict is Verdict.UNDECIDED and claim.is_alone and claim.op in _EQUAL and not is_name:
            state.constraints.append(free_symbols(lhs) | free_symbols(rhs))
        return judged
    for left, right_side in [*other_reach(lhs, rhs), *claim.others]:
        again = _judge_reading(claim, left, right_side, derivation, state)
        if again.verdict is Verdict.CORRECT:
            return again
        if again.kind != "false" and _applications(left, right_side) > _applications(lhs, rhs):
            return undecided("in another reading it is about a function that is not known")
    used = free_symbols(lhs) | free_symbols(rhs)
    is_related = any(len(one) > 1 and one <= used for one in state.constraints)
    if state.court.knowledge.space is None and is_related:
        return undecided("the text relates these names by an equation")
    return judged


def _applications(*sides: Node) -> int:
    return sum(isinstance(part, Call) for side in sides for part in walk(side))


def _judge_reading(claim: Claim, lhs: Node, rhs: Node, derivation: Derivation, state: _State) -> Judgement:
    if claim.op in _ORDER:
        return _judge_order(claim, lhs, rhs, state)
    if claim.op == "→":
        if isinstance(lhs, (Sym, Pow)) or isinstance(rhs, Const):
            return undecided("a condition: where a variable goes")
        return judge_limit(state.names.expand(lhs), state.names.expand(rhs), state.court)
    if claim.op not in _EQUAL | _APPROXIMATE:
        return undecided(f"a statement with {claim.op} is not an equality")
    if claim.position == 0:
        special = _named(claim, lhs, rhs, derivation, state)
        if special is not None:
            return special
    return _compared(claim, lhs, rhs, derivation, state)


def _judge_order(claim: Claim, lhs: Node, rhs: Node, state: _State) -> Judgement:
    simple = not any(isinstance(part, Call) for side in (lhs, rhs) for part in walk(side))
    if claim.position == 0 and simple and claim.is_alone:
        state.restrictions.append((claim.section, Rel(claim.op, lhs, rhs)))
    is_bare = isinstance(lhs, Sym) or isinstance(rhs, Sym)
    is_conclusion = claim.position > 0 and not is_bare
    left, right_side = state.names.expand(lhs), state.names.expand(rhs)
    return judge_order(claim.op, left, right_side, state.court, is_conclusion=is_conclusion)


def _named(claim: Claim, lhs: Node, rhs: Node, derivation: Derivation, state: _State) -> Judgement | None:
    """Return the verdict on a relation whose left side is a name, None if it has to be compared as it stands."""
    court, names = state.court, state.names
    known = court.known.value_of(lhs)
    if known is not None and not claim.is_named and not _has_value(lhs, court.knowledge):
        if claim.op in _EQUAL and names.of(lhs) is None:
            _define(claim, lhs, rhs, state, is_stated=False)
        inside = [part for part in walk(rhs) if isinstance(part, Call) and part != lhs]
        if any(court.known.value_of(part) is not None for part in inside):
            return undecided("it is given by another quantity that the assignment asks for")
        return judge_known(claim, lhs, names.expand(rhs), known, court)
    if _is_free_name(lhs, court.knowledge):
        prior = names.of(lhs)
        is_set = isinstance(lhs, Sym) and _is_number(rhs) and not claim.is_definition
        if is_set and claim.op in _EQUAL and (prior is None or _is_number(prior.body)) and claim.is_alone:
            state.conditions.append((claim.section, lhs, rhs))
            return undecided("a symbol is set to a number")
        if prior is not None and claim.is_alone and isinstance(lhs, Sym) and claim.op in _EQUAL:
            # "With s = t - dt and s = t": two settings of one symbol.
            is_listed = not claim.is_display and not claim.lead and 0 < claim.offset - prior.offset < _SENTENCE
            if isinstance(rhs, Sym) or is_listed:
                state.conditions.append((claim.section, lhs, names.expand(rhs)))
                return right() if _agrees(claim, lhs, rhs, state) else undecided("a symbol is set anew")
        if claim.op in _APPROXIMATE and prior is None:
            return undecided("the left side has no value here")
        if prior is None or (claim.is_definition and claim.op in _EQUAL):
            if prior is not None and _agrees(claim, lhs, rhs, state):
                return right()
            if _define(claim, lhs, rhs, state, is_stated=claim.is_definition):
                return undecided("a definition, or the first that is said about a name")
            return undecided("the left side has no value here")
        return _against_prior(claim, lhs, rhs, derivation, state)
    is_new = isinstance(rhs, Sym) and _is_free_name(rhs, court.knowledge) and names.of(rhs) is None
    if claim.op in _EQUAL and is_new and not contains(lhs, rhs) and not _is_number(lhs):
        definition = defined_by(rhs, lhs, is_stated=False, offset=claim.offset, section=claim.section)
        if definition is not None:
            names.add(rhs, definition)
        return undecided("the right side names the left one")
    return _condition(claim, lhs, rhs, state)


def _has_value(node: Node, knowledge: Knowledge) -> bool:
    try:
        return not knowledge.unknowns(node)
    except HiddenError:
        return False


def _is_free_name(node: Node, knowledge: Knowledge) -> bool:
    """Return whether a side is a name as a whole that the problem gives no value."""
    if isinstance(node, Expect):
        # Without an assignment moments of random variables are worked out, not named.
        return knowledge.space is not None and (node.kind != "E" or bool(node.given))
    if isinstance(node, (Sym, Call)):
        return not knowledge.knows(node) or knowledge.is_open(node)
    return False


def _is_number(node: Node) -> bool:
    return not free_symbols(node) and not any(isinstance(part, Call) for part in walk(node))


def _define(claim: Claim, lhs: Node, rhs: Node, state: _State, *, is_stated: bool) -> bool:
    definition = defined_by(lhs, rhs, is_stated=is_stated, offset=claim.offset, section=claim.section)
    if definition is None:
        return False
    state.names.add(lhs, definition)
    return True


def _agrees(claim: Claim, lhs: Node, rhs: Node, state: _State) -> bool:
    left, right_side = state.names.expand(lhs), state.names.expand(rhs)
    return compare(left, right_side, state.court).status == "agree"


def _against_prior(claim: Claim, lhs: Node, rhs: Node, derivation: Derivation, state: _State) -> Judgement:
    """Return the verdict on a second statement about a name: it must fit the first."""
    prior = state.names.of(lhs)
    assert prior is not None, "asked only where there is one"
    if not prior.is_stated and state.court.known.value_of(lhs) is None and _is_of_assignment(lhs, state):
        # L is the loss of a data set, of one pair and of a Lagrangian in one text.
        return undecided("what the name stands for changes with the context")
    left = state.names.expand(lhs)
    if any(isinstance(part, Expect) for part in walk(left)) != any(isinstance(part, Expect) for part in walk(rhs)):
        return undecided("an average is compared with what is averaged")
    judged = _compared(claim, lhs, rhs, derivation, state)
    if judged.kind == "false" and not prior.is_stated and (_is_number(rhs) or _is_number(prior.body)):
        return undecided("a name is given another value")
    return judged


def _is_of_assignment(name: Node, state: _State) -> bool:
    space = state.court.knowledge.space
    if space is None:
        return False
    notation = space.notation
    head = name.head if isinstance(name, Call) else name
    return head in notation.functions or head in notation.renames or head in set(notation.renames.values())


def _condition(claim: Claim, lhs: Node, rhs: Node, state: _State) -> Judgement | None:
    """Return that a relation sets a symbol of the problem to something, None if it does not."""
    knowledge = state.court.knowledge
    pairs = [(lhs, rhs)] if knowledge.is_independent(lhs) else []
    if knowledge.is_independent(rhs) and claim.is_alone and _is_number(lhs):
        pairs.append((rhs, lhs))
    for symbol, value in pairs:
        if claim.op not in _EQUAL or contains(value, symbol):
            continue
        left, right_side = state.names.expand(lhs), state.names.expand(rhs)
        if compare(left, right_side, state.court).status == "agree":
            return right()
        if isinstance(symbol, Pow) and not _is_number(value):
            return None
        state.conditions.append((claim.section, symbol, state.names.expand(value)))
        return undecided("a condition, or what a symbol of the problem is set to")
    if claim.is_condition and claim.is_alone and claim.op in _EQUAL and not claim.is_display:
        found = judge_equal(state.names.expand(lhs), state.names.expand(rhs), state.court, Hints())
        if found.kind == "false" and isinstance(lhs, (Sym, Call)):
            state.conditions.append((claim.section, lhs, state.names.expand(rhs)))
            return undecided("a condition") if knowledge.is_independent(lhs) else found
    return None


def _compared(claim: Claim, lhs: Node, rhs: Node, derivation: Derivation, state: _State) -> Judgement:
    names = _with_later(claim, state)
    heads = {side for part in (*walk(lhs), *walk(rhs)) if isinstance(part, KL) for side in (part.p, part.q)}
    if any(isinstance(key, Call) and key.head in heads for key in names.known):
        return undecided("a divergence of distributions that the text defines")
    left, right_side = names.expand(lhs), names.expand(rhs)
    conditions = tuple((symbol, value) for section, symbol, value in state.conditions if section == claim.section)
    restrictions = tuple(one for section, one in state.restrictions if section in (claim.section, 0))
    hints = Hints(
        is_approximate=claim.is_approximate,
        is_limit=claim.is_limit,
        is_link=claim.position > 0 and state.court.knowledge.space is None,
        is_equation=claim.is_alone and (claim.is_solved or _is_solved(left, right_side, claim, state)),
    )
    judge = judge_equal if claim.op in _EQUAL else judge_approximate
    judged = judge(left, right_side, state.court, hints, conditions=conditions, restrictions=restrictions)
    if claim.op in _EQUAL and claim.position == 0 and judged.verdict is Verdict.UNDECIDED:
        # A name inside of the left side is determined by the relation: nothing to say about it.
        return judged
    return judged


def _with_later(claim: Claim, state: _State) -> Names:
    """Return the names with those that are explained just behind the formula: `..., where u = ...`."""
    later = [
        other
        for other in state.stated
        if claim.offset < other.offset < claim.offset + _AHEAD
        and other.section == claim.section
        and other.lhs.node is not None
        and other.rhs.node is not None
        and _is_free_name(other.lhs.node, state.court.knowledge)
        and state.names.of(other.lhs.node) is None
    ]
    if not later:
        return state.names
    names = Names(known=dict(state.names.known))
    for other in later:
        name, body = other.lhs.node, other.rhs.node
        if name is None or body is None or names.of(name) is not None:
            continue
        definition = defined_by(name, body, is_stated=True, offset=other.offset, section=other.section)
        if definition is not None:
            names.add(name, definition)
    return names


def _solved_names(derivation: Derivation) -> tuple[tuple[int, Node], ...]:
    """Return what the text solves for, with the place: a relation says `x = ...` without x on the right."""
    found: list[tuple[int, Node]] = []
    for claim in derivation.claims:
        left, rights = claim.lhs.node, claim.rhs.node
        if claim.position or not isinstance(left, Sym) or rights is None or claim.op not in _EQUAL | _APPROXIMATE:
            continue
        if not claim.is_definition and not claim.is_condition and not contains(rights, left):
            found.append((claim.offset, left))
    return tuple(found)


def _is_solved(left: Node, rights: Node, claim: Claim, state: _State) -> bool:
    """Return whether a relation contains what the text solves for later."""
    later = {name for offset, name in state.solved if offset > claim.offset}
    inside = free_symbols(left) & free_symbols(rights) & later
    if _is_number(rights):
        inside |= free_symbols(left) & later
    return bool(inside) and isinstance(left, Node) and not state.court.known.names
