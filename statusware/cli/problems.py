"""`statusware problems`: every code, what it means and how a client mends it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from ..catalog import CODES
from ..errors import PolicyError, nearest
from ..layers.catalogue import entry_members
from ..page import index_page
from ..policy import Policy
from .complete import codes as complete_codes
from .options import policy_option
from .output import show

__all__ = ["problems"]


@click.command(epilog="Example: statusware problems --format md > docs/problems.md")
@click.argument("code", required=False, shell_complete=complete_codes)
@policy_option("A policy file, for the codes of the app's own.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "json", "html"]),
    default="md",
    show_default=True,
    help="Markdown, JSON, or a page.",
)
def problems(code: str | None, policy: str | None, form: str) -> int:
    """Lists every code that an error can carry, by status.

    With CODE that one alone. Exit status 0, or 2 if there is no such code.
    """
    codes = {**CODES, **(Policy.load(policy, inspect=True).problems if policy else {})}
    if code is not None:
        if code not in codes:
            raise PolicyError(f"{code!r} is unknown", key="CODE", hint=nearest(code, codes))
        codes = {code: codes[code]}
    entries = sorted(codes.values(), key=lambda entry: (entry.status, entry.code))
    rows = [entry_members(entry) for entry in entries]
    if form == "json":
        told = [{name: text for name, text in row.items() if name != "type"} for row in rows]
        return show("problems", form, 0, {"problems": told}, ())
    click.echo(_FORMS[form](rows), nl=False)
    return 0


def _markdown(rows: Iterable[dict[str, Any]]) -> str:
    lines = ["| status | code | what it means | what to do |", "|---|---|---|---|"]
    for row in rows:
        cells = (str(row["status"]), f"`{row['code']}`", row["detail"], row["fix"])
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _html(rows: Iterable[dict[str, Any]]) -> str:
    return index_page([{**row, "type": f"#{row['code']}"} for row in rows]).decode()


_FORMS = {"md": _markdown, "html": _html}
