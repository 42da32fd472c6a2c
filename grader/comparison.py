"""`grader.compare`: pairs of formulas with declared domains, one verdict with evidence each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from grader.checks.comparing import CHECK, Decision, Relation, decide
from grader.domains.declarations import Declarations, declare, symbol_of
from grader.errors import ReadError, UsageError
from grader.formula.answers import (
    MAX_READINGS,
    Claim,
    claim,
    combinations,
    plain,
    settle_labels,
    sites_of,
    split_letters,
    strange_word,
)
from grader.formula.notation import Notation
from grader.formula.parser import parse_expression
from grader.model import Counterexample, Evidence, Silence

__all__ = ["Comparison", "Unread", "compare", "compare_lines"]

Verdict = Literal["correct", "incorrect", "undecided"]
_KINDS = ("equal", "order", "leading")
_MAX_CHARACTERS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A text that could not be read: which side, why, the offset, and two lines with a caret below the place."""

    side: Literal["expected", "submitted"]
    reason: str
    offset: int
    caret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The verdict on one pair.

    Attributes:
        verdict: `correct`, `incorrect` or `undecided`.
        evidence: What the verdict rests on; the reason where it is undecided.
        unread: The texts that could not be read.
        readings: Where a text has several readings with different verdicts: each reading and its verdict.
    """

    verdict: Verdict
    evidence: tuple[Evidence, ...]
    unread: tuple[Unread, ...] = ()
    readings: tuple[tuple[str, Verdict], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as plain lists, texts and numbers."""
        found: dict[str, Any] = {
            "verdict": self.verdict,
            "evidence": [{"kind": type(one).__name__.lower(), **asdict(one)} for one in self.evidence],
        }
        if self.unread:
            found["unread"] = [asdict(one) for one in self.unread]
        if self.readings:
            found["readings"] = [{"reading": reading, "verdict": verdict} for reading, verdict in self.readings]
        return found


def compare(
    expected: str,
    submitted: str,
    *,
    domain: Sequence[str] = (),
    integers: Sequence[str] = (),
    define: Mapping[str, str] | None = None,
    functions: Mapping[str, str] | None = None,
    relation: Mapping[str, Any] | None = None,
    seed: str | int | None = None,
    prove: bool = True,
) -> Comparison:
    r"""Return whether two formulas are equal on a domain, with what shows it.

    Args:
        expected: LaTeX, Unicode or plain notation.
        submitted: The same; reading does not depend on the side.
        domain: Constraints such as `\sigma > 0`, `A \in \mathbb{R}^{2\times 2}`, `X \sim \mathcal{N}(0, 1)`.
        integers: Symbols that are integers.
        define: Symbols that stand for an expression, such as `\Delta t` for `\frac{1}{T}`.
        functions: Symbols that are functions: `logistic`, `function`, `distribution`, ...
        relation: `{"kind": "equal"}`; `{"kind": "order", "variable", "to", "order"}`: equal up to
            o(variable^order); `{"kind": "leading", "variable", "to"}`: the ratio goes to 1.
        seed: Chooses the points; without it they follow from the texts. The verdict does not depend on it.
        prove: Whether a proof is tried besides points.

    Raises:
        UsageError: where a declaration cannot be read or the relation is not known.

    >>> compare(r"\sin^2 x", r"1 - \cos^2 x").verdict
    'correct'
    >>> compare("x + 10^{-20}", "x").evidence[0].difference
    '1.00000e-20'
    """
    declarations = _declared(
        tuple(domain), tuple(integers), tuple((define or {}).items()), tuple((functions or {}).items())
    )
    wanted = _relation(relation or {"kind": "equal"}, declarations.notation)
    texts = [plain(text) for text in (expected, submitted)]
    units = [unit for _, unit in texts]
    if all(units) and units[0] != units[1]:
        return _undecided(f"the units {units[0]} and {units[1]} differ")
    bare = split_letters([text for text, _ in texts], declarations.notation)
    unread = _unread([expected, submitted], bare, declarations.notation)
    if unread:
        reasons = "; ".join(f"the {one.side} text: {one.reason} (at character {one.offset + 1})" for one in unread)
        return Comparison(verdict="undecided", evidence=(Silence(check=CHECK, reason=reasons),), unread=unread)
    content = json.dumps([sorted(bare), str(seed) if seed is not None else ""])
    return _every_reading(bare, declarations, wanted, hashlib.sha256(content.encode()).hexdigest(), prove=prove)


