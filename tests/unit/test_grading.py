"""Which statement of an answer counts, what it claims, its form, and what happens when the grader itself fails."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from writing import counterexample, formula, formula_item, graded, kinds, only, prose

from grader.checks.answer import check_candidate
from grader.grading import Context, grade_items, is_silent
from grader.model import Attempt, Missing, Place, Prose, Silence, Unreadable, Verdict, Violation
from grader.rubric import Rubric

RIGHT_1E = r"\frac{\sigma^2(1+2\sigma^2)}{(1+\sigma^2)^2}"
SUM_1E = r"(\frac{\sigma^2}{\sigma^2+1})^2 + \frac{\sigma^2}{\sigma^2+1}"
EXACT_1C = r"\frac{(\sigma^2+t-\Delta t)\Delta t}{\sigma^2+t}"
VAR = r"\text{Var}(\hat X_0)"
RATIO = r"\frac{\pi^*(y|x)}{\pi_{ref}(y|x)}"

# part, text, verdict, what the chosen statement contains
CHOSEN: list[tuple[str, str, str, str]] = [
    # the label on the left, on the right, and the last of several
    ("1e", f"${VAR} = {RIGHT_1E}$", "correct", ""),
    ("1e", f"${RIGHT_1E} = {VAR}$", "correct", ""),
    ("1e", rf"${VAR} = \sigma^4$. No: ${VAR} = {RIGHT_1E}$", "correct", "2"),
    ("1e", rf"${VAR} = {RIGHT_1E}$. No: ${VAR} \approx \sigma^4$", "incorrect", "4"),
    # boxed counts over what is not, wherever it stands, with and without a label
    ("1e", rf"\[\boxed{{{VAR} = {RIGHT_1E}}}\] It is not ${VAR} = \sigma^4$ as in 1d.", "correct", "boxed"),
    ("1e", rf"${VAR} = \sigma^4$ in 1d. Here \[\boxed{{{RIGHT_1E}}}\]", "correct", "boxed"),
    ("1e", rf"${VAR} = {RIGHT_1E}$. Here \[\boxed{{2\sigma^2}}\]", "incorrect", "boxed"),
    # what is announced as final counts over what is not
    ("1e", rf"Guess: ${VAR} = \sigma^4$." + f"\n\n**Final answer:** ${VAR} = {RIGHT_1E}$\n\n## Check\n\n"
     rf"1d had ${VAR} = \sigma^4$.", "correct", "2"),
    ("1e", rf"Therefore ${VAR} = {RIGHT_1E}$.", "correct", ""),
    # a bare formula is the answer where it is all there is
    ("1e", f"${RIGHT_1E}$", "correct", ""),
    ("1e", "sigma2*(1+2*sigma2)/(1+sigma2)**2", "correct", ""),
    # chains: the end counts, with the weakest sign on the way
    ("1e", rf"${VAR} = {SUM_1E} = {RIGHT_1E}$", "correct", ""),
    ("1e", rf"${VAR} = {RIGHT_1E} \approx \sigma^2$", "correct", ""),
    ("1e", rf"${VAR} \approx {RIGHT_1E} = \sigma^2$", "correct", ""),
    ("1e", rf"${VAR} = {RIGHT_1E} = \sigma^2$", "partial", ""),
    # a chain that goes on in the next display
    ("1e", f"$${VAR} = {SUM_1E}$$\n\nwhich is\n\n$$= {RIGHT_1E}$$", "correct", ""),
    ("1e", f"$${VAR} = {SUM_1E}$$\n\nso that\n\n$$\\approx \\sigma^2.$$", "correct", ""),
    ("1e", f"$${VAR} = {SUM_1E}$$\n\nso that\n\n$$\\approx 2\\sigma^2.$$", "incorrect", ""),
    # definitions on the way, before and after
    ("2d", rf"Let $\rho = {RATIO}$. Then $r(x,y) = \beta\log\rho + \beta\log Z(x)$.", "correct", "rho"),
    ("2d", rf"$r(x,y) = \beta\log\rho + \beta\log Z(x)$, where $\rho = {RATIO}$.", "correct", "rho"),
    ("2d", r"$r(x,y) = \beta\log\rho + \beta\log Z(x)$, where $\rho = \pi_{ref}(y|x)/\pi^*(y|x)$.", "incorrect", ""),
    ("2d", rf"$r(x,y) = \beta(u + v)$ with $u = \log {RATIO}$ and $v = \log Z(x)$.", "correct", ""),
    # a law by words, by a random variable, by its density's name
    ("1a", "$X_1$ is normal with mean $0$ and variance $\\sigma^2+1$.", "correct", ""),
    ("1a", "$X_1$ is normal with mean $0$ and standard deviation $\\sqrt{\\sigma^2+1}$.", "correct", ""),
    ("1a", "$X_1$ is normal with mean $0$ and standard deviation $\\sigma^2+1$.", "incorrect", ""),
    ("1a", "$X_1$ is normal with mean $0$ and variance $\\sqrt{\\sigma^2+1}$.", "incorrect", ""),
    ("1a", "X_1 ~ N(0, sigma^2 + 1)", "correct", ""),
    ("1a", r"$p(x_1) = \mathcal N(x_1; 0, 1+\sigma^2)$", "correct", ""),
    ("1a", r"$\text{Std}(X_1) = \sqrt{\sigma^2+1}$", "correct", ""),
    ("1h", r"$\hat X_0 = \sqrt{\frac{\sigma^2}{\sigma^2+1}} \hat X_1$", "correct", ""),
    ("1h", r"$\hat X_0 = \frac{\sigma^2}{\sigma^2+1} \hat X_1$", "incorrect", ""),
    # the conditional law of 1c by its variance
    ("1c", rf"$\text{{Var}}(X_{{t-\Delta t}}\mid X_t=x_t) = {EXACT_1C} \approx \Delta t$", "correct", ""),
    ("1c", r"$\text{Var} = \frac{(\sigma^2+t-\Delta t)\Delta t}{\sigma^2+t}$", "partial", ""),
    ("1c", r"$\frac{(\sigma^2+t-\Delta t)\Delta t}{\sigma^2+t} \approx \Delta t$", "correct", ""),
    # names of arguments are the author's
    ("2a", "$p(y) = q(y)$", "correct", ""),
    ("2a", "p(x) = q(x)", "correct", ""),
    ("2a", r"$p^* = q$, and then the divergence is $0$.", "correct", ""),
]  # fmt: skip


@pytest.mark.parametrize(("part", "text", "verdict", "contains"), CHOSEN)
def test_the_statement_that_counts(hw13: Rubric, part: str, text: str, verdict: str, contains: str) -> None:
    result = only(graded(hw13, part, prose(text)))
    assert (str(result.verdict), result.submitted.count(contains) > 0) == (verdict, True), result
    assert result.submitted


# What a formula claims: bare, with ≈, with =. part, formula, verdicts.
CLAIMS: list[tuple[str, str, tuple[str, str, str]]] = [
    ("1c", r"\Delta t", ("correct", "correct", "partial")),
    ("1c", r"\Delta t(1-\frac{\Delta t}{\sigma^2+t})", ("partial", "partial", "partial")),
    ("1c", r"2\Delta t", ("incorrect", "incorrect", "incorrect")),
    ("1e", RIGHT_1E, ("correct", "correct", "correct")),
    ("1e", r"\sigma^2", ("partial", "correct", "partial")),
    ("1e", r"\frac{\sigma^2}{\sigma^2+1}", ("partial", "correct", "partial")),
    ("1e", r"2\sigma^2", ("incorrect", "incorrect", "incorrect")),
    ("1g", r"(1-\frac{\Delta t}{2(\sigma^2+t)})x_t", ("correct", "correct", "partial")),
    ("1g", r"(1-\frac{\Delta t}{2(\sigma^2+t)}(1+\frac{\Delta t}{4t}))x_t", ("correct", "correct", "partial")),
    ("1g", r"(1-\frac{\Delta t}{\sigma^2+t})x_t", ("incorrect", "incorrect", "incorrect")),
    ("1g", r"\frac{\sigma^2+t/2}{\sigma^2+t}x_t", ("incorrect", "incorrect", "incorrect")),
    ("1h", r"N(0, \frac{\sigma^2}{\sigma^2+1})", ("correct", "correct", "correct")),
    ("1h", r"N(0, \sigma^2)", ("partial", "correct", "partial")),
    ("1h", r"N(0, \sigma^4)", ("incorrect", "incorrect", "incorrect")),
]


@pytest.mark.parametrize(("part", "text", "expected"), CLAIMS)
def test_equality_approximation_and_bare_formulas_are_different_claims(
    hw13: Rubric, part: str, text: str, expected: tuple[str, str, str]
) -> None:
    signs = ("", r"\approx ", "= ")
    submitted = tuple(str(only(graded(hw13, part, formula(sign + text))).verdict) for sign in signs)
    assert submitted == expected


VIOLATIONS: list[tuple[str, str, str, str]] = [
    ("1c", r"\approx \frac{(\sigma^2+t-\Delta t)\Delta t}{\sigma^2+t}", "form", "simplified"),
    ("1e", r"(\frac{\sigma^2}{\sigma^2+1})^2+\Delta t\sum_{k=0}^{T-1}(\frac{\sigma^2}{\sigma^2+k\Delta t})^2", "form",
     "limit is not taken"),
    ("1e", r"= \sigma^2", "relation", "only approximately"),
    ("1g", r"x_t+\frac{\sqrt t}{\sqrt{t-\Delta t}+\sqrt t}(\frac{\sigma^2+t-\Delta t}{\sigma^2+t}-1)x_t", "form", "η"),
    ("1g", r"x_t + \eta(t,\Delta t)(\frac{\sigma^2+t-\Delta t}{\sigma^2+t}-1)x_t", "form", "η"),
    ("1h", r"N(0,\prod_{k=1}^T(1-\frac{\Delta t}{2(\sigma^2+k\Delta t)})^2)", "form", "limit is not taken"),
    ("2d", "r(x,y)", "terms", "contains r"),
    ("2e", r"\sigma(r(x,y_1)-r(x,y_2))", "terms", "contains r"),
    ("2e", r"\frac{e^{r(x,y_1)}}{e^{r(x,y_1)}+e^{r(x,y_2)}}", "terms", "contains r"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "text", "check", "words"), VIOLATIONS)
def test_a_right_value_in_another_form_earns_the_points_for_form(
    hw13: Rubric, part: str, text: str, check: str, words: str
) -> None:
    result = only(graded(hw13, part, formula(text)))
    found = [one for one in result.evidence if isinstance(one, Violation)]
    assert [one.check for one in found] == [check], result.evidence
    assert words in found[0].message
    assert result.verdict == Verdict.PARTIAL
    item = formula_item(hw13.part(part))
    assert result.score.earned == item.points * item.form_points
    assert 0 < result.score.earned < item.points


def test_the_form_that_was_asked_for_counts_where_it_stands_earlier(hw13: Rubric) -> None:
    eta = r"\frac{\sqrt t}{\sqrt{t-\Delta t}+\sqrt t}"
    right = r"$x_{t-\Delta t} \approx (1-\frac{\Delta t}{2(\sigma^2+t)})x_t$"
    left = rf"$x_{{t-\Delta t}} \approx x_t + {eta}(\frac{{\sigma^2+t-\Delta t}}{{\sigma^2+t}}-1)x_t$"
    result = only(graded(hw13, "1g", prose(f"{right}\n\nor, with η left in, {left}")))
    assert result.verdict == Verdict.CORRECT
    assert "stands earlier" in result.remarks[0]


REMARKS = [
    ("1e", r"\approx \sigma^2(1-\sigma^2)", True),
    ("1e", r"\approx \sigma^2 + \sigma^4", True),
    ("1e", r"\approx \sigma^2", False),
    ("1e", r"\approx \sigma^2 - 3\sigma^6", True),
    ("1e", r"\approx \sigma^2 - \sigma^6", False),
    ("1e", r"\approx \sigma^2 + 10\sigma^{10}", False),
    ("1e", r"\approx \sigma^2 + O(\sigma^4)", False),
    ("1h", r"\approx N(0, \sigma^2(1+\sigma^2))", True),
    ("1h", r"\approx N(0, \sigma^2(1-\sigma^2))", False),
    ("1d", r"\approx N(0, \sigma^4)", False),
    ("1d", r"\approx N(0, \sigma^4(1+5\sigma^2))", True),
]


@pytest.mark.parametrize(("part", "text", "is_remarked"), REMARKS)
def test_a_further_order_that_is_wrong_earns_a_remark_and_no_loss(
    hw13: Rubric, part: str, text: str, is_remarked: bool
) -> None:
    item = formula_item(hw13.part(part))
    result = graded(hw13, part, formula(text, item=item.id))[item.id]
    assert result.verdict == Verdict.CORRECT
    assert result.score.earned == item.points
    assert any("further order" in remark for remark in result.remarks) == is_remarked


# ---------------------------------------------------------------- several items


BOTH = [
    "$X_{t-\\Delta t} \\sim N(0,\\sigma^2+t-\\Delta t)$ and $X_t \\sim N(0,\\sigma^2+t)$.",
    "$X_t \\sim N(0,\\sigma^2+t)$ and $X_{t-\\Delta t} \\sim N(0,\\sigma^2+t-\\Delta t)$.",
    "$$X_t \\sim N(0,\\sigma^2+t), \\quad X_{t-\\Delta t} \\sim N(0,\\sigma^2+t-\\Delta t)$$",
    "- $\\text{Var}(X_{t-\\Delta t}) = \\sigma^2+t-\\Delta t$\n- $\\text{Var}(X_t) = \\sigma^2+t$",
]


@pytest.mark.parametrize("text", BOTH)
def test_several_items_in_one_text(hw13: Rubric, text: str) -> None:
    results = graded(hw13, "1b", prose(text))
    assert {name: one.verdict for name, one in results.items()} == {
        "previous": Verdict.CORRECT,
        "current": Verdict.CORRECT,
    }


def test_an_item_that_is_not_there_is_missing_and_the_other_counts(hw13: Rubric) -> None:
    results = graded(hw13, "1b", prose("$X_t \\sim N(0,\\sigma^2+t)$"))
    assert results["current"].verdict == Verdict.CORRECT
    assert results["previous"].verdict == Verdict.MISSING


def test_one_item_does_not_pay_for_the_other(hw13: Rubric) -> None:
    results = graded(hw13, "1b", prose("$X_t \\sim N(0,\\sigma^2+t)$ and $X_{t-\\Delta t} \\sim N(0,\\sigma^2+t)$"))
    assert results["previous"].mistake is not None
    assert results["previous"].mistake.id == "times-swapped"
    assert results["current"].verdict == Verdict.CORRECT


def test_sheet_entries_answer_the_item_that_they_name(hw13: Rubric) -> None:
    sheet = (formula(r"\sigma^2+t", item="current"), formula(r"\sigma^2+t-\Delta t", item="previous"))
    assert {one.verdict for one in graded(hw13, "1b", *sheet).values()} == {Verdict.CORRECT}
    swapped = (formula(r"\sigma^2+t", item="previous"), formula(r"\sigma^2+t-\Delta t", item="current"))
    assert {one.verdict for one in graded(hw13, "1b", *swapped).values()} == {Verdict.INCORRECT}


def test_prose_may_name_its_item(hw13: Rubric) -> None:
    results = graded(hw13, "1b", prose(r"previous: $\sigma^2+t-\Delta t$"), prose(r"current: $\sigma^2+t$"))
    assert {name: str(one.verdict) for name, one in results.items()} == {"previous": "correct", "current": "correct"}


# ---------------------------------------------------------------- what cannot be judged


UNREADABLE = [
    (r"X_1 \sim N(0, \sigma^2 + \frac{1}{", 33),
    (r"\foo + 1", 0),
    (r"\sigma^2 + ", None),
    (r"\sigma^2 + 1 )", 13),
    (r"\sigma^2 + + ) 1", None),
]


@pytest.mark.parametrize(("text", "column"), UNREADABLE)
def test_what_cannot_be_read_is_undecided_with_the_place(hw13: Rubric, text: str, column: int | None) -> None:
    for answer in (formula(text), prose(rf"\({text}\)")):
        result = only(graded(hw13, "1a", answer))
        assert result.verdict == Verdict.UNDECIDED
        assert result.score.pending == result.score.possible
        assert result.score.earned == 0
        (silence,) = result.evidence
        assert isinstance(silence, Silence)
        shown, caret = silence.reason.splitlines()[1:]
        assert caret.strip() == "^"
        assert shown.rstrip() == text.rstrip()
        if column is not None:
            assert len(caret) - 1 == column


def test_a_symbol_without_a_meaning_is_named_and_not_wrong(hw13: Rubric) -> None:
    result = only(graded(hw13, "1a", formula("q + 1")))
    assert result.verdict == Verdict.UNDECIDED
    assert kinds(result.evidence) == ["silence"]
    assert "q has no meaning" in result.evidence[0].reason  # type: ignore[union-attr]


@pytest.mark.parametrize("answers", [(), (Missing(),), (prose(""),), (prose("  \n"),)])
def test_no_answer_is_missing(hw13: Rubric, answers: tuple[Prose, ...]) -> None:
    for part in hw13.parts:
        for result in graded(hw13, part.id, *answers).values():
            assert result.verdict == Verdict.MISSING
            assert result.score.pending == 0
            assert is_silent(result)


def test_an_answer_that_could_not_be_ingested_is_undecided_for_every_item(hw13: Rubric) -> None:
    broken = Unreadable(text="�", reason="not UTF-8", place=Place(file="a.md", line=7))
    for part in hw13.parts:
        for result in graded(hw13, part.id, broken).values():
            assert result.verdict == Verdict.UNDECIDED
            assert result.where == "a.md, line 7"
            assert result.trust == "unread"


def test_an_unreadable_piece_does_not_hide_a_readable_one(hw13: Rubric) -> None:
    broken = Unreadable(text="�", reason="not UTF-8", place=Place(file="a.md"))
    assert only(graded(hw13, "1a", broken, prose("$X_1 \\sim N(0,1+\\sigma^2)$"))).verdict == Verdict.CORRECT


def test_a_fault_of_the_grader_leaves_one_item_undecided_and_the_others_graded(
    hw13: Rubric, monkeypatch: pytest.MonkeyPatch
) -> None:

    def failing(candidate: object, value: object, item: object, part: object, **rest: object) -> object:
        if getattr(item, "id", "") == "previous":
            raise ZeroDivisionError("a bug of ours")
        return check_candidate(candidate, value, item, part, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr("grader.grading.check_candidate", failing)
    results = graded(hw13, "1b", prose(BOTH[0]))
    assert results["current"].verdict == Verdict.CORRECT
    assert results["previous"].verdict == Verdict.UNDECIDED
    assert results["previous"].score.pending == Fraction(1, 2)
    (silence,) = results["previous"].evidence
    assert isinstance(silence, Silence)
    assert "ZeroDivisionError: a bug of ours" in silence.reason
    assert "failing" in silence.reason


# ---------------------------------------------------------------- evidence


def test_wrong_answers_have_a_counterexample_with_both_values_and_places(hw13: Rubric) -> None:
    result = only(graded(hw13, "2d", prose(r"First line." + "\n\n" + rf"$r(x,y) = \beta\log{RATIO} + \log Z(x)$")))
    found = counterexample(result)
    assert found.submitted != found.expected
    assert dict(found.parameters)["beta"] not in ("1", "")
    assert r"\log Z(x)" in found.submitted_form.replace(r"\log\left(Z(x)\right)", r"\log Z(x)")
    assert result.where == "answers.md, line 3"
    assert result.mistake is not None
    assert result.mistake.id == "beta-lost-second"


def test_a_mistake_with_points_is_partial(hw13: Rubric) -> None:
    wrong = r"$\min_\pi E_{x\sim D}[D_{KL}(\pi(\cdot|x)\|\pi^*(\cdot|x)) + \log Z(x)]$"
    right = r"$\pi^*(y|x) = \frac{1}{Z(x)}\pi_{ref}(y|x)e^{r(x,y)/\beta}$"
    results = graded(hw13, "2b", prose(f"{right}. Equivalently {wrong}."))
    assert results["policy"].verdict == Verdict.CORRECT
    objective = results["objective"]
    assert objective.verdict == Verdict.PARTIAL
    assert objective.mistake is not None
    assert objective.mistake.id == "log-partition-sign"
    assert objective.score.earned == Fraction(1, 6)
    assert "counterexample" in kinds(objective.evidence)


def test_verdicts_do_not_depend_on_the_seed(hw13: Rubric) -> None:
    texts = {"1e": rf"$\approx {RIGHT_1E}$", "2d": rf"$r(x,y) = \beta\log{RATIO} - \beta\log Z(x)$", "1a": "$N(0,2)$"}
    for part, text in texts.items():
        found = {only(graded(hw13, part, prose(text), seed=seed)).verdict for seed in ("a", "b", "c", "d", "e")}
        assert len(found) == 1


def test_an_item_of_another_kind_of_trust_keeps_it(hw13: Rubric) -> None:
    answer = replace(prose(f"${VAR} = {RIGHT_1E}$"), trust="repaired")
    part = hw13.part("1e")
    (result,) = grade_items(part, Attempt(number=1, answers=(answer,), place=answer.place), Context(rubric=hw13))
    assert result.trust == "repaired"
