"""Keywords that look into objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .node import Check, Node, Ok, Reach, Visit
from .violation import Place, Violation, in_order, step

__all__ = [
    "DependentRequired",
    "DependentSchemas",
    "Members",
    "PropertyNames",
    "Required",
    "UnevaluatedProperties",
]

#: Whether a pattern matches somewhere in a name.
Search = Callable[[str], bool]


class _ObjectCheck(Check):
    types = (dict,)
    reach = Reach.INSIDE


class Members(_ObjectCheck):
    """`properties`, `patternProperties` and `additionalProperties`: a schema for each member."""

    def __init__(
        self,
        named: dict[str, Node],
        patterns: list[tuple[Search, Node]],
        rest: Node | None,
    ) -> None:
        self.named, self.patterns, self.rest = named, patterns, rest

    def ok_for(self, kind: type) -> Ok | None:
        """The simplest loop that does it, over the finished schemas."""
        if kind is not dict:
            return None
        if self.patterns:
            return self.ok
        return self._ok_rest if self.rest else self._ok_named

    def _ok_named(self, value: Any, visit: Visit) -> bool:
        named = self.named
        for name, item in value.items():
            if name in named and not named[name].ok(item, visit):
                return False
        return True

    def _ok_rest(self, value: Any, visit: Visit) -> bool:
        named, rest = self.named, self.rest
        for name, item in value.items():
            node = named.get(name, rest)
            if node is not None and not node.ok(item, visit):
                return False
        return True

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether every member is as its schemas want it."""
        for name, item in value.items():
            for node in self.nodes(name):
                if not node.ok(item, visit):
                    return False
        return True

    def nodes(self, name: str) -> list[Node]:
        """The schemas for the member `name`."""
        found = [self.named[name]] if name in self.named else []
        if self.patterns:
            found += [node for search, node in self.patterns if search(name)]
        return found or ([self.rest] if self.rest else found)

    def explain(self, value: Any, at: Place, visit: Visit) -> Iterator[Violation]:
        """Member by member."""
        for number, (name, item) in enumerate(value.items()):
            if self.patterns:
                nodes = [node for node in self.nodes(name) if not node.ok(item, visit)]
            else:
                node = self.named.get(name, self.rest)
                nodes = [] if node is None or node.ok(item, visit) else [node]
            if nodes:
                there = step(at, number, name)
                yield from in_order([node.explain(item, there, visit) for node in nodes])

    def evaluated(self, value: Any, visit: Visit) -> Iterable[str | int]:
        """The names that have a schema here."""
        return [name for name in value if self.nodes(name)]


class Required(_ObjectCheck):
    """`required`; it points at the member that is missing."""

    reach = Reach.MISSING

    def __init__(self, names: list[str]) -> None:
        self.names = list(dict.fromkeys(names))
        self.all = frozenset(names)

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether all are there."""
        there: bool = self.all <= value.keys()
        return there

    def explain(self, value: Any, at: Place, visit: Visit) -> Iterator[Violation]:
        """One violation for each that is missing."""
        for name in self.names:
            if name not in value:
                yield Violation(step(at, -1, name), "required", None)


class DependentRequired(_ObjectCheck):
    """`dependentRequired`, and the name lists of the older `dependencies`."""

    reach = Reach.MISSING

    def __init__(self, code: str, lists: dict[str, list[str]]) -> None:
        self.code, self.lists = code, lists

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether no member lacks one that it needs."""
        return all(
            other in value
            for name, others in self.lists.items()
            if name in value
            for other in others
        )

    def explain(self, value: Any, at: Place, visit: Visit) -> Iterator[Violation]:
        """One violation for each that is missing."""
        for name, others in self.lists.items():
            for other in others if name in value else ():
                if other not in value:
                    yield Violation(step(at, -1, other), self.code, name)


class DependentSchemas(_ObjectCheck):
    """`dependentSchemas`, and the schemas of the older `dependencies`."""

    reach = Reach.ANY

    def __init__(self, nodes: dict[str, Node]) -> None:
        self.nodes = nodes

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether the object is as each member that it has wants it."""
        return all(node.ok(value, visit) for name, node in self.nodes.items() if name in value)

    def explain(self, value: Any, at: Place, visit: Visit) -> Iterator[Violation]:
        """What those schemas say."""
        streams = [n.explain(value, at, visit) for name, n in self.nodes.items() if name in value]
        yield from in_order(streams) if streams else ()

    def evaluated(self, value: Any, visit: Visit) -> Iterator[str | int]:
        """What those schemas have looked at."""
        for name, node in self.nodes.items():
            if name in value:
                yield from node.evaluated(value, visit)

    def in_place(self) -> Iterable[Node]:
        """Each of them."""
        return self.nodes.values()


class PropertyNames(_ObjectCheck):
    """`propertyNames`; what its schema says is said of the name, at the member."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether every name is right."""
        return all(self.node.ok(name, visit) for name in value)

    def explain(self, value: Any, at: Place, visit: Visit) -> Iterator[Violation]:
        """What is wrong with each name."""
        for number, name in enumerate(value):
            if not self.node.ok(name, visit):
                there = step(at, number, name)
                for violation in self.node.explain(name, there, visit):
                    limit = (violation.code, violation.limit)
                    yield Violation(there, "propertyNames", limit)


class UnevaluatedProperties(_ObjectCheck):
    """`unevaluatedProperties`: for members that no other keyword of `node` has looked at."""

    def __init__(self, node: Node, rest: Node) -> None:
        self.node, self.rest = node, rest

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether those members are right."""
        seen = self.node.seen(value, visit)
        return all(self.rest.ok(value[name], visit) for name in value if name not in seen)

    def explain(self, value: Any, at: Place, visit: Visit) -> Iterator[Violation]:
        """Member by member."""
        seen = self.node.seen(value, visit)
        for number, (name, item) in enumerate(value.items()):
            if name not in seen and not self.rest.ok(item, visit):
                yield from self.rest.explain(item, step(at, number, name), visit)

    def evaluated(self, value: Any, visit: Visit) -> Iterable[str | int]:
        """All that are left."""
        return list(value)
