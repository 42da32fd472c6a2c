"""What sort each symbol is of: number, vector, matrix, counted integer; and where formulas may break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from grader.domains.declarations import Declarations
from grader.formula.tree import (
    Add,
    Big,
    Call,
    Cases,
    Deriv,
    Div,
    Expect,
    Fn,
    Grad,
    Interval,
    Limit,
    Mul,
    Neg,
    Node,
    Num,
    Pow,
    Rel,
    Sym,
    Tuple,
    bound_by,
    children,
    walk,
)

DEFAULT_LENGTH = 3  # of vectors of no declared length: identities of two dimensions must not pass
_BREAKING = frozenset(["abs", "sign", "max", "min", "floor", "ceil", "mod", "heaviside", "sqrt", "root", "norm"])
_MAX_EXPONENT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorts:
    """Shapes of vectors and matrices; `identities` are unit matrices."""

    shapes: Mapping[Sym, tuple[Node, Node]] = field(default_factory=dict)
    identities: frozenset[Sym] = frozenset()


def infer_sorts(trees: Sequence[Node], declarations: Declarations) -> Sorts:
    """Return shapes: the declared ones, and those that transposes, bold letters and sums of vectors imply."""
    shapes = dict(declarations.shapes)
    length: Node = Num(Fraction(DEFAULT_LENGTH))
    one = Num(Fraction(1))
    for rows, columns in shapes.values():
        length = rows if columns == one else length
    if shapes and length == Num(Fraction(DEFAULT_LENGTH)):
        length = next(iter(shapes.values()))[0]
    numbers = declarations.notation.scalars

    def note(symbol: Node) -> None:
        if not isinstance(symbol, Sym) or symbol in shapes or symbol in numbers:
            return
        letter = symbol.name.split()[-1][0]
        is_matrix = (letter.isupper() and symbol.name not in ("Sigma",)) or symbol.name in ("Sigma", "Lambda")
        shapes[symbol] = (length, length) if is_matrix else (length, one)

    for tree in trees:
        for part in walk(tree):
            if isinstance(part, Sym) and part.name.startswith(("bf ", "vec ")) and part not in numbers:
                if not _is_operator(part):
                    note(part)
            elif isinstance(part, Fn) and part.name in ("transpose", "det", "trace"):
                for inner in _factors(part.args[0]):
                    note(inner)
    if shapes:
        for _ in range(3):
            for tree in trees:
                _spread(tree, shapes, note)
    identities = frozenset(
        part
        for tree in trees
        for part in walk(tree)
        if shapes and isinstance(part, Sym) and part.name in ("I", "bf I") and part not in declarations.shapes
    )
    shapes.update(dict.fromkeys(identities, (length, length)))
    return Sorts(shapes=shapes, identities=identities)


def _factors(node: Node) -> Iterator[Node]:
    """Yield the symbols that a sum or product of matrices consists of; the entries of a written matrix are numbers."""
    if isinstance(node, Sym):
        if node.index is None:
            yield node
    elif isinstance(node, (Add, Mul, Neg, Pow)) or (isinstance(node, Fn) and node.name == "transpose"):
        for child in children(node):
            yield from _factors(child)


def _is_operator(symbol: Sym) -> bool:
    return symbol.name in ("bf E", "bf P", "bf 1")


def _spread(tree: Node, shapes: dict[Sym, tuple[Node, Node]], note: object) -> None:
    """Note the bare symbols that are added to a vector, and those between a row and a column."""
    for part in walk(tree):
        if isinstance(part, Add):
            bare = [term.operand if isinstance(term, Neg) else term for term in part.terms]
            if any(isinstance(term, Sym) and term in shapes for term in bare):
                for term in bare:
                    note(term)  # type: ignore[operator]
        elif isinstance(part, Mul):
            rows = [i for i, f in enumerate(part.factors) if isinstance(f, Fn) and f.name == "transpose"]
            for start in rows:
                for factor in part.factors[start + 1 :]:
                    inner = factor.base if isinstance(factor, Pow) else factor
                    if isinstance(inner, Sym) and inner not in shapes:
                        note(inner)  # type: ignore[operator]
                    if isinstance(inner, Sym) and inner in shapes and shapes[inner][1] == Num(Fraction(1)):
                        break


def atoms(node: Node, bound: frozenset[Node] = frozenset()) -> Iterator[Sym]:
    """Yield the free symbols that need a value; an index that is a label is none."""
    if node in bound:
        return
    if isinstance(node, Sym):
        if node.index is not None and not isinstance(node.index, (Sym, Tuple, Rel)):
            yield from atoms(node.index, bound)
        if node.index is None or not _mentions(node.index, bound):
            yield node
        elif node.index is not None:
            yield from atoms(node.index, bound)
        return
    if isinstance(node, Call):
        for child in (*node.args, *node.given):
            yield from atoms(child, bound)
        return
    if isinstance(node, Grad):
        yield from atoms(node.body, bound)
        return
    inner = bound | bound_by(node)
    if isinstance(node, Big | Limit):
        for outer in (node.to,) if isinstance(node, Limit) else (node.lower, node.upper):
            if outer is not None:
                yield from atoms(outer, bound)
        yield from atoms(node.body, inner)
        return
    if isinstance(node, Expect):
        for binder in node.binders:
            if binder.source is not None and not isinstance(binder.source, Sym):
                yield from atoms(binder.source, inner)
        for child in (node.body, *node.given):
            yield from atoms(child, inner)
        return
    if isinstance(node, Deriv):
        yield node.variable
    for child in children(node):
        yield from atoms(child, inner)


def _mentions(node: Node, names: frozenset[Node]) -> bool:
    return any(part in names for part in walk(node))


def indexed(node: Node, bound: frozenset[Node] = frozenset()) -> Iterator[str]:
    """Yield the names of sequences: symbols whose index uses a bound variable."""
    inner = bound | bound_by(node)
    if isinstance(node, Sym) and node.index is not None and _mentions(node.index, bound) and node not in bound:
        yield node.name
    for child in children(node):
        yield from indexed(child, inner)


def counted(tree: Node) -> Iterator[Sym]:
    """Yield the symbols in the bounds of sums and products, which must be integers."""
    for part in walk(tree):
        if isinstance(part, Big) and part.kind != "int":
            for end in (part.lower, part.upper):
                if end is not None and _is_whole(end):
                    yield from atoms(end)


def _is_whole(node: Node) -> bool:
    return all(isinstance(part, (Sym, Num, Add, Neg, Mul)) for part in walk(node)) and all(
        part.value.denominator == 1 for part in walk(node) if isinstance(part, Num)
    )


def whole(tree: Node) -> Iterator[Sym]:
    """Yield symbols that must be integers: exponents of negative numbers, and modular ones."""
    for part in walk(tree):
        if isinstance(part, Pow) and (exact(part.base, {}) or 0) < 0 and _is_whole(part.exponent):
            yield from atoms(part.exponent)
        if isinstance(part, Fn) and part.name in ("mod", "gcd"):
            for argument in part.args:
                yield from atoms(argument)


def breaking_points(trees: Sequence[Node]) -> tuple[Fraction, ...]:
    """Return the numbers of formulas that are piecewise, and numbers beside them."""
    parts = [part for tree in trees for part in walk(tree)]
    if not any(
        isinstance(part, (Cases, Rel, Interval)) or (isinstance(part, Fn) and part.name in _BREAKING) for part in parts
    ):
        return ()
    found = {value for part in parts if (value := exact(part, {})) is not None and abs(value) < 10**6}
    found |= {Fraction(0)}
    near = {value + step for value in found for step in (Fraction(0), Fraction(1, 7), Fraction(-1, 7))}
    middles = {(low + high) / 2 for low in found for high in found if low < high}
    return tuple(sorted(near | middles)[:60])


def exact(node: Node, numbers: Mapping[Sym, Fraction]) -> Fraction | None:
    """Return the exact value of a rational expression, or None where it is no such thing."""
    match node:
        case Num():
            return node.value
        case Sym():
            return numbers.get(node)
        case Neg(operand):
            negated = exact(operand, numbers)
            return None if negated is None else -negated
        case Add(parts) | Mul(parts):
            total = Fraction(isinstance(node, Mul))
            for part in parts:
                each = exact(part, numbers)
                if each is None:
                    return None
                total = total * each if isinstance(node, Mul) else total + each
            return total if _is_small(total) else None
        case Div(numerator, denominator):
            above, below = exact(numerator, numbers), exact(denominator, numbers)
            return None if above is None or not below else above / below
        case Pow(base, exponent):
            raised, power = exact(base, numbers), exact(exponent, numbers)
            if raised is None or power is None or power.denominator != 1 or abs(power) > _MAX_EXPONENT:
                return None
            if not raised and power <= 0:
                return None
            result = raised ** int(power)
            return result if _is_small(result) else None
    return None


def _is_small(value: Fraction) -> bool:
    return value.numerator.bit_length() + value.denominator.bit_length() < 8192
