"""Functions that answer the parts of HW13: right ones of many kinds, wrong ones with their mistake, hostile ones."""

from __future__ import annotations

RIGHT: dict[str, tuple[str, ...]] = {
    "1a": (
        "def part_1a(sigma2):\n    return 0, sigma2 + 1",
        "def part_1a(sigma2):\n    return 1 + sigma2",
        "def part_1a(sigma):\n    return {'mean': 0.0, 'variance': sigma**2 + 1}",
        "part_1a = lambda v: [0, v + 1]",
        "import numpy as np\ndef part_1a(sigma2):\n    return np.array([0, sigma2 + 1])",
        "from fractions import Fraction\ndef part_1a(sigma2):\n    return (0, Fraction(sigma2) + 1)",
        "import sympy\ndef part_1a(sigma2):\n    return sympy.Rational(sigma2) + 1",
        "def part_1a(*args):\n    return args[0] + 1",
        "def part_1a(**kwargs):\n    return kwargs['sigma2'] + 1",
        "def part_1a(s2, /):\n    return s2 + 1",
        "def part_1a(*, sigma2):\n    return s(sigma2)\ndef s(x):\n    return x + 1",
        "import functools\n@functools.lru_cache\ndef part_1a(sigma2):\n    return 1 + sigma2",
        "import numpy as np\ndef part_1a(sigma2):\n    return np.float32(sigma2 + 1)",
    ),
    "1b": (
        """
def part_1b(sigma2, t, dt):
    return {'previous': (0, sigma2 + t - dt), 'current': (0, sigma2 + t)}
""",
        "def part_1b(t, delta_t, sigma):\n    return (sigma**2 + t - delta_t, sigma**2 + t)",
        """
def part_1b_prev(sigma2, t, dt):
    return sigma2 + t - dt
def part_1b_current(sigma2, t):
    return 0, sigma2 + t
""",
        "def part_1b(sigma2, t, T):\n    return [(0, sigma2 + t - 1 / T), (0, sigma2 + t)]",
        """
import numpy as np
def part_1b(sigma2, t, dt):
    return np.array([sigma2 + t - dt, sigma2 + t])
""",
    ),
    "1c": (
        "def part_1c(sigma2, t, dt):\n    return dt",
        "def part_1c(dt):\n    return dt",
        "def part_1c(T):\n    return 1 / T",
    ),
    "1d": (
        "def part_1d(sigma2):\n    return 0, (sigma2 / (1 + sigma2)) ** 2",
        """
def part_1d(sigma2):
    v, T = 1.0, 50
    for k in range(T, 0, -1):
        v *= ((sigma2 + (k - 1) / T) / (sigma2 + k / T)) ** 2
    return v
""",
    ),
    "1e": (
        "def part_1e(sigma2):\n    return sigma2 * (1 + 2 * sigma2) / (1 + sigma2) ** 2",
        "def part_1e(sigma2):\n    a = sigma2 / (1 + sigma2)\n    return a**2 + a",
        """
from scipy.integrate import quad
def part_1e(sigma2):
    a = sigma2 / (1 + sigma2)
    return a**2 + quad(lambda s: (sigma2 / (sigma2 + s)) ** 2, 0, 1, epsabs=1e-14, epsrel=1e-13)[0]
""",
    ),
    "1g": (
        "def part_1g(x_t, t, dt, sigma2):\n    return (1 - dt / (2 * (sigma2 + t))) * x_t",
        "def part_1g(x, t, dt, sigma2):\n    return x * (1 - dt / (2 * (sigma2 + t)) * (1 + dt / (4 * t)))",
        """
import math
def part_1g(x_t, t, dt, sigma2):
    return x_t * math.exp(-dt / (2 * (sigma2 + t)))
""",
        """
import math
def part_1g(x_t, t, dt, sigma2):
    eta = math.sqrt(t) / (math.sqrt(t - dt) + math.sqrt(t))
    return x_t - eta * dt / (sigma2 + t) * x_t
""",
    ),
    "1h": (
        "def part_1h(sigma2):\n    return 0, sigma2 / (1 + sigma2)",
        "def part_1h(sigma2):\n    return {'variance': 1 / (1 + 1 / sigma2)}",
        "import math\ndef part_1h(sigma2):\n    return math.sqrt(sigma2 / (sigma2 + 1)) ** 2",
    ),
    "2a": (
        "def part_2a(q):\n    return q",
        "def part_2a(q):\n    return [x / sum(q) for x in q]",
        "import numpy as np\ndef part_2a(q):\n    return np.exp(np.log(q))[None, :]",
        "def part_2a(q):\n    return q / q.sum()",
    ),
    "2b": (
        """
import math
def part_2b(pi_ref, r, beta):
    w = [p * math.exp(x / beta) for p, x in zip(pi_ref, r)]
    return [x / sum(w) for x in w]
""",
        """
import numpy as np
def part_2b(beta, rewards, pi_ref):
    a = np.log(pi_ref) + rewards / beta
    a = np.exp(a - a.max())
    return a / a.sum()
""",
        """
import functools, math
@functools.cache
def part_2b(pi_ref, r, beta):
    w = [p * math.exp(x / beta) for p, x in zip(pi_ref, r)]
    return tuple(x / sum(w) for x in w)
""",
    ),
    "2d": (
        """
import math
def part_2d(pi_star, pi_ref, z, beta):
    return beta * math.log(pi_star / pi_ref) + beta * math.log(z)
""",
        """
import numpy as np
def part_2d(pi_star, pi_ref, Z, beta):
    return np.array([beta * np.log(pi_star * Z / pi_ref)])
""",
    ),
    "2e": (
        """
import math
def part_2e(pi_star_1, pi_ref_1, pi_star_2, pi_ref_2, beta):
    z = beta * (math.log(pi_star_1 / pi_ref_1) - math.log(pi_star_2 / pi_ref_2))
    return 1 / (1 + math.exp(-z)) if z > 0 else math.exp(z) / (1 + math.exp(z))
""",
        """
def part_2e(a, b, c, d, beta):
    x, y = (a / b) ** beta, (c / d) ** beta
    return x / (x + y)
""",
    ),
    "2f": (
        """
import math
def part_2f(r_hat_w, r_hat_l, grad_log_pi_w, grad_log_pi_l, beta):
    s = 1 / (1 + math.exp(r_hat_w - r_hat_l))
    return [-beta * s * (a - b) for a, b in zip(grad_log_pi_w, grad_log_pi_l)]
""",
        """
import numpy as np
def part_2f(r_hat_w, r_hat_l, grad_log_pi_w, grad_log_pi_l, beta):
    return beta * (1 / (1 + np.exp(r_hat_l - r_hat_w)) - 1) * (grad_log_pi_w - grad_log_pi_l)
""",
    ),
    "2g": (
        """
import math
def part_2g(log_ratios, ranking, beta):
    return math.exp(-part_2g_loss(log_ratios, ranking, beta))
def part_2g_loss(log_ratios, ranking, beta):
    l = [beta * log_ratios[i] for i in ranking]
    return -sum(l[k] - math.log(sum(math.exp(x) for x in l[k:])) for k in range(len(l)))
""",
        """
import numpy as np
def part_2g(log_ratios, tau, beta):
    e = np.exp(beta * log_ratios[tau])
    p = np.prod(e / np.cumsum(e[::-1])[::-1])
    return {'probability': p, 'loss': -np.log(p)}
""",
        """
import numpy as np
def part_2g(log_ratios, tau, beta):
    e = np.exp(beta * log_ratios[tau])
    p = np.prod(e / np.cumsum(e[::-1])[::-1])
    return p, -np.log(p)
""",
    ),
}

