"""A grader that tries to refute mathematical answers and shows its evidence."""

__version__ = "0.1.0"
