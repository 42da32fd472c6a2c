"""Verdicts and evidence in words: one line each, safe to print, clipped.

All take the dictionaries of a results document. Names such as `sigma2` are shown as σ²; values are shown as they
stand. Nothing here shows the expected formula: that is for the instructor's page alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from grader.report.text import one_line, points, points_text

Json = Mapping[str, Any]

SYMBOLS: Mapping[str, str] = {"correct": "✓", "partial": "½", "incorrect": "✗", "undecided": "?", "missing": "–"}

VERDICT_SENTENCES: Mapping[str, str] = {
    "correct": "Correct.",
    "partial": "Partly correct.",
    "incorrect": "Incorrect.",
    "undecided": "Undecided: a person has to look.",
    "missing": "No answer was found.",
}

# The first kind that is there is the one that decided.
_DECIDING: Mapping[str, tuple[str, ...]] = {
    "correct": ("proof", "agreement", "mention"),
    "partial": ("violation", "counterexample", "mention", "agreement", "proof"),
    "incorrect": ("counterexample", "violation", "mention", "silence"),
    "undecided": ("silence", "counterexample", "violation", "mention", "agreement", "proof"),
    "missing": (),
}

_GREEK_NAMES = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega
"""
_GREEK = dict(zip(_GREEK_NAMES.split(), "αβγδεζηθικλμνξπρστυφχψω", strict=True))
_NUMERIC = re.compile(r"[-+±−]?[\[({]*[-+−]?\.?\d")
_VALUE_CHARACTERS = 160


def parameter_name(name: str) -> str:
    """Return a parameter's name as mathematicians write it.

    Examples:
        >>> [parameter_name(name) for name in ("sigma2", "dt", "beta", "theta_1", "x_t")]
        ['σ²', 'Δt', 'β', 'θ_1', 'x_t']
    """
    if name == "sigma2":
        return "σ²"
    if name == "dt":
        return "Δt"
    stem, underscore, index = name.partition("_")
    return one_line(f"{_GREEK.get(stem, stem)}{underscore}{index}", 80)


def parameters_text(evidence: Json, limit: int = 600) -> str:
    """Return `σ² = 1, t = 1/2` for a counterexample, empty where it has no parameters."""
    pairs = (f"{parameter_name(name)} = {one_line(value, _VALUE_CHARACTERS)}" for name, value in evidence["parameters"])
    return one_line(", ".join(pairs), limit)


def _value(side: str, value: str) -> str:
    shown = one_line(value, _VALUE_CHARACTERS)
    return f"{side} {shown}" if _NUMERIC.match(shown) else f"{side}: {shown}"


def difference_text(evidence: Json) -> str:
    """Return `they differ by 0.083…`, or the words that separate the two values; may be empty."""
    shown = one_line(evidence["difference"], _VALUE_CHARACTERS)
    return f"they differ by {shown}" if _NUMERIC.match(shown) else shown


def evidence_sentence(evidence: Json) -> str:
    """Return one finding as one sentence.

    Examples:
        >>> evidence_sentence(
        ...     {"kind": "counterexample", "parameters": [["sigma2", "1"], ["t", "1/2"]],
        ...      "submitted": "0.66666…", "expected": "0.75", "difference": "0.083…"}
        ... )
        'At σ² = 1, t = 1/2: submitted 0.66666…, expected 0.75 (they differ by 0.083…).'
    """
    match evidence["kind"]:
        case "proof":
            return _proof(evidence)
        case "agreement":
            return _agreement(evidence)
        case "counterexample":
            return _counterexample(evidence)
        case "violation":
            place = one_line(evidence["place"])
            return _sentence(
                f"Not in the form asked for: {one_line(evidence['message'])}", f"at {place}" if place else ""
            )
        case "mention":
            note = "" if evidence["earns"] else "this earns no points"
            return _sentence(f"States {one_line(evidence['claim'])}: “{one_line(evidence['quotation'])}”", note)
        case "silence":
            return _sentence(f"No finding: {one_line(evidence['reason'])}")
        case kind:
            raise ValueError(f"evidence: expected a kind of the results schema, got {kind!r}")


def _sentence(text: str, note: str = "") -> str:
    text = text.rstrip()
    if note:
        return f"{text.rstrip('.')} ({note})."
    return text if text.endswith((".", "!", "?", ".”")) else f"{text}."


def _proof(evidence: Json) -> str:
    statement = one_line(evidence["statement"])
    method = one_line(evidence["method"])
    claim = f"Proved: {statement}" if statement else "Proved equal to the expected answer"
    return _sentence(claim, f"by {method}" if method else "")


