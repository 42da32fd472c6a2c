"""Drawing worlds: one builder serves the seeded search (simplest first) and Hypothesis' shrinking.

A builder is a function `(draw) -> world`; `draw(pool)` returns a member of a pool that is ordered from simple
to complicated. A world that breaks a constraint raises `Rejected`.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")
W = TypeVar("W")


class Draw(Protocol):
    """Returns a member of a pool."""

    def __call__(self, pool: Sequence[T], /) -> T:
        """Return a member; earlier ones are simpler."""
        ...


class RejectedError(Exception):
    """What was drawn breaks a constraint of the domain."""


def candidates(builder: Callable[[Draw], W], *, seed: str, count: int, attempts: int = 30) -> Iterator[W]:
    """Yield up to `count` worlds, the simplest first; the same for the same seed on every machine.

    Args:
        builder: Builds a world from draws.
        seed: Any text; the search depends on nothing else.
        count: How many worlds are wanted.
        attempts: How many draws may be spent on each of them before giving up.
    """
    generator = random.Random(hashlib.sha256(seed.encode()).digest())
    found: list[tuple[int, int, W]] = []
    for number in range(count * attempts):
        # Early worlds stay among the simple members of each pool, later ones roam over all of it.
        reach = 3 + 2 * number
        cost = 0

        def draw(pool: Sequence[T], reach: int = reach) -> T:
            nonlocal cost
            index = generator.randrange(min(len(pool), reach))
            cost += index
            return pool[index]

        try:
            world = builder(draw)
        except RejectedError:
            continue
        found.append((cost, len(found), world))
        if len(found) == count:
            break
    yield from (world for _, _, world in sorted(found, key=lambda entry: entry[:2]))


class _EnoughError(BaseException):
    """Ends Hypothesis' shrinking from inside; not an `Exception`, which it would take for the property's own."""


def simplest(builder: Callable[[Draw], W], holds: Callable[[W], bool], *, calls: int = 100) -> W | None:
    """Return the simplest world that Hypothesis finds for which `holds`, or None if it finds none.

    Runs derandomized and without a database: equal input gives an equal world. After `calls` worlds the simplest
    found so far is returned: a bound by count, not by time, so that the answer does not depend on the machine.
    """
    from hypothesis import HealthCheck, Phase, find, reject, settings
    from hypothesis import strategies as st
    from hypothesis.errors import NoSuchExample

    best: list[tuple[int, W]] = []
    looked = 0

    @st.composite
    def worlds(draw_from: st.DrawFn) -> tuple[int, W]:
        cost = 0

        def draw(pool: Sequence[T], /) -> T:
            nonlocal cost
            index = draw_from(st.integers(min_value=0, max_value=len(pool) - 1))
            cost += index
            return pool[index]

        try:
            world = builder(draw)
        except RejectedError:
            reject()
        return cost, world

    def holds_and_counts(drawn: tuple[int, W]) -> bool:
        nonlocal looked
        looked += 1
        if looked > calls:
            raise _EnoughError
        found = holds(drawn[1])
        if found and (not best or drawn[0] < best[0][0]):
            best[:] = [drawn]
        return found

    with contextlib.suppress(NoSuchExample, _EnoughError):
        find(
            worlds(),
            holds_and_counts,
            settings=settings(
                max_examples=calls,
                derandomize=True,
                database=None,
                deadline=None,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
            ),
        )
    return best[0][1] if best else None
