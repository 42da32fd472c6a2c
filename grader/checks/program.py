"""Programs of a submission: how a function wants its arguments, and sessions that outlive an endless loop."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Self

from grader.model import Callable, Place, Program
from grader.rubric import Argument, Signature
from grader.sandbox import BadReply, Died, LimitHit, Limits, LoadError, Raised, Reply, Session, Template

Vectors = Literal["list", "array", "tuple"]
_ENDED_WHILE_LOADING = frozenset({"LimitHit", "Died", "BadReply"})
# What a restricted worker brings about: a missing library, no files, no network.
FAULTS_OF_THE_SANDBOX = frozenset(
    "ImportError ModuleNotFoundError OSError PermissionError FileNotFoundError FileExistsError BlockingIOError "
    "ConnectionError ConnectionRefusedError TimeoutError NotADirectoryError IsADirectoryError InterruptedError".split()
)


class Programs:
    """The programs of one submission, each in a worker of its own that is made when it is first needed.

    A worker that ended (an endless loop, a crash) is replaced for the next call, so that one function costs the
    others nothing. A program that ends its worker while it is loaded is not loaded again.
    """

    def __init__(self, template: Template, limits: Limits | None = None) -> None:
        self._template = template
        self._limits = limits or Limits()
        self._sessions: dict[Program, Session] = {}
        self._load_errors: dict[Program, tuple[LoadError | None, ...]] = {}
        self._parameters: dict[Program, dict[str, ast.arguments]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    def call(self, function: Callable, arguments: Mapping[str, object], *, positional: bool) -> Reply:
        """Return what came of a call, in the worker at hand or a new one.

        Raises:
            SandboxError: No worker can be had.
        """
        program = function.program
        session = self._sessions.get(program)
        if session is None:
            session = self._template.open(program.cells, self._limits)
            self._sessions[program] = session
            self._load_errors[program] = session.load_errors
        reply = session.call(function.function, arguments, positional=positional)
        if isinstance(reply, LimitHit | Died | BadReply) and not self._ended_while_loading(program):
            session.close()
            del self._sessions[program]
        return reply

    def _ended_while_loading(self, program: Program) -> bool:
        return any(error is not None and error.type in _ENDED_WHILE_LOADING for error in self._load_errors[program])

    def load_error(self, program: Program) -> tuple[LoadError, str, bool] | None:
        """Return the first error of a cell when it was loaded, its place, and whether the author's code made it."""
        for error, place in zip(self._load_errors.get(program, ()), program.where, strict=False):
            if error is None:
                continue
            where = _shown(place, error.line)
            is_own = error.type not in FAULTS_OF_THE_SANDBOX | _ENDED_WHILE_LOADING | {"NotRun"}
            return error, where, is_own or "load_cpu_s" in error.message
        return None

    def place_of(self, program: Program, where: str) -> str:
        """Return a place such as `cell 2, line 5` of the program as one of the submission; empty if it is none."""
        match = re.fullmatch(r"cell (\d+), line (\d+)", where)
        if match is None or not 1 <= int(match[1]) <= len(program.where):
            return ""
        return _shown(program.where[int(match[1]) - 1], int(match[2]))

    def parameters(self, function: Callable) -> ast.arguments | None:
        """Return the parameters of a function as its text declares them; None where it cannot be seen."""
        program = function.program
        if program not in self._parameters:
            self._parameters[program] = _declared(program)
        return self._parameters[program].get(function.function)


def _shown(place: Place, line: int | None) -> str:
    """Return cell and line of a submission for a line of one of its pieces."""
    cell = f"cell {place.cell}" if place.cell else ""
    return ", ".join(text for text in (cell, f"line {(place.line or 1) - 1 + line}" if line else "") if text)


def is_undefined(reply: Reply, function: Callable) -> bool:
    """Return whether a function does not exist after its cells were loaded."""
    return reply == Raised(type="NameError", message=f"no function {function.function} is defined", where="")


def _declared(program: Program) -> dict[str, ast.arguments]:
    """Return the parameters of the functions of a program by name; the last definition wins."""
    found: dict[str, ast.arguments] = {}
    for cell in program.cells:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(cell)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in _statements(tree):
            if isinstance(node, ast.FunctionDef):
                found[node.name] = node.args
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        _assign(found, target.id, node.value)
    return found


