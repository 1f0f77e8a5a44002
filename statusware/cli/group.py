"""All commands together, and how what goes wrong in one is told: in one line."""

from __future__ import annotations

import sys

import click

from ..errors import PolicyError
from ..serve import import_from_here
from .check import check
from .demo import demo
from .explain import explain
from .keys import keys
from .lint import lint
from .openapi import openapi
from .problems import problems
from .report import report
from .serve import serve
from .token import token
from .who import who

__all__ = ["run"]

#: Commands whose names are settled, but which do not exist yet.
LATER = frozenset("init schema".split())


class Commands(click.Group):
    """A group that knows which of its commands are still to come."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in LATER:
            raise click.UsageError(f"{args[0]} is not supported yet")
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, epilog="Example: statusware check --policy statusware.toml")
@click.version_option(package_name="statusware")
def commands() -> None:
    """A correct HTTP status contract in front of any WSGI app."""


for command in (check, demo, explain, keys, lint, openapi, problems, report, serve, token, who):
    commands.add_command(command)


def run(args: list[str]) -> int:
    """Runs one command and returns its exit status; without arguments, shows the help.

    Modules of the app are found where the command is run, as gunicorn and flask do it.
    """
    import_from_here()
    try:
        status = commands.main(args or ["--help"], prog_name="statusware", standalone_mode=False)
    except click.ClickException as error:
        return _refuse(error.format_message(), error.exit_code)
    except PolicyError as error:
        return _refuse(str(error), 2)
    except click.Abort:
        return 130
    return int(status or 0)


def _refuse(reason: str, status: int) -> int:
    sys.stderr.write(f"statusware: {' '.join(reason.split())}\n")
    return status
