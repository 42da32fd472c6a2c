"""The command line: exit codes, messages with the remedy, and files written once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader.cli import main
from grader.errors import GraderError
from grader.report import FORMATS

LOST_BETA = r"\beta\log\frac{\pi^*(y|x)}{\pi_{ref}(y|x)} + \log Z(x)"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Return the message of a command that must end with exit code 2."""
    capsys.readouterr()
    try:
        code = main(arguments)
    except SystemExit as end:
        code = int(str(end.code))
    assert code == 2
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return captured.err


MESSAGES = [
    (["grade", "nowhere"], ["nowhere", "no such file"]),
    (["grade", "nowhere", "--assignment", "hw99"], ["hw99", "hw13", "rubric.py"]),
    (["grade", ".", "--jobs", "0"], ["from 1 to 256"]),
    (["grade", ".", "--jobs", "x"], ["--jobs"]),
    (["grade"], ["PATH"]),
    (["check", "--part", "9z", "x"], ["9z", "1a", "2g"]),
    (["check", "--part", "1b", "--item", "z", "x"], ["item 'z'", "previous, current"]),
    (["check", "--part", "1a", ""], ["empty"]),
    (["check", "--part", "1a", "--assignment", "hw99", "x"], ["hw99"]),
    (["check", "x"], ["--part"]),
    (["new", "hw99"], ["hw99", "hw13"]),
    (["new", "hw13", "--format", "docx"], ["docx"]),
    (["report", "nowhere.json"], ["nowhere.json"]),
    (["frobnicate"], ["frobnicate"]),
]


@pytest.mark.parametrize(("arguments", "words"), MESSAGES, ids=[" ".join(arguments) for arguments, _ in MESSAGES])
def test_unusable_arguments_end_with_2_and_say_what_was_wanted(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: list[str]
) -> None:
    message = refused(arguments, capsys)
    for word in words:
        assert word in message
    assert list(here.iterdir()) == []


def test_no_command_prints_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    shown = capsys.readouterr().out
    for command in ("grade", "check", "compare", "steps", "new", "report"):
        assert command in shown


def test_check_answers_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--part", "2d", LOST_BETA]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("✗ 2d incorrect")
    assert "beta-lost-second" in shown
    assert main(["check", "--part", "2d", "--json", LOST_BETA]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "incorrect"
    assert document["items"][0]["evidence"][0]["kind"] == "counterexample"


@pytest.mark.parametrize("format_name", ["ipynb", "py", "md", "toml"])
def test_new_then_grade_gives_missing_on_every_part(
    here: Path, capsys: pytest.CaptureFixture[str], format_name: str
) -> None:
    assert main(["new", "hw13", "--format", format_name]) == 0
    target = here / f"answers.{format_name}"
    assert target.name in capsys.readouterr().out
    before = target.read_bytes()
    assert "exists" in refused(["new", "hw13", "--format", format_name], capsys)
    assert target.read_bytes() == before
    assert main(["grade", target.name, "--assignment", "hw13", "--unsafe"]) == 0
    document = json.loads((here / "report" / "results.json").read_text(encoding="utf-8"))
    (submission,) = document["submissions"]
    assert {part["verdict"] for part in submission["parts"]} == {"missing"}
    assert len(submission["parts"]) == 15
    assert submission["score"]["earned"] == submission["score"]["pending"] == 0


def test_new_writes_where_it_is_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "hw13", "--format", "md", "--out", "deep/er/mine.md"]) == 0
    assert (here / "deep" / "er" / "mine.md").is_file()
    assert "mine.md" in capsys.readouterr().out


def test_report_renders_what_grade_wrote(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "ann.md").write_text("## 1a\n\n$X_1 \\sim \\mathcal N(0, \\sqrt{\\sigma^2+1})$\n", encoding="utf-8")
    assert main(["grade", "ann.md", "--assignment", "hw13", "--out", "out"]) == 0
    assert "1 submission(s) graded" in capsys.readouterr().out
    results = here / "out" / "results.json"
    for format_name, written in (("csv", "results.csv"), ("html", "index.html"), ("json", "results.json")):
        assert main(["report", str(results), "--to", format_name, "--out", "again"]) == 0
        assert (here / "again").read_bytes() == (here / "out" / written).read_bytes()
    for format_name in FORMATS:
        capsys.readouterr()
        assert main(["report", str(results), "--to", format_name]) == 0
        shown = capsys.readouterr().out
        assert "ann.md" in shown
    assert "csv" in refused(["report", str(results), "--to", "pdf"], capsys)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "other/9"}', '{"schema": "grader.results/1"}'])
def test_report_refuses_what_is_no_results_document(here: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (here / "bad.json").write_text(text, encoding="utf-8")
    assert "bad.json" in refused(["report", "bad.json", "--to", "csv"], capsys)


def test_a_fault_of_the_grader_ends_with_3_and_the_rest_is_written(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> object:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr("grader.grading.check_candidate", failing)
    (here / "ann.md").write_text(
        "## 1a\n\n$N(0, 2)$\n\n## 2c\n\nZ(x) sums over exponentially many responses.\n", encoding="utf-8"
    )
    assert main(["grade", "ann.md", "--assignment", "hw13"]) == 3
    said = capsys.readouterr().err
    for word in ("failed on", "ann.md", "1a", "ZeroDivisionError"):
        assert word in said
    document = json.loads((here / "report" / "results.json").read_text(encoding="utf-8"))
    verdicts = {part["part"]: part["verdict"] for part in document["submissions"][0]["parts"]}
    assert verdicts["1a"] == "undecided"
    assert verdicts["2c"] == "correct"


def test_wrong_answers_are_results_and_not_errors(here: Path) -> None:
    (here / "ann.md").write_text("## 1a\n\n$X_1 \\sim N(0, 7)$\n", encoding="utf-8")
    assert main(["grade", "ann.md", "--assignment", "hw13"]) == 0


def test_a_broken_rubric_ends_with_2(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "rubric.py").write_text("RUBRIC = 7\n", encoding="utf-8")
    (here / "ann.md").write_text("## 1a\n", encoding="utf-8")
    assert "rubric.py" in refused(["grade", "ann.md", "--assignment", "rubric.py"], capsys)
    assert issubclass(GraderError, Exception)
