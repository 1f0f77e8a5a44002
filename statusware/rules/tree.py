"""The tree of routes: which of them list a path, the most specific first.

One node for each segment. What a lookup costs depends on the segments of the path and on
how many patterns overlap there, not on the number of routes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from .pattern import CONVERTERS, Pattern, Variable

__all__ = ["Leaf", "Tree", "split"]

#: What is listed at the end of a path, by method.
T = TypeVar("T")
Leaf = dict[str, T]


class Tree(Generic[T]):
    """Leaves by path pattern. A leaf is a dictionary that belongs to whoever fills it."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()
        self._leaves: list[Leaf[T]] = []

    def leaf(self, pattern: Pattern) -> Leaf[T]:
        """The leaf of a pattern, made if need be; patterns of one shape share one."""
        node = self._root
        for segment in pattern.segments:
            if isinstance(segment, Variable) and segment.converter == "path":
                if node.rest is None:
                    node.rest, node.variable, node.only = self._made(), True, None
                return node.rest
            node = node.child(segment)
        if pattern.slash:
            node.slashed = self._made() if node.slashed is None else node.slashed
            return node.slashed
        node.bare = self._made() if node.bare is None else node.bare
        return node.bare

    def leaves(self) -> Sequence[Leaf[T]]:
        """All leaves there are."""
        return self._leaves

    def search(self, path: str) -> list[tuple[Leaf[T], tuple[str, ...]]]:
        """Every leaf that matches `path`, the most specific first, with its variables' values."""
        found: list[tuple[Leaf[T], tuple[str, ...]]] = []
        root = self._root
        first = path[1:].partition("/")[0]
        if first and not root.variable and first not in root.literals:
            return found  # as nearly always where nothing lists a path
        segments, slash = split(path)
        _collect(root, segments, 0, slash, (), found)
        return found

    def _made(self) -> Leaf[T]:
        self._leaves.append({})
        return self._leaves[-1]


class _Node(Generic[T]):
    """One segment's worth of the tree."""

    __slots__ = ("bare", "converters", "literals", "only", "plain", "rest", "slashed", "variable")

    def __init__(self) -> None:
        self.literals: dict[str, _Node[T]] = {}
        #: Converters never overlap: no text is an integer and a UUID.
        self.converters: dict[str, tuple[Callable[[str], object], _Node[T]]] = {}
        self.plain: _Node[T] | None = None
        #: `{x:path}`: whatever remains of the path.
        self.rest: Leaf[T] | None = None
        #: The path ends here: without a slash, with one.
        self.bare: Leaf[T] | None = None
        self.slashed: Leaf[T] | None = None
        #: Whether anything but literals may follow.
        self.variable = False
        #: The test and the node of the one kind of variable that may follow, if it is one.
        self.only: tuple[Callable[[str], object], _Node[T]] | None = None

    def child(self, segment: str | Variable) -> _Node[T]:
        if isinstance(segment, str):
            return self.literals.setdefault(segment, _Node())
        if segment.converter:
            accepts = CONVERTERS[segment.converter].fullmatch
            kind = self.converters.setdefault(segment.converter, (accepts, _Node()))
        else:
            self.plain = self.plain or _Node()
            kind = (bool, self.plain)
        alone = not self.variable or (self.only is not None and self.only[1] is kind[1])
        self.variable, self.only = True, kind if alone else None
        return kind[1]


def split(path: str) -> tuple[list[str], bool]:
    """The segments of a path, and whether a slash stands at its end (that of `/` is none)."""
    segments = path[1:].split("/")
    if segments[-1]:
        return segments, False
    segments.pop()
    return segments, bool(segments)


def _collect(
    node: _Node[T],
    segments: list[str],
    at: int,
    slash: bool,
    values: tuple[str, ...],
    found: list[tuple[Leaf[T], tuple[str, ...]]],
) -> None:
    """Add to `found` what matches below `node`: literals first, then converters and so on."""
    for segment in segments[at:]:
        at += 1
        literal = node.literals.get(segment)
        if node.variable and segment:
            if literal is not None or node.only is None:
                break
            accepts, node = node.only  # one way only, so that there is nothing to come back to
            if not accepts(segment):
                return
            values = (*values, segment)
            continue
        if literal is None:
            return
        node = literal
    else:
        leaf = (node.slashed or node.bare) if slash else (node.bare or node.slashed)
        if leaf is not None:
            found.append((leaf, values))
        return
    if literal is not None:
        _collect(literal, segments, at, slash, values, found)
    for accepts, child in node.converters.values():
        if accepts(segment):
            _collect(child, segments, at, slash, (*values, segment), found)
    if node.plain is not None:
        _collect(node.plain, segments, at, slash, (*values, segment), found)
    if node.rest is not None:
        found.append((node.rest, (*values, "/".join(segments[at - 1 :]) + "/" * slash)))
