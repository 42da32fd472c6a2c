"""Hostile programs: none is graded right, none harms or outlives the grader, an honest one beside them is right."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from grader.errors import SandboxError
from grader.sandbox import (
    Array,
    BadReply,
    Died,
    Level,
    LimitHit,
    Limits,
    LoadError,
    Raised,
    Reply,
    Session,
    Template,
    Value,
    probe,
)

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "corpora" / "attacks"
OWN = sorted((HERE / "attacks").glob("*.py"))
THEIRS = sorted(
    SHARED / json.loads(line)["file"]
    for line in (SHARED / "index.jsonl").read_text(encoding="utf-8").splitlines()
    if json.loads(line)["file"].endswith(".py")
) if SHARED.is_dir() else []  # fmt: skip

HONEST = '"""An honest answer."""\n\n\ndef answer(sigma2, t):\n    return sigma2 + t\n'
POINTS = ((1.0, 0.5), (0.25, 2.0), (3.0, 0.125))
# for programs that never end, or are unknown: none of them is right, however slow the machine
SHORT = Limits(
    cpu_s=0.4, load_cpu_s=1.0, memory_bytes=256 << 20, processes=16, output_bytes=4096, reply_bytes=1 << 20, wall_s=2.0
)
LONG = dataclasses.replace(SHORT, cpu_s=20.0, load_cpu_s=20.0, wall_s=100.0)
GENEROUS = Limits(cpu_s=60.0, load_cpu_s=60.0, wall_s=300.0)

# what the grader must have seen of some of ours at the strong levels: an attack that does nothing tests nothing
SEEN: dict[str, type[Value | Raised | BadReply | LimitHit | Died]] = {
    "exit_code_zero": Raised,
    "ends_the_process": Died,
    "ends_while_loading": Died,
    "signals_everyone": Value,
    "fork_bomb": Raised,
    "two_of_me": Raised,
    "runs_a_program": Raised,
    "memory_bomb": LimitHit,
    "descriptor_exhaustion": Raised,
    "forged_replies": BadReply,
    "announces_four_gigabytes": BadReply,
    "closes_descriptors": Died,
    "endless_loop": LimitHit,
    "endless_load": LimitHit,
    "endless_sleep": LimitHit,
    "swallows_everything": LimitHit,
    "exit_hooks": Raised,
    "huge_return": BadReply,
    "huge_integer": BadReply,
    "virtual_array": BadReply,
    "recursive_return": BadReply,
    "deep_return": BadReply,
    "lying_class": BadReply,
    "equal_to_everything": BadReply,
    "float_subclass": BadReply,
    "secrets_in_memory": Value,
    "reads_the_repository": Value,
    "reads_its_parents": Value,
    "network": Value,
    "fills_its_folder": Value,
    "changes_rights": Value,
    "crashes": Died,
    "floods_its_output": Value,
    "mutated_arguments": Value,
    "hostile_error": Died,
    "misleading_error": Raised,
    "joins_a_namespace": Value,
}


def is_right(reply: Reply, expected: float) -> bool:
    """Return whether a reply is a float, exactly the expected one."""
    return isinstance(reply, Value) and type(reply.value) is float and reply.value == expected


def is_right_array(reply: Reply, expected: list[float]) -> bool:
    return (
        isinstance(reply, Value)
        and type(reply.value) is Array
        and reply.value.dtype == "float64"
        and reply.value.shape == (len(expected),)
        and reply.value.tolist() == expected
    )


def replies_until_wrong(templates: list[Template], text: str, limits: Limits) -> tuple[bool, Reply]:
    """Return whether every reply was right, and the last one.

    The points come in another order for each template, each twice in one session and once in a fresh one, and
    then as arrays: the answers must not depend on history, process, hash seed, or the type of number.
    """
    order = random.Random(0)
    last: Reply = Died(reason="nothing was asked")
    for template in templates:
        with template.open([text], limits) as session:
            for sigma2, t in order.sample(POINTS * 2, 2 * len(POINTS)):
                last = session.call("answer", {"sigma2": sigma2, "t": t})
                if not is_right(last, sigma2 + t):
                    return False, last
        sigma2, t = POINTS[0]
        with template.open([text], limits) as session:
            last = session.call("answer", {"sigma2": np.full(2, sigma2), "t": np.full(2, t)})
            if not is_right_array(last, [sigma2 + t] * 2):
                return False, last
    return True, last


def descendants(pid: int) -> list[int]:
    """Return the processes below one, from the process table."""
    below: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                parent = int((folder / "stat").read_bytes().rpartition(b")")[2].split()[1])
            except OSError:
                continue
            below.setdefault(parent, []).append(int(folder.name))
    found, pending = [], [pid]
    while pending:
        children = below.get(pending.pop(), [])
        found += children
        pending += children
    return found


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def left_files() -> set[str]:
    return {path.name for path in Path(tempfile.gettempdir()).glob("grader-*/*")}


def enter(level: Level, hash_seed: int) -> Template:
    try:
        return Template(preload=("numpy",), isolation=level, hash_seed=hash_seed).__enter__()
    except SandboxError as error:
        if any(name in str(error) for name in probe.PROBES):
            raise  # it was in force and broke its promise
        pytest.skip(f"this level cannot be in force here: {error}")


@pytest.fixture(scope="module", params=["namespaces", "kernel-filters"])
def templates(request: pytest.FixtureRequest) -> Iterator[list[Template]]:
    """Templates with different hash seeds, at a level that is meant for hostile programs."""
    level: Level = request.param
    entered = [enter(level, seed) for seed in range(4)]
    yield entered
    for template in entered:
        template.__exit__()


def attack(templates: list[Template], text: str, limits: Limits) -> Reply:
    """Run an attack and check all that must hold whatever it does; return the reply that gave it away."""
    processes = len(descendants(os.getpid()))
    descriptors, files = open_descriptors(), left_files()
    right, last = replies_until_wrong(templates, text, limits)
    assert not right
    assert open_descriptors() == descriptors
    assert len(descendants(os.getpid())) == processes
    assert left_files() == files
    assert replies_until_wrong(templates[:1], HONEST, GENEROUS)[0], "an honest answer after the attack"
    return last


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_an_attack_is_neither_right_nor_harmful(templates: list[Template], path: Path) -> None:
    seen = SEEN.get(path.stem)
    last = attack(templates, path.read_text(encoding="utf-8"), SHORT if seen in (None, LimitHit) else LONG)
    if seen is not None:
        assert isinstance(last, seen)


@pytest.mark.shared
@pytest.mark.parametrize("path", THEIRS, ids=lambda path: path.stem)
def test_a_sample_attack_is_neither_right_nor_harmful(templates: list[Template], path: Path) -> None:
    attack(templates, path.read_text(encoding="utf-8"), SHORT)


@pytest.mark.shared
def test_sample_attacks_are_there() -> None:
    if not SHARED.is_dir():
        pytest.skip("the sample attacks are not part of this repository")
    assert len(THEIRS) > 20


def test_at_least_25_attacks_of_our_own() -> None:
    assert len(OWN) >= 25
    assert set(SEEN) <= {path.stem for path in OWN}


def test_an_honest_answer_is_right(templates: list[Template]) -> None:
    right, last = replies_until_wrong(templates, HONEST, GENEROUS)
    assert right, last


def test_a_wrong_answer_is_wrong(templates: list[Template]) -> None:
    assert not replies_until_wrong(templates, HONEST.replace("+", "-"), GENEROUS)[0]


def test_bytes_between_calls_void_the_next_call(templates: list[Template]) -> None:
    text = (HERE / "attacks" / "threads_left_running.py").read_text(encoding="utf-8")
    with templates[0].open([text], LONG) as session:
        session.call("answer", {"sigma2": 1.0, "t": 0.5})
        time.sleep(0.1)  # for the thread to write; if it has not, the next reply is void all the same
        found = [session.call("answer", {"sigma2": 1.0, "t": 0.5}) for _ in range(3)]
    assert all(isinstance(reply, BadReply) for reply in found[1:]), found


def test_output_is_capped_and_harmless_to_show(templates: list[Template]) -> None:
    text = (HERE / "attacks" / "floods_its_output.py").read_text(encoding="utf-8")
    with templates[0].open([text], Limits(output_bytes=4096)) as session:
        assert isinstance(session.call("answer", {"sigma2": 1.0, "t": 0.5}), Value)
        shown = session.output
    assert "the rest was dropped" in shown
    assert len(shown) < 4096 * 8
    assert "\x1b" not in shown


def test_an_error_text_is_harmless_to_show(templates: list[Template]) -> None:
    text = (HERE / "attacks" / "misleading_error.py").read_text(encoding="utf-8")
    with templates[0].open([text], LONG) as session:
        reply = session.call("answer", {"sigma2": 1.0, "t": 0.5})
    assert isinstance(reply, Raised)
    for shown in (reply.type, reply.message):
        shown.encode("utf-8")
        assert not set(shown) & {"\x1b", "\x00", "\u202e"}


def sees(session: Session, expression: str) -> object:
    reply = session.call("look", {"expression": expression})
    assert isinstance(reply, Value), reply
    return reply.value


def test_a_worker_sees_nothing_of_the_grader(templates: list[Template], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_SECRET", "expected")
    with Template(preload=(), isolation=templates[0].isolation.name) as template:
        cell = "import importlib.util, os, sys\ndef look(expression):\n    return eval(expression)\n"
        with template.open([cell]) as session:
            assert session.load_errors == (None,)
            for name in ("grader", "reference"):
                assert sees(session, f"importlib.util.find_spec({name!r}) is None")
            assert "SECRET" not in str(sees(session, "' '.join(os.environ)"))
            assert sees(session, "sys.argv") == [""]
            assert sees(session, "os.listdir('.')") == []
            assert sees(session, "os.environ['PYTHONHASHSEED']") == "0"
            repository = str(HERE.parents[1])
            assert repository not in str(sees(session, "[p for p in sys.path if 'site-packages' not in p]"))


def test_a_session_knows_nothing_of_another(templates: list[Template]) -> None:
    text = "import os, random\nopen('mine', 'w').write('x')\nrandom.seed()\ndef names():\n    return os.listdir('.')\n"
    with templates[0].open([text]) as first, templates[0].open([text.replace("mine", "other")]) as second:
        assert first.load_errors == second.load_errors == (None,)
        assert first.call("names", {}) == Value(value=["mine"])
        assert second.call("names", {}) == Value(value=["other"])


def test_a_cell_that_ends_the_worker_is_named(templates: list[Template]) -> None:
    with templates[0].open(["x = 1", "import os; os._exit(3)", "y = 1"]) as session:
        assert session.load_errors == (
            None,
            LoadError(type="Died", message="the worker exited with code 3", line=None),
            LoadError(type="NotRun", message="an earlier cell ended the worker", line=None),
        )
        assert session.call("answer", {}) == Died(reason="the worker exited with code 3")
