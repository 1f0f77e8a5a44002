"""The Schema Object of OpenAPI 3.0 and 3.1, as a request is held against it.

3.0 has a dialect of its own: a part of draft 4 with `nullable`, and with annotations (Schema
Object, OpenAPI 3.0.3 section 4.7.24). 3.1 is 2020-12. What both add, for requests: a property
that is `readOnly` must not be sent and is never required; `discriminator` helps to choose.
Schemas are compiled as they stand, nothing is translated, so that places and references stay
true; and they are asked by the same engine as all others, in bounded time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ...errors import PolicyError
from . import keywords as k
from .assertions import NUMBERS, Assertion, Never, TypeCheck
from .fusion import Ok
from .node import Check
from .objects import Members, Required
from .variants import DiscriminatedAnyOf, DiscriminatedOneOf

if TYPE_CHECKING:
    from .context import Context

__all__ = ["METASCHEMA", "passed_on", "why_not"]

_SCHEMAS = {"type": "array", "items": {"$ref": "#"}}
_COUNT = {"type": "integer", "minimum": 0}
#: Keywords of JSON Schema that 3.0 does not have: they would say nothing, and seem to.
_LATER = (
    "const", "contains", "dependencies", "dependentRequired", "dependentSchemas", "else", "if",
    "maxContains", "minContains", "patternProperties", "prefixItems", "propertyNames", "then",
    "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip


def _each(names: str, schema: dict[str, Any]) -> dict[str, Any]:
    return dict.fromkeys(names.split(), schema)


#: What a Schema Object of 3.0 has to be. Names that nobody knows say nothing, as always.
METASCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "properties": {
        **_each("minimum maximum", {"type": "number"}),
        **_each("exclusiveMinimum exclusiveMaximum uniqueItems", {"type": "boolean"}),
        **_each("nullable readOnly writeOnly deprecated", {"type": "boolean"}),
        "multipleOf": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
        **_each("maxLength minLength maxItems minItems maxProperties minProperties", _COUNT),
        **_each("$ref pattern format", {"type": "string"}),
        "required": {"type": "array", "items": {"type": "string"}},
        "enum": {"type": "array"},
        "type": {"enum": ["array", "boolean", "integer", "number", "object", "string"]},
        **_each("items not", {"$ref": "#"}),
        **_each("allOf anyOf oneOf", _SCHEMAS),
        "properties": {"type": "object", "additionalProperties": {"$ref": "#"}},
        "additionalProperties": {"anyOf": [{"type": "boolean"}, {"$ref": "#"}]},
        "discriminator": {
            "type": "object",
            "required": ["propertyName"],
            "properties": {
                "propertyName": {"type": "string"},
                "mapping": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        },
        **{name: {"not": {}} for name in _LATER},
    },
}

#: Whole numbers of a size (the formats registry of the OpenAPI Initiative).
_SIZES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}

#: Keywords whose schemas speak of the same value; not those that ask only.
_SAME_VALUE = frozenset({"$ref", "allOf", "anyOf", "oneOf", "then", "else", "dependentSchemas"})
_ASKING = frozenset({"not", "if"})


def why_not(pointer: str) -> tuple[str, str]:
    """For a Schema Object of 3.0 that is none: the reason and a hint, by what is wrong in it."""
    keyword = pointer.rpartition("/")[2]
    if keyword in _LATER:
        return f"OpenAPI 3.0 has no {keyword}", "it comes with 3.1"
    if keyword == "type":
        return "no type of OpenAPI 3.0", "one name; beside it, nullable: true adds null"
    return "", "true, beside the limit" if keyword.startswith("exclusive") else ""


def passed_on(schema: Context, keyword: str) -> frozenset[str] | None:
    """What a schema under `keyword` has to know: names of this very value that are read-only
    by its surroundings; None where requests are no matter, as it only asks."""
    if schema.unsent is None or keyword in _ASKING:
        return None
    if keyword == "$ref" and (schema.dialect.ref_hides or len(schema.schema) == 1):
        return schema.unsent  # nothing else speaks here
    return hidden_names(schema) if keyword in _SAME_VALUE else frozenset()


def hidden_names(schema: Context) -> frozenset[str]:
    """The names that are read-only: by this schema, by what it includes, by what it is in.

    Of names that no `properties` and no `required` has, their own schema tells (`members`).
    """
    known = schema.compiler.read_only
    key = id(schema.schema)
    if key not in known:
        parts = [part for part in _included(schema) if not _hidden(part)]
        listed = (part.get(word) for part in parts for word in ("properties", "required"))
        entries = (n for each in listed if isinstance(each, Mapping | list) for n in each)
        names = {name for name in entries if isinstance(name, str)}
        known[key] = frozenset(n for part in parts for n in names if _hides(part, n))
    return known[key] | (schema.unsent or frozenset())


def _hides(schema: Context, name: str) -> bool:
    """Whether one of the schemas of a member is read-only, in this schema alone."""
    named = _mapping(schema.get("properties"))
    found = [named[name]] if name in named else []
    for source, each in _mapping(schema.get("patternProperties")).items():
        if schema.pattern(source, "patternProperties", source)(name):
            found.append(each)
    return any(_is_read_only(schema, e) for e in found or [schema.get("additionalProperties")])


def _is_read_only(schema: Context, contents: Any) -> bool:
    if not isinstance(contents, Mapping):
        return False
    parts = _included(schema.at(contents))
    return any(part.get("readOnly") is True for part in parts if not _hidden(part))


def _hidden(schema: Context) -> bool:
    """Whether a reference hides all that stands beside it (3.0)."""
    return schema.dialect.ref_hides and "$ref" in schema.schema


def _included(schema: Context) -> Iterator[Context]:
    """A schema, what it refers to, and the members of `allOf`, each once."""
    todo, seen = [schema], {id(schema.schema)}
    while todo:
        part = todo.pop()
        yield part
        found = []
        if isinstance(part.get("$ref"), str):
            target = part.find(part.get("$ref"), "$ref")
            found.append(part.at(target.contents, target.base))
        if not _hidden(part):
            listed = part.get("allOf", ())
            found += [part.at(each) for each in (listed if isinstance(listed, list) else ())]
        for each in found:
            if isinstance(each.schema, Mapping) and id(each.schema) not in seen:
                seen.add(id(each.schema))
                todo.append(each)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def required(schema: Context, keyword: str, names: list[str]) -> Check:
    """`required`, without what is read-only: "the required will take effect on the response
    only" (3.0.3 section 4.7.24.2)."""
    if schema.unsent is None:
        return k.required(schema, keyword, names)
    hidden = hidden_names(schema)
    return Required([name for name in names if name not in hidden])


