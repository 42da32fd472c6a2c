"""Statements of mathematics in a markdown text: what is between dollars, and what plain text writes as formulas."""

from __future__ import annotations

import re
from dataclasses import dataclass

from grader.checks.sentences import MATH
from grader.errors import ReadError
from grader.formula.notation import Notation
from grader.formula.parser import parse
from grader.formula.tree import Dist, Node, Rel, Sym, num

MAX_FORMULAS = 300

_X_T, _X_0 = Sym("x", Sym("t")), Sym("x", num(0))
NOTATION = Notation(
    functions={Sym("g"): "function"},
    scalars=frozenset([Sym("t"), Sym("sigma"), Sym("epsilon"), Sym("B"), Sym("n"), Sym("N")]),
    words={
        "xt": _X_T, "x0": _X_0, "eps": Sym("epsilon"), "noise": Sym("noise"), "sigma2": Sym("sigma") ** 2,
        "loss": Sym("loss"), "Loss": Sym("loss"),
    },
    letter_e=False,
)  # fmt: skip
_CODE = re.compile(r"```[^\n]*\n(.*?)(?:```|\Z)", re.S)
_PLAIN_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]+")
_FORMULA_WORDS = frozenset(
    "eps epsilon sqrt sigma normal uniform unif mean mse norm sum exp log abs xt x0 net model nn tau theta loss noise "
    "target pred noisy var std sigma2 hat".split()
)
_SHORT_WORDS = frozenset("a an is as to of in on we by or and the it at be so if for you are use i".split())
_REWRITES = (
    (re.compile(r"\\(?:star|ast)\b"), "*"),
    (re.compile(r"\\(?:mid|vert)\s*[^\\~∼=]{1,24}(?:\\_?[a-z]+)?(?=\s*(?:\\sim|~|∼))"), " "),
    (re.compile(r"\s\|\s*[^|~∼=]{1,24}(?=\s*(?:\\sim|~|∼))"), " "),
    (re.compile(r"(?<=[A-Za-z}])\s*\(\s*0\s*,\s*1\s*\]"), "(0,1)"),
    (re.compile(r"(?<=[A-Za-z}])\s*[\[(]\s*0\s*,\s*1\s*\)"), "(0,1)"),
    (re.compile(r"\\(?:tfrac|dfrac)\b"), r"\\frac"),
    (re.compile(r"\^\{?\\?\*\{?\(\w\)\}?"), "^*"),
    (re.compile(r"\^\{?\(\w\)\}?"), ""),
    (re.compile(r",?\s*\\(?:mathbf|mathrm|bm|boldsymbol)?\{?\s*I(?:_d)?\}?(?=\s*\\?(?:right)?\))"), ""),
    (re.compile(r"\b(?:Gaussian|Normal|normal|gaussian)\s*(?=\()"), "N"),
)


@dataclass(frozen=True, slots=True)
class Said:
    """One statement as a tree (a relation or an expression), and the text that it was read from."""

    node: Node
    quotation: str


def statements(text: str) -> list[Said]:
    """Return all statements of a text that can be read, in order; code and what cannot be read is left out."""
    found: list[Said] = []
    at = 0
    text = without_code(text)
    if "\\" in text and not MATH.search(text):
        found = _read(text)
        if found:
            return found
    for span in [*MATH.finditer(text), None]:
        end = len(text) if span is None else span.start()
        for fragment in _fragments(text[at:end]):
            found += _read(fragment)
        if span is None:
            break
        found += _read(
            span[0].strip("$").removeprefix("\\[").removesuffix("\\]").removeprefix("\\(").removesuffix("\\)")
        )
        at = span.end()
        if len(found) > MAX_FORMULAS:
            break
    return found


def code_blocks(text: str) -> list[str]:
    """Return the fenced blocks of a text; the whole text where it has none (it may be a bare snippet)."""
    return [found[1] for found in _CODE.finditer(text)] or [text]


def without_code(text: str) -> str:
    """Return a text without its fenced blocks."""
    return _CODE.sub("\n", text)


def _read(fragment: str) -> list[Said]:
    quotation = " ".join(fragment.split())[:200]
    for pattern, instead in _REWRITES:
        fragment = pattern.sub(instead, fragment)
    nodes = _parsed(fragment)
    if nodes is None:
        nodes = [node for piece in _split(fragment) for node in _parsed(piece) or ()]
    return [Said(node, quotation) for node in nodes]


def _parsed(fragment: str) -> list[Node] | None:
    if not fragment.strip(" .,;:") or len(fragment) > 2_000:
        return []
    try:
        reading = parse(fragment.strip().rstrip(".,;: "), NOTATION)
    except ReadError:
        return None
    nodes: list[Node] = []
    for clause in reading.clauses:
        left = clause.first
        if left is not None and not clause.links:
            nodes.append(left)
        for link in clause.links:
            if left is not None:
                nodes.append(Rel(link.op, left, link.rhs))
            if not isinstance(link.rhs, Dist):
                left = link.rhs if clause.first is None or len(clause.links) > 2 else left
    return nodes


def _split(fragment: str) -> list[str]:
    """Return the pieces of a text between commas and the like outside of brackets."""
    pieces: list[str] = []
    depth = at = 0
    for offset, character in enumerate(fragment):
        depth += (character in "([{") - (character in ")]}")
        if depth <= 0 and (character in ",;" or fragment.startswith(("\\\\", "\\quad", "\\qquad", "→"), offset)):
            pieces.append(fragment[at:offset])
            at = offset + 1
            depth = 0
    pieces.append(fragment[at:])
    return [re.sub(r"^\W?(?:\\?q?quad|\\?\\)", "", piece) for piece in pieces] if len(pieces) > 1 else []


def _fragments(text: str) -> list[str]:
    """Return the runs of a plain text that look like formulas: no ordinary words, and a relation or a bracket."""
    found: list[str] = []
    for line in re.split(r"\n|;|(?<=[\w)])\.(?=\s|$)|:(?=\s)|→|\s-\s(?=[A-Z])", text):
        run: list[str] = []
        tokens = [*re.sub(r"\*\*(?!\d|\()|`|^\s*(?:[-*+•]|\d+[.)])\s+", "", line).split(), "the"]
        for token, following in zip(tokens, [*tokens[1:], "the"], strict=True):
            bare = token.strip(",.:()")
            word = bare.lower()
            glued = bool(run) and run[-1][-1] in "=+-*~∼(,/·√≈"
            ordinary = _PLAIN_WORD.fullmatch(bare) is not None and (
                (word not in _FORMULA_WORDS and len(word) > 2)
                or word in _SHORT_WORDS
                or (
                    word in ("noise", "loss", "target", "model", "net")
                    and not glued
                    and following not in ("=", "~", "∼")
                )
            )
            if ordinary and not (glued and len(word) > 3 and run[-1][-1] in "=+-*~∼"):
                joined = " ".join(run)
                if re.search(r"[=~∼≈(^²+∈]", joined) and re.search(r"[A-Za-zα-ω]", joined):
                    found.append(joined.rstrip(",.:; "))
                run = []
            else:
                run.append(token)
    return found
