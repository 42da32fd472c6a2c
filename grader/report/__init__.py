"""Reports: each renders a results document and adds no facts.

The libraries behind a format are imported when it is rendered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, cast

Renderer = Callable[[Mapping[str, Any]], str]


def _from_module(name: str, function: str) -> Renderer:
    def render(document: Mapping[str, Any]) -> str:
        return cast(str, getattr(import_module(f"grader.report.{name}"), function)(document))

    render.__doc__ = f"Return the document as {name}."
    return render


FORMATS: Mapping[str, Renderer] = {
    "html": _from_module("html", "render"),
    "csv": _from_module("csv", "render"),
    "junit": _from_module("junit", "render"),
    "markdown": _from_module("markdown", "render"),
    "json": _from_module("results", "dumps"),
    "table": _from_module("table", "render"),
}
