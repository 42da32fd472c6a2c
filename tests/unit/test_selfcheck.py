"""A rubric that contradicts itself is refused, with the part, the item and the formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from writing import formula_item, with_item, with_mistakes, with_part

from grader.errors import RubricError
from grader.rubric import Expected, FormulaItem, Mistake, Part, Rubric, Terms
from grader.selfcheck import check_rubric

Change = Callable[[Part], Part]


def item_with(**changes: object) -> Change:
    def change(part: Part) -> Part:
        return with_item(part, replace(formula_item(part), **changes))  # type: ignore[arg-type]

    return change


def mistakes(*listed: Mistake) -> Change:
    return lambda part: with_mistakes(part, *listed)


def mistake(name: str, *forms: str, points: Fraction = Fraction(0)) -> Mistake:
    return Mistake(id=name, message="m", forms=forms, points=points)


RIGHT = r"\beta \log \frac{\pi^*(y|x)}{\pi_{ref}(y|x)} + \beta \log Z(x)"

# what is broken, how, and what the message must say
BROKEN: list[tuple[str, Change, tuple[str, ...]]] = [
    ("a mistake that is right", mistakes(mistake("no-mistake", RIGHT)), ("no-mistake", "is judged correct", "log")),
    ("a mistake that is right in another form", mistakes(mistake("same", rf"{RIGHT} + \log 1")), ("same",)),
    ("a mistake that an earlier one names", mistakes(mistake("first", "2"), mistake("second", "4/2")),
     ("second", "is given first")),
    ("a second form that has another name", mistakes(mistake("first", "2"), mistake("second", "3", "2")),
     ("second", "is given first")),
    ("a mistake that cannot be read", mistakes(mistake("broken", r"\frac{1}{")), (r"\frac{1}{", "cannot be read")),
    ("a reference that cannot be read", item_with(expected=(Expected(value=r"\beta +* 2"),)), ("cannot be read",)),
    ("a name that cannot be read", item_with(names=(r"\hat{",)), (r"\hat{", "cannot be read")),
    ("a label that cannot be read", item_with(expected=(Expected(value=RIGHT, labels=("((",)),)), ("((",)),
    ("a reference in terms that are not allowed", item_with(terms=Terms(allowed=frozenset(), words="nothing")),
     ("is not judged correct", "nothing")),
    ("a reference with an unknown symbol", item_with(expected=(Expected(value="q + 1"),)),
     ("is not judged correct", "q")),
    ("a reference without a value", item_with(expected=(Expected(value=r"\log(-\beta)"),), terms=None),
     ("is not judged correct",)),
    ("a mistake that earns everything", mistakes(mistake("all", "2", points=Fraction(1))), ("all", "[0, 1)")),
    ("a mistake that earns less than nothing", mistakes(mistake("debt", "2", points=Fraction(-1))), ("debt", "[0, 1)")),
    ("points for form that are all points", item_with(form_points=Fraction(1)), ("form_points", "[0, 1)")),
    ("no points", item_with(points=Fraction(0)), ("positive points",)),
    ("negative points", item_with(points=Fraction(-1)), ("positive points", "-1")),
]  # fmt: skip


@pytest.mark.parametrize(("what", "change", "words"), BROKEN, ids=[what for what, _, _ in BROKEN])
def test_a_broken_rubric_is_refused_and_says_where(
    hw13: Rubric, what: str, change: Change, words: tuple[str, ...]
) -> None:
    rubric = with_part(hw13, change(hw13.part("2d")))
    with pytest.raises(RubricError) as caught:
        check_rubric(rubric, parts=("2d",))
    message = str(caught.value)
    assert "2d reward" in message, what
    for word in words:
        assert word in message, what


def test_a_wrong_reference_is_refused_by_its_own_mistakes(hw13: Rubric) -> None:
    """With a wrong reference, the right answer (listed as somebody's mistake, or the other reference) shows it."""
    part = hw13.part("2d")
    item = formula_item(part)
    wrong = replace(item, expected=(Expected(value=item.mistakes[0].forms[0]),))
    with pytest.raises(RubricError, match=rf"2d reward: the mistake {item.mistakes[0].id}.*is judged correct"):
        check_rubric(with_part(hw13, with_item(part, wrong)), parts=("2d",))


def test_ids_must_differ(hw13: Rubric) -> None:
    part = hw13.part("1b")
    twice = replace(part, items=(part.items[0], replace(part.items[1], id=part.items[0].id)))
    with pytest.raises(RubricError, match="items of 1b: ids must differ, previous repeats"):
        check_rubric(with_part(hw13, twice))
    with pytest.raises(RubricError, match="parts: ids must differ, 1a repeats"):
        check_rubric(replace(hw13, parts=(hw13.part("1a"), hw13.part("1a"))))


def test_only_the_parts_asked_for_are_checked(hw13: Rubric) -> None:
    broken = with_part(hw13, item_with(points=Fraction(0))(hw13.part("2d")))
    check_rubric(broken, parts=("1a",))
    with pytest.raises(RubricError):
        check_rubric(broken)


def test_the_assignment_that_is_shipped_holds_together(hw13: Rubric) -> None:
    check_rubric(hw13)
    named = [mistake.id for part in hw13.parts for item in part.items for mistake in getattr(item, "mistakes", ())]
    assert len(named) > 50
    assert sum(isinstance(item, FormulaItem) for part in hw13.parts for item in part.items) >= 14
    assert len(hw13.parts) == 15


def test_what_a_mistake_follows_from_exists(hw13: Rubric) -> None:
    known = {
        f"{part.id}:{one.id}" for part in hw13.parts for item in part.items for one in getattr(item, "mistakes", ())
    }
    followed = {
        one.follows_from
        for part in hw13.parts
        for item in part.items
        for one in getattr(item, "mistakes", ())
        if one.follows_from
    }
    assert followed <= known
