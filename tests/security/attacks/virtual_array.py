"""Returns an array of 8 TB that takes 8 bytes."""

import numpy as np


def answer(sigma2: float, t: float) -> object:
    return np.broadcast_to(np.float64(sigma2 + t), (10**12,))
