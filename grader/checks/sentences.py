"""Markdown to sentences of normalised words: what a claim is looked for in. Every pass over the text is linear.

A word is lower case and cut down to a stem, mathematics is words too (`\\sigma^4 \\ll \\sigma^2`, `σ⁴ ≪ σ²` and
`sigma**4 << sigma2` are all `sigma^4 < sigma^2`). Questions, code, comments and text that addresses the person
who grades make no sentences: nothing is claimed there.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

MAX_TEXT = 100_000
MAX_QUOTATION = 200

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹ᵀᴸᵗⁿ", "0123456789tltn")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉ₗₜ", "0123456789lt")
_GREEK = dict(
    zip(
        "αβγδεζηθλμνξπρστφϕχψωϵΔΣΠ",
        "alpha beta gamma delta epsilon zeta eta theta lambda mu nu xi pi rho sigma tau phi phi chi psi omega epsilon "
        "delta sum prod".split(),
        strict=True,
    )
)
_RELATIONS = {
    "ll": "<", "lt": "<", "leq": "<", "le": "<", "lesssim": "<", "prec": "<", "gg": ">", "gt": ">", "geq": ">",
    "ge": ">", "gtrsim": ">", "succ": ">", "approx": "≈", "simeq": "≈", "sim": "∼", "propto": "∝", "neq": "≠",
    "ne": "≠", "to": "→", "rightarrow": "→", "Rightarrow": "→", "implies": "→", "longrightarrow": "→",
    "therefore": "→", "equiv": "=", "infty": "infinity", "cdot": "", "times": "",
}  # fmt: skip
_SIGNS = str.maketrans(
    {"≪": "<", "≫": ">", "≤": "<", "≥": ">", "≲": "<", "≳": ">", "≃": "≈", "≅": "≈", "⇒": "→", "⟶": "→", "⟹": "→",
     "∞": " infinity ", "≡": "=", "∑": " sum ", "−": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "·": " ", "×": " ",
     "ℓ": "l", "∇": " grad ", "√": " sqrt ", "≺": "<", "≻": ">"}
)  # fmt: skip
_DECORATION = re.compile(
    r"\\(?:left|right|[bB]igg?[lr]?|displaystyle|boxed|text(?:bf|it|rm)?|math(?:rm|cal|bb|bf|it|sf)|operatorname\*?|"
    r"widehat|widetilde|hat|tilde|bar|quad|qquad|mid|limits)(?![A-Za-z])|\\[,;:!> ]|\\\\"
)
_COMMAND = re.compile(r"\\([A-Za-z]+)")
# No span reaches over the opening of another one and no run is entered twice: all of these are linear.
MATH = re.compile(r"\$\$[^$]*\$\$|\$[^$\n]*\$|\\\[(?:[^\\]|\\(?![\[\]]))*\\\]|\\\((?:[^\\]|\\(?![()]))*\\\)")
_END = re.compile(r"(?<![.!?…])[.!?…]++[)\"'*_\]]*+(?=\s|$)|[。！？]")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(*])(?:i\.?e|e\.?g|vs|cf|approx|w\.?r\.?t|resp|fig|eqs?|etc|al|[a-h]|\d{1,2})$", re.I
)
_ITEM = re.compile(r"\A\s{0,12}(?:[-*+•–👉✅❌→]|\(?[0-9ivx]{1,4}[.)]|\(?[a-h]\))\s+")
_TOKEN = re.compile(
    r"[a-z]+(?:_[a-z0-9]+)?(?:\^[a-z0-9*+]+)?|\d+(?:\.\d+)?(?:\^\d+)?|[<>≈=∼∝≠→]|(?<![a-z])-|--+|[,;:()—–|\"]|\S"
)
_SIGMA2 = re.compile(r"sigma(?:\s+squared|_squared|_?2(?![0-9])|\*\*2)")
_SQUARED = re.compile(r"\(\s*sigma\^2\s*\)\s*\^2|sigma\^2\s+squared")
_SHORT = {
    "can't": "cannot", "cant": "cannot", "can not": "cannot", "won't": "will not", "dont": "do not",
    "doesnt": "does not", "isnt": "is not", "couldn't": "could not", "n't": " not", "&": " and ",
}  # fmt: skip
_KEPT = frozenset(
    "over under never other another after order whether either neither rather however longer is was has this its as us "
    "less does thus always because plus across unless is not no the when where here there then than these those sigma "
    "theta beta pi one zero need feed speed seed exceed string thing nothing something anything everything during "
    "bias yes loss class analysis bring red need".split()
)
_FUNCTIONS = frozenset("exp log sigma sigmoid softmax var cov sqrt max min".split())
_ADDRESS = re.compile(
    r"\b(?:graders?|grading|instructors?|rubric|teaching assistant|full (?:credit|marks|points|score)|"
    r"ignore (?:all |any )?(?:previous|prior|the above)|mark (?:this|it|me|my|the answer|as)|"
    r"(?:award|give|assign) (?:me |this |it |the |full )+"
    r"(?:full|points?|credit|marks?|answer|score)|system prompt|language model grading|this answer (?:is|should be) "
    r"(?:marked|graded|accepted))\b",
    re.I,
)
_ASKED = re.compile(
    r"^\W*(?:hint|problem statement|question|task|(?:we|you) are asked|the (?:question|sheet|problem (?:asks|says)))\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: its stems, the segment that each stands in (commas and the like part them), and its source.

    `cues` are the words before stemming, for negation; `math` tells for each word whether it is a sign or a symbol.
    """

    quotation: str
    words: tuple[str, ...]
    raw: tuple[str, ...]
    segments: tuple[int, ...]


