"""A pytest plugin that makes one test of each part of each submission."""
