"""`statusware problems`: every code, what it means and how a client mends it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click

from ..catalog import CODES
from ..layers.catalogue import entry_members
from ..page import index_page
from ..policy import Policy

__all__ = ["problems"]


@click.command(epilog="Example: statusware problems --format md > docs/problems.md")
@click.option("--policy", help="A policy file, for the codes of the app's own.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "json", "html"]),
    default="md",
    show_default=True,
    help="Markdown, JSON, or a page.",
)
def problems(policy: str | None, form: str) -> None:
    """Lists every code that an error can carry, by status."""
    codes = {**CODES, **(Policy.load(policy).problems if policy else {})}
    entries = sorted(codes.values(), key=lambda entry: (entry.status, entry.code))
    rows = [entry_members(entry) for entry in entries]
    click.echo(_FORMS[form](rows), nl=False)


def _markdown(rows: Iterable[dict[str, Any]]) -> str:
    lines = ["| status | code | what it means | what to do |", "|---|---|---|---|"]
    for row in rows:
        cells = (str(row["status"]), f"`{row['code']}`", row["detail"], row["fix"])
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _json(rows: Iterable[dict[str, Any]]) -> str:
    told = [{name: value for name, value in row.items() if name != "type"} for row in rows]
    return json.dumps({"problems": told}, indent=2, ensure_ascii=False) + "\n"


def _html(rows: Iterable[dict[str, Any]]) -> str:
    return index_page([{**row, "type": f"#{row['code']}"} for row in rows]).decode()


_FORMS = {"md": _markdown, "json": _json, "html": _html}
