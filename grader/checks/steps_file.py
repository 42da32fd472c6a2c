"""A file with a derivation: its front matter, its parts where an assignment is given, and the report on its steps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from grader.checks.steps_end import end_after
from grader.checks.steps_known import Known, known_in
from grader.checks.steps_text import check_derivation
from grader.checks.steps_worlds import DeclaredKnowledge, SpaceKnowledge
from grader.domains.declarations import Declarations, declare, symbol_of
from grader.errors import UsageError
from grader.formula.notation import Notation
from grader.formula.tree import Div, Num, Sym
from grader.ingest import discover, read
from grader.model import Place, Prose, Step, Verdict
from grader.rubric import Part, Regime, Rubric

MOST_CHARACTERS = 2_000_000
_FRONT = re.compile(r"\A\s*---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_KEYS = ("symbols", "small", "large", "define", "part", "assignment", "title", "slip", "clean", "style")
_KINDS = ("function", "distribution", "logistic")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsReport:
    """What was found in a file: every relation in order, and whether the end is right (None: not known)."""

    file: str
    steps: tuple[Step, ...]
    end_right: bool | None
    notes: tuple[str, ...] = ()

    @property
    def first_false(self) -> Step | None:
        """The first false step."""
        return next((step for step in self.steps if step.kind == "false"), None)

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "file": self.file,
            "steps": [_step_as_json(step) for step in self.steps],
            "end_right": self.end_right,
            **({"notes": list(self.notes)} if self.notes else {}),
        }


def _step_as_json(step: Step) -> dict[str, Any]:
    shown = step.counterexample
    example = None
    if shown is not None:
        example = {
            "parameters": dict(shown.parameters),
            "lhs": shown.expected,
            "rhs": shown.submitted,
            "difference": shown.difference,
        }
    return {
        "line": step.line,
        "lhs": step.lhs,
        "relation": step.relation,
        "rhs": step.rhs,
        "verdict": str(step.verdict),
        "kind": step.kind,
        "counterexample": example,
        **({"reason": step.reason} if step.reason else {}),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """What a file declares before its text.

    Attributes:
        symbols: LaTeX of a symbol and its domain.
        small: Symbols that go to 0 where `≈` is meant; `large` those that grow.
        define: Symbols that stand for an expression.
        part: The part of an assignment that the file answers.
        body: The text behind it, on its own lines.
    """

    symbols: Mapping[str, str] = field(default_factory=dict)
    small: tuple[str, ...] = ()
    large: tuple[str, ...] = ()
    define: Mapping[str, str] = field(default_factory=dict)
    part: str = ""
    body: str = ""


def front_matter(text: str) -> FrontMatter:
    """Return the front matter of a text: `key: value` lines, with one level of nesting, between lines of `---`.

    Raises:
        UsageError: where a line is neither.
    """
    match = _FRONT.match(text)
    if match is None:
        return FrontMatter(body=text)
    single: dict[str, str] = {}
    nested: dict[str, dict[str, str]] = {}
    listed: dict[str, list[str]] = {}
    key = ""
    for number, line in enumerate(match.group(1).splitlines(), 2):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[:1].isspace() and key:
            item = line.strip()
            if item.startswith("- "):
                listed.setdefault(key, []).append(_unquoted(item[2:]))
                continue
            name, value = _pair(item, number)
            nested.setdefault(key, {})[name] = value
            continue
        if line.startswith("- ") and key:
            listed.setdefault(key, []).append(_unquoted(line[2:]))
            continue
        key, value = _pair(line, number)
        if value:
            single[key] = value
    unknown = sorted({*single, *nested, *listed} - set(_KEYS))
    if unknown and not {*single, *nested, *listed} & {"symbols", "small", "large", "define", "part"}:
        unknown = []
    if unknown:
        raise UsageError(f"front matter: {unknown[0]!r} is not known; known are {', '.join(_KEYS)}")
    return FrontMatter(
        symbols={**_inline(single.get("symbols", "")), **nested.get("symbols", {})},
        small=_items(single, listed, "small"),
        large=_items(single, listed, "large"),
        define={**_inline(single.get("define", "")), **nested.get("define", {})},
        part=single.get("part", ""),
        body="\n" * match.group().count("\n") + text[match.end() :],
    )


def _pair(line: str, number: int) -> tuple[str, str]:
    quoted = re.match(r"""\s*(?:"([^"]*)"|'([^']*)')\s*:\s*(.*)\Z""", line)
    if quoted:
        name = quoted.group(1) if quoted.group(1) is not None else quoted.group(2)
        return name.replace("\\\\", "\\") if quoted.group(1) is not None else name, _unquoted(quoted.group(3))
    name, colon, value = line.partition(": ") if ": " in line else line.partition(":")
    if not colon:
        raise UsageError(f"front matter, line {number}: expected 'name: value', got {line.strip()!r}")
    return name.strip(), _unquoted(value)


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1].replace("\\\\", "\\") if text[0] == '"' else text[1:-1]
    return re.sub(r"\s+#\s.*$", "", text)


