"""Python modules as submissions: parsed, never executed."""

from __future__ import annotations

import ast
import inspect
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.errors import IngestError
from grader.ingest.load import CODE_LIMIT_CHARACTERS
from grader.ingest.parts import PartNames
from grader.ingest.record import Collected, Reading
from grader.ingest.repair import restore_escapes
from grader.ingest.values import answer_of
from grader.model import Callable, Place, Program, Prose, Unreadable

_DEFINITION = re.compile(
    r"[ \t]{0,40}(?:async[ \t]+)?def[ \t]+(\w{1,80})[ \t]*\(|(\w{1,80})[ \t]*(?::[^=\n]{0,80})?=(?!=)"
)
_CODE_LINE = re.compile(r"(?:async )?def \w{1,80}\s*\(|import \w|from [\w.]{1,80} import |@\w")
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One piece of code with its syntax tree, or with the reason why it has none."""

    text: str
    place: Place
    tree: ast.Module | None
    error: str = ""
    error_line: int = 0


def parse_code(text: str, place: Place) -> Code:
    """Return a piece of code parsed; what Python refuses comes back as an error text with its line."""
    if len(text) > CODE_LIMIT_CHARACTERS:
        return Code(
            text=text, place=place, tree=None, error=f"longer than {CODE_LIMIT_CHARACTERS} characters", error_line=1
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Code(text=text, place=place, tree=ast.parse(text))
    except SyntaxError as error:
        return Code(
            text=text,
            place=place,
            tree=None,
            error=f"{error.msg} (line {error.lineno or 1})",
            error_line=error.lineno or 1,
        )
    except (ValueError, RecursionError, MemoryError) as error:
        reason = "nested too deeply" if not isinstance(error, ValueError) else str(error)
        return Code(text=text, place=place, tree=None, error=f"{reason} (line 1)", error_line=1)


def looks_like_python(text: str) -> bool:
    """Return whether a text has lines that only Python has."""
    return any(_CODE_LINE.match(line) for line in text.splitlines())


def read_module(text: str, names: PartNames, *, file: str, must_be: bool = False) -> Reading:
    """Return the answers of a module: functions, constants, docstrings.

    Raises:
        IngestError: It is not Python, or nothing in it is named after a part (unless `must_be`).
    """
    code = parse_code(text, Place(file=file, line=1))
    collected = Collected()
    if code.tree is None:
        if not must_be and not looks_like_python(text):
            raise IngestError(f"not Python: {code.error}")
        unreadable_parts(code, names, collected)
        if not collected.answers and not must_be:
            raise IngestError(f"not Python: {code.error}")
        collected.note(f"{file}: {code.error}")
    else:
        collect_code([code], names, collected)
        if not collected.answers and not collected.problems and not must_be and not looks_like_python(text):
            raise IngestError("Python, but nothing in it is named after a part (wanted names such as part_1a)")
    return Reading(
        format="python", parts=collected.parts(names.ids), problems=collected.problems, author=_author(code.tree)
    )


def collect_code(cells: Sequence[Code], names: PartNames, collected: Collected) -> set[str]:
    """Add the answers of cells that run in order in one namespace; return their parts; the last definition wins."""
    program = Program(cells=tuple(code.text for code in cells), where=tuple(code.place for code in cells))
    defined: dict[tuple[str, str], tuple[Code, ast.stmt, ast.expr | None, str]] = {}
    functions: set[str] = set()
    for code in cells:
        if code.tree is None:
            continue
        for node, depth in _statements(code.tree.body, ""):
            for name, value in _definitions(node):
                if isinstance(node, _Function):
                    functions.add(name)
                found = names.from_name(name)
                where = _place(code, node)
                if found is None:
                    if name.lower() in ("answer", "solution", "ans"):
                        collected.note(
                            f"{where}: {name!r} does not say which part it answers (wanted such as part_{names.ids[0]})"
                        )
                    continue
                if depth == "function":
                    collected.note(
                        f"{where}: {name!r} is defined inside of another function or class, where it cannot be reached"
                    )
                    continue
                if depth:
                    collected.note(f"{where}: {name!r} is defined inside of a {depth} statement")
                if found in defined:
                    collected.note(f"{where}: {name!r} is defined again; the last definition counts")
                    del defined[found]
                defined[found] = (code, node, value, name)
    for (part, item), (code, node, value, name) in defined.items():
        if isinstance(node, _Function):
            _function(node, code, program, part, collected)
        elif isinstance(value, ast.Lambda) or (isinstance(value, ast.Name) and value.id in functions):
            place = _place(code, node)
            collected.add(part, Callable(function=name, program=program, place=place), place)
        else:
            _constant(value, node, code, part, item, name, collected)
    return {part for part, _ in defined}


def unreadable_parts(code: Code, names: PartNames, collected: Collected) -> None:
    """Add every part that a line scan finds in code that Python refuses, as unreadable."""
    start = code.place.line or 1
    reason = f"{code.place.file}: {code.error}"
    for number, line in enumerate(code.text.split("\n")):
        match = _DEFINITION.match(line[:300])
        found = names.from_name(match[1] or match[2]) if match else None
        if found:
            place = Place(file=code.place.file, cell=code.place.cell, line=start + number)
            collected.add(
                found[0],
                Unreadable(text=line.strip()[:200], reason=f"the code is not Python: {reason}", place=place),
                place,
            )


def string_of(node: ast.expr) -> str | None:
    """Return the text of a string constant as it was meant, else None."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _function(node: _Function, code: Code, program: Program, part: str, collected: Collected) -> None:
    docstring = ast.get_docstring(node, clean=False)
    body = node.body[1:] if docstring is not None else node.body
    place = _place(code, node)
    if all(_is_stub(statement) for statement in body):
        collected.note(f"{place}: {node.name!r} is left empty")
        return
    if isinstance(node, ast.AsyncFunctionDef):
        reason = f"{node.name!r} is an async function; a plain one was wanted"
        collected.add(part, Unreadable(text=node.name, reason=reason, place=place), place)
        return
    text = restore_escapes(inspect.cleandoc(docstring)) if docstring else ""
    collected.add(part, Callable(function=node.name, program=program, place=place, docstring=text), place)
    if text:
        where = _place(code, node.body[0])
        trust = "source" if text == inspect.cleandoc(docstring or "") else "repaired"
        collected.add(part, Prose(text=text, place=where, trust="repaired" if trust == "repaired" else "source"), place)


