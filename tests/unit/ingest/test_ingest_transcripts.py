"""Transcripts in markdown: speakers, parts over turns, attempts, hints."""

from __future__ import annotations

from pathlib import Path

import pytest
from ingest_cases import read_one, text_of, texts

SPEAKERS = [
    ("## User\n{}\n", "## Assistant\n{}\n"),
    ("**User:** {}\n", "**Assistant:** {}\n"),
    ("**You said:**\n{}\n", "**ChatGPT said:**\n{}\n"),
    ("### Human\n{}\n", "### Claude\n{}\n"),
    ("User: {}\n", "Assistant: {}\n"),
    ("##### You said:\n{}\n", "###### ChatGPT said:\n{}\n"),
    ("## Prompt:\n{}\n", "## Response:\n{}\n"),
    ("[User]\n{}\n", "[Assistant]\n{}\n"),
    ("## 👤 You\n{}\n", "## 🤖 ChatGPT\n{}\n"),
    ("**Human** (12:03):\n{}\n", "**Claude** (12:04):\n{}\n"),
    ("Human: {}\n", "Gemini: {}\n"),
]


def talk(*turns: str) -> str:
    """Return a transcript; the user speaks first."""
    return "\n".join(f"## {'Assistant' if number % 2 else 'User'}\n\n{turn}\n" for number, turn in enumerate(turns))


@pytest.mark.parametrize("style", SPEAKERS)
def test_every_style_of_speakers(style: tuple[str, str], tmp_path: Path) -> None:
    user, assistant = style
    text = "\n".join(
        [
            user.format("Solve part a of problem 1."),
            assistant.format("Let's solve part (a).\n\n$x$ first"),
            user.format("Are you sure?"),
            assistant.format("I checked.\n\n$x$ second"),
        ]
    )
    submission = read_one(tmp_path, "t.md", text)
    assert submission.format == "markdown-transcript", submission.problems
    first, second = submission.parts["1a"]
    assert not first.hinted
    assert second.hinted
    assert "first" in text_of(first.answers[0])
    assert "second" in text_of(second.answers[0])
    assert "Are you sure" not in text_of(first.answers[0])
    assert (first.place.turn, second.place.turn) == (2, 4)


def test_several_parts_in_one_turn_and_one_part_over_several(tmp_path: Path) -> None:
    text = talk(
        "here is 1a-c",
        "I will do all.\n\n### (a)\nA\n\n### (b)\nB\n\n### (c)\nC one",
        "Not quite for part (c).",
        "You are right.\n\nC two",
        "Check the sign.",
        "C three",
    )
    submission = read_one(tmp_path, "t.md", text)
    assert [len(submission.parts[part]) for part in ("1a", "1b", "1c")] == [1, 1, 3]
    assert [attempt.number for attempt in submission.parts["1c"]] == [1, 2, 3]
    assert [attempt.hinted for attempt in submission.parts["1c"]] == [False, True, True]
    assert "I will do all" not in texts(submission)["1a"]


def test_the_assistants_own_label_overrules_a_slip(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "t.md", talk("Now try part F", "Let's solve **Part (h)** step by step.\n\nH"))
    assert list(submission.parts) == ["1h"]


def test_problem_context_is_carried(tmp_path: Path) -> None:
    text = talk(
        "solve part a",
        "Part (a):\n\none",
        "Now the second question on the homework. Solve part a.",
        "two",
        "and part b?",
        "three",
    )
    submission = read_one(tmp_path, "t.md", text)
    assert {part: text_of(a[0].answers[0]).strip() for part, a in submission.parts.items()}["2b"] == "three"
    assert "two" in texts(submission)["2a"]


