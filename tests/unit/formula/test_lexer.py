"""Tokens: each character is understood or named."""

from __future__ import annotations

import pytest

from grader.errors import ReadError
from grader.formula.lexer import MAX_CHARACTERS, lex


def texts(text: str) -> list[str]:
    return [token.text for token in lex(text).tokens[:-1]]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("σ²", ["sigma", "^", "{", "2", "}"]),
        ("x₀", ["x", "_", "{", "0", "}"]),
        (r"\left(x\right)", ["(", "x", ")"]),
        ("x**2", ["x", "^", "2"]),
        ("1e-3", ["1e-3"]),
        (r"\boxed{x}", ["box", "x", "box"]),
        ("≤ ≥ ≠", ["≤", "≥", "≠"]),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert texts(text) == tokens


@pytest.mark.parametrize(("text", "offset"), [("x + ☃", 4), ("1 }", 2), (r"a \wrongmacro", 2), ("1.2.3", 3)])
def test_what_is_not_understood_is_named_with_its_place(text: str, offset: int) -> None:
    with pytest.raises(ReadError) as caught:
        lex(text)
    assert caught.value.offset == offset


def test_a_long_text_is_refused_with_the_limit() -> None:
    with pytest.raises(ReadError, match=str(MAX_CHARACTERS)):
        lex("x" * (MAX_CHARACTERS + 1))
