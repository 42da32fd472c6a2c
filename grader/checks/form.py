"""Is an answer in the form that was asked for: its kind, its terms, simplified, nothing left standing?"""

from __future__ import annotations

from fractions import Fraction

from grader.checks.identity import Effort, identical
from grader.domains.draws import candidates
from grader.domains.world import symbol_text
from grader.formula.balls import Evaluator
from grader.formula.calculus import is_linear_in
from grader.formula.parser import parse_expression
from grader.formula.printer import to_text
from grader.formula.tree import (
    KL,
    Add,
    Big,
    Call,
    Dist,
    Expect,
    Extremum,
    Fn,
    Grad,
    Mul,
    Neg,
    Node,
    Num,
    Pow,
    Sym,
    Tuple,
    bound_by,
    children,
    free_symbols,
    substitute,
    transform,
)
from grader.formula.values import NoValueError, UndefinedError
from grader.model import Agreement, Evidence, Proof, Violation
from grader.rubric import Expected, FormulaItem, Part, Space, Written

ZERO = Num(Fraction(0))
TWO = Num(Fraction(2))


class NotOfKindError(ValueError):
    """An answer is not of the kind that the item asks for; the message says what was wanted."""


def as_kind(value: Node, label: Node | None, item: FormulaItem, space: Space) -> Node:
    """Return the answer as the kind of thing that the item asks for.

    A distribution may be given as `N(mean, variance)`, by its variance or standard deviation where the left side
    says so, as a pair, or as a multiple of a random variable whose law is known.

    Raises:
        NotOfKindError: if it cannot be taken as such a thing.
    """
    if item.kind == "objective":
        return as_objective(value)
    if item.kind == "value":
        if isinstance(value, Dist) and value.name == "normal" and len(value.args) == 2:
            # Where the variance is asked for, a whole normal law gives it.
            return value.args[1]
        return value
    return as_law(value, label, space)


def without_order_terms(value: Node) -> tuple[Node, bool]:
    """Return a formula without terms O(...) and o(...) in its sums, and whether it had any."""
    inner = transform(value, lambda child: without_order_terms(child)[0])
    had_any = inner is not value
    if isinstance(inner, Add):
        kept = tuple(term for term in inner.terms if not _is_order_term(term))
        if kept and len(kept) < len(inner.terms):
            return (kept[0] if len(kept) == 1 else Add(kept)), True
    return inner, had_any


def _is_order_term(term: Node) -> bool:
    inner = term.operand if isinstance(term, Neg) else term
    if isinstance(inner, Mul) and len(inner.factors) == 2:
        return inner.factors[0] in _ORDER_SIGNS
    return isinstance(inner, Call) and inner.head in _ORDER_SIGNS


_ORDER_SIGNS = (Sym("O"), Sym("o"), Sym("cal O"))


def with_arguments(value: Node, space: Space) -> Node:
    """Return a formula in which bare names of functions have the arguments at hand: Z stands for Z(x)."""
    world = next(candidates(space.build, seed="names", count=1))

    def change(part: Node) -> Node:
        if isinstance(part, Sym):
            if part in world.definitions:
                parameters, given, _ = world.definitions[part]
                return Call(part, parameters, given)
            table = world.tables.get(part)
            if table is not None and table.defaults:
                return Call(part, table.defaults[: table.arity[0]], table.defaults[table.arity[0] :])
            return part
        if isinstance(part, KL):
            return part
        if isinstance(part, Call):
            return Call(part.head, tuple(map(change, part.args)), tuple(map(change, part.given)), part.primes)
        if isinstance(part, Expect):
            return Expect(part.kind, part.binders, change(part.body), part.given)
        return transform(part, change)

    return change(value)


def is_density(value: Node, space: Space) -> bool:
    """Return whether an answer to a question for a law is written as its density at a point."""
    return (
        not isinstance(value, (Dist, Tuple))
        and space.density_at in free_symbols(value)
        and not (free_symbols(value) & space.random.keys())
    )


def densities(item: FormulaItem, part: Part) -> tuple[Expected, ...]:
    """Return the expected laws as densities."""
    at = part.space.density_at
    laws = [as_kind(tree_of(one.value, part), None, item, part.space) for one in item.expected]
    assert at is not None, "asked only where the part has a point for densities"
    return tuple(
        Expected(value=Fn("normal_pdf", (at, *law.args)), labels=one.labels)
        for one, law in zip(item.expected, laws, strict=True)
        if isinstance(law, Dist)
    )


def tree_of(written: Written, part: Part) -> Node:
    """Return a formula of the rubric as a tree in canonical writing."""
    if isinstance(written, Node):
        return written
    return part.space.notation.canonical(parse_expression(written, part.space.notation))


def as_objective(value: Node) -> Node:
    """Return what is minimised: a maximised objective with its sign turned, whatever stands below the sign."""
    match value:
        case Extremum(kind="min" | "argmin", body=body):
            return as_objective(body)
        case Extremum(kind="max" | "argmax", body=body):
            return Neg(as_objective(body))
        case Neg(operand=operand) if isinstance(operand, Extremum):
            return as_objective(Extremum(_OPPOSITE[operand.kind], operand.variable, operand.body))
    return value


_OPPOSITE = {"min": "max", "max": "min", "argmin": "argmax", "argmax": "argmin"}