def _assign(found: dict[str, ast.arguments], name: str, value: ast.expr) -> None:
    if isinstance(value, ast.Lambda):
        found[name] = value.args
    elif isinstance(value, ast.Name) and value.id in found:
        found[name] = found[value.id]
    else:
        found.pop(name, None)


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements that run when a module is loaded, in order, without those inside of functions."""
    stack: list[ast.stmt] = list(reversed(tree.body))
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for field in ("finalbody", "orelse", "handlers", "body"):
            for child in reversed(getattr(node, field, None) or []):
                if isinstance(child, ast.ExceptHandler):
                    stack.extend(reversed(child.body))
                elif isinstance(child, ast.stmt):
                    stack.append(child)


# ---------------------------------------------------------------- passing arguments


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the arguments of a signature are passed to a function.

    Attributes:
        names: The function's own name and that of the signature (or of a derived value), for each argument.
        positional: Whether they are passed in this order instead of by name.
    """

    names: tuple[tuple[str, str], ...]
    positional: bool = False

    def passed(
        self, arguments: Mapping[str, Argument], signature: Signature, vectors: Vectors = "list"
    ) -> dict[str, object]:
        """Return the arguments of a call by the function's own names, vectors in the form that is asked for."""
        return {own: _formed(value_of(name, arguments, signature), vectors) for own, name in self.names}


def value_of(name: str, arguments: Mapping[str, Argument], signature: Signature) -> Argument:
    """Return an argument, or a value derived from the arguments."""
    return arguments[name] if name in arguments else signature.derived[name].compute(arguments)


def _formed(value: Argument, vectors: Vectors) -> object:
    if not isinstance(value, tuple):
        return value
    if vectors == "array":
        import numpy as np

        return np.array(value)
    return list(value) if vectors == "list" else value


def plan_call(declared: ast.arguments | None, signature: Signature) -> Plan:
    """Return how to call a function: by its own parameter names where they say what they are, else by position.

    A function may take fewer parameters than the signature, in any order, under names that the signature knows.
    Parameters with unknown names take what is left, in order.
    """
    wanted = [parameter.name for parameter in signature.parameters]
    if declared is None:
        return Plan(names=tuple((name, name) for name in wanted))
    own = [one.arg for one in (*declared.posonlyargs, *declared.args, *declared.kwonlyargs)]
    if declared.vararg is not None and own == wanted[: len(own)]:
        return Plan(names=tuple((name, name) for name in wanted), positional=True)
    with_default = {one.arg for one in (*declared.posonlyargs, *declared.args)[-len(declared.defaults) or len(own) :]}
    with_default |= {
        one.arg for one, default in zip(declared.kwonlyargs, declared.kw_defaults, strict=True) if default is not None
    }
    known = _recognised(own, signature)
    taken = {signature.derived[name].replaces if name in signature.derived else name for name in known.values()}
    left = [name for name in wanted if name not in taken]
    for name in own:
        if name not in known and left and name not in with_default:
            known[name] = left.pop(0)
    if declared.kwarg is not None:
        known.update({name: name for name in left if name not in own})
    names = tuple((name, known[name]) for name in (*own, *left) if name in known)
    if set(own) - set(known) - with_default:
        # More parameters than there are arguments: the call itself says so.
        names = tuple((name, name) for name in wanted)
        return Plan(names=names, positional=True)
    if len(names) < len(wanted) and not _is_known(own, signature):
        return Plan(names=tuple((name, name) for name in wanted), positional=True)
    return Plan(names=names, positional=bool(declared.posonlyargs))


def _recognised(own: list[str], signature: Signature) -> dict[str, str]:
    """Return the signature's name for each parameter whose name says what it is."""
    found: dict[str, str] = {name: name for name in own if name in signature.derived}
    aliases = {alias: one.name for one in reversed(signature.parameters) for alias in one.aliases}
    # A name of the signature counts before an alias, and that before a name that is only spelled alike.
    for known in (
        {one.name: one.name for one in signature.parameters},
        aliases,
        {_squeezed(alias): name for alias, name in aliases.items()},
    ):
        for name in own:
            meant = known.get(name) or (known.get(_squeezed(name)) if known is not aliases else None)
            if meant is not None and name not in found and meant not in found.values():
                found[name] = meant
    return found


def _is_known(own: list[str], signature: Signature) -> bool:
    return len(_recognised(own, signature)) == len(own)


def _squeezed(name: str) -> str:
    return name.lower().replace("_", "")
