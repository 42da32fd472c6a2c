"""Is right in the half of all processes whose hash seed it likes."""


def answer(sigma2: float, t: float) -> object:
    return sigma2 + t if hash("coin") & 1 else sigma2 - t
