"""JSON as RFC 8259 and I-JSON (RFC 7493) have it, and nothing else.

The extra `fast` or the parser of the standard library accepts; whatever is refused is gone
over once more by `fault.find`, which tells where and what was expected, the same
on every version of Python. Both are linear in the text.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from ..problem import Problem
from . import fast
from .depth import deeper, is_deep
from .ending import cut_off
from .expected import INFINITY, LEAST, MOST, SURROGATE, Fault
from .fast import Doubt

__all__ = ["LARGE", "MAX_DEPTH", "Parser", "loads", "parser"]

#: The value of a body that nests at most so deeply; raises the Problem of a bad one.
Parser = Callable[[bytes, int], Any]

#: Levels of nesting that are taken by default.
MAX_DEPTH = 64

#: Bytes from which on a body is large: nothing is read twice to be quicker with small ones.
LARGE = 1 << 15


def loads(body: bytes, max_depth: int = MAX_DEPTH) -> Any:
    """The value of `body`; Problem 400 `malformed-json` if it is not strict JSON.

    Strict is: UTF-8 without byte order mark; no name twice in an object; no NaN,
    Infinity or number beyond a double; integers from -2^63 to 2^64-1; no lone
    surrogate; at most `max_depth` levels of nesting.
    """
    return parser()(body, max_depth) if len(body) < LARGE else _loads_large(body, max_depth)


def _loads_large(body: bytes, max_depth: int) -> Any:
    """The same without a collection of garbage: parsing makes none, and so many lists and objects
    that half of the time would go into looking for it.
    """
    if not gc.isenabled():
        return parser()(body, max_depth)
    gc.disable()
    try:
        return parser()(body, max_depth)
    finally:
        gc.enable()


def parser() -> Parser:
    """The quickest function that does what `loads` does."""
    return fast.parser(_with_care) or _with_care


def _with_care(body: bytes, max_depth: int, doubt: Doubt = Doubt.NONE) -> Any:
    """What `loads` does. Of a doubtful body the fault is looked for before it is parsed."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        read = body[: error.start].decode()
        raise problem(Fault(len(read), "a valid UTF-8 character"), read) from None
    if doubt is Doubt.DEEP or (doubt is not Doubt.CHANGED and is_deep(body, max_depth)):
        deep = deeper(body, max_depth)
        raise problem(_fault().find(text, max_depth, deep=deep), text)
    if doubt is not Doubt.NONE:
        _look_first(text, max_depth, doubt)
    value = _value(text, body, max_depth)
    if b"\\u" in body and (at := _fault().lone_surrogate(text)) is not None:
        raise problem(Fault(at, SURROGATE), text)
    return value


def _look_first(text: str, max_depth: int, doubt: Doubt) -> None:
    """Raise the Problem of a text in which a fault is likely, if there is one."""
    found = cut_off(text) if doubt is Doubt.CUT_OFF else None
    found = found or _fault().first(text, max_depth)
    if found is not None:
        raise problem(found, text)


def _value(text: str, body: bytes, max_depth: int) -> Any:
    if len(body) >= LARGE:
        from .scan import scan

        seen = scan(text, body, keep=True)
        if not seen.strict():
            seen.value = None  # it is large, and of no use
            raise problem(_fault().find(text, max_depth, seen), text)
        return seen.value
    try:
        return _decoder(body).decode(text)
    except json.JSONDecodeError as error:
        raise problem(_fault().find(text, max_depth, stop=error.pos), text) from None
    except (ValueError, RecursionError):
        raise problem(_fault().find(text, max_depth), text) from None


@cache
def _fault() -> ModuleType:
    """What finds faults, loaded when there is one to be found."""
    return import_module(f"{__package__}.fault")


def problem(found: Fault, text: str) -> Problem:
    """The 400 that says where (both counted from 1, columns in characters) and what."""
    line = text.count("\n", 0, found.at) + 1
    column = found.at - text.rfind("\n", 0, found.at)
    detail = f"The body is not valid JSON: line {line}, column {column}: expected {found.expected}."
    return Problem(400, detail, code="malformed-json", line=line, column=column)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice")
    return members


def _integer(digits: str) -> int:
    # The length first: int() takes quadratic time, or raises, on thousands of digits.
    if len(digits) <= 20 and LEAST <= (value := int(digits)) <= MOST:
        return value
    raise ValueError("an integer beyond 64 bits")


def _float(digits: str) -> float:
    value = float(digits)
    if value in (INFINITY, -INFINITY):
        raise ValueError("a number beyond a double")
    return value


def _constant(name: str) -> Any:
    raise ValueError("NaN and Infinity are no JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
#: For bodies whose numbers are all in range, known before they are parsed.
_CALM_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)

#: What a number that may be out of range has: an exponent, or 19 digits in a row.
_CLASSES = bytes.maketrans(b"0123456789E", b"0000000000e")
_EXPONENT, _LONG = b"0e", b"0" * 19


def _decoder(body: bytes) -> json.JSONDecoder:
    """The quicker one where it is right, and C reads the numbers."""
    classes = body.translate(_CLASSES)
    return _DECODER if _EXPONENT in classes or _LONG in classes else _CALM_DECODER
