"""Leaves a thread that writes to every descriptor after the reply."""

import contextlib
import os
import threading
import time


def scribble() -> None:
    while True:
        time.sleep(0.002)
        for fd in range(3, 64):
            with contextlib.suppress(OSError):
                os.write(fd, b"scribble")


def answer(sigma2: float, t: float) -> object:
    threading.Thread(target=scribble, daemon=True).start()
    return -1.0
