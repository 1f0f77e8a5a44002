"""What is expected at some place of a JSON text, found token by token.

With a stack of its own, so without recursion. Slow: it is begun just before a fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .expected import INFINITY, NAME, NUMBER, SURROGATE, UNCLOSED, VALUE, Fault

__all__ = ["WHITE", "first_fault", "lone_surrogate"]

WHITE = " \t\n\r"

_SPACE = re.compile(rf"[{WHITE}]*+")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(\.[0-9]++)?([eE][+-]?[0-9]++)?")
_WORD = re.compile(r"true|false|null")
_PAIRED = re.compile(
    r"(?:[^\\]++|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\(?!u[dD][89a-fA-F]).)*+",
    re.DOTALL,
)


class _Found(Exception):
    def __init__(self, at: int, expected: str) -> None:
        self.fault = Fault(at, expected)


@dataclass
class _Reader:
    """A text, how far it has been read, and the brackets that are open."""

    text: str
    max_depth: int
    at: int
    open: list[str]

    def peek(self) -> str:
        """The next character after white space; empty at the end."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.text[self.at : self.at + 1]

    def take(self, pattern: re.Pattern[str]) -> str | None:
        """What `pattern` matches here, gone past; None if it does not."""
        match = pattern.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        return match[0]


_Step = Callable[[_Reader], "_Step | None"]


def first_fault(
    text: str, max_depth: int, at: int = 0, before: str = "", left_open: str = ""
) -> Fault | None:
    """The first fault of a `text` that is right up to `at`; None if it is right to its end.

    `before` is the bracket, comma or colon in front of `at`, and `left_open` are the brackets
    that are open there. Where there is none of those, the text is read from its beginning.
    """
    step = _begin(before, left_open)
    reader = _Reader(text, max_depth, at, list(left_open))
    if step is None:
        step, reader = _value, _Reader(text, max_depth, 0, [])
    try:
        while step is not None:
            step = step(reader)
    except _Found as found:
        return found.fault
    return None


def _begin(before: str, left_open: str) -> _Step | None:
    if before == ",":
        return _name if left_open.endswith("{") else _value
    return _value if before == ":" else _BEHIND.get(before)


def lone_surrogate(text: str) -> int | None:
    """The place of an escaped surrogate without its other half; `text` must be JSON."""
    match = _PAIRED.match(text)
    end = match.end() if match else 0
    return end if end < len(text) else None


def _value(reader: _Reader) -> _Step | None:
    first = reader.peek()
    if first in ("{", "["):
        if len(reader.open) >= reader.max_depth:
            raise _Found(reader.at, f"at most {reader.max_depth} levels of nesting")
        reader.at += 1
        reader.open.append(first)
        return _BEHIND[first]
    if first == '"':
        _string(reader)
    elif first and first in "-0123456789":
        _number(reader)
    elif reader.take(_WORD) is None:
        raise _Found(reader.at, "a value" if first else VALUE)
    return _after


def _first_item(reader: _Reader) -> _Step | None:
    return _close(reader) if reader.peek() == "]" else _value(reader)


def _first_name(reader: _Reader) -> _Step | None:
    return _close(reader) if reader.peek() == "}" else _name(reader, f"{NAME} or }}")


def _name(reader: _Reader, expected: str = NAME) -> _Step | None:
    if reader.peek() != '"':
        raise _Found(reader.at, expected)
    _string(reader)
    if reader.peek() != ":":
        raise _Found(reader.at, "a colon")
    reader.at += 1
    return _value


def _after(reader: _Reader) -> _Step | None:
    """After a value: a comma, the end of what is open, or the end of the text."""
    next_one = reader.peek()
    if not reader.open:
        if next_one:
            raise _Found(reader.at, "nothing after the value")
        return None
    bracket = "]" if reader.open[-1] == "[" else "}"
    if next_one == ",":
        reader.at += 1
        return _value if bracket == "]" else _name
    if next_one != bracket:
        raise _Found(reader.at, f"a comma or {bracket}")
    return _close(reader)


def _close(reader: _Reader) -> _Step | None:
    reader.at += 1
    reader.open.pop()
    return _after


#: What comes behind a bracket.
_BEHIND: dict[str, _Step] = {"[": _first_item, "{": _first_name, "]": _after, "}": _after}


def _string(reader: _Reader) -> None:
    start = reader.at
    read = reader.take(_STRING) or ""
    next_one = reader.text[reader.at : reader.at + 1]
    if next_one == '"':
        reader.at += 1
        alone = lone_surrogate(read) if "\\u" in read else None
        if alone is not None:
            raise _Found(start + alone, SURROGATE)
        return
    if not next_one:
        raise _Found(reader.at, UNCLOSED)
    if next_one == "\\":
        raise _Found(reader.at, 'one of the escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX')
    raise _Found(reader.at, "a control character to be escaped")


def _number(reader: _Reader) -> None:
    start = reader.at
    match = _NUMBER.match(reader.text, start)
    if match is None:
        raise _Found(start + 1, "a digit")
    reader.at = match.end()
    next_one = reader.text[reader.at : reader.at + 1]
    if next_one and next_one in ".eE":
        raise _Found(reader.at, "a number with digits before and after . and e")
    if next_one and next_one in "0123456789":
        raise _Found(reader.at, "a number without leading zeros")
    if (match[1] or match[2]) and abs(float(match[0])) == INFINITY:
        raise _Found(start, NUMBER)
