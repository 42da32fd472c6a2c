"""Python that trains a network, read statically: assignments and losses as trees. Nothing is ever executed."""

from __future__ import annotations

import ast
from fractions import Fraction

from grader.checks.training_text import Said
from grader.formula.tree import Add, Call, Dist, Div, Expect, Fn, Mul, Neg, Node, Num, Pow, Rel, Sym, num

MAX_CODE = 20_000
MAX_DEPTH = 60

_SHAPING = frozenset(
    "view reshape unsqueeze squeeze expand expand_as to float double clone detach cuda cpu flatten contiguous astype "
    "as_tensor tensor array asarray from_numpy type T numpy item type_as".split()
)
_NORMAL = frozenset("randn randn_like standard_normal gauss normalvariate normal normal_ Normal".split())
_UNIFORM = frozenset("rand rand_like uniform uniform_ random random_sample".split())
_PICKED = frozenset("randint choice permutation randperm sample arange linspace".split())
_LOSSES = {
    "mse_loss": "MSE", "MSELoss": "MSE", "mse": "MSE", "mean_squared_error": "MSE", "l1_loss": "L1", "L1Loss": "L1",
    "smooth_l1_loss": "huber", "SmoothL1Loss": "huber", "huber_loss": "huber", "HuberLoss": "huber",
    "mean_absolute_error": "L1", "cross_entropy": "CE", "CrossEntropyLoss": "CE",
}  # fmt: skip


class _NotReadError(ValueError):
    """A construct of Python that has no tree."""


