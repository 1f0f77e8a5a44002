"""`Route`, one entry of the policy's list, and `Match`, the one that a request has found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..errors import PolicyError
from ..problem import Problem
from ..request import ambiguous
from .pattern import Pattern, parse_match

if TYPE_CHECKING:
    from .decision import AccessRule
    from .routes import RouteTable

__all__ = ["Match", "Route", "unclear"]

_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


@dataclass(eq=False)
class Route:
    """One entry of `[[routes]]`: what it matches, and what each layer has to know of it.

    `allow` and `deny` are principals, `body` a schema (None: no rule for bodies), `where`
    the place in the policy for error messages, `origin` that of the operation in an OpenAPI
    document which it comes from, if it does. `index` is set by the table that it is in.
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
    origin: str = ""
    index: int = -1
    patterns: tuple[Pattern, ...] = field(init=False)
    #: Its access rule, once it is compiled, by the schemes that it may name: several layers ask.
    rules: dict[frozenset[str], AccessRule] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        match: Any = self.match
        matches = list(match) if isinstance(match, list | tuple) else [match]
        try:
            self.patterns = tuple(parse_match(text) for text in matches or [""])
        except PolicyError as error:
            raise error.at(key=self.where) from None
        self.name = self.name or ", ".join(matches)

    def placed(self, index: int) -> Route:
        """This route with its place in a table; a copy if it has another place in another one.

        Layers know the rule of a route by its index.
        """
        route = self if self.index in (-1, index) else copy(self)
        route.index = index
        return route

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
    """Which route a request found: in the environ as `statusware.route`. Made by statusware.

    - `name`, `pattern`: of the route, as in the policy; None where no route lists the request.
    - `variables`: a mapping of the path variables to what stands there, as text.
    - `method`, `path`: of the request, as they were read. `route`, `table`: the `Route`, and
      the table that it was found in.
    - `listed`: whether any route lists the path, whatever the method.
    - `override`: the match of the method that an override header names, if another one.

    False where no route was found.
    """

    __slots__ = ("listed", "method", "override", "path", "pattern", "route", "table", "variables")

    def __init__(
        self,
        table: RouteTable,
        method: str,
        path: str,
        route: Route | None = None,
        pattern: str | None = None,
        variables: Mapping[str, str] = _NO_VARIABLES,
        override: Match | None = None,
        *,
        listed: bool = True,
    ) -> None:
        self.table, self.listed = table, listed
        self.method, self.path = method, path
        self.route, self.pattern, self.variables = route, pattern, variables
        self.override = override

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
        return ", ".join(self.table.allowed(self.path)) if self.listed else ""


def unclear(one: Match, other: Match) -> Problem:
    """The answer to a path that may lead to either; of a hidden route nobody learns by it."""
    if not any(each.route is not None and each.route.hide for each in (one, other)):
        return ambiguous()
    if one.allow and one.method not in one.table.visible(one.path):
        return Problem(405, headers=[("Allow", one.allow)])
    return Problem(404)
