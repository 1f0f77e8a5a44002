"""A schema made ready: for each type of value the tests that it has to pass.

`ok` answers yes or no as fast as Python can; `explain` goes over a value that is not ok
and gives its violations in document order, lazily. Both come from the same checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from functools import reduce
from typing import Any

from .violation import Place, Violation, in_order

__all__ = ["TYPES", "Check", "Node", "Ok", "Reach", "Visit", "accept", "reject"]


class Visit:
    """What is known so far about one body.

    A reference that leads back into itself keeps its verdicts here, by schema and value:
    each pair is looked at once, so that the time is bounded by the product of both, however
    the schema branches. Values live as long as the visit, so that their id() is their name.
    """

    __slots__ = ("explained", "limit", "verdicts")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.verdicts: dict[tuple[int, int], bool] = {}
        self.explained: dict[tuple[int, int], list[Violation]] = {}


Ok = Callable[[Any, Visit], bool]

#: What the JSON parser makes; nothing else ever reaches a check.
TYPES: tuple[type, ...] = (dict, list, str, int, float, bool, type(None))


def accept(value: Any, visit: Visit) -> bool:
    """Every value is right."""
    return True


def reject(value: Any, visit: Visit) -> bool:
    """No value is right."""
    return False


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
    #: Where its violations may lie.
    reach = Reach.ANY

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether `value`, of one of `types`, is as the keyword wants it."""
        raise NotImplementedError

    def ok_for(self, kind: type) -> Ok | None:
        """`ok` for values of the type `kind`; None where there is nothing to test."""
        return self.ok if kind in self.types else None

    def explain(self, value: Any, at: Place, visit: Visit) -> Iterator[Violation]:
        """What is wrong with `value`, found at `at`; nothing if it is ok."""
        raise NotImplementedError

    def evaluated(self, value: Any, visit: Visit) -> Iterable[str | int]:
        """Names or indices of `value`, of one of `types`, that it has looked at."""
        return ()

    def in_place(self) -> Iterable[Node]:
        """Schemas that it applies to the very same value."""
        return ()


class Node:
    """One schema. Made empty, since schemas refer to each other, then filled by `finish`."""

    __slots__ = ("checks", "last", "location", "ok", "tables")

    def __init__(self, location: str) -> None:
        self.location = location
        self.checks: list[Check] = []
        self.last: list[Check] = []
        self.tables: dict[type, tuple[list[Check], list[Check]]] = {}
        self.ok: Ok = self._unready

    def finish(self, checks: list[Check], last: list[Check]) -> None:
        """Take the checks; those of `last` speak only where all others are content."""
        self.checks, self.last = checks, last
        everything = checks + last
        self.tables = {t: _by_reach([c for c in checks if c.ok_for(t)]) for t in TYPES}
        tests = {t: [f for c in everything if (f := c.ok_for(t)) is not None] for t in TYPES}
        self.ok = _combined({t: _without_doubt(fs) for t, fs in tests.items()})

    def explain(self, value: Any, at: Place, visit: Visit) -> Iterator[Violation]:
        """The violations of `value`, in document order."""
        found = False
        first, others = self.tables[type(value)]
        for check in first:
            for violation in check.explain(value, at, visit):
                found = True
                yield violation
        streams = [check.explain(value, at, visit) for check in others]
        for violation in in_order(streams) if streams else ():
            found = True
            yield violation
        for check in self.last if not found else ():
            if check.ok_for(type(value)) is not None:
                yield from check.explain(value, at, visit)

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

    def _unready(self, value: Any, visit: Visit) -> bool:
        raise AssertionError(f"{self.location} is used before it is finished")


def _by_reach(checks: list[Check]) -> tuple[list[Check], list[Check]]:
    """Those whose violations come first, one check after the other, and those to be merged."""
    mixed = any(check.reach is Reach.ANY for check in checks)
    last = Reach.HERE if mixed else Reach.MISSING
    first = sorted((c for c in checks if c.reach <= last), key=lambda check: check.reach)
    return first, [check for check in checks if check.reach > last]


def _without_doubt(tests: list[Ok]) -> list[Ok]:
    return [reject] if reject in tests else tests


def _combined(tests: dict[type, list[Ok]]) -> Ok:
    """One function of the tests for each type."""
    by_type = {kind: reduce(_both, each) if each else accept for kind, each in tests.items()}
    if len(set(by_type.values())) == 1:
        return by_type[dict]

    def ok(value: Any, visit: Visit) -> bool:
        return by_type[type(value)](value, visit)

    return ok


def _both(first: Ok, second: Ok) -> Ok:
    return lambda value, visit: first(value, visit) and second(value, visit)
