"""The text of a policy: what it says, and on which line.

tomllib tells values and no lines. What is found here instead is for people to look at, and
nothing depends on it. In a notation that is not expected (routes as inline tables, say, or a
header within a text) there is no line.
"""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Iterable
from typing import Any

from ..errors import PolicyError
from ..regular import read_regular

__all__ = ["line_of", "read_toml", "route_lines"]

_ROUTES = re.compile(r"\s*\[\[\s*routes\s*\]\]")

_HEADER = re.compile(r"\s*\[\s*([^][\"'#]+?)\s*\]\s*(?:#.*)?")

_ROUTE = re.compile(r"routes\[([0-9]+)\](?:\.(\w+))?")


def read_toml(name: str) -> tuple[str, dict[str, Any]]:
    """The text of the file `name` and what it says. Raises `PolicyError`."""
    text = _decoded(name, _bytes(name))
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PolicyError(f"is not TOML: {error}", file=name) from None
    if not document:
        # What a full disk leaves of a file must not open the app.
        hint = 'leave the policy out for "one envelope, nothing else"'
        raise PolicyError("is empty", file=name, hint=hint)
    return text, document


def _bytes(name: str) -> bytes:
    try:
        return read_regular(name)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        hint = "statusware init writes one" if isinstance(error, FileNotFoundError) else ""
        raise PolicyError(f"cannot be read: {reason}", file=name, hint=hint) from None


def _decoded(name: str, data: bytes) -> str:
    """The text of a file. TOML is UTF-8, and has no mark in front that says so."""
    hint = "save it as UTF-8 without one"
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise PolicyError("begins with a byte order mark", file=name, hint=hint)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicyError("is not UTF-8", file=name, line=line, hint="TOML always is") from None


def route_lines(text: str, routes: object) -> tuple[int, ...]:
    """The lines of `[[routes]]`, from 1 on; none at all, unless there are as many as routes."""
    found = [at for at, line in enumerate(text.splitlines(), 1) if _ROUTES.match(line)]
    return tuple(found) if isinstance(routes, list) and len(found) == len(routes) else ()


def line_of(text: str, lines: tuple[int, ...], key: str) -> int | None:
    """The line of `key` ("routes[1].allow", "cors.origins"), or of the table it is to stand in.

    `lines` are those of the routes. None where it cannot be told.
    """
    rows = list(enumerate(text.splitlines(), 1))
    if (route := _ROUTE.match(key)) is not None:
        number = int(route[1])
        if number >= len(lines):
            return None
        end = lines[number + 1] - 1 if number + 1 < len(lines) else len(rows)
        return _member(rows[lines[number] : end], route[2] or "", "routes") or lines[number]
    return None if "#" in key else _in_table(rows, key)  # of a document: "openapi.json#/paths"


def _in_table(rows: list[tuple[int, str]], key: str) -> int | None:
    """The same for a key of a table that stands there once, by the longest header that fits."""
    headers = [(at, found[1]) for at, row in rows if (found := _HEADER.fullmatch(row))]
    exception = re.fullmatch(r"errors\.'?([^']+)'?", key)
    words = ["errors", exception[1]] if exception else key.split(".")
    for length in range(len(words), 0, -1):
        starts = [at for at, name in headers if name == ".".join(words[:length])]
        if len(starts) == 1:
            end = next((at for at, _ in headers if at > starts[0]), len(rows) + 1) - 1
            member = words[length] if length < len(words) else ""
            return _member(rows[starts[0] : end], member) or starts[0]
    return next((at for at, name in headers if name.split(".")[0] == key), None)


def _member(rows: Iterable[tuple[int, str]], member: str, table: str = "") -> int | None:
    """The line that begins with `member`, or with a header of the table below `table`."""
    if not member:
        return None
    name = re.escape(member)
    start = re.compile(rf"\s*(?:[\"']?{name}[\"']?\s*[=.]|\[+\s*{table}\.{name}\b)")
    return next((at for at, row in rows if start.match(row)), None)
