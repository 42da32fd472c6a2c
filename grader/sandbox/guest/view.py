"""What files a worker may see: a private root of read-only mounts, or the same as rules of Landlock."""

from __future__ import annotations

import os

from . import kernel

HOME = "/home/submission"
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_BASE = "/tmp"
_OLD = "/old-root"


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def enter_private_root(visible: list[str], hidden: list[str]) -> None:
    """Give this process a root of its own with nothing but `visible`, read-only; `hidden` is covered.

    Needs a mount namespace of its own and the right to mount there. The home of the worker is an empty folder
    on which each worker mounts its own.

    Raises:
        OSError: A mount is refused.
    """
    kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("tmpfs", _BASE, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=0755,size=1m")
    os.mkdir(f"{_BASE}{_OLD}")  # noqa: PTH102
    kernel.pivot_root(_BASE, f"{_BASE}{_OLD}")
    os.chdir("/")
    shown: list[str] = []
    for path in sorted({*visible, *(os.path.realpath(f"{_OLD}{path}")[len(_OLD) :] for path in visible)}):
        _show(path, shown)
    for path in hidden:
        if any(_is_below(path, folder) for folder in shown) and os.path.lexists(path):
            _cover(path)
    os.mkdir("/dev", 0o755)  # noqa: PTH102
    for device in _DEVICES:
        with open(device, "xb"):  # noqa: PTH123
            pass
        kernel.bind_read_only(f"{_OLD}{device}", device, devices=True)
    os.makedirs(HOME)  # noqa: PTH103
    kernel.unmount(_OLD)
    os.rmdir(_OLD)  # noqa: PTH106
    kernel.set_read_only("/")


def _show(path: str, shown: list[str]) -> None:
    source = f"{_OLD}{path}"
    if not path.strip("/") or any(_is_below(path, folder) for folder in shown):
        return
    if not os.path.lexists(source):
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
    if os.path.islink(source):  # noqa: PTH114
        target = os.readlink(source)  # noqa: PTH115
        os.symlink(target, path)  # noqa: PTH211
        resolved = os.path.normpath(os.path.join(os.path.dirname(path), target))  # noqa: PTH118, PTH120
        _show(resolved, shown)
        return
    if os.path.isdir(source):  # noqa: PTH112
        os.makedirs(path, exist_ok=True)  # noqa: PTH103
    else:
        with open(path, "xb"):  # noqa: PTH123
            pass
    kernel.bind_read_only(source, path)
    shown.append(path)


def _cover(path: str) -> None:
    if os.path.isdir(path):  # noqa: PTH112
        kernel.mount("tmpfs", path, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=0000,size=4k")
    else:
        kernel.bind_read_only(f"{_OLD}/dev/null", path, devices=True)


def landlock_rules(visible: list[str], hidden: list[str]) -> list[tuple[str, int]]:
    """Return the rules that allow `visible` without `hidden` for reading, and the harmless devices.

    Landlock cannot take away below what it has given: a folder with something hidden in it is given entry by
    entry, and may itself be listed.
    """
    rules = [(device, kernel.WRITE) for device in _DEVICES if os.path.exists(device)]  # noqa: PTH110
    pending = [os.path.realpath(path) for path in visible]
    covered = [os.path.realpath(path) for path in hidden]
    while pending:
        path = pending.pop()
        if any(_is_below(path, folder) for folder in covered) or not os.path.exists(path):  # noqa: PTH110
            continue
        if any(_is_below(folder, path) for folder in covered):
            rules.append((path, kernel.LIST))
            with os.scandir(path) as entries:
                pending += sorted(entry.path for entry in entries if not entry.is_symlink())
        else:
            rules.append((path, kernel.READ))
    return rules
