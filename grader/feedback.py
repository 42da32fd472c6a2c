"""A sentence for the author about a part, which does not give the reference away."""

from __future__ import annotations

from grader.model import AttemptResult, Counterexample, ItemResult, Mention, Silence, Verdict, Violation
from grader.rubric import Part


def feedback(part: Part, attempt: AttemptResult) -> str:
    """Return what to tell the author: the mistake by its message, else the point at which the answer fails."""
    asks = {item.id: item.asks for item in part.items}
    several = len(part.items) > 1
    sentences = []
    for item in attempt.items:
        sentence = _on_item(item)
        if sentence:
            sentences.append(f"{asks[item.item]}: {sentence}" if several else sentence)
    return " ".join(sentences) if sentences else "Correct."


def _on_item(item: ItemResult) -> str:
    remarks = " ".join(item.remarks)
    match item.verdict:
        case Verdict.CORRECT:
            return remarks
        case Verdict.MISSING:
            return "No answer was found."
        case Verdict.UNDECIDED:
            reasons = [one.reason.splitlines()[0] for one in item.evidence if isinstance(one, Silence)]
            return f"A person will look at this: {reasons[0]}." if reasons else "A person will look at this."
    if item.mistake is not None:
        return f"{item.mistake.message} {remarks}".strip()
    for one in item.evidence:
        if isinstance(one, Counterexample):
            at = ", ".join(f"{name} = {value}" for name, value in one.parameters[:6])
            return f"At {at} your answer is {one.submitted}; the right value there is {one.expected}. {remarks}".strip()
    for one in item.evidence:
        if isinstance(one, Violation):
            return f"The value is right, but: {one.message}. {remarks}".strip()
    wrong = [one for one in item.evidence if isinstance(one, Mention) and not one.earns]
    if wrong:
        return f"This is not so: “{wrong[0].quotation}”. {remarks}".strip()
    return remarks or "Not complete."
