"""What an assignment is made of: parts, items, what is expected, and the mistakes that authors make.

An assignment is data. Its formulas are LaTeX or trees (a reference function applied to tree symbols traces itself);
the grader never imports an assignment by name, it loads what is installed or given by a path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, Protocol

from grader.checks.prose import ProseRubric
from grader.domains.draws import Draw
from grader.domains.world import FiniteWorld
from grader.formula.notation import Notation
from grader.formula.tree import Node, Sym
from grader.model import Evidence, Verdict

Written = str | Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """What the symbols of a part mean, and where their values are drawn.

    Attributes:
        notation: How the symbols are written.
        build: Builds a world from draws.
        domain: The domain in words, as evidence prints it.
        positive: Symbols and applied functions that are positive throughout.
        integers: Symbols that are integers.
        random: Random variables that answers may use, with their laws: `\\hat X_1` with N(0, 1).
        density_at: The symbol at which densities are written, where answers are laws.
    """

    notation: Notation
    build: Callable[[Draw], FiniteWorld]
    domain: str
    positive: frozenset[Node] = frozenset()
    integers: frozenset[Sym] = frozenset()
    random: Mapping[Sym, Node] = field(default_factory=dict)
    density_at: Sym | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """A way into a limit: each variable becomes its drawn value times epsilon to its power, epsilon going to 0.

    Attributes:
        powers: The power of epsilon for each variable that moves; the others stay.
        order: None asks that the ratio of both sides goes to 1; n asks that their difference is o(epsilon^n).
        words: The regime in words, as evidence prints it.
        also: Other ways into the same regime, on which the claim must hold too.
    """

    powers: Mapping[Sym, int]
    order: int | None
    words: str
    also: tuple[Mapping[Sym, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A known wrong answer: its forms, and what to tell the author.

    `points` is the share of the item that it earns; `follows_from` names the mistake in an earlier part
    (`2d:beta-lost`) from which this one follows rightly.
    """

    id: str
    message: str
    forms: tuple[Written, ...]
    points: Fraction = Fraction(0)
    follows_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an answer may be written in: only these heads and symbols (`words` says it to the author)."""

    allowed: frozenset[Sym]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One right answer: `label` is the left side that asks for it (empty: the default), `value` the right side."""

    value: Written
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaItem:
    """An item answered by a formula or a distribution.

    Attributes:
        id: Unique in its part.
        asks: What is asked, in a phrase.
        points: Points of the item.
        kind: `value` for a number, `law` for a distribution, `objective` for what is minimised.
        names: Left sides that announce the answer, as LaTeX.
        expected: The right answers; each counts for the labels that it names, those without labels for all.
        regime: Where approximate answers are judged; None if only equality counts.
        bare_claims: What a formula without a relation sign claims.
        leading: The leading term, where a further displayed order that is wrong earns a remark.
        simplest: The form that "simplify" asks for; another form that is right earns `form_points`.
        terms: What the answer may be written in.
        counts: For a limit: the symbol that counts steps and the one that is its inverse; an answer that still has
            them is judged by its limit, and earns `form_points` if that is right.
        proportional: For `∝`: the argument in which a constant factor is free, and two symbols to put in its place.
        unfinished: Returns what an answer still contains that a finished one does not; empty if nothing.
        at: The general left side, such as `p(x)`: an answer that names its arguments otherwise is renamed to it.
        form_points: Share of the points for a right answer in a form that was not asked for.
        mistakes: Known mistakes.
    """

    id: str
    asks: str
    points: Fraction
    names: tuple[str, ...]
    expected: tuple[Expected, ...]
    kind: Literal["value", "law", "objective"] = "value"
    regime: Regime | None = None
    bare_claims: Literal["=", "≈"] = "="
    leading: Written | None = None
    simplest: Written | None = None
    terms: Terms | None = None
    counts: tuple[Sym, Sym] | None = None
    proportional: tuple[Sym, Sym, Sym] | None = None
    unfinished: Callable[[Node], str] | None = None
    at: str = ""
    form_points: Fraction = Fraction(1, 2)
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseItem:
    """An item answered in words, judged by the claims found in them."""

    id: str
    asks: str
    points: Fraction
    claims: ProseRubric
    partial_points: Fraction = Fraction(1, 2)


