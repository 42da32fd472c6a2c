"""The statements of an answer: chains of relations with their place, weight and the definitions around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from grader.errors import ReadError
from grader.formula.alphabet import GREEK
from grader.formula.clauses import Clause
from grader.formula.notation import Notation
from grader.formula.parser import parse
from grader.formula.tree import Call, Dist, Expect, Node, Sym, walk
from grader.model import Answer, Formula, Place, Prose
from grader.reading.definitions import definitions_in, marked, named
from grader.reading.spans import line_of, spans
from grader.reading.statement import Reading, Statement, Unread

_FINAL = re.compile(
    r"final|\banswers?\b|\bresults?\b|\btherefore\b|\bhence\b|\bthus\b|\bconclu|\bin summary\b|✅|∴|\bsummary\b",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^\s{0,3}(#{1,6}\s|\*\*[^*]+\*\*:?\s*$|[A-Z][\w ()-]{0,60}:\s*$|✅)")
_APPROXIMATE = re.compile(
    r"approximat|roughly|to (?:leading|first|lowest) order|leading[- ]order|first[- ]order|asymptotic|≈|"
    r"in the (?:limit|regime)|nearly|about\b",
    re.IGNORECASE,
)
# "It is not ...", "one might think ...", "instead of ...": what such words lead to is not what the author claims.
_DENIES = re.compile(
    r"(?:\b(?:not|never|cannot|rather than|instead of|unlike|whereas|as opposed to|in contrast to|contrary to|"
    r"should (?:have been|be)|would (?:have been|be)|might (?:think|expect|guess|be)|wrong(?:ly)?|incorrect(?:ly)?|"
    r"compared (?:to|with)|against the|naive(?:ly)?|mistaken(?:ly)?)|n['’]t)\b[^$\\,:]*$",
    re.IGNORECASE,
)
_DENIES_AFTER = re.compile(
    r"\W{0,3}\s*(?:is|was|are|would be|is clearly|is simply) (?:not|wrong|incorrect|false|mistaken)\b", re.IGNORECASE
)
# "..., so the variance is ...": words that give the answer without a left side.
_CONCLUDES = re.compile(
    r"\b(?:the|its|this|our)\s+(?:final\s+|resulting\s+)?(?P<what>variance|standard deviation|answer|step|result|"
    r"limit|law|distribution|loss|gradient|probability|reward|policy|minimi[sz]er)\s+(?:(?:then|therefore|thus|simply|just)\s+)?"
    r"(?:is|becomes|equals|reads|tends to|goes to|converges to)\b[^.$\\]{0,20}$",
    re.IGNORECASE,
)
# A sentence about something else: another part, another time, a case that is supposed.
_ELSEWHERE = re.compile(
    r"\b(?:in|of|from|for|at|by|unlike|than) (?:part |problem |question )?\(?(?:[12]\s*)?\(?[a-h]\)|\b[12][a-h]\b|"
    r"\bif\b|\bwithout\b|\bwere\b|\bwould\b|\bforward\b|\binitial(?:ly)?\b|\bdata\b|\bexact\b|\bbefore\b|\bgiven\b",
    re.IGNORECASE,
)
# What stands right before a formula that a sentence gives as the answer.
_LEADS_TO = re.compile(
    r"(?:[:=✅]|\b(?:is|are|get|gives|obtain|have|therefore|hence|thus|so|then))\W*$|^\s*$", re.IGNORECASE
)
_DEFINING = re.compile(
    r"\b(?:where|let|with|define|denote|writing|set(?:ting)?|here|abbreviat\w*|for short)\b[^.$\\]{0,60}$", re.I
)


def read_answers(answers: tuple[Answer, ...], notation: Notation) -> Reading:
    """Return the statements of the textual answers of an attempt, in order."""
    statements: list[Statement] = []
    unread: list[Unread] = []
    notation = _with_own_functions(answers, notation)
    for answer in answers:
        if isinstance(answer, Formula):
            _read_formula(answer, notation, statements, unread)
        elif isinstance(answer, Prose):
            _read_prose(answer, notation, statements, unread)
    statements = marked(statements)
    return Reading(statements=tuple(statements), unread=tuple(unread), definitions=definitions_in(statements))


_DEFINES_A_FUNCTION = re.compile(
    r"(?:^|[$\[(,;]|\\\\|\b(?:let|where|define)\b)\s*\\?([A-Za-z]+)\s*\(([^()=$]{1,40})\)\s*(?::=|=|≔)"
)


def _with_own_functions(answers: tuple[Answer, ...], notation: Notation) -> Notation:
    """Return the notation with the functions that the author introduces, as in `s(y) := ...`."""
    own: dict[Sym, str] = {}
    for answer in answers:
        if isinstance(answer, (Formula, Prose)):
            for match in _DEFINES_A_FUNCTION.finditer(answer.text[:100_000]):
                head = Sym(match.group(1))
                if notation.is_function(head) is None and head not in notation.renames:
                    own[head] = "function"
    return replace(notation, functions={**notation.functions, **own}) if own else notation


_HEDGE = re.compile(
    r"^\s*(?:is\s+)?(?:approximately|approx\.?|roughly|about|nearly|to (?:leading|first) order,?)\s+|"
    r"[\s,(]+(?:approximately|approx\.?|roughly|to (?:leading|first) order)\s*[.)]*\s*$",
    re.IGNORECASE,
)


def _read_formula(answer: Formula, notation: Notation, statements: list[Statement], unread: list[Unread]) -> None:
    text = _undelimited(answer.text)
    said = _GIVES.match(text)
    unhedged = _HEDGE.sub("", said.group("formula") if said else text)
    is_hedged, text = unhedged != text, unhedged
    try:
        clauses = parse(text, notation).clauses
    except ReadError as error:
        unread.append(Unread(text=answer.text, reason=_explained(error), place=answer.place, item=answer.item))
        return
    for clause in clauses:
        members, ops, leading = _chain(clause, notation, statements)
        if members:
            statements.append(
                Statement(
                    members=members,
                    ops=ops,
                    leading=leading,
                    is_final=True,
                    is_approximate=is_hedged,
                    is_definition=_defines(clause.lead),
                    whole=len(clauses) == 1,
                    text=answer.text.strip(),
                    offset=clause.start,
                    place=answer.place,
                    trust=answer.trust,
                    item=answer.item,
                )
            )


def _undelimited(text: str) -> str:
    """Return a formula without the mathematics delimiters around all of it."""
    stripped = text.strip()
    for opener, closer in (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("`", "`")):
        if len(stripped) > len(opener + closer) and stripped.startswith(opener) and stripped.endswith(closer):
            inner = stripped[len(opener) : -len(closer)]
            if opener not in inner:
                return inner
    return stripped


def _explained(error: ReadError) -> str:
    return f"{error}\n{error.caret()}"


def _read_prose(answer: Prose, notation: Notation, statements: list[Statement], unread: list[Unread]) -> None:
    finals = _final_regions(answer.text)
    found = False
    begun: set[int | None] = set()
    for start, end, latex in _formulas(answer.text):
        found = True
        place = _placed(answer, start)
        before = answer.text[max(0, start - 100) : start].rsplit("\n\n", 1)[-1]
        try:
            clauses = parse(latex, notation).clauses
        except ReadError as error:
            unread.append(Unread(text=latex, reason=_explained(error), place=place))
            continue
        after = answer.text[end : end + 60].split("\n", 1)[0]
        sentence = re.split(r"[.;]\s", before)[-1]
        concluding = _CONCLUDES.search(before)
        concludes = concluding.group("what").lower() if concluding and not _ELSEWHERE.search(sentence) else ""
        is_denied = bool(_DENIES.search(sentence) or _DENIES_AFTER.match(after))
        region = next((a for a, b in finals if a <= start < b), None)
        is_final = region is not None
        is_first = is_final and region not in begun and ("\n" in latex or _LEADS_TO.search(before) is not None)
        begun.add(region)
        for clause in clauses:
            goes_on = not (concludes and clause is clauses[0])
            members, ops, leading = _chain(clause, notation, statements if goes_on else [])
            if not members:
                continue
            statements.append(
                Statement(
                    members=members,
                    ops=ops,
                    leading=leading,
                    is_final=is_final or clause.boxed,
                    is_approximate=bool(_APPROXIMATE.search(before) or _APPROXIMATE.search(after[:40])),
                    is_definition=not clause.boxed
                    and (_defines(clause.lead) or (clause is clauses[0] and bool(_DEFINING.search(before)))),
                    whole=False,
                    text=latex.strip(),
                    offset=start,
                    place=place,
                    trust=answer.trust,
                    item=answer.item,
                    is_denied=is_denied,
                    concludes=concludes if clause is clauses[0] else "",
                    is_announced=is_first or clause.boxed,
                    is_boxed=clause.boxed,
                )
            )
    own = [one for one in statements if one.place.file == answer.place.file]
    _join_by_words(answer, statements)
    if len(own) <= _SHORT_STATEMENTS and len([one for one in own if not one.is_definition]) == 1:
        statements[:] = [one if one.is_definition or one not in own else replace(one, whole=True) for one in statements]
    if not found:
        _read_plain_lines(answer, notation, statements)


# An answer of a few formulas of which one is no definition consists of that one.
_SHORT_STATEMENTS = 4
# "The answer is N(0, 1)." in text without mathematics delimiters.
_GIVES = re.compile(
    r"^(?:so |thus |hence |therefore |then )?(?:the|my|our) (?:final )?"
    r"(?:answer|result|variance|law|distribution|limit) (?:is|are|becomes|equals)\s+(?P<formula>\S.*?)\.?$",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"\s*(?:\\quad|\\qquad|&|\\,|\{\})*\s*[+-]")
# List marks and part labels before a formula on a line of its own.
_LABEL = re.compile(
    r"^[\s>*\-•]*(?:\(?(?:part|problem|question)?\s*\d{0,2}\s*[a-z]?\s*[).:]+\s*)*(?=\S)", re.IGNORECASE
)
_SAYS = re.compile(
    r"(?P<approximate>approximat|roughly|about|nearly)|\b(?:is|are|equals?|follows?|has|becomes|distributed|law|gives|"
    r"with|variance|deviation)\b|[:=∼~]",
    re.IGNORECASE,
)
# What announces a moment right before its formula: "with variance $v$", but not "the desired variance $v$".
_MOMENT = re.compile(
    r"(?<!desired )(?<!target )(?<!true )(?<!data )(?<!original )(?<!correct )"
    r"(?:(?P<std>\bstandard deviation|\bstd\b|\bs\.?d\.?\b)|(?P<var>\bvariance\b))"
    r"(?:\s|is|are|of|equals?|equal to|about|approximately|roughly|[:=≈,])*$",
    re.IGNORECASE,
)


def _join_by_words(answer: Prose, statements: list[Statement]) -> None:
    """Join bare formulas that words join: `$X_t$ is normal with mean $0$ and variance $v$`."""
    subject: Statement | None = None
    for index, statement in enumerate(statements):
        if len(statement.members) != 1 or statement.place.file != answer.place.file:
            subject = None
            continue
        node = statement.members[0]
        start = max(answer.text.rfind(mark, 0, statement.offset) for mark in (". ", "\n\n", ";"))
        sentence = answer.text[max(start, 0) : statement.offset]
        if subject is not None and subject.offset < start:
            subject = None
        if isinstance(node, (Sym, Call, Expect)) and not isinstance(node, Dist):
            subject = statement
            if not _MOMENT.search(sentence):
                continue
        words = sentence if subject is None or subject is statement else answer.text[subject.offset : statement.offset]
        last = _MOMENT.search(words)
        label: Node | None = None
        if last is not None and not isinstance(node, Dist):
            kind = "Std" if last.group("std") else "Var"
            body = subject.members[0] if subject is not None and subject is not statement else None
            label = Expect(kind, (), body) if isinstance(body, (Sym, Call)) else body or Sym(kind)
        elif subject is not None and subject is not statement and _SAYS.search(words):
            label = subject.members[0]
        if label is None:
            continue
        says = _SAYS.finditer(words)
        approximate = statement.is_approximate or any(match.group("approximate") for match in says)
        statements[index] = replace(
            statement, members=(label, node), ops=("≈" if approximate else statement.leading or "=",), by_words=True
        )


def _formulas(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the formulas in delimiters, and inline code that stands where a formula could."""
    covered = [(span.start, span.end) for span in spans(text)]
    pieces: list[tuple[int, int, str]] = []
    for span in spans(text):
        if pieces and span.is_display and _GOES_ON.match(span.latex) and not text[pieces[-1][1] : span.start].strip():
            # A display that begins with a plus or minus right below another one is its second line.
            start, _, latex = pieces.pop()
            pieces.append((start, span.end, f"{latex} {span.latex}"))
        else:
            pieces.append((span.start, span.end, span.latex))
    for match in re.finditer(r"(?<!`)`([^`\n]{1,400})`(?!`)", text):
        if not any(a <= match.start() < b for a, b in covered):
            pieces.append((match.start(), match.end(), match.group(1)))
    yield from sorted(pieces)