def members(schema: Context, keyword: str, value: Any) -> Check | None:
    """`properties` and its neighbours; what is read-only must not be sent."""
    made = k.members(schema, keyword, value)
    if not isinstance(made, Members) or schema.unsent is None:
        return made
    never = schema.made_of(Never("readOnly"))
    for name in hidden_names(schema).intersection(made.named):
        made.named[name] = never
    patterns = _mapping(schema.get("patternProperties")).values()
    made.patterns = [
        (search, never if _is_read_only(schema, each) else node)
        for each, (search, node) in zip(patterns, made.patterns, strict=True)
    ]
    if _is_read_only(schema, schema.get("additionalProperties")):
        made.rest = never
    return made


def type_(schema: Context, keyword: str, name: str) -> Check:
    """`type` of 3.0, one name; with `nullable`, null is another."""
    names = [name, "null"] if schema.get("nullable") is True else name
    return TypeCheck(names, whole_floats=schema.dialect.whole_floats)


def format_(schema: Context, keyword: str, name: str) -> Check | None:
    """`format`, where formats are asserted; those of numbers, too."""
    if name in _SIZES:
        test = _within(*_SIZES[name])
        return Assertion(keyword, name, NUMBERS, test) if schema.compiler.options.formats else None
    return k.format_(schema, keyword, name)


def _within(least: int, most: int) -> Ok:
    return lambda value, visit: least <= value <= most


def one_of(schema: Context, keyword: str, value: Any) -> Check:
    """`oneOf`, where a discriminator may tell which."""
    return DiscriminatedOneOf(schema.list(keyword), *_variants(schema, keyword))


def any_of(schema: Context, keyword: str, value: Any) -> Check:
    """`anyOf`, where a discriminator may tell which."""
    return DiscriminatedAnyOf(schema.list(keyword), *_variants(schema, keyword))


def _variants(schema: Context, keyword: str) -> tuple[str, dict[str, int]]:
    """The discriminating property, and by its value the number of the branch."""
    table = schema.get("discriminator")
    if not isinstance(table, Mapping) or not isinstance(table.get("propertyName"), str):
        return "", {}
    numbers: dict[str, int] = {}
    targets: dict[int, int] = {}
    for number, branch in enumerate(schema.get(keyword)):
        if isinstance(branch, Mapping) and isinstance(branch.get("$ref"), str):
            numbers[branch["$ref"].rpartition("/")[2]] = number
            targets[id(schema.find(branch["$ref"], keyword).contents)] = number
    for value, reference in _mapping(table.get("mapping")).items():
        if not isinstance(reference, str):  # in 3.1 no metaschema speaks of it
            place = k.location(schema.pointer, "discriminator", "mapping", value)
            raise PolicyError("must be a string", key=place)
        if reference in numbers:
            numbers[value] = numbers[reference]
        elif "/" in reference:
            found = targets.get(id(schema.find(reference, "discriminator").contents))
            if found is not None:
                numbers[value] = found
    return table["propertyName"], numbers
