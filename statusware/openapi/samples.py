"""Values that stand for schemas: what is sent where nobody has said what to send.

An example of the document's own is taken where there is one. The rest is the shortest guess
that a schema may take; nothing promises that it does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .document import Part

__all__ = ["example", "sample"]

#: Deeper than this nothing is made up: a schema may contain itself.
_DEPTH = 8

#: Most characters of a string, and values in all, that a schema can make us send.
_MOST = 1000

#: Strings by their format.
_FORMATS = {
    "uuid": "00000000-0000-0000-0000-000000000001",
    "date": "2024-02-29",
    "date-time": "2024-02-29T12:00:00Z",
    "time": "12:00:00Z",
    "email": "somebody@example.com",
    "uri": "https://example.com/",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "hostname": "example.com",
    "byte": "eA==",
}


def example(part: Part, otherwise: Any) -> Any:
    """The example of a parameter or a media type, else that of its schema, else a guess.

    `otherwise` is for what has neither. Raises `PolicyError` as `sample` does.
    """
    if (found := part.get("example")) is not None:
        return found.value
    examples = part.get("examples", dict)
    for _, each in examples.members() if examples is not None else ():
        value = each.followed().get("value")
        if value is not None:
            return value.value
    schema = part.get("schema")
    return otherwise if schema is None else sample(schema)


def sample(schema: Part) -> Any:
    """A value that a schema may take. Raises `PolicyError` for a reference that leads nowhere."""
    return _Sampler().value(schema, 0)


class _Sampler:
    """Makes one value up, with no more than `_MOST` values in it."""

    def __init__(self) -> None:
        self.left = _MOST
        self._makers: dict[str, Callable[[Part, int], Any]] = {
            "object": self._object,
            "array": self._array,
            "integer": _integer,
            "number": _integer,
            "boolean": lambda schema, depth: True,
            "null": lambda schema, depth: None,
        }

    def value(self, schema: Part, depth: int) -> Any:
        """What the schema says itself that a value may be, else one made up."""
        self.left -= 1
        schema = schema.followed()
        told = schema.value
        if not isinstance(told, dict) or depth > _DEPTH or self.left < 0:
            return "x"
        for key in ("example", "default", "const"):
            if told.get(key) is not None:
                return told[key]
        for key in ("examples", "enum"):
            if isinstance(told.get(key), list) and told[key]:
                return told[key][0]
        return self._composed(schema, depth)

    def _composed(self, schema: Part, depth: int) -> Any:
        """`allOf` together, the first of `oneOf` and `anyOf`, and what the schema says itself."""
        parts = [self.value(each, depth + 1) for each in _listed(schema, "allOf")]
        for key in ("oneOf", "anyOf"):
            parts += [self.value(each, depth + 1) for each in _listed(schema, key)[:1]]
        kind = _kind(schema)
        if kind or not parts:
            parts.append(self._makers.get(kind, _string)(schema, depth))
        if all(isinstance(part, dict) for part in parts):
            return {name: value for part in parts for name, value in part.items()}
        return parts[0]

    def _object(self, schema: Part, depth: int) -> dict[str, Any]:
        """The properties that are required, and nothing that only the app may write."""
        properties = schema.get("properties", dict)
        made: dict[str, Any] = {}
        for name in (str(each.value) for each in _listed(schema, "required")):
            known = None
            if properties is not None and name in properties.value:
                known = properties.step(name).followed()
            if known is None or not isinstance(known.value, dict):
                made[name] = "x"
            elif known.value.get("readOnly") is not True:
                made[name] = self.value(known, depth + 1)
        return made

    def _array(self, schema: Part, depth: int) -> list[Any]:
        items = schema.get("items")
        made: list[Any] = []
        while len(made) < _number(schema, "minItems", 0) and self.left > 0:
            self.left -= 1
            made.append("x" if items is None else self.value(items, depth + 1))
        return made


def _kind(schema: Part) -> str:
    """The type, the first that is not null; else what other keywords are about."""
    told = schema.value.get("type")
    names = told if isinstance(told, list) else [told]
    kind = next((name for name in names if isinstance(name, str) and name != "null"), "")
    for key, about in (("properties", "object"), ("required", "object"), ("items", "array")):
        kind = kind or (about if key in schema.value else "")
    return kind or ("null" if "null" in names else "")


def _listed(schema: Part, key: str) -> list[Part]:
    found = schema.get(key)
    return list(found.items()) if found is not None and isinstance(found.value, list) else []


def _string(schema: Part, depth: int) -> str:
    text = _FORMATS.get(str(schema.value.get("format")), "x")
    return text + "x" * int(min(_number(schema, "minLength", 0), _MOST) - len(text))


def _integer(schema: Part, depth: int) -> int:
    step = max(1, math.ceil(_number(schema, "multipleOf", 1)))
    least = _number(schema, "minimum", -math.inf)
    if schema.value.get("exclusiveMinimum") is True:  # a flag in 3.0
        least += 1
    beyond = _number(schema, "exclusiveMinimum", -math.inf)
    if beyond != -math.inf:
        least = max(least, math.floor(beyond) + 1)
    if least == -math.inf:
        least = min(1, _number(schema, "maximum", 1))
    return math.ceil(least / step) * step


def _number(schema: Part, key: str, otherwise: float) -> float:
    found = schema.value.get(key)
    known = isinstance(found, int | float) and not isinstance(found, bool)
    return found if known and math.isfinite(found) else otherwise
