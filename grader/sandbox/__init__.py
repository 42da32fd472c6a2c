"""Runs the code of submissions in isolated workers, which get parameters and return plain values.

The grader's process never imports, unpickles or evaluates anything of a submission. See `docs/threat-model.md`
for what each level of isolation promises.

    with Template() as template, template.open(["def answer(t):\\n    return 2 * t"]) as session:
        session.call("answer", {"t": 0.5})          # Value(value=1.0)
"""

from grader.sandbox.guest.wire import Array, Expression, Plain
from grader.sandbox.records import (
    LEVELS,
    BadReply,
    Died,
    Isolation,
    Level,
    LimitHit,
    Limits,
    LoadError,
    Raised,
    Reply,
    Value,
)
from grader.sandbox.session import Session
from grader.sandbox.template import Template, level

__all__ = [
    "LEVELS",
    "Array",
    "BadReply",
    "Died",
    "Expression",
    "Isolation",
    "Level",
    "LimitHit",
    "Limits",
    "LoadError",
    "Plain",
    "Raised",
    "Reply",
    "Session",
    "Template",
    "Value",
    "level",
]
