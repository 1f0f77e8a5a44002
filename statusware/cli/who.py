"""`statusware who`: which principals may send a request."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from ..errors import PolicyError
from ..policy import Policy
from ..policy.explain import Who
from ..policy.explain import who as who_may
from ..problem import Problem
from .options import in_format, with_policy
from .request import environ_of

__all__ = ["who"]


@click.command(epilog="Example: statusware who DELETE /recipes/5")
@click.argument("method")
@click.argument("path")
@with_policy
@in_format
def who(method: str, path: str, policy: str, form: str) -> int:
    """Says who may send a request, and by which rule.

    Exit status 0, or 1 where no route lists the request.
    """
    try:
        found = who_may(Policy.load(policy), environ_of(method, path))
    except Problem as problem:
        raise PolicyError(str(problem), key=f"{method} {path}") from None
    click.echo(json.dumps(asdict(found), indent=2) if form == "json" else "\n".join(_text(found)))
    return 0 if found.route is not None else 1


def _text(found: Who) -> list[str]:
    if found.route is None:
        return [found.note]
    lines = [f'route "{found.route}", {found.place}']
    lines += [f"  may:     {clause}" for clause in found.allow]
    lines += [f"  may not: {clause}" for clause in found.deny]
    return [*lines, *([f"  {found.note}"] if found.note else [])]
