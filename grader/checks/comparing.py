"""Do two formulas agree on a declared domain? Prove, refute at exact points, else say how far they agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from flint import arb, ctx

from grader.checks.approaching import approach
from grader.checks.pairs import AGREED_DIGITS, PRECISION, PairResult, _compare, compare_at, digits
from grader.checks.predicates import as_predicates, compare_predicates
from grader.domains.declarations import Declarations
from grader.domains.inference import Inference, infer
from grader.domains.inferred_world import InferredWorld, is_infinite
from grader.domains.world import symbol_text
from grader.formula.balls import Evaluator
from grader.formula.meaning import Meter
from grader.formula.normal import Equality
from grader.formula.printer import to_latex, to_text
from grader.formula.prover import prove_equal
from grader.formula.tree import Big, Call, Const, Limit, Neg, Node, Num, Sym, walk
from grader.formula.values import BudgetExceededError, NoValueError, UndefinedError
from grader.model import Agreement, Counterexample, Evidence, Proof, Silence

CHECK = "compare"
POINTS = 14
POINTS_AFTER_PROOF = 3
POINTS_OF_TABLES = 6  # worlds with policies and gradients hold many random values each
POINTS_IF_DIFFERENT = 60
_INFINITIES = (Const("oo"), Neg(Const("oo")))
UNITS = 200_000  # operations of the evaluator at low precision, for all points of one comparison
_CONFIRMED_BITS = 3072
_MEASURED_BITS = 36
Verdict = Literal["correct", "incorrect", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What is asked: `equal`, `order` (equal up to o(variable^order)), or `leading` (ratio to 1), as it goes `to`."""

    kind: Literal["equal", "order", "leading"] = "equal"
    variable: Sym | None = None
    to: Node = field(default_factory=lambda: Num(Fraction(0)))
    order: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A verdict with its evidence."""

    verdict: Verdict
    evidence: tuple[Evidence, ...]


def decide(
    expected: Node, submitted: Node, declarations: Declarations, relation: Relation, *, seed: str, prove: bool
) -> Decision:
    """Return the verdict on two trees, read in one way."""
    try:
        return _decide(expected, submitted, declarations, relation, seed=seed, prove=prove)
    except NoValueError as error:
        if expected == submitted:
            same = Proof(check=CHECK, method="identical trees", statement=f"{to_text(submitted)} = {to_text(expected)}")
            return Decision(verdict="correct", evidence=(same,))
        return silent(str(error))
    except BudgetExceededError as error:
        return silent(f"too expensive: {error}")


def silent(reason: str) -> Decision:
    """Return that nothing is known, and why."""
    return Decision(verdict="undecided", evidence=(Silence(check=CHECK, reason=reason),))


def _decide(
    expected: Node, submitted: Node, declarations: Declarations, relation: Relation, *, seed: str, prove: bool
) -> Decision:
    if expected in _INFINITIES or submitted in _INFINITIES:
        return _infinite(expected, submitted)
    predicates = as_predicates(expected, submitted)
    trees = predicates if predicates is not None else (expected, submitted)
    inference = infer(trees, declarations, meter=Meter(UNITS))
    if predicates is not None:
        return _of_evidence(compare_predicates(inference, seed=seed, forms=(expected, submitted)))
    equality = _proved(inference) if prove else Equality.UNKNOWN
    if relation.kind != "equal" and relation.variable is not None and equality is not Equality.EQUAL:
        return _of_evidence(approach(inference, relation.variable, relation.to, _order(relation), seed=seed))
    return _equal(inference, equality, seed=seed)


def _infinite(expected: Node, submitted: Node) -> Decision:
    """Return whether both are the same infinity; a number is none."""
    if expected == submitted:
        proof = Proof(check=CHECK, method="identical trees", statement=f"{to_text(submitted)} = {to_text(expected)}")
        return Decision(verdict="correct", evidence=(proof,))
    other = submitted if expected in _INFINITIES else expected
    if other not in _INFINITIES and not isinstance(other, (Num, Const)):
        return silent("an infinite value is compared only with a number or an infinity")
    return _of_evidence(
        Counterexample(check=CHECK, parameters=(), submitted=to_text(submitted), expected=to_text(expected))
    )


def _order(relation: Relation) -> Fraction | None:
    return relation.order if relation.kind == "order" else None


def _of_evidence(found: Evidence) -> Decision:
    verdict: Verdict = "undecided"
    if isinstance(found, Counterexample):
        verdict = "incorrect"
    elif isinstance(found, (Agreement, Proof)):
        verdict = "correct"
    return Decision(verdict=verdict, evidence=(found,))


def _proved(inference: Inference) -> Equality:
    """Return what canonical forms show; they know scalars only, whose products commute."""
    if inference.has_matrices or inference.families.events:
        return Equality.UNKNOWN
    expected, submitted = inference.trees[:2]
    return prove_equal(submitted, expected, inference.assumptions(), use_sympy=False).status


@dataclass(slots=True)
class _Count:
    agreed: int = 0
    undefined: int = 0
    one_sided: int = 0
    unsure: int = 0
    looked: int = 0
    measured: bool = False
    side: str = ""
    reason: str = ""


def _equal(inference: Inference, equality: Equality, *, seed: str) -> Decision:
    expected, submitted = inference.trees[:2]
    families = inference.families
    usual = POINTS_OF_TABLES if (families.needs_support or families.has_gradient) and not inference.counted else POINTS
    wanted = {Equality.EQUAL: POINTS_AFTER_PROOF, Equality.DIFFERENT: POINTS_IF_DIFFERENT}.get(equality, usual)
    if any(isinstance(part, Big) and part.kind == "int" for tree in (expected, submitted) for part in walk(tree)):
        wanted = min(wanted, POINTS_OF_TABLES)
    proof = Proof(check=CHECK, method="canonical form", statement=f"{to_text(submitted)} = {to_text(expected)}")
    count = _Count()
    seen: set[str] = set()
    confirm: list[InferredWorld] = []
    is_measured = _is_measured(expected) or _is_measured(submitted)
    for world in inference.worlds(seed=seed, count=wanted):
        key = repr((world.numbers, world.matrices)) if not world.definitions and not world.space else world.salt
        if key in seen:
            continue
        seen.add(key)
        count.looked += 1
        result = compare_at(
            world, submitted, expected, most_bits=768 if is_measured else 24_576 if not world.definitions else 3072
        )
        if result.status == "unsure" and is_measured:
            result = _measured(world, submitted, expected)
            count.measured = True
        if result.status == "differ":
            counterexample = _counterexample(world, result, submitted, expected)
            if equality is Equality.EQUAL:
                return Decision(verdict="undecided", evidence=(proof, counterexample))
            return Decision(verdict="incorrect", evidence=(counterexample,))
        if result.status == "agree":
            count.agreed += 1
            if len(confirm) < 2:
                confirm.append(world)
        _note(count, result, world, inference)
        if not inference.numbers and not world.definitions and not world.space and not world.matrices:
            break
    return _judged(inference, equality, proof, count, confirm if not is_measured else [])


def _note(count: _Count, result: PairResult, world: InferredWorld, inference: Inference) -> None:
    count.unsure += result.status == "unsure"
    if result.status != "undefined":
        return
    count.undefined += 1
    count.reason = count.reason or (result.submitted if result.undefined_side != "expected" else result.expected)
    if result.undefined_side in ("submitted", "expected") and _is_region(inference, world):
        count.one_sided += 1
        count.side = result.undefined_side


def _is_region(inference: Inference, world: InferredWorld) -> bool:
    """Return whether one side only is undefined beside this point too, so that it is no isolated point."""
    numbers = {
        symbol: value if symbol in inference.integers else value * Fraction(996, 997)
        for symbol, value in world.numbers.items()
    }
    if not world.numbers:
        return True
    numbers = {symbol: value or Fraction(1, 9973) for symbol, value in numbers.items()}
    expected, submitted = inference.trees[:2]
    beside = compare_at(replace(world, numbers=numbers), submitted, expected, most_bits=768)
    return beside.status == "undefined" and beside.undefined_side in ("submitted", "expected")


def _judged(
    inference: Inference, equality: Equality, proof: Proof, count: _Count, confirm: list[InferredWorld]
) -> Decision:
    if not count.looked:
        return silent("no point of the domain was found")
    if count.one_sided * 8 >= count.looked:
        other = "expected" if count.side == "submitted" else "submitted"
        return silent(
            f"the {count.side} formula has no value at {count.one_sided} of {count.looked} points at which the {other}"
            f" one has: {count.reason}"
        )
    if not count.agreed:
        if count.unsure:
            return silent(f"at {count.unsure} points the values could not be told apart or together")
        return silent(f"the formulas have no value at any of {count.looked} points of the domain: {count.reason}")
    if equality is Equality.EQUAL:
        return Decision(verdict="correct", evidence=(proof, _agreement(inference, count)))
    if equality is Equality.DIFFERENT:
        return silent("the canonical forms differ, and no point was found that separates them")
    if count.unsure * 3 > count.looked:
        return silent(f"at {count.unsure} points the values could not be told apart or together")
    few = inference.numbers and count.looked > 2 and count.agreed < 3
    if few or count.undefined > 2 * count.agreed:
        return silent(f"the formulas have values together at {count.agreed} of {count.looked} points: {count.reason}")
    for world in confirm:
        separated = _confirmed(world, inference)
        if separated is not None:
            return Decision(verdict="incorrect", evidence=(separated,))
    return Decision(verdict="correct", evidence=(_agreement(inference, count),))


def _agreement(inference: Inference, count: _Count) -> Agreement:
    return Agreement(
        check=CHECK,
        trials=count.agreed,
        digits=int(_MEASURED_BITS * 0.301) if count.measured else AGREED_DIGITS,
        domain=inference.declarations.words,
        method="values far out, with their stated error" if count.measured else "ball arithmetic at exact values",
    )


def _confirmed(world: InferredWorld, inference: Inference) -> Counterexample | None:
    """Return what separates the formulas at many more digits, or None: 30 digits alone could agree by chance."""
    expected, submitted = inference.trees[:2]
    if any(isinstance(part, Big) and part.kind == "int" for tree in (expected, submitted) for part in walk(tree)):
        return None
    with PRECISION, ctx.workprec(_CONFIRMED_BITS):
        try:
            left, right = Evaluator(world).value(submitted), Evaluator(world).value(expected)
        except UndefinedError:
            return None
        if _compare(left, right) != "differ":
            return None
        gap = digits(abs(left - right), 6) if isinstance(left, arb) and isinstance(right, arb) else ""
        result = PairResult("differ", digits(left, 60), digits(right, 60), "", gap)
    return _counterexample(world, result, submitted, expected)


def _is_measured(node: Node) -> bool:
    return any(isinstance(part, Limit) or (isinstance(part, Big) and part.kind == "int") for part in walk(node)) or (
        is_infinite(node)
    )


def _measured(world: InferredWorld, submitted: Node, expected: Node) -> PairResult:
    """Return whether two values agree to within the error of limits and series that were measured."""
    with PRECISION, ctx.workprec(256):
        try:
            left, right = Evaluator(world).value(submitted), Evaluator(world).value(expected)
        except UndefinedError as error:
            return PairResult("undefined", str(error), str(error), "both")
        if not isinstance(left, arb) or not isinstance(right, arb):
            return PairResult("unsure")
        if not left.overlaps(right):
            return PairResult("differ", digits(left), digits(right), "", digits(abs(left - right), 6))
        scale = max(abs(left).upper(), arb(1))
        is_close = left.rad() + right.rad() < scale * arb(2) ** -_MEASURED_BITS
        return PairResult("agree" if is_close else "unsure", digits(left), digits(right))


def _counterexample(world: InferredWorld, result: PairResult, submitted: Node, expected: Node) -> Counterexample:
    return Counterexample(
        check=CHECK,
        parameters=world.describe(frozenset(_names(submitted, expected))),
        submitted=result.submitted,
        expected=result.expected,
        difference=result.difference,
        submitted_form=to_latex(submitted),
        expected_form=to_latex(expected),
    )


def _names(*trees: Node) -> Iterator[str]:
    for tree in trees:
        for part in walk(tree):
            if isinstance(part, Sym):
                yield symbol_text(part)
            elif isinstance(part, Call):
                yield symbol_text(part.head)
