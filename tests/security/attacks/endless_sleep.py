"""Waits for ever without using the processor."""

import time


def answer(sigma2: float, t: float) -> object:
    while True:
        time.sleep(1000)
