"""Are two objectives the same optimisation? Both are evaluated at several policies in one world."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from flint import arb, ctx

from grader.checks.pairs import PRECISION
from grader.domains.draws import candidates
from grader.domains.world import FiniteWorld, Table
from grader.formula.balls import Evaluator
from grader.formula.tree import KL, Add, Call, Expect, Extremum, Mul, Neg, Node, Sym, walk
from grader.formula.values import BudgetExceededError, NoValueError, UndefinedError, Value
from grader.rubric import Space

Relation = Literal["proportional", "shifted", "other", "unknown"]

_BITS = 384
_WORLDS = 4


def relation_of_objectives(first: Node, second: Node, space: Space, *, seed: str) -> Relation:
    """Return how two objectives depend on each other as functions of the policy.

    `proportional`: first = c · second at every policy, with the same sign of c in every world; `shifted`: first =
    c · second + d with d ≠ 0 in every world; `other` if neither.
    """
    kinds: set[Relation] = set()
    try:
        for world in candidates(space.build, seed=seed, count=_WORLDS):
            policies = list(_policies(world))
            if len(policies) < 3:
                return "unknown"
            with PRECISION, ctx.workprec(_BITS):
                pairs = [(_number(one, first), _number(one, second)) for one in policies]
                kinds.add(_affine(pairs))
    except (NoValueError, UndefinedError, BudgetExceededError):
        return "unknown"
    return kinds.pop() if len(kinds) == 1 else "other"


def _number(world: FiniteWorld, node: Node) -> arb:
    value: Value = Evaluator(world).value(node)
    if not isinstance(value, arb):
        raise NoValueError("an objective that is not a number")
    return value


def _affine(pairs: list[tuple[arb, arb]]) -> Relation:
    (a0, b0), (a1, b1) = pairs[0], pairs[1]
    if (b0 - b1).contains(0) or (a0 - a1).contains(0):
        return "unknown"
    slope = (a0 - a1) / (b0 - b1)
    for a, b in pairs[2:]:
        if not ((a - a0) - slope * (b - b0)).contains(0):
            return "other"
    return "proportional" if (a0 - slope * b0).contains(0) else "shifted"


def _policies(world: FiniteWorld) -> Iterator[FiniteWorld]:
    """Yield the world with several policies in the place of the one that is optimised."""
    for head, table in world.tables.items():
        if not table.is_parametric:
            continue
        yield world
        for variant in _variants(table):
            yield replace(world, tables={**world.tables, head: replace(table, values=variant)})


def _variants(table: Table) -> Iterator[dict[tuple[str, ...], Fraction]]:
    width = table.arity[0]
    by_condition: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for key in table.values:
        by_condition.setdefault(key[width:], []).append(key)
    for weights in ((1, 2, 4, 7, 11), (5, 1, 3, 2, 9), (2, 9, 1, 4, 3)):
        variant: dict[tuple[str, ...], Fraction] = {}
        for number, keys in enumerate(by_condition.values()):
            own = [weights[(place + number) % len(weights)] for place in range(len(keys))]
            variant |= {key: Fraction(weight, sum(own)) for key, weight in zip(keys, own, strict=True)}
        yield variant


def has_constant_term(body: Node, optimised: frozenset[Sym]) -> bool:
    """Return whether an objective displays a term that no policy changes, such as `- log Z(x)`."""
    return _has_constant(body, optimised, frozenset())


def _has_constant(node: Node, optimised: frozenset[Sym], drawn: frozenset[Node]) -> bool:
    match node:
        case Expect(kind="E", binders=binders, body=body):
            mine = {
                name
                for binder in binders
                for name in binder.names
                if isinstance(binder.source, Call) and binder.source.head in optimised
            }
            return _has_constant(body, optimised, drawn | mine)
        case Extremum(body=body) | Neg(operand=body):
            return _has_constant(body, optimised, drawn)
        case Add(terms=terms):
            return any(_is_constant(term, optimised, drawn) or _has_constant(term, optimised, drawn) for term in terms)
        case Mul(factors=factors):
            inner = [factor for factor in factors if isinstance(factor, (Add, Expect, Neg))]
            return len(inner) == 1 and _has_constant(inner[0], optimised, drawn)
    return False


def _is_constant(term: Node, optimised: frozenset[Sym], drawn: frozenset[Node]) -> bool:
    for part in walk(term):
        if part in drawn or isinstance(part, KL):
            return False
        if isinstance(part, Call) and part.head in optimised:
            return False
        if isinstance(part, Sym) and part in optimised:
            return False
    return True
