"""Pyramid's traversal: one view has several paths, and a policy decides by one of them.

`/a/edit`, `/a/@@edit` and `/a/edit/x/y` all run the view `edit` of `/a`; and a header,
`X-Vhm-Root`, puts a path in front of the one that was asked for. Where that could lead
around the policy it does not start; what only a request can show is refused when traversal
has ended, before the view is looked for.

environ keys read: `statusware.route`, `HTTP_X_VHM_ROOT`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pyramid.interfaces import (
    IContextFound,
    IException,
    IMultiView,
    IRequest,
    IRoutesMapper,
    ISecuredView,
    IView,
    IViewClassifier,
)
from pyramid.predicates import TraversePredicate
from pyramid.router import Router

from ..correlation import request_id
from ..errors import PolicyError
from ..layers.access import access_rule
from ..logs.table import ROUTING
from ..policy import Policy
from ..problem import Problem
from ..request import ambiguous
from ..rules import Match, Route
from ..rules.route import unclear
from .routes import apps_in

__all__ = ["check_traversal", "watch"]

#: By this header a proxy says below which resource the app is to be found.
_VIRTUAL_ROOT = "HTTP_X_VHM_ROOT"


def check_traversal(app: Any, policy: Policy) -> None:
    """Refuse narrow rules that other paths would lead around, if a router lies in `app`.

    Traversal reaches one view by several paths; those that no route lists, or that lie outside
    `[api] paths`, must not be let through.
    """
    everywhere = policy.scope is None or policy.scope.covers("/")
    if everywhere and policy.table.unlisted != "pass":
        return
    if not any(_has_traversal(router.registry) for router in _routers(app)):
        return
    for route in policy.routes:
        if not access_rule(route, policy.schemes).unconditional:
            raise PolicyError(
                "is narrower than everyone, and traversal reaches its view by other paths",
                file=policy.file,
                key=f"{route.where}.allow",
                hint='write unlisted = "reject" in [api], and no paths',
            )


def watch(app: Any) -> None:
    """Have the router that lies in `app`, if one does, ask `_ask`; again is no harm."""
    for router in _routers(app):
        registry = router.registry
        if all(each.handler is not _ask for each in registry.registeredHandlers()):
            registry.registerHandler(_ask, (IContextFound,))


def _routers(app: Any) -> Iterator[Any]:
    return (found for found in apps_in(app) if isinstance(found, Router))


def _ask(event: Any) -> None:
    """Whether the view that traversal has led to is the one that the policy has decided about."""
    environ = event.request.environ
    match: Match | None = environ.get("statusware.route")
    if not match:
        return
    problem = ambiguous() if _VIRTUAL_ROOT in environ else _elsewhere(event.request, match)
    if problem is not None:
        line = environ["REQUEST_METHOD"], environ.get("PATH_INFO"), request_id(environ)
        told = problem.status, problem.problem_code
        ROUTING.tell(*told, *line, environ=environ, problem=problem, layer="Routing")
        raise problem


def _elsewhere(request: Any, match: Match) -> Problem | None:
    """The refusal of a path that has run a view of another path, whose rule is another one."""
    path = _path_of_view(request, match.path)
    if path is None:
        return None
    for each in filter(None, (match, match.override)):
        other = each.table.find(each.method, path)
        if other.route is not None and other.route is not each.route and _is_narrow(other.route):
            return unclear(each, other)
    return None


def _path_of_view(request: Any, path: str) -> str | None:
    """The path by which a policy names the view that was found; None if it is `path` itself.

    None, too, where `path` does not end in what was traversed: a request of the app's own.
    """
    given: Any = request.path_info
    if request.matched_route is not None:
        given = request.matchdict.get("traverse", ())
    asked, given = _split(path), _split(given) if isinstance(given, str) else list(given)
    found = [*request.traversed, *filter(None, (request.view_name,))]
    at = len(asked) - len(given)
    if at < 0 or asked[at:] != given or found == given:
        return None
    return "/" + "/".join(asked[:at] + found)


def _split(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def _is_narrow(route: Route) -> bool:
    """Whether a rule of this route refuses anybody."""
    return not all(rule.unconditional for rule in route.rules.values())


def _has_traversal(registry: Any) -> bool:
    """Whether any view is found by traversal, alone or below a route."""
    mapper = registry.queryUtility(IRoutesMapper)
    routes: Iterable[Any] = () if mapper is None else mapper.get_routes(include_static=True)
    return any(map(_is_global, registry.registeredAdapters())) or any(map(_goes_on, routes))


def _is_global(found: Any) -> bool:
    """Whether an adapter is a view without a route; those of exceptions have no path."""
    if found.provided not in (IView, ISecuredView, IMultiView):
        return False
    classifier, request, context = found.required
    if classifier is not IViewClassifier or request is not IRequest:
        return False
    cls = getattr(context, "inherit", None)
    is_exception = isinstance(cls, type) and issubclass(cls, BaseException)
    return not (is_exception or context.isOrExtends(IException))


def _goes_on(route: Any) -> bool:
    """Whether traversal goes on where this route ends."""
    return "traverse" in re.findall(r"[{*](\w+)", route.pattern) or any(
        isinstance(predicate, TraversePredicate) for predicate in route.predicates
    )
