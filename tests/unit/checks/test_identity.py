"""Equality of formulas: differences of any size, agreement, silence, and records that a person can replay."""

from __future__ import annotations

import itertools
import threading
from fractions import Fraction

import mpmath
import pytest
from flint import ctx
from identity_cases import DIFFERENT, EQUAL, NOTATION, POSITIVE, REAL, Pair, X, compared, one_number, tree
from writing import counterexample, formula, graded, only

from grader.checks.identity import Effort, identical
from grader.domains import pools
from grader.domains.draws import candidates, simplest
from grader.domains.world import FiniteWorld
from grader.model import Agreement, Counterexample, Proof, Silence
from grader.rubric import Rubric, Space

SEEDS = ("a", "b", "c", "d", "e")
QUICK = Effort(shrink=False, prove=False)


def value(text: str) -> mpmath.mpf:
    """Return an exact number of a record: an integer or a fraction, as text."""
    fraction = Fraction(text)
    return mpmath.mpf(fraction.numerator) / fraction.denominator


def has_digits(shown: str, exact: mpmath.mpf, digits: int = 11) -> bool:
    """Return whether decimal digits of a record are those of a value, to the last shown but one."""
    return bool(abs(mpmath.mpf(shown) - exact) <= mpmath.mpf(10) ** -digits * max(abs(exact), mpmath.mpf(10) ** -300))


@pytest.mark.parametrize("pair", DIFFERENT, ids=lambda pair: pair.submitted)
def test_a_difference_of_any_size_is_a_counterexample_that_can_be_replayed(pair: Pair) -> None:
    (found,) = compared(pair.submitted, pair.expected, space=pair.space)
    assert isinstance(found, Counterexample), found
    with mpmath.workdps(400):
        x = value(dict(found.parameters).get("x", "0"))
        submitted, expected = pair.submitted_value(x), pair.expected_value(x)
        assert submitted != expected
        assert has_digits(found.submitted, submitted)
        assert has_digits(found.expected, expected)
        assert has_digits(found.difference, abs(submitted - expected), 5)


@pytest.mark.parametrize("pair", DIFFERENT, ids=lambda pair: pair.submitted)
def test_parameters_are_those_that_the_formulas_mention(pair: Pair) -> None:
    (found,) = compared(pair.submitted, pair.expected, space=pair.space)
    assert isinstance(found, Counterexample)
    assert [name for name, _ in found.parameters] == ([] if pair.simplest is None else ["x"])


@pytest.mark.parametrize("pair", DIFFERENT, ids=lambda pair: pair.submitted)
def test_refutation_is_symmetric_and_does_not_depend_on_the_seed(pair: Pair) -> None:
    for seed in SEEDS:
        (one,) = compared(pair.submitted, pair.expected, space=pair.space, seed=seed, effort=QUICK)
        (other,) = compared(pair.expected, pair.submitted, space=pair.space, seed=seed, effort=QUICK)
        assert isinstance(one, Counterexample)
        assert isinstance(other, Counterexample)
        assert (one.submitted, one.expected, one.parameters) == (other.expected, other.submitted, other.parameters)


@pytest.mark.parametrize(("submitted", "expected", "space"), EQUAL)
def test_equal_forms_agree_from_both_sides_at_every_seed(submitted: str, expected: str, space: Space) -> None:
    for seed, sides in itertools.product(SEEDS, ((submitted, expected), (expected, submitted))):
        found = compared(*sides, space=space, seed=seed)
        assert isinstance(found[-1], Agreement), found
        assert all(isinstance(one, (Proof, Agreement)) for one in found)
        assert found[-1].trials >= 6
        assert found[-1].digits == 30
        assert found[-1].domain == space.domain


def test_agreement_counts_only_points_with_a_value() -> None:
    found = compared(r"\frac{x}{x}", "1")[-1]
    assert isinstance(found, Agreement)
    points = [world.numbers[X] for world in candidates(REAL.build, seed="s", count=12)]
    assert found.trials == sum(point != 0 for point in points)


SILENT = [
    ("0", r"\log(-x^2-1)", "0 of 12"),
    (r"\log(-x^2-1)", r"\log(-x^2-1)", "0 of 12"),
    (r"\frac{1}{x-x}", "1", "division by zero"),
    ("x + y", "x", "y has no meaning"),
    ("f(x)", "x", "f"),
    (r"\mathcal N(0,1)", "1", "cannot be compared"),
]


@pytest.mark.parametrize(("submitted", "expected", "words"), SILENT)
def test_what_has_no_value_is_silence_from_both_sides(submitted: str, expected: str, words: str) -> None:
    for seed, sides in itertools.product(SEEDS, ((submitted, expected), (expected, submitted))):
        (found,) = compared(*sides, seed=seed)
        assert isinstance(found, Silence), found
        assert found.reason
    (found,) = compared(submitted, expected)
    assert isinstance(found, Silence)
    assert words in found.reason


