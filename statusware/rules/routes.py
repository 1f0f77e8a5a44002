"""Routes and how a request finds its one.

Among the routes that match path *and* method the most specific wins, segment by segment
from the left: literal, then converter, then plain variable, then path; at equal rank a
named method beats `*`. HEAD follows GET. A trailing slash matches the same route, unless
both are listed. Any tie is refused at construction, so the order of routes means nothing.

The table is a tree of segments, with a dictionary in front of it for paths without
variables: what a request costs depends on the length of its path, not on the number of routes.

environ keys set: `statusware.route`, the `Match`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..errors import PolicyError, nearest
from ..request import METHODS, RequestLine, ambiguous, overridden
from .pattern import CONVERTERS, Pattern, Variable, parse_match

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["Match", "Route", "RouteTable"]

_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


@dataclass(eq=False)
class Route:
    """One entry of `[[routes]]`: what it matches, and what each layer has to know of it.

    `allow` and `deny` are principals, `body` a schema (None: no rule for bodies), `where`
    the place in the policy for error messages. `index` is set by the table.
    """

    match: str | Sequence[str]
    name: str = ""
    allow: Any = None
    deny: Any = ()
    hide: bool = False
    body: Any = None
    max_bytes: Any = None
    accept: Any = None
    body_optional: bool = False
    where: str = ""
    index: int = -1
    patterns: tuple[Pattern, ...] = field(init=False)

    def __post_init__(self) -> None:
        matches = [self.match] if isinstance(self.match, str) else list(self.match)
        try:
            self.patterns = tuple(parse_match(text) for text in matches or [""])
        except PolicyError as error:
            raise error.at(key=self.where) from None
        self.name = self.name or ", ".join(matches)

    @property
    def variables(self) -> frozenset[str]:
        """The path variables that every pattern of the route has."""
        sets = [frozenset(pattern.variables) for pattern in self.patterns]
        return frozenset.intersection(*sets)

    @property
    def methods(self) -> frozenset[str]:
        """The methods as they are listed, `*` included."""
        return frozenset(method for pattern in self.patterns for method in pattern.methods)


class Match:
    """Which route a request found: in the environ as `statusware.route`.

    `name` and `pattern` (as in the policy; None where no route lists the request) and
    `variables`, a mapping of the path variables as text. False where no route was found.
    """

    __slots__ = ("_table", "method", "override", "path", "pattern", "route", "variables")

    def __init__(
        self,
        table: RouteTable,
        method: str,
        path: str,
        route: Route | None = None,
        pattern: str | None = None,
        variables: Mapping[str, str] = _NO_VARIABLES,
    ) -> None:
        self._table = table
        self.method, self.path = method, path
        self.route, self.pattern, self.variables = route, pattern, variables
        #: The match of the method that an override header names, if another one.
        self.override: Match | None = None

    def __bool__(self) -> bool:
        return self.route is not None

    def __repr__(self) -> str:
        return f"<Match {self.name!r} {dict(self.variables)!r}>"

    @property
    def name(self) -> str | None:
        """The name of the route."""
        return self.route.name if self.route is not None else None

    @property
    def allow(self) -> str:
        """The Allow header of this path: what the policy lists there, hidden routes aside."""
        return ", ".join(self._table.allowed(self.path))

    def of(self, table: RouteTable) -> bool:
        """Whether `table` made this match."""
        return self._table is table


#: What a leaf holds for a method: the route, its pattern and the names of its variables.
_Listed = tuple[Route, Pattern, tuple[str, ...]]


class _Leaf:
    """The end of a path: what is listed there, by method."""

    __slots__ = ("listed",)

    def __init__(self) -> None:
        self.listed: dict[str, _Listed] = {}

    def add(self, method: str, listed: _Listed) -> None:
        if method in self.listed:
            first, second = self.listed[method], listed
            raise PolicyError(
                f'"{method} {second[1].text}" has the same match as "{first[0].name}"',
                key=f"{second[0].where}.match" if second[0].where else "match",
                hint="a path and a method belong to one route",
            )
        self.listed[method] = listed

    def spread(self, methods: Iterable[str]) -> None:
        """HEAD follows GET, and `*` stands for every method that is not named."""
        if "GET" in self.listed:
            self.listed.setdefault("HEAD", self.listed["GET"])
        if (anything := self.listed.pop("*", None)) is not None:
            for method in methods:
                self.listed.setdefault(method, anything)


class _Node:
    """One segment's worth of the tree."""

    __slots__ = ("bare", "converters", "literals", "plain", "rest", "slashed")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.converters: dict[str, _Node] = {}
        self.plain: _Node | None = None
        self.rest: _Leaf | None = None
        self.bare: _Leaf | None = None
        self.slashed: _Leaf | None = None

    def child(self, segment: str | Variable) -> _Node:
        if isinstance(segment, str):
            return self.literals.setdefault(segment, _Node())
        if segment.converter:
            return self.converters.setdefault(segment.converter, _Node())
        if self.plain is None:
            self.plain = _Node()
        return self.plain

    def leaf(self, slash: bool) -> _Leaf | None:
        """What a path that ends here finds, with or without a slash at its end."""
        return (self.slashed or self.bare) if slash else (self.bare or self.slashed)


