"""System calls of Linux that Python 3.11 does not offer, through ctypes; each raises OSError on failure."""

from __future__ import annotations

import ctypes
import os
import platform
import stat
import struct

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
MNT_DETACH = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_ATTR_RDONLY, _ATTR_NOSUID, _ATTR_NODEV = 1, 2, 4

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38

_NUMBERS = {
    # name: (x86_64, aarch64)
    "capset": (126, 91),
    "pivot_root": (155, 41),
    "seccomp": (317, 277),
    "mount_setattr": (442, 442),
    "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
}

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def machine() -> str | None:
    """Return `x86_64` or `aarch64`; None for a machine whose system call numbers are not known here."""
    name = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    return name if name in ("x86_64", "aarch64") and ctypes.sizeof(ctypes.c_void_p) == 8 else None


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _syscall(name: str, *arguments: object) -> int:
    known = machine()
    if known is None:
        raise OSError(38, f"{name}: system call numbers of {platform.machine()} are not known")
    number = _NUMBERS[name][("x86_64", "aarch64").index(known)]
    return _checked(int(_libc.syscall(ctypes.c_long(number), *arguments)), name)


def unshare(flags: int) -> None:
    """Enter new namespaces of the kinds in `flags`."""
    _checked(int(_libc.unshare(ctypes.c_int(flags))), "unshare")


def setns(fd: int, kind: int) -> None:
    """Enter the namespace behind `fd` (for pid namespaces: the children born from now on do)."""
    _checked(int(_libc.setns(ctypes.c_int(fd), ctypes.c_int(kind))), "setns")


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """Attach a file system or a folder to `target`; see the manual page of the call."""
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    result = _libc.mount(*encoded, ctypes.c_ulong(flags), os.fsencode(data))
    _checked(int(result), f"mount on {target}")


def bind_read_only(source: str, target: str, *, devices: bool = False) -> None:
    """Show the tree `source` at `target`, read-only through and through, without set-uid or devices."""
    mount(source, target, None, MS_BIND | MS_REC)
    attributes = _ATTR_NOSUID if devices else _ATTR_RDONLY | _ATTR_NOSUID | _ATTR_NODEV
    set_attributes(target, attributes)


def set_read_only(target: str) -> None:
    """Make the mount at `target` and all below it read-only."""
    set_attributes(target, _ATTR_RDONLY)


def set_attributes(target: str, attributes: int) -> None:
    """Add attributes to a mount and all below it, as mount_setattr(2) of Linux 5.12."""
    record = struct.pack("=QQQQ", attributes, 0, 0, 0)
    _syscall(
        "mount_setattr",
        ctypes.c_int(_AT_FDCWD),
        os.fsencode(target),
        ctypes.c_uint(_AT_RECURSIVE),
        record,
        ctypes.c_size_t(len(record)),
    )


def unmount(target: str) -> None:
    """Detach the mount at `target`."""
    _checked(int(_libc.umount2(os.fsencode(target), ctypes.c_int(MNT_DETACH))), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root and put the old one at `old`, a folder below `new`."""
    _syscall("pivot_root", os.fsencode(new), os.fsencode(old))


def prctl(option: int, value: int) -> None:
    """Set a property of this process."""
    zero = ctypes.c_ulong(0)
    result = _libc.prctl(ctypes.c_int(option), ctypes.c_ulong(value), zero, zero, zero)
    _checked(int(result), f"prctl {option}")


def drop_capabilities() -> None:
    """Give up every capability for good (with no_new_privs, none comes back)."""
    header = struct.pack("=Ii", 0x20080522, 0)
    _syscall("capset", header, bytes(24))


def seccomp_filter(program: bytes) -> None:
    """Install a seccomp filter on this (single) thread and all that it starts; needs no_new_privs."""
    buffer = ctypes.create_string_buffer(program, len(program))
    record = struct.pack("@HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    set_mode_filter, speculation_allowed = 1, 4
    _syscall("seccomp", ctypes.c_uint(set_mode_filter), ctypes.c_uint(speculation_allowed), record)


# ---------------------------------------------------------------- Landlock (Linux 5.13)

_FS_EXECUTE, _FS_READ_FILE, _FS_READ_DIR = 1 << 0, 1 << 2, 1 << 3
_FS_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_FS_OF_A_FILE = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15  # execute, write, read, truncate, ioctl
READ = _FS_EXECUTE | _FS_READ_FILE | _FS_READ_DIR
LIST = _FS_READ_DIR
WRITE = (1 << 16) - 1


def landlock_abi() -> int:
    """Return the version of Landlock that the kernel offers, 0 where it offers none."""
    try:
        return _syscall("landlock_create_ruleset", None, ctypes.c_size_t(0), ctypes.c_uint(1))
    except OSError:
        return 0


def landlock(rules: list[tuple[str, int]]) -> None:
    """Leave this process, for good, only the rights of `rules` (path, rights below it) on files.

    From version 4 on TCP is refused too, and from 6 on abstract sockets of, and signals to, other processes.
    """
    abi = landlock_abi()
    if not abi:
        raise OSError(38, "landlock: not offered by this kernel")
    handled = _FS_BY_ABI[min(abi, 5)]
    attributes = [handled, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0]
    record = struct.pack("=QQQ", *attributes)[: 8 if abi < 4 else 16 if abi < 6 else 24]
    ruleset = _syscall("landlock_create_ruleset", record, ctypes.c_size_t(len(record)), ctypes.c_uint(0))
    try:
        for path, rights in rules:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
            try:
                usable = rights & handled & (-1 if stat.S_ISDIR(os.fstat(fd).st_mode) else _FS_OF_A_FILE)
                rule = struct.pack("=Qi", usable, fd)
                _syscall("landlock_add_rule", ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint(0))
            finally:
                os.close(fd)
        _syscall("landlock_restrict_self", ctypes.c_int(ruleset), ctypes.c_uint(0))
    finally:
        os.close(ruleset)
