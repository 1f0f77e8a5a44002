"""`statusware serve`: an app behind its policy, in gunicorn where that is installed."""

from __future__ import annotations

import importlib.util
import os
import re

import click
from werkzeug.serving import run_simple

from ..logs.console import speak_json
from ..logs.table import DEVELOPMENT
from ..policy import Policy
from ..serve import app as load_app
from .options import in_format, with_policy
from .server import gunicorn

__all__ = ["serve"]


@click.command(epilog="Example: statusware serve shop.wsgi:app --policy statusware.toml")
@click.argument("app", envvar="STATUSWARE_APP")
@with_policy
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="0 takes a free one.",
)
@click.option(
    "--workers", default=2, show_default=True, type=click.IntRange(1), help="Processes of gunicorn."
)
@in_format
def serve(app: str, policy: str, host: str, port: int, workers: int, form: str) -> None:
    """Serves an app behind its policy until Ctrl-C.

    APP is "module:name", "module:factory()" or "shop.ini"; what is not given is that of the
    variables STATUSWARE_APP and STATUSWARE_POLICY. In gunicorn where that is installed, which
    then takes the place of this process; else in Werkzeug's server, which is for development
    only. The log goes to stderr; as JSON, each record is a line. Exit status 2 if the policy
    is wrong, else that of gunicorn, which is 4 for an app that cannot be loaded.
    """
    if not re.fullmatch(r"[\w.]+:.+|.+\.ini(#.*)?", app):
        raise click.UsageError('APP is "module:name", as in shop.wsgi:app')
    Policy.load(policy)  # so that a wrong policy is told here, not by each worker
    if importlib.util.find_spec("gunicorn") is not None:
        bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        command = gunicorn(app, policy, bind=bind, workers=workers, json=form == "json")
        os.execv(command[0], command)
    if form == "json":
        speak_json()
    DEVELOPMENT.tell()
    run_simple(host, port, load_app(app, policy), threaded=True)