class RouteTable:
    """All routes, and the reading of the request line that they are matched by.

    `routes` are `Route`s, or match strings; `unlisted` says what a path is that no route
    lists: "reject" or "pass" (outside the policy). The other options are those of
    `statusware.request.RequestLine`. A tie or a wrong option is a `PolicyError`.
    """

    def __init__(
        self,
        routes: Iterable[Route | str],
        *,
        unlisted: str = "reject",
        methods: Iterable[str] = (),
        mount: str | Iterable[str] | None = None,
        allow_path: Iterable[str] = (),
    ) -> None:
        if unlisted not in ("reject", "pass"):
            hint = nearest(str(unlisted), ("reject", "pass"))
            raise PolicyError(f"{unlisted!r} is unknown", key="unlisted", hint=hint)
        self.unlisted = unlisted
        self.line = RequestLine(methods=methods, mount=mount, allow_path=allow_path)
        self.routes = tuple(Route(r) if isinstance(r, str) else r for r in routes)
        self._root = _Node()
        leaves = {self._add(r, p) for r in self.routes for p in r.patterns}
        for leaf in leaves:
            leaf.spread(self.line.methods)
        self._literal = {
            path: {
                method: Match(self, method, path, route, pattern.text)
                for method, (route, pattern, _) in leaf.listed.items()
            }
            for path, leaf in self._literal_paths()
        }
        for index, route in enumerate(self.routes):
            route.index = index

    def select(self, environ: WSGIEnvironment) -> Match:
        """The match of this request; its `route` is None where no route lists path and method.

        Raises `Problem` 400 for an ambiguous request line and 501 for an unknown method.
        The answer is kept in the environ, so that layers with one table match once.
        """
        known: Match | None = environ.get("statusware.route")
        if known is not None and known.of(self):
            return known
        path = self.line.path(environ)
        method = self.line.method(environ)
        match = self.find(method, path)
        for reading in self.line.other_readings(path):
            other = self.find(method, reading)
            if other.route is not match.route or other.variables != match.variables:
                raise ambiguous()
        if (override := overridden(environ)) is not None:
            match = self._overridden(match, override)
        environ["statusware.route"] = match
        return match

    def find(self, method: str, path: str) -> Match:
        """The match of a method and a path (text, as the app sees it)."""
        literal = self._literal.get(path)
        if literal is not None and (match := literal.get(method)) is not None:
            return match
        segments, slash = _split(path)
        for leaf, values in _walk(self._root, segments, 0, slash):
            if (listed := leaf.listed.get(method)) is not None:
                route, pattern, names = listed
                return Match(
                    self, method, path, route, pattern.text, dict(zip(names, values, strict=True))
                )
        return Match(self, method, path)

    def allowed(self, path: str) -> list[str]:
        """The methods for Allow, in the order of the table of methods; empty if unlisted.

        OPTIONS is always among them, as it is answered for every listed path.
        """
        segments, slash = _split(path)
        listed = {
            method
            for leaf, _ in _walk(self._root, segments, 0, slash)
            for method, (route, _, _) in leaf.listed.items()
            if not route.hide
        }
        if not listed:
            return []
        known = sorted(self.line.methods, key=_order)
        return [method for method in known if method in listed or method == "OPTIONS"]

    def lists(self, path: str) -> bool:
        """Whether any route lists this path, whatever the method; hidden ones included."""
        segments, slash = _split(path)
        return any(True for _ in _walk(self._root, segments, 0, slash))

    def _overridden(self, match: Match, override: str) -> Match:
        """A match of its own that carries the one of the other method too."""
        self.line.method({"REQUEST_METHOD": override})
        both = Match(self, match.method, match.path, match.route, match.pattern, match.variables)
        both.override = self.find(override, match.path)
        return both

    def _add(self, route: Route, pattern: Pattern) -> _Leaf:
        node = self._root
        last = pattern.segments[-1] if pattern.segments else None
        rest = isinstance(last, Variable) and last.converter == "path"
        for segment in pattern.segments[: -1 if rest else None]:
            node = node.child(segment)
        name = "rest" if rest else "slashed" if pattern.slash else "bare"
        if getattr(node, name) is None:
            setattr(node, name, _Leaf())
        leaf: _Leaf = getattr(node, name)
        for method in pattern.methods:
            if method != "*" and method not in self.line.methods:
                hint = nearest(method, self.line.methods)
                key = f"{route.where}.match" if route.where else "match"
                raise PolicyError(f"{method!r} is no known method", key=key, hint=hint)
            leaf.add(method, (route, pattern, pattern.variables))
        return leaf

    def _literal_paths(self) -> Iterable[tuple[str, _Leaf]]:
        """Every path without variables, with the slash and without, and what it finds."""
        paths = {p.text for r in self.routes for p in r.patterns if not p.variables}
        paths |= {path.rstrip("/") for path in paths} | {f"{path.rstrip('/')}/" for path in paths}
        for path in paths - {""}:
            segments, slash = _split(path)
            node = self._root
            for segment in segments:
                node = node.literals[segment]
            if (leaf := node.leaf(slash)) is not None:
                yield path, leaf


