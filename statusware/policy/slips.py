"""What a policy may say and hardly means: JSON Schema takes any keyword, a match any segment.

A misspelt `requierd` in a schema is an annotation that nobody looks at, and what it was to keep out
gets in. Only what is near to something that would have said something is told.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..body import BodyChoice, BodyRule
from ..rules import Route

if TYPE_CHECKING:
    from ..body.schema import Schema
    from ..body.schema.dialects import Dialect

__all__ = ["slips"]

#: Keywords that hold schemas: by name, in a list, or one.
_NAMED = (
    "properties",
    "patternProperties",
    "$defs",
    "definitions",
    "dependentSchemas",
    "dependencies",
)
_LISTED = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
_SINGLE = (
    "items", "additionalItems", "additionalProperties", "unevaluatedItems", "contains", "if",
    "then", "else", "not", "unevaluatedProperties", "propertyNames", "contentSchema",
)  # fmt: skip

#: What stands in schemas besides the keywords that a dialect asserts.
_BESIDES = frozenset({
    *_NAMED, *_SINGLE, "$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor",
    "$comment", "$vocabulary", "title", "description", "default", "examples", "deprecated",
    "readOnly", "writeOnly", "contentEncoding", "contentMediaType", "minContains", "maxContains",
    "nullable", "discriminator", "xml", "externalDocs", "example",
})  # fmt: skip

#: How alike a word has to be to one that is known.
_NEAR = 0.8

#: A variable, as Express, Rails and Bottle once wrote it.
_COLON = re.compile(r":([A-Za-z_]\w*)", re.ASCII)


def slips(route: Route) -> Iterator[tuple[str, str]]:
    """Each slip of a route: what it is about, and what is odd."""
    for pattern in route.patterns:
        for segment in pattern.segments:
            if isinstance(segment, str) and (found := _COLON.fullmatch(segment)):
                at = f"{','.join(pattern.methods)} {pattern.text}"
                yield at, f"{segment} is taken letter by letter; a variable is {{{found[1]}}}"
    for schema in _schemas(route.body):
        at = ", ".join([route.match] if isinstance(route.match, str) else route.match)
        for place, told in _of_schema(schema):
            yield at, f"body {place}: {told}"


def _schemas(body: object) -> Iterator[Schema]:
    if isinstance(body, BodyRule):
        yield body.schema
    elif isinstance(body, BodyChoice):
        for rule in body.rules.values():
            yield from _schemas(rule)


def _of_schema(schema: Schema) -> Iterator[tuple[str, str]]:
    """The odd keywords of a schema, by the place of the object they stand in."""
    known, gone = {*schema.dialect.keywords, *_BESIDES}, _elsewhere(schema.dialect)
    todo: list[tuple[str, Any]] = [("#", schema.target.contents)]
    while todo:
        place, found = todo.pop()
        if not isinstance(found, dict):
            continue
        for key in (key for key in found if key not in known):
            if close := difflib.get_close_matches(key, known, 1, _NEAR):
                yield place, f'"{key}" says nothing; did you mean "{close[0]}"?'
        for key in (key for key in found if key in gone):
            yield place, f'"{key}" says nothing in {schema.dialect.uri}'
        todo += [(f"{place}/{way}", inner) for way, inner in reversed([*_inside(found)])]


@cache
def _elsewhere(dialect: Dialect) -> frozenset[str]:
    """The keywords that only other drafts have."""
    dialects = import_module("statusware.body.schema.dialects").DIALECTS.values()
    every = {key for each in dialects for key in each.keywords}
    # Draft 4 has them beside `minimum` and `maximum`, as flags.
    return frozenset(every - {"exclusiveMinimum", "exclusiveMaximum", *dialect.keywords})


def _inside(schema: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """The schemas in a schema, and the way to each."""
    for key, value in schema.items():
        if key in _NAMED and isinstance(value, dict):
            yield from ((f"{key}/{name}", inner) for name, inner in value.items())
        elif key in _LISTED and isinstance(value, list):
            yield from ((f"{key}/{at}", inner) for at, inner in enumerate(value))
        elif key in _SINGLE:
            yield key, value
