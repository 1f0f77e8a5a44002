"""The operations of a document: where each is reached, and what it says of its body."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import nearest
from .bodies import RequestBody
from .document import Document, Part
from .templates import Template, path_parameters, prefixes

__all__ = ["Operation", "operations"]

#: The fields of a path item that are operations (OpenAPI 3.1.0 section 4.8.9).
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_OTHERS = ("$ref", "summary", "description", "servers", "parameters")

#: What an operation may say (section 4.8.10), and a document.
_OPERATION = (
    "tags", "summary", "description", "externalDocs", "operationId", "parameters", "requestBody",
    "responses", "callbacks", "deprecated", "security", "servers",
)  # fmt: skip
_DOCUMENT = (
    "openapi", "info", "jsonSchemaDialect", "servers", "paths", "webhooks", "components",
    "security", "tags", "externalDocs",
)  # fmt: skip

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
    paths = _plain(document.root).check_names(_DOCUMENT).get("paths", dict)
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
    operations = {key: fields[key] for key in METHODS if key in fields}
    parts = {key: part.check_names(_OPERATION) for key, part in operations.items()}
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
    found = dict(_plain(item).members())
    if "$ref" in found:
        for name, part in _plain(item.followed()).members():
            if name in found and name in METHODS:
                raise found[name].wrong("stands here and where $ref leads", "leave one of them out")
            found.setdefault(name, part)
    for name, part in found.items():
        if name not in METHODS and name not in _OTHERS:
            raise part.wrong(f"{name!r} is no method of a path", nearest(name, METHODS))
    return found


def _plain(part: Part) -> Part:
    """The same, without `x-allow`: it would seem to say who may."""
    if "x-allow" in part.of(dict).value:
        raise part.step("x-allow").wrong("says nothing here", "write it at each operation")
    return part


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
