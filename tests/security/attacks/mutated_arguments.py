"""Changes its arguments in place, for a reference that is called with the same."""


def answer(sigma2: float, t: float) -> object:
    for argument in (sigma2, t):
        try:
            argument[...] = 0  # type: ignore[index]
        except TypeError:
            continue
    return 0.0 * sigma2
