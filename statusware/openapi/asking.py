"""The operations of a document as requests that can be sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from .document import Document, Part
from .operations import METHODS
from .samples import example
from .templates import prefixes

__all__ = ["Asked", "asked"]


@dataclass(frozen=True)
class Asked:
    """One request: method, target (path and query), header fields, and the body, if any."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


def asked(document: Document, *, base: str | None = None) -> Iterator[Asked]:
    """A request for each operation, made of its examples, and of guesses where it has none.

    `base` is the path under which the document's paths lie; by default, what its servers say.
    Raises `PolicyError`.
    """
    paths = document.root.get("paths", dict)
    servers = document.root.get("servers", list)
    for text, part in paths.members() if paths is not None else ():
        item = part.followed().of(dict)
        for name in METHODS:
            operation = item.get(name, dict)
            if operation is not None:
                nearest = (operation.get("servers", list), item.get("servers", list), servers)
                start = next(iter(prefixes(*nearest)), "") if base is None else base
                path = f"{start.rstrip('/')}/{text.lstrip('/')}"
                yield _request(name.upper(), path, item, operation)


def _request(method: str, path: str, item: Part, operation: Part) -> Asked:
    parameters = _parameters(item, operation)
    query: list[tuple[str, str]] = []
    headers: dict[str, str] = {}
    for (place, name), parameter in parameters.items():
        if place == "path":
            value = _text(example(parameter, "x"))
            safe = "/" if parameter.flag("x-multi-segment") else ""
            path = path.replace(f"{{{name}}}", quote(value, safe=safe))
        elif parameter.flag("required"):
            value = _text(example(_described(parameter), "x"))
            if place == "query":
                query.append((name, value))
            elif place == "header" and value.isascii() and value.isprintable():
                headers[name] = value
    # Templates are written as they stand in a URL, or should be.
    path = quote(re.sub(r"\{[^{}]*\}", "x", path), safe="/%:@!$&'()*+,;=~")
    target = f"{path}?{urlencode(query)}" if query else path
    return Asked(method, target, *_body(operation, headers))


def _parameters(item: Part, operation: Part) -> dict[tuple[str, str], Part]:
    """By place and name; those of an operation override those of all (OpenAPI 3.1 4.8.9)."""
    found: dict[tuple[str, str], Part] = {}
    for listed in (item.get("parameters", list), operation.get("parameters", list)):
        for each in listed.items() if listed is not None else ():
            parameter = each.followed().of(dict)
            found[parameter.text("in"), parameter.text("name")] = parameter
    return found


def _described(parameter: Part) -> Part:
    """A parameter has a schema, or one media type that has."""
    content = parameter.get("content", dict)
    first = next(content.members(), None) if content is not None else None
    return parameter if first is None else first[1]


def _body(operation: Part, headers: dict[str, str]) -> tuple[dict[str, str], bytes | None]:
    """The body, if JSON will do, and the header fields with its type."""
    described = operation.get("requestBody")
    content = None if described is None else described.followed().get("content", dict)
    for name, media in content.members() if content is not None else ():
        kind = name.partition(";")[0].strip().lower()
        if kind == "application/json" or kind.endswith("+json"):
            value = example(media.of(dict), {})
            return {**headers, "Content-Type": kind}, json.dumps(value).encode()
    return headers, None


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return value if isinstance(value, str) else json.dumps(value)
