"""Each relation of a derivation as a claim of its own: false ones with a counterexample, approximate ones apart.

`check_steps` takes the text of one answer, `check_file` a file with a front matter or a submission.
"""

from __future__ import annotations

from grader.checks.steps_file import StepsReport, check_file, shown
from grader.checks.steps_known import Known, known_in
from grader.checks.steps_text import check_steps

__all__ = ["Known", "StepsReport", "check_file", "check_steps", "known_in", "shown"]
