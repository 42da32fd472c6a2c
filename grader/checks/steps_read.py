"""From the text of a derivation to its claims: every relation of every chain, with the words that stand around it.

A formula that begins with its relation sign goes on with the chain before it. A formula that cannot be read as a
whole is cut at its relation signs, so that one strange member does not hide the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from grader.checks.steps_words import (
    APPROXIMATE,
    CONDITION,
    DEFINING,
    EQUIVALENT,
    LIMIT,
    NAMING,
    NAMING_SIGNS,
    SOLVING,
    Context,
    is_condition_lead,
    is_defining_lead,
)
from grader.errors import ReadError
from grader.formula import alphabet as abc
from grader.formula.clauses import Clause, Reading
from grader.formula.notation import Notation
from grader.formula.parser import parse
from grader.formula.tree import Node
from grader.reading.spans import line_of, spans

_ENVIRONMENT_MARKS = ("\\begin", "\\\\")
_SIGNS = re.compile(
    r":=|[=≈≃→⟶≤≥<>∼∝≪≫]|\\(?:approx|simeq|cong|equiv|coloneqq|triangleq|to|rightarrow|longrightarrow|leq?|geq?|"
    r"sim|propto|ll|gg|ne|neq|lesssim|gtrsim)(?![A-Za-z])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of a chain: its tree, or None with the reason if it could not be read.

    Attributes:
        text: As written.
        others: The trees in other readings.
    """

    node: Node | None
    text: str
    reason: str = ""
    others: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One relation `lhs op rhs` as it stands in a text.

    Attributes:
        offset: Index of the relation sign in the text.
        chain: Number of the chain; a chain goes on over several displays.
        position: Number of the relation in its chain, from 0.
        sign: The sign as written, such as `:=`.
        words: What stands before the formula, in its sentence; `lead` the words inside of the formula.
        after: What follows it on its line.
        is_display: Whether it stands in a display.
        is_alone: Whether its chain has this relation only (as far as the formula goes).
        is_definition: Whether words or sign say that it names something.
        is_named: Whether they say so beyond doubt (`:=`, "let", "define").
        is_condition: Whether words say that it is a condition ("for d = 64").
        is_solved: Whether words around it speak of an equation to be solved or imposed.
        is_approximate: Whether words around it say that it holds approximately.
        is_limit: Whether words before it in its section speak of a limit.
        section: Number of the section by headings.
        paragraph: Offset at which its paragraph begins.
        others: Both sides in the other readings of a text that has several.
    """

    lhs: Member
    op: str
    rhs: Member
    offset: int
    line: int
    chain: int
    position: int
    sign: str
    words: str
    lead: str
    after: str
    is_display: bool
    is_alone: bool
    is_definition: bool
    is_named: bool
    is_condition: bool
    is_solved: bool
    is_approximate: bool
    is_limit: bool
    section: int
    paragraph: int
    others: tuple[tuple[Node, Node], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A formula without a relation sign that stands in a display, such as an optimisation problem."""

    member: Member
    offset: int
    line: int
    is_equivalent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """Everything that was read in a text, in order; `unread` holds what has a relation sign but no tree."""

    claims: tuple[Claim, ...]
    objectives: tuple[Objective, ...]


@dataclass(slots=True)
class _Tails:
    """Where chains that go on would go on from: the last member, its chain and how many relations that has."""

    display: tuple[Member, int, int] | None = None
    last: tuple[Member, int, int] | None = None
    chains: int = 0