def _every_reading(
    texts: list[str], declarations: Declarations, relation: Relation, seed: str, *, prove: bool
) -> Comparison:
    notation, groups = sites_of(texts, declarations.notation)
    if 2 ** len(groups) > MAX_READINGS:
        return _undecided(f"the texts have more than {MAX_READINGS} readings")
    found: list[tuple[str, Decision]] = []
    pending: ReadError | None = None
    are_functions = all(s.kind == "application" and s.default == 1 for _, sites in groups for _, s in sites)
    for shown, choices in combinations(groups):
        try:
            claims = [claim(text, notation, chosen) for text, chosen in zip(texts, choices, strict=True)]
        except ReadError as error:
            pending = pending or error
            continue
        words = "; ".join(f"{choice.question}: {choice.answer}" for choice in shown)
        found.append((words, _decided(claims, declarations, relation, seed, prove=prove)))
        if found[0][1].verdict == "correct" and are_functions:
            # What holds for every function f holds for f(x) = f x, the product.
            break
    if not found and pending is not None:
        side: Literal["expected", "submitted"] = "expected" if pending.text == texts[0] else "submitted"
        unread = Unread(side=side, reason=pending.reason, offset=pending.offset, caret=pending.caret())
        reason = f"the {side} text: {pending.reason} (at character {pending.offset + 1})"
        return Comparison(verdict="undecided", evidence=(Silence(check=CHECK, reason=reason),), unread=(unread,))
    verdicts = {decision.verdict for _, decision in found}
    if len(verdicts) == 1:
        return Comparison(verdict=found[0][1].verdict, evidence=found[0][1].evidence)
    readings = tuple((words, decision.verdict) for words, decision in found)
    reason = "the verdict depends on how a text is read: " + "; ".join(f"({w}) {v}" for w, v in readings)
    return Comparison(verdict="undecided", evidence=(Silence(check=CHECK, reason=reason),), readings=readings)


def _decided(
    claims: list[Claim], declarations: Declarations, relation: Relation, seed: str, *, prove: bool
) -> Decision:
    settled = settle_labels(*claims)
    if not isinstance(settled, str):
        settled = strange_word(settled, declarations.notation) or settled
    if isinstance(settled, str):
        return Decision(verdict="undecided", evidence=(Silence(check=CHECK, reason=settled),))
    return decide(*settled, declarations, relation, seed=seed, prove=prove)


def _undecided(reason: str) -> Comparison:
    return Comparison(verdict="undecided", evidence=(Silence(check=CHECK, reason=reason),))


def _unread(originals: list[str], texts: list[str], notation: Notation) -> tuple[Unread, ...]:
    """Return which of the texts cannot be read; offsets are into the texts as they were given."""
    found: list[Unread] = []
    for side, original, text in zip(("expected", "submitted"), originals, texts, strict=True):
        try:
            if len(original) > _MAX_CHARACTERS:
                raise ReadError(f"longer than {_MAX_CHARACTERS} characters", text=original, offset=_MAX_CHARACTERS)
            claim(text, notation, {})
        except ReadError as error:
            shift = max(original.find(text), 0) if error.text == text else 0
            shown = ReadError(error.reason, text=original, offset=error.offset + shift)
            name: Literal["expected", "submitted"] = "expected" if side == "expected" else "submitted"
            found.append(Unread(side=name, reason=error.reason, offset=shown.offset, caret=shown.caret()))
    return tuple(found)


@lru_cache(maxsize=256)
def _declared(
    domain: tuple[str, ...],
    integers: tuple[str, ...],
    define: tuple[tuple[str, str], ...],
    functions: tuple[tuple[str, str], ...],
) -> Declarations:
    return declare(domain, integers, dict(define), dict(functions))


