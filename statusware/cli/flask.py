"""`flask statusware`: our commands in Flask's own command line, about the app that it loads.

An entry point of the group `flask.commands`, so that it is there, and says in one line what
is wrong, even where the app does not start because of its policy.
"""

from __future__ import annotations

import os

import click
from flask import Flask
from flask.cli import ScriptInfo, pass_script_info

from ..errors import PolicyError
from .check import check

__all__ = ["commands"]


@click.group("statusware")
def commands() -> None:
    """The HTTP status contract of the app."""


@commands.command("check", epilog="Example: flask --app shop statusware check")
@click.option("--policy", help="The policy file. Default: the one that the app is behind.")
@pass_script_info
@click.pass_context
def check_app(context: click.Context, info: ScriptInfo, policy: str | None) -> None:
    """Reads the policy of the app as a server would at its start, and says what it found.

    Exit status 0 if a server would start with it, else 2 and one line that names file, key
    and reason.
    """
    try:
        context.invoke(check, policy=policy or _policy(info.load_app()))
    except PolicyError as error:
        click.echo(f"statusware: {error}", err=True)
        context.exit(2)


def _policy(app: Flask) -> str:
    """The file of the app's policy. Raises `PolicyError` where there is none."""
    if "statusware" in app.extensions:
        found = getattr(app.extensions["statusware"], "file", "")
    else:
        found = app.config.get("STATUSWARE_POLICY")
    if found and isinstance(found, str | os.PathLike):
        return os.fspath(found)
    hint = "--policy names another one"
    raise PolicyError("the app has no policy in a file", key="STATUSWARE_POLICY", hint=hint)
