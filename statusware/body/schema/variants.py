"""Checks of OpenAPI's own: a choice that a discriminator makes, and null beside everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .combine import AnyOf, OneOf
from .fusion import Ok, Visit
from .node import Check, Node
from .violation import Found, Place

__all__ = ["DiscriminatedAnyOf", "DiscriminatedOneOf", "Nullable"]


class DiscriminatedAnyOf(AnyOf):
    """`anyOf`, whose discriminator tells which branch explains what is wrong."""

    def __init__(self, nodes: list[Node], name: str, numbers: Mapping[str, int]) -> None:
        super().__init__(nodes)
        self.name, self.numbers = name, numbers

    def chosen(self, value: Any) -> Node | None:
        """The branch that the value itself names."""
        tag = value.get(self.name) if self.name and type(value) is dict else None
        number = self.numbers.get(tag) if isinstance(tag, str) else None
        return None if number is None else self.nodes[number]

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """What the branch that is named says, else the one that fits best."""
        if self.ok(value, visit):
            return ()
        node = self.chosen(value)
        if node is None:
            return super().explain(value, at, visit)
        return node.explain(value, at, visit)


class DiscriminatedOneOf(DiscriminatedAnyOf, OneOf):
    """`oneOf`: one branch, or the one that the discriminator names.

    Branches that are told apart by their discriminator alone often all fit. Where the value
    fits the one that it names, that is the one.
    """

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether the branch that is named is content, or exactly one of all."""
        node = self.chosen(value)
        return (node is not None and node.ok(value, visit)) or OneOf.ok(self, value, visit)


class Nullable(Check):
    """`nullable: true`: null, or what the schema says."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def ok_for(self, kind: type) -> Ok | None:
        """Nothing to test for null, which is always right."""
        return None if kind is type(None) else self.node.ok

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """What the schema says."""
        return () if value is None else self.node.explain(value, at, visit)

    def evaluated(self, value: Any, visit: Visit) -> Iterable[str | int]:
        """What the schema has looked at."""
        return self.node.evaluated(value, visit)

    def flat(self) -> bool:
        """As the schema."""
        return self.node.flat

    def in_place(self) -> Iterable[Node]:
        """The schema."""
        return (self.node,)