def _relation(relation: Mapping[str, Any], notation: Notation) -> Relation:
    kind = relation.get("kind", "equal")
    if kind not in _KINDS:
        raise UsageError(f"relation: expected a kind among {', '.join(_KINDS)}, got {kind!r}")
    if kind == "equal":
        return Relation()
    if "variable" not in relation:
        raise UsageError(f"relation: {kind} needs a variable")
    variable = symbol_of(str(relation["variable"]), notation, what="relation")
    to_text = str(relation.get("to", "0"))
    try:
        to = parse_expression(to_text, notation)
    except ReadError as error:
        raise UsageError(f"relation: the limit {to_text!r} cannot be read: {error}") from error
    try:
        order = Fraction(str(relation.get("order", 0)))
    except ValueError as error:
        raise UsageError(f"relation: expected a number as order, got {relation.get('order')!r}") from error
    return Relation(kind=kind, variable=variable, to=to, order=order)


# ---------------------------------------------------------------- pairs a line


def compare_lines(pairs: Path | str | Iterable[str | Mapping[str, Any]], jobs: int = 1) -> Iterator[dict[str, Any]]:
    """Yield one result for each pair, in order: `id`, `verdict`, `evidence`, and `unread` or `readings` where apt.

    Args:
        pairs: A path of JSON lines, or the lines, or the objects themselves.
        jobs: How many processes share the work.

    Raises:
        UsageError: where `jobs` is not positive or the file cannot be read.
    """
    if jobs < 1:
        raise UsageError(f"jobs: expected a positive number, got {jobs}")
    lines = _lines(pairs)
    if jobs == 1:
        yield from map(_one_line, lines)
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        yield from pool.map(_one_line, lines, chunksize=8)


def _lines(pairs: Path | str | Iterable[str | Mapping[str, Any]]) -> Iterator[tuple[int, str | Mapping[str, Any]]]:
    if isinstance(pairs, (str, Path)):
        try:
            with Path(pairs).open(encoding="utf-8") as stream:
                yield from ((number, line) for number, line in enumerate(stream, start=1) if line.strip())
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{pairs}: cannot be read: {error}") from error
        return
    for number, line in enumerate(pairs, start=1):
        if not isinstance(line, str) or line.strip():
            yield number, line


def _one_line(numbered: tuple[int, str | Mapping[str, Any]]) -> dict[str, Any]:
    number, line = numbered
    try:
        pair = json.loads(line) if isinstance(line, str) else dict(line)
        if not isinstance(pair, dict):
            raise UsageError(f"expected an object, got {type(pair).__name__}")
        for key in ("expected", "submitted"):
            if not isinstance(pair.get(key), str):
                raise UsageError(f"expected a text as {key!r}, got {pair.get(key)!r}")
        found = compare(
            pair["expected"],
            pair["submitted"],
            domain=_texts(pair, "domain"),
            integers=_texts(pair, "integers"),
            define=_table(pair, "define"),
            functions=_table(pair, "functions"),
            relation=pair.get("relation"),
        )
    except (json.JSONDecodeError, UsageError) as error:
        reason = f"line {number}: {error}"
        identity = pair.get("id", number) if isinstance(error, UsageError) and isinstance(pair, dict) else number
        return {"id": identity, **_undecided(reason).to_json()}
    return {"id": pair.get("id", number), **found.to_json()}


def _texts(pair: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = pair.get(key) or ()
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise UsageError(f"expected a list of texts as {key!r}, got {value!r}")
    return tuple(value)


def _table(pair: Mapping[str, Any], key: str) -> dict[str, str]:
    value = pair.get(key) or {}
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise UsageError(f"expected texts by name as {key!r}, got {value!r}")
    return value


def counterexample_of(comparison: Comparison) -> Counterexample | None:
    """Return the counterexample of a refuted pair."""
    return next((one for one in comparison.evidence if isinstance(one, Counterexample)), None)
