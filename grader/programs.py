"""The code of submissions in the sandbox: one warm template a process, one session a submission, started when needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType

from grader import judge
from grader.errors import SandboxError
from grader.model import (
    Attempt,
    Callable,
    Evidence,
    Formula,
    ItemResult,
    NamedMistake,
    Silence,
    Submission,
)
from grader.rubric import Part
from grader.sandbox import Session, Template


class Programs:
    """Runs the functions that submissions hand in.

    Attributes:
        level: The isolation that was really in force; empty while no code has run.
    """

    def __init__(self, *, unsafe: bool = False) -> None:
        self.unsafe = unsafe
        self.level = ""
        self._template: Template | None = None

    def __enter__(self) -> Programs:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._template is not None:
            self._template.__exit__(kind, error, trace)
            self._template = None

    def _started(self) -> Template:
        if self._template is None:
            self._template = Template().__enter__()
            self.level = self._template.isolation.name
        return self._template

    @contextmanager
    def of(self, submission: Submission) -> Iterator[Programs.Session]:
        """Yield the session of a submission; a worker starts with the first part that is answered in code."""
        session = Programs.Session(self, submission)
        try:
            yield session
        finally:
            session.close()

    class Session:
        """The functions of one submission."""

        def __init__(self, programs: Programs, submission: Submission) -> None:
            self._programs = programs
            self._submission = submission
            self._session: Session | None = None
            self._failed = ""
            self.problems: tuple[str, ...] = ()

        def close(self) -> None:
            """End the worker, if one was started."""
            if self._session is not None:
                output = self._session.output.strip()
                if output:
                    self.problems = (*self.problems, f"the program printed: {output[:2000]}")
                self._session.close()
                self._session = None

        def answered(self, part: Part, attempt: Attempt, seed: str) -> tuple[dict[str, ItemResult], Attempt]:
            """Return the items that functions of an attempt answer, and the attempt with texts that they returned."""
            functions = [answer for answer in attempt.answers if isinstance(answer, Callable)]
            if not functions:
                return {}, attempt
            session = self._opened(functions[0])
            if session is None:
                silence = Silence(check="sandbox", reason=self._failed)
                return self._all(part, functions, {item.id: (silence,) for item in part.items}, {}), attempt
            from grader.checks.calls import check_calls

            found = check_calls(part, functions, session, seed=f"{seed} {self._submission.sha256}")
            texts = tuple(
                Formula(text=text, item=item, place=functions[0].place) for item, text in sorted(found.texts.items())
            )
            attempt = replace(attempt, answers=(*attempt.answers, *texts))
            return self._all(part, functions, dict(found.evidence), dict(found.mistakes), dict(found.remarks)), attempt

        def _opened(self, function: Callable) -> Session | None:
            if self._session is None and not self._failed:
                try:
                    template = self._programs._started()
                except SandboxError as error:
                    self._failed = f"the sandbox did not start: {error}"
                    return None
                if template.isolation.name == "process" and not self._programs.unsafe:
                    self._failed = (
                        "code was not run: this machine offers only a plain process, which guards against accidents; "
                        "allow it with --unsafe"
                    )
                    return None
                self._session = template.open(function.program.cells)
            return self._session

        def _all(
            self,
            part: Part,
            functions: list[Callable],
            evidence: dict[str, tuple[Evidence, ...]],
            mistakes: dict[str, NamedMistake],
            remarks: dict[str, tuple[str, ...]] | None = None,
        ) -> dict[str, ItemResult]:
            results = {}
            for item in part.items:
                if item.id not in evidence:
                    continue
                verdict = judge.verdict(evidence[item.id])
                share = getattr(item, "form_points", judge.HALF)
                results[item.id] = ItemResult(
                    item=item.id,
                    verdict=verdict,
                    score=judge.score(verdict, item.points, partial_share=share),
                    evidence=evidence[item.id],
                    submitted=f"{functions[0].function}(...)",
                    where=str(functions[0].place),
                    mistake=mistakes.get(item.id),
                    remarks=(remarks or {}).get(item.id, ()),
                )
            return results
