"""Keywords that look at one value and nothing inside it: limits, types, enums."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from .equality import PLAIN, all_differ, divides, same_key
from .fusion import TYPES, Ok, Visit, accept, reject
from .node import Check, Explain, Reach
from .violation import Violation

__all__ = ["ASSERTIONS", "Assertion", "Enum", "Never", "TypeCheck"]

NUMBERS: tuple[type, ...] = (int, float)

_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


#: Keywords that are bounds: of what, and whether the lower one.
BOUNDS = {
    "minimum": ("value", True), "maximum": ("value", False),
    "minLength": ("length", True), "maxLength": ("length", False),
    "minItems": ("length", True), "maxItems": ("length", False),
    "minProperties": ("length", True), "maxProperties": ("length", False),
}  # fmt: skip


class _Here(Check):
    """A keyword that is one test, for each type of value."""

    reach = Reach.HERE
    code: str
    limit: Any

    def explain_for(self, kind: type) -> Explain:
        """One violation at the value itself."""
        code, limit, ok = self.code, self.limit, self.ok_for(kind) or accept
        return lambda value, at, visit: () if ok(value, visit) else (Violation(at, code, limit),)


class Assertion(_Here):
    """A keyword that compares with its limit."""

    def __init__(self, code: str, limit: Any, types: tuple[type, ...], test: Ok) -> None:
        self.code, self.limit, self.types, self.test = code, limit, types, test
        if code in BOUNDS:
            measure, low = BOUNDS[code]
            self.bounds = (measure, limit, inf) if low else (measure, -inf, limit)

    def ok_for(self, kind: type) -> Ok | None:
        """The bare test."""
        return self.test if kind in self.types else None


class Never(Assertion):
    """The schema `false`; its violation carries the keyword that it stands under."""

    def __init__(self, code: str) -> None:
        super().__init__(code, None, TYPES, reject)
        self.only = ()


class TypeCheck(_Here):
    """`type`. In draft 4 an integer is written without a fraction, later 1.0 is one too."""

    def __init__(self, names: str | list[str], *, whole_floats: bool) -> None:
        names = [names] if isinstance(names, str) else list(names)
        self.code, self.limit = "type", names
        self.allowed = frozenset(kind for name in names for kind in _JSON_TYPES[name])
        self.whole_floats = whole_floats and "integer" in names
        self.only = self.allowed | {float} if self.whole_floats else self.allowed

    def ok_for(self, kind: type) -> Ok | None:
        """Nothing to test for an allowed type, nothing to hope for another."""
        if kind in self.allowed:
            return None
        return _is_whole if kind is float and self.whole_floats else reject


def _is_whole(value: Any, visit: Visit) -> bool:
    whole: bool = value.is_integer()
    return whole


class Enum(Assertion):
    """`enum`, and `const` with one value."""

    def __init__(self, code: str, values: list[Any]) -> None:
        keys = frozenset(same_key(value) for value in values)
        limit = values if code == "enum" else values[0]
        super().__init__(code, limit, TYPES, lambda value, visit: same_key(value) in keys)
        self._keys = keys

    def ok_for(self, kind: type) -> Ok | None:
        """What is its own key needs none to be made."""
        keys = self._keys
        return (lambda value, visit: value in keys) if kind in PLAIN else self.test


def _multiple_of(limit: Any) -> Ok:
    test = divides(limit)
    return lambda value, visit: test(value)


#: keyword: the types it speaks of, and the test made from its limit.
ASSERTIONS: dict[str, tuple[tuple[type, ...], Callable[[Any], Ok]]] = {
    "minimum": (NUMBERS, lambda limit: lambda value, visit: value >= limit),
    "maximum": (NUMBERS, lambda limit: lambda value, visit: value <= limit),
    "exclusiveMinimum": (NUMBERS, lambda limit: lambda value, visit: value > limit),
    "exclusiveMaximum": (NUMBERS, lambda limit: lambda value, visit: value < limit),
    "multipleOf": (NUMBERS, _multiple_of),
    "minLength": ((str,), lambda limit: lambda value, visit: len(value) >= limit),
    "maxLength": ((str,), lambda limit: lambda value, visit: len(value) <= limit),
    "minItems": ((list,), lambda limit: lambda value, visit: len(value) >= limit),
    "maxItems": ((list,), lambda limit: lambda value, visit: len(value) <= limit),
    "minProperties": ((dict,), lambda limit: lambda value, visit: len(value) >= limit),
    "maxProperties": ((dict,), lambda limit: lambda value, visit: len(value) <= limit),
    "uniqueItems": ((list,), lambda limit: lambda value, visit: all_differ(value)),
}
