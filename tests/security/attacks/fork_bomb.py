"""Starts as many processes as it can, at most 300, and leaves them running."""

import os
import time


def answer(sigma2: float, t: float) -> object:
    for _ in range(300):
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
    return -1.0