WRONG: dict[str, dict[str, str | None]] = {
    "1a": {
        "return 0, (sigma2 + 1) ** 0.5": "standard-deviation",
        "return 0, 1": "noise-only",
        "return 0, sigma2": "product",
        "return 1, sigma2 + 1": None,
        "return 0, sigma2 + 1 + 1e-4": None,
    },
    "1c": {
        "return dt ** 0.5": "standard-deviation",
        "return dt ** 2": "squared",
        "return sigma2": "data-variance",
        "return dt / 2": "factor-two",
        "return dt / (sigma2 + t)": "factor-lost",
    },
    "1d": {
        "return 0, sigma2 / (sigma2 + 1)": "not-squared",
        "return 0, sigma2": "target",
        "return 0, ((sigma2 + 1) / sigma2) ** 2": "inverted",
    },
    "1e": {
        "return (sigma2 / (sigma2 + 1)) ** 2": "sum-forgotten",
        "import math; return sigma2 * math.log((1 + sigma2) / sigma2)": "square-forgotten",
        "return 2 * sigma2 / (sigma2 + 1)": "first-term-not-squared",
        "return sigma2 ** 0.5": "standard-deviation",
    },
    "1g": {
        "return (sigma2 + t / 2) / (sigma2 + t) * x_t": "step-factor-lost",
        "return (1 - dt / (sigma2 + t)) * x_t": "half-lost",
        "return (1 + dt / (2 * (sigma2 + t))) * x_t": "sign",
        "return (1 - dt / (2 * t)) * x_t": "variance-lost",
        "return x_t": "no-step",
        "return (1 - 0.49 * dt / (sigma2 + t)) * x_t": None,
    },
    "1h": {
        "return 0, (sigma2 / (sigma2 + 1)) ** 2": "root-lost",
        "return 0, (sigma2 / (sigma2 + 1)) ** 0.5": "standard-deviation",
        "return 0, 1 / sigma2 + 1": "inverted",
    },
    "2a": {
        "return [1 / len(q)] * len(q)": "uniform",
        "return [x * x for x in q]": "squared",
        "return [x / 2.718281828459045 for x in q]": "normalisation",
        "return q[:-1]": None,
    },
    "2b": {
        "w = [p * E(beta * x) for p, x in zip(pi_ref, r)]; return [x / sum(w) for x in w]": "beta-inverted",
        "w = [p * E(x) for p, x in zip(pi_ref, r)]; return [x / sum(w) for x in w]": "beta-lost",
        "w = [p * E(-x / beta) for p, x in zip(pi_ref, r)]; return [x / sum(w) for x in w]": "sign",
        "w = [E(x / beta) for x in r]; return [x / sum(w) for x in w]": "reference-lost",
        "return [p * E(x / beta) for p, x in zip(pi_ref, r)]": "partition-lost",
    },
    "2d": {
        "return beta * L(pi_star / pi_ref) + L(z)": "beta-lost-second",
        "return L(pi_star / pi_ref) + L(z)": "beta-lost",
        "return beta * L(pi_star / pi_ref) - beta * L(z)": "partition-sign",
        "return beta * L(pi_star / pi_ref)": "partition-lost",
        "return beta * L(pi_ref / pi_star) + beta * L(z)": "ratio-inverted",
    },
    "2e": {
        "a, b = pi_star_1 / pi_ref_1, pi_star_2 / pi_ref_2; return a / (a + b)": "beta-lost",
        "a, b = (pi_star_1 / pi_ref_1) ** beta, (pi_star_2 / pi_ref_2) ** beta; return b / (a + b)": "swapped",
        "b = 1 / beta; a = (pi_star_1 / pi_ref_1) ** b; return a / (a + (pi_star_2 / pi_ref_2) ** b)": "beta-inverted",
        "a, b = pi_star_1 ** beta, pi_star_2 ** beta; return a / (a + b)": "reference-lost",
    },
    "2f": {
        "return [beta * S(r_hat_l - r_hat_w) * d for d in D]": "sign",
        "return [-beta * S(r_hat_w - r_hat_l) * d for d in D]": "weight",
        "return [beta * S(r_hat_w - r_hat_l) * d for d in D]": "sign-and-weight",
        "return [-S(r_hat_l - r_hat_w) * d for d in D]": "beta-lost",
        "return [-beta * d for d in D]": "weight-lost",
    },
    "2g": {
        "e = [E(beta * log_ratios[i]) for i in ranking]; return P(x / sum(e) for x in e)": "inner-sum",
        "e = [E(log_ratios[i]) for i in ranking]; return P(e[k] / sum(e[k:]) for k in range(len(e)))": "beta-lost",
        "e = [beta * log_ratios[i] for i in ranking]; return P(S(a - b) for a, b in zip(e, e[1:]))": "pairwise",
        "e = [E(beta * x) for x in log_ratios]; return P(e[k] / sum(e[k:]) for k in range(len(e)))": None,
    },
}

HOSTILE = {
    "return None": "nothing (None)",
    "return True": "truth value",
    "return float('nan')": "nan",
    "return float('inf')": "inf",
    "return 'x' * 0": "empty text",
    "return 1j": "1j",
    "return [[1, 2], [3, 4]]": "wanted",
    "return (1, 2, 3)": "wanted a mean and a variance",
    "return {'mean': 0}": "wanted the keys",
    "return object()": "returned no number",
    "return lambda: 1": "returned no number",
    "raise ValueError('no')": "raised ValueError: no (line 2)",
    "return 1 / 0": "raised ZeroDivisionError",
    "return 10 ** 10_000": "returned no number",
    "return undefined_name": "raised NameError",
    "raise SystemExit": "raised SystemExit",
    "return [0] * 10**5": "wanted a mean and a variance",
    "return b'2'": "returned no number",
    "import numpy as np; return np.array([True])": "truth value",
    "import os; os._exit(0)": "ended the process",
    "return part_1a(sigma2)": "raised RecursionError",
    "while True: pass": "gave no value within 0.5 s of CPU time",
}
