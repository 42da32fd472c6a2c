"""The seccomp filter, run in a small interpreter of classic BPF, and its numbers against the headers."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from grader.sandbox.guest import seccomp

ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOW, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
OWN = 77


def outcome(machine: str, number: int, *arguments: int, arch: int | None = None) -> int:
    """Return what the filter says to a system call."""
    program = seccomp.program(machine, OWN)
    padded = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<iIQ6Q", number, ARCH[machine] if arch is None else arch, 0, *padded)
    accumulator, counter = 0, 0
    while True:
        code, yes, no, constant = struct.unpack_from("=HBBI", program, 8 * counter)
        counter += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, constant)
            case 0x15:
                counter += yes if accumulator == constant else no
            case 0x35:
                counter += yes if accumulator >= constant else no
            case 0x45:
                counter += yes if accumulator & constant else no
            case 0x06:
                return int(constant)
            case _:
                raise AssertionError(f"instruction {code:#x}")


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
class TestProgram:
    def number(self, machine: str, name: str) -> int:
        numbers = (seccomp.REFUSED | seccomp.LOOKED_INTO)[name]
        number = numbers[("x86_64", "aarch64").index(machine)]
        assert number is not None
        return number

    def test_refused_calls(self, machine: str) -> None:
        for name, numbers in seccomp.REFUSED.items():
            number = numbers[("x86_64", "aarch64").index(machine)]
            if number is not None:
                assert outcome(machine, number) == EPERM, name

    def test_ordinary_calls(self, machine: str) -> None:
        ordinary = {"x86_64": (0, 1, 3, 9, 10, 11, 12, 60, 202, 231, 257), "aarch64": (56, 57, 63, 64, 93, 98, 222)}
        assert {outcome(machine, number) for number in ordinary[machine]} == {ALLOW}

    def test_other_machines_and_unknown_numbers(self, machine: str) -> None:
        assert outcome(machine, 0, arch=0x40000003) == KILL
        for number in (seccomp.LAST_KNOWN + 1, 1 << 30, (1 << 30) + 41, -1):
            assert outcome(machine, number) == ENOSYS

    def test_signals_go_to_oneself_only(self, machine: str) -> None:
        for name in ("kill", "tgkill"):
            assert outcome(machine, self.number(machine, name), OWN, 9) == ALLOW
            for target in (0, 1, OWN + 1, 2**32 - 1, 2**64 - 1):
                assert outcome(machine, self.number(machine, name), target, 9) == EPERM

    def test_threads_but_no_processes(self, machine: str) -> None:
        assert outcome(machine, self.number(machine, "clone"), 0x3D0F00) == ALLOW
        assert outcome(machine, self.number(machine, "clone"), 17) == EPERM
        assert outcome(machine, self.number(machine, "clone"), 0x10000000 | 17) == EPERM
        assert outcome(machine, self.number(machine, "clone3")) == ENOSYS

    def test_sending_to_an_address(self, machine: str) -> None:
        assert outcome(machine, self.number(machine, "sendto"), 3, 0, 0, 0, 0) == ALLOW
        assert outcome(machine, self.number(machine, "sendto"), 3, 0, 0, 0, 1) == EPERM
        assert outcome(machine, self.number(machine, "sendto"), 3, 0, 0, 0, 1 << 40) == EPERM

    def test_a_worker_cannot_outlive_its_template(self, machine: str) -> None:
        assert outcome(machine, self.number(machine, "prctl"), 1, 0) == EPERM
        assert outcome(machine, self.number(machine, "prctl"), 15, 0) == ALLOW

    def test_limits_of_others(self, machine: str) -> None:
        for name in ("prlimit64", "sched_setaffinity"):
            assert outcome(machine, self.number(machine, name), 0) == ALLOW
            assert outcome(machine, self.number(machine, name), OWN) == ALLOW
            assert outcome(machine, self.number(machine, name), OWN + 1) == EPERM

    def test_injected_input(self, machine: str) -> None:
        assert outcome(machine, self.number(machine, "ioctl"), 0, 0x5412) == EPERM
        assert outcome(machine, self.number(machine, "ioctl"), 0, 0x5401) == ALLOW


@pytest.mark.parametrize(
    ("which", "header"),
    [(0, "x86_64-linux-gnu/asm/unistd_64.h"), (1, "asm-generic/unistd.h")],
    ids=["x86_64", "aarch64"],
)
def test_numbers_against_the_kernel_headers(which: int, header: str) -> None:
    path = Path("/usr/include") / header
    if not path.is_file():
        pytest.skip("the kernel headers are not installed")
    known = {
        name: int(number)
        for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\n", path.read_text(encoding="utf-8"))
    }
    newer_than_some_headers = {"fchmodat2"}
    for name, numbers in (seccomp.REFUSED | seccomp.LOOKED_INTO).items():
        if name in known or name not in newer_than_some_headers:
            assert numbers[which] == known.get(name), name
