"""The code of submissions in the sandbox: one warm template a process, started when code first answers a part."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from types import TracebackType
from typing import Self

from grader import judge
from grader.checks.calls import check_calls
from grader.checks.program import Programs
from grader.errors import SandboxError
from grader.model import Attempt, Callable, Evidence, Formula, ItemResult, Silence, Submission
from grader.rubric import FormulaItem, Item, Part
from grader.sandbox import Template


class Runner:
    """Runs the functions that submissions hand in.

    Attributes:
        level: The isolation that was really in force; empty while no code has run.
    """

    def __init__(self, *, unsafe: bool = False) -> None:
        self.unsafe = unsafe
        self.level = ""
        self._template: Template | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the template and what it started."""
        self._stack.close()
        self._template = None

    def template(self) -> Template:
        """Return the warm template.

        Raises:
            SandboxError: if it does not start, or if it guards against accidents only and that was not allowed.
        """
        if self._template is None:
            self._template = self._stack.enter_context(Template())
            self.level = self._template.isolation.name
        if self.level == "process" and not self.unsafe:
            raise SandboxError(
                "code was not run: this machine offers only a plain process, which guards against accidents; "
                "allow it with --unsafe"
            )
        return self._template

    def of(self, submission: Submission) -> SubmissionPrograms:
        """Return the programs of one submission; a worker starts with the first part that is answered in code."""
        return SubmissionPrograms(self, submission)


class SubmissionPrograms:
    """The functions of one submission."""

    def __init__(self, runner: Runner, submission: Submission) -> None:
        self._runner = runner
        self._submission = submission
        self._stack = ExitStack()
        self._programs: Programs | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def answered(self, part: Part, attempt: Attempt, seed: str) -> tuple[dict[str, ItemResult], Attempt]:
        """Return the items that functions of an attempt answer, and the attempt with texts that they returned."""
        functions = [answer for answer in attempt.answers if isinstance(answer, Callable)]
        if not functions or part.signature is None:
            return {}, attempt
        try:
            if self._programs is None:
                self._programs = self._stack.enter_context(Programs(self._runner.template()))
            called = check_calls(part, functions, self._programs, seed=f"{seed} {self._submission.sha256}")
        except SandboxError as error:
            silence = (Silence(check="sandbox", reason=str(error)),)
            return {item.id: _result(item, silence, functions[0]) for item in part.items}, attempt
        results: dict[str, ItemResult] = {}
        texts: list[Formula] = []
        for item in part.items:
            one = called.get(item.id)
            if one is None:
                continue
            if one.text:
                texts.append(Formula(text=one.text, item=item.id, place=one.function.place))
            if one.finding.evidence:
                result = _result(item, one.finding.evidence, one.function, one.finding.mistake_points)
                results[item.id] = replace(result, mistake=one.finding.mistake, remarks=one.finding.remarks)
        return results, replace(attempt, answers=(*attempt.answers, *texts))


def _result(
    item: Item, evidence: tuple[Evidence, ...], function: Callable, mistake_points: Fraction = Fraction(0)
) -> ItemResult:
    verdict = judge.verdict(evidence, mistake_points=mistake_points)
    share = mistake_points or (item.form_points if isinstance(item, FormulaItem) else judge.HALF)
    return ItemResult(
        item=item.id,
        verdict=verdict,
        score=judge.score(verdict, item.points, partial_share=share),
        evidence=evidence,
        submitted=f"{function.function}(...)",
        where=str(function.place),
    )
