"""From the text of an answer to the one thing that it claims: labels, remarks, units and chains set aside.

Reading never asks which side a text stands on. Two readings are settled by what is declared and by both texts
together; what stays open is listed, so that every reading can be tried.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from grader.errors import ReadError
from grader.formula import alphabet as abc
from grader.formula.clauses import Clause, Reading, Site
from grader.formula.macros import CONNECTING_WORDS
from grader.formula.notation import Notation
from grader.formula.parser import parse
from grader.formula.tree import (
    FUNCTIONS,
    KL,
    Binder,
    Call,
    Const,
    Dist,
    Expect,
    Interval,
    Node,
    Rel,
    Set,
    Sym,
    Tuple,
    free_symbols,
    substitute,
    walk,
)

MAX_READINGS = 16
_WRAPPERS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"))
_UNIT_NAMES = (
    "m|cm|mm|km|nm|s|ms|min|h|hr|hours?|seconds?|minutes?|kg|g|mg|N|J|kJ|W|kW|V|A|Hz|kHz|MHz|K|Pa|mol|nats?|bits?|dollars?|units?|"
    "meters?|metres?|days?|years?|rad|radians?"
)
_UNIT = re.compile(
    r"(?:\\[,;: ]|~|\s)*\\(?:mathrm|text|textrm|operatorname)\{\s*(" + _UNIT_NAMES + r")\s*\}"
    r"(?:/\\(?:mathrm|text)\{\s*(" + _UNIT_NAMES + r")\s*\})?(\^\{?-?\d\}?)?\s*[.,;]?\s*$"
)
_CONDITIONS = ("where", "for", "if", "with", "when", "provided", "assuming", "given", "as", "let", "for all", "while")
_INEQUALITIES = ("<", "≤", ">", "≥", "≠", "∈")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a text says: a tree; the label before it; its unit.

    Attributes:
        label: What stands left of the first `=` where that is only a name, else None.
        whole: The chain as written, where it is one relation.
    """

    value: Node
    label: Node | None = None
    whole: Node | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One question of reading, and the answer to it."""

    question: str
    answer: str


def plain(text: str) -> tuple[str, str]:
    """Return the text without the dollar signs and the unit around it, and the unit."""
    unit = ""
    stripped = text.strip()
    for before, after in _WRAPPERS:
        inner = stripped.rstrip(".,; ")
        if inner.startswith(before) and inner.endswith(after) and len(inner) >= len(before) + len(after):
            content = inner[len(before) : len(inner) - len(after)]
            if before not in content and after not in content:
                stripped = content
                break
    match = _UNIT.search(stripped)
    if match and match.start() > 0 and not stripped[: match.start()].rstrip().endswith(("_", "^", "=", "{")):
        unit = "/".join(name for name in match.group(1, 2) if name) + (match.group(3) or "")
        stripped = stripped[: match.start()]
    return stripped, unit


def sites_of(texts: Sequence[str], notation: Notation) -> tuple[Notation, list[tuple[str, list[tuple[int, Site]]]]]:
    """Return the notation with what the texts settle together, and the questions that stay open, with their sites.

    A symbol that stands bare in one of the texts is a number in both. The sites come with the number of their text.

    Raises:
        ReadError: where a text is not understood.
    """
    readings = [parse(text, notation) for text in texts]
    applied = [
        {(site.offset, site.kind): 1 ^ site.default for site in reading.sites if site.kind == "application"}
        for reading in readings
    ]
    if any(applied):
        heads = {
            site.subject
            for reading in readings
            for site in reading.sites
            if site.kind == "application" and site.subject
        }
        try:
            trees = [parse(text, notation, choices) for text, choices in zip(texts, applied, strict=True)]
        except ReadError:
            trees = readings
        called = heads & {symbol for reading in trees for symbol in _functions(reading)}
        bare = {symbol for tree in trees for symbol in _bare(tree)}
        settled = frozenset((heads & bare) - called)
        if settled or called:
            functions = {**notation.functions, **dict.fromkeys(sorted(called, key=repr), "function")}
            notation = replace(notation.with_scalars(settled), functions=functions)
            readings = [parse(text, notation) for text in texts]
    groups: dict[str, list[tuple[int, Site]]] = {}
    for number, reading in enumerate(readings):
        for site in reading.sites:
            question = f"{site.kind} {site.subject!r}" if site.subject is not None else site.kind
            groups.setdefault(question, []).append((number, site))
    return notation, sorted(groups.items())


def _functions(reading: Reading) -> set[Sym]:
    """Return what must be a function: it has dashes, a comma or a bar in its brackets, a law, or is defined here."""
    found: set[Sym] = set()
    for clause in reading.clauses:
        members = [link.rhs for link in clause.links]
        members += [clause.first] if clause.first is not None else []
        if clause.links and clause.links[0].op == "=" and isinstance(clause.first, Call):
            found.add(clause.first.head)
        for part in (inner for member in members for inner in walk(member)):
            match part:
                case Call(head=head, args=args, given=given, primes=primes) if primes or given or len(args) > 1:
                    found.add(head)
                case Binder(source=Sym() as source) | Binder(source=Call(head=source)):
                    found.add(source)
                case KL(p=p, q=q):
                    found |= {side for side in (p, q) if isinstance(side, Sym)}
    return found


def _bare(reading: Reading) -> set[Sym]:
    """Return the symbols that stand without brackets; a label f(x) = ... does not make x a number of its own."""
    found: set[Sym] = set()
    for clause in reading.clauses:
        members = [link.rhs for link in clause.links]
        members += [clause.first] if clause.first is not None else []
        for member in members:
            if clause.links and member is clause.first and isinstance(member, Call):
                continue
            found |= {part for part in walk(member) if isinstance(part, Sym)} - _heads(member)
    return found


def _heads(node: Node) -> set[Sym]:
    called: dict[Sym, int] = {}
    for part in walk(node):
        if isinstance(part, Call):
            called[part.head] = called.get(part.head, 0) + 1
    stands: dict[Sym, int] = {}
    for part in walk(node):
        if isinstance(part, Sym):
            stands[part] = stands.get(part, 0) + 1
    # `walk` meets the head of a call as a symbol too: bare is what is met more often than it is applied.
    return {head for head, count in called.items() if stands.get(head, 0) <= count}


def combinations(
    groups: Sequence[tuple[str, list[tuple[int, Site]]]],
) -> list[tuple[tuple[Choice, ...], list[dict[tuple[int, str], int]]]]:
    """Return every way to answer the open questions, the customary one first; each with the choices of each text."""
    found = []
    for answers in product((0, 1), repeat=len(groups)):
        shown: list[Choice] = []
        choices: list[dict[tuple[int, str], int]] = [{}, {}]
        for (_, sites), answer in zip(groups, answers, strict=True):
            for number, site in sites:
                choices[number][site.offset, site.kind] = answer
            first = sites[0][1]
            name = first.subject.name if first.subject is not None else ""
            shown.append(Choice(f"{first.kind} {name}".strip(), first.readings[answer ^ first.default]))
        found.append((tuple(shown), choices))
    return found


def claim(text: str, notation: Notation, choices: Mapping[tuple[int, str], int], unit: str = "") -> Claim:
    """Return what a text claims.

    Raises:
        ReadError: where it is not understood, or says several things.
    """
    clauses = list(parse(text, notation, choices).clauses)
    main = [clause for clause in clauses if not _is_condition(clause)]
    if not main:
        raise ReadError("there is no formula", text=text, offset=0)
    definitions = {
        notation.canonical(clause.first): notation.canonical(clause.links[0].rhs)
        for clause in clauses
        if _is_condition(clause) and isinstance(clause.first, Sym) and [link.op for link in clause.links] == ["="]
    }
    if len(main) > 1:
        if main[1].lead in ("or",) or any(clause.first is None for clause in main):
            return _several(main, notation, text, unit)
        if all(not clause.links for clause in main):
            items = tuple(notation.canonical(clause.first) for clause in main if clause.first is not None)
            return Claim(Tuple(items), unit=unit)
        return _several(main, notation, text, unit)
    found = _of_chain(main[0], notation, text)
    value = substitute(found.value, {k: v for k, v in definitions.items() if k != v})
    return replace(found, value=value, unit=unit)


def _is_condition(clause: Clause) -> bool:
    return clause.lead.lower().split(" ")[0] in _CONDITIONS if clause.lead else False


def _several(main: Sequence[Clause], notation: Notation, text: str, unit: str) -> Claim:
    """Return inequalities joined by `and` or `or`, or equations of different names, as one claim."""
    if all(clause.first is not None and clause.links for clause in main):
        chains = [_chain(clause, notation) for clause in main]
        if all(_is_predicate(chain) for chain in chains):
            joiner = "∪" if any(clause.lead == "or" for clause in main) else "∩"
            node = Call(Sym(joiner), tuple(chains))
            return Claim(node, whole=node, unit=unit)
    raise ReadError("a second statement follows", text=text, offset=main[1].start)


def _chain(clause: Clause, notation: Notation) -> Node:
    node = clause.first
    assert node is not None, "a chain has a first member"
    node = notation.canonical(node)
    for link in clause.links:
        node = Rel(link.op, node, notation.canonical(link.rhs))
    return node


def _of_chain(clause: Clause, notation: Notation, text: str) -> Claim:
    links = clause.links
    if clause.first is None:
        if not links:
            raise ReadError("there is no formula", text=text, offset=clause.start)
        return Claim(notation.canonical(links[-1].rhs))
    whole = _chain(clause, notation)
    if not links:
        return Claim(whole)
    ops = [link.op for link in links]
    if any(op in _INEQUALITIES for op in ops):
        return Claim(whole, whole=whole)
    if not set(ops) <= {"=", "≈", "∼", "→"}:
        raise ReadError(f"the relation {ops[0]} is not understood in an answer", text=text, offset=links[0].offset)
    members = [notation.canonical(clause.first), *(notation.canonical(link.rhs) for link in links)]
    # After an exact value, `≈ 0.33` only shows its size.
    last = len(members) - 1
    while last > 1 and ops[last - 1] == "≈" and "=" in ops[: last - 1]:
        last -= 1
    label = members[0] if _is_label(members[0]) else None
    return Claim(members[last], label, whole)


def _is_label(node: Node) -> bool:
    if isinstance(node, (Sym, Const, Expect)):
        return True
    return isinstance(node, Call) and all(
        isinstance(part, (Sym, Const, Dist, Rel)) or type(part).__name__ in ("Num", "Dot", "Tuple")
        for part in (*node.args, *node.given)
    )


def _is_predicate(node: Node) -> bool:
    while isinstance(node, Rel):
        if node.op not in _INEQUALITIES and node.op != "=":
            return False
        node = node.lhs
    return True


def settle_labels(first: Claim, second: Claim) -> tuple[Node, Node] | str:
    """Return what is to be compared, or why the two texts say different kinds of things.

    A name left of `=` is a label if it occurs on no right side; labels are dropped, other equations are kept whole.
    """
    sides = [first, second]
    values = [side.value for side in sides]
    for number, side in enumerate(sides):
        if side.whole is None or not _has_equality(side.whole):
            continue
        if side.label is None or any(_occurs(side.label, value) for value in values):
            return "an equation that names nothing is compared only with its like" if _differ(sides) else _wholes(sides)
        other = sides[1 - number]
        if other.label is not None and other.whole is not None and _root(other.label) != _root(side.label):
            return "the two texts name different things"
    return values[0], values[1]


def _wholes(sides: Sequence[Claim]) -> tuple[Node, Node] | str:
    first, second = (side.whole for side in sides)
    if first is None or second is None:
        return "an equation that names nothing is compared only with its like"
    return first, second


def _differ(sides: Sequence[Claim]) -> bool:
    return any(side.whole is None for side in sides)


def _has_equality(node: Node) -> bool:
    while isinstance(node, Rel):
        if node.op in ("=", "≈", "∼", "→"):
            return True
        node = node.lhs
    return False


def _occurs(label: Node, value: Node) -> bool:
    name = _root(label)
    if isinstance(label, Call):
        return any(isinstance(part, Call) and part.head == name for part in walk(value))
    return name in free_symbols(value)


def _root(label: Node) -> Node:
    return label.head if isinstance(label, Call) else label


def is_set_like(node: Node) -> bool:
    """Return whether a tree is a set of numbers or a condition on one."""
    if isinstance(node, Call):
        return node.head.name in ("∪", "∩", "∖")
    return isinstance(node, (Interval, Set, Rel)) or (isinstance(node, Tuple) and len(node.items) in (0, 2))


def strange_word(sides: tuple[Node, Node], notation: Notation) -> str:
    """Return why a word of several letters, which stands on one side only, has no meaning; else nothing."""
    words = [{part.name for part in walk(side) if isinstance(part, Sym) and _is_word(part.name)} for side in sides]
    known = {symbol.name for symbol in (*notation.scalars, *notation.functions)}
    strange = sorted((words[0] ^ words[1]) - known)
    return f"the word {strange[0]} has no meaning here" if strange else ""


def _is_word(name: str) -> bool:
    letters = name.split()[-1].split("^")[0].rstrip("'")
    return len(letters) >= 2 and letters.isascii() and letters.isalpha() and letters not in _LETTERS


def split_letters(texts: Sequence[str], notation: Notation) -> list[str]:
    """Return the texts with `xy` as `x y` where nothing else knows the word and its letters are symbols on their own.

    Plain text only: in LaTeX letters are set apart anyhow; text with a typed `*` names its symbols in words.
    """
    declared = {symbol.name for symbol in notation.scalars if len(symbol.name) == 1}
    singles = set(declared)
    for text in texts:
        singles |= set(re.findall(r"(?<![A-Za-z\\_])([A-Za-z])(?![A-Za-z_])", text))
        if "\\" in text:
            singles |= set(
                re.findall(r"[A-Za-z]", re.sub(r"\\(?:begin|end)\{\w+\}|\\[A-Za-z]+", " ", text.replace("\\\\", " ")))
            )
    counts = [set(re.findall(r"[A-Za-z]+", text)) for text in texts]

    def spaced(match: re.Match[str], number: int) -> str:
        word = match.group(0)
        is_shared = all("\\" not in text and word in words for text, words in zip(texts, counts, strict=True))
        if (
            (is_shared and not set(word) <= declared)
            or word in notation.words
            or not set(word) <= singles
            or _is_known_word(word)
        ):
            return word
        return " ".join(word)

    return [
        text
        if "\\" in text or "*" in text
        else re.sub(r"(?<![A-Za-z_])[A-Za-z]{2,4}(?![A-Za-z0-9_(])", lambda m, n=number: spaced(m, n), text)  # type: ignore[misc]
        for number, text in enumerate(texts)
    ]


def _is_known_word(word: str) -> bool:
    tables = (abc.FUNCTION_WORDS, abc.OPERATOR_WORDS, abc.DISTRIBUTION_WORDS, abc.GREEK, abc.MODULES, CONNECTING_WORDS)
    return any(word in table for table in tables) or word in ("oo", "inf", "dx", "dt", "dy", "dz", "du", "ds")


_LETTERS = (
    abc.GREEK
    | frozenset(abc.GREEK_VARIANTS.values())
    | {"ell", "dots", "hbar", "aleph", "ref", "conditional"}
    | FUNCTIONS
)
