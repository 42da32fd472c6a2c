"""What the names in a derivation stand for: definitions made on the way, conditions, and names without a value."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

from grader.formula.calculus import NotDifferentiableError, derivative_by
from grader.formula.tree import (
    Call,
    Deriv,
    Expect,
    Node,
    Num,
    Sym,
    bound_by,
    contains,
    substitute,
    transform,
    walk,
)

# Letters that count: an index written with one of them may be replaced by any other.
COUNTING = frozenset("ijklmnsKNMT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A name that the author introduces: `parameters` of a function, the `body`, and whether words say so."""

    parameters: tuple[Sym, ...]
    body: Node
    is_stated: bool
    offset: int
    section: int


@dataclass(slots=True)
class Names:
    """The definitions of a text up to a place, by the name or by the family that they define."""

    known: dict[Node, Definition] = field(default_factory=dict)

    def add(self, name: Node, definition: Definition) -> None:
        """Note a definition; a later one replaces an earlier one."""
        self.known[_key(name)] = definition

    def of(self, name: Node) -> Definition | None:
        """Return the definition of a whole name, such as `\\hat X_0`, `s(y)` or `Var(X)`."""
        return self.known.get(_key(name))

    def expand(self, node: Node, depth: int = 6, closed: frozenset[Node] = frozenset()) -> Node:
        """Return the tree with the author's names replaced; variables of derivatives stay as they are."""
        if depth == 0 or not self.known:
            return node
        # A variable of differentiation must stay a symbol.
        held = {part.variable for part in walk(node) if isinstance(part, Deriv)}
        return self._expand(node, depth, closed | held)

    def _expand(self, node: Node, depth: int, closed: frozenset[Node]) -> Node:
        if node not in closed and isinstance(node, (Sym, Call, Expect)):
            filled = self._filled(node, closed)
            if filled is not None:
                return self._expand(filled, depth - 1, closed | {_key(node)}) if depth > 1 else filled
        inner = closed | bound_by(node)
        if isinstance(node, Sym):
            return node
        return transform(node, lambda child: child if child in bound_by(node) else self._expand(child, depth, inner))

    def _filled(self, node: Node, closed: frozenset[Node]) -> Node | None:
        key = _key(node)
        definition = self.known.get(key)
        if definition is None and isinstance(node, Call) and node.primes:
            definition = self._derived(node)
        if definition is None or key in closed:
            return None
        if not definition.parameters:
            return None if contains(definition.body, node) else definition.body
        values = _arguments(node)
        if len(values) != len(definition.parameters):
            return None
        if isinstance(node, Sym) and not all(
            _fits(parameter, value) for parameter, value in zip(definition.parameters, values, strict=True)
        ):
            return None
        return substitute(definition.body, dict(zip(definition.parameters, values, strict=True)))

    def _derived(self, node: Call) -> Definition | None:
        """Return the definition of f' from that of f."""
        original = self.known.get(_key(Call(node.head, node.args, node.given)))
        if original is None or len(original.parameters) != 1:
            return None
        body = original.body
        try:
            for _ in range(node.primes):
                body = derivative_by(body, original.parameters[0])
        except NotDifferentiableError:
            return None
        return replace(original, body=body)


def _key(name: Node) -> Node:
    """Return what a definition is kept under: functions by head and count, families by name."""
    if isinstance(name, Call):
        return Call(name.head, (Num(Fraction(len(name.args) + len(name.given))),), (), name.primes)
    if isinstance(name, Sym) and name.index is not None and _parameter(name) is not None:
        return Sym(name.name, Sym("family"))
    return name


def _parameter(name: Sym) -> Sym | None:
    """Return the index of a family such as `t_k`, None for a label such as `x_w`."""
    index = name.index
    if index is None:
        return None
    letters = [part for part in walk(index) if isinstance(part, Sym)]
    if isinstance(index, Sym):
        return index if index.name in COUNTING or index.name == "t" else None
    return letters[0] if letters else None


def _arguments(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Call):
        return (*node.args, *node.given)
    return (node.index,) if isinstance(node, Sym) and node.index is not None else ()


def _fits(parameter: Sym, value: Node) -> bool:
    """Return whether an index may take the place of the one in the definition: a time is not a number of a step."""
    if contains(value, parameter) or isinstance(value, Num):
        return True
    letters = {part.name for part in walk(value) if isinstance(part, Sym)}
    return parameter.name in COUNTING and bool(letters) and letters <= COUNTING


def defined_by(name: Node, body: Node, *, is_stated: bool, offset: int, section: int) -> Definition | None:
    """Return the definition that `name = body` makes, None if the left side is not a name."""
    parameters: tuple[Sym, ...]
    if isinstance(name, Call):
        arguments = (*name.args, *name.given)
        if not all(isinstance(argument, Sym) for argument in arguments) or len(set(arguments)) < len(arguments):
            return None
        parameters = tuple(argument for argument in arguments if isinstance(argument, Sym))
    elif isinstance(name, Sym):
        parameter = _parameter(name)
        if parameter is not None and name.index != parameter:
            return None
        parameters = (parameter,) if parameter is not None else ()
    elif isinstance(name, Expect):
        parameters = ()
    else:
        return None
    if contains(body, name):
        return None
    return Definition(parameters=parameters, body=body, is_stated=is_stated, offset=offset, section=section)
