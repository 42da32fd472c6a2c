"""Empty submissions: nothing in them counts as an answer, and what is filled in is read as it was meant."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path

import nbformat
import pytest

from grader.errors import UsageError
from grader.ingest import discover, read
from grader.model import Answer, Callable, Formula, Prose, Submission
from grader.templates import new_submission
from reference.hw13.rubric import RUBRIC

STUB = "    raise NotImplementedError"
CODED = {part.id for part in RUBRIC.parts if part.signature is not None}
IN_WORDS = {"1d", "1f", "2b", "2c", "2f"}


def ingested(text: str, format: str, folder: Path) -> Submission:  # noqa: A002 - as in the tested function
    path = folder / f"answers.{format}"
    path.write_text(text, encoding="utf-8")
    (source,) = discover([folder])
    (submission,) = read(source, part_ids=RUBRIC.part_ids)
    return submission


def answers(submission: Submission, part: str) -> tuple[Answer, ...]:
    (attempt,) = submission.parts[part]
    return attempt.answers


@pytest.mark.parametrize(
    "format",
    [
        "py",
        "ipynb",
        "md",
        "toml",
    ],
)
def test_an_empty_submission_misses_every_part(format: str, tmp_path: Path) -> None:  # noqa: A002
    submission = ingested(new_submission(RUBRIC, format), format, tmp_path)
    assert submission.format != "unknown"
    assert submission.parts == {}


def test_the_same_rubric_gives_the_same_bytes() -> None:
    for kind in ("py", "ipynb", "md", "toml"):
        assert new_submission(RUBRIC, kind) == new_submission(RUBRIC, kind)


def test_every_part_item_and_parameter_is_named() -> None:
    for kind in ("py", "ipynb", "md", "toml"):
        text = new_submission(RUBRIC, kind)
        words = " ".join(re.sub(r'[#"]|\\n|,\n', " ", text).split())
        for part in RUBRIC.parts:
            assert part.id in text
            assert part.title in text
            assert " ".join(part.question.split()[:4]) in words
            for item in part.items:
                assert item.id in text
            if part.signature is not None and kind in ("py", "ipynb"):
                for parameter in part.signature.parameters:
                    assert f"# {parameter.name}: " in text


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UsageError, match="'docx': wanted one of py, ipynb, md, toml"):
        new_submission(RUBRIC, "docx")


def test_the_module_is_python_and_its_functions_take_what_the_signatures_say() -> None:
    tree = ast.parse(new_submission(RUBRIC, "py"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert set(functions) == {f"part_{part}" for part in CODED} | {"part_2g_loss"}
    for part in RUBRIC.parts:
        if part.signature is not None:
            names = [one.arg for one in functions[f"part_{part.id}"].args.args]
            assert names == [one.name for one in part.signature.parameters]


def test_a_filled_module_is_read_as_functions_and_words(tmp_path: Path) -> None:
    text = new_submission(RUBRIC, "py").replace(STUB, "    return 1")
    text = re.sub(r'(part_\w+) = """"""', r'\1 = """The variance of \1 collapses."""', text)
    text = text.replace('AUTHOR = ""', 'AUTHOR = "Noether"')
    submission = ingested(text, "py", tmp_path)
    assert submission.author == "Noether"
    assert set(submission.parts) == set(RUBRIC.part_ids)
    for part in RUBRIC.part_ids:
        kinds = {type(answer) for answer in answers(submission, part)}
        assert kinds == ({Callable} if part in CODED else set()) | ({Prose} if part in IN_WORDS else set())
    words = [answer.text for answer in answers(submission, "1d") if isinstance(answer, Prose)]
    assert words == ["flaw: The variance of part_1d_flaw collapses."]


def test_a_function_can_be_replaced_by_a_formula(tmp_path: Path) -> None:
    text = new_submission(RUBRIC, "py") + "\npart_1a = r'N(0, \\sigma^2 + 1)'\n"
    (answer,) = answers(ingested(text, "py", tmp_path), "1a")
    assert isinstance(answer, Formula)
    assert answer.text == r"N(0, \sigma^2 + 1)"


def test_the_notebook_is_valid_with_ids_and_tags() -> None:
    text = new_submission(RUBRIC, "ipynb")
    notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    tags = {tag for cell in notebook.cells for tag in cell.metadata.get("tags", ())}
    assert tags == {f"part:{part}" for part in RUBRIC.part_ids}


def test_a_filled_notebook_is_read_as_functions_and_words(tmp_path: Path) -> None:
    notebook = json.loads(new_submission(RUBRIC, "ipynb"))
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            cell["source"] = source.replace(STUB, "    return 1")
        elif cell["metadata"]:
            cell["source"] = f"{source}\nIt collapses to $\\sigma^4$."
    submission = ingested(json.dumps(notebook), "ipynb", tmp_path)
    assert set(submission.parts) == set(RUBRIC.part_ids)
    for part in RUBRIC.part_ids:
        found = answers(submission, part)
        kinds = {type(answer) for answer in found}
        assert kinds == ({Callable} if part in CODED else set()) | ({Prose} if part in IN_WORDS else set())
        assert [answer.text.strip() for answer in found if isinstance(answer, Prose)] == (
            ["It collapses to $\\sigma^4$."] if part in IN_WORDS else []
        )


def test_filled_markdown_is_read_part_by_part(tmp_path: Path) -> None:
    text = re.sub(
        r"^## (\w+)$(.*?)^-->$", r"## \1\2-->\n\nIt is $x_{\1}$.", new_submission(RUBRIC, "md"), flags=re.M | re.S
    )
    submission = ingested(text, "md", tmp_path)
    assert set(submission.parts) == set(RUBRIC.part_ids)
    for part in RUBRIC.part_ids:
        (answer,) = answers(submission, part)
        assert isinstance(answer, Prose)
        assert f"$x_{{{part}}}$" in answer.text
        assert "Wanted" not in answer.text


def test_a_filled_sheet_is_read_item_by_item(tmp_path: Path) -> None:
    text = re.sub(r"^(\w+)\.(\w+) = ''$", r"\1.\2 = '\\sigma^2'", new_submission(RUBRIC, "toml"), flags=re.M)
    assert tomllib.loads(text)["1b"] == {"previous": r"\sigma^2", "current": r"\sigma^2"}
    submission = ingested(text, "toml", tmp_path)
    for part in RUBRIC.parts:
        found = answers(submission, part.id)
        assert [answer.item for answer in found if isinstance(answer, Formula)] == [item.id for item in part.items]
        assert len(found) == len(part.items)
