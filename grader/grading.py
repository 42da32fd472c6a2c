"""Grades one attempt at a part: every item, each with the statement that answers it and the evidence on it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import assert_never

from grader import judge
from grader.checks import form
from grader.checks.answer import Finding, check_candidate
from grader.checks.identity import Effort
from grader.checks.prose import judge_prose
from grader.faults import FAULT, guarded
from grader.formula.alphabet import FUNCTION_WORDS, GREEK, OPERATOR_WORDS
from grader.formula.printer import to_latex
from grader.formula.tree import Sym
from grader.model import (
    Answer,
    Attempt,
    Callable,
    Counterexample,
    Evidence,
    Formula,
    ItemResult,
    Missing,
    Prose,
    Silence,
    Trust,
    Unreadable,
    Verdict,
)
from grader.reading.definitions import definitions_for, expand
from grader.reading.finding import Candidate, concluding, find, renamed
from grader.reading.statement import Reading
from grader.reading.statements import read_answers
from grader.rubric import FormulaItem, Item, Part, ProseItem, Rubric, TextItem

# Fewer words than these beside formulas make no sentence.
_FEWEST_WORDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What stays the same over a run: the assignment, how much effort is spent on a comparison, and the seed."""

    rubric: Rubric
    seed: str = "grader"
    effort: Effort = field(default_factory=Effort)


def grade_items(part: Part, attempt: Attempt, context: Context) -> tuple[ItemResult, ...]:
    """Return the verdict on each item of a part for one attempt that is given in writing."""
    named = tuple(item.id for item in part.items)
    reading = read_answers(tuple(_unprefixed(answer, named) for answer in attempt.answers), part.space.notation)
    own = {name: law for name, law in reading.laws.items() if name not in _known_names(part)}
    if own:
        part = replace(part, space=replace(part.space, random={**part.space.random, **own}))
    return tuple(_guarded(item, part, attempt, reading, context) for item in part.items)


def _guarded(item: Item, part: Part, attempt: Attempt, reading: Reading, context: Context) -> ItemResult:
    """Return the verdict on an item; a fault of the grader itself leaves it undecided and is shown as such."""

    def undecided(reason: str) -> ItemResult:
        return _result(item, Verdict.UNDECIDED, (Silence(check=FAULT, reason=reason),), where=str(attempt.place))

    return guarded(lambda: _grade_item(item, part, attempt, reading, context), undecided)


def _grade_item(item: Item, part: Part, attempt: Attempt, reading: Reading, context: Context) -> ItemResult:
    names = tuple(one.id for one in part.items)
    unreadable = [answer for answer in attempt.answers if isinstance(answer, Unreadable)]
    if not _texts(attempt.answers, item.id, names) and unreadable:
        first = unreadable[0]
        silence = Silence(check="reading", reason=first.reason)
        return _result(item, Verdict.UNDECIDED, (silence,), text=first.text, where=str(first.place), trust="unread")
    if not _texts(attempt.answers, item.id, names):
        return _result(item, Verdict.MISSING, ())
    match item:
        case FormulaItem():
            return _grade_formula(item, part, attempt, reading, context)
        case ProseItem():
            text = "\n\n".join(
                answer.text
                for answer in _texts(attempt.answers, item.id, names)
                if isinstance(answer, Prose) or answer.item == item.id
            )
            if not text.strip() or (reading.statements and not _has_words(text)):
                return _result(item, Verdict.MISSING, ())
            verdict, evidence = judge_prose(text, item.claims, check=item.id)
            return _prose_result(item, attempt, names, verdict, evidence, (), item.partial_points)
        case TextItem():
            text = "\n\n".join(answer.text for answer in _texts(attempt.answers, item.id, names))
            own = any(_is_for(answer, item.id) for answer in attempt.answers)
            verdict, evidence, remarks = item.judge(text, whole=not own)
            return _prose_result(item, attempt, names, verdict, evidence, remarks, item.partial_points)
        case _:
            assert_never(item)


def _unprefixed(answer: Answer, items: tuple[str, ...]) -> Answer:
    """Return a prose answer that is one formula after `item: ` as the formula of that item."""
    for item in items:
        if isinstance(answer, Prose) and _is_for(answer, item):
            return replace(answer, text=answer.text.lstrip().removeprefix(f"{item}:"), item=item)
    return answer


