"""Where the n-th bracket or number of a JSON text ends, strings gone past.

Of what the scanner of the standard library has read, it tells how many there were, not where.
"""

from __future__ import annotations

import re

__all__ = ["BRACKET", "FLOAT", "INTEGER", "MANY", "OBJECT_END", "STRING", "Nth"]

#: How many are gone past in one step.
MANY = 512

STRING = r'"(?:[^"\\]++|\\.)*+"'
_FLOAT = r"-?[0-9]++(?:\.[0-9]++(?:[eE][+-]?[0-9]++)?|[eE][+-]?[0-9]++)"
_INTEGER = r"-?[0-9]++(?![0-9.eE])"


class Nth:
    """Finds the n-th of what `wanted` matches; `between` matches what else may stand there."""

    def __init__(self, wanted: str, *between: str) -> None:
        one = rf"(?:{'|'.join(between)}|{STRING})*+{wanted}"
        self._one = re.compile(one, re.DOTALL)
        self._many = re.compile(f"(?:{one}){{{MANY}}}+", re.DOTALL)

    def end(self, text: str, n: int) -> int | None:
        """Where the `n`-th, counted from 1, ends; None if there are not so many."""
        at = 0
        for pattern, times in ((self._many, n // MANY), (self._one, n % MANY)):
            for _ in range(times):
                match = pattern.match(text, at)
                if match is None:
                    return None
                at = match.end()
        return at


BRACKET = Nth(r"[\[\]{}]", r'[^"\[\]{}]++')
OBJECT_END = Nth("}", '[^"}]++')
FLOAT = Nth(_FLOAT, r'[^"\-0-9]++', _INTEGER)
INTEGER = Nth(_INTEGER, r'[^"\-0-9]++', _FLOAT)