def _agreement(evidence: Json) -> str:
    trials, digits = evidence["trials"], evidence["digits"]
    drawn = f" from {one_line(evidence['domain'])}" if evidence["domain"] else ""
    unit = "in {} trial" if evidence["false_pass_rate"] else "at {} point"
    said = f"Agrees {unit.format(trials)}{'' if trials == 1 else 's'}{drawn}"
    if digits:
        said += f", to {digits} digit{'' if digits == 1 else 's'}"
    rates = []
    if evidence["least_discrepancy"]:
        rates.append(f"a discrepancy of {one_line(evidence['least_discrepancy'])} or more would have been seen")
    if evidence["false_pass_rate"]:
        rates.append(f"a wrong program passes with probability at most {one_line(evidence['false_pass_rate'])}")
    if evidence["false_alarm_rate"]:
        rates.append(f"a right one fails with probability at most {one_line(evidence['false_alarm_rate'])}")
    method = one_line(evidence["method"])
    return _sentence("; ".join([said, *rates]), method)


def _counterexample(evidence: Json) -> str:
    where = parameters_text(evidence)
    both = f"{_value('submitted', evidence['submitted'])}, {_value('expected', evidence['expected'])}"
    return _sentence(f"At {where}: {both}" if where else f"{both[0].upper()}{both[1:]}", difference_text(evidence))


def counterexample_lines(evidence: Json) -> list[str]:
    """Return a counterexample as aligned lines that a person can redo by hand.

    Examples:
        >>> evidence = {"parameters": [["t", "1/2"]], "submitted": "2/3", "expected": "3/4", "difference": "1/12",
        ...             "submitted_form": "1/(1+t)"}
        >>> print("\\n".join(counterexample_lines(evidence)))
        at          t = 1/2
        submitted   2/3
        expected    3/4
        difference  1/12
        read as     1/(1+t)
    """
    rows = (
        ("at", parameters_text(evidence)),
        ("submitted", one_line(evidence["submitted"])),
        ("expected", one_line(evidence["expected"])),
        ("difference", one_line(evidence["difference"])),
        ("read as", one_line(evidence["submitted_form"])),
    )
    return [f"{label:<12}{text}" for label, text in rows if text]


def deciding_evidence(part: Json) -> Mapping[str, Any] | None:
    """Return the finding that speaks most for the verdict of a part, item or attempt; None where there is none."""
    if part["verdict"] == "undecided" and is_contradictory(part["evidence"]):
        return next((dict(found) for found in part["evidence"] if found["kind"] == "counterexample"), None)
    for kind in _DECIDING[part["verdict"]]:
        for found in part["evidence"]:
            if found["kind"] == kind:
                return dict(found)
    return None


def is_contradictory(evidence: list[Json]) -> bool:
    """Return whether the findings hold both a proof and a counterexample: the grader contradicts itself."""
    return {"proof", "counterexample"} <= {found["kind"] for found in evidence}


def score_text(score: Json) -> str:
    """Return `1 of 2 points`, with what is pending."""
    possible = points_text(score["possible"])
    said = f"{points_text(score['earned'])} of {possible} point{'' if possible == '1' else 's'}"
    return f"{said}, {points_text(score['pending'])} pending" if points(score["pending"]) else said


def verdict_sentence(part: Json) -> str:
    """Return the verdict of a part, item or attempt as one sentence, with what decided it in general terms."""
    evidence = part["evidence"]
    if part["verdict"] == "undecided" and len({item["item"] for item in part.get("items", ())}) <= 1:
        if is_contradictory(evidence):
            return "Undecided: the checks contradict each other, a person has to look."
        if evidence and all(found["kind"] == "silence" for found in evidence):
            return "Undecided: no check came to a finding, a person has to look."
    found = deciding_evidence(part)
    because = {
        ("correct", "proof"): "Correct: proved equal to the expected answer.",
        ("correct", "agreement"): "Correct: it agrees with the expected answer wherever it was tried.",
        ("correct", "mention"): "Correct: it says what was asked for.",
        ("partial", "violation"): "Partly correct: not in the form that was asked for.",
        ("incorrect", "counterexample"): "Incorrect: a counterexample was found and replayed.",
    }
    kind = found["kind"] if found else ""
    return because.get((part["verdict"], kind), VERDICT_SENTENCES[part["verdict"]])


def part_summary(part: Json) -> str:
    """Return a part's verdict, points, named mistake and deciding evidence in one line.

    Examples:
        >>> part_summary({"part": "1e", "verdict": "missing", "evidence": [], "mistake": None,
        ...               "score": {"earned": 0, "pending": 0, "possible": 2}})
        '1e: missing, 0 of 2 points. No answer was found.'
    """
    said = [f"{one_line(part['part'], 40)}: {part['verdict']}, {score_text(part['score'])}."]
    if part["mistake"] is not None:
        said.append(_sentence(one_line(part["mistake"]["message"])))
    found = deciding_evidence(part)
    said.append(evidence_sentence(found) if found else VERDICT_SENTENCES[part["verdict"]])
    return " ".join(said)