def _is_for(answer: Answer, item_id: str) -> bool:
    """Return whether an answer names the item that it answers: by its key in a sheet, or by `item: ` before it."""
    if isinstance(answer, Formula):
        return answer.item == item_id
    if isinstance(answer, Prose) and answer.item == item_id:
        return True
    return isinstance(answer, Prose) and answer.text.lstrip().startswith(f"{item_id}:")


def _texts(answers: tuple[Answer, ...], item_id: str, items: tuple[str, ...]) -> list[Formula | Prose]:
    """Return the written answers that may speak to an item; `items` are all items of the part."""
    found: list[Formula | Prose] = []
    for answer in answers:
        match answer:
            case Formula():
                if answer.item in (None, item_id):
                    found.append(answer)
            case Prose():
                named = next((one for one in items if _is_for(answer, one)), None)
                if named == item_id:
                    found.append(replace(answer, text=answer.text.lstrip().removeprefix(f"{item_id}:")))
                elif named is None and answer.text.strip():
                    found.append(answer)
            case Callable() | Unreadable() | Missing():
                pass
            case _:
                assert_never(answer)
    return found


def _prose_result(
    item: ProseItem | TextItem,
    attempt: Attempt,
    names: tuple[str, ...],
    verdict: Verdict,
    evidence: tuple[Evidence, ...],
    remarks: tuple[str, ...],
    share: Fraction,
) -> ItemResult:
    texts = _texts(attempt.answers, item.id, names)
    quoted = [one.quotation for one in evidence if hasattr(one, "quotation")]
    result = _result(item, verdict, evidence, text=" … ".join(quoted), where=str(texts[0].place), share=share)
    return replace(result, remarks=remarks, trust=texts[0].trust)


def _result(
    item: Item,
    verdict: Verdict,
    evidence: tuple[Evidence, ...],
    *,
    text: str = "",
    where: str = "",
    trust: Trust = "source",
    share: Fraction = Fraction(1, 2),
) -> ItemResult:
    return ItemResult(
        item=item.id,
        verdict=verdict,
        score=judge.score(verdict, item.points, partial_share=share),
        evidence=evidence,
        submitted=text,
        where=where,
        trust=trust,
    )


# ---------------------------------------------------------------- formulas


def _grade_formula(item: FormulaItem, part: Part, attempt: Attempt, reading: Reading, context: Context) -> ItemResult:
    is_only = sum(isinstance(one, FormulaItem) and one.kind != "objective" for one in part.items) == 1
    found = find(item, reading, part.space.notation, is_only=is_only)
    if not found:
        return _nothing_found(item, part, attempt, reading)
    seed = _seed(context.seed, part.id, item.id)
    first: tuple[Candidate, Finding] | None = None
    for candidate in found:
        finding = _checked(candidate, item, part, reading, seed, context.effort)
        if first is None:
            first = (candidate, finding)
            if finding.is_right or not finding.is_right_but_for_its_form:
                break
        elif finding.is_right:
            # The last statement has the right value in another form than was asked for; an earlier one of the
            # same value has the form.
            remark = "The answer is stated in several forms; the one that was asked for stands earlier."
            finding = replace(finding, remarks=(*finding.remarks, remark))
            return _formula_result(item, candidate, finding)
    assert first is not None, "there is at least one candidate"
    last = concluding(item, reading, first[0].statement, is_only=is_only)
    if last is None:
        return _formula_result(item, *first)
    finding = _checked(last, item, part, reading, seed, context.effort)
    if finding.is_right and not first[1].is_right:
        return _formula_result(item, last, finding)
    if first[1].is_right and any(isinstance(one, Counterexample) for one in finding.evidence):
        reason = (
            f"the author contradicts himself: a later sentence gives {finding.read_as} as the answer; a person looks"
        )
        contradicted = Finding(evidence=(Silence(check="contradiction", reason=reason),), read_as=first[1].read_as)
        return _formula_result(item, first[0], contradicted)
    return _formula_result(item, *first)


