"""Formulas: text to tree, and what can be known about a tree without evaluating any code."""