def _inline(text: str) -> dict[str, str]:
    """Return `{a: > 0, b: real}` on one line as pairs."""
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        return {}
    pieces = re.split(r",\s*(?=[^,()\[\]]+:)", inner[1:-1])
    return dict(_pair(piece, 0) for piece in pieces if piece.strip())


def _items(single: Mapping[str, str], listed: Mapping[str, Sequence[str]], key: str) -> tuple[str, ...]:
    text = single.get(key, "").strip()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    return (*(_unquoted(item) for item in text.split(",") if item.strip()), *listed.get(key, ()))


def declared(front: FrontMatter) -> tuple[DeclaredKnowledge, Notation, tuple[Regime, ...]]:
    """Return what a front matter says as knowledge, notation and regimes.

    Raises:
        UsageError: where a domain is not understood; the message names the symbol and what was wanted.
    """
    domain: list[str] = []
    integers: list[str] = []
    functions: dict[str, str] = {}
    for symbol, text in front.symbols.items():
        _read_domain(symbol, text.strip(), domain, integers, functions)
    speaks_of_it = re.search(r"logistic|sigmoid", front.body, re.IGNORECASE)
    is_applied = re.search(r"\\sigma'?\s*(?:\\left)?\s*\(", front.body)
    if "\\sigma" not in front.symbols and speaks_of_it and is_applied:
        functions["\\sigma"] = "logistic"
    if re.search(r"\bindependent\b|\bi\.?i\.?d\b|\buncorrelated\b", front.body):
        domain.append("independent")
    declarations = declare(domain, integers, dict(front.define), functions)
    notation = declarations.notation
    plain = frozenset(
        symbol_of(text, Notation(), what="symbols") for text in front.symbols if _head(text) not in functions
    )
    scalars = frozenset(
        symbol for symbol in plain if symbol not in declarations.shapes and symbol not in declarations.laws
    )
    notation = notation.with_scalars(scalars)
    moving = [
        *((symbol_of(text, notation, what="small"), 1) for text in front.small),
        *((symbol_of(text, notation, what="large"), -1) for text in front.large),
    ]
    regimes = tuple(_regime(symbol, power, declarations) for symbol, power in moving)
    return DeclaredKnowledge(declarations, plain), notation, regimes


def _head(text: str) -> str:
    return text.partition("(")[0].strip()


def _regime(symbol: Sym, power: int, declarations: Declarations) -> Regime:
    meaning = declarations.bindings.get(symbol)
    if isinstance(meaning, Div) and meaning.numerator == Num(Fraction(1)) and isinstance(meaning.denominator, Sym):
        symbol, power = meaning.denominator, -power
    return Regime(powers={symbol: power}, order=None, words=f"{symbol.name} -> {'0' if power > 0 else 'infinity'}")


def _read_domain(symbol: str, text: str, domain: list[str], integers: list[str], functions: dict[str, str]) -> None:
    rest = text
    if rest in _KINDS:
        functions[symbol.partition("(")[0].strip()] = rest
        return
    for word in ("integer", "natural", "positive integer"):
        if rest == word or rest.startswith(f"{word} "):
            integers.append(symbol)
            rest = rest[len(word) :].strip()
            if word != "integer":
                domain.append(f"{symbol} \\geq 1")
            break
    rest = re.sub(r"^real(?:\s+number)?\b\s*", "", rest)
    if not rest:
        return
    named = {"positive": "> 0", "nonnegative": "\\geq 0", "non-negative": "\\geq 0", "negative": "< 0"}
    if rest == "probability" and "(" in symbol:
        functions[symbol.partition("(")[0].strip()] = "distribution"
    elif rest == "probability":
        domain.append(f"{symbol} \\in (0, 1)")
    elif rest in named:
        domain.append(f"{symbol} {named[rest]}")
    elif rest[0] in "([" and rest[-1] in ")]":
        domain.append(f"{symbol} \\in {rest}")
    elif re.match(r"(?:in\s|∈|\\in\b)", rest):
        domain.append(f"{symbol} \\in {re.sub(r'^(?:in|∈|.in)', '', rest, count=1).strip()}")
    elif re.match(r"(?:>=|<=|≥|≤|>|<|≠|!=|~|∼|\\(?:geq?|leq?|neq?|sim)\b)", rest):
        domain.append(f"{symbol} {rest}")
    elif re.search(r"[<>≤≥]", rest):
        domain.append(rest)
    else:
        raise UsageError(
            f"symbols: {symbol!r} is declared as {text!r}; expected such as '> 0', '(0,1)', 'integer >= 1', 'real', "
            "'probability' or 'function'"
        )


