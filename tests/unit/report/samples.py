"""Sample results that hold every kind of evidence, every verdict and hostile text."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from grader.model import (
    Agreement,
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
    Place,
    Program,
    Proof,
    Prose,
    Score,
    Silence,
    Step,
    Submission,
    SubmissionResult,
    Unreadable,
    Verdict,
    Violation,
)
from grader.model import Attempt as RecordedAttempt
from grader.report import results

PLACE = Place(file="answers.md", line=12)

PROOF = Proof(check="identical_form", method="canonical form of rational functions")
AGREEMENT = Agreement(
    check="agrees_at_points", trials=64, digits=30, domain="σ² > 0, t in (0, 1]", method="ball arithmetic"
)
STATISTICAL = Agreement(
    check="mean_equals",
    trials=100_000,
    digits=0,
    domain="N(0, 1)",
    false_pass_rate="1e-6",
    false_alarm_rate="1e-9",
    least_discrepancy="0.02",
)
COUNTEREXAMPLE = Counterexample(
    check="agrees_at_points",
    parameters=(("sigma2", "1"), ("t", "1/2")),
    submitted="0.66666…",
    expected="0.75",
    difference="0.083…",
    submitted_form=r"\frac{\sigma^2}{\sigma^2+t}",
    expected_form=r"\frac{\sigma^2(1+2\sigma^2)}{(1+\sigma^2)^2}",
)
RAISED = Counterexample(
    check="value_at_points", parameters=(), submitted="raised ZeroDivisionError", expected="3/4", difference="no number"
)
VIOLATION = Violation(check="allowed_symbols", message="r(x, y) is not allowed here", place="character 7")
MENTION = Mention(
    check="says", claim="the sum has exponentially many terms", quotation="V^L terms are too many", earns=True
)
UNPAID = Mention(check="says", claim="it is slow", quotation="it is slow", earns=False)
SILENCE = Silence(check="proves", reason="ran out of its budget of 2 s")

EVERY_EVIDENCE: tuple[Evidence, ...] = (
    PROOF,
    AGREEMENT,
    STATISTICAL,
    COUNTEREXAMPLE,
    RAISED,
    VIOLATION,
    MENTION,
    UNPAID,
    SILENCE,
)

HOSTILE = (
    "<script>alert(1)</script> \u202egnp.exe\u200b \x1b[31mred\x1b[0m javascript:alert(2) "
    "\"'><img src=x onerror=alert(3)>"
)


def score(verdict: Verdict, possible: int = 2) -> Score:
    earned = {Verdict.CORRECT: Fraction(possible), Verdict.PARTIAL: Fraction(possible, 3)}.get(verdict, Fraction(0))
    pending = Fraction(possible) if verdict is Verdict.UNDECIDED else Fraction(0)
    return Score(earned=earned, pending=pending, possible=Fraction(possible))


def item(verdict: Verdict, *evidence: Evidence, name: str = "value", submitted: str = "", **more: Any) -> ItemResult:
    return ItemResult(
        item=name,
        verdict=verdict,
        score=score(verdict),
        evidence=evidence,
        submitted=submitted,
        where=str(PLACE),
        **more,
    )


def attempt(
    *items: ItemResult, number: int = 1, hint: str = "", verdict: Verdict | None = None, steps: Sequence[Step] = ()
) -> AttemptResult:
    total = sum((entry.score for entry in items), Score())
    return AttemptResult(
        number=number,
        where=f"answers.md, turn {2 * number}",
        hinted=bool(hint),
        hint=hint,
        verdict=verdict or (items[0].verdict if items else Verdict.MISSING),
        score=total,
        items=items,
        steps=tuple(steps),
    )


def part(name: str, *attempts: AttemptResult, title: str = "", feedback: str = "") -> PartResult:
    return PartResult(part=name, title=title, attempts=attempts, feedback=feedback)


def step(line: int, lhs: str, relation: str, rhs: str, verdict: Verdict, **more: Any) -> Step:
    return Step(
        where=f"answers.md, line {line}", line=line, lhs=lhs, relation=relation, rhs=rhs, verdict=verdict, **more
    )


def submission(name: str, parts: Sequence[PartResult], **answers: Any) -> SubmissionResult:
    recorded = {
        part_name: tuple(
            RecordedAttempt(number=number, answers=(answer,), place=PLACE)
            for number, answer in enumerate(given, start=1)
        )
        for part_name, given in ((key.removeprefix("p"), value) for key, value in answers.items())
    }
    return SubmissionResult(
        submission=Submission(
            id=name,
            author=f"Author of {name}",
            source=f"{name}/answers.md",
            sha256="ab" * 32,
            format="markdown",
            parts=recorded,
            problems=("answers.md, line 40: a picture is not read",),
        ),
        parts=tuple(parts),
        score=sum((entry.last.score for entry in parts), Score()),
        first_attempt_score=Score(possible=Fraction(4)),
        problems=("answers.md, line 40: a picture is not read", "part 9z is not in this assignment"),
    )


def every_case() -> SubmissionResult:
    mistake = NamedMistake(id="square-forgotten", message="the square of the sum $\\sum_k a_k^2$ is forgotten")
    derivation = (
        step(3, r"\mathrm{Var}(\hat X_0)", "=", r"\left(\frac{\sigma^2}{\sigma^2+1}\right)^2", Verdict.CORRECT),
        step(4, r"\frac{1}{2-\Delta t/2t}", "=", r"\frac12", Verdict.CORRECT, kind="approx"),
        step(5, "a", "=", "a + 1", Verdict.INCORRECT, kind="false", counterexample=COUNTEREXAMPLE),
        step(6, "f(x", "=", "?", Verdict.UNDECIDED, reason="the left side is not readable"),
    )
    variance = r"\frac{\sigma^2}{\sigma^2+t}"
    parts = [
        part("1a", attempt(item(Verdict.CORRECT, PROOF, AGREEMENT, submitted=r"\sigma^2+1", read_as=r"\sigma^2+1"))),
        part("1b", attempt(item(Verdict.CORRECT, STATISTICAL, submitted="def step(x): ...")), title="A sampler"),
        part("1c", attempt(item(Verdict.PARTIAL, VIOLATION, AGREEMENT, submitted=f"${variance}$")), title="Simplify"),
        part(
            "1e",
            attempt(
                item(Verdict.INCORRECT, RAISED, submitted="my first guess is $x^2$", mistake=mistake),
                number=1,
                steps=derivation,
            ),
            attempt(
                item(
                    Verdict.INCORRECT,
                    COUNTEREXAMPLE,
                    SILENCE,
                    submitted=variance,
                    read_as=variance,
                    mistake=mistake,
                    remarks=("The limit is right to leading order.",),
                    follows_from="1c",
                ),
                number=2,
                hint="the turn before gave the form of the answer",
                steps=derivation,
            ),
            title="The limit of the variance",
            feedback="Look again at what is squared.",
        ),
        part("2c", attempt(item(Verdict.CORRECT, MENTION, UNPAID, submitted="There are $V^L$ terms, too many."))),
        part("2d", attempt(item(Verdict.UNDECIDED, SILENCE, submitted=r"\frac{1", trust="recognised"))),
        part("2e", attempt(item(Verdict.UNDECIDED, PROOF, COUNTEREXAMPLE, submitted="x"))),
        part(
            "2g",
            attempt(
                item(Verdict.CORRECT, AGREEMENT, name="probability", submitted=r"\prod_k p_k", read_as=r"\prod_k p_k"),
                item(Verdict.INCORRECT, COUNTEREXAMPLE, name="loss", submitted=r"-\log p", read_as=r"-\log p"),
                verdict=Verdict.PARTIAL,
            ),
        ),
        part("2h", attempt(verdict=Verdict.MISSING)),
    ]
    code = Callable(
        function="step", program=Program(cells=("def step(x): ...",), where=(PLACE,)), place=PLACE, docstring="a step"
    )
    return submission(
        "good/anna",
        parts,
        p1a=[Formula(text=r"\sigma^2+1", place=PLACE)],
        p1b=[code],
        p1c=[Prose(text=f"${variance}$", place=PLACE)],
        p1e=[Prose(text="my first guess is $x^2$", place=PLACE), Formula(text=variance, place=PLACE)],
        p2c=[Prose(text="There are $V^L$ terms, too many.", place=PLACE)],
        p2d=[Unreadable(text=r"\frac{1", reason="a brace is not closed", place=PLACE)],
        p2h=[Missing()],
    )


def hostile_case() -> SubmissionResult:
    poisoned = Counterexample(
        check=HOSTILE,
        parameters=((HOSTILE, HOSTILE),),
        submitted=HOSTILE,
        expected=HOSTILE,
        difference=HOSTILE,
        submitted_form=r"\text{<img src=x onerror=alert(4)>}",
        expected_form=r"\href{javascript:alert(5)}{x}",
    )
    mistake = NamedMistake(id=HOSTILE, message=HOSTILE)
    answers = [
        "=HYPERLINK(1)",
        r"\style{background:url(http://evil.example/x)}{x}",
        r"\text{</math><script>alert(6)</script>}",
        "\ud800 lone surrogate",
        HOSTILE + "x" * 200_000,
        r"\frac{" * 5_000,
    ]
    parts = [
        part(
            f"{number}{HOSTILE}",
            attempt(
                item(Verdict.INCORRECT, poisoned, submitted=text, read_as=text, mistake=mistake, remarks=(HOSTILE,)),
                hint=HOSTILE,
                steps=(step(1, text[:500], "=", HOSTILE, Verdict.INCORRECT, counterexample=poisoned, reason=HOSTILE),),
            ),
            title=HOSTILE,
            feedback=HOSTILE,
        )
        for number, text in enumerate(answers)
    ]
    return submission(f"=cmd|' /C calc'!A0 {HOSTILE}", parts)


def sample(*cases: SubmissionResult) -> dict[str, Any]:
    document: dict[str, Any] = results.document(
        assignment_id="hw13",
        assignment_version="1.0",
        isolation="namespaces, seccomp, no network",
        seed="0123abcd",
        results=cases or (every_case(),),
        human_disagreements=[
            {
                "submission": "good/anna",
                "part": "1e",
                "human": Fraction(1, 2),
                "earned": Fraction(0),
                "pending": 0,
                "possible": 2,
                "verdict": "incorrect",
                "note": "half for the idea",
            }
        ],
    )
    return document
