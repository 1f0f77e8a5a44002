"""Schemas in the dialect of OpenAPI 3.0, made from draft 2020-12.

3.0 knows no `const`, no list of types, no `if`, and much else. What it can say otherwise is
said so; what it cannot is left out, so that a schema takes more than the original, never less.
Where leaving something out would make it take less (inside `not`), more is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["older"]

#: What 3.0 takes over as it is.
_SAME = frozenset({
    "title", "description", "default", "deprecated", "readOnly", "writeOnly", "format",
    "multipleOf", "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems",
    "required",
    "maxProperties", "minProperties", "externalDocs", "xml", "discriminator", "example",
})  # fmt: skip

#: What says nothing about values.
_SILENT = frozenset({
    "$comment", "examples", "contentEncoding", "contentMediaType", "contentSchema", "nullable",
})  # fmt: skip


def older(schemas: Mapping[str, Any]) -> dict[str, Any]:
    """The components of a document in the dialect of 3.0, by name.

    A reference is as exact as what it leads to: they are made again until that is settled.
    """
    loose: frozenset[str] = frozenset()
    while True:
        made = {name: _older(schema, loose) for name, schema in schemas.items()}
        found = frozenset(f"#/components/schemas/{name}" for name in made if not made[name][1])
        if found == loose:
            return {name: schema for name, (schema, _) in made.items()}
        loose = found


def _older(schema: Any, loose: frozenset[str]) -> tuple[dict[str, Any], bool]:
    """The schema, and whether it takes just what the original does."""
    if not isinstance(schema, Mapping):
        return ({} if schema is not False else {"not": {}}), True
    work = _Work(schema, loose)
    for key, value in schema.items():
        step = _STEPS.get(key)
        if step is not None:
            step(work, value)
        elif key in _SAME or key.startswith("x-"):
            work.made[key] = value
        elif key not in _SILENT:
            work.exact = False
    return work.whole(), work.exact


@dataclass
class _Work:
    """One schema on its way: `more` are schemas that have to hold as well, `loose` the
    references to what takes more than its original does."""

    schema: Mapping[str, Any]
    loose: frozenset[str]
    made: dict[str, Any] = field(default_factory=dict)
    more: list[dict[str, Any]] = field(default_factory=list)
    exact: bool = True

    def inner(self, schema: Any) -> dict[str, Any]:
        """A schema inside this one, where taking more makes this one take more, too."""
        made, exact = self.tried(schema)
        self.exact = self.exact and exact
        return made

    def tried(self, schema: Any) -> tuple[dict[str, Any], bool]:
        """A schema inside this one, and whether it takes just what the original does."""
        return _older(schema, self.loose)

    def whole(self) -> dict[str, Any]:
        """What was made, and what has to hold beside it."""
        if self.made.get("type") == "array":
            self.made.setdefault("items", {})
        examples = self.schema.get("examples")
        if examples and isinstance(examples, list):
            self.made["example"] = examples[0]
        more: list[dict[str, Any]] = [*self.made.pop("allOf", []), *self.more]
        if more and not self.made and len(more) == 1:
            return more[0]
        return {**self.made, "allOf": more} if more else self.made


def _type(work: _Work, value: Any) -> None:
    types = [value] if isinstance(value, str) else list(value)
    null = "null" in types
    rest = [each for each in types if each != "null"]
    if len(rest) == 1:
        work.made |= {"type": rest[0], **({"nullable": True} if null else {})}
    elif not rest:
        work.more.append(_NULL)
    else:
        every = [_older({"type": each}, work.loose)[0] for each in rest]
        work.more.append({"anyOf": [*every, *([_NULL] if null else [])]})


#: Only null, as 3.0.3 says it: `nullable` counts beside a type alone.
_NULL: dict[str, Any] = {"type": "string", "nullable": True, "enum": [None]}


def _enum(work: _Work, value: list[Any]) -> None:
    """A list without anything in it is no list for 3.0, and takes nothing."""
    work.made["enum" if value else "not"] = value or {}


def _const(work: _Work, value: Any) -> None:
    work.more.append(_NULL if value is None else {"enum": [value]})


def _limit(key: str, exclusive: str, tighter: Callable[..., Any]) -> Callable[[_Work, Any], None]:
    """`minimum` and `exclusiveMinimum`, which is a flag in 3.0: the tighter one counts."""

    def step(work: _Work, value: Any) -> None:
        limit, beyond = work.schema.get(key), work.schema.get(exclusive)
        if beyond is None or (limit is not None and tighter(limit, beyond) != beyond):
            work.made[key] = limit
        else:
            work.made |= {key: beyond, exclusive: True}

    return step


def _not(work: _Work, value: Any) -> None:
    made, exact = work.tried(value)
    if exact:
        work.more.append({"not": made})
    work.exact = work.exact and exact


def _one_of(work: _Work, value: list[Any]) -> None:
    """Branches that take more than they should may all hold: any of them will do then."""
    every = [work.tried(each) for each in value]
    branches = [made for made, _ in every]
    if all(exact for _, exact in every):
        work.made["oneOf"] = branches
    else:
        work.exact = False
        work.more.append({"anyOf": branches})


def _if(work: _Work, value: Any) -> None:
    """`if a then b else c` is `(not a or b) and (a or c)`."""
    made, exact = work.tried(value)
    if exact:
        if "then" in work.schema:
            work.more.append({"anyOf": [{"not": made}, work.inner(work.schema["then"])]})
        if "else" in work.schema:
            work.more.append({"anyOf": [made, work.inner(work.schema["else"])]})
    work.exact = work.exact and exact


def _required_with(work: _Work, value: Mapping[str, list[str]]) -> None:
    for name, names in value.items():
        if names:
            work.more.append({"anyOf": [_without(name), {"required": names}]})


def _schemas_with(work: _Work, value: Mapping[str, Any]) -> None:
    for name, schema in value.items():
        work.more.append({"anyOf": [_without(name), work.inner(schema)]})


def _without(name: str) -> dict[str, Any]:
    """Anything but an object with this member."""
    return {"not": {"type": "object", "required": [name]}}


def _additional(work: _Work, value: Any) -> None:
    """Members that no `properties` names; those of `patternProperties`, unknown here, included."""
    patterns = [work.inner(each) for each in work.schema.get("patternProperties", {}).values()]
    if not patterns:
        work.made["additionalProperties"] = value if value is False else work.inner(value)
        return
    work.exact = False
    work.made["additionalProperties"] = {
        "anyOf": [*patterns, *([work.inner(value)] if value is not False else [])]
    }


def _items(work: _Work, value: Any) -> None:
    if "prefixItems" not in work.schema:
        work.made["items"] = work.inner(value)


def _prefix_items(work: _Work, value: list[Any]) -> None:
    """Which place an item has, 3.0 cannot ask."""
    work.exact = False
    rest = work.schema.get("items", True)
    every = [*value, *([] if rest is False else [rest])]
    work.made["items"] = {"anyOf": [work.inner(each) for each in every]}
    if rest is False:
        work.more.append({"maxItems": len(value)})


def _reference(work: _Work, value: str) -> None:
    """What stands beside a reference, 3.0 does not see."""
    work.more.append({"$ref": value})
    work.exact = work.exact and value not in work.loose


def _properties(work: _Work, value: Mapping[str, Any]) -> None:
    work.made["properties"] = {name: work.inner(each) for name, each in value.items()}


def _listed(key: str) -> Callable[[_Work, list[Any]], None]:
    def step(work: _Work, value: list[Any]) -> None:
        work.made[key] = [work.inner(each) for each in value]

    return step


def _nothing(work: _Work, value: Any) -> None:
    """Looked at together with another keyword."""


_minimum = _limit("minimum", "exclusiveMinimum", max)
_maximum = _limit("maximum", "exclusiveMaximum", min)
_STEPS: dict[str, Callable[[_Work, Any], None]] = {
    "$ref": _reference,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minimum": _minimum,
    "exclusiveMinimum": _minimum,
    "maximum": _maximum,
    "exclusiveMaximum": _maximum,
    "allOf": _listed("allOf"),
    "anyOf": _listed("anyOf"),
    "oneOf": _one_of,
    "not": _not,
    "if": _if,
    "then": _nothing,
    "else": _nothing,
    "dependentRequired": _required_with,
    "dependentSchemas": _schemas_with,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
    "prefixItems": _prefix_items,
}