def check_file(path: Path, *, rubric: Rubric | None = None, part_id: str = "") -> StepsReport:
    """Return the verdict on every relation in a file.

    Symbols mean what the front matter declares; else what the assignment's part gives them, where the file answers
    parts of one; else what can be inferred from each relation.

    Raises:
        UsageError: where the file cannot be read, or its front matter or the part is not understood.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as UTF-8 text: {error}") from error
    if len(text) > MOST_CHARACTERS:
        raise UsageError(f"{path}: longer than {MOST_CHARACTERS} characters")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    front = front_matter(text)
    part_id = part_id or front.part
    if rubric is not None and part_id:
        try:
            part = rubric.part(part_id)
        except KeyError:
            raise UsageError(f"part {part_id!r}: expected one of {', '.join(rubric.part_ids)}") from None
        return _of_part(front.body, part, rubric, path)
    if rubric is not None and not front.symbols:
        found = _of_submission(path, rubric)
        if found is not None:
            return found
    knowledge, notation, regimes = declared(front)
    known = Known(regimes=regimes)
    steps = check_derivation(front.body, notation, knowledge, place=Place(file=path.name), known=known)
    end = end_after(steps, front.body, notation, knowledge, known)
    return StepsReport(file=path.name, steps=steps, end_right=end)


def _of_part(body: str, part: Part, rubric: Rubric, path: Path) -> StepsReport:
    known, knowledge = known_in(rubric, part), SpaceKnowledge(part.space)
    notation = part.space.notation
    steps = check_derivation(body, notation, knowledge, place=Place(file=path.name), known=known)
    return StepsReport(file=path.name, steps=steps, end_right=end_after(steps, body, notation, knowledge, known))


def _of_submission(path: Path, rubric: Rubric) -> StepsReport | None:
    """Return the steps of all parts of a submission, None if it answers none in writing."""
    steps: list[Step] = []
    notes: list[str] = []
    end: bool | None = None
    found = False
    for source in discover([path]):
        for submission in read(source, part_ids=rubric.part_ids):
            notes += submission.problems
            for part_id, attempts in submission.parts.items():
                part = rubric.part(part_id)
                known, knowledge = known_in(rubric, part), SpaceKnowledge(part.space)
                for attempt in attempts:
                    for answer in attempt.answers:
                        if isinstance(answer, Prose):
                            found = True
                            notation = part.space.notation
                            own = check_derivation(answer.text, notation, knowledge, place=answer.place, known=known)
                            steps += own
                            end = end_after(own, answer.text, notation, knowledge, known)
    if not found:
        return None
    steps.sort(key=lambda step: step.line)
    return StepsReport(file=path.name, steps=tuple(steps), end_right=end, notes=tuple(notes))


def shown(report: StepsReport) -> str:
    """Return a report as text: the first false step with its counterexample, the approximate ones, the counts."""
    lines: list[str] = []
    for step in report.steps:
        if step.kind:
            name = "false" if step.kind == "false" else "only approximately"
            lines.append(f"{report.file}:{step.line}: {name}: {step.lhs} {step.relation} {step.rhs}")
            if step.reason:
                lines.append(f"    {step.reason}")
            if step.counterexample is not None:
                values = ", ".join(f"{key} = {value}" for key, value in step.counterexample.parameters)
                both = f"{step.counterexample.expected} against {step.counterexample.submitted}"
                lines.append(f"    at {values or 'any value'}: {both}")
    counts = {verdict: sum(step.verdict is verdict for step in report.steps) for verdict in Verdict}
    lines.append(
        f"{report.file}: {len(report.steps)} relations: {counts[Verdict.CORRECT]} hold, "
        f"{counts[Verdict.INCORRECT]} false, {counts[Verdict.PARTIAL]} only approximate, "
        f"{counts[Verdict.UNDECIDED]} undecided"
    )
    ends = {True: "the end is right", False: "the end is wrong", None: "whether the end is right is not known"}
    lines.append(f"{report.file}: {ends[report.end_right]}")
    return "\n".join(lines)
