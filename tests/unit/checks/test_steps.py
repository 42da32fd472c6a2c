"""Relations one by one: what is a claim and what is not, where it stands, and what is said about it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader.checks.steps import check_file, check_steps, known_in, shown
from grader.errors import UsageError
from grader.model import Place, Step, Verdict
from reference.hw13.rubric import RUBRIC


def steps_in(text: str, part_id: str) -> tuple[Step, ...]:
    part = RUBRIC.part(part_id)
    return check_steps(text, part.space, place=Place(file="x.md", line=1), known_right=known_in(RUBRIC, part))


def verdicts(text: str, part_id: str = "1e") -> list[str]:
    return [step.kind or step.verdict.value for step in steps_in(text, part_id)]


def report_of(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    path = tmp_path / "derivation.md"
    path.write_text(text, encoding="utf-8")
    return [(step.line, step.kind or step.verdict.value) for step in check_file(path).steps]


# ---------------------------------------------------------------- what is a claim


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"$\frac{\sigma^2}{\sigma^2+1} = 1 - \frac{1}{\sigma^2+1}$", ["correct"]),
        (r"$\frac{\sigma^2}{\sigma^2+1} = 1 + \frac{1}{\sigma^2+1}$", ["false"]),
        (r"$\frac{\sigma^2}{\sigma^2+1} \approx \sigma^2$", ["correct"]),
        (r"$\frac{\sigma^2}{\sigma^2+1} = \sigma^2$", ["approx"]),
        (r"$\frac{\sigma^2}{\sigma^2+1} \approx \sigma$", ["false"]),
        (r"$\frac{1}{\sigma^2+t} = \frac{1}{t - \sigma^2}$", ["false"]),
        (r"Let $u = \sigma^2 + t$. Then $u - t = \sigma^2$.", ["undecided", "correct"]),
        (r"Let $u = \sigma^2 + t$. Then $u - t = \sigma$.", ["undecided", "false"]),
        (r"$u = \sigma^2 + s$: $s = 0 \Rightarrow u = \sigma^2$", ["undecided", "undecided", "correct"]),
        (r"For $t = 1$ we have $\sigma^2 + t = \sigma^2 + 1$.", ["undecided", "correct"]),
        (r"For $t = 1$ we have $\sigma^2 + t = \sigma^2 + 2$.", ["undecided", "false"]),
        (r"$X_1 \sim \mathcal N(0, \sigma^2+1)$", ["undecided"]),
        (r"$T \Delta t = 1$", ["correct"]),
        (r"$\sigma^2 \ll 1$ and $\Delta t \to 0$", ["undecided", "undecided"]),
        (r"$q^2 = \lambda$", ["undecided"]),
        (r"With $s = t - \Delta t$ and $s = t$ we get both.", ["undecided", "undecided"]),
    ],
)
def test_what_is_claimed_and_what_is_not(text: str, expected: list[str]) -> None:
    assert verdicts(text) == expected


@pytest.mark.parametrize(
    ("text", "part_id", "expected"),
    [
        (r"$r(x,y) = \beta\log\frac{\pi^*(y|x)}{\pi_{ref}(y|x)} + \beta\log Z(x)$", "2d", ["correct"]),
        (r"$r(x,y) = \log\frac{\pi^*(y|x)}{\pi_{ref}(y|x)} + \log Z(x)$", "2d", ["false"]),
        (r"$\exp(r(x,y)) = \left(\frac{\pi^*(y|x)}{\pi_{ref}(y|x)} Z(x)\right)^\beta$", "2g", ["correct"]),
        (r"$\exp(r(x,y)) = \left(\frac{\pi^*(y|x)}{\pi_{ref}(y|x)}\right)^\beta Z(x)$", "2g", ["false"]),
        (r"$p(y_1 \succ y_2|x) = \sigma(r(x,y_1) - r(x,y_2))$", "2e", ["correct"]),
        (r"$p(y_1 \succ y_2|x) = \sigma(r(x,y_2) - r(x,y_1))$", "2e", ["false"]),
        (r"$\log\pi_\theta(y|x) = \log\pi_{ref}(y|x) + r(x,y)/\beta - \log Z(x)$", "2b", ["correct"]),
        (r"$\text{Var}(\hat X_0) = \sigma^2$", "1e", ["approx"]),
        (r"$\text{Var}(\hat X_0) \approx \sigma^2$", "1e", ["correct"]),
        (r"$\text{Var}(\hat X_0) \approx \sigma^4$", "1e", ["false"]),
        (r"$\text{Var}(X_1) = \sigma^2 + T\Delta t = \sigma^2 + 1$", "1a", ["correct", "correct"]),
        (r"$x_{t-\Delta t}^{\text{DDIM}} = x_t + \eta(t,\Delta t)(g(x_t,t) - x_t)$", "1g", ["false"]),
    ],
)
def test_names_of_a_problem_have_its_meaning(text: str, part_id: str, expected: list[str]) -> None:
    assert verdicts(text, part_id) == expected


OBJECTIVE = (
    r"\max_{\pi_\theta} \sum_y \pi_\theta(y|x)\left[r(x,y) - \beta\log\frac{\pi_\theta(y|x)}{\pi_{ref}(y|x)}\right]"
)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (
            r"\max_{\pi_\theta} \mathbb{E}_{y\sim\pi_\theta(y|x)}[r(x,y)] - \beta D_{KL}(\pi_\theta\|\pi_{ref})",
            "correct",
        ),
        (r"\max_{\pi_\theta}\ \beta \log Z(x) - \beta D_{KL}(\pi_\theta\|\pi^*)", "correct"),
        (r"\max_{\pi_\theta}\ \log Z(x) - D_{KL}(\pi_\theta\|\pi^*)", "undecided"),
        (r"\max_{\pi_\theta}\ \mathbb{E}_{y\sim\pi_\theta(y|x)}[r(x,y)] - D_{KL}(\pi_\theta\|\pi_{ref})", "false"),
    ],
)
def test_objectives_are_compared_at_every_policy(other: str, expected: str) -> None:
    assert verdicts(f"$${OBJECTIVE}$$\n\n$$= {other}$$", "2b") == [expected]


def test_dropping_a_constant_and_scaling_are_no_slips() -> None:
    scaled = r"\min_{\pi_\theta} D_{KL}(\pi_\theta\|\pi^*) - \log Z(x)"
    dropped = r"\min_{\pi_\theta} D_{KL}(\pi_\theta\|\pi^*)"
    wrong = r"\min_{\pi_\theta} [D_{KL}(\pi_\theta\|\pi^*) + \log Z(x)]"
    assert "false" not in verdicts(f"$${OBJECTIVE}$$\n\nso\n\n$${scaled}$$\n\nand\n\n$${dropped}$$", "2b")
    assert verdicts(f"$${OBJECTIVE}$$\n\nso\n\n$${wrong}$$\n\nthat is\n\n$${scaled}$$", "2b") == ["false", "correct"]


# ---------------------------------------------------------------- chains and places


def test_a_chain_goes_on_over_displays_and_says_its_lines() -> None:
    text = (
        "One:\n\n$$\n\\frac{t}{\\sigma^2+t}\n"
        + "= 1 - \\frac{\\sigma^2}{\\sigma^2+t}\n$$\n\nUsing $1 = 1$:\n\n$$\n= 2\n$$\n"
    )
    found = [(step.line, step.relation, step.rhs, step.kind) for step in steps_in(text, "1e")]
    assert found == [(5, "=", r"1 - \frac{\sigma^2}{\sigma^2+t}", ""), (8, "=", "1", ""), (11, "=", "2", "false")]


def test_a_counterexample_is_exact_and_replayed() -> None:
    (step,) = steps_in(r"$(\sigma + t)^2 = \sigma^2 + t^2$", "1e")
    assert step.verdict is Verdict.INCORRECT
    assert step.counterexample is not None
    values = dict(step.counterexample.parameters)
    assert {"sigma", "t"} <= values.keys()
    assert step.counterexample.submitted != step.counterexample.expected


def test_what_cannot_be_read_is_undecided_with_the_reason_and_the_rest_is_still_checked() -> None:
    found = steps_in(r"$\prod_{k=1}^T k = 1 \cdot 2 \cdots T = \sigma + \sigma = 3\sigma$", "1e")
    assert [step.kind or step.verdict.value for step in found] == ["undecided", "undecided", "false"]
    assert all(step.reason for step in found[:2])


def test_equal_input_gives_equal_steps() -> None:
    text = r"$(\sigma + t)^2 = \sigma^2 + t^2 \approx \sigma^2$"
    assert steps_in(text, "1e") == steps_in(text, "1e")


# ---------------------------------------------------------------- files


def test_a_front_matter_declares_symbols(tmp_path: Path) -> None:
    body = "\n$$\\sqrt{x^2} = x$$\n"
    assert report_of(tmp_path, f"---\nsymbols:\n  x: real\n---{body}") == [(5, "false")]
    assert report_of(tmp_path, f"---\nsymbols:\n  x: '> 0'\n---{body}") == [(5, "correct")]
    assert report_of(tmp_path, body) == [(2, "undecided")]
    assert report_of(tmp_path, f"---\nsymbols: {{x: (0,1)}}\n---{body}") == [(4, "correct")]
    assert report_of(tmp_path, f'---\nsymbols:\n  "x": "integer >= 1"\n---{body}') == [(5, "correct")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\nsymbols:\n  x: purple\n---\n$x = 1$\n", "purple"),
        ("---\nsymbols:\n  x\n---\n$x = 1$\n", "line 3"),
        ("---\nsymbls:\n  x: real\nsmall: x\n---\n$x = 1$\n", "symbls"),
    ],
)
def test_a_front_matter_that_is_not_understood_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        report_of(tmp_path, text)


def test_a_missing_file_and_an_unknown_part_are_usage_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        check_file(tmp_path / "none.md")
    path = tmp_path / "a.md"
    path.write_text("$1 = 1$", encoding="utf-8")
    with pytest.raises(UsageError, match="9z"):
        check_file(path, rubric=RUBRIC, part_id="9z")


def test_the_json_has_the_fields_that_are_promised(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\nsymbols:\n  a: > 0\n---\n$$2a = a + a$$\n\n$$a^2 = 2a$$\n", encoding="utf-8")
    report = check_file(path)
    data = json.loads(json.dumps(report.as_json()))
    assert data["file"] == "a.md"
    assert data["end_right"] is False
    assert set(data["steps"][1]) >= {"line", "lhs", "relation", "rhs", "verdict", "kind", "counterexample"}
    assert (data["steps"][0]["verdict"], data["steps"][0]["counterexample"]) == ("correct", None)
    assert (data["steps"][1]["line"], data["steps"][1]["kind"]) == (7, "false")
    assert data["steps"][1]["counterexample"]["lhs"] != data["steps"][1]["counterexample"]["rhs"]
    assert "a.md:7: false: a^2 = 2a" in shown(report)


CLEAN_ELSEWHERE = {
    "an equation that is solved": r"We have $x + y = 10$ and $x - y = 4$, so $2x = 14$ and $x = 7$.",
    "values of cases": r"Case 1: $x = 2$. Then $x^2 = 4$. Case 2: $x = -2$. Then $x^3 = -8$.",
    "a constraint": r"$$a_t^2 + s_t^2 = 1, \quad \frac{a_t^2}{s_t^2} = \frac{a_t^2}{1-a_t^2}$$",
    "numbers put in": r"$$P(A|B) = \frac{P(B|A)P(A)}{P(B)} = \frac{0.9\cdot 0.01}{0.06}$$",
    "independence": r"For independent variables $\text{Var}(X+Y) = \text{Var}(X)+\text{Var}(Y)$.",
    "a function that is not declared": r"$1 - \sigma(z) = \sigma(-z)$",
    "a stated limit": r"As $h \to 0$: $\frac{(x+h)^2-x^2}{h} = 2x + h \to 2x$.",
    "an optimum": r"$f(x) = x^2 - 4x$ is least where $f'(x) = 2x - 4 = 0$, so $x = 2$.",
}


@pytest.mark.parametrize("text", CLEAN_ELSEWHERE.values(), ids=CLEAN_ELSEWHERE.keys())
def test_right_statements_without_declarations_give_no_alarm(tmp_path: Path, text: str) -> None:
    assert not {"false", "approx"} & {verdict for _, verdict in report_of(tmp_path, text)}
