"""The operations of a document as the routes of a policy.

Each operation is one route. A `[[routes]]` with the same method and the same path (whatever
its variables are called, and whatever they take) overrides it key by key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import PolicyError
from ..errors import nearest as nearest_of
from ..rules import AccessRule
from ..rules.pattern import parse_match
from .bodies import RequestBody
from .document import Document, Part
from .security import Security
from .templates import Shape, Template, path_parameters, prefixes, shape

__all__ = ["Operation", "documented", "operations"]

#: The fields of a path item that are operations (OpenAPI 3.1.0 section 4.8.9).
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_OTHERS = ("$ref", "summary", "description", "servers", "parameters")

#: Methods whose bodies have a meaning; that of a DELETE is checked where it is described.
_WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(eq=False)
class Operation:
    """One operation. `paths` are those that it is reached at, one for each server."""

    part: Part
    method: str
    template: Template
    paths: list[str]

    @property
    def name(self) -> str:
        """The `operationId`; empty if it has none."""
        name = self.part.text("operationId")
        if not name.isprintable():
            raise self.part.step("operationId").wrong("has control characters")
        return name

    @property
    def body(self) -> RequestBody | None:
        """What it says of its body, if that is to be checked."""
        found = self.part.get("requestBody")
        if found is None or self.method not in _WITH_BODY:
            return None
        body = RequestBody(found.followed().of(dict))
        return body if body.media() else None

    def columns(self) -> dict[str, Any]:
        """What it says as `[[routes]]` would, but for `match` and `allow`."""
        body = self.body
        said: dict[str, Any] = {"name": self.name, "origin": self.part.where}
        if body is not None:
            said |= {"body": body, "body_optional": body.optional}
        return said


def operations(
    document: Document, *, base: Iterable[str] | None = None, mounts: Iterable[str] = ("",)
) -> list[Operation]:
    """All operations. `base` are prefixes in place of those of the servers; `mounts` are where
    the app is mounted, which it does not see. Raises `PolicyError`."""
    paths = document.root.get("paths", dict)
    starts = None if base is None else list(base)
    found = [
        operation
        for name, item in (() if paths is None else paths.members())
        for operation in _of_item(name, item, starts, tuple(mounts))
    ]
    if not found:
        raise document.root.wrong("has no operations", "its schemas alone need no [api] openapi")
    return found


def _of_item(
    name: str, item: Part, base: list[str] | None, mounts: tuple[str, ...]
) -> Iterator[Operation]:
    fields = _fields(item)
    parts = {key: fields[key].of(dict) for key in METHODS if key in fields}
    shared, servers = (_list(fields.get(key)) for key in ("parameters", "servers"))
    template = Template(name, item, path_parameters(shared, parts.values()))
    for key, part in parts.items():
        starts = base
        if starts is None:
            root = item.document.root.get("servers", list)
            served = prefixes(part.get("servers", list), servers, root)
            starts = _mounted(served, mounts, part)
        joined = [start.rstrip("/") + template.path for start in starts]
        yield Operation(part, key.upper(), template, joined)


def _fields(item: Part) -> dict[str, Part]:
    """The fields of a path item, with those of the one that it refers to."""
    found = dict(item.members())
    if "$ref" in found:
        for name, part in item.followed().members():
            if name in found and name in METHODS:
                raise found[name].wrong("stands here and where $ref leads", "leave one of them out")
            found.setdefault(name, part)
    for name, part in found.items():
        if name not in METHODS and name not in _OTHERS:
            raise part.wrong(f"{name!r} is no method of a path", nearest_of(name, METHODS))
    return found


def _list(part: Part | None) -> Part | None:
    return None if part is None else part.of(list)


def _mounted(served: list[str], mounts: tuple[str, ...], part: Part) -> list[str]:
    """The paths of servers as the app sees them: without where it is mounted."""
    inside = [
        path[len(mount) :] if path else ""
        for path in served
        for mount in mounts
        if not path or f"{path}/".startswith(f"{mount}/")
    ]
    if not inside:
        hint = 'say where the app sees it: [api] openapi_base = ""'
        raise part.wrong("its servers lie outside [api] mount", hint)
    return list(dict.fromkeys(inside))


def documented(
    found: list[Operation],
    tables: Iterable[Mapping[str, Any]],
    security: Security,
    *,
    nearest: bool = False,
) -> list[dict[str, Any]]:
    """The columns of all routes: those of `[[routes]]`, then what they leave of the document.

    `tables` are those of `[[routes]]`, with `where`. With `nearest`, a template that cannot be
    expressed is taken for the nearest that can. Raises `PolicyError`.
    """
    known = _by_shape(found)
    done: set[Operation] = set()
    columns: list[dict[str, Any]] = []
    for table in tables:
        rest = []
        for method, path in _matches(table):
            match = f"{method} {path}"
            meant = _meant(known, method, path)
            done.update(meant)
            if meant:
                columns.append(_over(meant[0], table, match, security))
            else:
                rest.append(match)
        if rest:
            columns.append({**table, "match": rest})
    left = [operation for operation in found if operation not in done]
    for operation in left:
        template = operation.template
        if template.problem is not None and (template.never or not nearest):
            raise template.problem
    return columns + [_alone(operation, security) for operation in left]


def _by_shape(found: Iterable[Operation]) -> dict[tuple[str, Shape], list[Operation]]:
    """The operations by method and shape of the path; those come first that can be written."""
    known: dict[tuple[str, Shape], list[Operation]] = {}
    for operation in sorted(found, key=lambda each: each.template.problem is not None):
        for path in operation.paths:
            known.setdefault((operation.method, shape(path)), []).append(operation)
    return known


def _matches(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Method and path of each match of a table."""
    matches = table["match"]
    for match in [matches] if isinstance(matches, str) else matches:
        try:
            pattern = parse_match(match)
        except PolicyError as error:
            raise error.at(key=table["where"]) from None
        for method in pattern.methods:
            yield method, pattern.text


