"""Never returns."""


def answer(sigma2: float, t: float) -> object:
    while True:
        pass
