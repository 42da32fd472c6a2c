"""Sums, products, integrals, expectations, gradients and derivatives of forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flint import fmpq

from grader.formula import tree as t
from grader.formula.normal_ring import Form, Generator, GiveUpError, Poly
from grader.formula.tree import Node, Sym, num, substitute, walk

if TYPE_CHECKING:
    from grader.formula.normal_build import Builder

MAX_EXPANDED = 24  # terms of a sum between numbers that is written out
MAX_FAULHABER = 12
MAX_SHIFT = 20


def split_linear(b: Builder, form: Form, is_constant: Callable[[Generator], bool]) -> list[tuple[Form, Form]]:
    """Return (outside, inside) pairs whose sum of products is the form; each inside is one monomial."""
    ring = b.ring
    inner = ring.one
    for factor, power in ring.factors(form.den)[1]:
        if not all(is_constant(ring.generators[i]) for i in ring.used(factor)):
            inner = ring.times(inner, ring.raised(factor, power))
    inner = inner / inner.leading_coefficient()
    outer = form.den // inner
    groups: dict[tuple[int, ...], dict[tuple[int, ...], Any]] = {}
    for exponents, c in form.num.terms():
        outside = tuple(int(e) if e and is_constant(ring.generators[i]) else 0 for i, e in enumerate(exponents))
        inside = tuple(int(e) - o for e, o in zip(exponents, outside, strict=True))
        groups.setdefault(inside, {})[outside] = c
    return [
        (ring.quotient(ring.ctx.from_dict(terms), outer), ring.quotient(ring.ctx.from_dict({inside: 1}), inner))
        for inside, terms in sorted(groups.items())
    ]


# ---------------------------------------------------------------- sums, products, integrals


def _height(node: Node) -> int:
    """Return a number that no variable bound below the node has in its canonical name."""
    bound = [part.variable.name for part in walk(node) if isinstance(part, t.Big)]
    return max((int(name[2:]) + 1 for name in bound if name[:1] == "§" and name[2:].isdigit()), default=0) + len(bound)


def big(b: Builder, node: Node) -> Form:
    """Return a sum, product or integral: expanded, in closed form, or over one monomial an atom."""
    if not isinstance(node, t.Big):
        raise TypeError(f"expected a Big node, got {node!r}")
    ring = b.ring
    if node.lower is None or node.upper is None or node.domain is not None or _is_infinite(node.lower, node.upper):
        # Without bounds the letter says what is summed over (x or y), so that it is part of the key.
        name = Sym("§" + node.variable.name.rstrip("'"), node.variable.index)
        domain = tuple(None if part is None else b.key(part) for part in (node.domain, node.lower, node.upper))
        body = b.form(substitute(node.body, {node.variable: name}))
        if node.kind == "prod":
            return _atom(b, node, name, body, ("over", domain))
        return _linear(b, node.kind, name, body, lambda inside: _atom(b, node, name, inside, ("over", domain)))
    lower, upper = b.form(node.lower), b.form(node.upper)
    count = ring.add(ring.add(upper, ring.scale(lower, -1)), ring.constant(1))
    number = ring.rational(count)
    if node.kind != "int" and number is not None and number.q == 1:
        return _expanded(b, node, node.lower, int(number))
    is_counting = node.kind != "int" and ring.is_integral(lower)
    variable = Sym(f"§{'k' if is_counting else 'r'}{_height(node.body)}")
    if is_counting:
        ring.integer.update(ring.used(b.form(variable).num))
    body = b.form(substitute(node.body, {node.variable: variable}))
    bounds = Bounds(b, node, variable, lower, upper, count)
    if node.kind == "prod":
        return bounds.product(body)
    return _linear(b, node.kind, variable, body, bounds.integral if node.kind == "int" else bounds.sum)


def _is_infinite(*bounds: Node) -> bool:
    return any(part == t.Const("oo") for bound in bounds for part in walk(bound))


def _linear(b: Builder, kind: str, variable: Sym, body: Form, over: Callable[[Form], Form]) -> Form:
    total = b.ring.constant(0)
    if body.num == 0:
        return total
    for outside, inside in split_linear(b, body, lambda g: variable not in g.free):
        total = b.ring.add(total, b.ring.mul(outside, over(inside)))
    return total


def _expanded(b: Builder, node: t.Big, start: Node, count: int) -> Form:
    if not 0 <= count <= MAX_EXPANDED:
        raise GiveUpError("a sum or product that is too long to write out, or runs backwards")
    result = b.ring.constant(int(node.kind == "prod"))
    join = b.ring.mul if node.kind == "prod" else b.ring.add
    for step in range(count):
        value = b.ring.tree(b.form(start + num(step)))
        result = join(result, b.form(substitute(node.body, {node.variable: value})))
    return result


def _atom(b: Builder, node: t.Big, variable: Sym, inside: Form, bounds: object) -> Form:
    kept = t.Big(node.kind, variable, node.lower, node.upper, b.ring.tree(inside), node.domain)
    key = ("big", node.kind, variable, bounds, str(inside.num), str(inside.den))
    return b.atom(kept, "opaque", key=key, is_vector=b.ring.has_vector(inside))


class Bounds:
    """A range of summation: its bounds, and the rules that need them."""

    def __init__(self, b: Builder, node: t.Big, variable: Sym, lower: Form, upper: Form, count: Form) -> None:
        self.b, self.ring, self.node, self.variable = b, b.ring, node, variable
        self.lower, self.upper, self.count = lower, upper, count
        self.after = b.ring.add(upper, b.ring.constant(1))
        # An empty or backward range has no closed form: T < 0 in a sum up to T.
        self.is_counted = b.ring.is_integral(count) and b.ring.is_nonnegative(count)
        self.index = b.ring.used(b.form(variable).num)[0]

    def kept(self, inside: Form) -> Form:
        """Return the operator over one monomial, not evaluated."""
        return _atom(self.b, self.node, self.variable, inside, tuple(map(str, (*self.lower, *self.upper))))

    def _degree(self, inside: Form) -> int | None:
        """Return p where the body is the p-th power of the variable, else None."""
        if inside.den != 1 or any(i != self.index for i in self.ring.used(inside.num)):
            return None
        return int(inside.num.total_degree())

    def sum(self, inside: Form) -> Form:
        """Return the sum of one monomial: of powers by Faulhaber's formula, geometric, or kept."""
        ring, degree = self.ring, self._degree(inside)
        if not self.is_counted:
            return self.kept(inside)
        if degree is not None and degree <= MAX_FAULHABER:
            return ring.add(self._faulhaber(degree, self.after), ring.scale(self._faulhaber(degree, self.lower), -1))
        if all(ring.generators[i].kind in ("exp", "root", "unit") for part in inside for i in ring.used(part)):
            ratio = ring.div(self.at(inside, self._next()), inside)
            if self.variable not in ring.free(*ratio) and ratio != ring.constant(1):
                ends = ring.add(self.at(inside, self.after), ring.scale(self.at(inside, self.lower), -1))
                return ring.div(ends, ring.add(ratio, ring.constant(-1)))
        return self.kept(inside)

    def _next(self) -> Form:
        return self.ring.add(self.b.form(self.variable), self.ring.constant(1))

    def _faulhaber(self, degree: int, end: Form) -> Form:
        """Return the sum of k^degree over 0 <= k < end, from (k+1)^(p+1) - k^(p+1) summed."""
        ring, sums = self.ring, [end]
        for p in range(1, degree + 1):
            total, binomial = ring.power(end, p + 1) if end.num != 0 else end, 1
            for j in range(p):
                total = ring.add(total, ring.scale(sums[j], -binomial))
                binomial = binomial * (p + 1 - j) // (j + 1)
            sums.append(ring.scale(total, fmpq(1, p + 1)))
        return sums[degree]

    def at(self, inside: Form, value: Form) -> Form:
        """Return a form with the variable replaced by a value."""
        return self.b.form(substitute(self.ring.tree(inside), {self.variable: self.ring.tree(value)}))

    def integral(self, inside: Form) -> Form:
        """Return the integral of one monomial in the variable of integration, or keep it."""
        degree, ring = self._degree(inside), self.ring
        if degree is None:
            return self.kept(inside)
        ends = (ring.power(end, degree + 1) if end.num != 0 else end for end in (self.upper, self.lower))
        upper, lower = ends
        return ring.scale(ring.add(upper, ring.scale(lower, -1)), fmpq(1, degree + 1))

    def product(self, body: Form) -> Form:
        """Return the product: constants to the power of the length, shifted factors telescoped."""
        ring, b = self.ring, self.b
        if not self.is_counted:
            return self.kept(body)
        if body.num == 0:
            raise GiveUpError("a product of zeros")
        result = ring.constant(1)
        left: dict[int, int] = {}
        for poly, way in ((body.num, 1), (body.den, -1)):
            content, factors = ring.factors(poly)
            result = ring.mul(result, b.power(ring.constant(content), ring.scale(self.count, way)))
            for factor, power in factors:
                exponent = ring.scale(self.count, power * way)
                if self.variable not in ring.free(factor):
                    result = ring.mul(result, b.power(Form(factor, ring.one), exponent))
                    continue
                used = ring.used(factor)
                behind = ring.generators[used[0]]
                if len(used) == 1 and factor == ring.variables[used[0]] and behind.kind == "exp" and behind.argument:
                    summed = _linear(b, "sum", self.variable, ring.scale(behind.argument, power * way), self._summed)
                    result = ring.mul(result, b.exp(summed))
                    continue
                place, shift, ratio = self._class_of(factor)
                result = ring.mul(result, b.power(ratio, exponent))
                result = ring.mul(result, ring.power(self._boundary(place, shift), power * way))
                left[place] = left.get(place, 0) + power * way
        for place, power in sorted(left.items()):
            if power:
                result = ring.mul(result, ring.power(self._whole(place), power))
        return result

    def _summed(self, inside: Form) -> Form:
        as_sum = t.Big("sum", self.variable, self.node.lower, self.node.upper, self.ring.tree(inside))
        return Bounds(self.b, as_sum, self.variable, self.lower, self.upper, self.count).sum(inside)

    def _class_of(self, factor: Poly) -> tuple[int, int, Form]:
        """Return class, shift s and ratio with `factor(k) = ratio * representative(k + s)`."""
        ring, classes = self.ring, self.b.shift_classes
        alone = all(self.variable not in ring.generators[i].free for i in ring.used(factor) if i != self.index)
        degree = int(factor.degrees()[self.index])
        for place, (index, known) in enumerate(classes):
            if known == factor and index == self.index:
                return place, 0, ring.constant(1)
            if not alone or index != self.index or int(known.degrees()[index]) != degree:
                continue
            top, known_top = (Form(ring.coefficient(p, index, degree), ring.one) for p in (factor, known))
            below, known_below = (Form(ring.coefficient(p, index, degree - 1), ring.one) for p in (factor, known))
            ratio = ring.div(top, known_top)
            gap = ring.add(ring.div(below, ratio), ring.scale(known_below, -1))
            shift = ring.rational(ring.div(gap, ring.scale(known_top, degree)))
            if shift is None or shift.q != 1 or abs(shift) > MAX_SHIFT:
                continue
            moved = known.compose(*(v + shift if i == index else v for i, v in enumerate(ring.variables)))
            if ring.mul(ratio, Form(moved, ring.one)) == Form(factor, ring.one):
                return place, int(shift), ratio
        classes.append((self.index, factor))
        return len(classes) - 1, 0, ring.constant(1)

    def _boundary(self, place: int, shift: int) -> Form:
        """Return the product of f(k + shift) / f(k) over the range, which telescopes."""
        ring, result = self.ring, self.ring.constant(1)
        known = Form(self.b.shift_classes[place][1], ring.one)
        for j in range(abs(shift)):
            step = ring.constant(j if shift > 0 else -1 - j)
            result = ring.mul(result, self.at(known, ring.add(self.after, step)))
            result = ring.div(result, self.at(known, ring.add(self.lower, step)))
        return result if shift >= 0 else ring.div(ring.constant(1), result)

    def _whole(self, place: int) -> Form:
        """Return the product of a factor that does not telescope; a product of k + c by factorials."""
        ring, known = self.ring, self.b.shift_classes[place][1]
        start = ring.rational(ring.add(Form(known - ring.variables[self.index], ring.one), self.lower))
        if start is not None and start > 0:
            from grader.formula.normal_functions import gamma

            return ring.div(
                gamma(self.b, ring.add(self.count, ring.constant(start))), gamma(self.b, ring.constant(start))
            )
        return self.kept(Form(known, ring.one))


