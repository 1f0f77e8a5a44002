"""Requests and answers as a person reads them."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console

from ..errors import visible
from .exchange import Answer

__all__ = ["Screen", "readable"]

#: The header fields of an answer that matter to a reader.
SHOWN = ("Content-Type", "Location", "WWW-Authenticate", "Allow", "Accept", "Retry-After")

#: How many lines of a body, and how many characters of a line, are shown.
LINES, WIDTH = 30, 100

_COLOURS = {2: "green", 3: "cyan", 4: "yellow", 5: "red"}


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to whoever runs the command: newer versions of rich exit with status 1."""
        raise


class Screen:
    """Lines on stdout: in colour on a terminal (unless NO_COLOR says no), plain elsewhere.

    Lines are never broken, so that what is copied works where it is pasted. A `silent` one
    shows nothing.
    """

    def __init__(self, *, silent: bool = False) -> None:
        self.silent = silent
        # Not even FORCE_COLOR makes a file or a pipe a terminal.
        terminal = None if sys.stdout.isatty() else False
        self._console = _Console(
            force_terminal=terminal,
            # Empty is as if it were not set (no-color.org); rich says so from 14.0 on.
            no_color=bool(os.environ.get("NO_COLOR")),
            soft_wrap=True,
            highlight=False,
            markup=False,
            emoji=False,
        )
        self._ascii = self._console.options.ascii_only

    def say(self, text: str = "", style: str = "") -> None:
        """One line or more, as they are; what is no text in a file or an answer stays none."""
        if self.silent:
            return
        text = "\n".join(map(visible, text.split("\n")))
        if self._ascii:
            text = text.encode("ascii", "backslashreplace").decode("ascii")
        self._console.print(text, style=style)

    def title(self, number: int, text: str) -> None:
        """What the next request is about."""
        self.say(f"\n{number}. {text}", "bold")

    def request(self, line: str, headers: Mapping[str, str], body: bytes | None) -> None:
        """A request: line, header fields, body."""
        self.say(f"   > {line}", "cyan")
        self._rest(headers.items(), body or b"")

    def answer(self, answer: Answer) -> None:
        """An answer: status line, the header fields that matter, body."""
        self.say(f"   < {answer.status} {answer.reason}", _COLOURS.get(answer.status // 100, ""))
        shown = ((name, answer.headers.get(name.lower())) for name in SHOWN)
        self._rest(((name, value) for name, value in shown if value is not None), answer.body)

    def verdict(self, faults: list[str]) -> None:
        """A check mark, or what is wrong with the answer."""
        if not faults:
            self.say("   ok" if self._ascii else "   ✓", "green")
        for fault in faults:
            self.say(f"   {'WRONG' if self._ascii else '✗'} {fault}", "bold red")

    def _rest(self, fields: Iterable[tuple[str, str]], body: bytes) -> None:
        for name, value in fields:
            self.say(f"     {name}: {_cut(value, WIDTH)}", "dim")
        for line in readable(body):
            self.say(f"     {line}")
        self.say()


def readable(body: bytes) -> list[str]:
    """The lines of a body: JSON laid out, the rest as it is; shortened where it is long."""
    text = body.decode("utf-8", "replace")
    with contextlib.suppress(ValueError):
        text = _layout(json.loads(text))
    lines = [_cut(line, WIDTH) for line in text.splitlines()]
    if len(lines) > LINES:
        lines[LINES:] = [f"... ({len(body):,} bytes)"]
    return lines


def _layout(value: Any, indent: str = "") -> str:
    """JSON that stays on one line as long as it fits there."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or len(indent) + len(flat) < WIDTH - 10:
        return flat
    inner = indent + "  "
    if isinstance(value, dict):
        rows = [f"{json.dumps(name)}: {_layout(item, inner)}" for name, item in value.items()]
        start, end = "{", "}"
    else:
        rows = [_layout(item, inner) for item in value]
        start, end = "[", "]"
    return f"{start}\n{inner}" + f",\n{inner}".join(rows) + f"\n{indent}{end}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[:width]}... ({len(text):,} characters)"
