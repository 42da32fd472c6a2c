"""Does a statement answer a formula item? Equality, regime, form and terms, each with evidence of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from grader.checks import form
from grader.checks.identity import Effort, identical
from grader.checks.regime import agrees_in_limit, agrees_in_regime, relative_order
from grader.domains.world import symbol_text
from grader.formula.printer import to_latex
from grader.formula.tree import Mul, Node, free_symbols, substitute
from grader.model import Agreement, Counterexample, Evidence, NamedMistake, Proof, Silence, Violation
from grader.reading.finding import Candidate, matches, pattern
from grader.rubric import Expected, FormulaItem, Mistake, Part

QUICK = Effort(worlds=5, shrink=False, prove=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is known about one candidate: evidence, remarks, the mistake that it is, and how it was read."""

    evidence: tuple[Evidence, ...]
    remarks: tuple[str, ...] = ()
    mistake: NamedMistake | None = None
    mistake_points: Fraction = Fraction(0)
    read_as: str = ""

    @property
    def is_right(self) -> bool:
        """Whether nothing speaks against the answer and something speaks for it."""
        kinds = {type(one) for one in self.evidence}
        return not kinds & {Counterexample, Violation, Silence} and bool(kinds & {Proof, Agreement})

    @property
    def is_right_but_for_its_form(self) -> bool:
        """Whether only the form that was asked for is missing."""
        broken = {one.check for one in self.evidence if isinstance(one, Violation)}
        return self.is_right_in_value and bool(broken) and "relation" not in broken

    @property
    def is_right_in_value(self) -> bool:
        """Whether the value is right, whatever its form."""
        kinds = {type(one) for one in self.evidence}
        return Counterexample not in kinds and bool(kinds & {Proof, Agreement})


def check_candidate(
    candidate: Candidate, value: Node, item: FormulaItem, part: Part, *, seed: str, effort: Effort
) -> Finding:
    """Return the evidence on a candidate whose value has the author's own names expanded.

    Args:
        candidate: The statement taken as the answer.
        value: Its value, with definitions on the way written out.
        item: The item that it answers.
        part: The part of the item.
        seed: Decides which worlds are looked at.
        effort: How much is spent.
    """
    value, has_order_term = form.without_order_terms(value)
    if has_order_term:
        candidate = replace(candidate, claims="≈")
    if item.kind == "law" and part.space.density_at is not None and form.is_density(value, part.space):
        item = replace(item, kind="value", expected=form.densities(item, part))
    try:
        submitted = form.as_kind(value, candidate.label, item, part.space)
    except form.NotOfKindError as error:
        return Finding(evidence=(Silence(check="form", reason=str(error)),), read_as=to_latex(value))
    read_as = to_latex(submitted)
    strange = form.unknown_symbols(submitted, part.space)
    if strange:
        reason = f"{', '.join(strange)} has no meaning in this part"
        return Finding(evidence=(Silence(check="reading", reason=reason),), read_as=read_as)
    claims = candidate.claims if candidate.claims not in ("", "∼") else _default_claim(candidate, item)
    evidence = _value_evidence(submitted, candidate, claims, item, part, seed, effort)
    finding = Finding(evidence=evidence, read_as=read_as)
    if finding.is_right_in_value:
        evidence += form.violations(submitted, value, item, part, effort)
        finding = replace(finding, evidence=evidence, remarks=_remarks(submitted, claims, item, part, seed))
    if not finding.is_right:
        named = name_mistake(submitted, claims, item, part, seed=seed)
        if named is not None:
            message = NamedMistake(id=named.id, message=named.message)
            finding = replace(finding, mistake=message, mistake_points=named.points)
    return finding


def _default_claim(candidate: Candidate, item: FormulaItem) -> str:
    """Return what is claimed where no sign stands: the rubric says it for bare formulas."""
    if candidate.claims == "∼":
        return "="
    return item.bare_claims


def _alternatives(candidate: Candidate, item: FormulaItem, part: Part) -> tuple[Expected, ...]:
    if candidate.label is not None:
        notation = part.space.notation
        for_label = tuple(
            one
            for one in item.expected
            if any(matches(pattern(label, notation), candidate.label) for label in one.labels)
        )
        if for_label:
            return for_label
    return tuple(one for one in item.expected if not one.labels) or item.expected


