"""Pairs whose verdict is known: the project's own, and shared sample material where it is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from grader.comparison import compare_lines

HERE = Path(__file__).resolve().parent
OWN = [json.loads(line) for line in (HERE / "pairs_own.jsonl").read_text(encoding="utf-8").splitlines()]
SHARED = HERE.parent.parent.parent / "shared" / "corpora" / "pairs.jsonl"


@pytest.mark.parametrize("pair", OWN, ids=lambda pair: pair["id"])
def test_own_pair(pair: dict[str, Any]) -> None:
    (found,) = compare_lines([pair])
    assert found["verdict"] == pair["verdict"], f"{pair['expected']}  against  {pair['submitted']}: {found['evidence']}"
    assert found["evidence"]


@pytest.mark.shared
def test_shared_pairs() -> None:
    if not SHARED.exists():
        pytest.skip("the shared pairs are not here")
    pairs = [json.loads(line) for line in SHARED.read_text(encoding="utf-8").splitlines()]
    found = [row["verdict"] for row in compare_lines(SHARED)]
    wrong = [
        (pair["id"], verdict)
        for pair, verdict in zip(pairs, found, strict=True)
        if verdict not in (pair["verdict"], "undecided")
    ]
    assert not wrong
    assert found.count("undecided") <= 0.03 * len(pairs)
