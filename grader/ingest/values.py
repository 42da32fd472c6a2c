"""A short text that an author gives for a part: is it one formula, or prose?"""

from __future__ import annotations

import re

from grader.ingest.repair import restore_escapes
from grader.model import Formula, Place, Prose, Trust, Unreadable

FORMULA_LIMIT_CHARACTERS = 20_000

_TEXT_GROUP = re.compile(r"\\(?:text|mathrm|operatorname|textbf|mbox|textit)\*?\s*\{[^{}]{0,200}\}")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_SENTENCE_WORD = re.compile(
    r"(?<![\w\\])(?:the|is|are|was|because|so|then|with|for|we|this|that|since|which|where|when|from|it|its|as|not|"
    r"an|have|has|hence|therefore|thus|if|use|using|approximately|about|equals|should|would|can|and|of|by|but)(?![\w(])",
    re.IGNORECASE,
)
_WORDS = re.compile(r"(?<![\w\\])[A-Za-z]{2,}(?:[ ]+[A-Za-z]{2,}){3,}(?![\w(])")


def is_formula(text: str) -> bool:
    """Return whether a text is one formula: one line, no `$`, no sentence.

    >>> is_formula("N(0, sigma2 + 1)"), is_formula("it is the variance")
    (True, False)
    """
    text = text.strip()
    if not text or "\n" in text or len(text) > FORMULA_LIMIT_CHARACTERS:
        return False
    if "$" in text or "\\(" in text or "\\[" in text or text.startswith(("#", "```", "- ")):
        return False
    bare = _COMMAND.sub(" \\\\ ", _TEXT_GROUP.sub(" \\\\ ", text))
    return not (_SENTENCE_WORD.search(bare) or _WORDS.search(bare))


def answer_of(text: str, *, place: Place, item: str = "") -> Formula | Prose | Unreadable:
    """Return a formula or prose for a short text, with the characters that escapes have eaten put back."""
    restored = restore_escapes(text)
    trust: Trust = "source" if restored == text else "repaired"
    if not restored.strip():
        return Unreadable(text=text, reason="the text is empty", place=place)
    if is_formula(restored):
        return Formula(text=restored.strip(), place=place, item=item or None, trust=trust)
    return Prose(text=f"{item}: {restored}" if item else restored, place=place, trust=trust)
