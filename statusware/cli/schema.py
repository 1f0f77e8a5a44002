"""`statusware schema`: the JSON Schema of the policy file, for editors."""

from __future__ import annotations

import click

from ..policy.schema import policy_schema
from .output import print_json

__all__ = ["schema"]


@click.command(epilog="Example: statusware schema > statusware.schema.json")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json"]),
    default="json",
    show_default=True,
    help="A schema is JSON: this one, without anything around it.",
)
def schema(form: str) -> int:
    """Prints the JSON Schema of the policy file.

    Editors complete and check a policy by it: with taplo (VS Code: Even Better TOML), where
    its first line is "#:schema ./statusware.schema.json". Exit status 0.
    """
    print_json(policy_schema())
    return 0
