"""Starts threads without end."""

import threading
import time


def answer(sigma2: float, t: float) -> object:
    while True:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
