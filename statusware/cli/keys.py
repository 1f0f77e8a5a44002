"""`statusware keys`: API keys, of which only digests are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from ..auth.apikey import Entry
from ..auth.keyfile import add_key, load_file, revoke_key
from .duration import Seconds

__all__ = ["keys"]

_file = click.option(
    "--file",
    "path",
    default="keys.toml",
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file that [auth.api_key] names.",
)


@click.group(
    invoke_without_command=True,
    epilog="Example: statusware keys add billing --role biller --expires 90d",
)
@click.pass_context
def keys(context: click.Context) -> None:
    """Adds, lists and revokes API keys."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@keys.command(epilog="Example: statusware keys add billing --role biller --expires 90d")
@click.argument("subject")
@click.option("--label", default="", help="What the key is called here; by default SUBJECT.")
@click.option("--role", "roles", multiple=True, help="A role of the key. May be repeated.")
@click.option("--scope", "scopes", multiple=True, help="A scope of the key. May be repeated.")
@click.option("--expires", type=Seconds(), help="How long it is valid: 90d, 12h, 30m.")
@_file
def add(
    subject: str,
    label: str,
    roles: tuple[str, ...],
    scopes: tuple[str, ...],
    expires: int | None,
    path: Path,
) -> None:
    """Makes a key for the user SUBJECT, and shows it: this once, and never again."""
    until = None
    if expires is not None:
        until = datetime.fromtimestamp(int(datetime.now(UTC).timestamp()) + expires, UTC)
    key = add_key(path, subject, label=label, roles=roles, scopes=scopes, expires=until)
    click.echo(f"{path}: added {label or subject}. The key is shown only now:", err=True)
    click.echo(key)


@keys.command("list", epilog="Example: statusware keys list")
@_file
def list_(path: Path) -> None:
    """Lists the keys: label, user, roles, scopes, and until when."""
    rows = [_row(entry) for entry in load_file(path)]
    if not rows:
        click.echo(f"{path}: no keys", err=True)
        return
    rows.insert(0, ("LABEL", "USER", "ROLES", "SCOPES", "EXPIRES"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


@keys.command(epilog="Example: statusware keys revoke billing")
@click.argument("label")
@_file
def revoke(label: str, path: Path) -> None:
    """Removes the key that is called LABEL. Servers see it within a second or two."""
    revoke_key(path, label)
    click.echo(f"{path}: revoked {label}", err=True)


def _row(entry: Entry) -> tuple[str, ...]:
    identity = entry.identity
    if entry.expires == float("inf"):
        until = "never"
    else:
        when = datetime.fromtimestamp(entry.expires, UTC)
        until = f"{when:%Y-%m-%d %H:%M} UTC{'' if when > datetime.now(UTC) else ' (expired)'}"
    names = (" ".join(sorted(each)) or "-" for each in (identity.roles, identity.scopes))
    return (repr(entry.label)[1:-1], identity.user, *names, until)