def as_law(value: Node, label: Node | None, space: Space) -> Node:
    """Return a distribution in the form `N(mean, variance)`.

    Raises:
        NotOfKindError: if the value is not a distribution in any of the forms that are understood.
    """
    if isinstance(value, Dist):
        if value.name == "normal" and len(value.args) == 3:
            # N(x; mean, variance): the law, written as a density.
            return Dist("normal", (value.args[1], _scalar(value.args[2])))
        if value.name != "normal" or len(value.args) != 2:
            raise NotOfKindError(f"expected a normal law N(mean, variance), got {to_text(value)}")
        return Dist("normal", (value.args[0], _scalar(value.args[1])))
    if isinstance(value, Tuple) and len(value.items) == 2:
        return Dist("normal", value.items)
    used = free_symbols(value)
    mean, variances = value, list[Node]()
    for variable, law in space.random.items():
        if variable in used:
            coefficient = is_linear_in(value, variable)
            if coefficient is None or not isinstance(law, Dist) or len(law.args) != 2:
                raise NotOfKindError(f"expected a linear expression in {symbol_text(variable)}")
            mean = substitute(mean, {variable: law.args[0]})
            variances.append(Mul((Pow(coefficient, TWO), law.args[1])))
    if variances:
        return Dist("normal", (mean, variances[0] if len(variances) == 1 else Add(tuple(variances))))
    if isinstance(label, Expect) and label.kind == "Std":
        return Dist("normal", (ZERO, Pow(value, TWO)))
    if isinstance(label, Sym) and label.name == "Std":
        return Dist("normal", (ZERO, Pow(value, TWO)))
    return Dist("normal", (ZERO, value))


def _scalar(variance: Node) -> Node:
    """Return a variance without the identity matrix behind it: `(\\sigma^2 + t) I`."""
    if isinstance(variance, Mul) and variance.factors[-1] in (Sym("I"), Sym("bf I")):
        rest = variance.factors[:-1]
        return rest[0] if len(rest) == 1 else Mul(rest)
    return variance


def unknown_symbols(node: Node, space: Space) -> tuple[str, ...]:
    """Return the symbols and functions of a tree that the part does not know, as text, sorted."""
    world = next(candidates(space.build, seed="names", count=1))
    evaluator = Evaluator(world)
    found: set[str] = set()

    def visit(part: Node, bound: frozenset[Node]) -> None:
        if isinstance(part, Sym):
            if part in world.definitions or part in bound or Sym(part.name, Sym("dots")) in bound:
                return
            try:
                evaluator.value(part)
            except NoValueError:
                if not _is_sequence(part, evaluator):
                    found.add(symbol_text(part))
            except UndefinedError:
                pass
            return
        if isinstance(part, Call):
            known = (
                part.head in world.tables
                or part.head in world.definitions
                or part.head.name in world.sequences
                or part.head == Sym("logistic")
            )
            if not known:
                found.add(f"{symbol_text(part.head)}(...)")
                return
            for child in (*part.args, *part.given):
                visit(child, bound)
            return
        if isinstance(part, Grad):
            visit(part.body, bound)
            return
        inner = bound | bound_by(part)
        if isinstance(part, Expect):
            visit(part.body, inner | frozenset(name for row in _rows(world) for name in row))
            return
        for child in children(part):
            visit(child, inner)

    visit(node, frozenset())
    return tuple(sorted(found))


def _rows(world: object) -> list[dict[Node, object]]:
    return [dict(row) for rows in world.data.values() for row in rows]  # type: ignore[attr-defined]


def _is_sequence(symbol: Sym, evaluator: Evaluator) -> bool:
    return symbol.index is not None and symbol.name in evaluator.world.sequences  # type: ignore[attr-defined]


def violations(submitted: Node, written: Node, item: FormulaItem, part: Part, effort: Effort) -> tuple[Evidence, ...]:
    """Return what is wrong with the form of an answer whose value is right."""
    found: list[Evidence] = []
    if item.terms is not None:
        strange = sorted(_terms(submitted) - item.terms.allowed, key=symbol_text)
        if strange:
            names = ", ".join(symbol_text(symbol) for symbol in strange)
            message = f"asked for in terms of {item.terms.words} only; it contains {names}"
            found.append(Violation(check="terms", message=message, place=to_text(submitted)))
    left = item.unfinished(written) if item.unfinished is not None else ""
    if left:
        message = f"not simplified: {left} is still in it"
        found.append(Violation(check="form", message=message, place=to_text(submitted)))
    elif item.simplest is not None:
        wanted = (
            parse_expression(item.simplest, part.space.notation) if isinstance(item.simplest, str) else item.simplest
        )
        wanted = as_kind(part.space.notation.canonical(wanted), None, item, part.space)
        same = identical(submitted, wanted, part.space, check="form", seed="simplest", effort=Effort(shrink=False))
        if not any(isinstance(one, (Proof, Agreement)) for one in same):
            message = "right to leading order, but not simplified as the question asks"
            found.append(Violation(check="form", message=message, place=to_text(submitted)))
    return tuple(found)


def _terms(node: Node, bound: frozenset[Node] = frozenset()) -> frozenset[Sym]:
    """Return the heads and symbols that an answer is written in: not indices, arguments or bound names."""
    if isinstance(node, Sym):
        return frozenset() if node in bound else frozenset({node})
    if isinstance(node, Call):
        return frozenset({node.head}) - {Sym("logistic")}
    inner = bound | bound_by(node)
    found: frozenset[Sym] = frozenset()
    for child in _written_in(node):
        found |= _terms(child, inner)
    return found


def _written_in(node: Node) -> list[Node]:
    match node:
        case Expect(body=body) | Grad(body=body) | Big(body=body):
            return [body]
        case KL(p=p, q=q) if not isinstance(q, (Sym, Call)):
            # A target that is written out stands for one distribution.
            return [p]
    return list(children(node))
