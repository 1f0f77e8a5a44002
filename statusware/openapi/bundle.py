"""Body schemas as components of one document: every reference leads to another component.

They are read as their own draft means them, and written as draft 2020-12, that of OpenAPI
3.1 (what an older draft does not know is left out). `openapi.older` makes 3.0 of that. What
a dynamic reference finds depends on who refers to it, which no component can say: a schema
with one that has a choice is left out whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

from ..body.schema import Schema
from ..body.schema.dialects import DEFAULT, Dialect, dialect_of
from ..body.schema.library import Library, Target
from .components import Components
from .references import reference

__all__ = ["LISTED", "NAMED", "SINGLE", "Bundle"]

#: Keywords whose value is a schema, a list of them, or a table of them (draft 2020-12).
SINGLE = frozenset({
    "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then",
    "unevaluatedItems", "unevaluatedProperties", "contentSchema",
})  # fmt: skip
LISTED = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
NAMED = frozenset({"properties", "patternProperties", "dependentSchemas"})

#: What says where a schema lies (as a component it lies elsewhere), or names others by it.
_PLACES = frozenset({
    "$schema", "$id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary", "$defs",
    "definitions", "$comment", "nullable",
})  # fmt: skip

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


class Bundle:
    """Writes schemas as components."""

    def __init__(self, components: Components) -> None:
        self._components = components
        #: Names by what stands there, and where: each route has a library of its own.
        self._names: dict[tuple[str, int, int], str] = {}
        #: A number for each text that contents are as JSON, and for contents by their id().
        self._texts: dict[str, int] = {}
        self._known: dict[int, tuple[Any, int]] = {}

    def schema(self, schema: Schema, name: str) -> Any:
        """What stands for a schema in a document: a reference, or `{}` where all is taken."""
        target = schema.target
        if target.contents in ({}, True):
            return {}
        try:
            if isinstance(target.contents, Mapping) and list(target.contents) == ["$ref"]:
                uri = target.contents["$ref"]
                return self.referred(uri, target.base, schema.library, schema.dialect)
            title = _title(target.contents)
            return self._component(target, schema.library, schema.dialect, title or name)
        except _DynamicError:  # what has been added by then, nothing refers to
            return {}

    def _component(
        self, target: Target, library: Library, dialect: Dialect, name: str
    ) -> dict[str, Any]:
        whole = library.resource(target.base, dialect.draft).contents
        key = (target.base, self._text(whole), self._text(target.contents))
        known = self._names.get(key)
        if known is None:
            known = self._components.reserve("schemas", name)
            self._names[key] = known
            made = _Writer(self, library).write(target.contents, target.base, dialect)
            self._components.parts["schemas"][known] = made
        return reference("schemas", known)

    def _text(self, contents: Any) -> int:
        """The same number for what is equal; a large document is written down once."""
        known = self._known.get(id(contents))
        if known is None:
            text = json.dumps(contents)
            # Kept, so that nothing else gets its id().
            known = contents, self._texts.setdefault(text, len(self._texts))
            self._known[id(contents)] = known
        return known[1]

    def referred(self, uri: str, base: str, library: Library, dialect: Dialect) -> dict[str, Any]:
        """A reference to what `uri` points at, seen from `base`."""
        target = library.find(base, uri, dialect.draft)
        whole = library.resource(target.base, dialect.draft).contents
        return self._component(target, library, dialect_of(whole, dialect), _named(uri, target))


class _Writer:
    """Writes the schemas of one library."""

    def __init__(self, bundle: Bundle, library: Library) -> None:
        self._bundle, self._library = bundle, library

    def write(self, schema: Any, base: str, dialect: Dialect) -> Any:
        """One schema in draft 2020-12, its references made references to components."""
        if not isinstance(schema, Mapping):
            return schema
        base = self._library.base_of(schema, base)
        dialect = dialect_of(schema, dialect)

        def inner(value: Any) -> Any:
            return self.write(value, base, dialect)

        references = list(self._referred(schema, base, dialect))
        if references and dialect.ref_hides:
            return references[0]
        made = dict(references[0]) if len(references) == 1 else {}
        for key, value in schema.items():
            if key not in _PLACES and key not in _REFERENCES and not _unknown(key, dialect):
                made |= _translated(key, value, schema, dialect, inner)
        if len(references) > 1:
            made["allOf"] = [*made.get("allOf", ()), *references]
        if "discriminator" in made:
            made |= self._discriminator(made.pop("discriminator"), schema, base, dialect)
        if dialect.nullable and schema.get("nullable") is True:
            return _nullable(made)
        return made

    def _discriminator(
        self, table: Any, schema: Mapping[str, Any], base: str, dialect: Dialect
    ) -> dict[str, Any]:
        """The same, its mapping complete: the names of components may be others here.

        Left out if malformed: no metaschema of 3.1 speaks of it, and it decides nothing then.
        """
        if not isinstance(table, Mapping) or not isinstance(table.get("propertyName"), str):
            return {}
        told = table.get("mapping")
        branches = [each for key in ("oneOf", "anyOf") for each in schema.get(key, ())]
        uris = [each["$ref"] for each in branches if isinstance(each, Mapping) and "$ref" in each]
        mapping = {uri.rpartition("/")[2]: uri for uri in uris}
        for value, uri in told.items() if isinstance(told, Mapping) else ():
            if isinstance(uri, str):
                mapping[value] = mapping.get(uri, uri)
        made = {
            value: self._bundle.referred(uri, base, self._library, dialect)["$ref"]
            for value, uri in mapping.items()
            if "/" in uri
        }
        return {"discriminator": {**table, "mapping": made}}

    def _referred(
        self, schema: Mapping[str, Any], base: str, dialect: Dialect
    ) -> Iterator[dict[str, Any]]:
        for key in _REFERENCES:
            if key in schema and key in dialect.keywords:
                self._check(key, schema[key], base, dialect)
                yield self._bundle.referred(schema[key], base, self._library, dialect)

    def _check(self, key: str, uri: str, base: str, dialect: Dialect) -> None:
        """Raise `_DynamicError` for a reference that could lead to several places."""
        if key == "$ref":
            return
        found = self._library.find(base, uri, dialect.draft)
        contents = found.contents if isinstance(found.contents, Mapping) else {}
        anchor = urldefrag(uri)[1]
        if key == "$recursiveRef":
            several = contents.get("$recursiveAnchor") is True
        else:
            known = [base for base, each in self._library.dynamic.items() if anchor in each]
            several = contents.get("$dynamicAnchor") == anchor and len(known) > 1
        if several:
            raise _DynamicError


class _DynamicError(Exception):
    """A dynamic reference has a choice."""


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema of 3.0, or null."""
    if isinstance(schema.get("type"), str) and schema.keys().isdisjoint(_NARROWING):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


