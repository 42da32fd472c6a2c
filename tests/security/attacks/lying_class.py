"""Claims by its class to be a float."""


class Liar:
    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return float

    def __float__(self) -> float:
        return 1.5


def answer(sigma2: float, t: float) -> object:
    return Liar()
