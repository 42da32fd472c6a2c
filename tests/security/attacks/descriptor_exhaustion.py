"""Opens files until that is refused, and keeps them."""

import os

KEPT: list[int] = []


def answer(sigma2: float, t: float) -> object:
    while len(KEPT) < 100_000:
        KEPT.append(os.open(os.devnull, os.O_RDONLY))
    return -1.0
