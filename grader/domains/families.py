"""The functions of a problem: which are distributions, over what they sum, and random smooth bodies for them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from grader.domains import pools
from grader.domains.declarations import Declarations
from grader.domains.inferred_world import PARAMETERS
from grader.domains.joint import joint_body, name_joints
from grader.domains.randomness import Randomness, find_randomness
from grader.domains.sorts import Sorts, exact, indexed
from grader.domains.world import symbol_text
from grader.formula.tree import (
    KL,
    Add,
    Big,
    Binder,
    Call,
    Dist,
    Div,
    Dot,
    Expect,
    Fn,
    Grad,
    Matrix,
    Mul,
    Node,
    Num,
    Rel,
    Sym,
    substitute,
    transform,
    walk,
)
from grader.formula.values import NoValueError

if TYPE_CHECKING:
    from grader.domains.inference import Bounds

Definition = tuple[tuple[Sym, ...], tuple[Sym, ...], Node]
_ONE = Num(Fraction(1))
_IDENTITIES = (Sym("I"), Sym("bf I"), Sym("I", Sym("d")))
_OPERATIONS = ("∩", "∪", "∖", "complement", "conditional")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A function of the problem: its parameters and conditions, and what is known of its values."""

    parameters: tuple[Sym, ...]
    conditions: tuple[Sym, ...]
    is_distribution: bool
    is_parametric: bool = False
    lengths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Families:
    """The functions, finite ranges and random variables of two formulas.

    Attributes:
        trees: The formulas and constraints, with functions of several patterns told apart.
        heads: Every function without a definition.
        joints: Marginals and conditionals of one joint distribution: the names of all its variables.
        needs_support: Whether something is summed over without bounds.
        is_wide: Whether so many variables are summed over at once that their range is small.
        supported: Symbols that take values in that range.
        cardinal: Names of the sets whose number of members is asked for.
        densities: Number of arguments of each distribution.
        indexed: Names of sequences, and whether their members are positive.
        has_gradient: Whether a gradient in parameters occurs.
        leftover: Conditions that calls leave out, which need values too.
    """

    trees: tuple[Node, ...]
    heads: Mapping[Sym, Head]
    joints: Mapping[Sym, tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]]
    needs_support: bool
    is_wide: bool
    supported: frozenset[Sym]
    cardinal: frozenset[str]
    densities: Mapping[Sym, int]
    indexed: Mapping[str, bool]
    has_gradient: bool
    randomness: Randomness
    leftover: tuple[Node, ...] = ()

    @property
    def events(self) -> frozenset[Sym]:
        """Symbols that are events."""
        return self.randomness.events

    @property
    def variables(self) -> frozenset[Sym]:
        """Symbols that are random variables without a binder."""
        return self.randomness.variables

    def definitions(self, generator: random.Random, bounds: Mapping[Sym, Bounds]) -> dict[Sym, Definition]:
        """Return a random smooth body for every function, normalised where it is a distribution summed over."""
        found: dict[Sym, Definition] = {}
        for head, kind in self.heads.items():
            body = _smooth(generator, (*kind.parameters, *kind.conditions), kind)
            known = bounds.get(head)
            lower, upper = (known.lower, known.upper) if known else (None, None)
            if kind.is_distribution and self.needs_support:
                body = _normalised(Fn("exp", (body,)), kind.parameters)
            elif lower is not None and upper is not None:
                body = Add((Num(lower), Mul((Num(upper - lower), Fn("logistic", (body,))))))
            elif kind.is_distribution:
                body = Fn("logistic", (body,))
            elif lower is not None:
                body = Add((Num(lower), Fn("exp", (body,))))
            elif upper is not None:
                body = Num(upper) - Fn("exp", (body,))
            found[head] = (kind.parameters, kind.conditions, body)
        weights: dict[str, Node] = {}
        for head, (family, everything, args, given) in sorted(self.joints.items(), key=lambda item: repr(item[0])):
            names = tuple(Sym(name) for name in everything)
            if family not in weights:
                plain = Head(parameters=names, conditions=(), is_distribution=True)
                weights[family] = Fn("exp", (_smooth(generator, names, plain),))
            found[head] = joint_body(weights[family], everything, args, given)
        return found


def _smooth(generator: random.Random, symbols: tuple[Sym, ...], kind: Head) -> Node:
    """Return c + sum c_i x_i + c' sin(sum k_i x_i), and a part that moves with the parameters of gradients."""

    def offset() -> Num:
        return Num(generator.choice(pools.OFFSETS))

    def coefficient() -> Num:
        return Num(generator.choice(pools.COEFFICIENTS))

    def scalar(number: int) -> Node:
        length = kind.lengths[number] if number < len(kind.lengths) else 1
        if length == 1:
            return symbols[number]
        return Mul((Matrix((tuple(coefficient() for _ in range(length)),)), symbols[number]))

    def wave() -> Node:
        inside = tuple(Mul((coefficient(), scalar(number))) for number in range(len(symbols)))
        return Fn("sin", (Add((offset(), *inside)),))

    terms: list[Node] = [offset()]
    terms.extend(Mul((coefficient(), scalar(number))) for number in range(len(symbols)))
    terms.append(Mul((coefficient(), wave())))
    if kind.is_parametric:
        terms.extend(Mul((parameter, Add((coefficient(), wave())))) for parameter in PARAMETERS)
    return Add(tuple(terms))