def code_statements(source: str) -> list[Said] | None:
    """Return what a snippet assigns and computes, in order; None if the text is not Python with any statement in it.

    `eps = randn_like(s)` becomes the relation eps = N(0, 1), `F.mse_loss(a, b)` the call MSE(a, b).
    """
    if len(source) > MAX_CODE or not any(sign in source for sign in ("=", "(")):
        return None
    try:
        tree = ast.parse(source.strip("\n"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = _readable_lines(source)
    if not any(isinstance(part, (ast.Assign, ast.Call, ast.BinOp, ast.Return)) for part in ast.walk(tree)):
        return None
    found: list[Said] = []
    criteria: dict[str, str] = {}
    for statement in _in_order(tree.body):
        _statement(statement, found, criteria)
    return found


def _readable_lines(source: str) -> ast.Module:
    """Return the lines that are Python on their own: a snippet with words between its lines."""
    body: list[ast.stmt] = []
    for line in source.splitlines():
        try:
            body += ast.parse(line.strip()).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return ast.Module(body, [])


def _in_order(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return all statements, those of loops and functions included, as they stand in the text."""
    found: list[ast.stmt] = []
    stack = list(reversed(body))
    while stack:
        statement = stack.pop()
        found.append(statement)
        for name in ("orelse", "body"):
            stack.extend(reversed(getattr(statement, name, [])))
    return found


def _statement(statement: ast.stmt, found: list[Said], criteria: dict[str, str]) -> None:
    quotation = ast.unparse(statement).splitlines()[0][:200]
    value: ast.expr | None = None
    names: list[ast.expr] = []
    match statement:
        case ast.Assign(targets=targets, value=value):
            names = [target for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name() as target, value=value):
            names = [target]
        case ast.AugAssign(target=ast.Name() as target, op=op, value=added):
            value, names = ast.BinOp(ast.Name(target.id, ast.Load()), op, added), [target]
        case ast.Expr(value=value) | ast.Return(value=value):
            pass
    if value is None:
        return
    if isinstance(value, ast.Call) and _name(value.func) in _LOSSES and not value.args:
        criteria.update({name.id: _LOSSES[_name(value.func)] for name in names if isinstance(name, ast.Name)})
        return
    try:
        node = _tree(value, criteria, 0)
    except _NotReadError:
        return
    if names:
        for name in names:
            if isinstance(name, ast.Name):
                found.append(Said(Rel("=", symbol(name.id), node), quotation))
    else:
        found.append(Said(node, quotation))


def symbol(name: str) -> Sym:
    """Return the symbol of a Python name: `x_t` is x with index t, `sigma` itself, other names as they are."""
    head, _, index = name.partition("_")
    if len(head) == 1 and index and len(index) < 3:
        return Sym(head, Num(Fraction(index)) if index.isdecimal() else Sym(index))
    return Sym({"xt": "xt", "eps": "epsilon"}.get(name, name))


def _name(function: ast.expr) -> str:
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _tree(node: ast.expr, criteria: dict[str, str], depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise _NotReadError

    def inner(part: ast.expr) -> Node:
        return _tree(part, criteria, depth + 1)

    match node:
        case ast.Constant(value=bool()):
            raise _NotReadError
        case ast.Constant(value=int() | float() as value):
            return Num(Fraction(str(value)))
        case ast.Name(id=name):
            return symbol(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Neg(inner(operand))
        case ast.BinOp(left=left, op=op, right=right):
            return _binary(op, inner(left), right, inner)
        case ast.Subscript(value=value):
            return inner(value)
        case ast.Attribute(value=value, attr=attribute):
            if attribute in _SHAPING:
                return inner(value)
            raise _NotReadError
        case ast.Call():
            return _call(node, criteria, depth)
    raise _NotReadError


def _binary(op: ast.operator, left: Node, right: ast.expr, inner: object) -> Node:
    other = inner(right) if callable(inner) else None
    if not isinstance(other, Node):
        raise _NotReadError
    match op:
        case ast.Add():
            return Add((left, other))
        case ast.Sub():
            return Add((left, Neg(other)))
        case ast.Mult():
            return Mul((left, other))
        case ast.Div():
            return Div(left, other)
        case ast.Pow():
            return Pow(left, Num(Fraction(1, 2)) if other == Num(Fraction("0.5")) else other)
    raise _NotReadError


def _call(node: ast.Call, criteria: dict[str, str], depth: int) -> Node:
    name = _name(node.func)

    def inner(part: ast.expr) -> Node:
        return _tree(part, criteria, depth + 1)

    args = list(node.args)
    keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    is_module = isinstance(owner, ast.Name) and owner.id in (
        "torch",
        "np",
        "numpy",
        "math",
        "F",
        "jnp",
        "random",
        "nn",
        "tf",
    )
    is_module = is_module or (
        isinstance(owner, ast.Attribute) and owner.attr in ("random", "functional", "nn", "losses")
    )
    subject = owner if owner is not None and not is_module and not isinstance(owner, ast.Call) else None
    if name in criteria:
        return Call(Sym(criteria[name]), tuple(inner(arg) for arg in args))
    if name in _LOSSES and len(args) == 2:
        return Call(Sym(_LOSSES[name]), tuple(inner(arg) for arg in args))
    if isinstance(node.func, ast.Call) and _name(node.func.func) in _LOSSES:
        return Call(Sym(_LOSSES[_name(node.func.func)]), tuple(inner(arg) for arg in args))
    if name in _NORMAL:
        return _normal(name, args, keywords, inner)
    if name in _UNIFORM:
        bounds = [inner(arg) for arg in args[:2] if name.startswith("uniform")] or [num(0), num(1)]
        return Dist("uniform", tuple(bounds))
    if name in _PICKED:
        return Call(Sym("pick"), ())
    if name in _SHAPING:
        shaped = owner if owner is not None and not is_module else args[0] if args else None
        if shaped is None:
            raise _NotReadError
        return inner(shaped)
    if name in ("mean", "sum", "average", "reduce_mean", "backward"):
        averaged = args[0] if args else owner
        if averaged is None:
            raise _NotReadError
        return Expect("E", (), inner(averaged))
    one = args[0] if args and subject is None else owner
    if name in ("sqrt", "abs", "exp", "log", "norm") and one is not None:
        return Fn(name, (inner(one),))
    if name in ("square", "pow") and one is not None:
        exponent = args[-1] if name == "pow" else None
        return Pow(inner(one), inner(exponent) if exponent is not None else num(2))
    if name in ("cat", "stack", "concat", "concatenate", "hstack", "column_stack") and args:
        parts = args[0].elts if isinstance(args[0], (ast.List, ast.Tuple)) else args
        return Call(Sym("joined"), tuple(inner(part) for part in parts))
    if name and (subject is None or isinstance(subject, ast.Name)):
        return Call(symbol(name) if subject is None else Sym(name), tuple(inner(arg) for arg in args))
    raise _NotReadError


def _normal(name: str, args: list[ast.expr], keywords: dict[str, ast.expr], inner: object) -> Node:
    """Return a normal law; the second parameter of `normal` is a standard deviation in every library."""
    if not callable(inner) or name not in ("normal", "gauss", "normalvariate", "Normal"):
        return Dist("normal", (num(0), num(1)))
    loc = keywords.get("loc") or keywords.get("mean") or (args[0] if args else None)
    scale = keywords.get("scale") or keywords.get("std") or (args[1] if len(args) > 1 else None)
    mean = inner(loc) if loc is not None else num(0)
    return Dist("normal", (mean, Pow(inner(scale), num(2)) if scale is not None else num(1)))
