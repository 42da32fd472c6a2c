"""Returns a value nested deeper than any stack."""


def answer(sigma2: float, t: float) -> object:
    value: object = sigma2 + t
    for _ in range(200_000):
        value = [value]
    return value
