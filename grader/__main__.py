"""Lets `python -m grader` run the command line."""

import sys

from grader.cli import main

sys.exit(main())
