"""How a worker gives up its rights, in order, before it sees the first byte of a submission."""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import dataclass

from . import kernel, seccomp, view


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done to a worker.

    Attributes:
        private_mounts: It gets a mount namespace and a temporary file system of its own.
        user: The user id it changes to; None to keep the template's.
        nested_user: It enters a user namespace of its own, in which it is nobody.
        rules: The rules of Landlock; None to do without.
        filtered: The seccomp filter is installed.
        base_bytes: Address space that the warm interpreter takes already.
        home: Its working directory.
    """

    private_mounts: bool = False
    user: int | None = None
    nested_user: bool = False
    rules: list[tuple[str, int]] | None = None
    filtered: bool = False
    base_bytes: int = 0
    home: str = view.HOME


def confine(plan: Plan, limits: dict[str, int], keep: set[int]) -> None:
    """Apply the plan to this process, for good.

    Args:
        plan: What to do.
        limits: `memory_bytes`, `processes`, `open_files` and `file_bytes`.
        keep: The only descriptors that stay open.

    Raises:
        OSError: The kernel refuses a step; the process must not go on.
    """
    os.setsid()
    linux = sys.platform == "linux"
    if plan.private_mounts:
        kernel.unshare(kernel.CLONE_NEWNS)
        owner = 0 if plan.user is None else plan.user
        kernel.mount(
            "tmpfs",
            plan.home,
            "tmpfs",
            kernel.MS_NOSUID | kernel.MS_NODEV,
            f"mode=0700,uid={owner},gid={owner},size={limits['file_bytes']},nr_inodes=4096",
        )
    os.chdir(plan.home)
    if plan.user is not None:
        os.setgroups([])
        os.setresgid(plan.user, plan.user, plan.user)
        os.setresuid(plan.user, plan.user, plan.user)
    elif plan.nested_user:
        kernel.unshare(kernel.CLONE_NEWUSER)
    _set_limits(plan, limits)
    if linux:
        if plan.filtered or plan.private_mounts:
            kernel.drop_capabilities()
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
        kernel.prctl(kernel.PR_SET_PDEATHSIG, 9)  # a change of user clears it, so it comes after
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if plan.rules is not None:
        kernel.landlock(plan.rules)
    close_all_but(keep)
    machine = kernel.machine()
    if plan.filtered and machine is not None:
        kernel.seccomp_filter(seccomp.program(machine, os.getpid()))


def _set_limits(plan: Plan, limits: dict[str, int]) -> None:
    wanted = {
        resource.RLIMIT_AS: plan.base_bytes + limits["memory_bytes"],
        resource.RLIMIT_NOFILE: limits["open_files"],
        resource.RLIMIT_FSIZE: limits["file_bytes"],
        resource.RLIMIT_CORE: 0,
    }
    if plan.user is not None or plan.nested_user:
        # counted per user over the whole host, and not at all for root: of use only to a user of its own
        wanted[resource.RLIMIT_NPROC] = limits["processes"]
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def close_all_but(keep: set[int]) -> None:
    """Close every descriptor that is not in `keep`."""
    previous = -1
    for fd in sorted(keep):
        if fd > previous + 1:  # CPython 3.11 takes the empty range (0, 0) for everything
            os.closerange(previous + 1, fd)
        previous = fd
    os.closerange(previous + 1, max(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 1 << 12))