# ---------------------------------------------------------------- expectations, gradients, derivatives


def expectation(b: Builder, node: Node) -> Form:
    """Return an expectation, linear over its body; only declared scalars and numbers come out of it.

    A symbol that is not declared may depend on what is drawn without saying so (r_w on y_w).
    """
    if not isinstance(node, t.Expect):
        raise TypeError(f"expected an Expect node, got {node!r}")
    if node.kind != "E" or node.given:
        return b.atom(node, "opaque", is_vector=any(isinstance(part, t.Grad) for part in walk(node)))
    drawn = {part for binder in node.binders for name in binder.names for part in walk(name)}
    scalars = {s for s in b.positive | b.integer | b.nonzero if isinstance(s, Sym) and s.index is None}

    def is_constant(generator: Generator) -> bool:
        named = generator.kind == "sym" and generator.node in scalars and bool(drawn)
        return generator.kind == "pi" or (named and generator.node not in drawn)

    binders = b.key(t.Expect("E", node.binders, num(0)))
    total, body = b.ring.constant(0), b.form(node.body)
    if body.num == 0:
        return total
    for outside, inside in split_linear(b, body, is_constant):
        if inside == b.ring.constant(1):
            total = b.ring.add(total, outside)
            continue
        kept = t.Expect("E", node.binders, b.ring.tree(inside))
        is_vector = b.ring.has_vector(inside)
        value = b.atom(kept, "opaque", key=(binders, str(inside.num), str(inside.den)), is_vector=is_vector)
        total = b.ring.add(total, b.ring.mul(outside, value))
    return total


