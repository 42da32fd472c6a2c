"""Drawn worlds: the same for the same seed, the simplest first, within their constraints."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from grader.domains.draws import Draw, RejectedError, candidates
from grader.domains.world import FiniteWorld
from grader.formula.tree import Sym
from reference.hw13.worlds import diffusion_world, divergence_world, preference_world

BUILDERS = [diffusion_world, divergence_world, preference_world]
Builder = Callable[[Draw], FiniteWorld]


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_seed_gives_the_same_worlds_and_another_seed_others(builder: Builder) -> None:
    first = [world.describe() for world in candidates(builder, seed="a", count=8)]
    assert first == [world.describe() for world in candidates(builder, seed="a", count=8)]
    assert first != [world.describe() for world in candidates(builder, seed="b", count=8)]
    assert len(set(first)) >= 6


def test_simpler_worlds_come_first() -> None:
    pool = tuple(range(100))
    drawn = list(candidates(lambda draw: (draw(pool), draw(pool)), seed="s", count=20))
    assert [sum(pair) for pair in drawn] == sorted(sum(pair) for pair in drawn)
    assert sum(drawn[0]) < 20 < sum(drawn[-1])


def test_rejected_worlds_are_drawn_again_and_given_up_at_last() -> None:
    def odd(draw: Draw) -> int:
        number = draw(tuple(range(50)))
        if number % 2 == 0:
            raise RejectedError
        return number

    assert all(number % 2 for number in candidates(odd, seed="s", count=10))

    def never(draw: Draw) -> int:
        draw((1,))
        raise RejectedError

    assert list(candidates(never, seed="s", count=3)) == []


def test_points_of_the_diffusion_problem_keep_its_constraints() -> None:
    for world in candidates(diffusion_world, seed="s", count=200):
        sigma, t, dt = (world.numbers[Sym(name)] for name in ("sigma", "t", "Delta t"))
        assert sigma > 0
        assert 0 < dt < t <= 1
        assert dt * world.numbers[Sym("T")] == 1
        assert (t / dt).denominator == 1


def test_worlds_of_the_preference_problem_are_consistent() -> None:
    for world in candidates(preference_world, seed="s", count=50):
        prompts, responses = world.sets["prompt"], world.sets["response"]
        for head in (Sym("pi", Sym("ref")), Sym("pi", Sym("theta"))):
            values = world.tables[head].values
            for x in prompts:
                assert sum(values[y.label, x.label] for y in responses) == 1
                assert all(values[y.label, x.label] > 0 for y in responses)
        assert world.numbers[Sym("beta")] > 0
        assert world.members[Sym("y", Sym("w"))] != world.members[Sym("y", Sym("l"))]
        ranked, order = world.sequences["y"], world.sequences["tau"]
        assert len(set(ranked)) == len(ranked) == len(order) == world.numbers[Sym("K")]
        assert sorted(order) == list(range(1, len(order) + 1))  # type: ignore[type-var]
        assert all(isinstance(value, Fraction) for table in world.tables.values() for value in table.values.values())
