"""Trees to text: LaTeX for reports (what a formula was read as), one line of plain text for terminals."""

from __future__ import annotations

import itertools
from fractions import Fraction

from grader.formula import alphabet as abc
from grader.formula.tree import (
    KL,
    Add,
    At,
    Big,
    Call,
    Cases,
    Const,
    Deriv,
    Dist,
    Div,
    Dot,
    Expect,
    Extremum,
    Fn,
    Grad,
    Interval,
    Limit,
    Matrix,
    Mul,
    Neg,
    Node,
    Num,
    Pow,
    Rel,
    Set,
    Sym,
    Tuple,
)

_ADD, _MUL, _POW, _ATOM = 1, 2, 3, 4
_RELATIONS = {
    "=": "=", "≈": "\\approx", "∼": "\\sim", "∝": "\\propto", "→": "\\to", "≠": "\\ne", "≤": "\\le", "≥": "\\ge",
    "∈": "\\in", "≪": "\\ll", "≫": "\\gg", "≻": "\\succ", "≺": "\\prec", "<": "<", ">": ">", "↦": "\\mapsto",
}  # fmt: skip
_FUNCTION_MACROS = frozenset(
    "log exp sin cos tan cot sec csc sinh cosh tanh coth max min det".split(),
)
_DISTRIBUTIONS = {"normal": "\\mathcal{N}", "uniform": "\\mathrm{Uniform}"}


def to_text(node: Node) -> str:
    """Return a tree on one line, in the notation of plain text: `(sigma^2 + t)/2`."""
    return _Printer(latex=False).show(node)


def to_latex(node: Node) -> str:
    """Return a tree as LaTeX."""
    return _Printer(latex=True).show(node)


