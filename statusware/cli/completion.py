"""`statusware completion`: the script that teaches a shell our commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from .options import in_format
from .output import show

__all__ = ["completion"]

#: Set by the script when the shell asks; click answers in the place of the command.
VARIABLE = "_STATUSWARE_COMPLETE"


@click.command(epilog='Example: eval "$(statusware completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@in_format
@click.pass_context
def completion(context: click.Context, shell: str, form: str) -> int:
    """Prints what makes SHELL complete our commands.

    Commands, options, files, codes, and the routes of the policy. For every session, put it
    into ~/.bashrc or ~/.zshrc; for fish, write it to
    ~/.config/fish/completions/statusware.fish. Exit status 0, or 2 for another shell.
    """
    known = get_completion_class(shell)
    if known is None:  # click has had all three from 8.0 on
        raise click.UsageError(f"{shell} is not supported")
    script = known(context.find_root().command, {}, "statusware", VARIABLE).source()
    if form == "json":
        return show("completion", form, 0, {"shell": shell, "script": script}, ())
    click.echo(script)
    return 0
