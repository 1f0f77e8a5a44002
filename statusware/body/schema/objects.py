"""Keywords that look into objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .fusion import Ok, Visit, accept
from .node import ANYTHING, Check, Explain, Node, Reach
from .violation import Found, Place, Violation, in_order, step

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
        """The simplest loop that does it."""
        if kind is not dict:
            return None
        if self.patterns:
            return self.ok
        tests = {name: node.ok for name, node in self.named.items()}
        return _members(tests, accept if self.rest is None else self.rest.ok)

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

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """Member by member."""
        found: list[Violation] = []
        for number, (name, item) in enumerate(value.items()):
            kind, there = type(item), step(at, number, name)
            told = [node.explain_for(kind)(item, there, visit) for node in self.nodes(name)]
            found += in_order(told, visit.limit)
            if len(found) >= visit.limit:
                break
        return found

    def explain_for(self, kind: type) -> Explain:
        """Where each member has one schema, without a list of them."""
        return self.explain if self.patterns else _explained(self.named, self.rest or ANYTHING)

    def flat(self) -> bool:
        """Whether only scalars can be right."""
        nodes = [*self.named.values(), *(node for _, node in self.patterns)]
        return all(node.leaf for node in (nodes if self.rest is None else [*nodes, self.rest]))

    def evaluated(self, value: Any, visit: Visit) -> Iterable[str | int]:
        """The names that have a schema here."""
        return [name for name in value if self.nodes(name)]


def _explained(named: dict[str, Node], rest: Node) -> Explain:
    """Member by member."""
    skip, skip_rest = {name: node.skip() for name, node in named.items()}.get, rest.skip()

    def explain_each(value: Any, at: Place, visit: Visit) -> Found:
        found: list[Violation] = []
        for number, (name, item) in enumerate(value.items()):
            if not skip(name, skip_rest)(item, visit):
                explain = named.get(name, rest).explain_for(type(item))
                found += explain(item, step(at, number, name), visit)
                if len(found) >= visit.limit:
                    break
        return found

    return explain_each


def _members(tests: dict[str, Ok], rest: Ok) -> Ok:
    """Whether each member passes the test of its name, or that for all the rest."""
    test = tests.get

    def ok(value: Any, visit: Visit) -> bool:
        for name, item in value.items():
            if not test(name, rest)(item, visit):
                return False
        return True

    return ok


class Required(_ObjectCheck):
    """`required`; it points at the member that is missing."""

    reach = Reach.MISSING

    def __init__(self, names: list[str]) -> None:
        self.names, self.all = list(dict.fromkeys(names)), frozenset(names)

    def ok_for(self, kind: type) -> Ok | None:
        """Whether all are there."""
        names = self.all
        return (lambda value, visit: names <= value.keys()) if kind is dict else None

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """One violation for each that is missing."""
        if self.all <= value.keys():
            return ()
        missing = [name for name in self.names if name not in value][: visit.limit]
        return [Violation(step(at, -1, name), "required") for name in missing]


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

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """One violation for each that is missing."""
        return [
            Violation(step(at, -1, other), self.code, name)
            for name, others in self.lists.items()
            if name in value
            for other in others
            if other not in value
        ]


class DependentSchemas(_ObjectCheck):
    """`dependentSchemas`, and the schemas of the older `dependencies`."""

    reach = Reach.ANY

    def __init__(self, nodes: dict[str, Node]) -> None:
        self.nodes = nodes

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether the object is as each member that it has wants it."""
        return all(node.ok(value, visit) for name, node in self.nodes.items() if name in value)

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """What those schemas say."""
        several = [n.explain(value, at, visit) for name, n in self.nodes.items() if name in value]
        return in_order(several, visit.limit)

    def evaluated(self, value: Any, visit: Visit) -> Iterator[str | int]:
        """What those schemas have looked at."""
        for name, node in self.nodes.items():
            if name in value:
                yield from node.evaluated(value, visit)

    def flat(self) -> bool:
        """Whether each of them is."""
        return all(node.flat for node in self.nodes.values())

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

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """What is wrong with each name."""
        found: list[Violation] = []
        for number, name in enumerate(value):
            if len(found) >= visit.limit:
                break
            there = step(at, number, name)
            told = self.node.explain(name, there, visit)
            found += [Violation(there, "propertyNames", (v.code, v.limit)) for v in told]
        return found


class UnevaluatedProperties(_ObjectCheck):
    """`unevaluatedProperties`: for members that no other keyword of `node` has looked at."""

    def __init__(self, node: Node, rest: Node) -> None:
        self.node, self.rest = node, rest

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether those members are right."""
        seen = self.node.seen(value, visit)
        return all(self.rest.ok(value[name], visit) for name in value if name not in seen)

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """Member by member."""
        seen = self.node.seen(value, visit)
        found: list[Violation] = []
        for number, (name, item) in enumerate(value.items()):
            if name not in seen and len(found) < visit.limit:
                found += self.rest.explain_for(type(item))(item, step(at, number, name), visit)
        return found

    def flat(self) -> bool:
        """Its neighbours are asked as well."""
        return False

    def evaluated(self, value: Any, visit: Visit) -> Iterable[str | int]:
        """All that are left."""
        return list(value)
