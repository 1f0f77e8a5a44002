"""What commands print: lines for people, or one JSON object for programs.

The object of a command always has `command`, its name, and `exit_status`, the number that
the process ends with; what else stands in it is the command's own and in docs/cli.md.
Where a command cannot do what it is asked to, there is `error` in the place of that.
"""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from itertools import pairwise
from typing import Any, TextIO

from ..errors import PolicyError

__all__ = [
    "Line",
    "columns",
    "document",
    "kept_for_json",
    "print_json",
    "refusal",
    "show",
    "to_json",
    "wants_json",
]

#: A line, and how it looks on a terminal: "", "red", "bold", as rich has it.
Line = tuple[str, str]

#: The stdout that is kept for an object.
_kept: list[TextIO] = []

#: A last column that would be narrower than this goes to a line of its own.
NARROW = 24


def show(
    command: str, form: str, status: int, members: Mapping[str, Any], lines: Iterable[str | Line]
) -> int:
    """Print what a command found, in the form that was asked for; gives `status` back."""
    if form == "json":
        print_json({"command": command, "exit_status": status, **members})
        return status
    from .screen import Screen  # rich takes time to import, and an object does without

    screen = Screen()
    for line in lines:
        screen.say(*([line] if isinstance(line, str) else line))
    return status


def print_json(members: Mapping[str, Any]) -> None:
    """Print one object. Where stdout is not UTF-8, other characters are escaped."""
    (_kept[-1] if _kept else sys.stdout).write(document(members))


@contextmanager
def kept_for_json() -> Iterator[None]:
    """Keep stdout for our object alone: what an app prints meanwhile goes to stderr."""
    _kept.append(sys.stdout)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _kept.pop()


def document(members: Mapping[str, Any]) -> str:
    """JSON laid out, for stdout."""
    out = _kept[-1] if _kept else sys.stdout
    encoding = (getattr(out, "encoding", None) or "").lower().replace("-", "")
    return to_json(members, ascii_only=encoding != "utf8")


def to_json(members: Mapping[str, Any], *, ascii_only: bool = False) -> str:
    """JSON laid out, ended by a line break."""
    return json.dumps(members, indent=2, ensure_ascii=ascii_only) + "\n"


def columns(rows: Sequence[tuple[str, ...]], styles: Sequence[str] = ()) -> Iterator[Line]:
    """Rows in columns, a style for each.

    On a terminal too narrow for a row its last cell goes on in lines of its own; in a file or
    a pipe a row is one line, however long. A last column in which nothing stands is left out.
    """
    if not rows:
        return
    if len(rows[0]) > 1 and not any(row[-1] for row in rows):
        rows = [row[:-1] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    before = sum(widths[:-1]) + 2 * (len(widths) - 1)
    room = shutil.get_terminal_size().columns - before if sys.stdout.isatty() else None
    for row, style in zip(rows, styles or [""] * len(rows), strict=True):
        cells = (f"{cell:{width}}" for cell, width in zip(row[:-1], widths, strict=False))
        first, *rest = _fitted(row[-1], room, before)
        yield "  ".join((*cells, first)).rstrip(), style
        yield from ((line, style) for line in rest)


def _fitted(cell: str, room: int | None, before: int) -> list[str]:
    """The last cell of a row: as it is, in several lines beside the others, or below them."""
    if room is None or not cell or len(cell) <= room:
        return [cell]
    if room >= NARROW:
        first, *rest = _wrapped(cell, room)
        return [first, *(" " * before + line for line in rest)]
    return ["", *(f"    {line}" for line in _wrapped(cell, max(room + before - 4, 1)))]


def _wrapped(text: str, width: int) -> list[str]:
    """Words stay whole: a path may be copied."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def wants_json(args: Sequence[str]) -> bool:
    """Whether these arguments ask for JSON, well-formed or not."""
    return "--format=json" in args or ("--format", "json") in pairwise(args)


def refusal(command: str, status: int, error: Exception) -> dict[str, Any]:
    """The object that says why a command could not do what it was asked to."""
    told = {"reason": str(error), "file": "", "key": "", "hint": ""}
    line = None
    if isinstance(error, PolicyError):
        told = {"reason": error.reason, "file": error.file, "key": error.key, "hint": error.hint}
        line = error.line
    told = {name: " ".join(text.split()) for name, text in told.items()}
    return {"command": command, "exit_status": status, "error": {**told, "line": line}}