def _split(path: str) -> tuple[list[str], bool]:
    """The segments of a path, and whether a slash stands at its end."""
    segments = path[1:].split("/")
    if segments[-1]:
        return segments, False
    segments.pop()
    return segments, bool(segments)


def _walk(
    node: _Node, segments: list[str], at: int, slash: bool
) -> Iterable[tuple[_Leaf, tuple[str, ...]]]:
    """Every leaf that matches, the most specific first, with the values of its variables."""
    if at == len(segments):
        if (leaf := node.leaf(slash)) is not None:
            yield leaf, ()
        return
    segment = segments[at]
    if (child := node.literals.get(segment)) is not None:
        yield from _walk(child, segments, at + 1, slash)
    for converter, child in node.converters.items():
        if CONVERTERS[converter].fullmatch(segment):
            for leaf, values in _walk(child, segments, at + 1, slash):
                yield leaf, (segment, *values)
    if node.plain is not None and segment:
        for leaf, values in _walk(node.plain, segments, at + 1, slash):
            yield leaf, (segment, *values)
    if node.rest is not None and segment:
        yield node.rest, ("/".join(segments[at:]) + "/" * slash,)


def _order(method: str) -> tuple[int, str]:
    """Well-known methods first, in the order of their table."""
    return (METHODS.index(method) if method in METHODS else len(METHODS), method)
