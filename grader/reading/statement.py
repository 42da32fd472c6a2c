"""The records of reading: a statement, a formula that could not be read, and all of them of one attempt."""

from __future__ import annotations

from dataclasses import dataclass

from grader.formula.tree import Dist, Node, Sym
from grader.model import Place, Trust

Definitions = dict[Sym, tuple[tuple[Sym, ...], Node]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One chain `members[0] ops[0] members[1] ...` that an answer states.

    Attributes:
        members: What the relation signs join; one member for a bare formula.
        ops: The relation signs.
        is_final: Whether the author marks it as the answer (boxed, below "final answer", "therefore").
        is_approximate: Whether words around it say that it holds approximately.
        is_definition: Whether words before it introduce a name ("where", "let").
        whole: Whether it is the whole of an answer that is one formula.
        text: The formula as the author wrote it.
        offset: Where the formula begins in the answer's text.
        item: The item that the answer names, if it does.
        leading: The relation sign before the first member, where nothing stands on its left.
        concludes: What words right before it say that it is ("the variance is ..."): `variance`, `answer`, `loss`, ...
        is_denied: Whether words around it say that it does not hold, or hold it against what does.
        is_announced: Whether it is boxed, or the first formula after the words that announce the answer.
        is_boxed: Whether it stands in a box.
        by_words: Whether words, not a relation sign, join the members ("the variance is ...").
    """

    members: tuple[Node, ...]
    ops: tuple[str, ...]
    is_final: bool
    is_approximate: bool
    is_definition: bool
    whole: bool
    text: str
    offset: int
    place: Place
    trust: Trust
    item: str | None = None
    by_words: bool = False
    is_announced: bool = True
    leading: str = ""
    is_denied: bool = False
    concludes: str = ""
    is_boxed: bool = False

    @property
    def last(self) -> Node:
        """What the chain ends in."""
        return self.members[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A formula that could not be read, with the reason and a caret line."""

    text: str
    reason: str
    place: Place
    item: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Everything that was read in the answers of one attempt."""

    statements: tuple[Statement, ...]
    unread: tuple[Unread, ...]
    definitions: Definitions

    @property
    def laws(self) -> dict[Sym, Node]:
        """The laws of random variables that the author declares: `\\epsilon \\sim N(0, 1)`."""
        return {
            one.members[0]: one.members[1]
            for one in self.statements
            if len(one.members) == 2
            and one.ops == ("∼",)
            and isinstance(one.members[0], Sym)
            and isinstance(one.members[1], Dist)
        }