def _read_plain_lines(answer: Prose, notation: Notation, statements: list[Statement]) -> None:
    """Read lines that are formulas as they stand, without delimiters."""
    finals = _final_regions(answer.text)
    position = 0
    for line in answer.text.splitlines(keepends=True):
        start, position = position, position + len(line)
        bare = _LABEL.sub("", line, count=1).strip().strip("*").strip()
        said = _GIVES.match(bare)
        whole = [said.group("formula")] if said else [line.strip(), bare, bare.rpartition(": ")[2].strip(" .*")]
        for candidate in dict.fromkeys(whole):
            if not candidate or len(candidate) > 2000:
                continue
            try:
                clauses = parse(candidate, notation).clauses
            except ReadError:
                continue
            words = sum(len(word) > 3 and word.isalpha() for word in candidate.split())
            clauses = tuple(clause for clause in clauses if not _has_a_word(clause))
            if not clauses or words > 2:
                continue
            for clause in clauses:
                members, ops, leading = _chain(clause, notation, statements)
                if members:
                    statements.append(
                        Statement(
                            members=members,
                            ops=ops,
                            leading=leading,
                            is_final=any(a <= start < b for a, b in finals) or bool(_FINAL.search(line)),
                            is_approximate=bool(_APPROXIMATE.search(line)),
                            is_definition=_defines(clause.lead),
                            whole=answer.text.strip() == candidate,
                            text=candidate,
                            offset=start,
                            place=_placed(answer, start),
                            trust=answer.trust,
                            item=answer.item,
                        )
                    )
            break


