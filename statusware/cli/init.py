"""`statusware init`: a first policy, made of the app's own routes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from ..errors import PolicyError
from ..integrations.routes import routes_of
from ..policy.draft import Draft, draft
from ..policy.schema import policy_schema
from ..serve import load
from .draft_text import READERS, check_command, render
from .options import in_format, policy_option
from .output import show, to_json

__all__ = ["init"]


@click.command(epilog="Example: statusware init shop:app --schema statusware.schema.json")
@click.argument("app", required=False)
@policy_option("Where to write it; - is stdout.", "statusware.toml")
@click.option(
    "--reads",
    type=click.Choice(list(READERS)),
    default="authenticated",
    show_default=True,
    help="Who may read. Whatever changes state is for nobody yet.",
)
@click.option(
    "--schema",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write the JSON Schema of policies there, too, for editors.",
)
@click.option("--force", is_flag=True, help="Write over files that are there.")
@in_format
def init(
    app: str | None, policy: str, reads: str, schema: str | None, force: bool, form: str
) -> int:
    """Writes a first policy, from the routes of APP.

    Ready to be edited: what changes state is denied, and reading is for those who are known.
    Without APP ("module:name") it is a skeleton with comments. Exit status 0, or 2 if nothing
    was written.
    """
    drafted = None if app is None else _drafted(app)
    beside = "" if schema is None else _relative(schema, policy)
    text = render(drafted, app=app or "", policy=policy, schema=beside, reads=reads)
    files = {} if policy == "-" else {policy: text}
    if schema is not None:
        files[schema] = to_json(policy_schema())
    _write(files, force=force)
    if policy == "-" and form == "text":
        return show("init", form, 0, {}, [text.removesuffix("\n")])
    members = _members(drafted, policy, schema, reads)
    if policy == "-":
        members["text"] = text
    return show("init", form, 0, members, _told(drafted, app, policy, schema, reads))


def _drafted(app: str) -> Draft:
    routes = routes_of(load(app))
    if routes is None:
        hint = "it needs a Flask, Pyramid, Django, Falcon or Bottle app"
        raise PolicyError("its routes cannot be read", key="app", hint=hint)
    return draft(routes)


def _relative(schema: str, policy: str) -> str:
    """Where the schema lies, as seen from the policy: a relative reference (RFC 3986)."""
    folder = Path(policy).parent if policy != "-" else Path()
    path = Path(os.path.relpath(schema, folder)).as_posix()
    return quote(path if path.startswith("../") else f"./{path}", safe="/.-_~+@=,")


def _write(files: dict[str, str], *, force: bool) -> None:
    """Write all of them, or, where one is there already, none."""
    with ExitStack() as stack:
        opened = []
        made: list[str] = []
        for name, text in files.items():
            try:
                # "x" asks and makes in one step: nobody's file is lost in between.
                file = open(name, "w" if force else "x", encoding="utf-8", newline="\n")  # noqa: SIM115
            except FileExistsError:
                _remove(made)
                raise PolicyError(
                    "is there already", file=name, hint="--force writes over it"
                ) from None
            except OSError as error:
                _remove(made)
                raise PolicyError(f"cannot be written: {error.strerror}", file=name) from None
            made += [] if force else [name]
            opened.append((stack.enter_context(file), text))
        for file, text in opened:
            file.write(text)


def _remove(names: list[str]) -> None:
    for name in names:
        Path(name).unlink()


def _members(drafted: Draft | None, policy: str, schema: str | None, reads: str) -> dict[str, Any]:
    rules = [] if drafted is None else [rule for rule in drafted.rules if not rule.refused]
    return {
        "policy": policy,
        "schema": schema,
        "routes": [
            {
                "match": rule.match,
                "for": reads if rule.reads else "nobody",
                "views": rule.views,
                "notes": rule.notes,
            }
            for rule in rules
        ],
    }


def _told(
    drafted: Draft | None, app: str | None, policy: str, schema: str | None, reads: str
) -> Iterator[str]:
    if schema is not None:
        yield f"{schema}: the JSON Schema of policies"
    if drafted is None:
        yield f"{policy}: a skeleton; with an app, as in shop:app, it has its routes"
        return
    rules = [rule for rule in drafted.rules if not rule.refused]
    reading = sum(rule.reads for rule in rules)
    yield (
        f"{policy}: {len(rules)} routes, {reading} to read, for {reads}, "
        f"{len(rules) - reading} for nobody yet"
    )
    if noted := sum(bool(rule.notes) for rule in rules):
        yield f"{noted} of them take in more than the app's own route; each says why"
    if left := len(drafted.rules) - len(rules):
        yield f"{left} of the app's have no rule: no request gets to them; each says why"
    yield f"next: edit it, set JWT_SECRET, then: {check_command(app or '', policy)}"