def test_letters_that_restart_mean_the_next_problem_but_a_revision_does_not(tmp_path: Path) -> None:
    turns = [turn for letter in "gh" for turn in (f"solve part {letter}", f"Part ({letter}):\n\nfirst {letter}")]
    again = read_one(tmp_path, "t.md", talk("part a", "Part (a): x", *turns, "Please redo part a", "x again"))
    assert len(again.parts["1a"]) == 2
    further = read_one(
        tmp_path, "t.md", talk("part a", "Part (a): x", *turns, "Great, now part a", "### (a)\nnext problem")
    )
    assert "next problem" in texts(further)["2a"]


def test_parts_out_of_order(tmp_path: Path) -> None:
    text = talk("do 2b", "### 2b\nx", "do 1c", "### 1c\ny", "do part a", "### (a)\nz")
    assert list(read_one(tmp_path, "t.md", text).parts) == ["1a", "1c", "2b"]


def test_a_recap_and_mentions_do_not_switch(tmp_path: Path) -> None:
    answer = (
        "Let's work through part **(e)** using the result from part (d).\n\n"
        "### Recap of Part (d): Rewards\n\nFrom part (d), r.\n\n"
        "### Step 1\nUsing the implicit reward from part (d)\n\nend\n\nLet me know when you're ready for part (f)!"
    )
    submission = read_one(tmp_path, "t.md", talk("Problem 2, please solve part e.", answer))
    assert list(submission.parts) == ["2e"]
    assert "end" in texts(submission)["2e"]


def test_a_reply_that_was_cut_off_is_joined(tmp_path: Path) -> None:
    for word in ("continue", "Please go on.", "You got cut off, please continue"):
        submission = read_one(
            tmp_path, "t.md", talk("solve 1d", "### 1d\nfirst half", word, "second half\n\n### (e)\nnext")
        )
        (attempt,) = submission.parts["1d"]
        assert "first half\nsecond half" in text_of(attempt.answers[0])
        assert not attempt.hinted
        assert "next" in texts(submission)["1e"]


def test_sections_of_one_part_in_one_turn_are_one_attempt(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "t.md", talk("all of problem 1", "### (a)\nA\n### (b)\nB\n### (a)\nmore A"))
    (attempt,) = submission.parts["1a"]
    assert "more A" in text_of(attempt.answers[0])
    assert "B" not in text_of(attempt.answers[0])
    # Lines between are kept as empty ones: the place of each line still holds.
    lines = text_of(attempt.answers[0]).split("\n")
    assert (attempt.place.line or 0) + lines.index("more A") == 12


def test_chatter_is_no_attempt(tmp_path: Path) -> None:
    text = talk(
        "I will give you questions. If there are subparts (a), (b), answer each.",
        "I understand! Please share the screenshots of parts (a), (b).",
        "solve part a",
        "Part (a):\n\nanswer",
    )
    submission = read_one(tmp_path, "t.md", text)
    assert list(submission.parts) == ["1a"]
    assert len(submission.parts["1a"]) == 1


def test_several_parts_without_any_label_are_unreadable_not_guessed(tmp_path: Path) -> None:
    submission = read_one(
        tmp_path, "t.md", talk("Please solve parts a and b of problem 1.", "The first is $x$.\n\nThe second is $y$.")
    )
    assert {part: type(a[0].answers[0]).__name__ for part, a in submission.parts.items()} == {
        "1a": "Unreadable",
        "1b": "Unreadable",
    }


def test_speakers_in_code_and_quotes_are_none(tmp_path: Path) -> None:
    text = talk("solve 1a", "### 1a\n```\n## User\nhi\n```\n> ## User\n\nend")
    submission = read_one(tmp_path, "t.md", text)
    assert "end" in texts(submission)["1a"]


def test_a_fence_that_is_never_closed_does_not_swallow_the_rest(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "t.md", talk("solve 1a", "### 1a\n```python\nx = 1", "solve 1b", "### 1b\nanswer"))
    assert list(submission.parts) == ["1a", "1b"]


