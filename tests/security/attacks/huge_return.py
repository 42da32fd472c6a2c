"""Returns 64 MB of text."""


def answer(sigma2: float, t: float) -> object:
    return "A" * (64 << 20)
