"""Where a text stops being strict JSON, and what was expected there.

It is asked only about texts that have been refused, and it never tells what stands in them.
The scanner of the standard library, written in C, goes up to the fault; what it says of it
differs from one version of Python to another, so that a few `steps` from just before there tell
what was expected. All of it takes linear time, and Python looks at no item of a large body.

What no parser takes is told first: only of a text that every parser would take is it told
which name stands twice, or which integer is too large for some.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from .depth import brackets, left_open
from .expected import INFINITY, INTEGER, LEAST, MOST, SURROGATE, Fault
from .nth import BRACKET, FLOAT, OBJECT_END, STRING
from .nth import INTEGER as INTEGERS
from .steps import WHITE, first_fault, lone_surrogate

__all__ = ["find", "lone_surrogate", "no_json", "not_for_all"]

#: The characters of numbers, true, false and null.
_SCALARS = "0123456789+-.eEtrufalsn"

#: All digits are alike, and so are both ways to begin an exponent.
_CLASSES = bytes.maketrans(b"0123456789E", b"0000000000e")

#: Without one of these no number is beyond a double; without the last, no integer beyond 64 bits.
_LARGE, _WIDE, _LONG = b"e000", b"0" * 200, b"0" * 19

_NO_CONSTANT = re.compile(rf'(?:[^"NI]++|{STRING})*+', re.DOTALL)
_NAMED = re.compile(rf"[{WHITE},]*+({STRING})[{WHITE}]*+:[{WHITE}]*+", re.DOTALL)


class _Constant(ValueError):
    """NaN, or Infinity."""


class _Twice(ValueError):
    """A name stands twice: in which object, counted as they end, and at which of its names."""

    def __init__(self, ended: int, names: list[str]) -> None:
        self.ended, self.index = ended, 0
        seen: set[str] = set()
        while names[self.index] not in seen:
            seen.add(names[self.index])
            self.index += 1


def find(text: str, max_depth: int, *, deep: int | None = None, stop: int | None = None) -> Fault:
    """The first fault of a `text` that is not strict JSON.

    `deep` is how many brackets stand before the one that opens a level too many; `stop` is
    where the scanner stopped, if that is known.
    """
    found = no_json(text, max_depth, deep=deep, stop=stop) or not_for_all(text)
    return found or Fault(len(text), "JSON")


def no_json(
    text: str, max_depth: int, *, deep: int | None = None, stop: int | None = None
) -> Fault | None:
    """The first fault for which no parser should take a `text`; None where there is none."""
    if stop is None:
        end = None if deep is None else BRACKET.end(text, deep + 1)
        stop = _stop(text if end is None else text[: end - 1])
    if stop is None:
        alone = lone_surrogate(text) if "\\u" in text else None
        return None if alone is None else Fault(alone, SURROGATE)
    start, before = _token(text[:stop])
    read = text[:start]
    alone = lone_surrogate(read) if "\\u" in read else None
    if alone is not None:
        return Fault(alone, SURROGATE)
    found = brackets(read.encode())
    opened = "".join(chr(found[at]) for at in left_open(found))
    return first_fault(text, max_depth, start, before, opened)


def _stop(text: str) -> int | None:
    """A place between the beginning of a fault and its end; None if there is no fault."""
    floats: list[str] = []
    classes = text.encode().translate(_CLASSES, b"+")
    large = _LARGE in classes or _WIDE in classes
    scanner = json.JSONDecoder(
        object_pairs_hook=len,
        parse_int=len,
        parse_float=floats.append if large else len,
        parse_constant=_constant,
    )
    stop = None
    try:
        scanner.decode(text)
    except json.JSONDecodeError as error:
        stop = error.pos
    except _Constant:
        match = _NO_CONSTANT.match(text)
        stop = match.end() if match else 0
    except RecursionError:
        return 0
    values = list(map(float, floats))
    beyond = [values.index(each) for each in (INFINITY, -INFINITY) if each in values]
    return FLOAT.end(text, min(beyond) + 1) if beyond else stop


def _constant(name: str) -> NoReturn:
    raise _Constant(name)


def _token(read: str) -> tuple[int, str]:
    """Where the last string, number or word of a text that ends anywhere begins.

    And the bracket, comma or colon before it; empty if there is none.
    """
    if "\\" in read:
        read = read.replace("\\\\", "__").replace('\\"', "__")
    if read.count('"') % 2:
        start = read.rfind('"')
    else:
        behind = read.rstrip(WHITE)
        quoted = behind.endswith('"')
        start = behind.rfind('"', 0, -1) if quoted else len(behind.rstrip(_SCALARS))
    return start, read[:start].rstrip(WHITE)[-1:]


def not_for_all(text: str) -> Fault | None:
    """The fault of a text that is JSON: an integer too large for some, or a name again.

    Of several names that stand twice it is the one whose object ends first.
    """
    integers: list[str] = []
    long = _LONG in text.encode().translate(_CLASSES)
    ended = 0

    def members(pairs: list[tuple[str, Any]]) -> None:
        nonlocal ended
        if len(dict(pairs)) != len(pairs):
            raise _Twice(ended, [name for name, _ in pairs])
        ended += 1

    scanner = json.JSONDecoder(
        object_pairs_hook=members, parse_int=integers.append if long else len, parse_float=len
    )
    places = []
    try:
        scanner.decode(text)
    except _Twice as twice:
        places.append(_second(text, twice))
    except (ValueError, RecursionError):
        return None
    for n, digits in enumerate(integers):
        if len(digits) > 20 or (len(digits) > 18 and not LEAST <= int(digits) <= MOST):
            end = INTEGERS.end(text, n + 1) or len(text)
            places.append(Fault(end - len(digits), INTEGER))
            break
    return min(places, default=None)


def _second(text: str, twice: _Twice) -> Fault:
    """The place of the name that stands twice."""
    end = OBJECT_END.end(text, twice.ended + 1) or len(text)
    opened = left_open(brackets(text[: end - 1].encode()))
    at = BRACKET.end(text, opened[-1] + 1) or 0
    skip = json.JSONDecoder(object_pairs_hook=len, parse_int=len, parse_float=len).raw_decode
    for _ in range(twice.index):
        name = _NAMED.match(text, at)
        at = skip(text, name.end() if name else at)[1]
    name = _NAMED.match(text, at)
    return Fault(name.start(1) if name else at, "a name that this object does not have yet")
