"""The way of the data, on one screen: sources are read, answers checked, evidence judged, results returned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

from grader import assignments, judge
from grader.checks.steps import check_steps
from grader.checks.steps_known import known_in
from grader.errors import GraderError
from grader.faults import FAULT, guarded
from grader.feedback import feedback
from grader.grading import Context, grade_items, is_silent
from grader.ingest import Source, discover, read
from grader.model import (
    Attempt,
    AttemptResult,
    ItemResult,
    Missing,
    PartResult,
    Place,
    Prose,
    Score,
    Silence,
    Step,
    Submission,
    SubmissionResult,
    Verdict,
)
from grader.programs import Runner, SubmissionPrograms
from grader.rubric import Part, Rubric
from grader.selfcheck import check_rubric

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a run may be told.

    Attributes:
        assignment: Id or path; empty means the one that the submissions belong to.
        jobs: Worker processes of the grader.
        unsafe: Whether code runs where only accidents are guarded against.
        seed: Decides which worlds are looked at; the verdicts do not depend on it.
    """

    assignment: str = ""
    jobs: int = 1
    unsafe: bool = False
    seed: str = "grader"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Everything that a run yields.

    Attributes:
        rubric: The assignment.
        results: One a submission, sorted by id.
        isolation: The level of isolation in which code really ran.
        seed: The seed of the run.
        faults: What the grader itself failed on, a sentence each; everything else is graded.
    """

    rubric: Rubric
    results: tuple[SubmissionResult, ...]
    isolation: str
    seed: str
    faults: tuple[str, ...] = field(default=())


def grade(
    paths: Sequence[Path], options: Options, *, progress: Progress = lambda _: None, runner: Runner | None = None
) -> Run:
    """Grade all submissions below some paths; a `runner` that is given is kept warm for further calls.

    Raises:
        UsageError: if the paths or the assignment are unusable.
        RubricError: if the assignment contradicts itself.
    """
    name = options.assignment or assignments.default_for(tuple(paths))
    rubric = assignments.load(name)
    _check_once(rubric)
    sources = discover(paths)
    graded: list[tuple[tuple[SubmissionResult, ...], str, str]] = []
    for source, outcome in zip(sources, _graded(sources, name, options, runner), strict=True):
        graded.append(outcome)
        progress(source.id)
    results = sorted((one for many, _, _ in graded for one in many), key=lambda one: one.submission.id)
    levels = sorted({level for _, level, _ in graded if level})
    return Run(
        rubric=rubric,
        results=tuple(results),
        isolation=", ".join(levels) or "no code was run",
        seed=options.seed,
        faults=tuple(fault for _, _, fault in graded if fault),
    )


_CHECKED: set[int] = set()


def _check_once(rubric: Rubric) -> None:
    """Check a rubric against itself, once in the life of the process: loaded rubrics stay loaded."""
    if id(rubric) not in _CHECKED:
        check_rubric(rubric)
        _CHECKED.add(id(rubric))


def _graded(
    sources: Sequence[Source], name: str, options: Options, warm: Runner | None
) -> Iterator[tuple[tuple[SubmissionResult, ...], str, str]]:
    """Yield results, isolation level and fault of each source, in order."""
    if options.jobs <= 1 or len(sources) <= 1:
        with ExitStack() as stack:
            runner = warm or stack.enter_context(Runner(unsafe=options.unsafe))
            for source in sources:
                yield _grade_source(source, name, options, runner)
        return
    # Fresh interpreters: a fork of a process with threads or with a loaded rubric would be neither.
    with ProcessPoolExecutor(min(options.jobs, len(sources)), mp_context=get_context("spawn")) as pool:
        yield from pool.map(_in_worker, sources, [name] * len(sources), [options] * len(sources))


_RUNNERS: list[Runner] = []


def _in_worker(source: Source, name: str, options: Options) -> tuple[tuple[SubmissionResult, ...], str, str]:
    if not _RUNNERS:
        _RUNNERS.append(Runner(unsafe=options.unsafe))
    return _grade_source(source, name, options, _RUNNERS[0])


def _grade_source(
    source: Source, name: str, options: Options, runner: Runner
) -> tuple[tuple[SubmissionResult, ...], str, str]:
    rubric = assignments.load(name)
    context = Context(rubric=rubric, seed=options.seed)
    found = read(source, part_ids=rubric.part_ids)
    try:
        results = tuple(grade_submission(submission, rubric, context, runner) for submission in found)
    except GraderError as error:
        # The grader's own failure on one submission leaves the others graded; the run says on what it failed.
        return tuple(_ungraded(one, rubric) for one in found), runner.level, f"{source.id}: {error}"
    return results, runner.level, "; ".join(f"{source.id}: {fault}" for one in results for fault in _faults(one))


def _faults(result: SubmissionResult) -> list[str]:
    steps = [
        f"{part.part}, its steps: {step.reason}"
        for part in result.parts
        for attempt in part.attempts
        for step in attempt.steps
        if step.kind == FAULT
    ]
    return steps + [
        f"{part.part} {item.item}: {one.reason}"
        for part in result.parts
        for item in part.last.items
        for one in item.evidence
        if isinstance(one, Silence) and one.check == FAULT
    ]


def _ungraded(submission: Submission, rubric: Rubric) -> SubmissionResult:
    possible = sum((part.points for part in rubric.parts), Fraction(0))
    problem = "the grader failed on this submission; nothing of it is graded"
    return SubmissionResult(
        submission=submission,
        parts=(),
        score=Score(pending=possible, possible=possible),
        problems=(*submission.problems, problem),
    )


def grade_submission(submission: Submission, rubric: Rubric, context: Context, runner: Runner) -> SubmissionResult:
    """Return all parts of one submission, graded."""
    with runner.of(submission) as program:
        parts = [grade_part(part, submission, context, program) for part in rubric.parts]
    parts = _with_follow_through(parts, rubric)
    total = sum((part.last.score for part in parts), Score())
    first = None
    if any(len(part.attempts) > 1 or part.last.hinted for part in parts) or "transcript" in submission.format:
        first = sum((_first_unaided(part) for part in parts), Score())
    return SubmissionResult(
        submission=submission, parts=tuple(parts), score=total, first_attempt_score=first, problems=submission.problems
    )


def _first_unaided(part: PartResult) -> Score:
    first = part.attempts[0]
    return Score(possible=first.score.possible) if first.hinted else first.score


def grade_part(part: Part, submission: Submission, context: Context, program: SubmissionPrograms) -> PartResult:
    """Return the verdict on a part: every attempt is graded, the last one decides."""
    missing = Attempt(number=1, answers=(Missing(),), place=Place(file=submission.source))
    attempts = tuple(
        grade_attempt(part, attempt, context, program) for attempt in submission.parts.get(part.id) or (missing,)
    )
    attempts = (*attempts[:-1], _with_earlier_items(attempts))
    return PartResult(part=part.id, title=part.title, attempts=attempts, feedback=feedback(part, attempts[-1]))


def _with_earlier_items(attempts: tuple[AttemptResult, ...]) -> AttemptResult:
    """Return the last attempt; items on which it says nothing are taken from the latest attempt that does."""
    last = attempts[-1]
    items = list(last.items)
    for index, item in enumerate(items):
        for earlier in reversed(attempts[:-1]):
            answered = earlier.items[index]
            if is_silent(item) and not is_silent(answered):
                remark = f"The last attempt does not repeat this; it is taken from attempt {earlier.number}."
                items[index] = replace(answered, remarks=(*answered.remarks, remark))
                break
    return replace(
        last,
        items=tuple(items),
        verdict=judge.combined(item.verdict for item in items),
        score=sum((item.score for item in items), Score()),
    )


def grade_attempt(part: Part, attempt: Attempt, context: Context, program: SubmissionPrograms) -> AttemptResult:
    """Return the verdict on one attempt: the items answered in code by calls, the others in writing."""
    by_code, attempt = program.answered(part, attempt, context.seed)
    items = tuple(_weightier(by_code.get(item.item), item) for item in grade_items(part, attempt, context))
    return AttemptResult(
        number=attempt.number,
        where=str(attempt.place),
        hinted=attempt.hinted,
        hint=attempt.hint,
        verdict=judge.combined(item.verdict for item in items),
        score=sum((item.score for item in items), Score()),
        items=items,
        steps=_steps(part, attempt, context),
    )


def _weightier(by_code: ItemResult | None, written: ItemResult) -> ItemResult:
    """Return what a function says about an item; the writing beside it counts where the function decides nothing."""
    if by_code is None or (by_code.verdict == Verdict.UNDECIDED and not is_silent(written)):
        return written
    return by_code


def _steps(part: Part, attempt: Attempt, context: Context) -> tuple[Step, ...]:
    """Return the steps of the derivations in an attempt; a fault of the step checker costs the steps, not the grade."""
    known = known_in(context.rubric, part)
    return tuple(
        step
        for answer in attempt.answers
        if isinstance(answer, Prose)
        for step in guarded(
            lambda answer=answer: check_steps(answer.text, part.space, place=answer.place, known_right=known),  # type: ignore[misc]
            lambda reason: (_step_fault(reason),),
        )
    )


def _step_fault(reason: str) -> Step:
    return Step(where="", line=0, lhs="", relation="", rhs="", verdict=Verdict.UNDECIDED, kind=FAULT, reason=reason)


def _with_follow_through(parts: list[PartResult], rubric: Rubric) -> list[PartResult]:
    """Mark wrong items that follow rightly from the author's own earlier mistake, as the rubric lists them."""
    made = {f"{part.part}:{item.mistake.id}" for part in parts for item in part.last.items if item.mistake}
    follows = {
        (part.id, mistake.id): mistake.follows_from
        for part in rubric.parts
        for item in part.items
        for mistake in getattr(item, "mistakes", ())
        if mistake.follows_from
    }

    def marked(part: PartResult, item: ItemResult) -> ItemResult:
        source = follows.get((part.part, item.mistake.id), "") if item.mistake else ""
        if source not in made:
            return item
        earlier = source.partition(":")[0]
        remark = f"This follows from your answer to {earlier}; it is right given that one."
        return replace(item, follows_from=earlier, remarks=(*item.remarks, remark))

    result = []
    for part in parts:
        last = replace(part.last, items=tuple(marked(part, item) for item in part.last.items))
        result.append(replace(part, attempts=(*part.attempts[:-1], last)))
    return result