def test_one_side_without_a_value_at_half_of_the_points_is_no_agreement() -> None:
    (found,) = compared(r"e^{\log x}", "x", effort=QUICK)
    assert isinstance(found, (Silence, Agreement))
    points = [world.numbers[X] for world in candidates(REAL.build, seed="s", count=12)]
    positive = sum(point > 0 for point in points)
    assert isinstance(found, Agreement) == (positive >= len(points) - positive)


COMPOUND = [
    (r"\mathcal N(0,x^2)", r"\mathcal N(0,|x|^2)", True),
    (r"\mathcal N(0,x^2)", r"\mathcal N(0,x^2+10^{-40})", False),
    (r"\mathcal N(x,1)", r"\mathcal N(-x,1)", False),
    (r"\begin{pmatrix}1&x\\0&1\end{pmatrix}", r"\begin{pmatrix}1&x\\0&\frac{x^2+1}{1+x^2}\end{pmatrix}", True),
    (r"\begin{pmatrix}1&x\\0&1\end{pmatrix}", r"\begin{pmatrix}1&x\\0&1+10^{-30}\end{pmatrix}", False),
    (r"\begin{pmatrix}1&x\\0&1\end{pmatrix}", r"\begin{pmatrix}1&x\end{pmatrix}", False),
    (r"\{1,x\}", r"\{x,1\}", True),
    ("(1,x)", "(x,1)", False),
    ("(1,x)", "(1,x,x)", False),
]


@pytest.mark.parametrize(("submitted", "expected", "is_equal"), COMPOUND)
def test_laws_matrices_and_collections(submitted: str, expected: str, is_equal: bool) -> None:
    found = compared(submitted, expected)[-1]
    assert isinstance(found, Agreement if is_equal else Counterexample), found
    back = compared(expected, submitted)[-1]
    assert type(back) is type(found)


# ---------------------------------------------------------------- shrinking


WITH_POINT = [one for one in DIFFERENT if one.simplest is not None]


@pytest.mark.parametrize("pair", WITH_POINT, ids=lambda one: one.submitted)
def test_the_counterexample_is_the_simplest_of_the_domain(pair: Pair) -> None:
    (found,) = compared(pair.submitted, pair.expected, space=pair.space)
    assert isinstance(found, Counterexample)
    assert found.parameters == (("x", str(pair.simplest)),)


@pytest.mark.parametrize(
    "wanted",
    [
        -1,
        -2,
        -100,
        Fraction(-211, 97),
    ],
)
def test_shrinking_stops_at_the_first_of_the_pool_for_which_the_property_holds(wanted: Fraction) -> None:
    ordered = [one for one in pools.SIGNED if one < 0]
    allowed = set(ordered[ordered.index(Fraction(wanted)) :])
    found = simplest(REAL.build, lambda world: world.numbers[X] in allowed)
    assert found is not None
    assert found.numbers[X] == wanted


def test_no_world_is_returned_where_the_property_never_holds() -> None:
    assert simplest(REAL.build, lambda world: False) is None


def test_shrinking_looks_at_a_bounded_number_of_worlds() -> None:
    looked = []

    def holds(world: FiniteWorld) -> bool:
        looked.append(world)
        return world.numbers[X] != 2

    assert simplest(one_number(pools.SIGNED), holds, calls=7) is not None
    assert len(looked) <= 7


def test_shrinking_twice_gives_the_same_world() -> None:
    first = compared(r"\sqrt{x^2}", "x")
    assert all(compared(r"\sqrt{x^2}", "x") == first for _ in range(3))


# ---------------------------------------------------------------- precision


def test_precision_is_put_back_after_results_and_after_errors() -> None:
    ctx.prec = 77
    for submitted, expected in (("x^2", "x"), ("x", "x"), ("x+y", "x"), (r"\frac{1}{x-x}", "1"), ("f(x)", "1")):
        compared(submitted, expected)
        assert ctx.prec == 77


def test_threads_do_not_change_each_others_precision() -> None:
    wrong: list[object] = []
    pairs = [("x + 10^{-300}", "x", Counterexample), (r"\sin(x)^2+\cos(x)^2", "1", Agreement)]

    def work(number: int) -> None:
        submitted, expected, kind = pairs[number % 2]
        for turn in range(12):
            found = compared(submitted, expected, seed=f"{number} {turn}", effort=QUICK)[-1]
            if not isinstance(found, kind):
                wrong.append(found)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    before = ctx.prec
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []
    assert ctx.prec == before


def test_effort_says_how_many_worlds() -> None:
    found = compared("x", "x", effort=Effort(worlds=5, prove=False))
    assert [type(one) for one in found] == [Agreement]
    assert isinstance(found[0], Agreement)
    assert found[0].trials == 5


