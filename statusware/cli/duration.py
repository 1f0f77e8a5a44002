"""Durations on the command line: `90d`, `12h`, `30m`, `45s`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    _Parameter = click.ParamType[int]
else:
    # Only newer versions of click can be subscripted at run time.
    _Parameter = click.ParamType

__all__ = ["Seconds"]

_UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}

#: A hundred years; beyond it dates end.
_MOST = 36_525 * 86_400


class Seconds(_Parameter):
    """A duration, as seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of seconds that `value` says."""
        found = re.fullmatch(r"([0-9]{1,9})([dhms])", str(value))
        seconds = int(found[1]) * _UNITS[found[2]] if found else 0
        if not 0 < seconds <= _MOST:
            self.fail(f"{value!r} is not a duration; write 90d, 12h, 30m or 45s", param, ctx)
        return seconds
