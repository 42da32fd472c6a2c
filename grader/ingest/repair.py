r"""Repair of LaTeX that an exporter's markdown renderer has damaged: pairs of `_` and `*` eaten, `\|` become `|`.

A repair is believed most when the repaired formula, sent through such a renderer again, gives exactly the damaged
one (see `emphasis.rendered`). What was repaired is marked as repaired; the lines of the text stay where they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations

from grader.ingest.emphasis import rendered
from grader.ingest.lines import math_spans, without_code

# The renderings that one text may cost, in characters; beyond it only what is certain is repaired.
_WORK_LIMIT_CHARACTERS = 1_000_000
_DOUBTFUL_LIMIT = 8

_GROUP = r"\{[^{}]{0,60}(?:\{[^{}]{0,60}\}[^{}]{0,60}){0,3}\}"
_FONT = r"\\(?:mathbb|mathcal|mathbf|mathrm|mathsf|mathit|boldsymbol|operatorname|hat|tilde|bar|vec|overline|widehat)"
_CERTAIN_INDEX = re.compile(
    rf"{_FONT}\{{[^{{}}]{{0,60}}\}}(?=\{{)"  # \mathbb{D}{\text{KL}}, \mathcal{L}{\text{DPO}}
    rf"|\\(?:hat|tilde|bar|vec|overline|widehat)\{{[^{{}}]{{0,60}}\}}(?=\d)"  # \hat{X}0
    r"|\\(?:sum|prod|int|lim|bigcup|bigcap|oint)(?=\{)"  # \sum{k=0}
    rf"|\\(?:max|min|sup|inf)(?=\{{[^{{}}]{{0,60}}(?:=|\\in\b|\\to\b|\\sim\b))"
)
# ^} and ^(y_w \succ y_l | x): a star is gone; e^(-x) is only sloppy.
_CERTAIN_STAR = re.compile(r"\^(?=\s*(?:\}|$|[,=)\]]))|\^(?=\([^()]{0,200}(?:,|\||\\mid|\\succ))")
_INDEXED = (
    r"(?:\\(?:pi|nabla|epsilon|varepsilon|mu|rho|Sigma|ell)|\\(?:hat|tilde|bar)\{[^{}]{0,20}\}|\\mathcal\{[^{}]\})"
)
_LIKELY_INDEX = re.compile(
    rf"{_INDEXED}(?=\\(?:theta|phi|psi)(?![A-Za-z])|\\(?:text|mathrm)\{{(?:ref|old|data|KL|SFT)\}})"
)
_DOUBTFUL_INDEX = re.compile(
    r"(?<![A-Za-z\\])(?:\\(?:alpha|beta|sigma|tau|gamma|lambda|log|phi|theta)|[A-Za-z])"
    r"(?=\\(?:theta|phi|psi|tau|text\{|mathrm\{)|\{)"
)
_KL_BRACKET = re.compile(r"(?:KL\}{1,3}|D_\{?KL\}?)\s*(?:\\left|\\big[lr]?|\\Big[lr]?)?\s*([(\[])")
_CONTROLS = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\t": "\\t", "\r": "\\r"}
_CONTROL = re.compile(r"[\a\b\f\v\t\r](?=[A-Za-z])")
_NEWLINE_COMMAND = re.compile(r"\n(?=(?:abla|eq|otin|eg|onumber|mid|leq|geq|ewline|u(?![a-z])|e(?![a-z]))(?![a-z]))")
_MATH_WORD = re.compile(r"(?:\\[A-Za-z]+|[A-Za-z](?![A-Za-z])|[\d+\-*/=<>^_{}()\[\]|,.])+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """A text after repair; `lines` are the lines (from 0) in which something was changed."""

    text: str
    lines: frozenset[int] = frozenset()


def restore_escapes(text: str) -> str:
    r"""Return a text in which commands eaten by string escapes stand again: a tab before `heta` was `\theta`.

    >>> restore_escapes("\theta + \frac{a}{b}")
    '\\theta + \\frac{a}{b}'
    """
    text = _CONTROL.sub(lambda match: _CONTROLS[match[0]], text)
    return _NEWLINE_COMMAND.sub(r"\\n", text)


def repair(text: str) -> Repaired:
    """Return the text with the damaged formulas repaired; text without damage comes back as it is."""
    lines = text.split("\n")
    shown = "\n".join(without_code(lines))
    spans = [span for span in math_spans(shown) if span.stop - span.start < 20_000]
    is_damaged = any(_certain(text[span.start : span.stop]) for span in spans)
    budget = _WORK_LIMIT_CHARACTERS
    pieces: list[str] = []
    changed: set[int] = set()
    at = line = 0
    for span in spans if is_damaged else ():
        damaged = text[span.start : span.stop]
        fixed, cost = _repair_formula(damaged, budget)
        budget -= cost
        line += text.count("\n", at, span.start)
        pieces += [text[at : span.start], fixed]
        if fixed != damaged:
            changed.update(range(line, line + damaged.count("\n") + 1))
        line += damaged.count("\n")
        at = span.stop
    lines = "".join([*pieces, text[at:]]).split("\n")
    for number, content in enumerate(lines):
        if content.count("$") >= 2 and (turned := _with_dollars_turned(content)) != content:
            lines[number] = turned
            changed.add(number)
    return Repaired(text="\n".join(lines), lines=frozenset(changed))


def repair_formula(damaged: str) -> str:
    r"""Return one formula repaired.

    >>> repair_formula(r"\mathbb{D}{\text{KL}}[\pi\theta(y|x) | q]")
    '\\mathbb{D}_{\\text{KL}}[\\pi_\\theta(y|x) \\| q]'
    """
    return _repair_formula(damaged, _WORK_LIMIT_CHARACTERS)[0]


def _certain(formula: str) -> list[tuple[int, str]]:
    found = [(match.end(), "_") for match in _CERTAIN_INDEX.finditer(formula)]
    return found + [(match.end(), "*") for match in _CERTAIN_STAR.finditer(formula)]


def _repair_formula(damaged: str, budget: int) -> tuple[str, int]:
    """Return the repaired formula and the characters rendered on the way."""
    certain = _certain(damaged)
    taken = {position for position, _ in certain}
    likely = [m.end() for m in _LIKELY_INDEX.finditer(damaged) if m.end() not in taken]
    if not certain and not likely:
        return damaged, 0
    taken.update(likely)
    doubtful = [m.end() for m in _DOUBTFUL_INDEX.finditer(damaged) if m.end() not in taken] if certain else []
    cost = 0
    for chosen in _choices(likely, doubtful):
        candidate = _with_bars(_inserted(damaged, [*certain, *((position, "_") for position in chosen)]))
        cost += len(candidate)
        if cost > budget:
            break
        if candidate != damaged and rendered(candidate) == damaged:
            return candidate, cost
    if not certain:
        return damaged, cost
    return _with_bars(_inserted(damaged, [*certain, *((position, "_") for position in likely)])), cost


def _choices(likely: list[int], doubtful: list[int]) -> list[tuple[int, ...]]:
    """Return which indices to put back, the most plausible first: all likely ones and few doubtful ones."""
    likely, doubtful = likely[:_DOUBTFUL_LIMIT], doubtful[:_DOUBTFUL_LIMIT]
    choices: list[tuple[int, ...]] = []
    for missing in range(min(2, len(likely)) + 1):
        for extra in range(min(2, len(doubtful)) + 1):
            for kept in combinations(likely, len(likely) - missing):
                choices += [(*kept, *more) for more in combinations(doubtful, extra)]
    return choices


def _inserted(text: str, insertions: list[tuple[int, str]]) -> str:
    pieces: list[str] = []
    at = 0
    for position, mark in sorted(insertions):
        pieces += [text[at:position], mark]
        at = position
    return "".join([*pieces, text[at:]])


def _with_bars(formula: str) -> str:
    r"""Return the formula with ` | ` at the top of a KL bracket written `\|` again."""
    bars: list[int] = []
    for match in _KL_BRACKET.finditer(formula):
        depth = 0
        for index in range(match.start(1), min(len(formula), match.start(1) + 2000)):
            character = formula[index]
            if character in "([{":
                depth += 1
            elif character in ")]}":
                depth -= 1
                if depth == 0:
                    break
            elif character == "|" and depth == 1 and formula[index - 1] == " " == formula[index + 1 : index + 2]:
                bars.append(index)
                break
    return _inserted(formula, [(index, "\\") for index in bars])


def _with_dollars_turned(line: str) -> str:
    r"""Return a line whose `$` stand round its words instead of its formulas with the `$` the other way round.

    `(so T \to 0$), then by $k \to s:` becomes `(so $T \to 0$), then by $k \to s$:`.
    """
    if line.count("$") != 2 or "$$" in line or "\\$" in line:
        return line
    before, inside, after = line.split("$")
    words = re.findall(r"(?<![\\\w])[a-z]{3,}(?!\w)", inside)
    if len(words) < 3 or "\\" in inside:
        return line
    head = before[:-1] if before.endswith(" ") else before
    start, stop = _math_suffix(head), _math_prefix(after)
    if start == len(head) or stop == 0 or "\\" not in before[start:] + after[:stop]:
        return line
    return f"{before[:start]}${before[start:]}${inside}${after[:stop]}${after[stop:]}"


def _math_suffix(text: str) -> int:
    """Return where the run of mathematical words at the end of the text starts."""
    start = len(text)
    for match in reversed(list(re.finditer(r"[^\s(]+", text))):
        if not _MATH_WORD.fullmatch(match[0]):
            break
        start = match.start()
    return start


def _math_prefix(text: str) -> int:
    """Return where the run of mathematical words at the start of the text stops, closing punctuation left out."""
    stop = 0
    for match in re.finditer(r"\S+", text):
        word = match[0].rstrip(":;,.")
        if not _MATH_WORD.fullmatch(word):
            break
        stop = match.start() + len(word)
        if word != match[0]:
            break
    return stop
