"""A route's match, parsed: `METHOD[,METHOD] /path/{variable}`.

A variable is a whole segment: `{x}` any one, `{x:int}` ASCII digits, `{x:uuid}` a UUID in
its canonical form, `{x:path}` one or more segments and last only.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import PolicyError, nearest
from ..problem import Problem
from ..request import RequestLine

__all__ = ["CONVERTERS", "Pattern", "Variable", "parse_match"]

#: What a converter accepts, by name; `path` is no converter of one segment.
CONVERTERS = {
    "int": re.compile(r"[0-9]+"),
    "uuid": re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
}

#: Reads patterns as strictly as requests.
_LINE = RequestLine(mount="")

_VARIABLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?::([a-z]+))?\}")


#: How a segment is a variable elsewhere: in Flask and Django, in shells. To take these letter by
#: letter would protect a path that nobody meant, and not the one that was meant.
_FOREIGN = re.compile(r"<.*>|\*\*?")

_HINTS = {
    "<": "a variable is {x}, or {x:int}",
    "*": "any segment is {x}, and the rest of the path {x:path}",
}


class Variable(NamedTuple):
    """A variable segment; `converter` is "" for a plain one, "path" for the rest of the path."""

    name: str
    converter: str


class Pattern(NamedTuple):
    """One path of a route: text, methods, segments, and whether a slash stands at its end.

    `variables` are the names of its variables, in order.
    """

    text: str
    methods: tuple[str, ...]
    segments: tuple[str | Variable, ...]
    slash: bool
    variables: tuple[str, ...]


def parse_match(text: str) -> Pattern:
    """`"GET,POST /recipes/{id:int}"` parsed, or a `PolicyError` with key `match`."""
    if not isinstance(text, str):
        raise PolicyError("must be text", key="match", hint='as in "GET,POST /recipes"')
    methods, space, path = text.partition(" ")
    path = path.strip()
    if not space or not methods or not path.startswith("/"):
        raise _wrong(text, "is not of the form METHOD[,METHOD] /path", 'as in "GET,POST /recipes"')
    names = tuple(methods.split(","))
    if not all(names) or len(set(names)) < len(names):
        raise _wrong(text, "names a method twice, or none", 'as in "GET,POST /recipes"')
    if "*" in names and len(names) > 1:
        raise _wrong(text, "has * beside other methods", "* alone is any method")
    slash = path.endswith("/") and path != "/"
    parts = path.strip("/").split("/") if path != "/" else []
    segments = tuple(_segment(text, part) for part in parts)
    _check(text, path, segments, slash)
    variables = tuple(s.name for s in segments if isinstance(s, Variable))
    return Pattern(path, names, segments, slash, variables)


def _segment(text: str, part: str) -> str | Variable:
    found = _VARIABLE.fullmatch(part)
    if found is None:
        if "{" in part or "}" in part:
            raise _wrong(text, f"{part!r} is no variable", "{x} is one whole segment")
        if _FOREIGN.fullmatch(part):
            raise _wrong(text, f"{part!r} would be taken letter by letter", _HINTS[part[0]])
        return part
    name, converter = found[1], found[2] or ""
    known = [*CONVERTERS, "path"]
    if converter and converter not in known:
        raise _wrong(text, f"{converter!r} is no converter", nearest(converter, known))
    return Variable(name, converter)


def _check(text: str, path: str, segments: tuple[str | Variable, ...], slash: bool) -> None:
    """What a pattern as a whole has to keep to: readable, names once, `path` last."""
    if "?" in path:
        raise _wrong(text, "has a query string", "only the path is matched")
    try:
        _LINE.path({"PATH_INFO": path.encode("utf-8", "surrogatepass").decode("latin-1")})
    except Problem as problem:
        hint = "write it decoded" if "%" in path else ""
        reason = str(problem.detail).removesuffix(".")
        raise _wrong(text, f"can never match: {reason}", hint) from None
    variables = [segment for segment in segments if isinstance(segment, Variable)]
    names = [variable.name for variable in variables]
    if len(set(names)) < len(names):
        raise _wrong(text, "names a variable twice", "every variable has a name of its own")
    tail = [variable.converter == "path" for variable in variables]
    if any(tail[:-1]) or (any(tail) and (segments[-1] is not variables[-1] or slash)):
        raise _wrong(text, "has {x:path} before its end", "{x:path} comes last")


def _wrong(text: str, reason: str, hint: str) -> PolicyError:
    joint = ":" if reason.startswith("'") else ""
    return PolicyError(f"{text!r}{joint} {reason}", key="match", hint=hint)
