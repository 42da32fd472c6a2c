"""The characters and words of written mathematics: one table each, used by the lexer and the parser."""

from __future__ import annotations

GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "omicron",
        "pi",
        "rho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Pi",
        "Sigma",
        "Upsilon",
        "Phi",
        "Psi",
        "Omega",
    ]
)
GREEK_VARIANTS = {"varepsilon": "epsilon", "vartheta": "vartheta", "varphi": "varphi", "varrho": "varrho"}
LETTER_MACROS = {"ell": "ell", "hbar": "hbar", "imath": "i", "jmath": "j", "aleph": "aleph", "wp": "wp"}

UNICODE_LETTERS = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "ϑ": "vartheta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu",
    "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "ς": "sigma", "τ": "tau", "υ": "upsilon",
    "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "∆": "Delta",
    "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
    "ℓ": "ell",
}  # fmt: skip
# Mathematical double-struck and script capitals as people paste them, by the macro they stand for.
UNICODE_STYLED = {
    "𝔼": "\\mathbb{E}", "ℙ": "\\mathbb{P}", "ℝ": "\\mathbb{R}", "ℕ": "\\mathbb{N}", "ℤ": "\\mathbb{Z}",
    "𝔻": "\\mathbb{D}", "𝒩": "\\mathcal{N}", "ℒ": "\\mathcal{L}", "𝓛": "\\mathcal{L}", "𝓝": "\\mathcal{N}",
    "𝒟": "\\mathcal{D}", "𝓓": "\\mathcal{D}", "𝒴": "\\mathcal{Y}", "𝟙": "\\mathbb{1}",
}  # fmt: skip
UNICODE_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵏᵗᵀᵝˣ", "0123456789+-=()niktTβx", strict=True))
UNICODE_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼᵣᵤᵥ", "0123456789+-=()aeoxhklmnpstijruv", strict=True))
UNICODE_FRACTIONS = {
    "½": "1/2",
    "⅓": "1/3",
    "⅔": "2/3",
    "¼": "1/4",
    "¾": "3/4",
    "⅕": "1/5",
    "⅙": "1/6",
    "⅛": "1/8",
}
COMBINING_ACCENTS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar", "\u20d7": "vec"}
PRECOMPOSED = {"ŷ": ("y", "hat"), "ĝ": ("g", "hat"), "ĥ": ("h", "hat"), "â": ("a", "hat"), "ê": ("e", "hat")}

ACCENTS = {
    "hat": "hat", "widehat": "hat", "tilde": "tilde", "widetilde": "tilde", "bar": "bar", "overline": "bar",
    "vec": "vec", "dot": "dot", "ddot": "ddot", "check": "check", "breve": "breve",
}  # fmt: skip
FONTS = {
    "mathcal": "cal", "mathscr": "cal", "mathbb": "bb", "mathfrak": "frak", "mathbf": "bf", "boldsymbol": "bf",
    "bm": "bf", "pmb": "bf", "mathsf": "", "mathit": "", "mathtt": "",
}  # fmt: skip
WORD_FONTS = frozenset(
    ["text", "textrm", "textit", "textbf", "textsf", "texttt", "mathrm", "operatorname", "mbox", "textnormal"]
)
SILENT_MACROS = frozenset(
    [
        "left",
        "right",
        "big",
        "Big",
        "bigg",
        "Bigg",
        "bigl",
        "bigr",
        "Bigl",
        "Bigr",
        "biggl",
        "biggr",
        "Biggl",
        "Biggr",
        "bigm",
        "Bigm",
        "middle",
        "displaystyle",
        "textstyle",
        "scriptstyle",
        "limits",
        "nolimits",
        "nonumber",
        "notag",
        "rm",
        "bf",
        "it",
        "cal",
        "mathopen",
        "mathclose",
        "mathbin",
        "mathrel",
        "mathord",
        "mathop",
        "mathstrut",
        "strut",
        "hfill",
        "hline",
        "centering",
        "ensuremath",
        "allowbreak",
    ]
)
SPACES = frozenset([",", ";", ":", "!", " ", ">", "quad", "qquad", "hspace", "enspace", "thinspace", "smallskip"])
TRANSPARENT = frozenset(
    ["boxed", "fbox", "underline", "mathstrut", "cancel", "bcancel", "xcancel", "colorbox", "smash", "vphantom"]
)