def sentences(text: str) -> list[Sentence]:
    """Return the sentences of a markdown text that state something, in order."""
    found: list[Sentence] = []
    for block in _blocks(text[:MAX_TEXT]):
        for piece in _pieces(block):
            bare = piece.rstrip(" *_)\"'")
            if bare.endswith("?") or _ADDRESS.search(piece) or _ASKED.search(_without_marks(piece)):
                continue
            sentence = _sentence(piece)
            if sentence.words:
                found.append(sentence)
    return found


def _without_marks(text: str) -> str:
    return re.sub(r"[*_#>`]", "", text)


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Return a word without its endings, the same for its forms: sums, summing, summed; wrong, wrongly."""
    if word in _KEPT or len(word) < 4 or not word.isalpha():
        return word
    for ending, instead in (("isation", "ize"), ("ization", "ize"), ("ability", "able"), ("ibility", "ible"),
                            ("ise", "ize"), ("ises", "ize"), ("ised", "ize"),
                            ("ising", "ize"), ("ies", "y"), ("ied", "y")):  # fmt: skip
        if word.endswith(ending) and len(word) > len(ending) + 2:
            word = word.removesuffix(ending) + instead
            break
    if word.endswith("ly") and len(word) > 5:
        word = word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
        if word in _KEPT:
            return word
    for ending in ("ing", "ed", "est", "er"):
        if word in _KEPT:
            return word
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            if ending in ("est", "er"):
                break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def words_of(text: str) -> list[str]:
    """Return the words and signs of a text before stemming, separators among them."""
    for short, full in _SHORT.items():
        if short in text:
            text = text.replace(short, full)
    return _TOKEN.findall(text)


def plain(text: str) -> str:
    """Return markdown with mathematics as lower-case words and signs: no accents, markup or LaTeX commands left."""
    text = " ".join(text.split())
    text = re.sub(r"([⁰¹²³⁴⁵⁶⁷⁸⁹ᵀᴸᵗⁿ]+)", lambda found: "^" + found[1].translate(_SUPERSCRIPTS), text)
    text = re.sub(r"([₀₁₂₃₄₅₆₇₈₉ₗₜ]+)", lambda found: "_" + found[1].translate(_SUBSCRIPTS), text)
    text = text.translate(_SIGNS)
    text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    text = "".join(f" {_GREEK[c]} " if c in _GREEK else c for c in text)
    text = _DECORATION.sub(" ", text)
    text = _COMMAND.sub(lambda found: f" {_RELATIONS.get(found[1], found[1])} ", text)
    text = re.sub(r"(?<=[\w)])\*\*(?=[\w(])", "^", text)
    text = re.sub(r"<!--|-->|[`#$]|\*\*|__|\\[()\[\]{}]?", " ", text)
    text = re.sub(r"(?<![-=])[-=]++>", " → ", re.sub(r"<<|<=", " < ", re.sub(r">>|>=", " > ", text)))
    text = " ".join(text.lower().split())
    text = re.sub(r"\s*([_^])\s*\{\s*([^{}\s]*)\s*\}", r"\1\2", text)
    text = text.replace("{", " ").replace("}", " ")
    text = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", re.sub(r"\bsum_\w+", " sum ", text))
    text = re.sub(r"\|(?=\S)|(?<=\S)\|", " ", text)
    text = " ".join(text.split())
    text = re.sub(r" ?\^ ?(?=\w)", "^", re.sub(r"(?<=[a-z]) _(?=[a-z0-9])", "_", text))
    text = re.sub(r"\b\d{2,}\^\d{2,}", "astronomical", text)
    text = _SIGMA2.sub("sigma^2", text)
    return _SQUARED.sub("sigma^4", text)


def _sentence(piece: str) -> Sentence:
    """Return the words of one sentence; commas within mathematics or the brackets of a call part nothing."""
    piece = _ITEM.sub("", piece, count=1)
    shown = " ".join(piece.split())
    quotation = shown if len(shown) <= MAX_QUOTATION else shown[: MAX_QUOTATION - 1] + "…"
    words: list[str] = []
    raw: list[str] = []
    segments: list[int] = []
    segment = 0
    at = 0
    spans = [(found.start(), found.end()) for found in MATH.finditer(piece)]
    for start, end in [*spans, (len(piece), len(piece))]:
        for text, is_math in ((piece[at:start], False), (piece[start:end], True)):
            depth = 0
            before = ""
            for token in words_of(plain(text)):
                if token in "()":
                    name = before.split("_")[0]
                    called = token == "(" and bool(name) and (name in _FUNCTIONS or (name.isalpha() and len(name) < 3))
                    within = depth > 0
                    depth = max(0, depth + 1 if called or (depth and token == "(") else depth - (token == ")"))
                    segment += not is_math and not depth and not within and not called
                elif token in ',;:—–|"' or token.startswith("--"):
                    segment += not is_math and not depth
                elif token.isalnum() or token[0].isalnum() or token in "<>≈=∼∝≠→-":
                    segment += token == "→" and not is_math
                    words.append(stem(token))
                    raw.append(token)
                    segments.append(segment)
                before = token
        at = end
    return Sentence(quotation, tuple(words), tuple(raw), tuple(segments))


# ---------------------------------------------------------------- markdown to blocks to pieces


def _blocks(text: str) -> list[str]:
    """Return paragraphs, list items, headings and table rows; displayed formulas stay with what leads to them."""
    blocks: list[list[str]] = []
    quoted: list[bool] = []
    fenced = opened = False
    fresh = True
    in_display = False
    for line in _without_comments(text).splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
            continue
        if fenced:
            continue
        stripped = line.strip()
        if in_display:
            blocks[-1].append(stripped)
            in_display = not (stripped.endswith(("\\]", "$$")))
            fresh = not in_display and stripped.endswith((".", ".\\]", ".$$"))
            continue
        is_quoted = stripped.startswith(">")
        stripped = stripped.lstrip("> ") if is_quoted else stripped
        if not stripped or re.fullmatch(r"[-=*_|: ]{3,}", stripped):
            fresh = True
            continue
        if stripped.startswith(("\\[", "$$")) and blocks:
            blocks[-1].append(stripped)
            in_display = stripped.count("$$") == 1 or (stripped.startswith("\\[") and "\\]" not in stripped)
            fresh = False
            continue
        opened = stripped.startswith(("#", "|")) or bool(_ITEM.match(stripped))
        if fresh or opened or not blocks or is_quoted != quoted[-1]:
            blocks.append([stripped])
            quoted.append(is_quoted)
        else:
            blocks[-1].append(stripped)
        fresh = stripped.startswith(("#", "|"))
    kept = []
    for block, is_quoted in zip(blocks, quoted, strict=True):
        joined = " ".join(block)
        if not (is_quoted and "?" in joined):
            kept.append(joined)
    return kept


def _without_comments(text: str) -> str:
    kept: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0:
        kept.append(text[at:start])
        end = text.find("-->", start)
        if end < 0:
            return "".join(kept)
        at = end + 3
    return "".join([*kept, text[at:]])


def _pieces(block: str) -> list[str]:
    """Return the sentences of a block as written; a full stop in mathematics or an abbreviation ends nothing."""
    masked = MATH.sub(lambda found: "\x01" * len(found[0]), block)
    pieces: list[str] = []
    at = 0
    for found in _END.finditer(masked):
        if found[0].startswith(".") and _ABBREVIATION.search(masked[max(0, found.start() - 12) : found.start()]):
            continue
        pieces.append(block[at : found.end()])
        at = found.end()
    return [piece.strip() for piece in [*pieces, block[at:]] if piece.strip()]
