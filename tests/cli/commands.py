"""Every command there is; one is imported when it is asked for, so ask."""

from __future__ import annotations

from collections.abc import Iterator

import click

from statusware.cli.group import commands

__all__ = ["of", "walk"]


def of(group: click.Command) -> Iterator[tuple[str, click.Command]]:
    """The commands of a group, by name; none of what is no group."""
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            found = group.get_command(context, name)
            assert found is not None
            yield name, found


def walk(
    command: click.Command = commands, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """A command and all below it, with the words that lead there."""
    yield path, command
    for name, each in of(command):
        yield from walk(each, (*path, name))