def _has_a_word(clause: Clause) -> bool:
    """Return whether a sentence was read as a product of words: a name of several plain letters that is no letter."""
    nodes = [clause.first, *(link.rhs for link in clause.links)]
    names = {part.name for node in nodes if node is not None for part in walk(node) if isinstance(part, Sym)}
    labels = {
        part.index.name
        for node in nodes
        if node is not None
        for part in walk(node)
        if isinstance(part, Sym) and isinstance(part.index, Sym)
    }
    words = {name for name in names - labels if len(name) > 1 and name.isalpha() and name not in GREEK}
    return bool(words - {"Var", "Std", "Variance", "dots"})


def _placed(answer: Prose, offset: int) -> Place:
    line = answer.place.line
    if line is None:
        return answer.place
    return replace(answer.place, line=line + line_of(answer.text, offset) - 1)


def _final_regions(text: str) -> list[tuple[int, int]]:
    """Return the stretches that the author announces as the answer: from such a line to the next heading."""
    regions: list[tuple[int, int]] = []
    opened: int | None = None
    position = 0
    for line in text.splitlines(keepends=True):
        announces = bool(_FINAL.search(re.sub(r"\$[^$]*\$|\\\(.*?\\\)", "", line)))
        if opened is not None and _HEADING.match(line) and not announces:
            regions.append((opened, position))
            opened = None
        if announces and opened is None:
            opened = position
        position += len(line)
    if opened is not None:
        regions.append((opened, position))
    return regions


