"""A seccomp filter in classic BPF: what a worker may not ask the kernel, on x86_64 and aarch64.

Refused by name: the network, other processes (their memory, descriptors, signals, priorities), new processes
and programs, mounts and namespaces, the rights and owners of files, keys, kernel interfaces with a long history
of holes (bpf, io_uring, userfaultfd, perf), memory that no limit counts (memfd, System V), and every number that
is newer than this table. Threads are allowed: numerical libraries start them.

Source of the numbers: the kernel's own tables arch/x86/entry/syscalls/syscall_64.tbl and
include/uapi/asm-generic/unistd.h; a test compares them with the headers of the machine where it has them.
"""

from __future__ import annotations

import struct

_LD_W_ABS, _JEQ, _JGE, _JSET, _RET = 0x20, 0x15, 0x35, 0x45, 0x06
_KILL_PROCESS, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_NR, _ARCH, _ARGS = 0, 4, 16
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_EPERM, _ENOSYS = 1, 38
_CLONE_THREAD = 0x00010000
_PR_SET_PDEATHSIG = 1
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
LAST_KNOWN = 456  # futex_requeue, Linux 6.7: whatever came later is refused as not implemented

# name: (x86_64, aarch64), None where the machine has no such call
REFUSED: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242), "sendmsg": (46, 211), "sendmmsg": (307, 269),
    "recvmsg": (47, 212), "recvmmsg": (299, 243),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "process_mrelease": (448, 448), "kcmp": (312, 272),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "tkill": (200, 130),
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    "setpriority": (141, 140), "ioprio_set": (251, 30), "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118), "sched_setattr": (314, 274),
    "migrate_pages": (256, 238), "move_pages": (279, 239),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    "mknod": (133, None), "mknodat": (259, 33),
    # Landlock watches over contents only: without these, a worker of the grader's user could lock it out
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "lchown": (94, None), "fchown": (93, 55), "fchownat": (260, 54),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "semget": (64, 190),
    "semop": (65, 193), "semtimedop": (220, 192), "semctl": (66, 191), "msgget": (68, 186),
    "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187), "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "syslog": (103, 116),
    "sethostname": (170, 161), "setdomainname": (171, 162), "vhangup": (153, 58),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266),
    "adjtimex": (159, 171), "personality": (135, 92), "lookup_dcookie": (212, 18),
    "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None), "uselib": (134, None),
}  # fmt: skip
LOOKED_INTO: dict[str, tuple[int, int]] = {
    "kill": (62, 129),
    "tgkill": (234, 131),
    "prctl": (157, 167),
    "prlimit64": (302, 261),
    "sched_setaffinity": (203, 122),
    "ioctl": (16, 29),
    "sendto": (44, 206),
    "clone": (56, 220),
    "clone3": (435, 435),
}


def _instruction(code: int, constant: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, constant)


def _low(argument: int) -> bytes:
    """Load the low half of an argument (both machines are little endian)."""
    return _instruction(_LD_W_ABS, _ARGS + 8 * argument)


def _high(argument: int) -> bytes:
    return _instruction(_LD_W_ABS, _ARGS + 8 * argument + 4)


_PERMIT = _instruction(_RET, _ALLOW)
_DENY = _instruction(_RET, _ERRNO | _EPERM)
_UNKNOWN = _instruction(_RET, _ERRNO | _ENOSYS)


def _only(argument: int, *allowed: int) -> bytes:
    """Permit the call where the low half of an argument is one of `allowed`."""
    tests = b"".join(_instruction(_JEQ, value, no=1) + _PERMIT for value in allowed)
    return _low(argument) + tests + _DENY


def _never(argument: int, *refused: int) -> bytes:
    """Permit the call unless the low half of an argument is one of `refused`."""
    tests = b"".join(_instruction(_JEQ, value, no=1) + _DENY for value in refused)
    return _low(argument) + tests + _PERMIT


def program(machine: str, own_pid: int) -> bytes:
    """Return the filter for a worker that sees itself as process `own_pid`.

    Args:
        machine: `x86_64` or `aarch64`.
        own_pid: The only process that it may signal or set limits of.
    """
    which = ("x86_64", "aarch64").index(machine)
    rules = {
        "kill": _only(0, own_pid),
        "tgkill": _only(0, own_pid),
        "prctl": _never(0, _PR_SET_PDEATHSIG),  # else a worker could outlive its template
        "prlimit64": _only(0, 0, own_pid),
        "sched_setaffinity": _only(0, 0, own_pid),
        "ioctl": _never(1, _TIOCSTI, _TIOCLINUX),
        # a socket pair is harmless until it sends to an address
        "sendto": _low(4) + _instruction(_JEQ, 0, yes=1) + _DENY
        + _high(4) + _instruction(_JEQ, 0, yes=1) + _DENY + _PERMIT,
        "clone": _low(0) + _instruction(_JSET, _CLONE_THREAD, no=1) + _PERMIT + _DENY,
        # its flags lie in memory, where a filter cannot look: the C library falls back to clone
        "clone3": _UNKNOWN,
    }  # fmt: skip
    code = [
        _instruction(_LD_W_ABS, _ARCH),
        _instruction(_JEQ, _AUDIT_ARCH[machine], yes=1),
        _instruction(_RET, _KILL_PROCESS),
        _instruction(_LD_W_ABS, _NR),
        # also the x32 numbers, which start at 2**30
        _instruction(_JGE, LAST_KNOWN + 1, no=1),
        _UNKNOWN,
    ]
    for name, rule in rules.items():
        code += [_instruction(_JEQ, LOOKED_INTO[name][which], no=len(rule) // 8), rule]
    for numbers in REFUSED.values():
        number = numbers[which]
        if number is not None:
            code += [_instruction(_JEQ, number, no=1), _DENY]
    code.append(_PERMIT)
    return b"".join(code)
