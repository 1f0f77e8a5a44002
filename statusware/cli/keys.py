"""`statusware keys`: API keys, of which only digests are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ..auth.apikey import Entry
from ..auth.keyfile import add_key, load_file, revoke_key
from .complete import key_labels
from .duration import Seconds
from .options import in_format
from .output import columns, show

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
@in_format
def add(
    subject: str,
    label: str,
    roles: tuple[str, ...],
    scopes: tuple[str, ...],
    expires: int | None,
    path: Path,
    form: str,
) -> int:
    """Makes a key for the user SUBJECT.

    It is shown this once, and never again. Exit status 0, or 2 if there is none.
    """
    until = None
    if expires is not None:
        until = datetime.fromtimestamp(int(datetime.now(UTC).timestamp()) + expires, UTC)
    key = add_key(path, subject, label=label, roles=roles, scopes=scopes, expires=until)
    members = {"file": str(path), "label": label or subject, "key": key}
    if form == "text":
        click.echo(f"{path}: added {label or subject}. The key is shown only now:", err=True)
    return show("keys add", form, 0, members, [key])


@keys.command("list", epilog="Example: statusware keys list")
@_file
@in_format
def list_(path: Path, form: str) -> int:
    """Lists the keys: label, user, roles, scopes, and until when.

    Exit status 0, or 2 if the file cannot be read. A file that is not there has no keys.
    """
    entries = load_file(path)
    rows = [_row(entry) for entry in entries]
    if not rows and form == "text":
        click.echo(f"{path}: no keys", err=True)
    elif rows:
        rows.insert(0, ("LABEL", "USER", "ROLES", "SCOPES", "EXPIRES"))
    members = {"file": str(path), "keys": list(map(_members, entries))}
    return show("keys list", form, 0, members, columns(rows, ["bold", *[""] * len(entries)]))


@keys.command(epilog="Example: statusware keys revoke billing")
@click.argument("label", shell_complete=key_labels)
@_file
@in_format
def revoke(label: str, path: Path, form: str) -> int:
    """Removes the key that is called LABEL. Servers see it within a second or two.

    Exit status 0, or 2 if there is no such key.
    """
    revoke_key(path, label)
    if form == "text":
        click.echo(f"{path}: revoked {label}", err=True)
    return show("keys revoke", form, 0, {"file": str(path), "label": label}, [])


def _members(entry: Entry) -> dict[str, Any]:
    """What is told about a key to programs; never its digest."""
    expires = None
    if entry.expires != float("inf"):
        expires = datetime.fromtimestamp(entry.expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "label": entry.label,
        "user": entry.identity.user,
        "roles": sorted(entry.identity.roles),
        "scopes": sorted(entry.identity.scopes),
        "expires": expires,
    }


def _row(entry: Entry) -> tuple[str, ...]:
    identity = entry.identity
    if entry.expires == float("inf"):
        until = "never"
    else:
        when = datetime.fromtimestamp(entry.expires, UTC)
        until = f"{when:%Y-%m-%d %H:%M} UTC{'' if when > datetime.now(UTC) else ' (expired)'}"
    names = (" ".join(sorted(each)) or "-" for each in (identity.roles, identity.scopes))
    return (repr(entry.label)[1:-1], identity.user, *names, until)
