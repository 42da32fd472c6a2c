"""Files into submissions: formats, and no mathematics. Nothing that an author writes is executed here.

`discover` finds the submissions below some paths; `read` reads one. Formats are recognised by content: Python modules,
notebooks, markdown answers, answer sheets (TOML, JSON), transcripts (markdown, ChatGPT and Claude exports, saved
pages), and files with one formula.
"""

from grader.ingest.reading import read
from grader.ingest.source import Source, discover

__all__ = ["Source", "discover", "read"]
