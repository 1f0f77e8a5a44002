"""The routes and the views of a Pyramid app, those that are found by traversal among them.

A view without a route is reached by the paths of resources: which ones there are, only the
resource tree knows, while it is asked. It is told as the paths that may lead to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..policy.coverage import AppRoute
from .variables import route, typed

__all__ = ["pyramid_routes"]

_VARIABLE = re.compile(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})*))?\}")
_REST = re.compile(r"\*(\w+)\Z")

#: Regular expressions that a policy has a word for.
_KINDS = {r"\d+": "int", "[0-9]+": "int", ".*": "path", ".+": "path"}

_View = Mapping[str, Any]


def pyramid_routes(app: Any) -> Iterable[AppRoute]:
    """What the app's configuration says of itself."""
    introspector = app.registry.introspector
    routes = {found["name"]: found for found in _told(introspector, "routes")}
    views = list(_told(introspector, "views"))
    everywhere = [view for view in views if view["route_name"] is None and _has_path(view)]
    for view in views:
        if (found := routes.get(view["route_name"])) is not None:
            yield from _of_route(found, view)
    for found in routes.values():
        if found["use_global_views"]:
            yield from (each for view in everywhere for each in _of_route(found, view))
    for view in everywhere:
        yield _traversed("/", view)


def _told(introspector: Any, category: str) -> Iterator[Any]:
    return (found["introspectable"] for found in introspector.get_category(category, ()))


def _has_path(view: _View) -> bool:
    """Whether a view has a path at all: those of exceptions have none."""
    context = view["context"]
    if isinstance(context, type):
        return not issubclass(context, BaseException)
    return not view["exception_only"] and getattr(context, "__name__", "") != "IExceptionResponse"


def _of_route(found: _View, view: _View) -> Iterator[AppRoute]:
    """A view of a route; where traversal goes on below it, one for all the paths there."""
    written = "/" + found["pattern"].lstrip("/")
    start = _REST.sub("", written)
    path = _VARIABLE.sub(_variable, start)
    if written.endswith("*traverse"):
        yield _traversed(path.rstrip("/") or "/", view, found)
        return
    methods = _methods(view, found)
    exact = _VARIABLE.sub(lambda m: _variable(m) if _is_exact(m) else m[0], start)
    name = view["route_name"] or found["name"]
    if (rest := _REST.search(written)) is None:
        yield route(path, methods, name, written=written, exact=exact)
        if written.endswith(":.*}"):  # it may be nothing
            start = path[: path.rindex("{")]
            yield route(start, methods, name, written=written, exact=start)
        return
    tail = f"{{{rest[1]}:path}}"
    yield route(path + tail, methods, name, written=written, exact=exact + tail)
    if path.endswith("/"):  # the rest may be nothing
        yield route(path, methods, name, written=written, exact=exact)


def _traversed(path: str, view: _View, found: _View | None = None) -> AppRoute:
    name = view["route_name"] or getattr(view["callable"], "__name__", "")
    return AppRoute(path, _methods(view, found), name, view=view["name"])


def _methods(view: _View, found: _View | None) -> frozenset[str] | None:
    """The methods that a view takes; None: any. HEAD comes with GET."""
    names = view["request_methods"] or (found and found["request_methods"])
    if not names:
        return None
    methods = frozenset({names} if isinstance(names, str) else names)
    return methods - {"HEAD"} or methods


def _is_exact(found: re.Match[str]) -> bool:
    return found[2] is None or found[2] in _KINDS


def _variable(found: re.Match[str]) -> str:
    return typed(_KINDS.get(found[2] or ""), found[1])
