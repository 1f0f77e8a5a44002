"""A document of its own, made from a policy: every route is an operation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..rules.pattern import Pattern, Variable
from .answers import possible
from .contract import Contract, Listed
from .operations import METHODS, Operations, template

__all__ = ["VERSIONS", "written"]

#: What `openapi:` says.
VERSIONS = {"3.0": "3.0.3", "3.1": "3.1.0"}


@dataclass
class _Path:
    """One path item: its template, the names of its variables, what is listed, by method."""

    template: str
    names: list[str]
    methods: dict[str, list[Listed]] = field(default_factory=dict)


def written(
    contract: Contract,
    listed: Iterable[Listed] | None = None,
    *,
    title: str = "API",
    api_version: str = "0",
    version: str = "3.1",
    hidden: bool = False,
    every: bool = False,
    rules: bool = False,
) -> tuple[dict[str, Any], list[str]]:
    """The document, and in words what it could not say.

    The operations are those of `listed`, by default all that the policy lists. `title` and
    `api_version` are those of the API, `version` is that of OpenAPI. `hidden` routes are left
    out unless asked for: to others they do not exist. With `every`, each code of the table
    has a response, used or not; with `rules`, operations carry `x-allow`.
    """
    notes: list[str] = []
    shown = list(contract.listed() if listed is None else listed)
    if not hidden and (left := {each.route for each in shown if each.route.hide}):
        notes.append(f"hidden routes, left out: {len(left)}")
        shown = [each for each in shown if not each.route.hide]
    operations = Operations(contract, version)
    document: dict[str, Any] = {
        "openapi": VERSIONS[version],
        "info": {"title": title, "version": api_version},
    }
    if contract.servers:
        document["servers"] = [{"url": url} for url in contract.servers]
    document["paths"] = _paths(operations, shown, notes, rules=rules)
    more = operations.components.every() if every else []
    if components := operations.finished([document, more]):
        document["components"] = components
    return document, notes


def _paths(
    operations: Operations, listed: Iterable[Listed], notes: list[str], *, rules: bool
) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    ids: set[str] = set()
    for path in _grouped(listed):
        item = paths.setdefault(path.template, {})
        for method, found in path.methods.items():
            if method.lower() not in METHODS:
                notes.append(f"no place in a document: {method} {path.template}")
                continue
            made = _operation(operations, path, method, found, ids)
            if rules and (allow := _allow(found)) is not None:
                made["x-allow"] = allow
            item[method.lower()] = made
        if not item:
            del paths[path.template]
    return paths


def _operation(
    operations: Operations, path: _Path, method: str, found: list[Listed], ids: set[str]
) -> dict[str, Any]:
    name = _identifier(method, path.template, ids)
    made: dict[str, Any] = {"operationId": name}
    if summary := _summary(found):
        made["summary"] = summary
    if parameters := operations.parameters(path.names, found):
        made["parameters"] = parameters
    body = operations.request_body(found, name[:1].upper() + name[1:])
    if body is not None:
        made["requestBody"] = body
    security = operations.security(found)
    if security is not None:
        made["security"] = security
    answers = possible(operations.contract, found)
    success = {"2XX": {"description": "What the app answers."}}
    made["responses"] = success | operations.responses(answers)
    return made


def _grouped(listed: Iterable[Listed]) -> list[_Path]:
    """Path items: templates that differ in the names of variables alone are one."""
    paths: dict[tuple[object, ...], _Path] = {}
    for each in listed:
        text, names = template(each.pattern)
        path = paths.setdefault(_structure(each.pattern), _Path(text, names))
        path.methods.setdefault(each.method, []).append(each)
    return list(paths.values())


def _structure(pattern: Pattern) -> tuple[object, ...]:
    segments = (None if isinstance(s, Variable) else s for s in pattern.segments)
    return pattern.slash, *segments


def _summary(found: Iterable[Listed]) -> str:
    """The names that routes were given; those made of their match say nothing new."""
    names = {each.route.name: None for each in found if " /" not in each.route.name}
    return " or ".join(names)


def _allow(found: list[Listed]) -> Any:
    """The `allow` of the one route that is listed there."""
    return found[0].route.allow if len(found) == 1 else None


def _identifier(method: str, text: str, ids: set[str]) -> str:
    """A name for the operation that no other one of this document has."""
    words = re.findall(r"[A-Za-z0-9]+", text)
    name = wanted = method.lower() + "".join(word[:1].upper() + word[1:] for word in words)
    number = 1
    while name in ids:
        number += 1
        name = f"{wanted}{number}"
    ids.add(name)
    return name
