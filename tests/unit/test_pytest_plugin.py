"""The plugin, in test runs of its own: names, messages, skips, expectations, and that nothing of an author runs."""

from __future__ import annotations

import re

import pytest

ANSWERS = r"""## 1a

$X_1 \sim \mathcal N(0, \sqrt{\sigma^2+1})$

## 1e

$\text{Var}(\hat X_0) = \frac{\sigma^2(1+2\sigma^2)}{(1+\sigma^2)^2}$

## 2d

$r(x,y) = \beta^7 \log Z(x)$

## 2e

$p(y_1 \succ y_2 | x) = \frac{1}{$
"""


@pytest.fixture
def answers(pytester: pytest.Pytester) -> pytest.Pytester:
    """Put one submission of the author ann into a folder of submissions."""
    folder = pytester.mkdir("submissions") / "ann"
    folder.mkdir()
    (folder / "answers.md").write_text(ANSWERS, encoding="utf-8")
    return pytester


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess(
        "-p", "no:cacheprovider", "-p", "no:randomly", "--assignment", "hw13", "-rs", *arguments
    )


def test_one_test_a_part_named_after_submission_and_part(answers: pytest.Pytester) -> None:
    result = run(answers, "-v", "submissions")
    shown = result.stdout.str()
    for part, outcome in (("1a", "FAILED"), ("1e", "PASSED"), ("2d", "FAILED"), ("2e", "SKIPPED"), ("2g", "FAILED")):
        result.stdout.fnmatch_lines([f"*ann-{part} {outcome}*"])
    assert result.parseoutcomes()["passed"] == 1
    assert sum(result.parseoutcomes()[kind] for kind in ("passed", "failed", "skipped")) == 15
    assert "no tests ran" not in shown


def test_the_message_shows_submitted_expected_and_the_named_mistake(answers: pytest.Pytester) -> None:
    result = run(answers, "submissions", "-k", "1a or 2d or 2e")
    shown = result.stdout.str()
    assert "standard-deviation" in shown
    assert "takes the variance" in shown
    assert r"\beta^{7}" in shown
    assert "submitted" in shown
    assert "expected" in shown
    assert re.search(r"beta\s*=|β\s*=", shown)
    assert "Traceback" not in shown
    # Undecided is no failure: it is skipped with its reason.
    assert result.parseoutcomes()["skipped"] == 1
    result.stdout.fnmatch_lines(["*undecided, a person looks*could not be read*"])


EXPECTED = """
["1a"]
verdict = "incorrect"
reason = "a standard deviation"
mistake = "standard-deviation"
["1e"]
verdict = "incorrect"
reason = "somebody thought so"
["2d"]
verdict = "incorrect"
reason = "no such thing"
mistake = "beta-lost"
["2e"]
verdict = "undecided"
reason = "a brace is open"
"""


TRUSTING = "[pytest]\ngrader_expected_verdicts = true\n"


def test_an_author_cannot_bring_the_verdicts_along(answers: pytest.Pytester) -> None:
    folder = answers.path / "submissions" / "ann"
    (folder / "expected.toml").write_text(
        '["1a"]\nverdict = "incorrect"\nreason = "so that it passes"\n', encoding="utf-8"
    )
    (folder / "pytest.ini").write_text(TRUSTING, encoding="utf-8")
    for where in ("submissions", "submissions/ann"):
        result = run(answers, "-v", where, "-k", "1a")
        result.stdout.fnmatch_lines(["*ann-1a FAILED*"])


def test_expectations_beside_a_submission_decide(answers: pytest.Pytester) -> None:
    answers.makeini(TRUSTING)
    (answers.path / "submissions" / "ann" / "expected.toml").write_text(EXPECTED, encoding="utf-8")
    result = run(answers, "-v", "submissions", "-k", "1a or 1e or 2d or 2e")
    for part, outcome in (("1a", "PASSED"), ("1e", "FAILED"), ("2d", "FAILED"), ("2e", "PASSED")):
        result.stdout.fnmatch_lines([f"*ann-{part} {outcome}*"])
    shown = result.stdout.str()
    assert "expected incorrect (somebody thought so), got correct" in shown
    assert "expected the mistake beta-lost, got none" in shown


SPY = "from pathlib import Path\nPath({target!r}).write_text(__name__ + ' in ' + __file__)\n"


@pytest.mark.parametrize("where", ["submissions", "submissions/ann/answers.md"])
def test_nothing_that_an_author_brings_along_is_executed(answers: pytest.Pytester, where: str) -> None:
    spy = answers.path / "it_ran.txt"
    folder = answers.path / "submissions" / "ann"
    for name in ("conftest.py", "test_spy.py", "__init__.py", "setup.py"):
        (folder / name).write_text(SPY.format(target=str(spy)), encoding="utf-8")
    result = run(answers, "-v", where)
    assert not spy.exists(), spy.read_text(encoding="utf-8")
    assert "ann-1e PASSED" in result.stdout.str()


def test_a_submission_that_is_a_module_is_not_imported(pytester: pytest.Pytester) -> None:
    spy = pytester.path / "it_ran.txt"
    folder = pytester.mkdir("submissions") / "bob"
    folder.mkdir()
    # The grader calls functions in its sandbox, which cannot reach this folder.
    source = SPY.format(target=str(spy)) + "def part_1a(sigma2):\n    return sigma2 + 1\n"
    (folder / "test_answers.py").write_text(source, encoding="utf-8")
    run(pytester, "-v", "submissions")
    assert not spy.exists()


def test_other_tests_are_collected_as_ever(answers: pytest.Pytester) -> None:
    answers.makepyfile(test_mine="def test_mine():\n    assert 1 + 1 == 2\n")
    result = run(answers, "-v", "test_mine.py")
    result.assert_outcomes(passed=1)


def test_the_plugin_can_be_switched_off(answers: pytest.Pytester) -> None:
    result = answers.runpytest_subprocess("-p", "no:grader", "-p", "no:cacheprovider", "submissions")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_an_unknown_assignment_is_an_error_that_says_so(answers: pytest.Pytester) -> None:
    result = answers.runpytest_inprocess("-p", "no:cacheprovider", "--assignment", "hw99", "submissions")
    assert result.ret != 0
    assert "hw99" in result.stdout.str() + result.stderr.str()
