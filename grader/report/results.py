"""The results document: the one truth that every report renders.

Its shape is `results.schema.json`. Points are exact: an integer where they are whole, else text `"p/q"`. There are no
times in it, so equal input gives equal bytes.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never, cast, get_args

from grader import __version__
from grader.errors import UsageError
from grader.model import (
    Agreement,
    Answer,
    AttemptResult,
    Callable,
    Counterexample,
    Evidence,
    Formula,
    ItemResult,
    Mention,
    Missing,
    NamedMistake,
    PartResult,
    Proof,
    Prose,
    Score,
    Silence,
    Step,
    Submission,
    SubmissionResult,
    Trust,
    Unreadable,
    Violation,
)

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

SCHEMA = "grader.results/1"

Json = dict[str, Any]


# ---------------------------------------------------------------- records to JSON


def document(
    *,
    assignment_id: str,
    assignment_version: str,
    isolation: str,
    seed: str,
    results: Sequence[SubmissionResult],
    human_disagreements: Sequence[Mapping[str, object]] = (),
) -> dict[str, object]:
    """Return the results document, submissions sorted by id.

    Args:
        assignment_id: As in the rubric.
        assignment_version: As in the rubric.
        isolation: The level of isolation that was really in force.
        seed: What the random choices were derived from.
        results: One a submission; ids must differ.
        human_disagreements: `submission`, `part`, `human` (points), `earned`, `pending`, `possible`, `verdict` and
            `note`; points may be `Fraction`.

    Raises:
        UsageError: Two submissions have the same id.
    """
    ordered = sorted(results, key=lambda result: result.submission.id)
    for before, after in itertools.pairwise(ordered):
        if before.submission.id == after.submission.id:
            raise UsageError(f"two submissions have the id {after.submission.id!r}; every id must be unique")
    disagreements = [{name: _plain(value) for name, value in entry.items()} for entry in human_disagreements]
    return {
        "schema": SCHEMA,
        "assignment": {"id": assignment_id, "version": assignment_version},
        "grader_version": __version__,
        "seed": seed,
        "isolation": isolation,
        "submissions": [_submission(result) for result in ordered],
        "human_disagreements": sorted(disagreements, key=lambda e: (str(e.get("submission")), str(e.get("part")))),
    }


def _plain(value: object) -> object:
    return _points(value) if isinstance(value, Fraction) else value


def _points(value: Fraction) -> int | str:
    return value.numerator if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


def _score(score: Score) -> Json:
    return {
        "earned": _points(score.earned),
        "pending": _points(score.pending),
        "possible": _points(score.possible),
    }


def _submission(result: SubmissionResult) -> Json:
    submission = result.submission
    return {
        "id": submission.id,
        "author": submission.author,
        "source": submission.source,
        "sha256": submission.sha256,
        "format": submission.format,
        "score": _score(result.score),
        "first_attempt_score": None if result.first_attempt_score is None else _score(result.first_attempt_score),
        "problems": list(dict.fromkeys((*submission.problems, *result.problems))),
        "parts": [_part(part, submission) for part in result.parts],
    }


def _part(part: PartResult, submission: Submission) -> Json:
    answers = {attempt.number: attempt.answers for attempt in submission.parts.get(part.part, ())}
    attempts = [_attempt(attempt, answers.get(attempt.number, ())) for attempt in part.attempts]
    last = attempts[-1]
    return {
        "part": part.part,
        "title": part.title,
        "verdict": last["verdict"],
        "score": last["score"],
        "items": last["items"],
        "answer": last["answer"],
        "evidence": last["evidence"],
        "mistake": next((item["mistake"] for item in last["items"] if item["mistake"]), None),
        "feedback": part.feedback,
        "attempts": attempts,
        "steps": last["steps"],
    }


def _attempt(attempt: AttemptResult, answers: Sequence[Answer]) -> Json:
    return {
        "number": attempt.number,
        "where": attempt.where,
        "hinted": attempt.hinted,
        "hint": attempt.hint,
        "verdict": str(attempt.verdict),
        "score": _score(attempt.score),
        "answer": _answer(attempt, answers),
        "items": [item_document(item) for item in attempt.items],
        "evidence": _without_repeats(_evidence(found) for item in attempt.items for found in item.evidence),
        "steps": [_step(step) for step in attempt.steps],
    }


def item_document(item: ItemResult) -> Json:
    """Return an item's verdict with its evidence as plain data, in the form that the results document has."""
    return {
        "item": item.item,
        "verdict": str(item.verdict),
        "score": _score(item.score),
        "submitted": item.submitted,
        "read_as": item.read_as,
        "where": item.where,
        "trust": item.trust,
        "mistake": _mistake(item.mistake),
        "remarks": list(item.remarks),
        "follows_from": item.follows_from,
        "evidence": [_evidence(found) for found in item.evidence],
    }


def _mistake(mistake: NamedMistake | None) -> Json | None:
    return None if mistake is None else {"id": mistake.id, "message": mistake.message}


def _without_repeats(found: Iterable[Json]) -> list[Json]:
    kept: dict[str, Json] = {}
    for entry in found:
        kept.setdefault(json.dumps(entry, sort_keys=True), entry)
    return list(kept.values())


def _answer(attempt: AttemptResult, answers: Sequence[Answer]) -> Json:
    """Return the attempt's answer in one piece: all texts, the first formula, the least trust."""
    texts = dict.fromkeys(text for item in attempt.items if (text := item.submitted))
    if not texts:
        texts = dict.fromkeys(text for answer in answers if (text := _text(answer)))
    order: tuple[Trust, ...] = get_args(Trust)
    return {
        "kind": _kind(answers, has_text=bool(texts)),
        "text": "\n".join(texts),
        "latex": next((item.read_as for item in attempt.items if item.read_as), ""),
        "where": next((item.where for item in attempt.items if item.where), attempt.where),
        "trust": max((item.trust for item in attempt.items), key=order.index, default="source"),
    }


