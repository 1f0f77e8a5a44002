"""Keywords that put other schemas on the same value: references, allOf, anyOf, oneOf, not, if."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .fusion import Visit
from .node import Check, Explain, Node
from .violation import Found, Place, Violation, in_order

__all__ = ["AllOf", "AnyOf", "If", "Not", "OneOf", "Ref"]


class Ref(Check):
    """`$ref` and its kin. `again` says that it may lead back to where it came from."""

    def __init__(self, node: Node, *, again: bool) -> None:
        self.node, self.again = node, again

    def ok(self, value: Any, visit: Visit) -> bool:
        """What the schema referred to says; each container is asked about once."""
        if not self.again or type(value) not in (dict, list):
            return self.node.ok(value, visit)
        key = (id(self.node), id(value))
        verdict = visit.verdicts.get(key)
        if verdict is None:
            verdict = visit.verdicts[key] = self.node.ok(value, visit)
        return verdict

    def explain_for(self, kind: type) -> Explain:
        """What the schema referred to says; each container is asked about once."""
        once = self.again and kind in (dict, list)
        return self.explain if once else self.node.explain_for(kind)

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """The same for a container, for the second time from memory."""
        key = (id(self.node), id(value))
        told = visit.explained.get(key)
        if told is None:
            told = visit.explained[key] = self.node.explain(value, at, visit)[: visit.limit]
        return told

    def evaluated(self, value: Any, visit: Visit) -> Iterable[str | int]:
        """What the schema referred to has looked at."""
        return self.node.evaluated(value, visit)

    def leaf(self) -> bool:
        """As the schema referred to."""
        return self.node.leaf

    def flat(self) -> bool:
        """As the schema referred to."""
        return self.node.flat

    def in_place(self) -> Iterable[Node]:
        """The schema referred to."""
        return (self.node,)


class _Branches(Check):
    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes

    def flat(self) -> bool:
        """Whether every branch is."""
        return all(node.flat for node in self.nodes)

    def in_place(self) -> Iterable[Node]:
        """Every branch."""
        return self.nodes


class AllOf(_Branches):
    """`allOf`."""

    def leaf(self) -> bool:
        """Whether every branch is, so that none looks into a container."""
        return all(node.leaf for node in self.nodes)

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether every branch is content."""
        for node in self.nodes:
            if not node.ok(value, visit):
                return False
        return True

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """What all branches say."""
        return in_order([node.explain(value, at, visit) for node in self.nodes], visit.limit)

    def evaluated(self, value: Any, visit: Visit) -> Iterator[str | int]:
        """What every branch has looked at."""
        for node in self.nodes:
            yield from node.evaluated(value, visit)


class AnyOf(_Branches):
    """`anyOf`; what is wrong is told by the branch that fits best."""

    def leaf(self) -> bool:
        """Whether every branch is."""
        return all(node.leaf for node in self.nodes)

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether one branch is content."""
        for node in self.nodes:
            if node.ok(value, visit):
                return True
        return False

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """What the branch that fits best says."""
        return () if self.ok(value, visit) else best_branch(self.nodes, value, at, visit)

    def evaluated(self, value: Any, visit: Visit) -> Iterator[str | int]:
        """What the branches that are content have looked at."""
        for node in self.nodes:
            if node.ok(value, visit):
                yield from node.evaluated(value, visit)


class OneOf(AnyOf):
    """`oneOf`."""

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether exactly one branch is content."""
        return self._fitting(value, visit) == 1

    def _fitting(self, value: Any, visit: Visit) -> int:
        """How many branches are content; counted no further than two."""
        fitting = 0
        for node in self.nodes:
            if node.ok(value, visit):
                fitting += 1
                if fitting == 2:
                    break
        return fitting

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """What the branch that fits best says, or that more than one fits."""
        fitting = self._fitting(value, visit)
        if fitting == 0:
            return best_branch(self.nodes, value, at, visit)
        return (Violation(at, "oneOf"),) if fitting == 2 else ()


class Not(_Branches):
    """`not`."""

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether its schema is not content."""
        return not self.nodes[0].ok(value, visit)

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """One violation at the value itself."""
        return () if self.ok(value, visit) else (Violation(at, "not"),)


class If(_Branches):
    """`if` with `then` and `else`."""

    def __init__(self, test: Node, then: Node | None, otherwise: Node | None) -> None:
        super().__init__([node for node in (test, then, otherwise) if node is not None])
        self.test, self.then, self.otherwise = test, then, otherwise

    def ok(self, value: Any, visit: Visit) -> bool:
        """Whether the branch that `if` chooses is content."""
        node = self.then if self.test.ok(value, visit) else self.otherwise
        return node is None or node.ok(value, visit)

    def explain(self, value: Any, at: Place, visit: Visit) -> Found:
        """What the branch that `if` chooses says."""
        node = self.then if self.test.ok(value, visit) else self.otherwise
        return () if node is None else node.explain(value, at, visit)

    def evaluated(self, value: Any, visit: Visit) -> Iterator[str | int]:
        """What the branch that `if` chooses has looked at, and `if` itself if it holds."""
        holds = self.test.ok(value, visit)
        for node in (self.test, self.then) if holds else (self.otherwise,):
            if node is not None:
                yield from node.evaluated(value, visit)


def best_branch(nodes: list[Node], value: Any, at: Place, visit: Visit) -> Found:
    """The violations of the branch that fits `value` best, the first of equals.

    Branches that only name another type, or other constants, become one violation that
    names them all.
    """
    told = [node.explain(value, at, visit)[: visit.limit] for node in nodes]
    alone = [each[0] for each in told if len(each) == 1 and each[0].place == at]
    if len(alone) == len(told):
        codes = {violation.code for violation in alone}
        if codes == {"type"}:
            types = dict.fromkeys(name for violation in alone for name in violation.limit)
            return [Violation(at, "type", list(types))]
        if codes and codes <= {"const", "enum"}:
            return [Violation(at, "enum", [limit for v in alone for limit in _values(v)])]
    return min(told, key=lambda each: _misfit(each, at), default=())


def _values(violation: Violation) -> list[Any]:
    return list(violation.limit) if violation.code == "enum" else [violation.limit]


def _misfit(told: Found, at: Place) -> tuple[bool, bool, int]:
    """How badly a branch fits: another type, another variant (a member that says which), count."""
    kind = any(v.code == "type" and v.place == at for v in told)
    variant = any(v.code in ("const", "enum") and len(v.place) <= len(at) + 1 for v in told)
    return kind, variant, len(told)
