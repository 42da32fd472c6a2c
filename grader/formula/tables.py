"""Reading matrices and piecewise values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.formula.tree import Cases, Const, Fn, Matrix, Node

if TYPE_CHECKING:
    from grader.formula.parser import Parser


def table(parser: Parser, kind: str) -> Node:
    """Return a matrix or a piecewise value, up to its `\\end`."""
    rows: list[tuple[Node, ...]] = []
    row: list[Node] = []
    conditions: list[str] = []
    start = parser.token.start
    while not parser.at("close"):
        if parser.at("end"):
            raise parser.fail("the environment is not closed", start)
        if parser.accept("sep", "\\\\"):
            if row:
                rows.append(tuple(row))
            row = []
        elif parser.at("remark") or parser.at("word", "otherwise"):
            conditions.append(parser.take().text)
            if conditions[-1].startswith(("otherwise", "else")):
                row.append(Const("true"))
        elif not parser.accept("sep"):
            row.append(parser.bracketed(parser.relation, bar_closes=False))
    if row:
        rows.append(tuple(row))
    closed = parser.take().text
    if closed != f"end {kind}":
        raise parser.fail(f"expected the end of {kind}", start)
    if kind in ("cases", "dcases"):
        return _cases(parser, rows, start)
    if not rows or len({len(entries) for entries in rows}) != 1:
        raise parser.fail("the rows of the matrix differ in length", start)
    matrix = Matrix(tuple(rows))
    return Fn("det", (matrix,)) if kind == "vmatrix" else matrix


def _cases(parser: Parser, rows: list[tuple[Node, ...]], start: int) -> Node:
    branches: list[tuple[Node, Node | None]] = []
    for row in rows:
        if len(row) != 2:
            raise parser.fail("each case needs a value and a condition", start)
        branches.append((row[0], None if row[1] == Const("true") else row[1]))
    if not branches:
        raise parser.fail("there are no cases", start)
    return Cases(tuple(branches))
