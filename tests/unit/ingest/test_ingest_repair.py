"""Repair of exporters' damage, and its certificate."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_cases import HANGS_S, seconds

from grader.ingest.emphasis import rendered
from grader.ingest.lines import math_spans
from grader.ingest.repair import repair, repair_formula, restore_escapes

# What should stand there; the damage is made by the model of a renderer.
FORMULAS = [
    r"\mathbb{D}_{\text{KL}}(p \| q) = \mathbb{E}_{x \sim p(x)} \log \frac{p(x)}{q(x)}",
    r"\text{Var}(\hat{X}_0) = a + \Delta t \sum_{k=0}^{T-1} b_k",
    r"p^*(y_w \succ y_l | x) = \frac{\exp(r^*(x, y_w))}{\exp(r^*(x, y_w)) + \exp(r^*(x, y_l))}",
    r"\mathbb{E}_{x \sim \mathcal{D}, y \sim \pi_\theta(y|x)} [r_\phi(x,y)]"
    r" - \beta \mathbb{D}_{\text{KL}}[\pi_\theta(y|x) \| \pi_{\text{ref}}(y|x)]",
    r"\mathcal{L}_{\text{DPO}}(\pi_\theta; \pi_{\text{ref}}) = -\log \sigma(z)",
    r"\nabla_\theta \mathcal{L}_{\text{DPO}} = -\beta [\nabla_\theta \log \pi_\theta(y_w|x)]",
    r"\mathbb{D}_{\text{KL}}\left[\pi_\theta(\cdot|x) \| \frac{1}{Z(x)} q\right]",
    r"\frac{\pi_{\theta^*}(y_1|x)}{\pi_{\theta^*}(y_2|x)}",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_damage_is_undone(formula: str) -> None:
    damaged = rendered(formula)
    assert damaged != formula
    assert repair_formula(damaged) == formula
    text = f"Some words.\n\nGiven: $${damaged}$$\nand `code`.\n"
    repaired = repair(text)
    assert repaired.text == f"Some words.\n\nGiven: $${formula}$$\nand `code`.\n"
    assert repaired.lines == {2}


@pytest.mark.parametrize(
    "sound",
    [
        r"$$\pi\theta$$ is a product",
        r"$$e^{x} \frac{a}{b} \hat{x} \sum_{k} a_k$$",
        r"$$\mathbb{E}_{x}[f] \sqrt{2}{3}$$",
        r"$$e^(-x)$$",
        r"$D_{KL}(p | q)$",
        "costs $5 and $6 at most",
        r"```" + "\n$$\\sum{k}$$\n```",
        "",
    ],
)
def test_sound_text_stays(sound: str) -> None:
    repaired = repair(sound)
    assert repaired.text == sound
    assert not repaired.lines


def test_dollars_on_the_wrong_side_of_the_words() -> None:
    line = r"For \(h \to 0\) (hence n \to \infty$), replace every term of this series by $m\Delta h \to u:"
    fixed = r"For \(h \to 0\) (hence $n \to \infty$), replace every term of this series by $m\Delta h \to u$:"
    assert repair(line).text == fixed


def test_mixed_delimiters_do_not_break_the_rest() -> None:
    text = "a $x and (so T$) then\n\n\\[ y \\] and \\( unclosed\n\n$$z$$ \\[ w\n\n\\[ v \\]"
    found = [text[span.start : span.stop].strip() for span in math_spans(text)]
    assert found[-3:] == ["y", "z", "v"]


def test_escapes_of_strings() -> None:
    assert (
        restore_escapes("\frac \beta \theta \rho \alpha \varphi \nabla x\ny")
        == "\\frac \\beta \\theta \\rho \\alpha \\varphi \\nabla x\ny"
    )


def test_the_renderer_agrees_with_a_library() -> None:
    markdown_it = pytest.importorskip("markdown_it")
    parser = markdown_it.MarkdownIt("commonmark")
    for formula in FORMULAS:
        tokens = parser.parseInline(formula)[0].children or []
        assert "".join(token.content for token in tokens) == rendered(formula)


@given(st.text(alphabet="ab_*\\ {}(|", max_size=24))
def test_the_renderer_agrees_with_a_library_on_any_text(text: str) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    line = f"x{text}x"
    tokens = markdown_it.MarkdownIt("commonmark").parseInline(line)[0].children or []
    assert "".join(token.content for token in tokens) == rendered(line)


@given(st.text(max_size=200))
def test_repair_keeps_the_lines(text: str) -> None:
    assert repair(text).text.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "piece",
    ["_*", "*a ", "$$\\sum{k}_a*b $$ ", "\\[", "$", "\\(x", "$$\\mathbb{E}{x}\\pi\\theta$$\n", "^(", "{", "\\hat{X}0"],
)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    started = time.process_time()
    repair(text)
    repair(f"$${text}$$")
    assert seconds(started) < HANGS_S
