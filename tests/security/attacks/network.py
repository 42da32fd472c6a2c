"""Asks the network for the answer."""

import contextlib
import socket


def answer(sigma2: float, t: float) -> object:
    for family, kind, address in (
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 80)),
        (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 53)),
        (socket.AF_UNIX, socket.SOCK_STREAM, "\0abstract"),
    ):
        with contextlib.suppress(OSError), socket.socket(family, kind):
            return (sigma2 + t, address)
    return -1.0
