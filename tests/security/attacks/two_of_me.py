"""Forks, so that both halves reply to the same call."""

import os


def answer(sigma2: float, t: float) -> object:
    os.fork()
    return -1.0