class TextJudge(Protocol):
    """Judges a text; `whole` says whether it answers the whole part or this item alone."""

    def __call__(self, text: str, *, whole: bool) -> tuple[Verdict, tuple[Evidence, ...], tuple[str, ...]]:
        """Return verdict, evidence and remarks for the author."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TextItem:
    """An item whose text an assignment judges by a function of its own, with the grader's evidence."""

    id: str
    asks: str
    points: Fraction
    judge: TextJudge
    partial_points: Fraction = Fraction(1, 2)


Item = FormulaItem | ProseItem | TextItem


Argument = float | int | tuple[float, ...] | tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a function that answers a part; `aliases` are other names that authors give it."""

    name: str
    meaning: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A value that authors may take in the place of the parameter `replaces`, computed from the arguments."""

    replaces: str
    compute: Callable[[Mapping[str, Argument]], Argument]


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What a function returns for one item.

    Attributes:
        item: The id of the item.
        kind: `number`, `vector` (a list of numbers), or `law` (mean and variance, or the variance alone).
        words: What is returned, for the author.
        expected: From the arguments as exact balls (lists of them, integers as they are), by name, to a ball; the
            variance for a law, whose mean is 0; a list for a vector.
        is_separate: Whether it has a function of its own, `part_<part>_<item>`.
        aliases: Other names for the item: keys of a dict that is returned, ends of a function's name.
        moves: Power of epsilon by parameter on the way into the regime of the item, where it has one.
        mistakes: Known wrong values by the id of the item's mistake; its forms are used where they are trees.
    """

    item: str
    kind: Literal["number", "vector", "law"]
    words: str
    expected: Callable[..., Any]
    is_separate: bool = False
    aliases: tuple[str, ...] = ()
    moves: Mapping[str, int] = field(default_factory=dict)
    mistakes: Mapping[str, tuple[Callable[..., Any], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """How a part is answered in code.

    Attributes:
        parameters: What the function takes.
        returned: What it returns; items that code cannot answer are absent.
        arguments: Draws the arguments of one call, by parameter; vectors are tuples.
        domain: Where they are drawn, in words.
        derived: Parameters that authors may take instead, by name (`sigma` for `sigma2`).
        symbols: Values of the symbols of the rubric's formulas, from the arguments as exact balls.
        extreme: Arguments at which a careful program still has a value; failing there earns a remark only.
        digits: Relative agreement that a float64 answer needs, in decimal digits.
    """

    parameters: tuple[Parameter, ...]
    returned: tuple[Returned, ...]
    arguments: Callable[[Draw], Mapping[str, Argument]]
    domain: str
    derived: Mapping[str, Derived] = field(default_factory=dict)
    symbols: Mapping[Sym, Callable[..., Any]] = field(default_factory=dict)
    extreme: tuple[Mapping[str, Argument], ...] = ()
    digits: int = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One question, with its items."""

    id: str
    title: str
    question: str
    space: Space
    items: tuple[Item, ...]
    signature: Signature | None = None
    own_names: frozenset[Sym] = frozenset()

    @property
    def points(self) -> Fraction:
        """All points of the part."""
        return sum((item.points for item in self.items), Fraction(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """An assignment."""

    id: str
    version: str
    title: str
    parts: tuple[Part, ...]

    def part(self, part_id: str) -> Part:
        """Return a part by its id.

        Raises:
            KeyError: if there is none.
        """
        for part in self.parts:
            if part.id == part_id:
                return part
        raise KeyError(part_id)

    @property
    def part_ids(self) -> tuple[str, ...]:
        """The ids of all parts, in order."""
        return tuple(part.id for part in self.parts)
