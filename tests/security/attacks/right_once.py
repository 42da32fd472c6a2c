"""Is right only the first time that it sees a point."""

SEEN: set[tuple[float, float]] = set()


def answer(sigma2: float, t: float) -> object:
    if (sigma2, t) in SEEN:
        return -1.0
    SEEN.add((sigma2, t))
    return sigma2 + t