RELATIONS = {
    "=": "=", ":=": "=", "==": "=", "≔": "=", "≝": "=", "≜": "=", "approx": "≈", "≈": "≈", "simeq": "≈",
    "≃": "≈", "approxeq": "≈", "cong": "≈", "≅": "≈", "doteq": "≈", "coloneqq": "=", "triangleq": "=",
    "equiv": "=", "≡": "=", "defeq": "=", "sim": "∼", "∼": "∼", "~": "∼", "propto": "∝", "∝": "∝", "to": "→",
    "rightarrow": "→", "longrightarrow": "→", "→": "→", "->": "→", "⟶": "→", "xrightarrow": "→", "mapsto": "↦",
    "ne": "≠", "neq": "≠", "≠": "≠", "!=": "≠", "<": "<", "lt": "<", ">": ">", "gt": ">", "le": "≤",
    "leq": "≤", "leqslant": "≤", "≤": "≤", "<=": "≤", "ge": "≥", "geq": "≥", "geqslant": "≥", "≥": "≥",
    ">=": "≥", "in": "∈", "∈": "∈", "ll": "≪", "≪": "≪", "<<": "≪", "gg": "≫", "≫": "≫", ">>": "≫",
    "succ": "≻", "≻": "≻", "prec": "≺", "≺": "≺", "lesssim": "≲", "gtrsim": "≳", "subset": "⊂",
    "subseteq": "⊆", "notin": "∉", "stackrel": "=", "leftarrow": "←", "gets": "←", "←": "←",
    "succeq": "≽", "preceq": "≼",
}  # fmt: skip
CONNECTIVES = frozenset(
    [
        "Rightarrow",
        "implies",
        "iff",
        "Leftrightarrow",
        "Longrightarrow",
        "therefore",
        "because",
        "Longleftrightarrow",
        "impliedby",
    ]
)
UNICODE_CONNECTIVES = "⇒⟹⇔⟺∴∵"

FUNCTION_WORDS = {
    "log": "log", "ln": "log", "lg": "log10", "exp": "exp", "sqrt": "sqrt", "sin": "sin", "cos": "cos",
    "tan": "tan", "cot": "cot", "sec": "sec", "csc": "csc", "arcsin": "asin", "asin": "asin",
    "arccos": "acos", "acos": "acos", "arctan": "atan", "atan": "atan", "sinh": "sinh", "cosh": "cosh",
    "tanh": "tanh", "coth": "coth", "arcsinh": "asinh", "asinh": "asinh", "arsinh": "asinh",
    "arccosh": "acosh", "acosh": "acosh", "arcosh": "acosh", "arctanh": "atanh", "atanh": "atanh",
    "artanh": "atanh", "sigmoid": "logistic", "logistic": "logistic", "expit": "logistic",
    "softplus": "softplus", "logsigmoid": "logsigmoid", "abs": "abs", "Abs": "abs", "sign": "sign",
    "sgn": "sign", "gamma": "gamma", "lgamma": "lgamma", "loggamma": "lgamma", "gammaln": "lgamma",
    "factorial": "factorial", "binomial": "binomial", "floor": "floor", "ceil": "ceil", "ceiling": "ceil",
    "erf": "erf", "erfc": "erfc", "log2": "log2", "log10": "log10", "log1p": "log1p", "expm1": "expm1",
    "det": "det", "tr": "trace", "Tr": "trace", "trace": "trace", "logit": "logit", "relu": "relu",
    "ReLU": "relu", "cbrt": "cbrt", "pow": "pow", "logsumexp": "logsumexp", "square": "square",
}  # fmt: skip
INVERSES = {
    "sin": "asin", "cos": "acos", "tan": "atan", "sinh": "asinh", "cosh": "acosh", "tanh": "atanh",
    "logistic": "logit",
}  # fmt: skip
OPERATOR_WORDS = {
    "E": "E", "Var": "Var", "var": "Var", "Variance": "Var", "Cov": "Cov", "Pr": "P", "KL": "KL", "D_KL": "KL",
    "DKL": "KL", "argmin": "argmin", "argmax": "argmax", "min": "min", "max": "max", "sup": "max", "inf": "min",
    "lim": "lim", "sum": "sum", "prod": "prod", "int": "int", "Sum": "Sum", "Product": "Product",
    "Integral": "Integral", "Limit": "Limit", "limit": "Limit", "summation": "Sum", "Derivative": "Derivative",
    "diff": "Derivative", "integrate": "Integral", "product": "Product", "softmax": "softmax", "grad": "grad",
    "nabla": "nabla",
    "Rational": "Rational", "Fraction": "Rational", "Expectation": "E", "sd": "Std", "std": "Std", "Std": "Std",
    "SD": "Std", "mean": "E", "Integer": "Identity", "Float": "Identity", "float": "Identity",
}  # fmt: skip
DISTRIBUTION_WORDS = {
    "N": "normal", "Normal": "normal", "normal": "normal", "Gaussian": "normal", "Uniform": "uniform",
    "Unif": "uniform", "U": "uniform", "uniform": "uniform", "Bernoulli": "bernoulli", "Bern": "bernoulli",
    "Binomial": "binomial", "Bin": "binomial", "Poisson": "poisson", "Exp": "exponential", "Beta": "beta",
    "Categorical": "categorical", "Cat": "categorical", "Gamma": "gamma", "Laplace": "laplace",
}  # fmt: skip
# Prefixes of Python modules before a function of mathematics.
MODULES = frozenset(
    [
        "np",
        "numpy",
        "math",
        "sympy",
        "sp",
        "torch",
        "mpmath",
        "mp",
        "F",
        "scipy",
        "special",
        "nn",
        "functional",
        "cmath",
        "jnp",
        "tf",
    ]
)


def is_word(name: str) -> bool:
    """Return whether a plain identifier is a function, an operator, a law or a word that joins statements."""
    longer = len(name) > 1 and (name in OPERATOR_WORDS or name in DISTRIBUTION_WORDS)
    joins = ("oo", "inf", "infty", "where", "and", "if", "otherwise", "for", "let", "with")
    return (name in FUNCTION_WORDS or longer or name in joins) and name not in GREEK