def _defines(lead: str) -> bool:
    return bool(re.search(r"\b(?:where|let|with|define|here|denot\w+)\b", lead, re.IGNORECASE))


def _chain(
    clause: Clause, notation: Notation, before: list[Statement]
) -> tuple[tuple[Node, ...], tuple[str, ...], str]:
    """Return members, signs between them and a sign before the first one.

    A clause that begins with its sign goes on from the statement before it.
    """
    rest = tuple(notation.canonical(link.rhs) for link in clause.links)
    ops = tuple(link.op for link in clause.links)
    if clause.first is not None:
        return (notation.canonical(clause.first), *rest), ops, ""
    if not before:
        return rest, ops[1:], ops[0] if ops else ""
    head = _continued(before, clause.links[0].rhs, notation)
    return (*head.members, *rest), (*head.ops, *ops), head.leading


def _continued(before: list[Statement], rhs: Node, notation: Notation) -> Statement:
    """Return the statement that a chain beginning with its sign goes on from.

    An identity quoted in between (`exp(a + b) = exp(a) exp(b)`) shares no name with the chain and is stepped over.
    """
    names = {part.name for part in named(notation.canonical(rhs))}
    for one in before[-1:-7:-1]:
        # A name by itself in the text between two displays is not what a chain goes on from.
        if len(one.members) > 1 and names & {part.name for member in one.members for part in named(member)}:
            return one
    return before[-1]
