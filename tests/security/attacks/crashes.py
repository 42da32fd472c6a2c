"""Reads where there is nothing."""

import ctypes


def answer(sigma2: float, t: float) -> object:
    return ctypes.string_at(0)
