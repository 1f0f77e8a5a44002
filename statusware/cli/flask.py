"""`flask statusware`: our commands in Flask's own command line, about the app that it loads.

An entry point of the group `flask.commands`, so that it is there, and says in one line what
is wrong, even where the app does not start because of its policy.
"""

from __future__ import annotations

import importlib.util
import os

import click
from flask import Flask
from flask.cli import ScriptInfo, pass_script_info

from ..errors import PolicyError
from .options import in_format, policy_option

__all__ = ["commands"]


@click.group("statusware")
def commands() -> None:
    """The HTTP status contract of the app."""


@commands.command("check", epilog="Example: flask --app shop statusware check")
@policy_option("The policy file. Default: the one that the app is behind.")
@in_format
@pass_script_info
@click.pass_context
def check_app(context: click.Context, info: ScriptInfo, policy: str | None, form: str) -> None:
    """Reads the policy of the app as a server would at its start, and says what it found.

    The routes of the app are compared with those of the policy. Exit status 0 if all is
    well, 1 if there are findings of the level "error", and 2, with one line that names file,
    key and reason, if no server would start with the policy.
    """
    # Here, as Flask loads this module for every command of its own: none of them may fail
    # because the extra `cli` is not installed.
    if importlib.util.find_spec("rich") is None:
        click.echo('statusware: this needs rich: pip install "statusware[cli]"', err=True)
        context.exit(2)
    from .check import checked
    from .output import print_json, refusal

    try:
        app = info.load_app()
        context.exit(checked(policy or _policy(app), app, form))
    except PolicyError as error:
        click.echo(f"statusware: {error}", err=True)
        if form == "json":
            print_json(refusal("check", 2, error))
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
