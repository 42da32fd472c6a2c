"""Assignments that ship with the grader."""
