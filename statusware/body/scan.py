"""One pass of the scanner of the standard library, written in C, and what it came by.

Its hooks are not told where they are, so that they count: `nth` finds the place, where it is
needed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NoReturn

from .expected import INFINITY, LEAST, MOST

__all__ = ["Scan", "scan"]

#: All digits are alike, and so are both ways to begin an exponent.
_CLASSES = bytes.maketrans(b"123456789E", b"000000000e")

#: Without one of these no number is beyond a double; without the last, no integer beyond 64 bits.
_LARGE, _WIDE, _LONG = b"e000", b"0" * 200, b"0" * 19


@dataclass(slots=True)
class Scan:
    """What was come by in a text. Numbers and objects are counted from 0, objects as they end."""

    value: Any = None
    #: Where the scanner stopped, at the fault or before it; None at the end.
    stop: int | None = None
    #: Whether it stopped at NaN or Infinity; whether the stack was too small for it.
    at_constant: bool = False
    exhausted: bool = False
    #: Names of the first object that has one of them twice, and how many objects end before it.
    names: list[str] | None = None
    ended: int = 0
    floats: list[float] = field(default_factory=list)
    integers: list[str] = field(default_factory=list)

    def strict(self) -> bool:
        """Whether nothing speaks against the value, lone surrogates aside."""
        return (
            self.stop is None
            and not (self.at_constant or self.exhausted)
            and self.names is None
            and self.infinite() is None
            and self.too_large() is None
        )

    def infinite(self) -> int | None:
        """The first float that is beyond a double."""
        found = [self.floats.index(n) for n in (INFINITY, -INFINITY) if n in self.floats]
        return min(found, default=None)

    def too_large(self) -> int | None:
        """The first integer beyond 64 bits."""
        for n, digits in enumerate(self.integers):
            if len(digits) > 20 or (len(digits) > 18 and not LEAST <= int(digits) <= MOST):
                return n
        return None


class _Constant(ValueError):
    """NaN, or Infinity."""


def scan(text: str, body: bytes, *, keep: bool) -> Scan:
    """Scan a `text`, JSON or not; `body` is the same in UTF-8, or more of it.

    Its value, which may be a hundred times as large, is made only to `keep` it.
    """
    classes = body.translate(_CLASSES, b"+")
    found = Scan()
    keep_float, keep_integer = found.floats.append, found.integers.append
    ended = 0

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any] | None:
        nonlocal ended
        ended += 1
        if len(pairs) < 2:
            return dict(pairs) if keep else None
        made = dict(pairs)
        if len(made) != len(pairs) and found.names is None:
            found.ended, found.names = ended - 1, [name for name, _ in pairs]
        return made if keep else None

    def real(digits: str) -> float:
        value = float(digits)
        keep_float(value)
        return value

    def integer(digits: str) -> int:
        keep_integer(digits)
        # int() takes quadratic time, or raises, on thousands of digits.
        return int(digits) if len(digits) <= 20 else 0

    decoder = json.JSONDecoder(
        object_pairs_hook=members,
        parse_float=real if _LARGE in classes or _WIDE in classes else None,
        parse_int=integer if _LONG in classes else None,
        parse_constant=_constant,
    )
    try:
        found.value = decoder.decode(text)
    except json.JSONDecodeError as error:
        found.stop = error.pos
    except _Constant:
        found.at_constant = True
    except RecursionError:
        found.exhausted = True
    return found


def _constant(name: str) -> NoReturn:
    raise _Constant(name)
