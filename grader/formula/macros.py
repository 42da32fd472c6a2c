"""The characters and macros that are one token each: kind and text of the token."""

from __future__ import annotations

import re

NUMBER = re.compile(r"\d+(?:\{,\}\d{3})*(?:\.\d+)?(?:[eE][+-]?\d+(?![\w.]))?|\.\d+(?:[eE][+-]?\d+(?![\w.]))?")
WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MACRO = re.compile(r"\\([A-Za-z]+\*?|.)", re.DOTALL)
LABEL = re.compile(r"\s*[_^]\s*")
TWO_CHARACTER = ("**", "//", "||", ":=", "==", "!=", "<=", ">=", "->", "<<", ">>")

CONNECTING_WORDS = frozenset(["where", "and", "if", "otherwise", "for", "let", "with"])
SYMBOLS: dict[str, tuple[str, str]] = {
    "−": ("op", "-"), "–": ("op", "-"), "·": ("op", "*"), "⋅": ("op", "*"), "×": ("op", "*"),
    "∗": ("op", "*"), "÷": ("op", "/"), "∕": ("op", "/"), "⁄": ("op", "/"), "√": ("op", "√"), "∑": ("big", "sum"),
    "∏": ("big", "prod"), "∫": ("big", "int"), "∇": ("op", "∇"), "∂": ("op", "∂"), "∞": ("word", "infty"),
    "∥": ("op", "‖"), "‖": ("op", "‖"), "∣": ("op", "|"), "│": ("op", "|"), "′": ("op", "'"), "’": ("op", "'"),
    "⟨": ("open", "⟨"), "⟩": ("close", "⟩"), "⊤": ("op", "⊤"), "ᵀ": ("op", "⊤"), "±": ("op", "±"), "∓": ("op", "∓"),
    "…": ("sep", "dots"), "⋯": ("sep", "dots"), "∪": ("op", "∪"), "∩": ("op", "∩"), "⌊": ("open", "⌊"),
    "⌋": ("close", "⌋"), "⌈": ("open", "⌈"), "⌉": ("close", "⌉"), "∘": ("op", "∘"), "★": ("op", "★"), "⋆": ("op", "★"),
    "%": ("op", "%"), "@": ("op", "@"), "∀": ("remark", "for all"), "°": ("op", "°"), "∖": ("op", "∖"),
}  # fmt: skip
MACROS: dict[str, tuple[str, str]] = {
    "cdot": ("op", "*"), "times": ("op", "*"), "ast": ("op", "∗"), "star": ("op", "★"), "div": ("op", "/"),
    "sum": ("big", "sum"), "prod": ("big", "prod"), "int": ("big", "int"), "nabla": ("op", "∇"),
    "partial": ("op", "∂"), "infty": ("word", "infty"), "mid": ("op", "|"), "vert": ("op", "|"),
    "lvert": ("op", "|"), "rvert": ("op", "|"), "|": ("op", "‖"), "Vert": ("op", "‖"), "lVert": ("op", "‖"),
    "rVert": ("op", "‖"), "parallel": ("op", "‖"), "prime": ("op", "'"), "{": ("open", "\\{"),
    "}": ("close", "\\}"), "lbrace": ("open", "\\{"), "rbrace": ("close", "\\}"), "lbrack": ("open", "["),
    "rbrack": ("close", "]"), "langle": ("open", "⟨"), "rangle": ("close", "⟩"), "top": ("op", "⊤"),
    "intercal": ("op", "⊤"), "pm": ("op", "±"), "mp": ("op", "∓"), "cup": ("op", "∪"), "cap": ("op", "∩"),
    "lfloor": ("open", "⌊"), "rfloor": ("close", "⌋"), "lceil": ("open", "⌈"), "rceil": ("close", "⌉"),
    "circ": ("op", "∘"), "setminus": ("op", "∖"), "%": ("op", "%"), "_": ("op", "_"), "lparen": ("open", "("),
    "rparen": ("close", ")"), "slash": ("op", "/"), "colon": ("sep", ":"), "bullet": ("op", "*"),
    "dagger": ("op", "†"),
    "neg": ("op", "¬"), "lnot": ("op", "¬"), "complement": ("name", "c"),
    "mod": ("op", "mod"), "degree": ("op", "°"), "forall": ("remark", "for all"), "emptyset": ("word", "emptyset"),
    "otimes": ("op", "⊗"), "oplus": ("op", "⊕"), "land": ("op", "∩"), "lor": ("op", "∪"), "bmod": ("op", "mod"),
    "binom": ("macro", "binom"), "sqrt": ("macro", "sqrt"), "colonequals": ("rel", "="), "arg": ("word", "arg"),
    "argmin": ("word", "argmin"), "argmax": ("word", "argmax"), "lim": ("word", "lim"), "quad": ("sep", "quad"),
}  # fmt: skip
