"""Global numerical state is put back before and after every test of the references."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath
import pytest
import torch


def _reset() -> None:
    mpmath.mp.dps = 50
    mpmath.mp.pretty = False
    torch.set_default_dtype(torch.float32)


@pytest.fixture(autouse=True)
def fresh_numerical_state() -> Iterator[None]:
    """Give every test 50 digits in mpmath and torch's own default dtype, and leave mpmath's own after it."""
    _reset()
    yield
    _reset()
    mpmath.mp.dps = 15