class _Printer:
    """Prints one tree in one of the two notations."""

    def __init__(self, *, latex: bool) -> None:
        self.latex = latex

    def show(self, node: Node, level: int = 0) -> str:
        text, own = self._render(node)
        if own < level:
            return f"\\left({text}\\right)" if self.latex else f"({text})"
        return text

    def _render(self, node: Node) -> tuple[str, int]:
        match node:
            case Num(value):
                return self._number(value)
            case Const(name):
                return self._constant(name), _ATOM
            case Sym():
                return self._symbol(node), _ATOM
            case Add(terms):
                return self._sum(terms), _ADD
            case Neg(operand):
                return f"-{self.show(operand, _MUL)}", _ADD
            case Mul(factors):
                return self._product(factors), _MUL
            case Div(numerator, denominator):
                return self._fraction(numerator, denominator)
            case Pow(base, exponent):
                raised = self.show(exponent) if self.latex else self.show(exponent, _ATOM)
                return f"{self.show(base, _ATOM)}^" + (f"{{{raised}}}" if self.latex else raised), _POW
            case Fn(name, args):
                return self._function(name, args)
            case Call(head, args, given, primes):
                bar = " \\mid " if self.latex else " | "
                inside = self._list(args) + (bar + self._list(given) if given else "")
                return f"{self._symbol(head)}{chr(39) * primes}({inside})", _ATOM
            case Dist(name, args):
                shown = _DISTRIBUTIONS.get(name, f"\\mathrm{{{name}}}") if self.latex else name.capitalize()
                return f"{shown}({self._list(args)})", _ATOM
            case Rel(op, lhs, rhs):
                sign = _RELATIONS.get(op, op) if self.latex else op
                return f"{self.show(lhs)} {sign} {self.show(rhs)}", 0
            case Dot():
                return ("\\cdot" if self.latex else "·"), _ATOM
        return self._construct(node)

    def _construct(self, node: Node) -> tuple[str, int]:
        match node:
            case Big():
                return self._big(node), _MUL
            case Limit(variable, to, side, body):
                mark = f"^{side}" if side else ""
                arrow = f"{self.show(variable)} {self._pick('->', chr(92) + 'to')} {self.show(to)}{mark}"
                return f"{self._pick('lim', chr(92) + 'lim')}_{{{arrow}}} {self.show(body, _MUL)}", _MUL
            case Expect(kind, binders, body, given):
                below = ", ".join(
                    self._list(binder.names)
                    + (f" {self._pick('~', chr(92) + 'sim')} {self.show(binder.source)}" if binder.source else "")
                    for binder in binders
                )
                sign = self._pick(kind, "\\mathbb{E}" if kind == "E" else f"\\mathrm{{{kind}}}")
                bar = f" {self._pick('|', chr(92) + 'mid')} {self._list(given)}" if given else ""
                return f"{sign}{f'_{{{below}}}' if below else ''}[{self.show(body)}{bar}]", _ATOM
            case KL(p, q):
                bars = self._pick("||", "\\|")
                return (
                    f"{self._pick('KL', 'D_{' + chr(92) + 'mathrm{KL}}')}({self.show(p)} {bars} {self.show(q)})",
                    _ATOM,
                )
            case Grad(variable, body):
                below = f"_{{{self.show(variable)}}}" if variable is not None else ""
                return f"{self._pick('∇', chr(92) + 'nabla')}{below} {self.show(body, _MUL)}", _MUL
            case Deriv(variable, order, body):
                power = f"^{{{order}}}" if order > 1 else ""
                if self.latex:
                    below = f"d {self.show(variable)}{power}"
                    return f"\\frac{{d{power}}}{{{below}}} {self.show(body, _MUL)}", _MUL
                return f"d{power}/d{self.show(variable)}{power} {self.show(body, _MUL)}", _MUL
            case At(body, lower, upper):
                return f"[{self.show(body)}]_{{{self.show(lower)}}}^{{{self.show(upper)}}}", _ATOM
            case Extremum(kind, variable, body):
                below = f"_{{{self.show(variable)}}}" if variable is not None else ""
                return f"{self._pick(kind, chr(92) + f'operatorname{{{kind}}}')}{below} {self.show(body, _MUL)}", 0
            case Tuple(items):
                return f"({self._list(items)})", _ATOM
            case Set(items):
                return self._pick("{", "\\{") + self._list(items) + self._pick("}", "\\}"), _ATOM
            case Interval(lower, upper, closed_lower, closed_upper):
                inside = f"{self.show(lower)}, {self.show(upper)}"
                return f"{'[' if closed_lower else '('}{inside}{']' if closed_upper else ')'}", _ATOM
            case Matrix(rows):
                return self._matrix(rows), _ATOM
            case Cases(branches):
                return self._cases(branches), _ATOM
        raise TypeError(f"no way to print {type(node).__name__}")

    def _pick(self, plain: str, latex: str) -> str:
        return latex if self.latex else plain

    def _list(self, nodes: tuple[Node, ...]) -> str:
        return ", ".join(self.show(node) for node in nodes)

    def _number(self, value: Fraction) -> tuple[str, int]:
        if value.denominator == 1:
            return str(value), _ATOM if value >= 0 else _ADD
        if self.latex:
            return f"\\frac{{{value.numerator}}}{{{value.denominator}}}", _POW
        return str(value), _MUL

    def _constant(self, name: str) -> str:
        if name == "oo":
            return self._pick("∞", "\\infty")
        return self._pick(name, f"\\{name}" if name == "pi" else name)

    def _symbol(self, symbol: Sym) -> str:
        name, stars, label = symbol.name, "", ""
        if "^" in name:
            name, _, label = name.partition("^")
            stars = (
                f"^{{{label if label in ('*', '†') else f'{chr(92)}text{{{label}}}'}}}" if self.latex else f"^{label}"
            )
        name, primes = name.rstrip("'"), "'" * (len(name) - len(name.rstrip("'")))
        words = name.split()
        text = self._letter(words[-1]) if words else ""
        for word in reversed(words[:-1]):
            text = self._decorated(word, text)
        index = ""
        if symbol.index is not None:
            index = f"_{{{self.show(symbol.index)}}}" if self.latex else f"_{self.show(symbol.index, _ATOM)}"
        return f"{text}{primes}{index}{stars}"

    def _letter(self, letter: str) -> str:
        if not self.latex:
            return letter
        if letter in abc.GREEK or letter in abc.GREEK_VARIANTS:
            return f"\\{letter}"
        return letter if len(letter) == 1 else f"\\text{{{letter}}}"

    def _decorated(self, word: str, text: str) -> str:
        if word == "Delta":
            return self._pick(f"Δ{text}", f"\\Delta {text}")
        if not self.latex:
            return text if word in ("cal", "bb", "bf", "frak") else f"{word} {text}"
        fonts = {"cal": "mathcal", "bb": "mathbb", "bf": "mathbf", "frak": "mathfrak"}
        return f"\\{fonts.get(word, word)}{{{text}}}"

    def _sum(self, terms: tuple[Node, ...]) -> str:
        text = self.show(terms[0], _ADD)
        for term in terms[1:]:
            if isinstance(term, Neg):
                text += f" - {self.show(term.operand, _MUL)}"
            else:
                text += f" + {self.show(term, _MUL if isinstance(term, (Add, Neg)) else _ADD)}"
        return text

    def _product(self, factors: tuple[Node, ...]) -> str:
        shown = [self.show(factor, _POW if not isinstance(factor, (Div, Big)) else _MUL) for factor in factors]
        if not self.latex:
            return "*".join(
                f"({text})" if isinstance(factor, (Div, Big)) and index else text
                for index, (factor, text) in enumerate(zip(factors, shown, strict=True))
            )
        text = shown[0]
        for previous, piece in itertools.pairwise(shown):
            text += (
                " \\cdot " if piece[0].isdigit() or (previous[-1].isdigit() and piece[0] == "\\frac") else " "
            ) + piece
        return text

    def _fraction(self, numerator: Node, denominator: Node) -> tuple[str, int]:
        if self.latex:
            return f"\\frac{{{self.show(numerator)}}}{{{self.show(denominator)}}}", _POW
        return f"{self.show(numerator, _MUL)}/{self.show(denominator, _POW)}", _MUL

    def _function(self, name: str, args: tuple[Node, ...]) -> tuple[str, int]:
        if self.latex:
            if name == "sqrt":
                return f"\\sqrt{{{self.show(args[0])}}}", _ATOM
            if name == "abs":
                return f"\\left|{self.show(args[0])}\\right|", _ATOM
            if name == "norm":
                return f"\\left\\|{self.show(args[0])}\\right\\|", _ATOM
            if name == "factorial":
                return f"{self.show(args[0], _ATOM)}!", _ATOM
            if name == "binomial":
                return f"\\binom{{{self.show(args[0])}}}{{{self.show(args[1])}}}", _ATOM
            if name == "logistic":
                return f"\\sigma\\left({self.show(args[0])}\\right)", _ATOM
            macro = f"\\{name}" if name in _FUNCTION_MACROS else f"\\operatorname{{{name}}}"
            return f"{macro}\\left({self._list(args)}\\right)", _ATOM
        shown = {"logistic": "sigmoid"}.get(name, name)
        return f"{shown}({self._list(args)})", _ATOM

    def _big(self, node: Big) -> str:
        sign = self._pick({"sum": "sum", "prod": "prod", "int": "int"}[node.kind], f"\\{node.kind}")
        if node.kind == "int":
            lower = self.show(node.lower) if node.lower is not None else ""
            upper = self.show(node.upper) if node.upper is not None else ""
            space = self._pick(" ", "\\,")
            return f"{sign}_{{{lower}}}^{{{upper}}} {self.show(node.body, _MUL)}{space}d{self.show(node.variable)}"
        below = self.show(node.variable)
        if node.lower is not None:
            below += f"={self.show(node.lower)}"
        if node.domain is not None:
            below += f" {self._pick('in', chr(92) + 'in')} {self.show(node.domain)}"
        above = f"^{{{self.show(node.upper)}}}" if node.upper is not None else ""
        return f"{sign}_{{{below}}}{above} {self.show(node.body, _MUL)}"

    def _matrix(self, rows: tuple[tuple[Node, ...], ...]) -> str:
        if self.latex:
            body = " \\\\ ".join(" & ".join(self.show(entry) for entry in row) for row in rows)
            return f"\\begin{{pmatrix}} {body} \\end{{pmatrix}}"
        return "[" + "; ".join(", ".join(self.show(entry) for entry in row) for row in rows) + "]"

    def _cases(self, branches: tuple[tuple[Node, Node | None], ...]) -> str:
        shown = [(self.show(v), self.show(c) if c is not None else "otherwise") for v, c in branches]
        if self.latex:
            body = " \\\\ ".join(f"{v} & {c if c != 'otherwise' else chr(92) + 'text{otherwise}'}" for v, c in shown)
            return f"\\begin{{cases}} {body} \\end{{cases}}"
        return "{" + "; ".join(f"{v} if {c}" for v, c in shown) + "}"
