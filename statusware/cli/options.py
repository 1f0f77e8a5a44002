"""Options that several commands share, so that they look and read alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

__all__ = ["in_format", "policy_option", "with_policy"]

_Decorator = Callable[[Any], Any]


def policy_option(text: str, default: str | None = None) -> _Decorator:
    """The option `--policy`. Its variable of the environment is the one that servers read."""
    return click.option(
        "--policy",
        default=default,
        show_default=default is not None,
        envvar="STATUSWARE_POLICY" if default is not None else None,
        show_envvar=default is not None,
        type=click.Path(),
        metavar="FILE",
        help=text,
    )


with_policy = policy_option("The policy file.", "statusware.toml")

in_format = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)
