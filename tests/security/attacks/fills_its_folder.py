"""Leaves links to everywhere, folders without end and files without rights."""

import os
from pathlib import Path


def answer(sigma2: float, t: float) -> object:
    for number, target in enumerate(("/etc/passwd", "/", "..", "loop", "/dev/null")):
        Path(f"link{number}").symlink_to(target)
    Path("loop").symlink_to("loop")
    for _ in range(1500):
        os.mkdir("deep")  # noqa: PTH102
        os.chdir("deep")
    Path("sealed").mkdir(mode=0)
    Path("json.py").write_text("raise SystemExit", encoding="utf-8")
    return -1.0
