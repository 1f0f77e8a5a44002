"""Keywords that look at one value and nothing inside it: limits, types, enums."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .equality import all_differ, divides, same_key
from .node import TYPES, Check, Ok, Reach, Visit, reject
from .violation import Place, Violation

__all__ = ["ASSERTIONS", "Assertion", "Never", "TypeCheck", "enum"]

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


class Assertion(Check):
    """A keyword that is one test."""

    reach = Reach.HERE

    def __init__(self, code: str, limit: Any, types: tuple[type, ...], test: Ok) -> None:
        self.code, self.limit, self.types, self.test = code, limit, types, test

    def ok(self, value: Any, visit: Visit) -> bool:
        """As the test says."""
        return self.test(value, visit)

    def ok_for(self, kind: type) -> Ok | None:
        """The bare test."""
        return self.test if kind in self.types else None

    def explain(self, value: Any, at: Place, visit: Visit) -> Iterator[Violation]:
        """One violation at the value itself."""
        if not self.test(value, visit):
            yield Violation(at, self.code, self.limit)


class Never(Assertion):
    """The schema `false`; its violation carries the keyword that it stands under."""

    def __init__(self, code: str) -> None:
        super().__init__(code, None, TYPES, reject)


class TypeCheck(Check):
    """`type`. In draft 4 an integer is written without a fraction, later 1.0 is one too."""

    reach = Reach.HERE

    def __init__(self, names: str | list[str], *, whole_floats: bool) -> None:
        self.names = [names] if isinstance(names, str) else list(names)
        self.allowed = frozenset(kind for name in self.names for kind in _JSON_TYPES[name])
        self.whole_floats = whole_floats and "integer" in self.names

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether the value has one of the types."""
        test = self.ok_for(type(value))
        return test is None or test(value, visit)

    def ok_for(self, kind: type) -> Ok | None:
        """Nothing to test for an allowed type, nothing to hope for another."""
        if kind in self.allowed:
            return None
        return _is_whole if kind is float and self.whole_floats else reject

    def explain(self, value: Any, at: Place, visit: Visit) -> Iterator[Violation]:
        """One violation at the value itself."""
        if not self.ok(value, visit):
            yield Violation(at, "type", self.names)


def _is_whole(value: Any, visit: Visit) -> bool:
    whole: bool = value.is_integer()
    return whole


def enum(code: str, values: list[Any]) -> Assertion:
    """`enum`, and `const` with one value."""
    keys = frozenset(same_key(value) for value in values)
    limit = values if code == "enum" else values[0]
    return Assertion(code, limit, TYPES, lambda value, visit: same_key(value) in keys)


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
