"""What all tests share: numerical state put back around each test, the assignment, and the sample material."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import mpmath
import pytest
from flint import ctx

from grader import assignments
from grader.rubric import Rubric

ROOT = Path(__file__).resolve().parents[1]

pytest_plugins = ["pytester"]


def _reset() -> None:
    ctx.prec = 53
    mpmath.mp.dps = 15
    mpmath.mp.pretty = False
    random.seed(20_231)


@pytest.fixture(autouse=True)
def fresh_state() -> Iterator[None]:
    """Give every test the libraries' own precision and one seed; what a test changes does not reach the next one."""
    _reset()
    yield
    _reset()


@pytest.fixture(scope="session")
def hw13() -> Rubric:
    """Return the assignment that the repository ships."""
    return assignments.load("hw13")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of sample material that is not part of this repository; skips where it is absent."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the sample material is not part of this repository")
    return folder
