"""What a network is said to take: the noisy sample and the time, both, or something else (1f of the sheet)."""

from __future__ import annotations

import re

from grader.checks import training_law as law
from grader.checks.sentences import plain
from grader.checks.training_read import Judged, read_text, silent
from grader.formula.tree import Call, Sym, walk
from grader.model import Counterexample, Mention, Verdict

_WORD_NOISY = re.compile(
    r"\b(?:x_?t(?:_\w+)?|noisy|noised|noise corrupted|corrupted|perturbed|x_noisy|tilde x|diffused)\b"
)
_WORD_TIME = re.compile(r"\b(?:t|t_\w|times?|timesteps?|time steps?|noise levels?|noise variance|diffusion step)\b")
_WORD_CLEAN = re.compile(r"\b(?:s_\w|s|x_?0|clean|original|undisturbed|uncorrupted)\b")
_WITHOUT_TIME = re.compile(
    r"\b(?:without|no|not|never|nor|ignoring|omit\w*|excluding|independent of|doesn't|does not)\b[^.;]{0,30}"
    r"\b(?:t|time|timesteps?|noise level)\b"
    r"|\b(?:only|just|solely)\b(?: the)?(?: noisy| noised)? ?(?:sample|x_?t|input)\b|\bx_?t (?:only|alone)\b"
)
_LEAK = re.compile(r"\(? ?x_?t ?, ?(?:t ?, ?)?(?:s_\w|s|x_?0|eps|epsilon|varepsilon|noise)\b")
_NOISE_ALONE = re.compile(r"\b(?:pure |random |only )noise\b|\bnoise (?:vector|alone|only)\b")
_PAIR = re.compile(r"\(?(?:x_?t,t|t,x_?t)\)?\.?")
_INPUT = re.compile(r"\b(?:inputs?|feed|fed|feeds|takes?|receives?|conditioned|given|gets?|sees)\b")


def check_inputs(text: str, *, whole: bool = False) -> Judged:
    """Return the verdict on what the network takes: the noisy sample and the time, both.

    Args:
        text: The answer to this item, or to all of 1f.
        whole: Whether `text` answers all of 1f: then only what is said of inputs counts.
    """
    if not text.strip():
        return Verdict.MISSING, (), ()
    if not whole and _PAIR.fullmatch(re.sub(r"[\s$\\{}]|left|right", "", text)):
        # In an answer to this item alone nothing needs to say that the pair is the input.
        claim = "the network takes (x_t, t)"
        mention = Mention(check="training.inputs", claim=claim, quotation=text.strip(), earns=True)
        return Verdict.CORRECT, (mention,), ()
    said, facts = read_text(text)
    roles = [_argument_roles(part, facts) for item in said for part in walk(item.node) if isinstance(part, Call)]
    calls = [found for found in roles if found]
    lines = {clause: line for line in text.splitlines() for clause in re.split(r"(?<=[^\W\d_]{2})\.|;|\?", plain(line))}
    clauses = [clause for clause in lines if clause.strip()]
    if whole:
        clauses = [clause for clause in clauses if _INPUT.search(clause)]
    missing = [clause for clause in clauses if _WITHOUT_TIME.search(clause)]
    both = [
        clause
        for clause in clauses
        if clause not in missing and _WORD_NOISY.search(clause) and _WORD_TIME.search(clause)
    ]
    good_call = next((found for found in calls if {"noisy", "time"} <= found), None)
    bad_call = next((found for found in calls if not {"noisy", "time"} <= found), None)
    if not whole and any(_LEAK.search(clause) for clause in clauses):
        why = "the clean sample and the noise are not known where the network is used"
        return _wrong_inputs(clauses[0], "what is to be estimated", ("1", "1"), why)
    if missing and not (both and whole):
        return _wrong_inputs(missing[0], "x_t alone")
    if both or (good_call and (whole or not bad_call)):
        quotation = " ".join((lines[both[0]] if both else text).split())[:200]
        return (
            Verdict.CORRECT,
            (Mention(check="training.inputs", claim="the network takes (x_t, t)", quotation=quotation, earns=True),),
            (),
        )
    if calls and bad_call is not None:
        if "data" in bad_call and "noisy" not in bad_call:
            return _wrong_inputs("", "the clean sample s_i", ("1", "1"), "x_t is not among the inputs")
        return _wrong_inputs("", "x_t alone" if "noisy" in bad_call else "t alone")
    noisy = any(_WORD_NOISY.search(clause) for clause in clauses)
    time = any(_WORD_TIME.search(clause) for clause in clauses)
    clean = any(_WORD_CLEAN.search(clause) for clause in clauses)
    if not noisy and not time and not clean and any(_NOISE_ALONE.search(clause) for clause in clauses):
        return _wrong_inputs(clauses[0], "noise alone", ("1", "1"), "x_t is not among the inputs")
    if noisy and not time and len(clauses) <= 2:
        return _wrong_inputs(clauses[0], "x_t alone")
    if clean and not noisy and clauses:
        return _wrong_inputs(clauses[0], "the clean sample s_i", ("1", "1"), "x_t is not among the inputs")
    if time and not noisy and len(plain(text).split()) <= 12:
        return _wrong_inputs(clauses[0], "t alone")
    return silent("inputs", "what the network takes was not recognised")


def _argument_roles(call: Call, facts: law.Facts) -> set[str]:
    """Return the roles of the arguments of a call of the network; empty for another call."""
    head = law.flat(call.head)
    if head in ("MSE", "L1", "huber", "CE", "joined", "pick", "p", "q", "N", "mse") or not law.is_network(call, facts):
        return set()
    found: set[str] = set()
    for argument in call.args:
        for part in walk(law.resolved(argument, facts)):
            if isinstance(part, Sym):
                found.add(law.role(part, facts))
    if "noise" in found and "data" in found:
        found = (found | {"noisy"}) - {"data", "noise"}
    return found - {""}


def _wrong_inputs(quotation: str, submitted: str, values: tuple[str, str] = ("1/4", "1/2"), why: str = "") -> Judged:
    """Return the counterexample: two cases that the inputs do not tell apart, and the two values of g there."""
    if submitted == "x_t alone":
        place, expected = (("sigma^2", "1"), ("x_t", "1"), ("t", f"{values[0]} or {values[1]}")), "g = 4/5 or 2/3"
    else:
        place, expected = (("sigma^2", "1"), ("t", "1"), ("x_t", "1 or 2")), "g = 1/2 or 1"
    difference = why or "the inputs are the same in both cases, so the outputs are"
    found = Counterexample(
        check="training.inputs", parameters=place, submitted=f"one output, from {submitted}", expected=expected,
        difference=difference, submitted_form=" ".join(quotation.split())[:200], expected_form="f(x_t, t)",
    )  # fmt: skip
    return Verdict.INCORRECT, (found,), ()
