"""Text to tokens: LaTeX, Unicode mathematics and plain notation, mixed as people mix them.

Every character is either part of a token or is named in a `ReadError`; nothing is skipped but white space,
spacing macros and the wrappers that change only the look (`\\boxed`, `\\left`, fonts).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from grader.errors import ReadError
from grader.formula import alphabet as abc
from grader.formula.macros import (
    CONNECTING_WORDS,
    IDENTIFIER,
    LABEL,
    MACRO,
    MACROS,
    NUMBER,
    SYMBOLS,
    TWO_CHARACTER,
    WORD,
)
from grader.formula.tokens import Lexed, Token

MAX_CHARACTERS = 20_000
MAX_TOKENS = 8_000


def lex(text: str, *, words: Collection[str] = ()) -> Lexed:
    """Return the tokens of `text`; `words` are plain identifiers that the notation knows.

    Raises:
        ReadError: at the first character that is not understood, or past `MAX_CHARACTERS`, `MAX_TOKENS`.
    """
    if len(text) > MAX_CHARACTERS:
        raise ReadError(f"the text is longer than {MAX_CHARACTERS} characters", text=text, offset=MAX_CHARACTERS)
    scanner = _Scanner(text, words)
    scanner.run()
    return Lexed(text, tuple(scanner.tokens), tuple(scanner.boxed))


class _Scanner:
    """Scans one text; wrappers are resolved as soon as their closing brace is seen."""

    def __init__(self, text: str, words: Collection[str]) -> None:
        self.text = text
        self.words = words
        self.position = 0
        self.tokens: list[Token] = []
        self.boxed: list[tuple[int, int]] = []
        # What to do at the closing brace of each open one: the kind of wrapper and where it began.
        self.braces: list[tuple[str, int]] = []
        self.pending_wrapper = ""
        self.latex = "\\" in text

    def fail(self, reason: str, offset: int | None = None) -> ReadError:
        return ReadError(reason, text=self.text, offset=self.position if offset is None else offset)

    def add(self, kind: str, text: str, start: int, end: int | None = None) -> None:
        if len(self.tokens) >= MAX_TOKENS:
            raise self.fail(f"the formula has more than {MAX_TOKENS} symbols")
        self.tokens.append(Token(kind, text, start, self.position if end is None else end))

    def run(self) -> None:
        while self.position < len(self.text):
            self.step()
        if self.braces:
            raise self.fail("a brace is not closed", self.braces[-1][1])
        self.add("end", "", len(self.text))

    def step(self) -> None:
        start = self.position
        char = self.text[start]
        if char.isspace() or char in "\u200b\u2060\ufeff\u2061\u2062\u2063\u2009\u202f\u00ad&":
            self.position += 1
        elif char == "\\":
            self.macro(start)
        elif match := NUMBER.match(self.text, start):
            self.number(match)
        elif char.isascii() and char.isalpha():
            self.letters(start)
        elif char in abc.UNICODE_SUPERSCRIPTS or char in abc.UNICODE_SUBSCRIPTS:
            self.script_run(start)
        else:
            self.symbol(start, char)

    def number(self, match: re.Match[str]) -> None:
        if self.tokens and self.tokens[-1].kind == "num" and self.tokens[-1].end == match.start():
            raise self.fail("two numbers touch")
        self.position = match.end()
        self.add("num", match.group().replace("{,}", ""), match.start())

    def letters(self, start: int) -> None:
        identifier = IDENTIFIER.match(self.text, start)
        assert identifier, "a letter starts an identifier"
        if identifier.group() in self.words and not (self.latex and identifier.group() == "dt"):
            self.position = identifier.end()
            self.add("word", identifier.group(), start)
            return
        word = WORD.match(self.text, start)
        assert word, "a letter starts a word"
        name = word.group()
        if name in abc.MODULES and self.text[word.end() : word.end() + 1] == ".":
            self.position = word.end() + 1
            return
        stripped = name.rstrip("0123456789")
        if name in self.words or (len(name) > 1 and abc.is_word(name)):
            self.position = word.end()
            self.add("remark" if name in CONNECTING_WORDS else "word", name, start)
        elif self.latex or len(stripped) == 1:
            self.position = start + 1
            self.add("name", name[0], start)
            if not self.latex and len(stripped) == 1 and len(name) > 1:
                self.digits_as_index(start + 1, word.end())
        elif stripped in abc.GREEK:
            self.position = start + len(stripped)
            self.add("name", stripped, start)
            if stripped != name:
                self.digits_as_index(self.position, word.end())
        else:
            self.position = word.end()
            self.add("word", name, start)
        self.accent_after()

    def digits_as_index(self, start: int, end: int) -> None:
        """Read the digits of a plain name such as `x1` as an index."""
        self.add("op", "_", start, start)
        self.position = end
        self.add("num", self.text[start:end], start)

    def accent_after(self) -> None:
        """Attach combining accents that follow a letter."""
        while self.position < len(self.text) and self.text[self.position] in abc.COMBINING_ACCENTS:
            accent = abc.COMBINING_ACCENTS[self.text[self.position]]
            self.position += 1
            last = self.tokens[-1]
            self.tokens[-1] = replace(last, accents=(*last.accents, accent), end=self.position)

    def script_run(self, start: int) -> None:
        """Read a run of raised or lowered characters as one group."""
        char = self.text[start]
        table = abc.UNICODE_SUPERSCRIPTS if char in abc.UNICODE_SUPERSCRIPTS else abc.UNICODE_SUBSCRIPTS
        end = start
        while end < len(self.text) and self.text[end] in table:
            end += 1
        run = "".join(table[c] for c in self.text[start:end])
        self.position = end
        self.add("op", "^" if table is abc.UNICODE_SUPERSCRIPTS else "_", start, start)
        self.add("open", "{", start, start)
        for token in lex(run).tokens[:-1]:
            self.add(token.kind, token.text, start, end)
        self.add("close", "}", end, end)

    def symbol(self, start: int, char: str) -> None:
        pair = self.text[start : start + 2]
        if pair in TWO_CHARACTER:
            self.position += 2
            if pair in abc.RELATIONS:
                self.add("rel", abc.RELATIONS[pair], start)
            else:
                self.add("op", {"**": "^", "||": "‖", "//": "//"}[pair], start)
            return
        if self.text.startswith("...", start):
            raise self.fail("dots stand for terms that are not written")
        self.position += 1
        if char in "{":
            self.open_brace(start)
        elif char == "}":
            self.close_brace(start)
        elif char in "([":
            self.add("open", char, start)
        elif char in ")]":
            self.add("close", char, start)
        elif char in "+-*/^_!'":
            self.add("op", char, start)
        elif char in abc.RELATIONS:
            self.add("rel", abc.RELATIONS[char], start)
        elif char in ",;:.":
            self.add("sep", char, start)
        elif char == "|":
            self.add("op", "|", start)
        elif char in abc.UNICODE_LETTERS:
            self.add("name", abc.UNICODE_LETTERS[char], start)
            self.accent_after()
        elif char in abc.PRECOMPOSED:
            letter, accent = abc.PRECOMPOSED[char]
            self.add("name", letter, start)
            self.tokens[-1] = replace(self.tokens[-1], accents=(accent,))
        elif char in abc.UNICODE_CONNECTIVES:
            self.add("remark", char, start)
        elif char in SYMBOLS:
            kind, text = SYMBOLS[char]
            self.add(kind, text, start)
        elif char in abc.UNICODE_STYLED or char in abc.UNICODE_FRACTIONS:
            self.replacement(start, char)
        elif char == "$":
            raise self.fail("a dollar sign inside a formula", start)
        else:
            raise self.fail(f"the character {char!r} is not understood", start)

    def replacement(self, start: int, char: str) -> None:
        """Read a styled letter or a built fraction as the text that it stands for."""
        fraction = char in abc.UNICODE_FRACTIONS
        text = abc.UNICODE_FRACTIONS[char] if fraction else abc.UNICODE_STYLED[char]
        if fraction:
            self.add("open", "(", start, start)
        for token in lex(text).tokens[:-1]:
            self.tokens.append(replace(token, start=start, end=start + 1))
        if fraction:
            self.add("close", ")", start, start)
        self.accent_after()

    def open_brace(self, start: int) -> None:
        self.braces.append((self.pending_wrapper or "{", start))
        if not self.pending_wrapper:
            self.add("open", "{", start)
        self.pending_wrapper = ""

    def close_brace(self, start: int) -> None:
        if not self.braces:
            raise self.fail("a brace closes that was not opened", start)
        wrapper, opened = self.braces.pop()
        if wrapper == "{":
            self.add("close", "}", start)
        elif wrapper == "boxed":
            self.boxed.append((opened, start))
            self.add("sep", "box", start)
        elif wrapper == "brace" and (label := LABEL.match(self.text, self.position)):
            # The label of \underbrace{...}_{label} says nothing that is part of the formula.
            self.position = label.end()
            self.raw_group()

    def macro(self, start: int) -> None:
        match = MACRO.match(self.text, start)
        if match is None:
            raise self.fail("a backslash ends the text", start)
        name = match.group(1)
        self.position = match.end()
        if name in abc.SILENT_MACROS or name == "":
            if name in ("left", "right") and self.text[self.position : self.position + 1] == ".":
                self.position += 1
        elif name in abc.SPACES:
            if name == "hspace":
                self.raw_group()
            if name in ("quad", "qquad"):
                self.add("sep", "quad", start)
        elif name in abc.TRANSPARENT:
            self.wrapper("boxed" if name in ("boxed", "fbox") else "plain")
            if name in ("boxed", "fbox"):
                self.add("sep", "box", start)
        elif name in ("underbrace", "overbrace", "underset", "overset", "stackrel"):
            self.brace_macro(name, start)
        elif name in ("textcolor", "color", "tag", "tag*", "label", "phantom", "hphantom", "class"):
            self.raw_group()
            if name == "textcolor":
                self.wrapper("plain")
        elif name in ("\\", "newline", "cr"):
            if self.text[self.position : self.position + 1] == "[":
                close = self.text.find("]", self.position)
                self.position = close + 1 if close > 0 else self.position
            self.add("sep", "\\\\", start)
        elif name in ("begin", "end"):
            self.environment(name, start)
        else:
            self.named_macro(name, start)

    def wrapper(self, kind: str) -> None:
        """Note that the next brace only wraps."""
        rest = re.compile(r"\s*").match(self.text, self.position)
        self.position = rest.end() if rest else self.position
        if self.text[self.position : self.position + 1] == "{":
            self.pending_wrapper = kind

    def brace_macro(self, name: str, start: int) -> None:
        if name in ("underbrace", "overbrace"):
            self.wrapper("brace")
            return
        # \overset{above}{=}: what stands above a relation is a remark on it, but "approx." changes what it says.
        above = self.raw_group()
        if "approx" in above or above.strip() in ("\\cdot", "·", "."):
            self.raw_group()
            self.add("rel", "≈", start)
        else:
            self.wrapper("plain")

    def raw_group(self) -> str:
        """Return the text of the next brace group or character, and step over it."""
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1
        if self.text[self.position : self.position + 1] != "{":
            self.position += 1
            return self.text[self.position - 1 : self.position]
        depth, begin = 0, self.position
        for index in range(begin, len(self.text)):
            char = self.text[index]
            if char == "{" and self.text[index - 1] != "\\":
                depth += 1
            elif char == "}" and self.text[index - 1] != "\\":
                depth -= 1
                if depth == 0:
                    self.position = index + 1
                    return self.text[begin + 1 : index]
        raise self.fail("a brace is not closed", begin)

    def environment(self, name: str, start: int) -> None:
        kind = self.raw_group().strip().rstrip("*")
        if kind in ("aligned", "align", "gathered", "gather", "split", "equation", "alignedat", "multline"):
            self.add("sep", "\\\\", start)
        elif kind in ("cases", "dcases") or kind.endswith("matrix") or kind == "array":
            if kind == "array" and name == "begin":
                self.raw_group()
            self.add("open" if name == "begin" else "close", f"{name} {kind}", start)
            if name == "begin":
                self.table(kind)
        else:
            raise self.fail(f"the environment {kind} is not understood", start)

    def table(self, kind: str) -> None:
        """Scan up to the matching end, keeping the column separators."""
        depth = len(self.braces)
        while self.position < len(self.text):
            if self.text[self.position] == "&" and len(self.braces) == depth:
                self.position += 1
                self.add("sep", "&", self.position - 1)
                continue
            if self.text.startswith("\\end", self.position) and len(self.braces) == depth:
                return
            self.step()

    def named_macro(self, name: str, start: int) -> None:
        if name in abc.GREEK or name in abc.GREEK_VARIANTS or name in abc.LETTER_MACROS:
            letter = abc.GREEK_VARIANTS.get(name) or abc.LETTER_MACROS.get(name) or name
            self.add("name", letter, start)
        elif name in abc.ACCENTS:
            self.add("accent", abc.ACCENTS[name], start)
        elif name in abc.FONTS:
            self.font(name, start)
        elif name in abc.WORD_FONTS or name == "operatorname*":
            self.words_in_text(self.raw_group(), start, is_text=name.startswith(("text", "mbox")))
        elif name in abc.RELATIONS:
            if name == "xrightarrow":
                self.raw_group()
            self.add("rel", abc.RELATIONS[name], start)
        elif name in abc.CONNECTIVES:
            self.add("remark", name, start)
        elif name == "mathbb":
            self.font(name, start)
        elif name == "not":
            raise self.fail("\\not is not understood; write \\ne or \\notin", start)
        elif name in MACROS:
            kind, text = MACROS[name]
            self.add(kind, text, start)
        elif name in ("ldots", "dots", "cdots", "dotsc", "dotsb", "vdots", "ddots"):
            self.add("sep", "dots", start)
        elif name in abc.FUNCTION_WORDS or name in abc.OPERATOR_WORDS:
            self.add("word", name, start)
        elif name in ("frac", "dfrac", "tfrac", "cfrac", "binom", "dbinom", "tbinom", "nicefrac", "sfrac"):
            self.add("macro", "binom" if "binom" in name else "frac", start)
        elif name == "operatornamewithlimits":
            self.words_in_text(self.raw_group(), start, is_text=False)
        else:
            raise self.fail(f"\\{name} is not understood", start)

    def font(self, name: str, start: int) -> None:
        """Read a styled letter; a styled word is a word."""
        inner = self.raw_group().strip()
        style = abc.FONTS[name]
        if inner.startswith("\\") and inner[1:] in abc.GREEK:
            inner = inner[1:]
            self.add("name", f"{style} {inner}".strip(), start)
        elif len(inner) == 1:
            self.add("name", f"{style} {inner}".strip(), start)
        elif inner.isalpha():
            self.add("word", inner, start)
        else:
            # A style around a whole expression changes only its look.
            for token in lex(inner, words=self.words).tokens[:-1]:
                self.add(token.kind, token.text, start)

    def words_in_text(self, content: str, start: int, *, is_text: bool) -> None:
        word = content.strip().replace("\\_", "_").rstrip(".,;:") if is_text else content.strip()
        if re.fullmatch(r"arg(?:\\[,;!: ]|~|\s)*(?:min|max)", word):
            word = "arg" + word[-3:]
        if word == "d" or (len(word) == 1 and word.isalpha()):
            self.add("name", word, start)
        elif not word:
            if content:
                self.add("sep", "quad", start)
        elif re.fullmatch(r"[A-Za-z_\-]+\d*", word):
            known = abc.is_word(word) or word in self.words or word in ("E", "N", "U", "KL", "ref", "DDIM")
            previous = self.tokens[-1].text if self.tokens else ""
            scripted = previous in ("_", "^") or (previous == "{" and len(self.tokens) > 1)
            is_label = known or scripted or not (is_text and content != content.strip())
            kind = "word" if is_label and word.lower() not in CONNECTING_WORDS else "remark"
            self.add(kind, word, start)
        else:
            self.add("remark", word, start)
