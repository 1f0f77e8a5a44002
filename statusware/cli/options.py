"""Options that several commands share, so that they look and read alike."""

from __future__ import annotations

import click

__all__ = ["in_format", "with_policy"]

with_policy = click.option(
    "--policy", default="statusware.toml", show_default=True, help="The policy file."
)

in_format = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)
