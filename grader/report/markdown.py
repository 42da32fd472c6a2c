"""Markdown feedback for one author: verdicts, counterexamples and hints, never the expected formula."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from grader.errors import UsageError
from grader.report.sentences import SYMBOLS, deciding_evidence, evidence_sentence, score_text, verdict_sentence
from grader.report.text import clip, inert, one_line

_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+\-.!|~$=@]|:(?=//)")
_ANSWER_CHARACTERS = 1_500
_STEPS_SHOWN = 5


def escape(text: str, limit: int = 2_000) -> str:
    """Return `text` in one line such that no character of it is Markdown, HTML or a link.

    Examples:
        >>> escape("<b> [x](y) 1.5 & https://a.b")
        '&lt;b&gt; \\\\[x\\\\]\\\\(y\\\\) 1.5 &amp; https\\\\://a.b'
    """
    line = one_line(text, limit).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A dot or a sign within a line is only itself; at its start it could make a list.
    return _SPECIAL.sub(lambda found: _escape_one(found, line), line)


def _escape_one(found: re.Match[str], line: str) -> str:
    character = found[0]
    is_harmless = character in "-+.=()" and found.start() > 0 and not _could_start(line, found.start(), character)
    return character if is_harmless else f"\\{character}"


def _could_start(line: str, index: int, character: str) -> bool:
    """Return whether a character may begin a list (`1.`), a link target (`](`), or stand in a bare address (`www.`)."""
    if character == ".":
        return line[:index].isdigit() or line[:index].lower().endswith("www")
    return character in "()" and "](" in line


def code(text: str, limit: int = _ANSWER_CHARACTERS) -> str:
    """Return `text` as a fenced block whose fence is longer than any run of backticks in it."""
    shown = inert(clip(text, limit))
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", shown)), default=0))
    return f"{fence}text\n{shown}\n{fence}"


def feedback_markdown(document: Mapping[str, Any], submission_id: str) -> str:
    """Return the feedback for one submission.

    Raises:
        UsageError: There is no submission with this id.
    """
    for submission in document["submissions"]:
        if submission["id"] == submission_id:
            return "\n\n".join(_blocks(document, submission)) + "\n"
    known = ", ".join(repr(submission["id"]) for submission in document["submissions"][:8])
    raise UsageError(f"no submission has the id {submission_id!r}; there are {known or 'none'}")


def render(document: Mapping[str, Any]) -> str:
    """Return the feedback for all submissions, one after the other, with a rule between them."""
    every = (feedback_markdown(document, submission["id"]) for submission in document["submissions"])
    return "\n---\n\n".join(every) or "There are no submissions.\n"


def _blocks(document: Mapping[str, Any], submission: Mapping[str, Any]) -> list[str]:
    assignment = document["assignment"]
    blocks = [
        f"# {escape(submission['author'])}: {escape(assignment['id'])}",
        f"{escape(submission['source'])}, {score_text(submission['score'])}.",
    ]
    if submission["first_attempt_score"] is not None:
        blocks.append(f"Unaided first attempts alone: {score_text(submission['first_attempt_score'])}.")
    if submission["problems"]:
        blocks.append("\n".join(f"- Not read: {escape(problem)}" for problem in submission["problems"]))
    for part in submission["parts"]:
        blocks += _part_blocks(part)
    return blocks


def _part_blocks(part: Mapping[str, Any]) -> list[str]:
    title = f" {escape(part['title'])}" if part["title"] else ""
    blocks = [
        f"## {SYMBOLS[part['verdict']]} {escape(part['part'])}{title} ({score_text(part['score'])})",
        verdict_sentence(part),
    ]
    if part["feedback"]:
        blocks.append(escape(part["feedback"]))
    if part["mistake"]:
        blocks.append(f"Recognised: {escape(part['mistake']['message'])}")
    if part["verdict"] not in {"correct", "missing"} and part["answer"]["text"]:
        blocks.append(f"Your answer ({escape(part['answer']['where'])}):")
        blocks.append(code(part["answer"]["text"]))
    blocks += _finding_blocks(part)
    for item in part["items"]:
        blocks += [f"Remark: {escape(remark)}" for remark in item["remarks"]]
        if item["follows_from"]:
            blocks.append(f"This follows from your answer to {escape(item['follows_from'])}.")
    wrong = [step for step in part["steps"] if step["verdict"] == "incorrect" or step["kind"] == "approx"]
    return blocks + [_step_block(step) for step in wrong[:_STEPS_SHOWN]]


def _finding_blocks(part: Mapping[str, Any]) -> list[str]:
    if part["verdict"] == "correct":
        found = deciding_evidence(part)
        return [escape(evidence_sentence(found))] if found else []
    shown = [found for found in part["evidence"] if found["kind"] in {"counterexample", "violation", "silence"}]
    return ["\n".join(f"- {escape(evidence_sentence(found))}" for found in shown)] if shown else []


def _step_block(step: Mapping[str, Any]) -> str:
    kind = "holds only as an approximation" if step["kind"] == "approx" else "does not hold"
    said = f"Step at {escape(step['where'])} {kind}: {escape(step['claim'])}"
    if step["counterexample"] is not None:
        said += f". {escape(evidence_sentence(step['counterexample']))}"
    return said
