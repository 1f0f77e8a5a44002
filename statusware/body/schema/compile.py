"""A schema document made into nodes, once, when the stack is built.

References are followed here, the dynamic ones too: which resource is outermost depends
only on the way that references took, so that each way is a node of its own, and nothing
has to be looked up when a body comes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ...errors import PolicyError
from ..patterns import compile_pattern
from . import openapi
from .assertions import Never
from .combine import Ref
from .dialects import Dialect, dialect_of
from .keywords import location
from .library import Library, Target
from .node import Check, Node

__all__ = ["Compiler", "Context", "Options"]

Scope = Mapping[str, Target]


#: Schemas in schemas that are made at once; references beyond have to wait for their turn,
#: since what refers to each other can be a longer chain than Python's stack.
_MOST_OPEN = 40


@dataclass(frozen=True)
class Options:
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
        #: Nodes that a reference leads back to; every loop has one.
        self.again: list[Node] = []
        self._looked_at = 0

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


@dataclass(frozen=True)
class Context:
    """One schema while it is made: where it lies, its dialect, and what surrounds it."""

    compiler: Compiler
    target: Target
    dialect: Dialect
    #: For each dynamic anchor the outermost resource that has it.
    scope: Scope
    pointer: str
    #: The keyword that the schema stands under.
    via: str
    #: Properties that are read-only by what is around; None: this asks, and is no request.
    unsent: frozenset[str] | None = frozenset()

    @property
    def schema(self) -> Any:
        """The schema itself."""
        return self.target.contents

    @cached_property
    def own(self) -> Node:
        """The node that is being made of it."""
        return Node(self.pointer)

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells this node from others of the same compiler."""
        scope = tuple(sorted((name, id(target.contents)) for name, target in self.scope.items()))
        return id(self.schema), self.dialect.uri, scope, self.unsent

    def entered(self) -> Context:
        """The same, with the dynamic anchors and the dialect of its resource."""
        root = self.compiler.library.resource(self.target.base, self.dialect.draft)
        scope = {**self.compiler.library.dynamic.get(root.base, {}), **self.scope}
        contents = root.contents
        if isinstance(contents, dict) and contents.get("$recursiveAnchor") is True:
            scope.setdefault("", root)
        dialect = dialect_of(contents, self.dialect)
        return replace(self, dialect=dialect, scope=scope)

    def at(self, contents: Any, base: str = "") -> Context:
        """The context of a schema that is looked at, and not made."""
        base = base or self.compiler.library.base_of(contents, self.target.base)
        return replace(self, target=Target(contents, base))

    def checks(self) -> tuple[list[Check], list[Check]]:
        """The checks of all keywords, and those of `unevaluated…`, which speak last."""
        checks: list[Check] = []
        last: list[Check] = []
        hidden = self.dialect.ref_hides and "$ref" in self.schema
        for keyword, value in self.schema.items():
            build = self.dialect.keywords.get(keyword)
            if build is None or (hidden and keyword != "$ref"):
                continue
            self.compiler.used.append((keyword, value))
            check = build(self, keyword, value)
            if check is not None:
                (last if keyword.startswith("unevaluated") else checks).append(check)
        if self.dialect.nullable and self.schema.get("nullable") is True and not hidden:
            node = Node(self.pointer)
            node.finish(checks, last)
            return [openapi.Nullable(node)], []
        return checks, last

    def get(self, keyword: str, otherwise: Any = None) -> Any:
        """The value of a neighbouring keyword."""
        return self.schema.get(keyword, otherwise)

    def child(self, schema: Any, *tokens: str | int) -> Node:
        """The node of a schema that stands in this one, at `tokens`."""
        library = self.compiler.library
        base = library.base_of(schema, self.target.base)
        pointer, via = location(self.pointer, *tokens), str(tokens[0])
        unsent = openapi.passed_on(self, via) if self.dialect.request else self.unsent
        target = Target(schema, base)
        inner = replace(self, target=target, pointer=pointer, via=via, unsent=unsent)
        return self.compiler.make(inner.entered() if base != self.target.base else inner)

    def node(self, keyword: str) -> Node | None:
        """The node of the schema under `keyword`, if there is one."""
        return self.child(self.schema[keyword], keyword) if keyword in self.schema else None

    def must(self, keyword: str) -> Node:
        """The node of the schema under `keyword`, which is there."""
        return self.child(self.schema[keyword], keyword)

    def nodes(self, keyword: str) -> dict[str, Node]:
        """The nodes of the schemas under `keyword`, by name."""
        each = self.schema.get(keyword, {})
        return {name: self.child(schema, keyword, name) for name, schema in each.items()}

    def list(self, keyword: str) -> list[Node]:
        """The nodes of the schemas in the list under `keyword`."""
        each = self.schema.get(keyword, ())
        return [self.child(schema, keyword, i) for i, schema in enumerate(each)]

    def made_of(self, check: Check) -> Node:
        """A node with one check."""
        node = Node(self.pointer)
        node.finish([check], [])
        return node

    def find(self, reference: str, keyword: str) -> Target:
        """What a reference points at."""
        library = self.compiler.library
        try:
            return library.find(self.target.base, reference, self.dialect.draft)
        except PolicyError as error:
            raise error.at(key=location(self.pointer, keyword)) from None

    def reference(self, target: Target, keyword: str) -> Ref:
        """The check of a reference to `target`."""
        pointer = location(self.pointer, keyword)
        if not isinstance(target.contents, dict | bool):
            raise PolicyError("refers to something that is no schema", key=pointer)
        if self.compiler.label is not None and target.uri:
            pointer = self.compiler.label(target.uri)
        unsent = openapi.passed_on(self, "$ref") if self.dialect.request else self.unsent
        inner = replace(self, target=target, pointer=pointer, unsent=unsent).entered()
        self.compiler.check(target, inner.dialect, pointer)
        node = self.compiler.make(inner, may_wait=True)
        again = self.compiler.is_open(node)
        if again:
            self.compiler.again.append(node)
        return Ref(node, again=again)

    def pattern(self, source: str, *tokens: str) -> Callable[[str], bool]:
        """The search that a pattern stands for."""
        try:
            return compile_pattern(source, self.compiler.options.patterns)
        except PolicyError as error:
            raise error.at(key=location(self.pointer, *tokens)) from None

    def format(self, name: str) -> Callable[[str], bool] | None:
        """The test of a format, where formats are asserted and this one is known."""
        if not self.compiler.options.formats:
            return None
        from ..formats import format_test  # its expressions take long to compile

        try:
            return format_test(name)
        except PolicyError as error:
            raise error.at(key=location(self.pointer, "format")) from None
