"""Takes memory until there is no more."""


def answer(sigma2: float, t: float) -> object:
    hoard = []
    while True:
        hoard.append(bytearray(16 << 20))
