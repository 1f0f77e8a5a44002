"""What is expected of a JSON text, and how a fault is told of.

Apart from what finds one, whose expressions take long to compile.
"""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = [
    "INFINITY",
    "INTEGER",
    "LEAST",
    "MOST",
    "NAME",
    "NUMBER",
    "SURROGATE",
    "UNCLOSED",
    "VALUE",
    "Fault",
]

#: I-JSON section 2.2 warns of integers that not everyone can hold; these fit 64 bits.
LEAST, MOST = -(2**63), 2**64 - 1

INFINITY = math.inf

VALUE = "a value before the end"
NAME = "a name in double quotes"
INTEGER = "an integer from -2^63 to 2^64-1"
NUMBER = "a number that a double can hold"
UNCLOSED = "the closing quotation mark of a string"
SURROGATE = "a surrogate pair (one alone is no character)"


class Fault(NamedTuple):
    """The character (counted from 0) and what should have stood there."""

    at: int
    expected: str
