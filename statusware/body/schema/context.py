"""One schema while it is made: its place, its dialect, and what its keywords may ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...errors import PolicyError
from . import openapi
from .combine import Ref
from .dialects import Dialect, dialect_of
from .keywords import location
from .library import Target
from .node import Check, Node
from .variants import Nullable

if TYPE_CHECKING:
    from .compile import Compiler

__all__ = ["Context"]

Scope = Mapping[str, Target]


@dataclass(frozen=True, eq=False)
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
                self.compiler.ignored.add(keyword)
                continue
            self.compiler.used.append((keyword, value))
            check = build(self, keyword, value)
            if check is not None:
                (last if keyword.startswith("unevaluated") else checks).append(check)
        if self.dialect.nullable and self.schema.get("nullable") is True and not hidden:
            node = Node(self.pointer)
            node.finish(checks, last)
            return [Nullable(node)], []
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
        from ..patterns import compile_pattern  # its expressions take long to compile

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
