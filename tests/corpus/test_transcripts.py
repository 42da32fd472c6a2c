"""Two real transcripts: what is right in them, what is wrong, and that both formats of each are judged alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.model import Agreement, AttemptResult, Counterexample, ItemResult, Mention, Proof, Verdict
from grader.pipeline import Options, grade

pytestmark = pytest.mark.shared

Graded = dict[str, tuple[AttemptResult, ...]]
NAMES = ("claude_hw13.md", "claude_hw13.conversations.json", "chatgpt_hw13.md", "chatgpt_hw13.conversations.json")
CLAUDE, CHATGPT = NAMES[:2], NAMES[2:]


@pytest.fixture(scope="session")
def transcripts(shared: Path) -> dict[str, Graded]:
    """Return the attempts at each part by transcript, graded once for all tests."""
    paths = [shared / "transcripts" / name for name in NAMES]
    run = grade(paths, Options(assignment="hw13", jobs=2))
    assert run.faults == ()
    return {one.submission.id: {part.part: part.attempts for part in one.parts} for one in run.results}


def item(attempt: AttemptResult, name: str = "") -> ItemResult:
    return next(one for one in attempt.items if name in ("", one.item))


def mistake(found: ItemResult) -> str:
    return found.mistake.id if found.mistake else ""


def outcomes(graded: Graded) -> dict[str, list[list[tuple[str, str, str]]]]:
    return {
        part: [[(one.item, str(one.verdict), mistake(one)) for one in attempt.items] for attempt in attempts]
        for part, attempts in graded.items()
    }


@pytest.mark.parametrize(("first", "second"), [CLAUDE, CHATGPT])
def test_both_formats_of_a_transcript_are_judged_alike(transcripts: dict[str, Graded], first: str, second: str) -> None:
    assert outcomes(transcripts[first]) == outcomes(transcripts[second])


RIGHT = ["1a", "1b", "1c", "1d", "1e", "1f", "1g", "1h", "2a", "2b", "2c", "2d", "2e", "2f"]


@pytest.mark.parametrize("name", CLAUDE)
@pytest.mark.parametrize("part", RIGHT)
def test_claude_is_right_on_all_parts_but_the_last(transcripts: dict[str, Graded], name: str, part: str) -> None:
    (attempt,) = transcripts[name][part]
    assert attempt.verdict == Verdict.CORRECT, attempt.items
    assert not attempt.hinted


@pytest.mark.parametrize("name", CLAUDE)
def test_a_target_that_needs_the_variance_is_right_with_a_remark(transcripts: dict[str, Graded], name: str) -> None:
    remarks = [remark for one in transcripts[name]["1f"][-1].items for remark in one.remarks]
    assert any("σ²" in remark or "sigma^2" in remark for remark in remarks), remarks


@pytest.mark.parametrize("name", CLAUDE)
def test_a_pairwise_loss_is_refuted_by_a_ranking_and_a_policy(transcripts: dict[str, Graded], name: str) -> None:
    attempt = transcripts[name]["2g"][-1]
    assert item(attempt, "probability").verdict == Verdict.CORRECT
    loss = item(attempt, "loss")
    assert (str(loss.verdict), mistake(loss)) == ("incorrect", "pairwise")
    (found,) = [one for one in loss.evidence if isinstance(one, Counterexample)]
    names = " ".join(key for key, _ in found.parameters)
    values = " ".join(value for _, value in found.parameters)
    assert "pi_theta(" in names
    assert "beta" in names
    assert "tau = (" in values or "tau_1" in names, found.parameters
    assert found.submitted != found.expected


FIRST_AND_LAST = [
    ("1g", "step", ("incorrect", "step-factor-lost"), ("correct", "")),
    ("2e", "probability", ("incorrect", "beta-lost"), ("correct", "")),
    ("2f", "gradient", ("correct", ""), ("incorrect", "sign-and-weight")),
    ("2g", "loss", ("correct", ""), ("incorrect", "pairwise")),
]


@pytest.mark.parametrize("name", CHATGPT)
@pytest.mark.parametrize(("part", "what", "first", "last"), FIRST_AND_LAST)
def test_first_and_last_attempts_are_judged_apart(
    transcripts: dict[str, Graded],
    name: str,
    part: str,
    what: str,
    first: tuple[str, str],
    last: tuple[str, str],
) -> None:
    attempts = transcripts[name][part]
    found = [(str(one.verdict), mistake(one)) for one in (item(attempts[0], what), item(attempts[-1], what))]
    assert found == [first, last]
    assert not attempts[0].hinted
    assert attempts[-1].hinted


@pytest.mark.parametrize("name", CHATGPT)
def test_two_right_gradients_and_one_that_a_hint_led_astray(transcripts: dict[str, Graded], name: str) -> None:
    verdicts = [str(item(attempt, "gradient").verdict) for attempt in transcripts[name]["2f"]]
    assert verdicts == ["correct", "correct", "incorrect"]


@pytest.mark.parametrize("name", CHATGPT)
def test_the_first_ranking_loss_is_right(transcripts: dict[str, Graded], name: str) -> None:
    first = transcripts[name]["2g"][0]
    assert {one.item: str(one.verdict) for one in first.items} == {"probability": "correct", "loss": "correct"}


@pytest.mark.parametrize("name", NAMES)
def test_every_verdict_is_backed_by_evidence(transcripts: dict[str, Graded], name: str) -> None:
    looked = 0
    for part, attempts in transcripts[name].items():
        for one in (one for attempt in attempts for one in attempt.items):
            looked += 1
            kinds = {type(found) for found in one.evidence}
            wrong_claim = any(isinstance(found, Mention) and not found.earns for found in one.evidence)
            if one.verdict == Verdict.CORRECT:
                assert kinds & {Proof, Agreement, Mention}, (part, one)
                assert Counterexample not in kinds, (part, one)
            if one.verdict == Verdict.INCORRECT:
                assert Counterexample in kinds or wrong_claim, (part, one)
    assert looked >= 20
