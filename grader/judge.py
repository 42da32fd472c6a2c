"""From evidence to a verdict, by one table, and from a verdict to points. Sees evidence only.

| evidence                                        | verdict                                              |
| ----------------------------------------------- | ---------------------------------------------------- |
| Proof and Counterexample                        | undecided: the grader contradicts itself             |
| Counterexample                                  | incorrect; partial if the mistake named earns points |
| Violation, and Proof or Agreement               | partial, by the item's points for form               |
| Proof or Agreement                              | correct                                              |
| Mention that earns, none that does not          | as the claims found say                              |
| Silence only, or nothing                        | undecided: points pending                            |
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from grader.model import (
    Agreement,
    Counterexample,
    Evidence,
    Proof,
    Score,
    Silence,
    Verdict,
    Violation,
)

HALF = Fraction(1, 2)


def verdict(evidence: Iterable[Evidence], *, mistake_points: Fraction = Fraction(0)) -> Verdict:
    """Return the verdict that the evidence on a formula or a program allows."""
    kinds = {type(one) for one in evidence}
    for_it = bool(kinds & {Proof, Agreement})
    if Counterexample in kinds:
        if Proof in kinds:
            return Verdict.UNDECIDED
        return Verdict.PARTIAL if mistake_points > 0 else Verdict.INCORRECT
    if Violation in kinds:
        return Verdict.PARTIAL if for_it else Verdict.UNDECIDED
    if Silence in kinds and Agreement not in kinds and Proof not in kinds:
        return Verdict.UNDECIDED
    return Verdict.CORRECT if for_it else Verdict.UNDECIDED


def score(found: Verdict, points: Fraction, *, partial_share: Fraction) -> Score:
    """Return the points of a verdict: undecided ones are pending."""
    match found:
        case Verdict.CORRECT:
            return Score(earned=points, possible=points)
        case Verdict.PARTIAL:
            return Score(earned=points * partial_share, possible=points)
        case Verdict.UNDECIDED:
            return Score(pending=points, possible=points)
    return Score(possible=points)


def combined(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict on a whole from those on its items.

    All alike is that; an undecided item leaves the whole undecided; else it is partial.
    """
    found = set(verdicts)
    if not found:
        return Verdict.MISSING
    if len(found) == 1:
        return found.pop()
    if Verdict.UNDECIDED in found:
        return Verdict.UNDECIDED
    if found <= {Verdict.INCORRECT, Verdict.MISSING}:
        return Verdict.INCORRECT
    return Verdict.PARTIAL
