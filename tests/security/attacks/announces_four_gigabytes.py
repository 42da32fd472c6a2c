"""Announces a reply of 4 GiB and sends a trickle."""

import contextlib
import os
import struct


def answer(sigma2: float, t: float) -> object:
    for fd in range(3, 64):
        with contextlib.suppress(OSError):
            os.write(fd, struct.pack(">II", 100, 2**32 - 1) + b"{")
    return -1.0
