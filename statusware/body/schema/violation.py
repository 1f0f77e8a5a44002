"""One violation of a schema: where, which keyword, and what the keyword wants."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

__all__ = ["MAX_POINTER", "Found", "Place", "Violation", "in_order", "step"]

#: The way from the body to a value in it: for each step its number among the members
#: or items there (which gives document order) and its name or index.
Place = tuple[tuple[int, str | int], ...]

#: Characters of a pointer. A name longer than that is not sent back: the pointer then
#: ends at the object that has it.
MAX_POINTER = 512


class Violation(NamedTuple):
    """`code` is the keyword that is broken, `limit` what it demands (from the schema)."""

    place: Place
    code: str
    limit: Any = None

    @property
    def pointer(self) -> str:
        """RFC 6901, as a string."""
        pointer = ""
        for _, token in self.place:
            escaped = str(token).replace("~", "~0").replace("/", "~1")
            if len(pointer) + len(escaped) >= MAX_POINTER:
                break
            pointer = f"{pointer}/{escaped}"
        return pointer

    @property
    def order(self) -> tuple[int, ...]:
        """Sorts violations as the document has them: outer before inner, then left to right."""
        return tuple(number for number, _ in self.place)


def step(at: Place, number: int, token: str | int) -> Place:
    """The place one step further; `number` is -1 for a member that is missing."""
    return (*at, (number, token))


#: Violations in document order.
Found = Sequence[Violation]

_ORDER = attrgetter("order")


def in_order(several: list[Found], limit: int) -> Found:
    """The first `limit` violations of several lists, together in document order.

    What two schemas say of the same place in the same words is told once.
    """
    several = [found for found in several if found]
    if len(several) < 2:
        return several[0] if several else ()
    together = sorted(chain.from_iterable(several), key=_ORDER)
    told: set[tuple[Place, str]] = set()
    found = [v for v in together if v.limit is not None or _is_new((v.place, v.code), told)]
    return found[:limit]


def _is_new(key: tuple[Place, str], told: set[tuple[Place, str]]) -> bool:
    if key in told:
        return False
    told.add(key)
    return True
