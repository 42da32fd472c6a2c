"""The page: well formed, self-contained, and nothing of a submission runs in it."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from grader.model import Verdict
from grader.report import FORMATS, mathml

from . import samples

VOID = {"meta", "input", "br", "img", "link"}


class Page(HTMLParser):
    """The elements of a page; fails where they are not well nested."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(source)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), tag
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag


@pytest.fixture(scope="module", params=["sample", "hostile"])
def source(request: pytest.FixtureRequest) -> str:
    cases = [samples.every_case()] + ([samples.hostile_case()] if request.param == "hostile" else [])
    return FORMATS["html"](samples.sample(*cases))


def test_the_page_is_well_formed_and_self_contained(source: str) -> None:
    page = Page(source)
    tags = [tag for tag, _ in page.elements]
    assert not {"img", "link", "iframe", "object", "embed", "base", "svg", "a:href"} & set(tags)
    assert tags.count("script") == 1
    assert tags.count("style") == 1
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name in {"style", "src", "srcset"}], tag
        if "href" in attributes:
            target = str(attributes["href"])
            assert tag == "a"
            assert target.startswith("#")
            assert target[1:] in ids
        if "for" in attributes:
            assert attributes["for"] in ids
    style = re.findall(r"<style>(.*?)</style>", source, re.DOTALL)[0]
    assert "url(" not in style
    assert "@import" not in style


def test_headings_are_in_order(source: str) -> None:
    levels = [int(tag[1]) for tag, _ in Page(source).elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_the_policy_names_the_hashes_of_the_style_and_the_script(source: str) -> None:
    policy = next(
        str(attributes["content"])
        for tag, attributes in Page(source).elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none';")
    for tag in ("style", "script"):
        content = re.findall(rf"<{tag}>(.*?)</{tag}>", source, re.DOTALL)[0]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_a_long_answer_is_cut_with_a_note() -> None:
    source = FORMATS["html"](samples.sample(samples.hostile_case()))
    assert len(source) < 300_000
    assert "more characters" in source


def test_the_page_says_what_a_person_needs() -> None:
    source = FORMATS["html"](samples.sample())
    for said in (
        "namespaces, seccomp, no network",
        "Incorrect: a counterexample was found and replayed.",
        "First false step",
        "After a hint: the turn before gave the form of the answer",
        "“V^L terms are too many”",
        "No finding: ran out of its budget of 2 s.",
        "answers.md, line 12",
        "half for the idea",
        "Recognised mistake",
    ):
        assert said in source
    assert '<th scope="row">σ²</th><td>1</td>' in source


def test_a_large_class_is_rendered() -> None:
    case = samples.every_case()
    class_of = [replace(case, submission=replace(case.submission, id=f"s{number:03}")) for number in range(60)]
    source = FORMATS["html"](samples.sample(*class_of))
    assert len(source) < 60 * 40_000
    assert source.count('class="part"') == 60 * len(case.parts)


def test_latex_is_rendered() -> None:
    rendered = mathml.mathml(r"\frac{\sigma^2}{\sigma^2+1}")
    assert rendered is not None
    assert "<mfrac>" in rendered
    assert "σ" in rendered


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{<img src=x onerror=alert(1)>}",
        r"\text{&lt;script&gt;alert(1)&lt;/script&gt;}",
        r"\text{</math><script>alert(1)</script>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(x)}{x}",
        r'\color{red"onclick=alert(1)}{x}',
        r"\hspace{9999em}x",
    ],
)
def test_hostile_latex_is_inert(latex: str) -> None:
    rendered = mathml.mathml(latex)
    assert rendered is not None
    for tag, attributes in Page(str(rendered)).elements:
        assert tag in mathml._TAGS
        assert set(attributes) <= set(mathml._ATTRIBUTES)


@pytest.mark.parametrize(
    "latex",
    [
        "",
        r"\frac",
        r"\left(",
        "x^2^3",
        "{" * 1_000,
        "x_{" * 500 + "}" * 500,
        "x" * 100_000,
        "x" * 1_990 + "{" * 5,
        r"\newcommand{\a}{xx}"
        + "".join(rf"\newcommand{{\{b}}}{{\{a}\{a}}}" for a, b in zip("abcdefghij", "bcdefghijk", strict=True)),
        r"\def\a{\a}\a",
    ],
)
def test_latex_that_cannot_be_rendered_falls_back(latex: str) -> None:
    rendered = mathml.mathml(latex)
    assert rendered is None or len(latex) == 1_995
    document: dict[str, Any] = samples.sample(
        samples.submission(
            "a",
            [samples.part("1", samples.attempt(samples.item(Verdict.UNDECIDED, submitted=latex, read_as=latex)))],
        )
    )
    Page(FORMATS["html"](document))
