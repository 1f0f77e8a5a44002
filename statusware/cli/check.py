"""`statusware check`: is the policy valid, and what does it say?"""

from __future__ import annotations

from collections.abc import Iterable

import click

from ..policy import Policy
from ..rules.routes import Route

__all__ = ["check"]


@click.command(epilog="Example: statusware check --policy statusware.toml")
@click.option("--policy", default="statusware.toml", show_default=True, help="The policy file.")
def check(policy: str) -> None:
    """Reads the policy as a server would at its start, and says what it found.

    Exit status 0 if a server would start with it, else 2 and one line that names file, key
    and reason.
    """
    found = Policy.load(policy)
    rows = [row for route in found.routes for row in _rows(route)]
    width = max((len(match) for match, _ in rows), default=0)
    for match, rule in rows:
        click.echo(f"{match:{width}}  {rule}")
    if found.schemes:
        click.echo(f"schemes: {', '.join(found.schemes)}")
    click.echo("ok")


def _rows(route: Route) -> Iterable[tuple[str, str]]:
    """Each match of a route, with who may do it and what its body has to be."""
    rule = _rule(route)
    for match in [route.match] if isinstance(route.match, str) else route.match:
        yield match, rule


def _rule(route: Route) -> str:
    words = [" or ".join(_list(route.allow)) or "authenticated"]
    if denied := _list(route.deny):
        words.append(f"never {' or '.join(denied)}")
    if route.body is not None:
        words.append("body checked")
    if route.hide:
        words.append("hidden")
    return ", ".join(words)


def _list(principals: str | Iterable[str] | None) -> list[str]:
    if principals is None:
        return []
    return [principals] if isinstance(principals, str) else list(principals)
