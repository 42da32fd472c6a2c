"""Ignores every signal and every exception, for ever."""

import contextlib
import signal

for number in range(1, 32):
    with contextlib.suppress(OSError, ValueError):
        signal.signal(number, signal.SIG_IGN)


def answer(sigma2: float, t: float) -> object:
    while True:
        with contextlib.suppress(BaseException):
            while True:
                sum(range(1000))
