"""Preference worlds against an oracle that shares nothing with the evaluator: torch autograd and plain loops."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from writing import formula_item

from grader.checks.form import tree_of
from grader.domains.draws import candidates
from grader.domains.world import FiniteWorld
from grader.formula.balls import Evaluator
from grader.formula.parser import parse_expression
from grader.formula.tree import Node, Sym
from grader.rubric import Rubric
from reference.hw13 import diffusion, preference
from reference.hw13.worlds import DIFFUSION, PREFERENCE

WORLDS = tuple(candidates(PREFERENCE.build, seed="oracle", count=20))
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Plain:
    """A world as tensors: policies and reward by prompt (rows) and response (columns), in the order of the sets."""

    beta: float
    ref: torch.Tensor
    logits: torch.Tensor
    reward: torch.Tensor

    @property
    def model(self) -> torch.Tensor:
        return torch.log_softmax(self.logits, dim=-1)

    def partition(self) -> torch.Tensor:
        return (self.ref * torch.exp(self.reward / self.beta)).sum(dim=-1)

    def optimal(self) -> torch.Tensor:
        return self.ref * torch.exp(self.reward / self.beta) / self.partition()[:, None]


def plain(world: FiniteWorld) -> Plain:
    prompts, responses = world.sets["prompt"], world.sets["response"]

    def table(head: Sym, *, prompt_first: bool) -> torch.Tensor:
        values = world.tables[head].values
        rows = [
            [float(values[(x.label, y.label) if prompt_first else (y.label, x.label)]) for y in responses]
            for x in prompts
        ]
        return torch.tensor(rows, dtype=torch.float64)

    return Plain(
        beta=float(world.numbers[Sym("beta")]),
        ref=table(Sym("pi", Sym("ref")), prompt_first=False),
        logits=table(Sym("pi", Sym("theta")), prompt_first=False).log(),
        reward=table(Sym("r"), prompt_first=True),
    )


def at(world: FiniteWorld, symbol: Sym) -> int:
    return world.members[symbol].index - 1


def tree(text: str) -> Node:
    return PREFERENCE.notation.canonical(parse_expression(text, PREFERENCE.notation))


def value(world: FiniteWorld, text: str | Node) -> float:
    return float(Evaluator(world).value(tree(text) if isinstance(text, str) else text).mid())


def close(submitted: float, expected: float) -> bool:
    return math.isclose(submitted, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


@pytest.mark.parametrize("world", WORLDS)
def test_partition_function_optimal_policy_and_implicit_reward(world: FiniteWorld) -> None:
    one = plain(world)
    x, y = at(world, Sym("x")), at(world, Sym("y"))
    assert close(value(world, "Z(x)"), float(one.partition()[x]))
    assert close(value(world, r"\pi^*(y|x)"), float(one.optimal()[x, y]))
    assert close(float(one.optimal()[x].sum()), 1)
    implicit = one.beta * (one.model[x, y] - one.ref[x, y].log())
    assert close(value(world, r"\hat r(x,y)"), float(implicit))
    divergence = (one.model[x].exp() * (one.model[x] - one.optimal()[x].log())).sum()
    assert close(value(world, r"D_{KL}(\pi_\theta(\cdot|x) \| \pi^*(\cdot|x))"), float(divergence))
    assert close(
        float(preference.log_partition(one.ref.log(), one.reward, one.beta)[x]), math.log(value(world, "Z(x)"))
    )
    assert close(
        float(preference.optimal_log_policy(one.ref.log(), one.reward, one.beta)[x, y]),
        math.log(value(world, r"\pi^*(y|x)")),
    )


@pytest.mark.parametrize("world", WORLDS)
def test_references_of_the_rubric_are_the_values_of_the_oracle(hw13: Rubric, world: FiniteWorld) -> None:
    one = plain(world)
    x, y = at(world, Sym("x")), at(world, Sym("y"))

    def reference(part_id: str, item_id: str = "") -> float:
        part = hw13.part(part_id)
        return value(world, tree_of(formula_item(part, item_id).expected[0].value, part))

    assert close(reference("2b", "policy"), float(one.optimal()[x, y]))
    assert close(reference("2d"), float(one.reward[x, y]))
    first, second = (member.index - 1 for member in world.sequences["y"][:2])  # type: ignore[union-attr]
    scores = one.reward[x].exp()
    assert close(reference("2e"), float(scores[first] / (scores[first] + scores[second])))
    gaps = [one.model.exp()[i] @ (one.model[i] - one.optimal()[i].log()) for i in range(len(one.ref))]
    rows = [row[Sym("x")].index - 1 for row in world.data["cal D"]]
    wanted = sum(gaps[row] - one.partition()[row].log() for row in rows) / len(rows)
    assert close(reference("2b", "objective"), float(wanted))


@pytest.mark.parametrize("world", WORLDS)
def test_the_gradient_of_the_loss_is_that_of_autograd(hw13: Rubric, world: FiniteWorld) -> None:
    one = plain(world)
    logits = one.logits.clone().requires_grad_()
    model = torch.log_softmax(logits, dim=-1)
    losses = []
    for row in world.data["cal D"]:
        x, w, l = (row[name].index - 1 for name in (Sym("x"), Sym("y", Sym("w")), Sym("y", Sym("l"))))  # noqa: E741
        implicit = one.beta * (model[x] - one.ref[x].log())
        losses.append(-torch.nn.functional.logsigmoid(implicit[w] - implicit[l]))
    torch.stack(losses).mean().backward()  # type: ignore[no-untyped-call]
    part = hw13.part("2f")
    matrix = Evaluator(world).value(tree_of(formula_item(part).expected[0].value, part))
    # The parameters stand in the order of the table of the policy: prompt by prompt.
    names = list(world.tables[Sym("pi", Sym("theta"))].values)
    columns = {y.label: i for i, y in enumerate(world.sets["response"])}
    rows = {x.label: i for i, x in enumerate(world.sets["prompt"])}
    assert logits.grad is not None
    for (y, x), entry in zip(names, matrix.entries(), strict=True):
        assert close(float(entry.mid()), float(logits.grad[rows[x], columns[y]]))


def _plackett_luce(scores: Sequence[float]) -> float:
    """Return the chance of this order, by drawing without replacement, one response after the other."""
    left, chance = list(scores), 1.0
    while left:
        chance *= left[0] / sum(left)
        left.pop(0)
    return chance


@pytest.mark.parametrize("world", WORLDS)
def test_the_ranking_probability_is_that_of_drawing_and_sums_to_one(hw13: Rubric, world: FiniteWorld) -> None:
    one = plain(world)
    x = at(world, Sym("x"))
    part = hw13.part("2g")
    node = tree_of(formula_item(part, "probability").expected[0].value, part)
    scores = [float(one.reward[x, member.index - 1].exp()) for member in world.sequences["y"]]  # type: ignore[union-attr]
    order: tuple[Any, ...] = world.sequences["tau"]
    assert close(value(world, node), _plackett_luce([scores[place - 1] for place in order]))
    total = sum(
        value(replace(world, sequences={**world.sequences, "tau": tau}), node)
        for tau in itertools.permutations(range(1, len(order) + 1))
    )
    assert close(total, 1)


@pytest.mark.parametrize("world", WORLDS)
def test_the_ranking_loss_is_minus_the_mean_log_probability(hw13: Rubric, world: FiniteWorld) -> None:
    one = plain(world)
    part = hw13.part("2g")
    chances = []
    for row in world.data["cal D"]:
        x = row[Sym("x")].index - 1
        ratio = one.beta * (one.model[x] - one.ref[x].log())
        ranked = row[Sym("y", Sym("dots"))]
        chances.append(
            _plackett_luce([float(ratio[ranked[i - 1].index - 1].exp()) for i in row[Sym("tau", Sym("dots"))]])
        )
    expected = -sum(math.log(chance) for chance in chances) / len(chances)
    assert close(value(world, tree_of(formula_item(part, "loss").expected[0].value, part)), expected)


POINTS = tuple(candidates(DIFFUSION.build, seed="oracle", count=20))


@pytest.mark.parametrize("world", POINTS)
def test_references_of_the_diffusion_problem_are_the_paper_functions(hw13: Rubric, world: FiniteWorld) -> None:
    sigma2 = float(world.numbers[Sym("sigma")]) ** 2
    t, dt, x = (float(world.numbers[one]) for one in (Sym("t"), Sym("Delta t"), Sym("x", Sym("t"))))
    wanted = {
        "1a": diffusion.forward_variance(sigma2, 1.0),
        "1c": diffusion.reverse_variance(sigma2, t, dt),
        "1d": diffusion.ddpm_mean_variance(sigma2),
        "1e": diffusion.ddpm_variance_limit(sigma2),
        "1g": diffusion.ddim_step_factor(sigma2, t, dt) * x,
        "1h": diffusion.ddim_variance_limit(sigma2),
    }
    for part_id, expected in wanted.items():
        part = hw13.part(part_id)
        found = Evaluator(world).value(tree_of(formula_item(part).expected[0].value, part))
        number = found.parameters[1] if hasattr(found, "parameters") else found
        assert close(float(number.mid()), expected), part_id