def read_derivation(text: str, notation: Notation) -> Derivation:
    """Return the relations and the bare displays of a text in order."""
    claims: list[Claim] = []
    objectives: list[Objective] = []
    tails = _Tails()
    headings = [match.start() for match in re.finditer(r"^\s{0,3}#{1,6}\s", text, re.MULTILINE)]
    previous_end = 0
    for start, end, latex, at, is_display in _formulas(text):
        context = Context(text, start, end, previous_end, headings)
        previous_end = end
        chains = list(_chains(latex, notation))
        for number, (members, links, lead) in enumerate(chains):
            first = members[0] if len(members) > len(links) else None
            if first is None:
                tail = tails.display if is_display and number == 0 else tails.last
                if tail is None or (not is_display and number == 0 and re.search(r"[A-Za-z]", context.between)):
                    tail = (Member(node=None, text="", reason="nothing stands before the sign"), tails.chains, 0)
                    tails.chains += 1
            else:
                tail = (first, tails.chains, 0)
                tails.chains += 1
            member, chain, position = tail
            if not links and first is not None and is_display:
                is_equivalent = bool(EQUIVALENT.search(context.between))
                objectives.append(
                    Objective(
                        member=first,
                        offset=start,
                        line=line_of(text, at + len(latex) - len(latex.lstrip())),
                        is_equivalent=is_equivalent,
                    )
                )
            rights = members if first is None else members[1:]
            for (op, offset, sign), right in zip(links, rights, strict=True):
                words = context.words if number == 0 else ""
                defines = sign in NAMING_SIGNS or (bool(DEFINING.search(words)) or is_defining_lead(lead))
                claims.append(
                    Claim(
                        lhs=member,
                        op=op,
                        rhs=right,
                        offset=at + offset,
                        line=line_of(text, at + offset),
                        chain=chain,
                        position=position,
                        sign=sign,
                        words=words,
                        lead=lead,
                        after=context.after,
                        is_display=is_display,
                        is_alone=len(links) == 1 and first is not None,
                        is_definition=defines and position == 0,
                        is_named=position == 0 and (sign in NAMING_SIGNS or bool(NAMING.search(words or lead))),
                        is_condition=position == 0 and bool(CONDITION.search(words) or is_condition_lead(lead)),
                        is_solved=bool(SOLVING.search(context.words) or SOLVING.search(lead)),
                        is_approximate=bool(APPROXIMATE.search(context.words) or APPROXIMATE.search(context.after)),
                        is_limit=bool(LIMIT.search(context.section_before)),
                        section=context.section,
                        paragraph=context.paragraph,
                        others=_pairs(member, right),
                    )
                )
                member, position = right, position + 1
            tails.last = (member, chain, position)
            if is_display:
                tails.display = tails.last
    # Who writes both signs in one chain means what each says.
    mixed = {claim.chain for claim in claims if claim.op == "≈"}
    claims = [replace(one, is_approximate=False) if one.chain in mixed and one.op == "=" else one for one in claims]
    return Derivation(claims=tuple(claims), objectives=tuple(objectives))


def _pairs(left: Member, rights: Member) -> tuple[tuple[Node, Node], ...]:
    """Return both sides in their other readings."""
    count = max(len(left.others), len(rights.others))
    if left.node is None or rights.node is None:
        return ()
    lefts = left.others or (left.node,) * count
    others = rights.others or (rights.node,) * count
    return tuple(pair for pair in zip(lefts, others, strict=False) if pair != (left.node, rights.node))


def _formulas(text: str) -> Iterator[tuple[int, int, str, int, bool]]:
    """Yield start, end, LaTeX, its offset, whether it is a display; plain lines where nothing is delimited."""
    found = False
    for span in spans(text):
        found = True
        yield span.start, span.end, _as_latex(span.latex), span.latex_start, span.is_display
    if found:
        return
    position = 0
    for line in text.splitlines(keepends=True):
        start, position = position, position + len(line)
        body = line.rstrip("\n")
        words = sum(len(word) > 3 and word.isalpha() and word not in abc.FUNCTION_WORDS for word in body.split())
        if words <= 2 and _SIGNS.search(body):
            yield start, start + len(body), body, start, True


def _as_latex(formula: str) -> str:
    """Return a formula between delimiters so that it is read as LaTeX, where ab is a product, commands or not."""
    words = re.findall(r"[A-Za-z]{3,}", formula)
    if "\\" in formula or any(word not in abc.FUNCTION_WORDS for word in words):
        return formula
    return formula + "\\,"


Links = list[tuple[str, int, str]]


def _chains(latex: str, notation: Notation) -> Iterator[tuple[list[Member], Links, str]]:
    """Yield members, links and lead of each clause; one member more than links unless it begins with a sign."""
    try:
        reading = parse(latex, notation)
    except ReadError as error:
        yield from _cut(latex, notation, error)
        return
    others = list(_other_readings(latex, notation, reading))
    for number, clause in enumerate(reading.clauses):
        members, links = _of_clause(clause, latex, notation)
        for place, member in enumerate(members):
            different = [_of_clause(other[number], latex, notation)[0][place].node for other in others]
            if others:
                members[place] = replace(member, others=tuple(node for node in different if node is not None))
        yield members, links, clause.lead


