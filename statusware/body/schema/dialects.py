"""The drafts of JSON Schema, and what tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from referencing import Specification
from referencing.jsonschema import (
    DRAFT4,
    DRAFT6,
    DRAFT7,
    DRAFT201909,
    DRAFT202012,
    Schema,
)

from ...errors import PolicyError, nearest
from . import keywords as k
from . import openapi as o

if TYPE_CHECKING:
    from .context import Context
    from .node import Check

__all__ = ["DEFAULT", "DIALECTS", "OPENAPI30", "OPENAPI31", "Dialect", "dialect_of"]

Builder = Callable[["Context", str, Any], "Check | None"]


@dataclass(frozen=True, eq=False)
class Dialect:
    """One draft: its metaschema, how ids work in it, and its keywords."""

    uri: str
    draft: Specification[Schema]
    keywords: dict[str, Builder]
    #: Before 2019-09, `$ref` hides whatever stands beside it.
    ref_hides: bool = False
    #: From draft 6 on, 1.0 is an integer.
    whole_floats: bool = True
    #: Of OpenAPI: its schemas are those of requests; `nullable: true` adds null (3.0).
    request: bool = False
    nullable: bool = False
    #: Where it is not one of those that come with jsonschema.
    metaschema: Mapping[str, Any] | None = None


_DRAFT4: dict[str, Builder] = {
    "$ref": k.ref,
    "type": k.type_,
    "enum": k.enum_,
    "minimum": k.draft4_limit,
    "maximum": k.draft4_limit,
    **dict.fromkeys(("multipleOf", "minLength", "maxLength", "minItems", "maxItems"), k.assertion),
    **dict.fromkeys(("minProperties", "maxProperties"), k.assertion),
    "uniqueItems": k.unique_items,
    "pattern": k.pattern,
    "format": k.format_,
    "required": k.required,
    **dict.fromkeys(("properties", "patternProperties", "additionalProperties"), k.members),
    "items": k.items_array,
    "dependencies": k.dependencies,
    "allOf": k.all_of,
    "anyOf": k.any_of,
    "oneOf": k.one_of,
    "not": k.not_,
}
_DRAFT6: dict[str, Builder] = {
    **_DRAFT4,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), k.assertion),
    "const": k.const,
    "contains": k.contains,
    "propertyNames": k.property_names,
}
_DRAFT7: dict[str, Builder] = {**_DRAFT6, "if": k.if_}
_DRAFT201909: dict[str, Builder] = {
    **{name: build for name, build in _DRAFT7.items() if name != "dependencies"},
    "$recursiveRef": k.recursive_ref,
    "dependentRequired": k.dependent_required,
    "dependentSchemas": k.dependent_schemas,
    "contains": k.contains_counted,
    "unevaluatedItems": k.unevaluated_items,
    "unevaluatedProperties": k.unevaluated_properties,
}
_DRAFT202012: dict[str, Builder] = {
    **{name: build for name, build in _DRAFT201909.items() if name != "$recursiveRef"},
    "$dynamicRef": k.dynamic_ref,
    "prefixItems": k.items_prefix,
    "items": k.items_prefix,
}

_OPENAPI31: dict[str, Builder] = {
    **_DRAFT202012,
    **dict.fromkeys(("properties", "patternProperties", "additionalProperties"), o.members),
    "required": o.required,
    "format": o.format_,
    "oneOf": o.one_of,
    "anyOf": o.any_of,
}
_OPENAPI30: dict[str, Builder] = {
    **{name: build for name, build in _DRAFT4.items() if name in o.METASCHEMA["properties"]},
    **{name: build for name, build in _OPENAPI31.items() if build.__module__ == o.__name__},
    "type": o.type_,
}

DEFAULT = Dialect("https://json-schema.org/draft/2020-12/schema", DRAFT202012, _DRAFT202012)

#: Every draft by the `$schema` that picks it, without its empty fragment.
DIALECTS: dict[str, Dialect] = {
    dialect.uri: dialect
    for dialect in (
        Dialect(
            "http://json-schema.org/draft-04/schema",
            DRAFT4,
            _DRAFT4,
            ref_hides=True,
            whole_floats=False,
        ),
        Dialect("http://json-schema.org/draft-06/schema", DRAFT6, _DRAFT6, ref_hides=True),
        Dialect("http://json-schema.org/draft-07/schema", DRAFT7, _DRAFT7, ref_hides=True),
        Dialect("https://json-schema.org/draft/2019-09/schema", DRAFT201909, _DRAFT201909),
        DEFAULT,
    )
}

#: The Schema Object of OpenAPI; in 3.0 it knows no ids and no anchors.
OPENAPI30 = Dialect(
    "https://spec.openapis.org/oas/3.0/schema-object",
    Specification.OPAQUE,
    _OPENAPI30,
    ref_hides=True,
    whole_floats=False,
    request=True,
    nullable=True,
    metaschema=o.METASCHEMA,
)
OPENAPI31 = Dialect(
    "https://spec.openapis.org/oas/3.1/dialect/base", DRAFT202012, _OPENAPI31, request=True
)


def dialect_of(schema: Any, otherwise: Dialect) -> Dialect:
    """The dialect that `schema` says it has: by `$schema`, or as an OpenAPI document.

    PolicyError if that is not known.
    """
    if not isinstance(schema, dict):
        return otherwise
    version = schema.get("openapi")
    if isinstance(version, str) and version.startswith("3."):
        return _of_document(version, schema)
    uri = schema.get("$schema")
    if uri is None:
        return otherwise
    return _by_uri(uri)


def _of_document(version: str, document: Mapping[str, Any]) -> Dialect:
    """3.1 may name another dialect for its schemas (`jsonSchemaDialect`)."""
    if version.startswith("3.0"):
        return OPENAPI30
    named = document.get("jsonSchemaDialect")
    return OPENAPI31 if named is None else _by_uri(named, key="jsonSchemaDialect")


def _by_uri(uri: Any, key: str = "$schema") -> Dialect:
    name = uri.rstrip("#") if isinstance(uri, str) else ""
    if name == OPENAPI31.uri or (key != "$schema" and name == DEFAULT.uri):
        return OPENAPI31
    found = DIALECTS.get(name)
    if found is None:
        hint = nearest(str(uri), DIALECTS)
        raise PolicyError("a draft that is not known", key=key, hint=hint)
    return found