def _meant(
    known: Mapping[tuple[str, Shape], list[Operation]], method: str, path: str
) -> list[Operation]:
    """The operations that a match overrides; those whose variables take the same, if any do."""
    segments, slash = shape(path)
    either = (known.get((method, (segments, each)), []) for each in (slash, not slash))
    meant = next(filter(None, either), [])
    plain = _nameless(path)
    return [each for each in meant if plain in map(_nameless, each.paths)] or meant


def _nameless(path: str) -> str:
    return re.sub(r"\{\w+", "{", path).rstrip("/")


def _over(
    operation: Operation, table: Mapping[str, Any], match: str, security: Security
) -> dict[str, Any]:
    """An operation, overridden key by key."""
    said = operation.columns()
    if "body" in table and "body" in said:
        said["body"] = replace(said["body"], own=table["body"])
        table = {key: value for key, value in table.items() if key != "body"}
    said = {**said, **table, "match": match}
    if "allow" not in table:
        said["allow"] = _allow(operation, match, security)
    return said


def _alone(operation: Operation, security: Security) -> dict[str, Any]:
    """An operation as it is documented."""
    match = [f"{operation.method} {path}" for path in operation.paths]
    said = {**operation.columns(), "match": match, "where": operation.part.where}
    return said | {"allow": _allow(operation, match[0], security)}


def _allow(operation: Operation, match: str, security: Security) -> list[str]:
    """The principals, checked here, so that an error names their place in the document."""
    allow = security.allow(operation.part)
    own = operation.part.get("x-allow")
    if own is None:
        return allow
    for theirs, ours in operation.template.variables.items():
        allow = [text.replace(f"{{{theirs}}}", f"{{{ours}}}") for text in allow]
    variables = parse_match(match).variables
    try:
        AccessRule.compile(allow, variables=variables, schemes=security.schemes)
    except PolicyError as error:
        raise own.wrong(error.reason, error.hint) from None
    return allow