def _value_evidence(
    submitted: Node, candidate: Candidate, claims: str, item: FormulaItem, part: Part, seed: str, effort: Effort
) -> tuple[Evidence, ...]:
    """Return whether the value is right: equal to an expected one, or so in the regime where that is claimed."""
    refuted: list[Evidence] = []
    alternatives = [
        form.as_kind(form.tree_of(one.value, part), None, item, part.space)
        for one in _alternatives(candidate, item, part)
    ]
    if candidate.equation is not None and candidate.label is not None:
        # The quantity is determined by an equation: the equation must hold for the right value.
        whole, label = candidate.equation, candidate.label
        alternatives = [substitute(whole, {label: expected}) for expected in alternatives]
    if claims == "∝":
        return _up_to_a_factor(submitted, alternatives[0], item, part, seed, effort)
    for expected in alternatives:
        found = identical(submitted, expected, part.space, check="equality", seed=seed, effort=effort)
        if any(isinstance(one, (Proof, Agreement)) for one in found):
            return found
        refuted.extend(found)
    if item.counts is not None and set(item.counts) & free_symbols(submitted):
        found_in_limit = agrees_in_limit(submitted, alternatives[0], part.space, item.counts, check="limit", seed=seed)
        if isinstance(found_in_limit, Agreement):
            message = f"the limit is not taken: {symbol_text(item.counts[0])} or {symbol_text(item.counts[1])} is left"
            return (found_in_limit, Violation(check="form", message=message))
        return (found_in_limit,)
    if any(isinstance(one, Silence) for one in refuted):
        return tuple(one for one in refuted if isinstance(one, Silence))
    if item.regime is None:
        return tuple(refuted[:1])
    in_regime = [
        agrees_in_regime(submitted, expected, part.space, item.regime, check="regime", seed=seed)
        for expected in alternatives
    ]
    agreed = [one for one in in_regime if isinstance(one, Agreement)]
    if agreed and claims in ("≈", "→"):
        return (agreed[0],)
    if agreed:
        shown = refuted[0]
        where = _point(shown) if isinstance(shown, Counterexample) else ""
        message = f"written as an equality, but it holds only approximately ({item.regime.words}){where}"
        return (agreed[0], Violation(check="relation", message=message))
    if claims in ("≈", "→"):
        return (in_regime[0],)
    return tuple(refuted[:1])


def _up_to_a_factor(
    submitted: Node, expected: Node, item: FormulaItem, part: Part, seed: str, effort: Effort
) -> tuple[Evidence, ...]:
    """Return what is known of a claim of proportionality, in the argument in which a constant factor is free."""
    if item.proportional is None:
        message = "only proportionality is claimed, which leaves the factor open"
        found = identical(submitted, expected, part.space, check="equality", seed=seed, effort=effort)
        if any(isinstance(one, (Proof, Agreement)) for one in found):
            return (*found, Violation(check="relation", message=message))
        return (Silence(check="proportionality", reason=message),)
    variable, first, second = item.proportional
    crossed = [
        Mul((substitute(a, {variable: first}), substitute(b, {variable: second})))
        for a, b in ((submitted, expected), (expected, submitted))
    ]
    found = identical(crossed[0], crossed[1], part.space, check="proportionality", seed=seed, effort=effort)
    if any(isinstance(one, (Proof, Agreement)) for one in found):
        return (*found, Violation(check="form", message="right up to a factor; the normalisation is left open"))
    return found


def _point(shown: Counterexample) -> str:
    values = ", ".join(f"{name} = {value}" for name, value in shown.parameters)
    return f": at {values} it is {shown.submitted}, not {shown.expected}"


def _remarks(submitted: Node, claims: str, item: FormulaItem, part: Part, seed: str) -> tuple[str, ...]:
    """Return remarks on a right answer: a further displayed order that is wrong."""
    if item.leading is None or item.regime is None or claims not in ("≈", "→"):
        return ()
    expected = form.as_kind(form.tree_of(item.expected[0].value, part), None, item, part.space)
    leading = form.as_kind(form.tree_of(item.leading, part), None, item, part.space)
    own = relative_order(submitted, expected, part.space, item.regime, seed=seed)
    plain = relative_order(leading, expected, part.space, item.regime, seed=seed)
    shown = relative_order(submitted, leading, part.space, item.regime, seed=seed)
    if own is None or plain is None or shown is None or max(shown, own) > plain + 0.5:
        # Equal to the answer or to its leading term, or closer to it by an order than the leading term is.
        return ()
    remark = "The leading term is right; the further order that is displayed is not"
    closer = f": the plain leading term {to_latex(leading)} is closer" if own < plain - 0.5 else ""
    return (f"{remark}{closer}.",)


def name_mistake(submitted: Node, claims: str, item: FormulaItem, part: Part, *, seed: str) -> Mistake | None:
    """Return the known mistake that a wrong answer is, found by the machinery that judges right ones."""
    for mistake in item.mistakes:
        for written in mistake.forms:
            known = form.as_kind(form.tree_of(written, part), None, item, part.space)
            found = identical(submitted, known, part.space, check="mistake", seed=seed, effort=QUICK)
            if any(isinstance(one, (Proof, Agreement)) for one in found):
                return mistake
    if item.regime is not None and claims in ("≈", "→"):
        for mistake in item.mistakes:
            for written in mistake.forms:
                known = form.as_kind(form.tree_of(written, part), None, item, part.space)
                agreed = agrees_in_regime(submitted, known, part.space, item.regime, check="mistake", seed=seed)
                expected = form.as_kind(form.tree_of(item.expected[0].value, part), None, item, part.space)
                apart = agrees_in_regime(known, expected, part.space, item.regime, check="mistake", seed=seed)
                if isinstance(agreed, Agreement) and isinstance(apart, Counterexample):
                    return mistake
    return None
