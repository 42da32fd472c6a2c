"""Levels of isolation: probed, honest about what they are, and a template that survives or is replaced."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sympy

from grader.errors import SandboxError
from grader.sandbox import LEVELS, Level, Limits, Raised, Template, Value, level, probe
from grader.sandbox.guest.server import remove_tree

HONEST = "def answer(sigma2, t):\n    return sigma2 + t\n"


@contextlib.contextmanager
def enter(name: Level, hide: Sequence[Path] = ()) -> Iterator[Template]:
    """Enter a template at a level; skip the test where the system does not offer it."""
    with contextlib.ExitStack() as stack:
        try:
            template = stack.enter_context(Template(preload=(), isolation=name, hide=hide))
        except SandboxError as error:
            if any(name in str(error) for name in probe.PROBES):
                raise  # it was in force and broke its promise
            pytest.skip(f"this level cannot be in force here: {error}")
        yield template


@pytest.mark.parametrize("name", LEVELS)
def test_each_level_keeps_what_it_promises_and_computes(name: Level) -> None:
    with enter(name) as template:
        found = template.isolation
        assert found.name == name
        assert probe.broken_promises(name, found.probes) == []
        assert len(found.probes) == 12
        assert {outcome for _, outcome in found.probes} <= {probe.BLOCKED, probe.REACHED}
        with template.open([HONEST]) as session:
            assert session.call("answer", {"sigma2": 1.0, "t": 0.5}) == Value(value=1.5)


def test_the_best_level_comes_first() -> None:
    found = level()
    with Template(preload=()) as template:
        assert template.isolation == found
    for name in LEVELS[: LEVELS.index(found.name)]:
        with pytest.raises(SandboxError), Template(preload=(), isolation=name):
            pass


def test_the_probes_can_fail() -> None:
    """Without isolation the same attempts get through: what is called blocked was not just impossible."""
    with enter("process") as template:
        outcomes = dict(template.isolation.probes)
    reached = {name for name, outcome in outcomes.items() if outcome == probe.REACHED}
    expected = {probe.READ_CANARY, probe.READ_GRADER, probe.CHANGE_RIGHTS, probe.CONNECT, probe.SEND_DATAGRAM}
    assert expected <= reached
    assert probe.SIGNAL_GRADER in reached
    if sys.platform == "linux":
        assert probe.LIST_GRADER in reached
    assert probe.broken_promises("namespaces", template.isolation.probes)
    assert probe.broken_promises("kernel-filters", template.isolation.probes)


@pytest.mark.parametrize("name", ["namespaces", "kernel-filters"])
def test_a_hidden_file_is_hidden_even_below_a_visible_folder(name: Level) -> None:
    folder = Path(sympy.__file__).parent / "plotting"
    cell = (
        "import os\ndef names(path):\n    return os.listdir(path)\ndef read(path):\n    return len(open(path).read())\n"
    )
    module = str(folder / "__init__.py")
    with enter(name, [folder]) as template, template.open([cell]) as session:
        assert isinstance(session.call("read", {"path": module}), Raised)
        assert isinstance(session.call("read", {"path": sympy.__file__}), Value)
        assert isinstance(session.call("names", {"path": str(folder.parent)}), Value)


def test_a_template_that_dies_is_replaced() -> None:
    with Template(preload=()) as template:
        host = template._host
        assert host is not None
        os.kill(host.process.pid, signal.SIGKILL)
        host.process.wait()
        with template.open([HONEST]) as session:
            assert session.call("answer", {"sigma2": 1.0, "t": 0.5}) == Value(value=1.5)


def test_what_a_plain_process_starts_is_ended_with_it(tmp_path: Path) -> None:
    """The weakest level cannot stop a program from starting others; they must still not be left behind."""
    cell = """
import os, time
def start(path):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            with open(path, "w") as file:
                file.write(str(os.getpid()))
            time.sleep(120)
        os._exit(0)
    os.wait()
    while not (os.path.exists(path) and open(path).read()):
        time.sleep(0.01)
    return True
"""
    if sys.platform != "linux":
        pytest.skip("the processes of others are found through /proc")
    with enter("process") as template:
        with template.open([cell], Limits(wall_s=60.0)) as session:
            assert session.call("start", {"path": str(tmp_path / "pid")}) == Value(value=True)
            pid = int((tmp_path / "pid").read_text(encoding="ascii"))
            os.kill(pid, 0)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.parametrize("name", ["namespaces", "kernel-filters", "process"])
def test_a_grader_that_is_killed_leaves_nothing(name: Level, tmp_path: Path) -> None:
    with enter(name):
        pass
    tmp_path.chmod(0o755)
    script = f"""
import tempfile, time
from grader.sandbox import Template
tempfile.tempdir = {str(tmp_path)!r}
with Template(preload=(), isolation={name!r}) as template:
    session = template.open(["open('left', 'w').write('x')"])
    print(template._host.process.pid, flush=True)
    time.sleep(120)
"""
    grader = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert grader.stdout is not None
    pid = int(grader.stdout.readline())
    grader.kill()
    grader.wait()
    grader.stdout.close()
    deadline = time.monotonic() + 60.0
    while is_running(pid) or any(tmp_path.iterdir()):
        assert time.monotonic() < deadline, "the template or its folder outlived the grader"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Return whether a process runs; one that has ended but was not asked for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    try:
        return ") Z " not in stat.read_text(encoding="utf-8")
    except OSError:
        return False


def test_a_module_that_is_missing_is_named() -> None:
    with pytest.raises(SandboxError, match="no_such_module_at_all"), Template(preload=("no_such_module_at_all",)):
        pass


def test_a_template_must_be_entered() -> None:
    with pytest.raises(SandboxError, match="not started"):
        Template().open([HONEST])
    with pytest.raises(SandboxError, match="not started"):
        _ = Template().isolation


def test_importing_the_sandbox_is_light() -> None:
    heavy = "{'numpy', 'torch', 'sympy', 'scipy', 'mpmath', 'ctypes'}"
    script = f"import sys, grader.sandbox; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_folder_of_any_depth_is_removed(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    (tmp_path / "outside").mkdir()
    (top / "link").symlink_to(tmp_path / "outside")
    (top / "sealed").mkdir()
    (top / "sealed" / "file").write_text("x", encoding="ascii")
    (top / "sealed").chmod(0)
    here = os.open(top, os.O_RDONLY)
    for _ in range(1050):
        os.mkdir("deep", dir_fd=here)
        below = os.open("deep", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    remove_tree(str(top))
    assert [path.name for path in tmp_path.iterdir()] == ["outside"]


def test_a_level_that_breaks_its_promise_is_left_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    best = level().name
    below = [name for name in LEVELS if LEVELS.index(name) > LEVELS.index(best)]
    judged: list[Level] = []
    truly = probe.broken_promises

    def broken(name: Level, outcomes: Sequence[tuple[str, str]]) -> list[str]:
        judged.append(name)
        return [probe.CONNECT] if name == best else truly(name, outcomes)

    monkeypatch.setattr(probe, "broken_promises", broken)
    if not below:
        pytest.skip("only the last level is to be had here")
    assert level().name in below
    assert judged[0] == best
    with pytest.raises(SandboxError, match=f"{best}: {probe.CONNECT}"), Template(preload=(), isolation=best):
        pass
