"""The command line: `grader grade | check | compare | steps | new | report`. Libraries load when a command needs them.

Exit codes: 0 done (wrong answers are results, not errors), 2 unusable arguments or rubric, 3 the grader itself failed
on something, which it names; everything else is still graded and written.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from grader import __version__
from grader.errors import GraderError

EXIT_USAGE, EXIT_FAULT = 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    command: Callable[[argparse.Namespace], int] | None = getattr(options, "command", None)
    if command is None:
        parser.print_help()
        return EXIT_USAGE
    try:
        return command(options)
    except GraderError as error:
        print(f"grader: {error}", file=sys.stderr)
        return EXIT_USAGE
    except BrokenPipeError:
        # The reader of a pipe went away, as `| head` does.
        sys.stderr.close()
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="grader", description="Grades mathematical homework by trying to refute it; every verdict has evidence."
    )
    parser.add_argument("--version", action="version", version=f"grader {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    grade = commands.add_parser("grade", help="grade submissions and write a report")
    grade.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders of submissions")
    grade.add_argument("--assignment", default="", metavar="ID", help="an installed assignment, or a path to rubric.py")
    grade.add_argument(
        "--out", type=Path, default=Path("report"), metavar="DIR", help="where to write (default: report)"
    )
    grade.add_argument("--jobs", type=_count, default=1, metavar="N", help="worker processes (default: 1)")
    grade.add_argument(
        "--human-grades", type=Path, metavar="FILE", help="a person's grades (.json or .csv) to compare with"
    )
    grade.add_argument("--unsafe", action="store_true", help="run code even where only accidents are guarded against")
    grade.set_defaults(command=_grade)

    check = commands.add_parser("check", help="check one answer at once")
    check.add_argument("--part", required=True, metavar="ID", help="the part, such as 1e")
    check.add_argument("--item", metavar="ID", help="one item of the part (default: all)")
    check.add_argument("--assignment", default="", metavar="ID", help="an installed assignment, or a path to rubric.py")
    check.add_argument("--json", action="store_true", help="print the result as JSON")
    check.add_argument("text", metavar="TEXT", help="the answer: LaTeX, SymPy notation or sentences")
    check.set_defaults(command=_check)

    compare = commands.add_parser("compare", help="compare pairs of formulas with declared domains")
    compare.add_argument("pairs", type=Path, metavar="PAIRS.jsonl", help="one JSON object a line")
    compare.add_argument("--jobs", type=_count, default=1, metavar="N", help="worker processes (default: 1)")
    compare.set_defaults(command=_compare)

    steps = commands.add_parser("steps", help="check the steps of a derivation")
    steps.add_argument("file", type=Path, metavar="FILE", help="a markdown file with formulas")
    steps.add_argument("--assignment", default="", metavar="ID", help="whose notation is used, if any")
    steps.add_argument("--part", default="", metavar="ID", help="the part of the assignment that the file answers")
    steps.add_argument("--json", action="store_true", help="print the result as JSON")
    steps.set_defaults(command=_steps)

    new = commands.add_parser("new", help="write an empty submission to fill in")
    new.add_argument("assignment", metavar="ID", help="an installed assignment, or a path to rubric.py")
    new.add_argument("--format", choices=("ipynb", "py", "md", "toml"), default="ipynb", help="(default: ipynb)")
    new.add_argument("--out", type=Path, metavar="FILE", help="where to write (default: answers.FORMAT)")
    new.set_defaults(command=_new)

    report = commands.add_parser("report", help="render results.json again")
    report.add_argument("results", type=Path, metavar="RESULTS.json")
    report.add_argument("--to", default="html", metavar="FORMAT", help="html, csv, junit, markdown, json or table")
    report.add_argument("--out", type=Path, metavar="FILE", help="where to write (default: standard output)")
    report.set_defaults(command=_report)
    return parser


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 256:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to 256, got {text}")
    return number


def _grade(options: argparse.Namespace) -> int:
    from grader.pipeline import Options, grade
    from grader.report import FORMATS, results, table

    with _progress() as progress:
        run = grade(
            options.paths,
            Options(assignment=options.assignment, jobs=options.jobs, unsafe=options.unsafe),
            progress=progress,
        )
    disagreements: Sequence[dict[str, object]] = ()
    if options.human_grades is not None:
        from grader.human import disagreements_with

        disagreements = disagreements_with(options.human_grades, run)
    document = results.document(
        assignment_id=run.rubric.id,
        assignment_version=run.rubric.version,
        isolation=run.isolation,
        seed=run.seed,
        results=run.results,
        human_disagreements=disagreements,
    )
    options.out.mkdir(parents=True, exist_ok=True)
    for name, format_name in (("results.json", "json"), ("results.csv", "csv"), ("index.html", "html")):
        (options.out / name).write_text(FORMATS[format_name](document), encoding="utf-8")
    table.show(document)
    for fault in run.faults:
        print(f"grader: failed on {fault}", file=sys.stderr)
    print(f"{len(run.results)} submission(s) graded; the page is {options.out / 'index.html'}")
    return EXIT_FAULT if run.faults else 0


class _progress:  # noqa: N801 - used like a function
    """A progress bar on a terminal, nothing elsewhere."""

    def __enter__(self) -> Callable[[str], None]:
        if not sys.stderr.isatty():
            self._bar = None
            return lambda _: None
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._bar.start()
        task = self._bar.add_task("grading", total=None)

        def advance(name: str) -> None:
            assert self._bar is not None, "the bar runs"
            self._bar.update(task, advance=1, description=name[-40:])

        return advance

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()


def _check(options: argparse.Namespace) -> int:
    from grader import assignments
    from grader.single import check_text, lines

    name = options.assignment or assignments.default_for(())
    result = check_text(assignments.load(name), options.part, options.text, item=options.item or "")
    if options.json:
        print(json.dumps(result, ensure_ascii=False, indent=1))
    else:
        print("\n".join(lines(result)))
    return 0


def _compare(options: argparse.Namespace) -> int:
    from grader.comparison import compare_lines

    for line in compare_lines(options.pairs, jobs=options.jobs):
        print(json.dumps(line, ensure_ascii=False))
    return 0


def _steps(options: argparse.Namespace) -> int:
    from grader import assignments
    from grader.checks.steps_file import check_file, shown

    name = options.assignment or (assignments.installed()[0] if len(assignments.installed()) == 1 else "")
    rubric = assignments.load(name) if name else None
    report = check_file(options.file, rubric=rubric, part_id=options.part)
    print(json.dumps(report.as_json(), ensure_ascii=False, indent=1) if options.json else shown(report))
    return 0


def _new(options: argparse.Namespace) -> int:
    from grader import assignments
    from grader.errors import UsageError
    from grader.templates import new_submission

    rubric = assignments.load(options.assignment)
    target = options.out or Path(f"answers.{options.format}")
    if target.exists():
        raise UsageError(f"{target}: exists; name another file with --out")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(new_submission(rubric, options.format), encoding="utf-8")
    print(f"{target}: fill it in, then run: grader grade {target}")
    return 0


def _report(options: argparse.Namespace) -> int:
    from grader.errors import UsageError
    from grader.report import FORMATS, results

    if options.to not in FORMATS:
        raise UsageError(f"--to {options.to}: expected one of {', '.join(sorted(FORMATS))}")
    text = FORMATS[options.to](results.load(options.results))
    if options.out is None:
        sys.stdout.write(text)
    else:
        options.out.write_text(text, encoding="utf-8")
        print(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
