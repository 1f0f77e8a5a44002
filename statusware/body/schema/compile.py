"""A schema document made into nodes, once, when the stack is built.

References are followed here, the dynamic ones too: which resource is outermost depends
only on the way that references took, so that each way is a node of its own, and nothing
has to be looked up when a body comes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ...errors import PolicyError
from .assertions import Never
from .context import Context
from .dialects import Dialect, dialect_of
from .library import Library, Target
from .node import Node
from .parts import Part, is_part

__all__ = ["Compiler", "Options"]

#: Schemas in schemas that are made at once; references beyond have to wait for their turn,
#: since what refers to each other can be a longer chain than Python's stack.
_MOST_OPEN = 40


class Options(NamedTuple):
    """What a policy says: whether `format` asserts; `patterns` is "linear" or "trusted"."""

    formats: bool = False
    patterns: str = "linear"


class Compiler:
    """Makes nodes of the schemas in a library; the same schema is made only once."""

    def __init__(
        self,
        library: Library,
        options: Options,
        check: Callable[[Any, Dialect, str], None],
        label: Callable[[str], str] | None = None,
    ) -> None:
        """`check(schema, dialect, pointer)` raises for one that breaks its metaschema.

        `label(uri)` is how errors name what a reference leads to; by default by the way there.
        """
        self.library, self.options, self._check, self.label = library, options, check, label
        #: Documents that have been checked whole, and schemas that have been one by one.
        self._checked: set[str | int] = set()
        self._nodes: dict[tuple[Any, ...], Node] = {}
        self._open: set[int] = set()
        #: Schemas that are referred to, and not made yet.
        self._waiting: dict[int, Context] = {}
        #: The names of read-only properties, by the id() of the schema that has them.
        self.read_only: dict[int, frozenset[str]] = {}
        #: Every keyword in use, with its value.
        self.used: list[tuple[str, Any]] = []
        #: Every name in a schema that is no keyword of its draft, or is hidden there.
        self.ignored: set[str] = set()
        #: Nodes that a reference leads back to; every loop has one.
        self.again: list[Node] = []
        self._looked_at = 0
        #: What another engine can be asked about when values are explained.
        self.parts: list[Part] = []

    def node(self, target: Target, dialect: Dialect, pointer: str) -> Node:
        """The node of a whole schema; PolicyError if it cannot be made."""
        self.check(target, dialect, pointer)
        context = Context(self, target, dialect, {}, pointer, "false")
        made = self.make(context.entered())
        while self._waiting:
            self._fill(self._waiting.pop(next(iter(self._waiting))))
        for node in self.again[self._looked_at :]:
            self._refuse_loop(node)
        self._looked_at = len(self.again)
        return made

    def check(self, target: Target, dialect: Dialect, pointer: str) -> None:
        """Check a schema against its metaschema, unless that has been done."""
        key = id(target.contents)
        covered = target.base in self._checked and key not in self.library.apart
        if covered or key in self._checked:
            return
        self._check(target.contents, dialect_of(target.contents, dialect), pointer)
        whole = self.library.resource(target.base, dialect.draft).contents is target.contents
        self._checked.add(target.base if whole else key)

    def make(self, context: Context, *, may_wait: bool = False) -> Node:
        """The node of one schema in its context. One that may wait is perhaps not filled yet."""
        if isinstance(context.schema, bool):
            return self._boolean(context)
        known = self._nodes.get(context.key)
        if known is not None:
            if id(known) in self._waiting and not may_wait:
                self._fill(self._waiting.pop(id(known)))
            return known
        node = self._nodes[context.key] = context.own
        if may_wait and len(self._open) >= _MOST_OPEN:
            self._waiting[id(node)] = context
        else:
            self._fill(context)
        return node

    def _fill(self, context: Context) -> None:
        node = context.own
        self._open.add(id(node))
        checks, last = context.checks()
        node.finish(checks, last)
        self._open.discard(id(node))
        if is_part(node):
            self.parts.append(Part(node, context.target, context.dialect.uri))

    def is_open(self, node: Node) -> bool:
        """Whether the node is not made yet, so that a reference to it may lead back."""
        return id(node) in self._open or id(node) in self._waiting

    def _boolean(self, context: Context) -> Node:
        node = Node(context.pointer)
        node.finish([] if context.schema else [Never(context.via)], [])
        return node

    def _refuse_loop(self, start: Node) -> None:
        """A schema that applies itself to the same value would never end."""
        seen: set[int] = set()
        todo = [start]
        while todo:
            for check in todo.pop().checks:
                for node in check.in_place():
                    if node is start:
                        raise PolicyError("refers to itself without end", key=start.location)
                    if id(node) not in seen:
                        seen.add(id(node))
                        todo.append(node)
