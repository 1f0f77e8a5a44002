"""`statusware report`: what a policy on trial would have refused, summed up by route."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import IO, Any, NamedTuple

import click

from ..layers.report import MARK
from .options import in_format
from .output import Line, columns, show

__all__ = ["report"]

#: The mark inside of a string of JSON.
_QUOTED = json.dumps(MARK)[1:-1]


class Row(NamedTuple):
    """One line of the sum."""

    times: int
    layer: str
    status: int
    code: str
    what: str


@click.command(epilog="Example: statusware report gunicorn.log")
@click.argument("log", type=click.File("r", encoding="utf-8", errors="replace"))
@in_format
def report(log: IO[str], form: str) -> int:
    """Sums up what a policy on trial would have refused.

    Reads the records of `[api] report` in LOG (- is stdin), and shows the most frequent
    first. Whatever else stands in the log is passed over. Exit status 0 if nothing would
    have been refused, 1 if something would, 2 if the log cannot be read.
    """
    rows, lines = _rows(log)
    members = {"refused": [row._asdict() for row in rows], "total": sum(r.times for r in rows)}
    return show("report", form, int(bool(rows)), members, _text(rows, lines))


def _text(rows: list[Row], lines: int) -> Iterable[str | Line]:
    if not rows:  # or it is another log: hence the number
        told = f"none of {lines} lines is a record of [api] report" if lines else "the log is empty"
        yield f"nothing would have been refused: {told}", "green"
        return
    width = len(str(rows[0].times))
    yield from columns([
        (f"{row.times:{width}}", f"{row.status} {row.code:23}", f"{row.what}  ({row.layer})")
        for row in rows
    ])  # fmt: skip
    yield f"{sum(row.times for row in rows)} refused", "bold"


def _rows(log: Iterable[str]) -> tuple[list[Row], int]:
    """The rows, and how many lines were read."""
    counted: Counter[tuple[str, int, str, str]] = Counter()
    lines = 0
    for lines, line in enumerate(log, 1):  # noqa: B007
        if (record := _record(line)) is not None:
            counted[record] += 1
    rows = (Row(n, *found) for found, n in counted.items())
    return sorted(rows, key=lambda r: (-r.times, r[1:])), lines


def _record(line: str) -> tuple[str, int, str, str] | None:
    """Layer, status, code, and name of the route or request line of a record; else None."""
    try:
        if MARK not in line and _QUOTED in line:  # a log whose lines are JSON themselves
            line = str(json.loads(line[line.index("{") :])["message"])
        start = line.find(MARK)
        if start < 0:
            return None
        record: dict[str, Any] = json.JSONDecoder().raw_decode(line[start:])[0]
        # Without a name, `route` is one: so it was written once.
        named = record.get("name") or record["route"]
        what = named or f"{record['method']} {record['path']}"
        shown = ascii(what)[1:-1] if not str(what).isprintable() else str(what)
        return str(record["report"]), int(record["status"]), str(record["code"]), shown
    except (ValueError, KeyError, TypeError):
        return None
