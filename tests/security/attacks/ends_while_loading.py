"""Ends the process before any function is defined."""

import os

os._exit(0)
