"""What a text on training says: its statements, formulas and code alike, and what they make of names."""

from __future__ import annotations

import re

from grader.checks import training_law as law
from grader.checks.sentences import plain
from grader.checks.training_code import code_statements
from grader.checks.training_text import Said, code_blocks, statements
from grader.formula.tree import Dist, Rel, Sym
from grader.model import Evidence, Silence, Verdict

Judged = tuple[Verdict, tuple[Evidence, ...], tuple[str, ...]]

_SNIPPET = re.compile(r"[\w)\]]\.\w+\(|_like\(|randn|_loss\(|\)\s*\*\*\s*2|^\s*(?:for|def|import|from) .*$", re.M)


def read_text(text: str) -> tuple[list[Said], law.Facts]:
    """Return the statements of a text, formulas and code alike, and what they say about names."""
    said: list[Said] = []
    fenced = "```" in text
    if fenced or _SNIPPET.search(text):
        for block in code_blocks(text):
            said += code_statements(block) or []
    if fenced or not said:
        said = statements(text) + said
    facts = law.Facts()
    for item in said:
        if isinstance(item.node, Rel) and isinstance(item.node.lhs, Sym):
            name, value = law.flat(item.node.lhs), item.node.rhs
            if item.node.op in ("∼", "~", "=") and isinstance(value, Dist):
                facts.laws[name] = value
            elif item.node.op in ("=", "≡"):
                facts.equal[name] = value
    return said, facts


def plain_lines(text: str) -> str:
    """Return a text in plain words, line by line."""
    return "\n".join(plain(line) for line in text.splitlines())


def silent(item: str, reason: str) -> Judged:
    """Return the verdict on an item of which nothing could be read."""
    return Verdict.UNDECIDED, (Silence(check=f"training.{item}", reason=reason),), ()
