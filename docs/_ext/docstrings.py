"""Docstrings of this project, which are plain text, as reStructuredText.

An indented paragraph is code, wherever a colon or a full stop stands before it; everything
else means the same in both.
"""

from __future__ import annotations

from typing import Any


def marked(lines: list[str]) -> list[str]:
    """`lines` with a code block around what is indented, lists aside."""
    made: list[str] = []
    code = False
    after_list = False
    for at, line in enumerate(lines):
        indented = line.startswith("    ")
        fresh = at > 0 and not lines[at - 1].strip()
        if indented and fresh and not code and not after_list:
            code = True
            made += [".. code-block:: python", ""]
        elif line.strip() and not indented:
            code = False
            after_list = line.lstrip().startswith(("- ", "* ", ":", ".. ")) or line.startswith("  ")
        made.append(line)
    return made


def _process(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = marked(lines)


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", _process)
    return {"parallel_read_safe": True}
