"""Whether relations hold and events happen, told by enclosures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flint import arb

from grader.formula.tree import Call, Const, Interval, Neg, Node, Rel, Set, Sym, Tuple
from grader.formula.values import NoValueError, Outcome, UndefinedError, Value

if TYPE_CHECKING:
    from grader.formula.balls import Evaluator


def truth(evaluator: Evaluator, node: Node) -> bool:
    """Return whether a relation or an event holds here.

    Raises:
        UndefinedError: where the enclosures cannot tell.
        NoValueError: for relations without a truth value.
    """
    match node:
        case Call(head=Sym(name="∩"), args=parts):
            return all(truth(evaluator, part) for part in parts)
        case Call(head=Sym(name="∪"), args=parts):
            return any(truth(evaluator, part) for part in parts)
        case Call(head=Sym(name="complement"), args=(part,)):
            return not truth(evaluator, part)
        case Sym() | Const():
            value = node.name == "true" if isinstance(node, Const) else evaluator.value(node)
            if isinstance(value, bool):
                return value
        case Rel(op="∈" | "∉" as op, lhs=inner, rhs=members):
            return is_member(evaluator, inner, members) == (op == "∈")
        case Rel(lhs=Rel() as first):
            return truth(evaluator, first) and truth(evaluator, Rel(node.op, first.rhs, node.rhs))
        case Rel():
            return _relation(evaluator, node)
    raise NoValueError("a condition is needed here")


def _relation(evaluator: Evaluator, node: Rel) -> bool:
    infinite = {Const("oo"): 1, Neg(Const("oo")): -1}
    if node.lhs in infinite or node.rhs in infinite:
        gap = infinite.get(node.lhs, 0) - infinite.get(node.rhs, 0)
        return holds(node.op, arb(gap), arb(0))
    lhs, rhs = evaluator.value(node.lhs), evaluator.value(node.rhs)
    if isinstance(lhs, (Outcome, bool)) or isinstance(rhs, (Outcome, bool)):
        if node.op in ("=", "≠"):
            return bool((lhs == rhs) == (node.op == "="))
        raise NoValueError("outcomes have no order")
    if not (isinstance(lhs, arb) and isinstance(rhs, arb)):
        raise NoValueError("a relation of things that are not real numbers")
    return holds(node.op, lhs, rhs)


def is_member(evaluator: Evaluator, inner: Node, members: Node) -> bool:
    """Return whether a number lies in an interval, a finite set, or a union or intersection of such.

    Raises:
        NoValueError: for other sets.
    """
    match members:
        case Interval(lower, upper, closed_lower, closed_upper):
            below = Rel("≤" if closed_lower else "<", lower, inner)
            return truth(evaluator, below) and truth(evaluator, Rel("≤" if closed_upper else "<", inner, upper))
        case Tuple(items=(lower, upper)):
            return truth(evaluator, Rel("<", lower, inner)) and truth(evaluator, Rel("<", inner, upper))
        case Tuple(items=()):
            return False
        case Set(items=items):
            return any(truth(evaluator, Rel("=", inner, item)) for item in items)
        case Call(head=Sym(name="∪"), args=parts):
            return any(is_member(evaluator, inner, part) for part in parts)
        case Call(head=Sym(name="∩"), args=parts):
            return all(is_member(evaluator, inner, part) for part in parts)
        case Call(head=Sym(name="∖"), args=(whole, part)):
            return is_member(evaluator, inner, whole) and not is_member(evaluator, inner, part)
        case Sym(name="bb R"):
            return True
        case Sym(name="bb Z" | "bb N" as name):
            value = evaluator.scalar(inner)
            if isinstance(value, arb) and value.is_exact():
                return bool(value.is_integer()) and (name == "bb Z" or bool(value >= 0))
    raise NoValueError("membership of a set that is not known")


def holds(op: str, lhs: Value, rhs: Value) -> bool:
    """Return whether a relation of two real enclosures holds.

    Raises:
        UndefinedError: where they overlap.
        NoValueError: for a relation without a truth value.
    """
    difference = lhs - rhs
    if op in ("=", "≠"):
        if difference.is_zero():
            return op == "="
        if not difference.contains(0):
            return op == "≠"
        raise UndefinedError("an equality that cannot be told here")
    if op not in ("<", "≤", ">", "≥", "≪", "≫"):
        raise NoValueError(f"the relation {op} has no truth value here")
    if difference.is_zero():
        return op in ("≤", "≥")
    if bool(difference > 0):
        return op in (">", "≥", "≫")
    if bool(difference < 0):
        return op in ("<", "≤", "≪")
    raise UndefinedError("an inequality that cannot be told here")
