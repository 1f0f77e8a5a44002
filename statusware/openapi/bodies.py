"""Request bodies of OpenAPI as rules for bodies: a schema for each media type that is JSON.

What is not JSON is let through by its type alone, unread and of any size (the route's own
`max_bytes` aside). Schemas are compiled together, so that what they share is there once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from ..body import BodyChoice, BodyOptions, BodyRule
from ..body.choice import is_json
from ..body.schema import Compiler, Options, Schema, Target, check_schema
from ..body.schema.dialects import DEFAULT
from ..errors import PolicyError
from ..rules import Route
from .document import Document, Part

__all__ = ["RequestBody", "compile_documented"]

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_RANGE = re.compile(rf"({_TOKEN}/{_TOKEN})[ \t]*(?:;.*)?", re.ASCII)

#: Ranges in which JSON may be (RFC 9110 section 12.5.1).
_WITH_JSON = ("*/*", "application/*")


@dataclass(frozen=True)
class RequestBody:
    """A Request Body Object, and what the policy puts in the place of its schemas, if anything."""

    part: Part
    own: Any = None

    @property
    def optional(self) -> bool:
        """Whether a request may come without (`required` is false by default)."""
        return not self.part.flag("required")

    def media(self) -> dict[str, list[Part]]:
        """The media types, in lower case without parameters, and the entries for each."""
        self.part.check_names(("description", "content", "required")).step("content")
        content = self.part.get("content", dict)
        found: dict[str, list[Part]] = {}
        for name in () if content is None else content.value:
            entry = content.step(name) if content is not None else self.part
            named = _RANGE.fullmatch(name)
            if named is None:
                raise entry.wrong(f"{name!r} is no media type", "as in application/json")
            found.setdefault(named[1].lower(), []).append(entry.of(dict))
        return found


def compile_documented(document: Document, routes: Iterable[Route], options: BodyOptions) -> None:
    """Make the `RequestBody` of each route into a rule. Raises `PolicyError`."""
    asked = Options(formats=options.formats, patterns=options.patterns)
    compiler = Compiler(document.library, asked, check_schema, _labelled(document))
    _know_ids(document)
    for route in routes:
        if isinstance(route.body, RequestBody):
            route.body = _Builder(document, compiler, options, route).build(route.body)


def _labelled(document: Document) -> Any:
    def label(uri: str) -> str:
        base, _, fragment = uri.partition("#")
        return f"{document.label(base)}#{unquote(fragment)}"

    return label


def _know_ids(document: Document) -> None:
    """Schemas of 3.1 may be referred to by their `$id`: all that have one have to be known."""
    components = document.root.get("components", dict)
    schemas = None if components is None else components.get("schemas", dict)
    for name in () if schemas is None or document.version == "3.0" else schemas.value:
        part = schemas.step(name) if schemas is not None else document.root
        if isinstance(part.value, dict) and ("$id" in part.value or "$anchor" in part.value):
            _target(document, part)


class _Builder:
    """The rule of one route."""

    def __init__(
        self, document: Document, compiler: Compiler, options: BodyOptions, route: Route
    ) -> None:
        self.document, self.compiler, self.options, self.route = document, compiler, options, route

    def build(self, body: RequestBody) -> BodyRule | BodyChoice | None:
        """The rule for the one media type, or a choice; None for a body that may be anything."""
        media = body.media()
        listed = self.route.accept
        if listed is not None:
            media = {str(name).lower(): media.get(str(name).lower(), []) for name in listed}
        first = next((parts for name, parts in body.media().items() if _may_be_json(name)), [])
        rules: dict[str, BodyRule | None] = {}
        for name, parts in media.items():
            json = _may_be_json(name) or (listed is not None and not parts)
            rules[name] = self._rule(name, parts or first, body.own) if json else None
        if body.own is not None and not any(rules.values()):
            hint = 'none of its media types is JSON; accept = ["application/json"] says otherwise'
            raise PolicyError("is never looked at", key=f"{self.route.where}.body", hint=hint)
        if not rules:
            return None
        only = next(iter(rules.values())) if len(rules) == 1 else None
        if only is not None and only.media.listed:
            return only
        return BodyChoice(rules, optional=self.route.body_optional, max_bytes=self.route.max_bytes)

    def _rule(self, name: str, parts: list[Part], own: Any) -> BodyRule:
        schema = own if own is not None else self._schema(parts)
        return BodyRule(
            schema,
            options=self.options,
            max_bytes=self.route.max_bytes,
            accept=() if "*" in name else (name,),
            optional=self.route.body_optional,
            folder=self.document.folder,
            where=self.route.where,
        )

    def _schema(self, parts: list[Part]) -> Schema:
        """The schema of these entries, of which a body has to fit one."""
        library = self.document.library
        found = [part for part in (each.get("schema") for each in parts) if part is not None]
        if not found or len(found) < len(parts):
            target, where = library.add(library.new_base(), True, DEFAULT.draft), ""
        elif len(found) > 1:
            any_of = {"anyOf": [{"$ref": part.reference} for part in found]}
            target, where = library.add(library.new_base(), any_of, DEFAULT.draft), found[0].where
        else:
            target, where = _target(self.document, found[0]), found[0].where
        try:
            return Schema.at(target, where, self.compiler)
        except PolicyError as error:
            if "#" not in error.key:  # it has no place of its own
                error.key = "/".join(filter(None, (where, error.key)))
            raise


def _may_be_json(name: str) -> bool:
    return is_json(name) or name in _WITH_JSON


def _target(document: Document, part: Part) -> Target:
    fragment = part.reference.partition("#")[2]
    try:
        return document.library.find(part.uri, f"#{fragment}", document.dialect.draft)
    except PolicyError as error:
        raise part.wrong(error.reason, error.hint) from None