def _checked(
    candidate: Candidate, item: FormulaItem, part: Part, reading: Reading, seed: str, effort: Effort
) -> Finding:
    world_names = _known_names(part)
    definitions = definitions_for(candidate.statement, reading.statements)
    value = expand(candidate.value, definitions, world_names)
    candidate, value = renamed(candidate, value, item, part.space)
    value = form.with_arguments(value, part.space)
    return check_candidate(candidate, value, item, part, seed=seed, effort=effort)


def _known_names(part: Part) -> frozenset[Sym]:
    from grader.domains.draws import candidates

    world = next(candidates(part.space.build, seed="names", count=1))
    names = {*world.numbers, *world.members, *world.tables, *world.definitions, *part.space.random}
    names |= {Sym(name) for name in world.sequences}
    return frozenset(names) - part.own_names


def _formula_result(item: FormulaItem, candidate: Candidate, finding: Finding) -> ItemResult:
    verdict = judge.verdict(finding.evidence, mistake_points=finding.mistake_points)
    share = finding.mistake_points if finding.mistake_points else item.form_points
    statement = candidate.statement
    result = _result(
        item,
        verdict,
        finding.evidence,
        text=statement.text,
        where=str(statement.place),
        trust=statement.trust,
        share=share,
    )
    return replace(result, read_as=finding.read_as, mistake=finding.mistake, remarks=finding.remarks)


def _nothing_found(item: FormulaItem, part: Part, attempt: Attempt, reading: Reading) -> ItemResult:
    names = tuple(one.id for one in part.items)
    texts = _texts(attempt.answers, item.id, names)
    unread = [one for one in reading.unread if one.item in (None, item.id)]
    if unread:
        reason = f"a formula could not be read: {unread[-1].reason}"
        text, where = unread[-1].text, str(unread[-1].place)
    elif reading.statements:
        stated = "; ".join(to_latex(one.last)[:80] for one in reading.statements[-3:])
        reason = f"no statement was recognised as {item.asks}; the last formulas are: {stated}"
        text, where = texts[0].text, str(texts[0].place)
    else:
        reason, text, where = f"no formula for {item.asks} was found", texts[0].text, str(texts[0].place)
    silence = Silence(check="reading", reason=reason)
    if not unread and (item.kind == "objective" or _speaks_of_others(item, part, reading)):
        # An objective shows by its shape, and formulas that answer other items answer this one by none of them.
        return _result(item, Verdict.MISSING, (silence,))
    return _result(item, Verdict.UNDECIDED, (silence,), text=text[:400], where=where, trust="unread")


def _speaks_of_others(item: FormulaItem, part: Part, reading: Reading) -> bool:
    """Return whether every formula of an attempt announces another item, or only introduces a name."""
    others = [one for one in part.items if isinstance(one, FormulaItem) and one is not item]
    taken = {
        id(candidate.statement)
        for other in others
        for candidate in find(other, reading, part.space.notation, is_only=False)
        if candidate.label is not None
    }
    return bool(taken) and all(one.is_definition or id(one) in taken for one in reading.statements)


_WORD = re.compile(r"\b[^\W\d_]{2,}\b")
_NOT_WORDS = re.compile(r"\$\$.*?\$\$|\$[^$]*\$|\\\[.*?\\\]|\\\(.*?\\\)|\\[A-Za-z]+", re.DOTALL)


# What plain notation spells with letters.
_WRITTEN_OUT = frozenset(FUNCTION_WORDS) | frozenset(OPERATOR_WORDS) | GREEK | {"ref", "star", "dt"}


def _has_words(text: str) -> bool:
    """Return whether a text says something besides formulas."""
    words = _WORD.findall(_NOT_WORDS.sub(" ", text))
    return sum(word not in _WRITTEN_OUT for word in words) >= _FEWEST_WORDS


def is_silent(item: ItemResult) -> bool:
    """Return whether an attempt says nothing on an item: nothing was found that could be judged."""
    only_silence = all(isinstance(one, Silence) and one.check in ("reading", item.item) for one in item.evidence)
    return item.verdict in (Verdict.MISSING, Verdict.UNDECIDED) and only_silence


def _seed(*pieces: str) -> str:
    return hashlib.sha256("\0".join(pieces).encode()).hexdigest()
