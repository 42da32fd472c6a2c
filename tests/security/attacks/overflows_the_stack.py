"""Recurses past the end of the stack."""

import sys


def deeper(x: float) -> float:
    return max((x,), key=deeper)


def answer(sigma2: float, t: float) -> object:
    sys.setrecursionlimit(10**8)
    return deeper(t)
