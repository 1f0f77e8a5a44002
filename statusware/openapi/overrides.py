"""What a policy says about documented operations: `[[routes]]` over the document, key by key.

A table of the policy means an operation where method and path are the same, whatever the
variables are called; what it leaves out stays as it is documented.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..errors import PolicyError
from ..rules import AccessRule
from ..rules.pattern import parse_match
from .routes import Operation
from .security import Security
from .templates import Shape, shape

__all__ = ["documented"]


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
    done: set[tuple[Operation, str]] = set()
    columns: list[dict[str, Any]] = []
    for table in tables:
        rest = []
        for method, path in _matches(table):
            match = f"{method} {path}"
            meant = _meant(known, method, path)
            done.update((each, at) for each in meant for at in _at(each, path))
            if meant:
                columns.append(_over(meant[0], table, match, security))
                continue
            _check_start(found, method, path, table["where"])
            rest.append(match)
        if rest:
            columns.append({**table, "match": rest})
    for operation in found:
        # An operation at two servers, overridden at one of them, stays as it is at the other.
        left = [path for path in operation.paths if (operation, path) not in done]
        template = operation.template
        if left and template.problem is not None and (template.never or not nearest):
            raise template.problem
        if left:
            columns.append(_alone(operation, left, security))
    return columns


def _at(operation: Operation, path: str) -> list[str]:
    """The paths of an operation that a match is meant for."""
    wanted = shape(path)[0]
    return [each for each in operation.paths if shape(each)[0] == wanted]


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


def _check_start(found: Iterable[Operation], method: str, path: str, where: str) -> None:
    """Refuse a match that forgets where the document is served: it would override nothing."""
    wanted = shape(path.rstrip("/"))
    for operation in found:
        if operation.method == method and shape(operation.template.path.rstrip("/")) == wanted:
            reason = f'"{method} {path}" is documented, but served elsewhere'
            hint = f'write "{method} {operation.paths[0]}"'
            raise PolicyError(reason, key=f"{where}.match", hint=hint)


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
    said = {**said, **table, "match": _inherited(operation, match)}
    if "allow" not in table:
        said["allow"] = _allow(operation, match, security)
    return said


def _inherited(operation: Operation, match: str) -> str:
    """A match with the converters of the operation, where it has none of its own."""
    method, _, path = match.partition(" ")
    served = next(iter(_at(operation, path)), path)
    pairs = zip(path.split("/"), [*served.rstrip("/").split("/"), ""], strict=False)
    return f"{method} {'/'.join(map(_converted, pairs))}"


def _converted(pair: tuple[str, str]) -> str:
    ours, theirs = pair
    plain = re.fullmatch(r"\{\w+\}", ours)
    found = re.fullmatch(r"\{\w+(:\w+)\}", theirs)
    return f"{ours[:-1]}{found[1]}}}" if plain and found else ours


def _alone(operation: Operation, paths: list[str], security: Security) -> dict[str, Any]:
    """An operation as it is documented, at these paths."""
    match = [f"{operation.method} {path}" for path in paths]
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
