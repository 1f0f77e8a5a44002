"""What the shell completes besides commands, options and files. Nothing here ever fails.

A policy is only read here, as TOML: whatever is in it, nothing is imported.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import click

from ..catalog import CODES
from ..regular import read_regular
from ..request import METHODS
from .samples import sample

__all__ = ["codes", "key_labels", "methods", "paths"]


def codes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The codes of errors; those of a policy's own among them."""
    own = _read(ctx.params.get("policy")).get("problems")
    known = {*CODES, *(own if isinstance(own, Mapping) else ())}
    return sorted(code for code in known if code.startswith(incomplete))


def methods(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The methods that are known everywhere."""
    return [name for name in METHODS if name.startswith(incomplete.upper())]


def paths(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The paths of the policy's routes, with samples for their variables.

    Those that the METHOD in front of them is listed for, if there are any.
    """
    method = str(ctx.params.get("method") or "").upper()
    listed = list(_matches(_read(ctx.params.get("policy") or "statusware.toml")))
    fitting = [path for names, path in listed if {method, "*"} & {*names}]
    found = fitting or [path for _, path in listed]
    return sorted({path for path in map(sample, found) if path.startswith(incomplete)})


def key_labels(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The labels of the keys in the file."""
    keys = _read(ctx.params.get("path") or "keys.toml").get("keys")
    rows = [row for row in keys if isinstance(row, Mapping)] if isinstance(keys, list) else []
    labels = {str(row.get("label") or row.get("subject") or "") for row in rows}
    return sorted(label for label in labels if label and label.startswith(incomplete))


def _matches(document: Mapping[str, Any]) -> Iterator[tuple[list[str], str]]:
    """Methods and path of every match in a document that is hardly a policy yet."""
    routes = document.get("routes")
    for route in routes if isinstance(routes, list) else ():
        match = route.get("match") if isinstance(route, Mapping) else None
        for text in match if isinstance(match, list) else [match]:
            if found := re.fullmatch(r"(\S+)\s+(/\S*)\s*", str(text)):
                yield found[1].split(","), found[2]


def _read(file: Any) -> dict[str, Any]:
    """What stands in a TOML file; nothing, where it cannot be read."""
    try:
        return tomllib.loads(read_regular(file).decode())
    except (OSError, ValueError, TypeError, RecursionError):
        return {}
