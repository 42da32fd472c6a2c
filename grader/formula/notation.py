"""How an assignment writes its mathematics: which names are functions, which are numbers, which are one thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from grader.formula.tree import Call, Node, Sym, substitute, transform

# Letters that are functions by custom when parentheses with plain names follow; the others multiply.
CUSTOMARY_FUNCTIONS = frozenset(["f", "g", "h", "p", "q", "r", "F", "G", "H", "P", "Q", "Z", "V", "u", "phi", "psi"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Notation:
    """What is known about the symbols before a text is read.

    Attributes:
        functions: Heads that are functions, with what they are: `function` (unknown function), `distribution`,
            or the name of a function of mathematics such as `logistic`.
        scalars: Symbols that are numbers: before parentheses they multiply.
        words: Plain identifiers and the tree that each stands for (`sigma2`, `dt`).
        renames: Symbols that are other writings of one (`\\pi_{\\theta^*}` of `\\pi^*`).
        families: Shorthands with an index: `r_i` for r(x, y_i), by name: the index symbol and the tree.
        vectors: Symbols declared as vectors or matrices (a superscript T transposes them).
        letter_e: Whether the letter e is Euler's number.
    """

    functions: Mapping[Sym, str] = field(default_factory=dict)
    scalars: frozenset[Sym] = frozenset()
    words: Mapping[str, Node] = field(default_factory=dict)
    renames: Mapping[Sym, Node] = field(default_factory=dict)
    families: Mapping[str, tuple[Sym, Node]] = field(default_factory=dict)
    vectors: frozenset[Sym] = frozenset()
    letter_e: bool = True

    def canonical(self, node: Node) -> Node:
        """Return the tree with every symbol in its canonical writing."""
        if isinstance(node, Sym):
            if node in self.renames:
                return self.renames[node]
            renamed = transform(node, self.canonical)
            if not isinstance(renamed, Sym) or renamed in self.renames:
                return self.renames.get(renamed, renamed) if isinstance(renamed, Sym) else renamed
            if renamed.index is not None and renamed.name in self.families:
                parameter, tree = self.families[renamed.name]
                return substitute(tree, {parameter: renamed.index})
            return renamed
        if isinstance(node, Call):
            head = self.canonical(node.head)
            args = tuple(self.canonical(child) for child in node.args)
            given = tuple(self.canonical(child) for child in node.given)
            return Call(head if isinstance(head, Sym) else node.head, args, given, node.primes)
        return transform(node, self.canonical)

    def is_function(self, head: Sym) -> bool | None:
        """Return whether parentheses after `head` are an application; None where nothing says so."""
        known = self.renames.get(head, head)
        if head in self.functions or known in self.functions:
            return True
        if head in self.scalars or known in self.scalars:
            return False
        if head.name.startswith("pi") and (head.index is not None or head.name != "pi"):
            return True
        return None

    def with_scalars(self, scalars: frozenset[Sym]) -> Notation:
        """Return the notation with more symbols known to be numbers."""
        return replace(self, scalars=self.scalars | scalars)
