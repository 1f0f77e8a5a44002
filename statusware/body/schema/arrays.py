"""Keywords that look into arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from .fusion import Ok, Visit
from .node import ANYTHING, Check, Explain, Node, Reach
from .violation import Found, Place, Violation, step

__all__ = ["Contains", "Items", "UnevaluatedItems"]


class _ArrayCheck(Check):
    types = (list,)
    reach = Reach.INSIDE


class Items(_ArrayCheck):
    """`prefixItems` and `items` (before 2020-12: `items` and `additionalItems`)."""

    def __init__(self, prefix: list[Node], rest: Node | None) -> None:
        self.prefix, self.rest = prefix, rest

    def ok_for(self, kind: type) -> Ok | None:
        """The simplest loop that does it."""
        if kind is not list:
            return None
        return self.ok if self.prefix or self.rest is None else _items(self.rest.ok)

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether every item is as its schema wants it."""
        items = value
        if self.prefix:
            for node, item in zip(self.prefix, value, strict=False):
                if not node.ok(item, visit):
                    return False
            items = value[len(self.prefix) :]
        if self.rest is not None:
            ok = self.rest.ok
            for item in items:
                if not ok(item, visit):
                    return False
        return True

    def explain_for(self, kind: type) -> Explain:
        """Item by item."""
        return _explained(self.prefix, self.rest)

    def flat(self) -> bool:
        """Whether only scalars can be right."""
        nodes = self.prefix if self.rest is None else [*self.prefix, self.rest]
        return all(node.leaf for node in nodes)

    def evaluated(self, value: Any, visit: Visit) -> Iterable[str | int]:
        """All of them, or those that the prefix speaks of."""
        return range(len(value) if self.rest else min(len(value), len(self.prefix)))


def _explained(prefix: list[Node], rest: Node | None) -> Explain:
    """Item by item."""
    first = [(node, node.skip()) for node in prefix]
    known, then = len(prefix), rest or ANYTHING
    others, end = (then, then.skip()), known if rest is None else None

    def explain_each(value: Any, at: Place, visit: Visit) -> Found:
        found: list[Violation] = []
        for index, item in enumerate(islice(value, end)):
            node, skip = first[index] if index < known else others
            if not skip(item, visit):
                explain = node.explain_for(type(item))
                found += explain(item, step(at, index, index), visit)
                if len(found) >= visit.limit:
                    break
        return found

    return explain_each


def _items(test: Ok) -> Ok:
    """Whether each item passes."""

    def ok(value: Any, visit: Visit) -> bool:
        for item in value:
            if not test(item, visit):
                return False
        return True

    return ok


class Contains(_ArrayCheck):
    """`contains` with `minContains` and `maxContains`."""

    reach = Reach.HERE

    def __init__(self, node: Node, least: int, most: int | None, *, evaluates: bool) -> None:
        self.node, self.least, self.most, self.evaluates = node, least, most, evaluates

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether enough, and not too many, items are right."""
        return self._broken(value, visit) is None

    def _broken(self, value: Any, visit: Visit) -> tuple[str, int] | None:
        least, most = self.least, self.most
        found = 0
        for item in value:
            if most is None and found >= least:
                return None
            found += self.node.ok(item, visit)
            if most is not None and found > most:
                return "maxContains", most
        if found < least:
            return ("contains" if least == 1 else "minContains"), least
        return None

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """One violation at the array."""
        broken = self._broken(value, visit)
        return () if broken is None else (Violation(at, *broken),)

    def flat(self) -> bool:
        """Whether it looks into no item."""
        return self.node.leaf

    def evaluated(self, value: Any, visit: Visit) -> Iterable[str | int]:
        """Those that are right; from 2020-12 on."""
        if not self.evaluates:
            return ()
        return [index for index, item in enumerate(value) if self.node.ok(item, visit)]


class UnevaluatedItems(_ArrayCheck):
    """`unevaluatedItems`: for items that no other keyword of `node` has looked at."""

    def __init__(self, node: Node, rest: Node) -> None:
        self.node, self.rest = node, rest

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether those items are right."""
        return all(self.rest.ok(item, visit) for _, item in self._unseen(value, visit))

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """Item by item."""
        found: list[Violation] = []
        for index, item in self._unseen(value, visit):
            if len(found) >= visit.limit:
                break
            found += self.rest.explain_for(type(item))(item, step(at, index, index), visit)
        return found

    def flat(self) -> bool:
        """Its neighbours are asked as well."""
        return False

    def evaluated(self, value: Any, visit: Visit) -> Iterable[str | int]:
        """All that are left."""
        return range(len(value))

    def _unseen(self, value: Any, visit: Visit) -> Iterator[tuple[int, Any]]:
        seen = self.node.seen(value, visit)
        return ((index, item) for index, item in enumerate(value) if index not in seen)
