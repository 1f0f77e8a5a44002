"""Routes and how a request finds its one.

Among the routes that match path *and* method the most specific wins, segment by segment
from the left: literal, then converter, then plain variable, then path; at equal rank a
named method beats `*`. HEAD follows GET. A trailing slash matches the same route, unless
both are listed. Any tie is refused at construction, so the order of routes means nothing.

Paths without variables are looked up in a dictionary, all others in a tree of segments:
what a request costs does not depend on the number of routes.

environ keys set: `statusware.route`, the `Match`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import PolicyError, check_list, nearest
from ..problem import Problem
from ..readings import plain_values
from ..request import METHODS, RequestLine, overridden
from .pattern import Pattern
from .principals import reads_request
from .route import Match, Route, unclear
from .tree import Leaf, Tree

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["Match", "Route", "RouteTable"]

#: What stands in a leaf for a method.
_Listed = tuple[Route, Pattern]


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
        check_list("routes", routes)
        self.unlisted = unlisted
        self.line = RequestLine(methods=methods, mount=mount, allow_path=allow_path)
        made = (r if isinstance(r, Route) else Route(r) for r in routes)
        self.routes = tuple(route.placed(index) for index, route in enumerate(made))
        self._tree: Tree[_Listed] = Tree()
        for route in self.routes:
            for pattern in route.patterns:
                self._add(route, pattern)
        for leaf in self._tree.leaves():
            self._spread(leaf)
        #: By PATH_INFO (bytes as Latin-1) and method: paths that were read at construction.
        self._literal = {_latin1(path): self._matches(path) for path in self._literal_paths()}

    def select(self, environ: WSGIEnvironment) -> Match:
        """The match of this request, as another layer with this table has found it, else `read`."""
        known: Match | None = environ.get("statusware.route")
        if known is not None and known.table is self:
            return known
        return self.read(environ)

    def read(self, environ: WSGIEnvironment) -> Match:
        """The match of this request; its `route` is None where no route lists path and method.

        Raises `Problem` 400 for an ambiguous request line and 501 for an unknown method (but
        where the table has nothing to say of the path: that is for `Routing` alone).
        Kept in the environ, unless another table found a route there and this one none.
        """
        literal = self._literal.get(environ.get("PATH_INFO", ""))
        match = None if literal is None else literal.get(environ["REQUEST_METHOD"])
        if match is None:
            path = self.line.path(environ)
            method = environ["REQUEST_METHOD"]
            if method not in self.line.methods:
                self._method(method, path)
            match = self.find(method, path)
        elif environ.get("SCRIPT_NAME", "") not in self.line.mounts:
            self.line.check_mount(environ)
        if (override := overridden(environ)) is not None:
            match = self._overridden(match, self._method(override, match.path))
        found = match.route is not None
        served = found or self.unlisted == "pass"  # else it is refused, however it is read
        if served and (match.variables or self.line.relaxed or not found):
            self._check_readings(match)
        if found or not environ.get("statusware.route"):
            environ["statusware.route"] = match
        return match

    def find(self, method: str, path: str) -> Match:
        """The match of a method and a path (text, as the app sees it)."""
        leaves = self._tree.search(path)
        for leaf, values in leaves:
            if (listed := leaf.get(method)) is not None:
                return self._match(method, path, listed, values)
        return Match(self, method, path, listed=bool(leaves))

    def allowed(self, path: str) -> list[str]:
        """The methods for Allow, in the order of the table of methods; empty if unlisted.

        OPTIONS is always among them, as it is answered for every listed path.
        """
        listed = self.visible(path)
        if not listed:
            return []
        return [method for method in self.known() if method in listed or method == "OPTIONS"]

    def visible(self, path: str) -> set[str]:
        """The methods that routes list for a path, hidden ones aside."""
        leaves = (leaf.items() for leaf, _ in self._tree.search(path))
        return {method for leaf in leaves for method, (route, _) in leaf if not route.hide}

    def known(self) -> list[str]:
        """All known methods, in the order of the table of methods."""
        return sorted(self.line.methods, key=_order)

    def lists(self, path: str) -> bool:
        """Whether any route lists this path, whatever the method; hidden ones included."""
        return bool(self._tree.search(path))

    def candidates(self, path: str) -> list[tuple[str, Route, frozenset[str]]]:
        """All that lists a path, the most specific first: pattern, route and its methods there."""
        found: dict[tuple[str, Route], set[str]] = {}
        for leaf, _ in self._tree.search(path):
            for method, (route, pattern) in leaf.items():
                found.setdefault((pattern.text, route), set()).add(method)
        return [(text, route, frozenset(methods)) for (text, route), methods in found.items()]

    def _method(self, method: str, path: str) -> str:
        if self.unlisted == "pass" and not self.lists(path):
            return method
        return self.line.known(method)

    def _overridden(self, match: Match, override: str) -> Match:
        """A match of its own that carries the one of the other method too."""
        other = self.find(override, match.path)
        return Match(
            self,
            match.method,
            match.path,
            match.route,
            match.pattern,
            match.variables,
            other,
            listed=match.listed,
        )

    def _check_readings(self, match: Match) -> None:
        """Refuse a path that another reader could take to another route, or out of the policy.

        Where `allow_path` lets a path by that can be read in several ways, the variables
        have to be the same in all of them as well, if the rule of the route asks for them.
        """
        try:
            others = self.line.other_readings(match.path)
        except Problem:
            raise unclear(match, match.override or match) from None
        for reading in others:
            self._compare(match, reading, variables=True)
        for reading in (match.path, *others):
            for plain in plain_values(reading):
                self._compare(match, plain, variables=False)

    def _compare(self, match: Match, reading: str, *, variables: bool) -> None:
        listed = self.lists(match.path)
        for each in (match,) if match.override is None else (match, match.override):
            other = self.find(each.method, reading)
            same = other.route is each.route and self.lists(reading) == listed
            if same and variables and each.route is not None:
                asked = reads_request(each.route.allow, each.route.deny)
                same = not asked or other.variables == each.variables
            if not same:
                raise unclear(each, other)

    def _add(self, route: Route, pattern: Pattern) -> None:
        leaf = self._tree.leaf(pattern)
        key = f"{route.where}.match" if route.where else "match"
        for method in pattern.methods:
            if method != "*" and method not in self.line.methods:
                hint = nearest(method, self.line.methods)
                raise PolicyError(f"{method!r} is no known method", key=key, hint=hint)
            if method in leaf:
                raise PolicyError(
                    f'"{method} {pattern.text}" has the same match as "{leaf[method][0].name}"',
                    key=key,
                    hint="a path and a method belong to one route",
                )
            leaf[method] = (route, pattern)

    def _spread(self, leaf: Leaf[_Listed]) -> None:
        """HEAD follows GET, and `*` stands for every method that is not named."""
        if "GET" in leaf:
            leaf.setdefault("HEAD", leaf["GET"])
        if "*" in leaf:
            anything = leaf.pop("*")
            for method in self.line.methods:
                leaf.setdefault(method, anything)

    def _literal_paths(self) -> set[str]:
        """Every path without variables, without the slash at its end and with it."""
        texts = (p.text for route in self.routes for p in route.patterns if not p.variables)
        bare = {text.rstrip("/") for text in texts}
        return (bare | {f"{path}/" for path in bare}) - {""}

    def _matches(self, path: str) -> dict[str, Match]:
        """What a path without variables finds, by method."""
        matches: dict[str, Match] = {}
        for leaf, values in self._tree.search(path):
            for method, listed in leaf.items():
                if method not in matches:
                    matches[method] = self._match(method, path, listed, values)
        return matches

    def _match(self, method: str, path: str, listed: _Listed, values: tuple[str, ...]) -> Match:
        route, pattern = listed
        names = pattern.variables
        if len(names) == 1:  # by far the most frequent, and four times as fast
            variables = {names[0]: values[0]}
        elif not names:
            return Match(self, method, path, route, pattern.text)
        else:
            variables = dict(zip(names, values, strict=True))
        return Match(self, method, path, route, pattern.text, variables)


def _latin1(path: str) -> str:
    """A path as it stands in the environ (PEP 3333)."""
    return path.encode().decode("latin-1")


def _order(method: str) -> tuple[int, str]:
    """Well-known methods first, in the order of their table."""
    return (METHODS.index(method) if method in METHODS else len(METHODS), method)
