"""Returns an integer that no one can print."""


def answer(sigma2: float, t: float) -> object:
    return 1 << 10_000_000