#: What might not let null through beside a type that does.
_NARROWING = ("enum", "allOf", "anyOf", "oneOf", "not")


def _unknown(key: str, dialect: Dialect) -> bool:
    """Whether only newer drafts know this keyword, or only older ones."""
    return key in _KEYWORDS and key not in dialect.keywords


#: What means something in some draft; in draft 4 exclusive limits go with the limits.
_KEYWORDS = (frozenset(DEFAULT.keywords) | {"dependencies", "additionalItems"}) - {
    "exclusiveMinimum",
    "exclusiveMaximum",
}


def _translated(
    key: str,
    value: Any,
    schema: Mapping[str, Any],
    dialect: Dialect,
    inner: Callable[[Any], Any],
) -> dict[str, Any]:
    """One keyword of an older draft as draft 2020-12 says it."""
    if key in _LIMITS:
        return _limit(key, value, schema)
    if key == "items" and isinstance(value, list):
        rest = schema.get("additionalItems")
        made = {"prefixItems": [inner(each) for each in value]} if value else {}
        return made if rest is None else {**made, "items": inner(rest)}
    if key == "additionalItems":
        return {}
    if key == "dependencies":
        return _dependencies(value, inner)
    if key in SINGLE:
        return {key: inner(value)}
    if key in LISTED:
        return {key: [inner(each) for each in value]}
    if key in NAMED:
        return {key: {name: inner(each) for name, each in value.items()}}
    return {} if key == "required" and not value else {key: value}


_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def _limit(key: str, value: Any, schema: Mapping[str, Any]) -> dict[str, Any]:
    """In draft 4 `exclusiveMinimum` is a flag beside the limit."""
    if isinstance(value, bool):
        limit = schema.get(key.replace("exclusiveM", "m"))
        return {key: limit} if value and limit is not None else {}
    return {} if schema.get(f"exclusiveM{key[1:]}") is True else {key: value}


def _dependencies(value: Mapping[str, Any], inner: Callable[[Any], Any]) -> dict[str, Any]:
    """Each names either what else is required, or a schema for the whole."""
    required = {name: each for name, each in value.items() if isinstance(each, list)}
    schemas = {name: inner(each) for name, each in value.items() if name not in required}
    made = {"dependentRequired": required} if required else {}
    return {**made, "dependentSchemas": schemas} if schemas else made


def _title(schema: Any) -> str:
    title = schema.get("title") if isinstance(schema, Mapping) else None
    return _words(title) if isinstance(title, str) else ""


def _words(text: str) -> str:
    """A text as the name of a component: `Change of a recipe` is `ChangeOfARecipe`."""
    words = re.findall(r"[A-Za-z0-9_]+", text)
    return "".join(word[:1].upper() + word[1:] for word in words)[:60]


def _named(uri: str, target: Target) -> str:
    """What to call what a reference leads to: its name in a document, its title, the last name
    on the way there, its file."""
    way, _, last = unquote(urldefrag(uri)[1]).rpartition("/")
    if way == "/components/schemas":
        return last
    file = urlsplit(target.base).path.rpartition("/")[2].rpartition(".")[0]
    return _title(target.contents) or _words(last) or _words(file) or "Schema"