def test_a_proof_uses_the_assumptions_of_the_space() -> None:
    found = identical(tree(r"\sqrt{x^2}"), tree("x"), POSITIVE, check="equality", seed="s")
    assert isinstance(found[0], Proof)
    assert NOTATION is POSITIVE.notation


# ---------------------------------------------------------------- counterexamples of the assignment, replayed


def _world(parameters: dict[str, str], name: str, response: str) -> mpmath.mpf:
    """Return the value of a policy at a response, given the prompt of the record."""
    return value(parameters[f"{name}({parameters[response]} | {parameters['x']})"])


def _optimal(parameters: dict[str, str], response: str) -> tuple[mpmath.mpf, mpmath.mpf]:
    """Return pi*(y|x) and Z(x), summed over all responses of the record."""
    beta, prompt = value(parameters["beta"]), parameters["x"]
    head = "pi_ref("
    responses = [key[len(head) : -1].split(" | ")[0] for key in parameters if key.startswith(head)]
    weights = {
        y: value(parameters[f"pi_ref({y} | {prompt})"]) * mpmath.exp(value(parameters[f"r({prompt}, {y})"]) / beta)
        for y in responses
        if f"pi_ref({y} | {prompt})" in parameters
    }
    partition = mpmath.fsum(weights.values())
    return weights[parameters[response]] / partition, partition


LOG_RATIO = r"\log\frac{\pi^*(y|x)}{\pi_{ref}(y|x)}"
WRONG_2D = [
    (rf"\beta{LOG_RATIO} + \log Z(x)", lambda b, ratio, z: b * mpmath.log(ratio) + mpmath.log(z)),
    (rf"{LOG_RATIO} + \beta\log Z(x)", lambda b, ratio, z: mpmath.log(ratio) + b * mpmath.log(z)),
    (rf"\beta{LOG_RATIO} - \beta\log Z(x)", lambda b, ratio, z: b * mpmath.log(ratio) - b * mpmath.log(z)),
    (rf"\beta{LOG_RATIO}", lambda b, ratio, z: b * mpmath.log(ratio)),
]


@pytest.mark.parametrize(("text", "oracle"), WRONG_2D)
def test_counterexamples_in_worlds_are_replayed_from_the_record_alone(hw13: Rubric, text: str, oracle: object) -> None:
    assert callable(oracle)
    found = counterexample(only(graded(hw13, "2d", formula(text))))
    parameters = dict(found.parameters)
    with mpmath.workdps(50):
        optimal, partition = _optimal(parameters, "y")
        ratio = optimal / _world(parameters, "pi_ref", "y")
        beta = value(parameters["beta"])
        assert has_digits(found.submitted, oracle(beta, ratio, partition))
        assert has_digits(found.expected, beta * mpmath.log(ratio) + beta * mpmath.log(partition))
        assert has_digits(found.expected, value(parameters[f"r({parameters['x']}, {parameters['y']})"]))


WRONG_1 = [
    ("1e", r"\text{Var}(\hat X_0) = \frac{\sigma^4}{(\sigma^2+1)^2}", lambda s, **_: (s**2 / (s**2 + 1)) ** 2,
     lambda s, **_: s**2 * (1 + 2 * s**2) / (1 + s**2) ** 2),
    ("1e", r"= 2\sigma^2", lambda s, **_: 2 * s**2, lambda s, **_: s**2 * (1 + 2 * s**2) / (1 + s**2) ** 2),
    ("1g", r"\approx x_t", lambda s, t, dt, x: x,
     lambda s, t, dt, x: x * (1 - mpmath.sqrt(t) / (mpmath.sqrt(t - dt) + mpmath.sqrt(t)) * dt / (s**2 + t))),
    ("1c", r"\approx 2\Delta t", lambda s, t, dt, **_: 2 * dt,
     lambda s, t, dt, **_: (s**2 + t - dt) * dt / (s**2 + t)),
]  # fmt: skip


@pytest.mark.parametrize(("part", "text", "submitted", "expected"), WRONG_1)
def test_counterexamples_at_points_and_on_ways_into_a_regime_are_replayed(
    hw13: Rubric, part: str, text: str, submitted: object, expected: object
) -> None:
    assert callable(submitted)
    assert callable(expected)
    found = counterexample(only(graded(hw13, part, formula(text))))
    names = {"sigma": "s", "t": "t", "Delta t": "dt", "x_t": "x"}
    with mpmath.workdps(60):
        values = {names[name]: value(text) for name, text in found.parameters if name in names}
        for name in ("t", "dt", "x"):
            values.setdefault(name, mpmath.mpf(1))
        assert has_digits(found.submitted, submitted(**values))
        assert has_digits(found.expected, expected(**values))
