"""The regimes that a text itself names: `x ≪ 1`, "as n → ∞", "for small h"."""

from __future__ import annotations

import re
from fractions import Fraction

from grader.checks.steps_read import Derivation
from grader.errors import ReadError
from grader.formula.notation import Notation
from grader.formula.parser import parse_expression
from grader.formula.tree import Const, Node, Num, Pow, Sym
from grader.rubric import Regime

_SMALL = re.compile(r"\b(small|little|tiny|infinitesimal|large|big)\s+(?:\$|\\\()\s*([^$]{1,20}?)\s*(?:\$|\\\))")


def spoken_regimes(text: str, derivation: Derivation, known: tuple[Regime, ...]) -> tuple[Regime, ...]:
    """Return the regimes of single symbols that the text speaks of and the assignment does not name."""
    named = {symbol for regime in known for symbol in regime.powers}
    powers: dict[Sym, int] = {}
    for claim in derivation.claims:
        left, rights = claim.lhs.node, claim.rhs.node
        if left is None or rights is None:
            continue
        if claim.op == "→" and isinstance(left, Sym):
            if rights == Num(Fraction(0)):
                powers.setdefault(left, 1)
            elif rights == Const("oo"):
                powers.setdefault(left, -1)
        elif claim.op == "≪":
            for node, power in ((left, 1), (rights, -1)):
                symbol = _symbol(node)
                if symbol is not None and (power == 1 or _symbol(left) is None):
                    powers.setdefault(symbol, power)
        elif claim.op == "≫" and (symbol := _symbol(left)) is not None:
            powers.setdefault(symbol, -1)
    for match in _SMALL.finditer(text):
        try:
            node = parse_expression(match.group(2), Notation())
        except ReadError:
            continue
        symbol = _symbol(node)
        if symbol is not None:
            powers.setdefault(symbol, -1 if match.group(1) in ("large", "big") else 1)
    found = []
    for symbol, power in powers.items():
        if symbol not in named:
            words = f"{symbol.name} -> {'0' if power > 0 else 'infinity'}"
            found.append(Regime(powers={symbol: power}, order=None, words=words))
    return tuple(found)


def _symbol(node: Node) -> Sym | None:
    if isinstance(node, Pow):
        return _symbol(node.base)
    return node if isinstance(node, Sym) else None
