"""A schema made ready: for each type of value the tests that it has to pass.

`ok` answers yes or no as fast as Python can; `explain` gives the violations of a value in
document order, no more than are asked for. Both come from the same checks.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from enum import IntEnum
from typing import Any

from .fusion import TYPES, Bounds, Ok, Visit, combined
from .violation import Found, Place, in_order

__all__ = ["ANYTHING", "Check", "Explain", "Node", "Reach"]

#: The violations of a value that stands at a place; at most about as many as the visit asks for.
Explain = Callable[[Any, Place, Visit], Found]

#: Those that have others inside.
_CONTAINERS = frozenset({dict, list})


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

    def explain_for(self, kind: type) -> Explain:
        """`explain` for values of the type `kind`, of which `ok_for` has something to test."""
        return self.explain

    def evaluated(self, value: Any, visit: Visit) -> Iterable[str | int]:
        """Names or indices of `value`, of one of `types`, that it has looked at."""
        return ()

    def leaf(self) -> bool:
        """Whether it only asks schemas, to which no container is ever ok, about the value."""
        return False

    def flat(self) -> bool:
        """Whether no schema in it can look into containers inside of the value."""
        return True

    def in_place(self) -> Iterable[Node]:
        """Schemas that it applies to the very same value."""
        return ()


class Node:
    """One schema. Made empty, since schemas refer to each other, then filled by `finish`."""

    __slots__ = ("_explain", "checks", "flat", "last", "leaf", "location", "ok", "quick")

    def __init__(self, location: str) -> None:
        self.location = location
        self.checks: list[Check] = []
        self.last: list[Check] = []
        #: `explain` for each type that has been explained.
        self._explain: dict[type, Explain] = {}
        self.ok: Ok = self._later
        #: Whether no container is ever ok, and whether it looks into none inside of one.
        self.leaf = self.flat = False
        #: Makes what is asked instead of `ok` before a value is explained, if there is such.
        self.quick: Callable[[], Ok | None] | None = None

    def finish(self, checks: list[Check], last: list[Check]) -> None:
        """Take the checks; those of `last` speak only where all others are content."""
        self.checks, self.last = checks, last
        everything = checks + last if last else checks
        kinds: Iterable[type] = TYPES
        for check in everything:
            if check.only is not None:
                kinds = [kind for kind in kinds if kind in check.only]
        leaf = _CONTAINERS.isdisjoint(kinds)
        self.leaf = leaf or (bool(checks) and all(check.leaf() for check in everything))
        self.flat = self.leaf or all(check.flat() for check in everything)
        self.ok = combined({kind: _tests(kind, everything) for kind in kinds})

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """The violations of `value`, in document order."""
        return self.explain_for(type(value))(value, at, visit)

    def explain_for(self, kind: type) -> Explain:
        """`explain` for values of the type `kind`; one call less for each level of a value."""
        return self._explain.get(kind) or self._made_for(kind)

    def skip(self) -> Ok:
        """A test whether a value is ok, so that it need not be explained.

        It says no of containers that may have others inside: they would be asked about again
        at each level.
        """
        if not self.flat:
            return _of_scalars(self.ok)
        return (self.quick and self.quick()) or self.ok

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

    def _made_for(self, kind: type) -> Explain:
        """`explain` for values of one type: by those checks first whose violations come first,
        one check after the other, then by those that have to be put in order.
        """
        checks = [check for check in self.checks if check.ok_for(kind) is not None]
        mixed = any(check.reach is Reach.ANY for check in checks)
        border = Reach.HERE if mixed else Reach.MISSING
        first = sorted((c for c in checks if c.reach <= border), key=lambda check: check.reach)
        others = [check for check in checks if check.reach > border]
        last = [check for check in self.last if check.ok_for(kind) is not None]
        several = [check.explain_for(kind) for check in first]
        if others:
            several.append(_ordered([check.explain_for(kind) for check in others]))
        made = _in_turn(several)
        if last:
            made = _or_else(made, _in_turn([check.explain_for(kind) for check in last]))
        self._explain[kind] = made
        return made

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


def _of_scalars(ok: Ok) -> Ok:
    """`ok`, which is asked about scalars only."""
    return lambda value, visit: type(value) not in _CONTAINERS and ok(value, visit)


def _in_turn(several: list[Explain]) -> Explain:
    """What all say, one after the other."""
    made = several[0] if several else _nothing
    for each in several[1:]:
        made = _both(made, each)
    return made


def _nothing(value: Any, at: Place, visit: Visit) -> Found:
    return ()


def _both(first: Explain, second: Explain) -> Explain:
    return lambda value, at, visit: [*first(value, at, visit), *second(value, at, visit)]


def _ordered(several: list[Explain]) -> Explain:
    """What all say, in document order."""
    if len(several) == 1:
        return several[0]
    return lambda value, at, visit: in_order(
        [each(value, at, visit) for each in several], visit.limit
    )


def _or_else(first: Explain, then: Explain) -> Explain:
    """What one says, or if that is nothing the other."""
    return lambda value, at, visit: first(value, at, visit) or then(value, at, visit)


#: The schema `true`.
ANYTHING = Node("")
ANYTHING.finish([], [])
