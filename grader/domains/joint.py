"""Marginals and conditionals of one joint distribution: p(x, y), p(x | y) and p(y) belong together."""

from __future__ import annotations

from collections.abc import Sequence

from grader.domains.declarations import Declarations
from grader.domains.world import symbol_text
from grader.formula.tree import Big, Call, Div, Node, Sym, substitute, transform, walk

MAX_VARIABLES = 4
Joint = tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]
Definition = tuple[tuple[Sym, ...], tuple[Sym, ...], Node]


def name_joints(trees: Sequence[Node], declarations: Declarations) -> tuple[list[Node], dict[Sym, Joint]]:
    """Return the trees with one head for each pattern, and what each head is of its joint distribution.

    A distribution is taken as a family where it is applied to different lists of names.
    """
    calls: dict[Sym, set[Call]] = {}
    for tree in trees:
        for part in walk(tree):
            if isinstance(part, Call) and not part.primes and _is_density(part.head, declarations):
                calls.setdefault(part.head, set()).add(part)
    families: dict[Sym, tuple[str, ...]] = {}
    for head, found in calls.items():
        names = {symbol_text(s) for call in found for s in (*call.args, *call.given) if isinstance(s, Sym)}
        are_names = all(isinstance(s, Sym) for call in found for s in (*call.args, *call.given))
        counts = {(len(call.args), len(call.given)) for call in found}
        swapped = any(
            set(one.args) & set(other.given) for one in found for other in found if one is not other and one.given
        )
        differs = len({count[0] for count in counts}) > 1 or swapped
        is_family = (differs and len(names) >= 2) or (len(counts) > 1 and len({call.args for call in found}) > 1)
        if are_names and is_family and len(names) <= MAX_VARIABLES:
            families[head] = tuple(sorted(names))
    joints: dict[Sym, Joint] = {}

    def change(node: Node) -> Node:
        node = transform(node, change)
        if isinstance(node, Call) and node.head in families and node in calls[node.head]:
            args, given = (
                tuple(symbol_text(s) for s in side if isinstance(s, Sym)) for side in (node.args, node.given)
            )
            label = f"{symbol_text(node.head)}({', '.join(args)}{' | ' if given else ''}{', '.join(given)})"
            head = Sym(label)
            joints[head] = (symbol_text(node.head), families[node.head], args, given)
            return Call(head, node.args, node.given)
        return node

    return [change(tree) for tree in trees], joints


def _is_density(head: Sym, declarations: Declarations) -> bool:
    kind = declarations.functions.get(head, "")
    return head not in declarations.definitions and (kind == "distribution" or (not kind and head.name in ("p", "q")))


def joint_body(weight: Node, everything: tuple[str, ...], args: tuple[str, ...], given: tuple[str, ...]) -> Definition:
    """Return the definition of one marginal or conditional: sums of the joint weight."""
    kept = set(args) | set(given)
    above = _summed(weight, [name for name in everything if name not in kept])
    below = _summed(weight, [name for name in everything if name not in given])
    return tuple(Sym(name) for name in args), tuple(Sym(name) for name in given), Div(above, below)


def _summed(weight: Node, names: list[str]) -> Node:
    total = substitute(weight, {Sym(name): Sym(f"all {name}") for name in names})
    for name in names:
        total = Big("sum", Sym(f"all {name}"), None, None, total)
    return total
