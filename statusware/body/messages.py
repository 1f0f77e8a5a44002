"""What a client is told of each keyword: the one table.

A message is text with `{limit}`, or a function of the limit. It is made of keyword and
limit only, never of what was sent. For another language, put yours in:

    from statusware.body import MESSAGES
    MESSAGES["minimum"] = "muss mindestens {limit} sein"
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

__all__ = ["FORMATS", "MESSAGES", "TYPE_NAMES", "detail", "quoted"]

#: Values of an enum that are listed; beyond that only how many there are.
MAX_LISTED = 20

#: Characters of one value from the schema that are shown.
MAX_SHOWN = 200

TYPE_NAMES = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "number": "a number",
    "integer": "an integer",
    "boolean": "true or false",
    "null": "null",
}

#: How a value of a format is called; others are "in the format NAME".
FORMATS = {
    "date": "a date as in 2024-12-31",
    "date-time": "a date and time with offset, as in 2024-12-31T23:59:59Z",
    "int32": "a whole number of 32 bits",
    "int64": "a whole number of 64 bits",
    "time": "a time with offset, as in 23:59:59Z",
    "duration": "a duration as in P1DT12H",
    "email": "an e-mail address",
    "hostname": "a host name",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
    "uri": "an absolute URI",
    "uri-reference": "a URI or a relative reference",
    "uuid": "a UUID",
    "json-pointer": "a JSON pointer",
    "relative-json-pointer": "a relative JSON pointer",
    "regex": "a regular expression",
}


_encode = json.JSONEncoder(ensure_ascii=False).encode


def quoted(value: Any) -> str:
    """A value from the schema, as JSON, cut where it is long."""
    text = _encode(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _count(limit: int, thing: str) -> str:
    return f"{limit} {thing}" if limit == 1 else f"{limit} {thing}s"


def _at_least(thing: str) -> Callable[[int], str]:
    return lambda limit: f"must have at least {_count(limit, thing)}"


def _at_most(thing: str) -> Callable[[int], str]:
    return lambda limit: f"must have at most {_count(limit, thing)}"


def _type(names: list[str]) -> str:
    return _types(*names)


@lru_cache(maxsize=128)
def _types(*names: str) -> str:
    known = [TYPE_NAMES[name] for name in names]
    return f"must be {_or(known)}"


def _or(words: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _enum(values: list[Any]) -> str:
    if len(values) > MAX_LISTED:
        return f"must be one of {len(values)} values that are listed for it"
    return f"must be {_or([quoted(value) for value in values])}"


def _property_names(inner: tuple[str, Any]) -> str:
    if inner == ("propertyNames", None):  # the schema of all names is `false`
        return "has a name that is not allowed"
    return f"has a name that is not allowed: the name {detail(*inner)}"


def _needed_by(name: str) -> str:
    return f"is required where {quoted(name)} is given"


MESSAGES: dict[str, str | Callable[[Any], str]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda value: f"must be {quoted(value)}",
    "minimum": "must be at least {limit}",
    "maximum": "must be at most {limit}",
    "exclusiveMinimum": "must be greater than {limit}",
    "exclusiveMaximum": "must be less than {limit}",
    "multipleOf": "must be a multiple of {limit}",
    "minLength": _at_least("character"),
    "maxLength": _at_most("character"),
    "pattern": "must match the pattern {limit}",
    "format": lambda name: f"must be {FORMATS.get(name, f'in the format {name}')}",
    "minItems": _at_least("item"),
    "maxItems": _at_most("item"),
    "uniqueItems": "must not have the same item twice",
    "contains": "must have an item of the kind that is asked for",
    "minContains": lambda limit: f"{_at_least('item')(limit)} of the kind that is asked for",
    "maxContains": lambda limit: f"{_at_most('item')(limit)} of the kind that is limited",
    "items": "is one item too many",
    "prefixItems": "is not allowed at this place",
    "additionalItems": "is one item too many",
    "unevaluatedItems": "is one item too many",
    "minProperties": _at_least("member"),
    "maxProperties": _at_most("member"),
    "required": "is required",
    "readOnly": "is set by the server, and must not be sent",
    "dependentRequired": _needed_by,
    "dependencies": _needed_by,
    "dependentSchemas": "is not allowed beside another member",
    "properties": "is not allowed",
    "patternProperties": "is not allowed",
    "additionalProperties": "is not a member that is known here",
    "unevaluatedProperties": "is not a member that is known here",
    "propertyNames": _property_names,
    "allOf": "is not allowed",
    "anyOf": "fits none of the forms that are allowed",
    "oneOf": "fits more than one of the forms of which it must fit exactly one",
    "not": "has a form that is ruled out",
    "if": "is not allowed",
    "then": "is not allowed under this condition",
    "else": "is not allowed under this condition",
    "false": "is not allowed",
}


def detail(code: str, limit: Any, messages: Mapping[str, Any] = MESSAGES) -> str:
    """The sentence for one violation."""
    message = messages.get(code, "breaks the schema")
    if callable(message):
        return str(message(limit))
    return _filled(message, limit) if type(limit) in _HASHABLE else _fill(message, limit)


def _fill(message: str, limit: Any) -> str:
    return str(message).replace("{limit}", limit if isinstance(limit, str) else quoted(limit))


_HASHABLE = frozenset({str, int, float, bool, type(None)})
#: The same few limits of a policy are told again and again.
_filled = lru_cache(maxsize=1024, typed=True)(_fill)
