"""The assignment of docs/writing-an-assignment.md: it holds together, it grades by path, and it is shown as it is."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grader import assignments
from grader.errors import RubricError
from grader.model import Counterexample, ItemResult, Proof
from grader.pipeline import Options, grade
from grader.rubric import Expected, FormulaItem, Mistake, Rubric
from grader.selfcheck import check_rubric

FOLDER = Path(__file__).parent / "example_assignment"
RUBRIC = FOLDER / "rubric.py"
README = Path(__file__).parents[2] / "README.md"
GUIDE = README.parent / "docs" / "writing-an-assignment.md"


def _items(name: str) -> dict[str, ItemResult]:
    run = grade([FOLDER / name], Options(assignment=str(RUBRIC)))
    assert not run.faults
    (result,) = run.results
    return {f"{part.part} {item.item}": item for part in result.parts for item in part.last.items}


def test_right_answers_earn_all_points_with_a_proof() -> None:
    items = _items("right.md")
    assert {str(item.verdict) for item in items.values()} == {"correct"}
    assert any(isinstance(one, Proof) for one in items["1a variance"].evidence)


def test_wrong_answers_are_refuted_and_the_mistake_is_named() -> None:
    items = _items("wrong.md")
    assert {str(item.verdict) for item in items.values()} == {"incorrect"}
    mistake = items["1a variance"].mistake
    assert mistake is not None
    assert mistake.id == "mean"
    (found,) = [one for one in items["1a variance"].evidence if isinstance(one, Counterexample)]
    assert dict(found.parameters) == {"n": "2", "p": "1/2"}


def test_code_is_called_and_refuted_where_it_differs() -> None:
    item = _items("program.py")["1a variance"]
    if any("--unsafe" in getattr(one, "reason", "") for one in item.evidence):
        pytest.skip("this machine offers no isolation that is fit for running code")
    assert item.verdict == "incorrect"
    (found,) = [one for one in item.evidence if isinstance(one, Counterexample)]
    assert int(dict(found.parameters)["n"]) > 5


def _with_item(rubric: Rubric, item: FormulaItem) -> Rubric:
    first = rubric.parts[0]
    return replace(rubric, parts=(replace(first, items=(item,)), *rubric.parts[1:]))


def _first_item() -> tuple[Rubric, FormulaItem]:
    rubric = assignments.load(str(RUBRIC))
    item = rubric.parts[0].items[0]
    assert isinstance(item, FormulaItem)
    return rubric, item


def test_a_mistake_that_is_right_is_refused() -> None:
    rubric, item = _first_item()
    wrong = Mistake(id="expanded", message="", forms=("n p - n p^2",))
    with pytest.raises(
        RubricError, match=re.escape("1a variance: the mistake expanded (n*p - n*p^2) is judged correct")
    ):
        check_rubric(_with_item(rubric, replace(item, mistakes=(wrong,))))


def test_two_names_for_one_mistake_are_refused() -> None:
    rubric, item = _first_item()
    again = Mistake(id="expectation", message="", forms=("p n",))
    with pytest.raises(RubricError, match=re.escape("1a variance: the mistake expectation (p*n) is given mean")):
        check_rubric(_with_item(rubric, replace(item, mistakes=(*item.mistakes, again))))


def test_a_reference_that_cannot_be_read_is_refused_with_the_place() -> None:
    rubric, item = _first_item()
    broken = replace(item, expected=(Expected(value="n p (1 - p"),))
    with pytest.raises(RubricError, match=r"1a variance: the formula .* cannot be read: .*at character"):
        check_rubric(_with_item(rubric, broken))


def test_the_guide_shows_the_assignment_as_it_is() -> None:
    """Every block of Python in the guide, and every fragment (`text`: no formatter reads it), stands in rubric.py."""
    source = RUBRIC.read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:python|text)\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) >= 10
    for block in blocks:
        assert block.strip() in source, block


def _shown_commands() -> list[tuple[str, str]]:
    """Return each `grader check` of the documents, with the output that stands below it."""
    return [
        shown
        for path in (README, GUIDE)
        for shown in re.findall(
            r"^    \$ grader check (.*)\n((?:    .*\n)+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE
        )
    ]


def test_the_documents_show_some_commands() -> None:
    assert len(_shown_commands()) >= 3


@pytest.mark.parametrize(("arguments", "output"), _shown_commands())
def test_the_documents_show_what_the_command_prints(arguments: str, output: str) -> None:
    """The output stands below the command to the letter."""
    run = subprocess.run(
        [sys.executable, "-m", "grader", "check", *shlex.split(arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=README.parent,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == "".join(line.removeprefix("    ") + "\n" for line in output.splitlines())
