"""`JSONBody`: the layer that owns 400, 411, 413 and 415 of bodies.

It reads a body once, within limits and strictly, validates it, and hands the very same
bytes on. A schema applies to POST, PUT, PATCH and to a DELETE that its route lists alone;
`max_bytes` without a schema to every method. What has neither passes untouched, unread.

environ keys read: `statusware.route`, `wsgi.input`, `wsgi.input_terminated`,
`CONTENT_LENGTH`, `CONTENT_TYPE`, `HTTP_CONTENT_ENCODING`, `HTTP_TRANSFER_ENCODING`. environ
keys set where a schema applies: `statusware.json`, `statusware.parsed`, `wsgi.input`,
`wsgi.input_terminated`, `CONTENT_LENGTH`; `HTTP_TRANSFER_ENCODING` is removed.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..body import BodyChoice, BodyLimit, BodyOptions, BodyRule
from ..body.choice import is_json
from ..body.media import MediaTypes
from ..errors import PolicyError, nearest
from ..rules import Match, Route, RouteTable
from .guard import Check, Guard

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

    from ..body.schema import Schema

__all__ = ["JSONBody", "body_options", "body_rules"]

#: The methods whose bodies have a meaning of their own (RFC 9110 section 9.3).
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})

Rule = BodyRule | BodyLimit | BodyChoice


class JSONBody(Guard):
    """Checks the bodies of an app (RFC 8259, RFC 7493, JSON Schema).

    - `schemas`: a mapping of matches to schemas: a table, a boolean, or the path of a file, with
      an optional JSON pointer after `#`; `{}` takes any strict JSON. Or a `RouteTable`.
    - `folder`: where the paths of schemas start (by default the working directory).
    - `options`: those of the table `[body]`: `max_bytes` (a number, or text as in "64KiB"),
      `max_depth` (levels), `max_errors`, `invalid` (400 or 422), `formats`, `patterns`,
      `inflate`.

    Raises `PolicyError` for a wrong option or schema. environ keys set where a schema applies:
    `statusware.json`, `wsgi.input`, `wsgi.input_terminated`, `CONTENT_LENGTH`; removed:
    `HTTP_TRANSFER_ENCODING`, and `HTTP_CONTENT_ENCODING` of a body that was inflated; read: these,
    `CONTENT_TYPE`, and `statusware.route` (set where no layer outside of this one has).

        app = JSONBody(app, {"POST /recipes": {"type": "object", "required": ["name"]}})
    """

    log = logging.getLogger("statusware.body")

    def __init__(
        self,
        app: WSGIApplication,
        schemas: Mapping[str, object] | RouteTable,
        *,
        folder: str | os.PathLike[str] = ".",
        **options: Any,
    ) -> None:
        super().__init__(app)
        if not isinstance(schemas, RouteTable):
            schemas = RouteTable(_routes(schemas), unlisted="pass")
        self.table: RouteTable = schemas
        rules = _rules(schemas.routes, body_options(options), Path(folder))
        self._rules = [
            dict.fromkeys(methods_of(route, rules[route], schemas.line.methods), rules[route])
            if route in rules
            else {}
            for route in schemas.routes
        ]

    def check(self, environ: WSGIEnvironment) -> None:
        """Raise the Problem of a bad body; else leave it read and parsed in the environ."""
        match = self.table.select(environ)
        self._apply(match, environ)
        if match.override is not None:
            self._apply(match.override, environ)

    def prepare(self, route: Route, method: str) -> Check | None:
        """The rule of a route for this method, if there is one."""
        rule = self._rules[route.index].get(method)
        return None if rule is None else rule.check

    def _apply(self, match: Match, environ: WSGIEnvironment) -> None:
        if match.route is not None:
            rule = self._rules[match.route.index].get(match.method)
            if rule is not None:
                rule.check(environ)


def body_rules(
    routes: Iterable[Route], *, folder: str | os.PathLike[str] = ".", **options: Any
) -> dict[Route, Rule]:
    """The compiled rule of each route of a policy that has one; `options` are its `[body]`.

    A PolicyError names the place in the policy.
    """
    try:
        shared = body_options(options)
    except PolicyError as error:
        raise error.at(key="body") from None
    return _rules(routes, shared, Path(folder))


def _routes(schemas: Mapping[str, object]) -> Iterable[Route]:
    if not isinstance(schemas, Mapping):
        hint = 'as in {"POST /recipes": schema}'
        raise PolicyError("must map matches to schemas", key="schemas", hint=hint)
    for match, schema in schemas.items():
        if schema is None:
            raise PolicyError("None is no schema", key=repr(match), hint="{} takes any strict JSON")
        yield Route(match, body=schema, where=repr(match))


def body_options(options: Mapping[str, Any]) -> BodyOptions:
    """The table `[body]`, checked. Raises `PolicyError`."""
    known = [name for name in BodyOptions.__dataclass_fields__ if name != "limit"]
    for name in options:
        if name not in known:
            raise PolicyError("is unknown", key=name, hint=nearest(name, known))
    return BodyOptions(**options)


def _rules(routes: Iterable[Route], options: BodyOptions, folder: Path) -> dict[Route, Rule]:
    made: dict[str | int, Schema] = {}
    rules = ((route, _rule(route, options, folder, made)) for route in routes)
    return {route: rule for route, rule in rules if rule is not None}


def _rule(
    route: Route, options: BodyOptions, folder: Path, made: dict[str | int, Schema]
) -> Rule | None:
    if isinstance(route.body, Rule):
        return route.body
    try:
        _check_use(route)
        if route.body is None:
            return _unread(route)
    except PolicyError as error:
        raise error.at(key=route.where) from None
    return BodyRule(
        route.body,
        options=options,
        max_bytes=route.max_bytes,
        accept=route.accept or (),
        optional=route.body_optional,
        folder=folder,
        made=made,
        where=route.where,
    )


def _unread(route: Route) -> BodyChoice | BodyLimit | None:
    """The rule of a route without a schema: of the body no more is looked at than type and size."""
    if not route.accept:
        return BodyLimit(route.max_bytes) if route.max_bytes is not None else None
    types = dict.fromkeys(MediaTypes(route.accept).listed)
    choice = BodyChoice(types, optional=route.body_optional, max_bytes=route.max_bytes)
    if any(map(is_json, types)):
        hint = "body = {} takes any JSON"
        raise PolicyError("JSON is not taken without a body", key="accept", hint=hint)
    return choice


def _check_use(route: Route) -> None:
    """No option may stand where it could never do anything."""
    if route.body is None and not route.accept:
        if route.body_optional:
            hint = "body = {} takes any JSON"
            raise PolicyError("says nothing without a body", key="body_optional", hint=hint)
    elif not schema_methods(route):
        key = "accept" if route.body is None else "body"
        hint = "it applies to POST, PUT, PATCH, and to a DELETE listed alone"
        raise PolicyError("no method of this route takes a body", key=key, hint=hint)


def methods_of(route: Route, rule: Rule, known: Iterable[str]) -> frozenset[str]:
    """The methods that a rule of this route applies to; `known` is what `*` stands for."""
    if isinstance(rule, BodyRule | BodyChoice):
        return schema_methods(route)
    # A limit costs nothing where there is no body, and HEAD follows GET.
    return frozenset(known) if route.methods & {"*", "GET"} else route.methods


def schema_methods(route: Route) -> frozenset[str]:
    """The methods of a route that a schema applies to."""
    listed = route.methods
    if listed == {"DELETE"}:
        return listed
    return WITH_BODY if "*" in listed else WITH_BODY & listed
