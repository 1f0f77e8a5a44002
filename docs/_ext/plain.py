"""What the pages and the docstrings of this project leave unsaid, said to Sphinx.

Docstrings are plain text: an indented paragraph is code, wherever a colon or a full stop stands
before it; everything else means the same in reStructuredText.

Pages say in a comment before a block what a test does with it. Readers see the part that is for
them as its caption: the name of a file, that a server goes on running, that something is printed.
"""

from __future__ import annotations

import re
from typing import Any

import click

from statusware.cli.group import commands

#: A block of a page, with the comment before it.
_BLOCK = re.compile(
    r"^<!-- (file|append to|serve|output)(?:: (.*?))? -->\n```(\w+)\n", re.MULTILINE
)

_CAPTIONS = {
    "file": "{}",
    "append to": "{}, at its end",
    "serve": "leave it running",
    "output": "prints",
}


def load_commands() -> None:
    """Have every command imported: sphinx-click looks at those that a group has at hand."""
    context = click.Context(commands)
    for name in commands.list_commands(context):
        commands.get_command(context, name)


def captioned(text: str) -> str:
    """`text` with captions where a comment says what is for readers."""

    def directive(found: re.Match[str]) -> str:
        caption = _CAPTIONS[found[1]].format(found[2])
        return f"```{{code-block}} {found[3]}\n:caption: {caption}\n\n"

    return _BLOCK.sub(directive, text)


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


def _read(app: Any, name: str, source: list[str]) -> None:
    source[0] = captioned(source[0])


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", _read)
    app.connect("autodoc-process-docstring", _process)
    load_commands()
    return {"parallel_read_safe": True}