def gradient(b: Builder, node: Node) -> Form:
    """Return a gradient, linear over its body with numbers taken out, and grad log f = grad f / f."""
    if not isinstance(node, t.Grad):
        raise TypeError(f"expected a Grad node, got {node!r}")
    ring, total = b.ring, b.ring.constant(0)
    body = b.form(node.body)
    if body.num == 0:
        return total
    for outside, inside in split_linear(b, body, lambda g: False):
        used = ring.used(inside.num)
        if not used and inside.den == 1:
            continue
        behind = ring.generators[used[0]] if len(used) == 1 and inside.num == ring.variables[used[0]] else None
        if behind and inside.den == 1 and behind.kind == "log" and behind.argument:
            below = gradient(b, t.Grad(node.variable, ring.tree(behind.argument)))
            value = ring.div(below, behind.argument)
        else:
            kept = t.Grad(node.variable, ring.tree(inside))
            key = ("grad", b.key(node.variable) if node.variable else None, str(inside.num), str(inside.den))
            value = b.atom(kept, "opaque", key=key, is_vector=True)
        total = ring.add(total, ring.mul(outside, value))
    return total


def derivative(b: Builder, node: Node) -> Form:
    """Return a derivative by the chain rule over generators."""
    if not isinstance(node, t.Deriv) or not 0 <= node.order <= 4:
        raise GiveUpError("a derivative of high order")
    form = b.form(node.body)
    for _ in range(node.order):
        form = _derived(b, form, node.variable)
    return form


