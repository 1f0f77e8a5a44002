"""`statusware schema`: the JSON Schema of the policy file, for editors."""

from __future__ import annotations

import sys

import click

from ..policy.schema import policy_schema
from .output import document

__all__ = ["schema"]


@click.command(epilog="Example: statusware schema > statusware.schema.json")
def schema() -> int:
    """Prints the JSON Schema of the policy file.

    Editors complete and check a policy by it: with taplo (VS Code: Even Better TOML), where
    its first line is "#:schema ./statusware.schema.json". Exit status 0.
    """
    sys.stdout.write(document(policy_schema()))
    return 0
