"""JUnit XML: one suite a submission, one case a part, for continuous integration.

incorrect, partial and missing are failures; undecided is skipped: it is nobody's fault until a person has looked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from grader.report.sentences import counterexample_lines, evidence_sentence, part_summary
from grader.report.text import clip, inert, one_line

_BODY_CHARACTERS = 8_000


def _count(parts: list[Mapping[str, Any]]) -> dict[str, str]:
    verdicts = [part["verdict"] for part in parts]
    skipped = verdicts.count("undecided")
    return {
        "tests": str(len(verdicts)),
        "failures": str(len(verdicts) - skipped - verdicts.count("correct")),
        "errors": "0",
        "skipped": str(skipped),
    }


def _body(part: Mapping[str, Any]) -> str:
    lines = []
    for found in part["evidence"]:
        lines += counterexample_lines(found) if found["kind"] == "counterexample" else [evidence_sentence(found)]
    return clip("\n".join(lines), _BODY_CHARACTERS)


def render(document: Mapping[str, Any]) -> str:
    """Return the XML text, with no times in it."""
    submissions = document["submissions"]
    everything = [part for submission in submissions for part in submission["parts"]]
    name = one_line(document["assignment"]["id"])
    root = ET.Element("testsuites", {"name": name, **_count(everything)})
    for submission in submissions:
        suite = ET.SubElement(root, "testsuite", {"name": one_line(submission["id"]), **_count(submission["parts"])})
        for part in submission["parts"]:
            names = {
                "classname": f"{name}.{one_line(submission['id'])}",
                "name": one_line(f"{part['part']} {part['title']}"),
            }
            case = ET.SubElement(suite, "testcase", names)
            if part["verdict"] == "correct":
                continue
            if part["verdict"] == "undecided":
                ET.SubElement(case, "skipped", {"message": part_summary(part)})
                continue
            failure = ET.SubElement(case, "failure", {"type": part["verdict"], "message": part_summary(part)})
            failure.text = inert(_body(part))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'
