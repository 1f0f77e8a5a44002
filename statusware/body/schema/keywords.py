"""From a keyword in a schema to the check that carries it out.

Each function takes the schema at hand (`Context`), the keyword and its value, and gives
the check, or None where the keyword says nothing or a neighbour speaks for it. Schemas
have been checked against their metaschema before, so that values are of the right type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .arrays import Contains, Items, UnevaluatedItems
from .assertions import ASSERTIONS, Assertion, Enum, TypeCheck
from .combine import AllOf, AnyOf, If, Not, OneOf
from .node import Check
from .objects import (
    DependentRequired,
    DependentSchemas,
    Members,
    PropertyNames,
    Required,
    UnevaluatedProperties,
)

if TYPE_CHECKING:
    from .context import Context


def assertion(schema: Context, keyword: str, limit: Any) -> Check:
    """A keyword that compares with a limit."""
    types, test = ASSERTIONS[keyword]
    return Assertion(keyword, limit, types, test(limit))


def draft4_limit(schema: Context, keyword: str, limit: Any) -> Check:
    """`minimum` and `maximum` of draft 4, where `exclusive…` is a boolean beside them."""
    exclusive = "exclusive" + keyword.capitalize()
    return assertion(schema, exclusive if schema.get(exclusive) is True else keyword, limit)


def unique_items(schema: Context, keyword: str, wanted: bool) -> Check | None:
    """`uniqueItems`; false says nothing."""
    return assertion(schema, keyword, True) if wanted else None


def type_(schema: Context, keyword: str, names: str | list[str]) -> Check:
    """`type`."""
    return TypeCheck(names, whole_floats=schema.dialect.whole_floats)


def enum_(schema: Context, keyword: str, values: list[Any]) -> Check:
    """`enum`."""
    return Enum(keyword, values)


def const(schema: Context, keyword: str, value: Any) -> Check:
    """`const`."""
    return Enum(keyword, [value])


def pattern(schema: Context, keyword: str, source: str) -> Check:
    """`pattern`."""
    search = schema.pattern(source, keyword)
    return Assertion(keyword, source, (str,), lambda value, visit: search(value))


def format_(schema: Context, keyword: str, name: str) -> Check | None:
    """`format`, where formats are asserted."""
    test = schema.format(name)
    if test is None:
        return None
    return Assertion(keyword, name, (str,), lambda value, visit: test(value))


def required(schema: Context, keyword: str, names: list[str]) -> Check:
    """`required`."""
    return Required(names)


def members(schema: Context, keyword: str, value: Any) -> Check | None:
    """`properties` and its neighbours, as one check."""
    family = ("properties", "patternProperties", "additionalProperties")
    if keyword != next(name for name in schema.schema if name in family):
        return None
    named = schema.nodes("properties")
    patterns = [
        (schema.pattern(source, "patternProperties", source), node)
        for source, node in schema.nodes("patternProperties").items()
    ]
    return Members(named, patterns, schema.node("additionalProperties"))


def items_prefix(schema: Context, keyword: str, value: Any) -> Check | None:
    """`prefixItems` and `items` of 2020-12, as one check."""
    if keyword == "items" and "prefixItems" in schema.schema:
        return None
    return Items(schema.list("prefixItems"), schema.node("items"))


def items_array(schema: Context, keyword: str, value: Any) -> Check:
    """`items` before 2020-12: a schema, or a list with `additionalItems` for the rest."""
    if isinstance(value, list):
        return Items(schema.list("items"), schema.node("additionalItems"))
    return Items([], schema.node("items"))


def contains(schema: Context, keyword: str, value: Any) -> Check:
    """`contains` before `minContains`."""
    return Contains(schema.must(keyword), 1, None, evaluates=False)


def contains_counted(schema: Context, keyword: str, value: Any) -> Check:
    """`contains` with its two neighbours; its items count as looked at from 2020-12 on."""
    least, most = schema.get("minContains", 1), schema.get("maxContains")
    evaluates = "prefixItems" in schema.dialect.keywords
    return Contains(schema.must(keyword), least, most, evaluates=evaluates)


def property_names(schema: Context, keyword: str, value: Any) -> Check:
    """`propertyNames`."""
    return PropertyNames(schema.must(keyword))


def dependent_required(schema: Context, keyword: str, lists: dict[str, list[str]]) -> Check:
    """`dependentRequired`."""
    return DependentRequired(keyword, lists)


def dependent_schemas(schema: Context, keyword: str, value: Any) -> Check:
    """`dependentSchemas`."""
    return DependentSchemas(schema.nodes(keyword))


def dependencies(schema: Context, keyword: str, value: dict[str, Any]) -> Check:
    """`dependencies` of drafts 4 to 7: lists and schemas mixed."""
    lists = {name: each for name, each in value.items() if isinstance(each, list)}
    nodes = {n: schema.child(each, keyword, n) for n, each in value.items() if n not in lists}
    parts: list[Check] = [DependentRequired(keyword, lists), DependentSchemas(nodes)]
    return AllOf([schema.made_of(part) for part in parts])


def all_of(schema: Context, keyword: str, value: Any) -> Check:
    """`allOf`."""
    return AllOf(schema.list(keyword))


def any_of(schema: Context, keyword: str, value: Any) -> Check:
    """`anyOf`."""
    return AnyOf(schema.list(keyword))


def one_of(schema: Context, keyword: str, value: Any) -> Check:
    """`oneOf`."""
    return OneOf(schema.list(keyword))


def not_(schema: Context, keyword: str, value: Any) -> Check:
    """`not`."""
    return Not([schema.must(keyword)])


def if_(schema: Context, keyword: str, value: Any) -> Check:
    """`if`, `then` and `else`."""
    return If(schema.must("if"), schema.node("then"), schema.node("else"))


def ref(schema: Context, keyword: str, reference: str) -> Check:
    """`$ref`."""
    return schema.reference(schema.find(reference, keyword), keyword)


def dynamic_ref(schema: Context, keyword: str, reference: str) -> Check:
    """`$dynamicRef` (core 8.2.3.2): to the outermost resource that has the anchor."""
    target = schema.find(reference, keyword)
    anchor = reference.partition("#")[2]
    found = target.contents
    if isinstance(found, dict) and anchor and found.get("$dynamicAnchor") == anchor:
        target = schema.scope.get(anchor, target)
    return schema.reference(target, keyword)


def recursive_ref(schema: Context, keyword: str, reference: str) -> Check:
    """`$recursiveRef` of 2019-09: the same with one anchor that has no name."""
    target = schema.find(reference, keyword)
    if isinstance(target.contents, dict) and target.contents.get("$recursiveAnchor") is True:
        target = schema.scope.get("", target)
    return schema.reference(target, keyword)


def unevaluated_items(schema: Context, keyword: str, value: Any) -> Check:
    """`unevaluatedItems`; it speaks after all its neighbours."""
    return UnevaluatedItems(schema.own, schema.must(keyword))


def unevaluated_properties(schema: Context, keyword: str, value: Any) -> Check:
    """`unevaluatedProperties`; it speaks after all its neighbours."""
    return UnevaluatedProperties(schema.own, schema.must(keyword))


def location(pointer: str, *tokens: str | int) -> str:
    """A pointer with more tokens at its end (RFC 6901)."""
    escaped = (str(token).replace("~", "~0").replace("/", "~1") for token in tokens)
    return "/".join((pointer, *escaped))
