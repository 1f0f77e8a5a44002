"""The routes of an app, read out of its framework: Flask, Pyramid, Django, Falcon, Bottle.

What `statusware check` and `audit` compare a policy with. The framework is the app's own:
it is imported already, and only asked here; none is needed to read this file.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from ..policy.coverage import AppRoute

__all__ = ["layers_of", "routes_of"]

#: How deep an app may lie in middleware.
DEPTH = 20

#: The attributes in which middleware keeps the app inside of it.
_INSIDE = ("app", "wsgi_app", "application", "_app", "_bare", "wrapped")


def routes_of(app: Any) -> list[AppRoute] | None:
    """The routes of a WSGI app, middleware around it aside; None where they cannot be read."""
    for layer in layers_of(app):
        names = {f"{cls.__module__}.{cls.__qualname__}" for cls in type(layer).__mro__}
        for name, read in _READERS.items():
            if name in names:
                return list(read(layer))
    return None


def layers_of(app: Any) -> Iterable[Any]:
    """A WSGI app, and what lies in it, from the outside in."""
    for _ in range(DEPTH):
        app = getattr(app, "__self__", app)  # app.wsgi_app, of a Flask app
        yield app
        app = next((found for name in _INSIDE if (found := getattr(app, name, None))), None)


def _flask(app: Any) -> Iterable[AppRoute]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" and not os.path.isdir(app.static_folder or ""):
            continue  # Flask adds it to every app, also where there is nothing to serve
        methods = None if rule.methods is None else frozenset(rule.methods) - {"HEAD", "OPTIONS"}
        text = re.sub(r"<(?:(\w+)(?:\([^>]*\))?:)?(\w+)>", _angle, rule.rule)
        yield AppRoute(_whole(text), methods or None, rule.endpoint)


def _bottle(app: Any) -> Iterable[AppRoute]:
    for route in app.routes:
        methods = None if route.method in ("ANY", "PROXY") else frozenset({route.method})
        text = re.sub(
            r"<(\w+)(?::(\w+)(?::[^>]*)?)?>", lambda m: _angle_named(m[2], m[1]), route.rule
        )
        name = getattr(route.callback, "__name__", "")
        yield AppRoute(_whole(text), methods, route.name or name)


def _falcon(app: Any) -> Iterable[AppRoute]:
    inspect = importlib.import_module("falcon.inspect")
    for route in inspect.inspect_routes(app):
        methods = frozenset(m.method for m in route.methods if not m.internal)
        text = re.sub(
            r"\{(\w+)(?::(\w+)(?:\([^}]*\))?)?\}", lambda m: _angle_named(m[2], m[1]), route.path
        )
        yield AppRoute(_whole(text), methods - {"WEBSOCKET"}, route.class_name)


def _pyramid(app: Any) -> Iterable[AppRoute]:
    introspector = app.registry.introspector
    patterns = {
        found["introspectable"]["name"]: found["introspectable"]
        for found in introspector.get_category("routes", ())
    }
    for found in introspector.get_category("views", ()):
        view = found["introspectable"]
        route = patterns.get(view["route_name"])
        if route is None:
            continue  # a traversal view: which paths reach it, only its resources know
        named = view["request_methods"] or route["request_methods"]
        methods = None if not named else frozenset({named} if isinstance(named, str) else named)
        text = re.sub(
            r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})*))?\}", _pyramid_variable, route["pattern"]
        )
        text = re.sub(r"\*(\w+)\Z", r"{\1:path}", "/" + text.lstrip("/"))
        methods = None if methods is None else methods - {"HEAD"} or methods
        yield AppRoute(_whole(text), methods, view["route_name"])


def _django(app: Any) -> Iterable[AppRoute]:
    urls = importlib.import_module("django.urls")
    yield from _urls(urls.get_resolver(urls.get_urlconf()).url_patterns, "")


def _urls(patterns: Iterable[Any], prefix: str) -> Iterable[AppRoute]:
    for entry in patterns:
        written = str(entry.pattern)
        if hasattr(entry.pattern, "_route"):
            text = re.sub(r"<(?:(\w+):)?(\w+)>", _angle, written)
        else:
            text = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"{\1}", written.strip("^$"))
        if hasattr(entry, "url_patterns"):
            yield from _urls(entry.url_patterns, prefix + text)
            continue
        view = getattr(entry.callback, "view_class", None)
        names = getattr(view, "http_method_names", None)
        methods = names and frozenset(n.upper() for n in names if hasattr(view, n))
        name = entry.name or getattr(entry.callback, "__name__", "")
        yield AppRoute(
            _whole("/" + prefix + text),
            (methods or frozenset()) - {"OPTIONS", "HEAD"} or None,
            name,
        )


def _angle(found: re.Match[str]) -> str:
    return _angle_named(found[1], found[2])


def _angle_named(converter: str | None, name: str) -> str:
    """A variable in the syntax of a policy; what a policy cannot say is a plain one."""
    return f"{{{name}:{converter}}}" if converter in ("int", "uuid", "path") else f"{{{name}}}"


def _pyramid_variable(found: re.Match[str]) -> str:
    kind = {r"\d+": "int", "[0-9]+": "int", ".*": "path", ".+": "path"}.get(found[2] or "")
    return _angle_named(kind, found[1])


def _whole(text: str) -> str:
    """A segment that a variable is but a part of, as a variable."""
    at = iter(range(100))

    def segment(part: str) -> str:
        if "{" not in part or re.fullmatch(r"\{\w+(?::\w+)?\}", part):
            return part
        return f"{{part{next(at)}}}"

    return "/".join(map(segment, text.split("/")))


_READERS: dict[str, Callable[[Any], Iterable[AppRoute]]] = {
    "flask.app.Flask": _flask,
    "flask.sansio.app.App": _flask,
    "bottle.Bottle": _bottle,
    "falcon.app.App": _falcon,
    "pyramid.router.Router": _pyramid,
    "django.core.handlers.wsgi.WSGIHandler": _django,
}
