"""What the frameworks say of their routes; `routes.routes_of` knows whom to ask.

The framework is the app's own: it is imported already, and only asked here.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from werkzeug.exceptions import HTTPException

from ..policy.coverage import AppRoute
from .routes import routes_of
from .variables import named, route, typed

__all__ = ["bottle_routes", "django_routes", "falcon_routes", "flask_routes", "mounted_routes"]


def mounted_routes(app: Any) -> list[AppRoute] | None:
    """The routes of several apps; all below a mount point, where those of its app are unknown."""
    routes = [] if isinstance(app.app, HTTPException) else routes_of(app.app)
    if routes is None:
        return None
    for mount, mounted in app.mounts.items():
        found = routes_of(mounted)
        if found is None:
            routes += _below(mount, getattr(mounted, "__name__", ""))
            continue
        for each in found:
            written = mount + each.written if each.written else ""
            routes.append(replace(each, pattern=mount + each.pattern, written=written))
    return routes


def _below(path: str, name: str, written: str = "") -> list[AppRoute]:
    """A path and all below it, for any method."""
    start = path.rstrip("/")
    patterns = (start or "/", f"{start}/{{rest:path}}")
    return [AppRoute(pattern, name=name, written=written) for pattern in patterns]


def _nothing(text: str, methods: frozenset[str] | None, name: str, written: str) -> AppRoute:
    """A route whose rest of the path may be nothing, where it is."""
    return AppRoute(text[: text.rindex("{")], methods, name, written=written)


def flask_routes(app: Any) -> Iterable[AppRoute]:
    """Those of a Flask app."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" and not os.path.isdir(app.static_folder or ""):
            continue  # Flask adds it to every app, also where there is nothing to serve
        methods = None if rule.methods is None else frozenset(rule.methods) - {"HEAD", "OPTIONS"}
        text = re.sub(r"<(?:(\w+)(?:\([^>]*\))?:)?(\w+)>", named, rule.rule)
        exact = re.sub(r"<(?:(int|uuid|path|string|default):)?(\w+)>", named, rule.rule)
        yield route(text, methods or None, rule.endpoint, written=rule.rule, exact=exact)


def bottle_routes(app: Any) -> Iterable[AppRoute]:
    """Those of a Bottle app."""
    for each in app.routes:
        methods = None if each.method in ("ANY", "PROXY") else frozenset({each.method})
        text = _bottle_path(app.router.rule_syntax, each.rule, exact=False)
        exact = _bottle_path(app.router.rule_syntax, each.rule, exact=True)
        name = each.name or getattr(each.callback, "__name__", "")
        yield route(text, methods, name, written=each.rule, exact=exact)
        if each.rule.endswith((":re:.*>", ":re:.*?>")):
            yield _nothing(text, methods, name, each.rule)


def _bottle_path(syntax: re.Pattern[str], rule: str, *, exact: bool) -> str:
    """A rule by Bottle's own syntax, in which a variable may be `<x:int>`, `:x`, or nameless."""
    numbers = iter(range(100))

    def named(found: re.Match[str]) -> str:
        escape, name, old, pattern, *new = found.groups()
        if len(escape) % 2:  # no variable, but the text of one
            return found[0][len(escape) :]
        kind = None if old is not None else new[1]
        if exact and (pattern or kind not in (None, "", "int", "path")):
            return found[0]
        if kind == "re" and new[2] in (".*", ".+", ".*?", ".+?"):
            kind = "path"
        name = (name if old is not None else new[0]) or f"any{next(numbers)}"
        return escape + typed(kind, name)

    return syntax.sub(named, rule)


def falcon_routes(app: Any) -> Iterable[AppRoute]:
    """Those of a Falcon app."""
    inspect = importlib.import_module("falcon.inspect")
    for each in inspect.inspect_routes(app):
        methods = frozenset(m.method for m in each.methods if not m.internal)
        path = each.path
        text = re.sub(r"\{(\w+)(?::(\w+)(?:\([^}]*\))?)?\}", lambda m: typed(m[2], m[1]), path)
        exact = re.sub(r"\{(\w+)(?::(int|uuid|path))?\}", lambda m: typed(m[2], m[1]), path)
        methods -= {"WEBSOCKET"}
        yield route(text, methods, each.class_name, written=path, exact=exact)
        if text.endswith(":path}"):
            yield _nothing(text, methods, each.class_name, path)
    for each in inspect.inspect_static_routes(app):
        yield from _below(each.prefix, "static")
    for prefix, sink, *_ in getattr(app, "_sinks", ()):  # what is public wants their source
        literal = re.match(r"(?:/[\w.~-]+)*(?=/|\Z)|", re.sub(r"\\(\W)", r"\1", prefix.pattern))
        start = "" if literal is None else literal[0]
        yield from _below(start, getattr(sink, "__name__", ""), prefix.pattern)


def django_routes(app: Any) -> Iterable[AppRoute]:
    """Those of the Django app."""
    urls = importlib.import_module("django.urls")
    yield from _urls(urls.get_resolver(urls.get_urlconf()).url_patterns, "", "")


def _urls(patterns: Iterable[Any], prefix: str, before: str) -> Iterable[AppRoute]:
    """Below `prefix`, which the app has written as `before`."""
    for entry in patterns:
        written = before + str(entry.pattern)
        text = prefix + _django_path(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from _urls(entry.url_patterns, text, written)
            continue
        view = getattr(entry.callback, "view_class", None)
        names = getattr(view, "http_method_names", None)
        methods = names and frozenset(n.upper() for n in names if hasattr(view, n))
        methods = (methods or frozenset()) - {"OPTIONS", "HEAD"} or None
        name = entry.name or getattr(entry.callback, "__name__", "")
        exact = re.sub(r"<(?:(int|uuid|path|str):)?(\w+)>", named, f"/{written}")
        yield route(f"/{text}", methods, name, written=f"/{written}", exact=exact)
        if re.search(r"\(\?P<\w+>\.\*\??\)(?:\$|\\Z)?\Z", written):
            yield _nothing(f"/{text}", methods, name, f"/{written}")


def _django_path(pattern: Any) -> str:
    written = str(pattern)
    if hasattr(pattern, "_route"):
        return re.sub(r"<(?:(\w+):)?(\w+)>", named, written)
    written = written.removesuffix("\\Z").strip("^$")
    whole = re.sub(r"\(\?P<(\w+)>\.[*+]\??\)", r"{\1:path}", written)
    return re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"{\1}", whole)