def _other_readings(latex: str, notation: Notation, reading: Reading) -> Iterator[tuple[Clause, ...]]:
    """Yield the clauses in the other reading of each kind of question that the text leaves open, at all its places."""
    kinds = sorted({site.kind for site in reading.sites})
    for kind in kinds:
        choices = {(site.offset, site.kind): 1 for site in reading.sites if site.kind == kind}
        try:
            other = parse(latex, notation, choices).clauses
        except ReadError:
            continue
        if [len(clause.links) for clause in other] == [len(clause.links) for clause in reading.clauses]:
            yield other


def _of_clause(clause: Clause, latex: str, notation: Notation) -> tuple[list[Member], Links]:
    edges = [link.offset for link in clause.links]
    starts = [clause.start] + [edge + len(_sign_at(latex, edge)) for edge in edges]
    ends = [*edges, clause.end]
    texts = [_tidy(latex[a:b]) for a, b in zip(starts, ends, strict=True)]
    members = []
    if clause.first is not None:
        members.append(Member(node=notation.canonical(clause.first), text=texts[0]))
    for link, text in zip(clause.links, texts[1:], strict=True):
        members.append(Member(node=notation.canonical(link.rhs), text=text))
    links = [(link.op, link.offset, _sign_at(latex, link.offset)) for link in clause.links]
    return members, links


def _sign_at(latex: str, offset: int) -> str:
    match = re.compile(r"\\[A-Za-z]+|:=|[<>=!-]=|->|<<|>>|.", re.DOTALL).match(latex, offset)
    return match.group() if match else ""


def _tidy(text: str) -> str:
    """Return a member's text without alignment marks, frames that are cut through, and blanks around it."""
    text = re.sub(r"\\(?:begin|end)\{[a-z]+\*?\}|&|\\\\\s*$|\\tag\{[^}]*\}", "", text)
    return " ".join(text.split()).rstrip(",.; ")


def _cut(latex: str, notation: Notation, error: ReadError) -> Iterator[tuple[list[Member], Links, str]]:
    """Yield a chain whose members are read one by one, where the whole could not be read."""
    signs = [] if any(mark in latex for mark in _ENVIRONMENT_MARKS) else list(_signs_at_top(latex))
    if not signs:
        if _SIGNS.search(latex):
            sign = next(_SIGNS.finditer(latex))
            missing = Member(node=None, text=_tidy(latex), reason=str(error))
            yield [missing, Member(node=None, text="", reason=str(error))], [("=", sign.start(), sign.group())], ""
        else:
            yield [Member(node=None, text=_tidy(latex), reason=str(error))], [], ""
        return
    members: list[Member] = []
    edges = [0, *(match.end() for match in signs)]
    ends = [*(match.start() for match in signs), len(latex)]
    for number, (start, end) in enumerate(zip(edges, ends, strict=True)):
        piece = latex[start:end]
        if number == 0 and not piece.strip():
            continue
        members.append(_read_member(piece, notation))
    links = [(_op(match.group()), match.start(), match.group()) for match in signs]
    yield members, links, ""


def _op(sign: str) -> str:
    return abc.RELATIONS.get(sign.lstrip("\\"), "=")


def _read_member(piece: str, notation: Notation) -> Member:
    text = _tidy(piece)
    try:
        clauses = parse(piece, notation).clauses
    except ReadError as error:
        return Member(node=None, text=text, reason=str(error))
    if not clauses or clauses[0].first is None or clauses[0].links or len(clauses) > 1:
        return Member(node=None, text=text, reason="it is not one expression")
    return Member(node=notation.canonical(clauses[0].first), text=text)


def _signs_at_top(latex: str) -> Iterator[re.Match[str]]:
    """Yield the relation signs outside of all brackets."""
    depth = 0
    position = 0
    while position < len(latex):
        char = latex[position]
        if char == "\\":
            if match := _SIGNS.match(latex, position):
                if depth == 0:
                    yield match
                position = match.end()
                continue
            command = re.compile(r"\\(?:[A-Za-z]+|.)", re.DOTALL).match(latex, position)
            name = command.group() if command else char
            depth += (name in ("\\{", "\\lbrace")) - (name in ("\\}", "\\rbrace"))
            position += len(name)
            continue
        if depth == 0 and (match := _SIGNS.match(latex, position)):
            yield match
            position = match.end()
            continue
        depth += (char in "{([") - (char in "})]")
        position += 1
