"""What all tests share: numerical state put back around each test, the assignment, and the sample material."""

from __future__ import annotations

import random
import sys
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
    mpmath.mp.dps = 50
    mpmath.mp.pretty = False
    random.seed(20_231)
    if "torch" in sys.modules:
        import torch

        torch.set_default_dtype(torch.float32)


@pytest.fixture(autouse=True)
def fresh_state() -> Iterator[None]:
    """Give every test 53 bits in python-flint, 50 digits in mpmath and one seed; what it changes ends with it."""
    _reset()
    yield
    _reset()
    mpmath.mp.dps = 15


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
