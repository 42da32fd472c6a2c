"""One self-contained HTML page: it opens from disk, asks the network for nothing, and runs no text of a submission.

Every string goes through Jinja's escaping; formulas go through `mathml`; the policy of the page allows one style and
one script, by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from grader.report import mathml
from grader.report.sentences import (
    SYMBOLS,
    difference_text,
    evidence_sentence,
    parameter_name,
    score_text,
    verdict_sentence,
)
from grader.report.text import clip, inert, one_line, points, points_text

_ANSWER_CHARACTERS = 3_000
# Above this many submissions the page opens with each of them folded.
_OPEN_SUBMISSIONS = 5


def render(document: Mapping[str, Any]) -> str:
    """Return the page; the same document gives the same bytes."""
    environment = _environment()
    style = _source(environment, "style.css")
    script = _source(environment, "script.jinja")
    submissions = document["submissions"]
    names = list(dict.fromkeys(part["part"] for submission in submissions for part in submission["parts"]))
    return environment.get_template("report.html.jinja").render(
        document=document,
        submissions=submissions,
        rows=[_heat_row(submission, names) for submission in submissions],
        names=names,
        totals=_totals(submissions, names),
        verdict_counts=_verdict_counts(submissions),
        class_score=_class_score(submissions),
        is_open=len(submissions) <= _OPEN_SUBMISSIONS,
        style=Markup(style),
        script=Markup(script),
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; "
        "form-action 'none'",
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("grader.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        line=one_line,
        points=points_text,
        score=score_text,
        verdict_sentence=verdict_sentence,
        evidence_sentence=evidence_sentence,
        parameter=parameter_name,
        difference=difference_text,
        answer=_answer,
        math=_math,
        prose=lambda text: mathml.rich_text(clip(text, _ANSWER_CHARACTERS)),
        first_false=_first_false,
        shown_findings=_shown_findings,
    )
    environment.globals["symbols"] = SYMBOLS
    return environment


def _source(environment: Environment, name: str) -> str:
    loader = environment.loader
    assert loader is not None, "the environment is made with a loader"
    return loader.get_source(environment, name)[0].replace("\r\n", "\n")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _heat_row(submission: Mapping[str, Any], names: Sequence[str]) -> list[tuple[int, Mapping[str, Any]] | None]:
    """Return each part with its position in the submission; None where the submission has no such part."""
    places = {part["part"]: (index, part) for index, part in enumerate(submission["parts"], start=1)}
    return [places.get(name) for name in names]


def _totals(submissions: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """Return for each part how many submissions have it correct, such as `3/4`."""
    correct = dict.fromkeys(names, 0)
    present = dict.fromkeys(names, 0)
    for submission in submissions:
        for part in submission["parts"]:
            present[part["part"]] += 1
            correct[part["part"]] += part["verdict"] == "correct"
    return [f"{correct[name]}/{present[name]}" for name in names]


def _verdict_counts(submissions: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    counts = dict.fromkeys(SYMBOLS, 0)
    for submission in submissions:
        for part in submission["parts"]:
            counts[part["verdict"]] += 1
    return counts


def _class_score(submissions: Sequence[Mapping[str, Any]]) -> str:
    """Return the class's points in all, exact, such as `12.5 of 30 points, 2 pending`."""
    total = {
        name: sum((points(submission["score"][name]) for submission in submissions), Fraction(0))
        for name in ("earned", "pending", "possible")
    }
    return score_text(total)


def _answer(text: str, kind: str) -> Markup:
    """Return a submitted answer: a formula with its source, prose with its formulas, code as it stands."""
    shown = clip(text, _ANSWER_CHARACTERS)
    if kind != "callable" and len(text) <= _ANSWER_CHARACTERS:
        rendered = mathml.formula(text)
        if rendered is not None:
            return Markup('<div class="scroll math">{}</div><code class="src">{}</code>').format(rendered, inert(text))
        if kind in {"prose", "mixed"}:
            return Markup('<div class="prose">{}</div>').format(mathml.rich_text(text))
    if kind in {"prose", "mixed"}:
        return Markup('<div class="prose">{}</div>').format(mathml.rich_text(shown))
    return Markup("<pre><code>{}</code></pre>").format(inert(shown))


def _math(text: str) -> Markup:
    """Return a formula as read: rendered, or its source where it cannot be."""
    rendered = mathml.mathml(text) if "\\" in text or "^" in text or "_" in text else None
    if rendered is not None:
        return rendered
    return Markup("<code>{}</code>").format(escape(one_line(text, 1_000)))


def _first_false(steps: Sequence[Mapping[str, Any]]) -> int:
    """Return the index of the first wrong step, -1 where there is none."""
    return next((index for index, step in enumerate(steps) if step["verdict"] == "incorrect"), -1)


def _shown_findings(evidence: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the findings, counterexamples first."""
    return sorted(evidence, key=lambda found: found["kind"] != "counterexample")
