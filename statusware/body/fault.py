"""Where a text stops being strict JSON, and what was expected there.

One pass with a stack of its own: no recursion, linear time. It is asked only about
texts that have been refused, and it never tells what stands in them.

What no parser takes is told first: only of a text that every parser would take is it told
which name stands twice, or which integer is too large for some.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from .expected import (
    INFINITY,
    INTEGER,
    LEAST,
    MOST,
    NAME,
    NUMBER,
    SURROGATE,
    UNCLOSED,
    VALUE,
    Fault,
)

__all__ = ["find", "lone_surrogate", "search"]

#: Objects and arrays that are read in vain before everything is looked at step by step.
MAX_FAILURES = 4

_SPACE = re.compile(r"[ \t\n\r]*+")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(\.[0-9]++)?([eE][+-]?[0-9]++)?")
_WORD = re.compile(r"true|false|null")
_PAIRED = re.compile(
    r"(?:[^\\]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\(?!u[dD][89a-fA-F]).)*+",
    re.DOTALL,
)

# Runs of what is certainly right are gone past in one step: a thousand times faster than
# step by step. Numbers are short enough to be in range, strings have nothing to decode.
_W = r"[ \t\n\r]*+"
_PLAIN = r'"[^"\\\x00-\x1f]*+"'
_LEAF = (
    rf"(?:{_PLAIN}|-?(?:0|[1-9][0-9]{{0,17}}+)(?:\.[0-9]{{1,17}}+)?(?:[eE][+-]?[0-9]{{1,2}}+)?(?![0-9.eE])"
    r"|true|false|null)"
)
_SCALAR = rf"(?:{_LEAF}|\[{_W}\]|\{{{_W}\}})"
_SMALL = (
    rf"(?:{_SCALAR}|\[(?:{_W}{_SCALAR}{_W},)*+{_W}{_SCALAR}{_W}\]"
    rf"|\{{{_W}{_PLAIN}{_W}:{_W}{_SCALAR}{_W}\}})"
)
_COMMA = re.compile(rf"{_W},{_W}")
_LEAVES = re.compile(rf"(?:{_W}{_LEAF}{_W},)*+")
_ITEMS = re.compile(rf"(?:{_W}{_SCALAR}{_W},)*+")
_SMALL_ITEMS = re.compile(rf"(?:{_W}{_SMALL}{_W},)*+")
_MEMBERS = re.compile(rf"(?:{_W}{_PLAIN}{_W}:{_W}{_SCALAR}{_W},)*+")
_MEMBER = re.compile(rf"{_W}\"([^\"]*+)\"{_W}:{_W}{_SCALAR}{_W},")


class _Found(Exception):
    def __init__(self, at: int, expected: str) -> None:
        self.fault = Fault(at, expected)


@dataclass
class _Reader:
    """A text, how far it has been read, and the brackets that are open."""

    text: str
    max_depth: int
    skip: Skip | None
    #: Whether names that stand twice and large integers are faults.
    strict: bool
    at: int = 0
    #: Each failure has read the rest of the text in vain, so that there must not be many.
    failures: int = 0
    #: For each open object the names so far, for each open array None.
    open: list[set[str] | None] = field(default_factory=list)

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


#: See `find`.
Skip = Callable[[str, int], int]

_Step = Callable[[_Reader], "_Step | None"]


def find(text: str, max_depth: int, skips: tuple[Skip | None, Skip | None]) -> Fault:
    """The first fault of a `text` that is not strict JSON, as `search` has it."""
    first = search(text, max_depth, skips[0], strict=False)
    found = first or search(text, max_depth, skips[1], strict=True)
    return found or Fault(len(text), "JSON")


def search(text: str, max_depth: int, skip: Skip | None, *, strict: bool) -> Fault | None:
    """The first fault of a `text`; None where there is none.

    `skip(text, at)` gives the end of an object or array that is right, quickly, and raises
    ValueError for one that is not; without it everything is looked at step by step. Only a
    `strict` search looks for names that stand twice and for large integers.
    """
    reader = _Reader(text, max_depth, skip, strict)
    step: _Step | None = _value
    try:
        while step is not None:
            step = step(reader)
    except _Found as found:
        return found.fault
    return None


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
        if _skipped(reader):
            return _after
        reader.at += 1
        reader.open.append(set() if first == "{" else None)
        return _first_name if first == "{" else _first_item
    if first == '"':
        _string(reader)
    elif first and first in "-0123456789":
        _number(reader)
    elif reader.take(_WORD) is None:
        raise _Found(reader.at, "a value" if first else VALUE)
    return _after


def _skipped(reader: _Reader) -> bool:
    """Whether a whole object or array was right, and has been gone past."""
    # The outermost one is not right, or nobody would ask.
    if reader.skip is None or not reader.open or reader.failures >= MAX_FAILURES:
        return False
    try:
        reader.at = reader.skip(reader.text, reader.at)
    except (ValueError, RecursionError):
        reader.failures += 1
        return False
    return True


def _first_item(reader: _Reader) -> _Step | None:
    return _close(reader) if reader.peek() == "]" else _item(reader)


def _item(reader: _Reader) -> _Step | None:
    # Containers add levels: near the limit only empty ones are gone past, and at it none.
    left = reader.max_depth - len(reader.open)
    reader.take(_SMALL_ITEMS if left > 1 else _ITEMS if left else _LEAVES)
    while reader.peek() in ("{", "[") and _skipped(reader):
        if reader.take(_COMMA) is None:
            return _after
    return _value(reader)


def _first_name(reader: _Reader) -> _Step | None:
    if reader.peek() == "}":
        return _close(reader)
    start = reader.at
    _members(reader)
    end = "" if reader.at > start else " or }"
    return _name(reader, NAME + end)


def _members(reader: _Reader) -> None:
    """Go past members with plain names and values, unless one of the names is there twice."""
    names, match = reader.open[-1], _MEMBERS.match(reader.text, reader.at)
    if match is None or names is None or len(reader.open) >= reader.max_depth:
        return
    if not reader.strict:
        reader.at = match.end()
        return
    found = _MEMBER.findall(reader.text, reader.at, match.end())
    if len(set(found)) == len(found) and names.isdisjoint(found):
        names.update(found)
        reader.at = match.end()


def _next_name(reader: _Reader) -> _Step | None:
    _members(reader)
    return _name(reader)


def _name(reader: _Reader, expected: str = NAME) -> _Step | None:
    if reader.peek() != '"':
        raise _Found(reader.at, expected)
    start = reader.at
    token = _string(reader)
    names = reader.open[-1]
    if reader.strict and names is not None:
        name = json.loads(token) if "\\" in token else token[1:-1]
        if name in names:
            raise _Found(start, "a name that this object does not have yet")
        names.add(name)
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
    bracket = "]" if reader.open[-1] is None else "}"
    if next_one == ",":
        reader.at += 1
        return _item if bracket == "]" else _next_name
    if next_one != bracket:
        raise _Found(reader.at, f"a comma or {bracket}")
    return _close(reader)


def _close(reader: _Reader) -> _Step | None:
    reader.at += 1
    reader.open.pop()
    return _after


def _string(reader: _Reader) -> str:
    start = reader.at
    read = reader.take(_STRING) or ""
    next_one = reader.text[reader.at : reader.at + 1]
    if next_one == '"':
        reader.at += 1
        alone = lone_surrogate(read) if "\\u" in read else None
        if alone is not None:
            raise _Found(start + alone, SURROGATE)
        return read + '"'
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
    digits = match[0]
    if match[1] or match[2]:
        if abs(float(digits)) == INFINITY:
            raise _Found(start, NUMBER)
    elif reader.strict and (len(digits) > 20 or not LEAST <= int(digits) <= MOST):
        raise _Found(start, INTEGER)
