"""JSON as RFC 8259 and I-JSON (RFC 7493) have it, and nothing else.

The extra `fast` or the parser of the standard library accepts; whatever is refused is gone
over once more by `fault.find`, which tells where and what was expected, the same
on every version of Python. Both are linear in the text.
"""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import Any

from ..problem import Problem
from . import fast, fault

__all__ = ["MAX_DEPTH", "loads"]

#: Levels of nesting that are taken by default.
MAX_DEPTH = 64

#: Bytes from which on it pays to look at the whole body first.
LARGE = 8192

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def loads(body: bytes, max_depth: int = MAX_DEPTH) -> Any:
    """The value of `body`; Problem 400 `malformed-json` if it is not strict JSON.

    Strict is: UTF-8 without byte order mark; no name twice in an object; no NaN,
    Infinity or number beyond a double; integers from -2^63 to 2^64-1; no lone
    surrogate; at most `max_depth` levels of nesting.
    """
    value = fast.parse(body)
    if value is not fast.UNSURE and value is not fast.SUSPECT and not is_deep(body, max_depth):
        return value
    return _with_care(body, max_depth, suspect=value is fast.SUSPECT)


def _with_care(body: bytes, max_depth: int, *, suspect: bool) -> Any:
    """The value, or its fault. Of a suspect body the fault is looked for before it is parsed."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        read = body[: error.start].decode()
        raise problem(fault.Fault(len(read), "a valid UTF-8 character"), read) from None
    if is_deep(body, max_depth):
        raise problem(fault.find(text, max_depth), text)
    if suspect and (found := fault.search(text, max_depth, _end)) is not None:
        raise problem(found, text)
    try:
        value = _decoder(body).decode(text)
    except (ValueError, RecursionError):
        raise problem(fault.find(text, max_depth, _end), text) from None
    if b"\\u" in body and (at := fault.lone_surrogate(text)) is not None:
        raise problem(fault.Fault(at, fault.SURROGATE), text)
    return value


def is_deep(body: bytes, max_depth: int) -> bool:
    """Whether `body` nests deeper than `max_depth`, told without parsing it."""
    if body.count(b"[") + body.count(b"{") <= max_depth:
        return False
    brackets = _STRING.sub(b"", body).translate(None, _NOT_BRACKETS)
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0) > max_depth


def problem(found: fault.Fault, text: str) -> Problem:
    """The 400 that says where (both counted from 1, columns in characters) and what."""
    line = text.count("\n", 0, found.at) + 1
    column = found.at - text.rfind("\n", 0, found.at)
    detail = f"The body is not valid JSON: line {line}, column {column}: expected {found.expected}."
    return Problem(400, detail, code="malformed-json", line=line, column=column)


def _end(text: str, at: int) -> int:
    """Where a value ends that is strict JSON, nesting aside."""
    return _DECODER.raw_decode(text, at)[1]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice")
    return members


def _integer(digits: str) -> int:
    # The length first: int() takes quadratic time, or raises, on thousands of digits.
    if len(digits) <= 20 and fault.LEAST <= (value := int(digits)) <= fault.MOST:
        return value
    raise ValueError("an integer beyond 64 bits")


def _float(digits: str) -> float:
    value = float(digits)
    if value in (fault.INFINITY, -fault.INFINITY):
        raise ValueError("a number beyond a double")
    return value


def _constant(name: str) -> Any:
    raise ValueError("NaN and Infinity are no JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
#: For bodies whose numbers are all in range, known before they are parsed.
_CALM_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
_WILD_NUMBER = re.compile(rb"[0-9]{19}|[0-9][eE]")


def _decoder(body: bytes) -> json.JSONDecoder:
    """The quicker one where it is right; looking for it pays off in larger bodies only."""
    calm = len(body) > LARGE and not _WILD_NUMBER.search(body)
    return _CALM_DECODER if calm else _DECODER
