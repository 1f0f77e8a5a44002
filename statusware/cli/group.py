"""All commands together, and how what goes wrong in one is told: in one line."""

from __future__ import annotations

import errno
import importlib
import importlib.metadata
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import click
from click.shell_completion import CompletionItem

from ..errors import PolicyError, visible
from ..here import import_from_here
from .output import kept_for_json, print_json, refusal, wants_json

__all__ = ["run"]

#: Each command, an object of its name in the module of its name, and what the help of all says
#: of it. Those lines stand here, so that the help (and Tab) need not import every command.
COMMANDS = {
    "check": "Checks a policy, and whether it fits an app.",
    "completion": "Prints what makes SHELL complete our commands.",
    "demo": "Serves the example, and takes a tour of it over HTTP.",
    "explain": "Says what each layer decides about a request, and why.",
    "init": "Writes a first policy, from the routes of APP.",
    "keys": "Adds, lists and revokes API keys.",
    "lint": "Asks an app for each of its routes, and checks the answers.",
    "openapi": "Writes the errors of a policy as an OpenAPI document.",
    "problems": "Lists every code that an error can carry, by status.",
    "report": "Sums up what a policy on trial would have refused.",
    "schema": "Prints the JSON Schema of the policy file.",
    "serve": "Serves an app behind its policy until Ctrl-C.",
    "token": "Makes a token for USER that the policy accepts.",
    "who": "Says who may send a request, and by which rule.",
}

#: Commands whose names are settled, but which do not exist yet.
LATER: frozenset[str] = frozenset()

#: What a shell makes of a process that SIGINT or SIGPIPE has ended.
INTERRUPTED, CLOSED = 130, 141


#: Nothing more can be written.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Closed(Exception):
    """Nobody reads our output any more."""


class NotLoaded(click.Command):
    """Stands for a command that nobody has asked for yet."""


class Commands(click.Group):
    """A group that imports a command when it is asked for, and knows which are still to come."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        if isinstance(found, NotLoaded):
            module = importlib.import_module(f".{cmd_name}", __package__)
            found = self.commands[cmd_name] = getattr(module, cmd_name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The lines of all commands, whole; click's own would import each, and cut them off."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in LATER:
            raise click.UsageError(f"{args[0]} is not supported yet")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that begin so; click's own would import each for its line."""
        found = [
            CompletionItem(name, help=COMMANDS[name])
            for name in self.list_commands(ctx)
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    # As ever, but that click would make status 1 of a pipe that is closed.

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with _closed():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        import_from_here()
        with _closed():
            try:
                return super().invoke(ctx)
            except SystemExit as error:
                # An app without `if __name__ == "__main__"`, say: its status is not our verdict.
                reason = f"something has called sys.exit({error.code!r})"
                raise PolicyError(reason) from None


@contextmanager
def _closed() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise Closed from None


def _version() -> str:
    try:
        return importlib.metadata.version("statusware")
    except importlib.metadata.PackageNotFoundError:
        return "of a checkout that is not installed"


#: \b keeps click from filling the lines that follow.
_EPILOG = """\b
Exit status, of every command:
    0  done, and nothing is wrong
    1  the answer is no: something was found, refused or not as it should be
    2  it could not be done: the command, the policy or the app is wrong
  130  interrupted (Ctrl-C)
  141  whoever read the output has gone

\b
Example: statusware check --policy statusware.toml
"""


@click.group(cls=Commands, epilog=_EPILOG)
@click.version_option(_version())
def commands() -> None:
    """A correct HTTP status contract in front of any WSGI app."""


for name, line in COMMANDS.items():
    commands.add_command(NotLoaded(name, short_help=line))


def run(args: list[str]) -> int:
    """Runs one command and returns its exit status; without arguments, shows the help.

    Modules of the app are found where the command is run, as gunicorn and flask do it.
    With `--format json` what is wrong is an object on stdout as well as a line on stderr.
    """
    _speak_any_encoding()
    try:
        with kept_for_json() if wants_json(args) else nullcontext():
            status = _main(args or ["--help"])
        sys.stdout.flush()
    except (Closed, BrokenPipeError):
        _drop_output()
        return CLOSED
    except OSError as error:
        if error.errno not in FULL:
            raise
        _drop_output()
        sys.stderr.write(f"statusware: cannot be written: {error.strerror}\n")
        return 2
    return status


def _main(args: list[str]) -> int:
    try:
        status = commands.main(args, prog_name="statusware", standalone_mode=False)
    except click.ClickException as error:
        return _refuse(args, click.ClickException(error.format_message()), error.exit_code)
    except PolicyError as error:
        return _refuse(args, error, 2)
    except click.Abort:
        return INTERRUPTED
    return int(status or 0)


def _refuse(args: list[str], error: Exception, status: int) -> int:
    sys.stderr.write(f"statusware: {visible(' '.join(str(error).split()))}\n")
    if wants_json(args):
        print_json(refusal(_named(args), status, error))
    return status


def _named(args: list[str]) -> str:
    """The name of the command that was asked for; empty if there is none."""
    found: click.Command | None = commands
    names: list[str] = []
    for word in args[:2]:
        context = click.Context(commands)
        found = found.get_command(context, word) if isinstance(found, click.Group) else None
        if found is not None:
            names.append(word)
    return " ".join(names)


def _speak_any_encoding() -> None:
    """What the locale has no letters for is escaped, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Let the interpreter flush what is left of the output, on its way out, into nothing."""
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
    except (OSError, io.UnsupportedOperation):  # then there is nothing to be flushed
        return
