"""Returns a list that holds itself."""


def answer(sigma2: float, t: float) -> object:
    inner: list[object] = [sigma2 + t]
    inner.append(inner)
    return inner
