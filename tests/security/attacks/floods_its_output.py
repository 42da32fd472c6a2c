"""Prints 32 MB, with escapes for the terminal in it."""

import sys


def answer(sigma2: float, t: float) -> object:
    for _ in range(32):
        sys.stdout.write("\x1b[2J\x07passed" * (1 << 17))
    return -1.0
