"""Whether a schema is certainly one, told by the shapes of its keywords alone.

The metaschemas say the same and more, but take long to compile, and a while for each schema.
They are asked about what is not certain here: about other drafts, rare keywords, and
whatever is wrong, which is theirs to tell. A test holds this table against theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from .dialects import DEFAULT, Dialect

__all__ = ["TABLES", "is_well_formed"]

Test = Callable[[Any], bool]

_NAMES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})


def is_well_formed(schema: Any, dialect: Dialect) -> bool:
    """Whether the metaschema of the dialect certainly takes `schema`."""
    table = TABLES.get(dialect.uri)
    try:
        return table is not None and _schema(table, schema)
    except RecursionError:
        return False


def _schema(table: dict[str, Test], value: Any) -> bool:
    """A schema is a boolean, or an object whose keywords have the shapes of the table."""
    if type(value) is not dict:
        return type(value) is bool
    for keyword, each in value.items():
        test = table.get(keyword)
        if test is not None and not test(each):
            return False
    return True


def _unsure(value: Any) -> bool:
    return False


def _any(value: Any) -> bool:
    return True


def _string(value: Any) -> bool:
    return type(value) is str


def _id(value: Any) -> bool:
    return type(value) is str and "#" not in value


def _anchor(value: Any) -> bool:
    return type(value) is str and value.isascii() and value.isidentifier()


def _flag(value: Any) -> bool:
    return type(value) is bool


def _number(value: Any) -> bool:
    return type(value) is int or type(value) is float


def _positive(value: Any) -> bool:
    return _number(value) and value > 0


def _count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _array(value: Any) -> bool:
    return type(value) is list


def _strings(value: Any) -> bool:
    """An array of strings that differ."""
    return type(value) is list and all(map(_string, value)) and len(set(value)) == len(value)


def _type(value: Any) -> bool:
    if type(value) is str:
        return value in _NAMES
    return _strings(value) and bool(value) and _NAMES.issuperset(value)


def _map(test: Test, value: Any) -> bool:
    return type(value) is dict and all(map(test, value.values()))


def _list(test: Test, value: Any) -> bool:
    return type(value) is list and bool(value) and all(map(test, value))


def _items(schema: Test, value: Any) -> bool:
    """`items` before 2020-12: a schema, or a list of them."""
    return _list(schema, value) if type(value) is list else schema(value)


def _both(schema: Test) -> dict[str, Test]:
    """What means the same in draft 7 and in 2020-12."""
    return {
        **dict.fromkeys(("$schema", "$ref", "$comment", "title", "description"), _string),
        **dict.fromkeys(("format", "pattern", "contentMediaType", "contentEncoding"), _string),
        **dict.fromkeys(("default", "const"), _any),
        **dict.fromkeys(("readOnly", "writeOnly", "uniqueItems"), _flag),
        **dict.fromkeys(("maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"), _number),
        "multipleOf": _positive,
        **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _count),
        **dict.fromkeys(("minProperties", "maxProperties"), _count),
        **dict.fromkeys(("examples", "enum"), _array),
        "required": _strings,
        "type": _type,
        **dict.fromkeys(("contains", "additionalProperties", "propertyNames"), schema),
        **dict.fromkeys(("if", "then", "else", "not"), schema),
        **dict.fromkeys(("definitions", "properties", "patternProperties"), partial(_map, schema)),
        **dict.fromkeys(("allOf", "anyOf", "oneOf"), partial(_list, schema)),
        "dependencies": _unsure,
    }


def _draft7() -> dict[str, Test]:
    table: dict[str, Test] = {}
    schema = partial(_schema, table)
    table |= _both(schema) | {
        "$id": _string,
        "additionalItems": schema,
        "items": partial(_items, schema),
    }
    return table


def _draft202012() -> dict[str, Test]:
    table: dict[str, Test] = {}
    schema = partial(_schema, table)
    table |= _both(schema) | {
        "$id": _id,
        "$dynamicRef": _string,
        **dict.fromkeys(("$anchor", "$dynamicAnchor"), _anchor),
        **dict.fromkeys(("$vocabulary", "$recursiveAnchor", "$recursiveRef"), _unsure),
        "deprecated": _flag,
        **dict.fromkeys(("minContains", "maxContains"), _count),
        "dependentRequired": partial(_map, _strings),
        **dict.fromkeys(("$defs", "dependentSchemas"), partial(_map, schema)),
        **dict.fromkeys(("items", "unevaluatedItems", "unevaluatedProperties"), schema),
        "contentSchema": schema,
        "prefixItems": partial(_list, schema),
    }
    return table


#: For each draft the test of every keyword that its metaschema speaks of.
TABLES = {
    DEFAULT.uri: _draft202012(),
    "http://json-schema.org/draft-07/schema": _draft7(),
}
