"""What a policy promises, as far as an OpenAPI document can say it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..auth.scheme import Scheme
from ..catalog import Entry
from ..layers.report import LAYERS
from ..problem import Problem
from ..request import Scope
from ..rules import Route, RouteTable
from ..rules.pattern import Pattern, Variable

__all__ = ["Contract", "Listed"]


@dataclass(frozen=True, slots=True)
class Listed:
    """One pattern of a route with one of its methods.

    `outside`: no route of the policy lists it, and the policy lets it pass.
    """

    route: Route
    pattern: Pattern
    method: str
    outside: bool = False


@dataclass(frozen=True)
class Contract:
    """What an answer can look like, and where it can come from.

    `layers` names those that are enforced (not on trial), `format` is "problem", "simple" or
    "" (a renderer of the app's own), `base` what problem types start with, `problems` are the
    app's own codes, `translated` what the app's exceptions mean. `servers` are URLs, `mounts`
    the paths under which the app lies, `scope` those that the policy is about.
    """

    table: RouteTable
    schemes: Mapping[str, Scheme] = field(default_factory=dict)
    layers: Collection[str] = LAYERS
    format: str = "problem"
    base: str = ""
    html: bool = True
    problems: Mapping[str, Entry] = field(default_factory=dict)
    translated: Sequence[Problem] = ()
    servers: Sequence[str] = ()
    mounts: Sequence[str] = ()
    scope: Scope | None = None

    def listed(self, *, whole: bool = False) -> Iterator[Listed]:
        """Every pattern of every route, with each method that it lists.

        `*` stands for those that no other route names there, and HEAD for GET; that of HEAD
        and OPTIONS goes without saying unless all is asked for (`whole`).
        """
        every = [(route, p) for route in self.table.routes for p in route.patterns]
        named = {(_shape(p), method) for _, p in every for method in p.methods}
        unsaid = () if whole else ("HEAD", "OPTIONS")
        rest = [method for method in self.table.known() if method not in unsaid]
        for route, pattern in every:
            for method in pattern.methods:
                if method != "*":
                    yield Listed(route, pattern, method)
                if whole and method == "GET" and (_shape(pattern), "HEAD") not in named:
                    yield Listed(route, pattern, "HEAD")
                if method != "*":
                    continue
                for other in rest:
                    if (_shape(pattern), other) not in named:
                        yield Listed(route, pattern, other)


def _shape(pattern: Pattern) -> tuple[object, ...]:
    """What tells patterns apart: the names of variables do not."""
    segments = ((s.converter,) if isinstance(s, Variable) else s for s in pattern.segments)
    return pattern.slash, *segments