def _normalised(weight: Node, parameters: tuple[Sym, ...]) -> Node:
    total, replaced = weight, {}
    for parameter in parameters:
        replaced[parameter] = Sym(f"all {parameter.name}", parameter.index)
    total = substitute(weight, replaced)  # type: ignore[arg-type]
    for variable in replaced.values():
        total = Big("sum", variable, None, None, total)
    return Div(weight, total)


def name_functions(trees: Sequence[Node], declarations: Declarations, sorts: Sorts) -> Families:
    """Return the functions of the trees.

    Raises:
        NoValueError: where a head is applied to different numbers of arguments and is not one distribution.
    """
    randomness, rewritten = find_randomness(trees, declarations)
    rewritten = [_with_laws(tree, has_shapes=bool(sorts.shapes)) for tree in rewritten]
    needs_support = any(_sums_freely(part) for tree in rewritten for part in walk(tree))
    rewritten, joints = name_joints(rewritten, declarations)
    needs_support = needs_support or bool(joints)
    patterns: dict[Sym, list[tuple[tuple[Node, ...], tuple[Node, ...]]]] = {}
    sources: set[Sym] = set()
    for tree in rewritten:
        for part in walk(tree):
            _note(part, patterns, sources)
    moved = {part.variable for tree in rewritten for part in walk(tree) if isinstance(part, Grad)}
    marks = {variable.name for variable in moved if isinstance(variable, Sym)} or {"theta"}
    heads = {
        head: _head(head, found, declarations, head in sources, sorts)
        for head, found in patterns.items()
        if head not in declarations.definitions and head not in joints and head.name not in _OPERATIONS
    }
    if moved:
        parametric = {head for head in heads if any(mark in symbol_text(head) for mark in marks)}
        parametric = parametric or {head for head, kind in heads.items() if kind.is_distribution}
        heads = {head: replace(kind, is_parametric=head in parametric) for head, kind in heads.items()}
    if needs_support:
        rewritten = [_integrals_as_sums(tree) for tree in rewritten]
    if moved:
        rewritten = [_means_as_sums(tree) for tree in rewritten]
    supported = {
        argument
        for head, found in patterns.items()
        if head in joints or (head in heads and heads[head].is_distribution)
        for args, given in found
        for argument in (*args, *given)
        if isinstance(argument, Sym)
    }
    leftover = tuple(
        condition
        for head, kind in heads.items()
        if any(len(given) < len(kind.conditions) for _, given in patterns[head])
        for condition in kind.conditions
    )
    names = {name for tree in rewritten for name in indexed(tree)}
    widest = max((len(p.names) for tree in rewritten for p in walk(tree) if isinstance(p, Binder)), default=1)
    return Families(
        trees=tuple(rewritten),
        heads=heads,
        joints=joints,
        needs_support=needs_support,
        is_wide=widest > 2 or bool(joints),
        supported=frozenset(supported | set(leftover)) if needs_support else frozenset(),
        cardinal=frozenset(
            part.args[0].name
            for tree in rewritten
            for part in walk(tree)
            if isinstance(part, Fn) and part.name == "abs" and _is_set(part.args[0]) and isinstance(part.args[0], Sym)
        ),
        densities={
            **{head: len(kind.parameters) for head, kind in heads.items() if kind.is_distribution},
            **{head: len(args) for head, (_, _, args, _) in joints.items()},
        },
        indexed={name: _is_positive(name, declarations) for name in sorted(names)},
        has_gradient=bool(moved),
        randomness=randomness,
        leftover=leftover,
    )


def _is_set(node: Node) -> bool:
    return isinstance(node, Sym) and node.name.startswith("cal ")


def _sums_freely(part: Node) -> bool:
    if isinstance(part, Big):
        is_free = part.lower is None and part.upper is None
        return is_free and (part.kind != "int" or any(_is_density(inner) for inner in walk(part.body)))
    if isinstance(part, Binder):
        return part.source is not None and not isinstance(part.source, Dist)
    return isinstance(part, KL) and not (isinstance(part.p, Dist) and isinstance(part.q, Dist))


def _with_laws(tree: Node, *, has_shapes: bool) -> Node:
    """Return the tree with a law of its own for every name below an expectation that has none."""

    def change(node: Node) -> Node:
        node = transform(node, change)
        if isinstance(node, Binder) and node.source is None and node.names:
            label = ", ".join(symbol_text(name) if isinstance(name, Sym) else "?" for name in node.names)
            return Binder(node.names, Sym(f"law of {label}"))
        if isinstance(node, Dist) and not has_shapes:
            # N(0, I) of a number is N(0, 1).
            return Dist(node.name, tuple(_ONE if part in _IDENTITIES else part for part in node.args))
        return node

    return change(tree)


def _is_density(node: Node) -> bool:
    return isinstance(node, Call) and (
        node.head.name.startswith("pi") or node.head.name in ("p", "q") or node.given != ()
    )


