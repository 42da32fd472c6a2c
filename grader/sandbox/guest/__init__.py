"""What runs on the other side of the sandbox: loaded by the template process, never by the grader.

These files import nothing of the grader, so that the template can load them by path and then lose sight of
the repository. `wire` alone is used on both sides.
"""