def _derived(b: Builder, form: Form, variable: Sym) -> Form:
    ring = b.ring
    total = ring.constant(0)
    for i in sorted({i for part in form for i in ring.used(part)}):
        generator = ring.generators[i]
        if variable not in generator.free:
            continue
        top = ring.times(form.num.derivative(i), form.den) - ring.times(form.num, form.den.derivative(i))
        partial = ring.quotient(top, ring.times(form.den, form.den))
        total = ring.add(total, ring.mul(partial, _derived_generator(b, i, variable)))
    return total


def _derived_generator(b: Builder, index: int, variable: Sym) -> Form:
    ring, generator = b.ring, b.ring.generators[index]
    if generator.node == variable:
        return ring.constant(1)
    if generator.argument is None or generator.kind not in ("exp", "root", "log", "unsure", "abs", "sin", "cos"):
        raise GiveUpError("the derivative of an unknown function")
    inner, itself = _derived(b, generator.argument, variable), ring.form_of(index)
    match generator.kind:
        case "exp" | "root":
            return ring.mul(inner, itself)
        case "log" | "unsure":
            return ring.div(inner, generator.argument)
        case "abs":
            return ring.div(ring.mul(inner, itself), generator.argument)
    from grader.formula.normal_functions import sine_cosine

    sine, cosine = sine_cosine(b, generator.argument)
    return ring.mul(inner, cosine if generator.kind == "sin" else ring.scale(sine, -1))


def difference_at(b: Builder, node: Node) -> Form:
    """Return F(b) - F(a) of `[F]_a^b`."""
    if not isinstance(node, t.At):
        raise TypeError(f"expected an At node, got {node!r}")
    free = sorted(t.free_symbols(node.body), key=repr)
    if len(free) != 1:
        raise GiveUpError("bounds of an expression with several symbols")
    upper, lower = (b.form(substitute(node.body, {free[0]: end})) for end in (node.upper, node.lower))
    return b.ring.add(upper, b.ring.scale(lower, -1))


OPERATORS: dict[type[Node], Callable[[Builder, Node], Form]] = {
    t.Big: big, t.Expect: expectation, t.Grad: gradient, t.Deriv: derivative, t.At: difference_at,
}  # fmt: skip
