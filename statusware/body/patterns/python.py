"""A pattern of ECMA-262, written again for Python's `re`, with the same meaning."""

from __future__ import annotations

import re
import sys

from ...errors import PolicyError
from .chars import Ranges, complement
from .syntax import (
    Alternatives,
    Backreference,
    Chars,
    Edge,
    Group,
    Look,
    Repeat,
    Sequence,
    Tree,
)

__all__ = ["to_python"]

#: Python's `$` also matches before a last newline, and its \B not in an empty string.
_EDGES = {"^": r"\A", "$": r"\Z", "b": r"\b", "B": r"(?!\b)"}


def to_python(tree: Tree) -> re.Pattern[str]:
    """The compiled pattern; PolicyError if Python has no such thing."""
    try:
        return re.compile(_write(tree), re.ASCII)
    except (re.error, RecursionError, OverflowError) as error:
        raise PolicyError(f"a pattern that Python's re cannot run: {error}") from None


def _write(tree: Tree) -> str:
    match tree:
        case Chars(ranges):
            return _set(ranges)
        case Edge(kind):
            return _EDGES[kind]
        case Sequence(items):
            return "".join(map(_write, items))
        case Alternatives(items):
            return f"(?:{'|'.join(map(_write, items))})"
        case Repeat(item, least, most):
            return f"(?:{_write(item)}){{{least},{'' if most is None else most}}}"
        case Group(name, item):
            return f"(?P<{name}>{_write(item)})" if name else f"({_write(item)})"
        case Look(behind, negative, item):
            return f"(?{'<' if behind else ''}{'!' if negative else '='}{_write(item)})"
        case Backreference(group):
            return rf"(?:\{group})" if group.isdigit() else f"(?P={group})"


def _set(ranges: Ranges) -> str:
    if not ranges:
        return "(?!)"
    if ranges[0][0] == 0 and ranges[-1][1] == sys.maxunicode and len(ranges) > 1:
        return f"[^{_members(complement(ranges))}]"
    return f"[{_members(ranges)}]"


def _members(ranges: Ranges) -> str:
    return "".join(_code(a) if a == b else f"{_code(a)}-{_code(b)}" for a, b in ranges)


def _code(code: int) -> str:
    char = chr(code)
    return char if char.isascii() and char.isalnum() else f"\\U{code:08x}"
