"""Tokens of a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `kind` is one of num, name, word, op, open, close, rel, sep, remark, big, end."""

    kind: str
    text: str
    start: int
    end: int
    accents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lexed:
    """The tokens of a text, the spans that were boxed, and whether the text is LaTeX."""

    text: str
    tokens: tuple[Token, ...]
    boxed: tuple[tuple[int, int], ...]
