"""One function of a submission, called: what came of each call, within a budget of calls."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flint import ctx

from grader.checks.pairs import PRECISION
from grader.checks.program import FAULTS_OF_THE_SANDBOX, Plan, Programs, Vectors, is_undefined, plan_call, value_of
from grader.checks.values_compare import Leaf, Numbers, Unfit, Unknown, items_of
from grader.domains.draws import RejectedError
from grader.errors import SandboxError
from grader.model import Callable
from grader.rubric import Argument, Part, Returned, Signature
from grader.sandbox import BadReply, Died, LimitHit, Raised, Reply, Value

BITS = 256
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{4,}")
_MAX_MESSAGE = 300
_DEATHS = 3
_MOST_COST = 3
_MOST_DRAWS = 9
Arguments = Mapping[str, Argument]
T = TypeVar("T")


@dataclass(slots=True)
class Budget:
    """How many calls may still be made for a part."""

    left: int


class Caller:
    """A function with the items that it answers; equal arguments are called once, unless `again` is asked.

    Attributes:
        function: The function.
        returned: The items that it answers.
        is_stopped: Whether it went past a limit, after which it is not called again.
    """

    def __init__(
        self,
        function: Callable,
        returned: Sequence[Returned],
        *,
        is_one: bool,
        signature: Signature,
        programs: Programs,
        budget: Budget,
    ) -> None:
        self.function = function
        self.returned = tuple(returned)
        self.is_stopped = False
        self._is_one = is_one
        self._signature = signature
        self._programs = programs
        self._budget = budget
        self._plan: Plan | None = None
        self._vectors: Vectors = "list"
        self._deaths = 0
        self._seen: dict[tuple[Vectors, tuple[tuple[str, Argument], ...]], dict[str, Leaf]] = {}

    @property
    def calls_left(self) -> int:
        """How many calls may still be made."""
        return 0 if self.is_stopped else self._budget.left

    def outcome(self, arguments: Arguments) -> dict[str, Leaf] | None:
        """Return what the function says about each item at these arguments; None if no call is left."""
        key = (self._vectors, tuple(sorted(arguments.items())))
        if key not in self._seen:
            if self.calls_left <= 0:
                return None
            self._seen[key] = self.again(arguments)
        return self._seen[key]

    def again(self, arguments: Arguments) -> dict[str, Leaf]:
        """Return the same by a call of its own; `Unknown` where no call is left."""
        if self.calls_left <= 0:
            return self._for_all(Unknown(reason="the number of calls for a part is used up"))
        try:
            reply = self._call(arguments)
        except SandboxError as error:
            return self._for_all(Unknown(reason=f"the sandbox failed: {error}"))
        if isinstance(reply, Value):
            with PRECISION, ctx.workprec(BITS):
                return items_of(reply.value, self.returned, is_one=self._is_one)
        return self._for_all(self._without_value(reply))

    def pass_vectors_as(self, form: Vectors) -> None:
        """Pass vectors in another form from now on."""
        self._vectors = form

    def shown(self, arguments: Arguments) -> tuple[tuple[str, str], ...]:
        """Return the arguments as a person types them, with the values that the function takes instead of them."""
        lines = [(name, _text(arguments[name])) for name in (one.name for one in self._signature.parameters)]
        names = self._plan.names if self._plan is not None else ()
        lines += [
            (own, _text(value_of(name, arguments, self._signature))) for own, name in names if name not in arguments
        ]
        return tuple(lines)

    # ------------------------------------------------------------ calls

    def _call(self, arguments: Arguments) -> Reply:
        if self._plan is None:
            self._plan = plan_call(self._programs.parameters(self.function), self._signature)
            reply = self._pass(arguments, self._plan)
            if isinstance(reply, Raised) and reply.type == "TypeError" and "keyword argument" in reply.message:
                names = tuple((one.name, one.name) for one in self._signature.parameters)
                by_position = Plan(names=names, positional=True)
                second = self._pass(arguments, by_position)
                if not (isinstance(second, Raised) and second.type == "TypeError"):
                    self._plan = by_position
                    return second
            return reply
        return self._pass(arguments, self._plan)

    def _pass(self, arguments: Arguments, plan: Plan) -> Reply:
        self._budget.left -= 1
        passed = plan.passed(arguments, self._signature, self._vectors)
        return self._programs.call(self.function, passed, positional=plan.positional)

    def _for_all(self, leaf: Leaf) -> dict[str, Leaf]:
        return {one.item: leaf for one in self.returned if self._is_one or not one.is_separate}

    def _without_value(self, reply: Raised | BadReply | LimitHit | Died) -> Leaf:
        if isinstance(reply, Raised) and is_undefined(reply, self.function):
            return self._undefined()
        match reply:
            case Raised(type=kind, message=message, where=where):
                if kind in FAULTS_OF_THE_SANDBOX:
                    return Unknown(
                        reason=f"it raised {kind}: {_clean(message)}: what it asks for is not in the sandbox"
                    )
                found = self._programs.place_of(self.function.program, where)
                place = f" ({found})" if found else ""
                return Unfit(what=f"raised {kind}: {_clean(message)}{place}" if message else f"raised {kind}{place}")
            case BadReply(reason=reason):
                return Unfit(what=f"returned no number: {_clean(reason)}")
            case LimitHit(limit="wall_s", amount=amount):
                self.is_stopped = True
                return Unknown(reason=f"no reply within {amount:g} s of real time, which may be the machine's fault")
            case LimitHit(limit="memory_bytes", amount=amount):
                return Unfit(what=f"gave no value within {amount / (1 << 20):g} MiB of memory")
            case LimitHit(limit=limit, amount=amount):
                self.is_stopped = True
                when = " while its cells were run" if limit == "load_cpu_s" else ""
                return Unfit(what=f"gave no value within {amount:g} s of CPU time{when}", is_limit=True)
            case Died(reason=reason):
                self._deaths += 1
                self.is_stopped = self._deaths >= _DEATHS
                if "exited with code" in reason:
                    return Unfit(what=f"ended the process instead of returning a value: {reason}")
                return Unknown(reason=f"the worker ended: {reason}")

    def _undefined(self) -> Leaf:
        name = self.function.function
        found = self._programs.load_error(self.function.program)
        if found is None:
            return Unfit(what=f"is not defined after the code has run: {name}")
        error, where, is_own = found
        text = f"{error.type}: {_clean(error.message)}{f' ({where})' if where else ''}"
        if is_own:
            return Unfit(what=f"is not defined, because the code raised {text}")
        return Unknown(reason=f"the code could not be run in the sandbox: {text}")


def numbers_of(outcome: Mapping[str, Leaf] | None, item: str) -> Numbers | None:
    """Return the numbers for an item, if that is what came."""
    leaf = outcome.get(item) if outcome is not None else None
    return leaf if isinstance(leaf, Numbers) else None


def _clean(message: str) -> str:
    """Return a message without addresses, which differ from run to run."""
    return _ADDRESS.sub("0x…", message)[:_MAX_MESSAGE]


def _text(value: Argument) -> str:
    return f"[{', '.join(map(repr, value))}]" if isinstance(value, tuple) else repr(value)


def assigned(
    part: Part, signature: Signature, callables: Sequence[Callable]
) -> list[tuple[Callable, tuple[Returned, ...], bool]]:
    """Return each function with what it answers, functions of one item first; the last definition counts."""
    own: dict[str, tuple[Callable, tuple[Returned, ...], bool]] = {}
    whole: list[tuple[Callable, tuple[Returned, ...], bool]] = []
    spelled = re.compile("_?".join(map(re.escape, part.id.lower())))
    for function in callables:
        matches = list(spelled.finditer(function.function.lower()))
        end = function.function.lower()[matches[-1].end() :].strip("_") if matches else ""
        named = [one for one in signature.returned if end in (one.item, *(alias.lower() for alias in one.aliases))]
        if named:
            own[named[0].item] = (function, (named[0],), True)
        else:
            whole = [(function, signature.returned, len(signature.returned) == 1)]
    return [*own.values(), *whole]


def simple_first(signature: Signature, count: int) -> Iterator[Arguments]:
    """Yield up to `count` different arguments in the order of their simplicity: few draws that are not the simplest."""
    found: list[Arguments] = []
    for cost in range(_MOST_COST + 1):
        for raised in itertools.combinations_with_replacement(range(_MOST_DRAWS), cost):
            if len(found) == count:
                return
            drawn = itertools.count()

            def draw(pool: Sequence[T], /, drawn: Iterator[int] = drawn, raised: tuple[int, ...] = raised) -> T:
                return pool[min(raised.count(next(drawn)), len(pool) - 1)]

            try:
                arguments = signature.arguments(draw)
            except RejectedError:
                continue
            if arguments not in found:
                found.append(arguments)
                yield arguments
