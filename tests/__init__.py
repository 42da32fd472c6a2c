"""Tests of the grader, of the references and of the sample submissions."""
