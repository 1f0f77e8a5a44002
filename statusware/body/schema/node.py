"""A schema made ready: for each type of value the tests that it has to pass.

`ok` answers yes or no as fast as Python can; `explain` gives the violations of a value in
document order, no more than are asked for. Both come from the same checks.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from enum import IntEnum
from typing import Any

from .fusion import TYPES, Bounds, Ok, Visit, combined
from .violation import Found, Place, Violation, in_order

__all__ = ["CONTAINERS", "Check", "Node", "Reach"]


#: Those that have others inside.
CONTAINERS = frozenset({dict, list})


class Reach(IntEnum):
    """Where the violations of a check may lie; in this order they come in the document."""

    #: At the value itself.
    HERE = 0
    #: At members that are missing.
    MISSING = 1
    #: At members or items.
    INSIDE = 2
    #: At any of these.
    ANY = 3


class Check:
    """One keyword of one schema (or a few that belong together), made ready."""

    #: The types that it speaks of.
    types: tuple[type, ...] = TYPES
    #: If others are never right, the types that may be.
    only: Container[type] | None = None
    #: Where it only compares: what it measures, the least and the most.
    bounds: Bounds | None = None
    #: Where its violations may lie.
    reach = Reach.ANY

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether `value`, of one of `types`, is as the keyword wants it."""
        raise NotImplementedError

    def ok_for(self, kind: type) -> Ok | None:
        """`ok` for values of the type `kind`; None where there is nothing to test."""
        return self.ok if kind in self.types else None

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """What is wrong with `value`, found at `at`; nothing if it is ok.

        It may stop at the limit of the visit.
        """
        raise NotImplementedError

    def evaluated(self, value: Any, visit: Visit) -> Iterable[str | int]:
        """Names or indices of `value`, of one of `types`, that it has looked at."""
        return ()

    def flat(self) -> bool:
        """Whether no schema in it can look into containers inside of the value."""
        return True

    def in_place(self) -> Iterable[Node]:
        """Schemas that it applies to the very same value."""
        return ()


class Node:
    """One schema. Made empty, since schemas refer to each other, then filled by `finish`."""

    __slots__ = ("_tables", "checks", "flat", "last", "leaf", "location", "ok")

    def __init__(self, location: str) -> None:
        self.location = location
        self.checks: list[Check] = []
        self.last: list[Check] = []
        #: For each type that has been explained the checks that speak of it.
        self._tables: dict[type, tuple[list[Check], list[Check], list[Check]]] = {}
        self.ok: Ok = self._later
        #: Whether no container is ever ok, and whether it looks into none inside of one: then
        #: asking before explaining costs little, else it would be done again at each level.
        self.leaf = self.flat = False

    def finish(self, checks: list[Check], last: list[Check]) -> None:
        """Take the checks; those of `last` speak only where all others are content."""
        self.checks, self.last = checks, last
        everything = checks + last if last else checks
        kinds: Iterable[type] = TYPES
        for check in everything:
            if check.only is not None:
                kinds = [kind for kind in kinds if kind in check.only]
        self.leaf = CONTAINERS.isdisjoint(kinds)
        self.flat = self.leaf or all(check.flat() for check in everything)
        self.ok = combined({kind: _tests(kind, everything) for kind in kinds})

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """The violations of `value`, in document order."""
        kind = type(value)
        first, others, last = self._tables.get(kind) or self._table(kind)
        found: list[Violation] = []
        for check in first:
            found += check.explain(value, at, visit)
        if len(others) == 1:
            found += others[0].explain(value, at, visit)
        elif others:
            several = [check.explain(value, at, visit) for check in others]
            found += in_order(several, visit.limit)
        for check in last if not found else ():
            found += check.explain(value, at, visit)
        return found

    def evaluated(self, value: Any, visit: Visit) -> Iterator[str | int]:
        """Names or indices that any of its keywords has looked at."""
        yield from self.seen(value, visit)
        for check in self.last:
            if type(value) in check.types:
                yield from check.evaluated(value, visit)

    def seen(self, value: Any, visit: Visit) -> set[str | int]:
        """The same without the `unevaluated…` keywords."""
        checks = (check for check in self.checks if type(value) in check.types)
        return {each for check in checks for each in check.evaluated(value, visit)}

    def _table(self, kind: type) -> tuple[list[Check], list[Check], list[Check]]:
        """The checks of values of one type: those whose violations come first, one check
        after the other, those to be put in order, and the last ones.
        """
        checks = [check for check in self.checks if check.ok_for(kind) is not None]
        mixed = any(check.reach is Reach.ANY for check in checks)
        border = Reach.HERE if mixed else Reach.MISSING
        first = sorted((c for c in checks if c.reach <= border), key=lambda check: check.reach)
        others = [check for check in checks if check.reach > border]
        last = [check for check in self.last if check.ok_for(kind) is not None]
        self._tables[kind] = first, others, last
        return first, others, last

    def _later(self, value: Any, visit: Visit) -> bool:
        """`ok` for whoever refers to this node before it is finished."""
        return self.ok(value, visit)


def _tests(kind: type, checks: list[Check]) -> tuple[list[Ok], list[Bounds]]:
    """The tests for values of one type, and the bounds that they have to be within."""
    tests: list[Ok] = []
    bounds: list[Bounds] = []
    for check in checks:
        if kind not in check.types:
            continue
        if check.bounds is not None:
            bounds.append(check.bounds)
        elif (test := check.ok_for(kind)) is not None:
            tests.append(test)
    return tests, bounds
