"""`statusware who`: which principals may send a request."""

from __future__ import annotations

from dataclasses import asdict

import click

from ..errors import PolicyError
from ..policy import Policy
from ..policy.explain import Who
from ..policy.explain import who as who_may
from ..problem import Problem
from . import complete
from .options import in_format, with_policy
from .output import show
from .request import environ_of

__all__ = ["who"]


@click.command(epilog="Example: statusware who DELETE /recipes/5")
@click.argument("method", shell_complete=complete.methods)
@click.argument("path", shell_complete=complete.paths)
@with_policy
@in_format
def who(method: str, path: str, policy: str, form: str) -> int:
    """Says who may send a request, and by which rule.

    Exit status 0, 1 where no route lists the request, or 2 if nothing can be said.
    """
    loaded = Policy.load(policy, inspect=True)
    try:
        found = who_may(loaded, environ_of(method, path, loaded.table.line.mount))
    except Problem as problem:
        raise PolicyError(str(problem), key=f"{method} {path}") from None
    return show("who", form, int(found.route is None), asdict(found), _text(found))


def _text(found: Who) -> list[str]:
    if found.route is None:
        return [found.note]
    lines = [f'route "{found.route}", {found.place}']
    lines += [f"  may:     {clause}" for clause in found.allow]
    lines += [f"  may not: {clause}" for clause in found.deny]
    return [*lines, *([f"  {found.note}"] if found.note else [])]
