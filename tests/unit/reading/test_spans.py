"""Where the mathematics stands in markdown, and what only looks like it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from grader.reading.spans import line_of, spans

FOUND: list[tuple[str, list[str]]] = [
    ("a $x$ b", ["x"]),
    ("$$x$$ and $y$", ["x", "y"]),
    (r"\(x\) \[y\]", ["x", "y"]),
    ("It costs $5 and $6.", []),
    ("It costs $5 and $x$.", ["x"]),
    (r"\$x\$", []),
    (r"$a\$b$", [r"a\$b"]),
    ("`$x$` and $y$", ["y"]),
    ("```\n$x$\n```\n$y$", ["y"]),
    ("```\n$x$", []),
    ("$x\n\ny$", []),
    ("$ x $", []),
    ("$$x", []),
    (r"\begin{align}x\end{align}", [r"\begin{align}x\end{align}"]),
    (r"\begin{align*}x\end{align*} $y$", [r"\begin{align*}x\end{align*}", "y"]),
    ("", []),
    ("$", []),
    ("$$$$", [""]),
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_formulas_are_found_with_their_places(text: str, expected: list[str]) -> None:
    found = list(spans(text))
    assert [one.latex for one in found] == expected
    for one in found:
        assert text[one.latex_start : one.latex_start + len(one.latex)] == one.latex
        assert 0 <= one.start <= one.latex_start <= one.end <= len(text)
    assert all(before.end <= after.start for before, after in pairwise(found))


def test_lines_are_counted_from_one() -> None:
    text = "a\nb\nc"
    assert [line_of(text, offset) for offset in (0, 2, 4)] == [1, 2, 3]


def test_many_dollars_take_no_long_time() -> None:
    assert len(list(spans("$x$ " * 20_000))) == 20_000
    assert list(spans("$ " * 20_000)) == []