def _is_stub(node: ast.stmt) -> bool:
    if isinstance(node, ast.Pass):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Raise) and node.exc is not None:
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    return False


def _constant(
    value: ast.expr | None, node: ast.stmt, code: Code, part: str, item: str, name: str, collected: Collected
) -> None:
    place = _place(code, node)
    if value is None or (isinstance(value, ast.Constant) and (value.value is None or value.value in ("", ...))):
        collected.note(f"{place}: {name!r} is left empty")
        return
    for text, inner in _texts(value, code, item):
        if text is None:
            reason = f"{name!r} is neither a function nor text nor a number, and code is not run to find out its value"
            shown = (ast.get_source_segment(code.text, value) or "")[:200]
            collected.note(f"{place}: {reason}")
            collected.add(part, Unreadable(text=shown, reason=reason, place=place), place)
        else:
            collected.add(part, answer_of(text, place=place, item=inner), place)


def _texts(value: ast.expr, code: Code, item: str) -> Iterator[tuple[str | None, str]]:
    """Yield (text, item) of a literal; None where it is none."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value, item
    elif (
        isinstance(value, ast.Constant) and isinstance(value.value, (int, float)) and not isinstance(value.value, bool)
    ) or (
        isinstance(value, ast.UnaryOp)
        and isinstance(value.operand, ast.Constant)
        and isinstance(value.op, (ast.USub, ast.UAdd))
    ):
        yield ast.get_source_segment(code.text, value), item
    elif (
        isinstance(value, (ast.Tuple, ast.List)) and value.elts and all(isinstance(e, ast.Constant) for e in value.elts)
    ):
        for element in value.elts:
            yield from _texts(element, code, item)
    elif isinstance(value, ast.Dict) and value.keys and not item and all(k and string_of(k) for k in value.keys):
        for key, below in zip(value.keys, value.values, strict=True):
            yield (string_of(below), string_of(key) or "") if key else (None, item)
    else:
        yield None, item


def _statements(body: Sequence[ast.stmt], depth: str) -> Iterator[tuple[ast.stmt, str]]:
    """Yield the statements of a module with what they stand inside of: nothing, `if`, ..., or `function`."""
    stack = [(node, depth) for node in reversed(body)]
    while stack:
        node, inside = stack.pop()
        yield node, inside
        closed = isinstance(node, (_Function, ast.ClassDef))
        below = "function" if closed else inside or type(node).__name__.lower()
        for name in ("finalbody", "handlers", "orelse", "body"):
            for child in reversed(getattr(node, name, None) or []):
                if isinstance(child, ast.stmt):
                    stack.append((child, below))
                elif isinstance(child, ast.ExceptHandler):
                    stack.extend((inner, below) for inner in reversed(child.body))


def _definitions(node: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(node, (_Function, ast.ClassDef)):
        yield node.name, None
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id, node.value
    elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target.id, node.target  # its value is not known without running the code
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, node.value
            elif (
                isinstance(target, ast.Tuple)
                and isinstance(node.value, ast.Tuple)
                and len(target.elts) == len(node.value.elts)
            ):
                for left, right in zip(target.elts, node.value.elts, strict=True):
                    if isinstance(left, ast.Name):
                        yield left.id, right


def _place(code: Code, node: ast.stmt) -> Place:
    return Place(file=code.place.file, cell=code.place.cell, line=(code.place.line or 1) - 1 + node.lineno)


def _author(tree: ast.Module | None) -> str:
    for node in tree.body if tree else ():
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id in ("__author__", "AUTHOR", "author")
        ):
            return string_of(node.value) or ""
    return ""