HINTS = [
    ("Are you sure?", "nudge"),
    ("Not quite, but close.", "nudge"),
    ("try again", "nudge"),
    ("Please check the sign.", "nudge"),
    ("Hmm, I think a factor is missing.", "nudge"),
    ("No. Start with this form instead:", "form"),
    ("The next step is the following equation", "form"),
    ("![image](x.png)", "form"),
    ("Write it as a product of terms", "form"),
    ("Can you rewrite that in terms of $\\beta$ only?", "form"),
    ("The correct answer is $x+1$.", "answer"),
    ("You should get N(0, 1), show how.", "answer"),
    ("What I am looking for is this.", "answer"),
]


@pytest.mark.parametrize(("said", "kind"), HINTS)
def test_hints_before_a_second_attempt(said: str, kind: str, tmp_path: Path) -> None:
    submission = read_one(
        tmp_path, "t.md", talk("solve 1a", "### 1a\none", said, "Sure: two", "now part b", "### (b)\nB")
    )
    first, second = submission.parts["1a"]
    assert (first.hinted, second.hinted) == (False, True)
    assert second.hint.startswith(f"{kind} (turn 3)")
    assert not submission.parts["1b"][0].hinted


@pytest.mark.parametrize(
    "said",
    [
        "Lovely. Now solve part b",
        "Yes, this looks basically right. Now try part b",
        "Could you do part b next?",
        "Great job!! Please try part (b) next.",
        "That is right. Please do part b.",
        "Not right: the sign should be a minus. Please solve part b now",
        "Wow, that was a hard one! Now part b",
        "![](statement.png) Yes, that's fine. Please solve part b",
    ],
)
def test_what_is_no_hint_for_the_next_part(said: str, tmp_path: Path) -> None:
    submission = read_one(tmp_path, "t.md", talk("solve 1a", "### 1a\none", said, "### (b)\nB"))
    assert not submission.parts["1b"][0].hinted


def test_a_hint_stays_a_hint_for_later_attempts(tmp_path: Path) -> None:
    text = talk(
        "solve 1a",
        "### 1a\none",
        "The answer is $7$.",
        "two",
        "Now part b",
        "### (b)\nB",
        "Go back to part (a)",
        "### (a)\nthree",
    )
    third = read_one(tmp_path, "t.md", text).parts["1a"][2]
    assert third.hinted
    assert third.hint.startswith("answer (turn 3)")


def test_an_answer_given_away_with_the_first_request_is_a_hint(tmp_path: Path) -> None:
    submission = read_one(
        tmp_path, "t.md", talk("Solve part a of problem 1. The answer should be $x$.", "Part (a):\n\n$x$")
    )
    assert submission.parts["1a"][0].hint.startswith("answer")


def test_quotations_are_short(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "t.md", talk("solve 1a", "### 1a\none", "wrong " * 500, "two"))
    assert len(submission.parts["1a"][1].hint) < 160


def test_words_that_lead_over_to_the_next_label_are_no_attempt(tmp_path: Path) -> None:
    text = talk(
        "do problem 1",
        "### Part (a): one",
        "yes",
        "Great, moving on.\n\n### Part (b)\ntwo",
        "ok",
        "### Part (c)\nthree",
    )
    submission = read_one(tmp_path, "t.md", text)
    assert {part: len(attempts) for part, attempts in submission.parts.items()} == {"1a": 1, "1b": 1, "1c": 1}


def test_a_list_of_lists_inside_an_answer_does_not_switch(tmp_path: Path) -> None:
    answer = "# Problem 1\n\n**(a)** first\n\n**(b)** second\n\n1. a) foo\n2. b) bar\n\nend"
    submission = read_one(tmp_path, "t.md", talk("all of it", answer))
    assert list(submission.parts) == ["1a", "1b"]
    assert "end" in texts(submission)["1b"]


def test_a_plain_second_request_is_no_hint(tmp_path: Path) -> None:
    submission = read_one(
        tmp_path,
        "t.md",
        talk("solve 1h", "### 1h\none", "Oh sorry, my bad, I made a typo. Please solve part H.", "### (h)\ntwo"),
    )
    assert [attempt.hinted for attempt in submission.parts["1h"]] == [False, False]