def _means_as_sums(tree: Node) -> Node:
    """Return the tree with means and divergences as sums, whose derivatives reach the distribution too."""

    def change(node: Node) -> Node:
        node = transform(node, change)
        if isinstance(node, Expect) and node.kind == "E" and not node.given:
            body = node.body
            for binder in reversed(node.binders):
                source = binder.source
                names = tuple(name for name in binder.names if isinstance(name, Sym))
                if not isinstance(source, (Sym, Call)) or not names:
                    return node
                head = source.head if isinstance(source, Call) else source
                body = Mul((Call(head, names, source.given if isinstance(source, Call) else ()), body))
                for name in names:
                    body = Big("sum", name, None, None, body)
            return body
        if isinstance(node, KL):
            sides = [_written(side) for side in (node.p, node.q)]
            if all(side is not None for side in sides):
                p, q = sides
                variable = p.args[0]  # type: ignore[union-attr]
                if isinstance(variable, Sym) and isinstance(p, Call) and isinstance(q, Call):
                    return Big("sum", variable, None, None, Mul((p, Fn("log", (Div(p, q),)))))
        return node

    return change(tree)


def _written(side: Node) -> Call | None:
    """Return a distribution in a divergence as a call with a name for its variable."""
    if isinstance(side, Sym):
        return Call(side, (Sym("outcome"),))
    if isinstance(side, Call) and len(side.args) == 1:
        argument = Sym("outcome") if isinstance(side.args[0], Dot) else side.args[0]
        return Call(side.head, (argument,), side.given)
    return None


def _integrals_as_sums(tree: Node) -> Node:
    """Return the tree with integrals over everything as sums over the finite range."""

    def change(node: Node) -> Node:
        node = transform(node, change)
        if isinstance(node, Big) and node.kind == "int" and _sums_freely(node):
            return replace(node, kind="sum")
        return node

    return change(tree)


def _note(part: Node, patterns: dict[Sym, list[tuple[tuple[Node, ...], tuple[Node, ...]]]], sources: set[Sym]) -> None:
    """Note how a node applies a function."""
    if isinstance(part, Call):
        patterns.setdefault(part.head, []).append((part.args, part.given))
    elif isinstance(part, Binder) and isinstance(part.source, Sym):
        sources.add(part.source)
        patterns.setdefault(part.source, []).append((part.names or (Sym("outcome"),), ()))
    elif isinstance(part, Binder) and isinstance(part.source, Call):
        sources.add(part.source.head)
        patterns.setdefault(part.source.head, []).append((part.names or part.source.args, part.source.given))
    elif isinstance(part, KL):
        for side in (part.p, part.q):
            if isinstance(side, Sym):
                sources.add(side)
                patterns.setdefault(side, []).append(((Sym("outcome"),), ()))
            elif isinstance(side, Call):
                sources.add(side.head)


def _head(
    head: Sym,
    found: Sequence[tuple[tuple[Node, ...], tuple[Node, ...]]],
    declarations: Declarations,
    is_source: bool,
    sorts: Sorts,
) -> Head:
    most = max(len(args) + len(given) for args, given in found)
    conditions = max(len(given) for _, given in found)
    count = most - conditions
    for args, given in found:
        if len(args) != count and len(args) + len(given) != most:
            raise NoValueError(f"{symbol_text(head)} is applied to {len(args)} and to {count} arguments")
    shown = next((given for _, given in found if len(given) == conditions), ())
    kind = declarations.functions.get(head, "")
    by_name = head.name.startswith("pi") or (conditions > 0 and kind != "function") or head.name in ("p", "q")
    is_distribution = kind == "distribution" or is_source or (by_name and kind != "function")
    names = tuple(Sym(f"u{number}" if count > 1 else "u") for number in range(1, count + 1))
    widest = next((args for args, given in found if len(args) == count), ())
    lengths = tuple(_length(argument, sorts) for argument in (*widest, *shown))
    return Head(
        parameters=names,
        conditions=tuple(
            given if isinstance(given, Sym) and not isinstance(given, Dot) else Sym(f"v{number}")
            for number, given in enumerate(shown, start=1)
        ),
        is_distribution=is_distribution or (head.name.startswith("pi") and conditions > 0),
        lengths=lengths,
    )


def _length(argument: Node, sorts: Sorts) -> int:
    for part in walk(argument):
        if isinstance(part, Sym) and part in sorts.shapes:
            rows, columns = (exact(node, {}) for node in sorts.shapes[part])
            if rows is None or columns != 1 or rows.denominator != 1:
                raise NoValueError("a function of a matrix or of a vector of unknown length")
            return int(rows)
    return 1


def _is_positive(name: str, declarations: Declarations) -> bool:
    for rel in declarations.constraints:
        low, high = (rel.lhs, rel.rhs) if rel.op in ("<", "≤") else (rel.rhs, rel.lhs)
        if isinstance(rel, Rel) and isinstance(high, Sym) and high.name == name and rel.op in ("<", ">"):
            value = exact(low, {})
            if value is not None and value >= 0:
                return True
    return False
