"""Empty submissions to fill in, generated from a rubric: nothing about an assignment is written here.

What a template asks stands where no reader looks for an answer (comments, raw cells of a notebook), so that an
unfilled part is missing and the words of a question are never graded as an answer.
"""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Iterator
from fractions import Fraction
from typing import Literal, get_args

from grader.errors import UsageError
from grader.rubric import Item, Part, Returned, Rubric

Format = Literal["py", "ipynb", "md", "toml"]
_WIDTH = 100
_NOTEBOOK_VERSION = (4, 5)


def new_submission(rubric: Rubric, format: str) -> str:  # noqa: A002 - the word of the command line
    """Return the text of an empty submission in a format: `py`, `ipynb`, `md` or `toml`.

    Raises:
        UsageError: The format is another.
    """
    match format:
        case "py":
            return _module(rubric)
        case "ipynb":
            return _notebook(rubric)
        case "md":
            return _markdown(rubric)
        case "toml":
            return _sheet(rubric)
        case _:
            raise UsageError(f"a template in the format {format!r}: wanted one of {', '.join(get_args(Format))}")


# ---------------------------------------------------------------- what is asked


def _heading(part: Part) -> str:
    return f"{part.id}. {part.title} ({_points(part.points)})"


def _points(points: Fraction) -> str:
    return f"{points} point" if points <= 1 else f"{points} points"


def _in_words(part: Part) -> tuple[Item, ...]:
    """Return the items that only words or formulas answer."""
    coded = {one.item for one in part.signature.returned} if part.signature else set()
    return tuple(item for item in part.items if item.id not in coded)


def _asked(item: Item) -> str:
    return f"{item.id}: {item.asks}, {_points(item.points)}"


def _wrapped(text: str, first: str = "", later: str = "") -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )


# ---------------------------------------------------------------- Python


def _module(rubric: Rubric) -> str:
    lines = [
        f'"""{rubric.title}',
        "",
        "Fill in the functions, or put a formula as text in place of one: part_1a = r'...'. Keep the names.",
        "Words go into the constants, or into the docstring of the part's function.",
        '"""',
        "",
        'AUTHOR = ""',
    ]
    for part in rubric.parts:
        lines += ["", "", f"# {_heading(part)}", "#", *_wrapped(part.question, "# ", "# ")]
        words = _in_words(part)
        coded = [item for item in part.items if item not in words]
        lines += ["#"] if coded else []
        for item in coded:
            lines += _wrapped(_asked(item), "#   ", "#     ")
        for stub in _stubs(part):
            lines += ["", "", *stub]
        if words:
            lines += ["", ""]
        for item in words:
            lines += [*_wrapped(_asked(item), "# ", "#   "), f'{_name(part)}_{item.id} = """"""']
    return "\n".join(lines) + "\n"


def _name(part: Part) -> str:
    return f"part_{part.id}"


def _stubs(part: Part) -> Iterator[list[str]]:
    """Yield the functions of a part, each with its parameters and what it returns, and a body that raises."""
    if part.signature is None:
        return
    together = [one for one in part.signature.returned if not one.is_separate]
    if together:
        yield _stub(part, _name(part), together)
    for one in part.signature.returned:
        if one.is_separate:
            yield _stub(part, f"{_name(part)}_{one.item}", [one])


def _stub(part: Part, name: str, returned: list[Returned]) -> list[str]:
    assert part.signature is not None, "only parts with a signature have functions"
    parameters = part.signature.parameters
    lines = [f"def {name}({', '.join(one.name for one in parameters)}):"]
    for parameter in parameters:
        lines += _wrapped(f"{parameter.name}: {parameter.meaning}", "    # ", "    #   ")
    if len(returned) == 1:
        lines += _wrapped(f"Return {returned[0].words}.", "    # ", "    #   ")
    else:
        keys = ", ".join(f'"{one.item}": ...' for one in returned)
        lines += _wrapped(f"Return a dict {{{keys}}}, with", "    # ", "    #   ")
        for one in returned:
            lines += _wrapped(f"{one.item}: {one.words}", "    #   ", "    #     ")
    return [*lines, "    raise NotImplementedError"]


# ---------------------------------------------------------------- notebooks


def _notebook(rubric: Rubric) -> str:
    cells = [
        _cell(
            "markdown",
            f"# {rubric.title}\n\n<!-- Fill in the functions and the cells for words. Keep the names and the tags. -->",
        )
    ]
    for part in rubric.parts:
        cells.append(_cell("markdown", f"## {part.id}"))
        asked = [f"  {_asked(item)}" for item in part.items]
        cells.append(_cell("raw", "\n".join([_heading(part), "", *_wrapped(part.question), "", "Wanted:", *asked])))
        stubs = list(_stubs(part))
        if stubs:
            cells.append(_cell("code", "\n\n\n".join("\n".join(stub) for stub in stubs), part.id))
        words = _in_words(part)
        if words:
            here = "\n".join(f"  {_asked(item)}" for item in words)
            cells.append(_cell("markdown", f"<!-- Write here:\n{here}\n-->", part.id))
    numbered = [{**cell, "id": _cell_id(rubric, number)} for number, cell in enumerate(cells)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": numbered,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}, "assignment": rubric.id},
        "nbformat": _NOTEBOOK_VERSION[0],
        "nbformat_minor": _NOTEBOOK_VERSION[1],
    }
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _cell(kind: str, source: str, part: str = "") -> dict[str, object]:
    cell: dict[str, object] = {
        "cell_type": kind,
        "metadata": {"tags": [f"part:{part}"]} if part else {},
        "source": source.splitlines(keepends=True),
    }
    return {**cell, "execution_count": None, "outputs": []} if kind == "code" else cell


def _cell_id(rubric: Rubric, number: int) -> str:
    """Return an id that is the same in every run and on every machine."""
    return hashlib.sha256(f"{rubric.id}\0{rubric.version}\0{number}".encode()).hexdigest()[:16]


# ---------------------------------------------------------------- written answers


def _markdown(rubric: Rubric) -> str:
    lines = [f"# {rubric.title}", "", "Author:"]
    for part in rubric.parts:
        lines += ["", f"## {part.id}", "", "<!--", _heading(part), "", *_wrapped(part.question), "", "Wanted:"]
        lines += [f"  {_asked(item)}" for item in part.items]
        lines += ["-->", ""]
    return "\n".join(lines) + "\n"


def _sheet(rubric: Rubric) -> str:
    lines = [
        f"# {rubric.title}",
        "#",
        "# Formulas in LaTeX or plain text between single quotes, where a backslash is only a backslash;",
        "# text of several lines between '''.",
        "",
        "author = ''",
    ]
    for part in rubric.parts:
        lines += ["", f"# {_heading(part)}", *_wrapped(part.question, "# ", "# ")]
        for item in part.items:
            lines += [*_wrapped(_asked(item), "#   ", "#     "), f"{part.id}.{item.id} = ''"]
    return "\n".join(lines) + "\n"