def _kind(answers: Sequence[Answer], *, has_text: bool) -> str:
    kinds = {type(answer).__name__.lower() for answer in answers if not isinstance(answer, Missing)}
    if len(kinds) == 1:
        return kinds.pop()
    if kinds:
        return "mixed"
    return "prose" if has_text else "missing"


def _text(answer: Answer) -> str:
    match answer:
        case Formula() | Prose() | Unreadable():
            return answer.text
        case Callable():
            return answer.function
        case Missing():
            return ""
        case _:
            assert_never(answer)


def _evidence(found: Evidence) -> Json:
    match found:
        case Counterexample():
            return _counterexample(found)
        case Proof() | Agreement() | Violation() | Mention() | Silence():
            values = {entry.name: getattr(found, entry.name) for entry in fields(found)}
            return {"kind": type(found).__name__.lower(), **values}
        case _:
            assert_never(found)


def _counterexample(found: Counterexample) -> Json:
    return {
        "kind": "counterexample",
        "check": found.check,
        "parameters": [[name, value] for name, value in found.parameters],
        "submitted": found.submitted,
        "expected": found.expected,
        "difference": found.difference,
        "submitted_form": found.submitted_form,
        "expected_form": found.expected_form,
    }


def _step(step: Step) -> Json:
    return {
        "where": step.where,
        "line": step.line,
        "claim": f"{step.lhs} {step.relation} {step.rhs}",
        "lhs": step.lhs,
        "relation": step.relation,
        "rhs": step.rhs,
        "verdict": str(step.verdict),
        "kind": step.kind,
        "reason": step.reason,
        "counterexample": None if step.counterexample is None else _counterexample(step.counterexample),
    }


# ---------------------------------------------------------------- JSON to bytes and back


def dumps(document: Mapping[str, object]) -> str:
    """Return the document as JSON text: keys sorted, one space of indentation, a newline at the end.

    Control, direction and zero-width characters and lone surrogates are written as `\\uXXXX`: the text is always
    valid UTF-8, safe to print, and reads back to the same document.
    """
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    return _escape_unsafe(text) + "\n"


def _escape_unsafe(text: str) -> str:
    unsafe = {c for c in set(text) if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    return text.translate({ord(c): json.dumps(c)[1:-1] for c in unsafe})


@functools.cache
def _schema_text() -> str:
    return resources.files("grader.report").joinpath("results.schema.json").read_text(encoding="utf-8")


def schema() -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of the results document."""
    return cast(dict[str, object], json.loads(_schema_text()))


def load(path: str | Path) -> dict[str, object]:
    """Return the results document in a file, checked against the schema.

    Raises:
        UsageError: The file cannot be read, is not JSON, or is not a document of this version and shape; the
            message says what is wrong, where, and what was wanted.
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); wanted a results.json") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: byte {error.start + 1} is not UTF-8; wanted a results.json") from error
    except json.JSONDecodeError as error:
        raise UsageError(
            f"{path}: line {error.lineno}, column {error.colno}: {error.msg}; wanted a results.json"
        ) from error
    except RecursionError as error:
        raise UsageError(f"{path}: brackets are nested too deep; wanted a results.json") from error
    validate(found, name=str(path))
    return cast(dict[str, object], found)


def validate(document: object, *, name: str = "results") -> None:
    """Check a document against the schema.

    Raises:
        UsageError: It is not a document of this version and shape; the message gives the place of the first fault.
    """
    import fastjsonschema
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    if not isinstance(document, dict):
        raise UsageError(f'{name}: $: expected an object with "schema": {SCHEMA!r}, got {_shown(document)}')
    if document.get("schema") != SCHEMA:
        raise UsageError(f'{name}: $.schema: expected "{SCHEMA}", got {_shown(document.get("schema"))}')
    # Compiled, the check of a thousand submissions takes seconds, not half a minute; what it refuses is then explained.
    try:
        fastjsonschema.compile(schema())(document)
    except fastjsonschema.JsonSchemaException as refusal:
        fault = str(refusal)
    else:
        return
    error = best_match(Draft202012Validator(schema()).iter_errors(document))
    if error is None:
        raise UsageError(f"{name}: {_shown(fault)}")
    raise UsageError(f"{name}: {error.json_path}: {_fault(error)}")


def _fault(error: ValidationError) -> str:
    """Return what is wrong in one clause that holds no more than a glimpse of the value."""
    keyword = str(error.validator)
    instance: Any = error.instance
    wanted: Any = error.validator_value
    if keyword == "required":
        missing = [name for name in wanted if name not in instance]
        return f"expected the fields {', '.join(missing)}, which are missing"
    if keyword == "additionalProperties" and isinstance(error.schema, dict):
        unknown = sorted(set(instance) - set(error.schema["properties"]))
        return f"has fields that are not in the schema: {_shown(unknown)}"
    if keyword in {"enum", "const", "type"}:
        options = wanted if isinstance(wanted, list) else [wanted]
        return f"expected {' or '.join(map(str, options))}, got {_shown(instance)}"
    return f"expected {keyword} {wanted}, got {_shown(instance)}"


def _shown(value: object) -> str:
    text = re.sub(r"\s+", " ", ascii(value))
    return text if len(text) <= 120 else f"{text[:120]}…"
