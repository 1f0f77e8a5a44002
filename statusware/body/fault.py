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

from .depth import brackets, left_open
from .expected import INTEGER, SURROGATE, Fault
from .nth import BRACKET, FLOAT, MANY, OBJECT_END, STRING
from .nth import INTEGER as INTEGERS
from .scan import Scan, scan
from .steps import WHITE, first_fault, lone_surrogate

__all__ = ["find", "first", "lone_surrogate"]

#: The characters of numbers, true, false and null.
_SCALARS = "0123456789+-.eEtrufalsn"

_NO_CONSTANT = re.compile(rf'(?:[^"NI]++|{STRING})*+', re.DOTALL)
_NAMED = re.compile(rf"[{WHITE},]*+({STRING})[{WHITE}]*+:[{WHITE}]*+", re.DOTALL)

#: Many members at once, if their values have at most eight levels. That they are JSON is known.
_INSIDE = rf'(?:[^"\[\]{{}}]++|{STRING})*+'
for _ in range(7):
    _INSIDE = rf'(?:[^"\[\]{{}}]++|{STRING}|[\[{{]{_INSIDE}[\]}}])*+'
_VALUE = rf'(?:[^"\[\]{{}},]++|{STRING}|[\[{{]{_INSIDE}[\]}}])'
_FLAT = re.compile(
    rf"(?:[{WHITE},]*+{STRING}[{WHITE}]*+:[{WHITE}]*+{_VALUE}){{{MANY}}}+", re.DOTALL
)


def find(
    text: str,
    max_depth: int,
    seen: Scan | None = None,
    *,
    deep: int | None = None,
    stop: int | None = None,
) -> Fault:
    """The first fault of a `text` that is not strict JSON; `stop` is where a parser gave up."""
    seen = seen if stop is None else Scan(stop=stop)
    return first(text, max_depth, seen, deep=deep) or Fault(len(text), "JSON")


def first(
    text: str, max_depth: int, seen: Scan | None = None, *, deep: int | None = None
) -> Fault | None:
    """The first fault of a `text`; None where there is none.

    `seen` is what a scan has come by already; `deep` is how many brackets stand before the one
    that opens a level too many.
    """
    if seen is None:
        end = None if deep is None else BRACKET.end(text, deep + 1)
        seen = scan(text if end is None else text[: end - 1], text.encode(), keep=False)
    stop = _stop(text, seen)
    if stop is not None:
        return _near(text, max_depth, stop)
    alone = lone_surrogate(text) if "\\u" in text else None
    return _not_for_all(text, seen) if alone is None else Fault(alone, SURROGATE)


def _stop(text: str, seen: Scan) -> int | None:
    """A place between the beginning of what no parser should take and its end."""
    beyond = seen.infinite()
    if beyond is not None:
        return FLOAT.end(text, beyond + 1)
    if seen.at_constant:
        match = _NO_CONSTANT.match(text)
        return match.end() if match else 0
    return 0 if seen.exhausted else seen.stop


def _near(text: str, max_depth: int, stop: int) -> Fault | None:
    """The fault of a text that is right up to a token which begins before `stop`."""
    start, before = _token(text[:stop])
    read = text[:start]
    alone = lone_surrogate(read) if "\\u" in read else None
    if alone is not None:
        return Fault(alone, SURROGATE)
    found = brackets(read.encode())
    opened = "".join(chr(found[at]) for at in left_open(found))
    return first_fault(text, max_depth, start, before, opened)


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


def _not_for_all(text: str, seen: Scan) -> Fault | None:
    """The fault of a text that is JSON: an integer too large for some, or a name again.

    Of several names that stand twice it is the one whose object ends first.
    """
    places = []
    large = seen.too_large()
    if large is not None:
        end = INTEGERS.end(text, large + 1) or len(text)
        places.append(Fault(end - len(seen.integers[large]), INTEGER))
    if seen.names is not None:
        places.append(_second(text, seen.ended, seen.names))
    return min(places, default=None)


def _second(text: str, ended: int, names: list[str]) -> Fault:
    """The place of the name that stands twice, in the object that ends after so many others."""
    end = OBJECT_END.end(text, ended + 1) or len(text)
    opened = left_open(brackets(text[: end - 1].encode()))
    at = BRACKET.end(text, opened[-1] + 1) or 0
    seen: set[str] = set()
    index = 0
    while names[index] not in seen:
        seen.add(names[index])
        index += 1
    match = _NAMED.match(text, _member(text, at, index))
    return Fault(match.start(1) if match else at, "a name that this object does not have yet")


def _member(text: str, at: int, index: int) -> int:
    """Where a member begins, counted from the first, which begins `at`."""
    skip = json.JSONDecoder(object_pairs_hook=len, parse_int=len, parse_float=len).raw_decode
    while index:
        flat = _FLAT.match(text, at) if index >= MANY else None
        if flat is not None:
            at, index = flat.end(), index - MANY
            continue
        for _ in range(min(index, MANY)):
            match = _NAMED.match(text, at)
            at = skip(text, match.end() if match else at)[1]
            index -= 1
    return at
