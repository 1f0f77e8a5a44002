"""The routes of an app, read out of its framework: Flask, Pyramid, Django, Falcon, Bottle.

What `statusware check`, `init` and `audit` go by. The framework is the app's own: it is
imported already, and only asked here; none is needed to read this file. How to read a routing
table is imported when an app turns up that has one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..policy.coverage import AppRoute

__all__ = ["apps_in", "is_of", "layers_of", "routes_of"]

#: How deep an app may lie in middleware.
DEPTH = 20

#: The attributes in which middleware keeps the app inside of it.
_INSIDE = ("app", "wsgi_app", "application", "_app", "_bare", "wrapped")


def routes_of(app: Any) -> list[AppRoute] | None:
    """The routes of a WSGI app, middleware around it aside; None where they cannot be read."""
    for layer in layers_of(app):
        for name, (module, reader) in _READERS.items():
            if is_of(layer, name):
                read: Callable[[Any], Iterable[AppRoute] | None]
                read = getattr(import_module(module, __package__), reader)
                found = read(layer)
                return found if found is None else list(found)
    return None


def layers_of(app: Any) -> Iterable[Any]:
    """A WSGI app, and what lies in it, from the outside in."""
    for _ in range(DEPTH):
        app = getattr(app, "__self__", app)  # app.wsgi_app, of a Flask app
        yield app
        app = next((found for name in _INSIDE if (found := getattr(app, name, None))), None)


def apps_in(app: Any) -> Iterator[Any]:
    """The same, and what lies in the apps that `DispatcherMiddleware` mounts."""
    for layer in layers_of(app):
        yield layer
        if is_of(layer, _DISPATCHER):
            for mounted in layer.mounts.values():
                yield from apps_in(mounted)


def is_of(app: Any, name: str) -> bool:
    """Whether an app is of a class, told without importing it."""
    return any(name == f"{cls.__module__}.{cls.__qualname__}" for cls in type(app).__mro__)


_DISPATCHER = "werkzeug.middleware.dispatcher.DispatcherMiddleware"

#: The class of an app, and the module and function that know its routes.
_READERS = {
    "flask.app.Flask": (".framework_routes", "flask_routes"),
    "flask.sansio.app.App": (".framework_routes", "flask_routes"),
    "bottle.Bottle": (".framework_routes", "bottle_routes"),
    "falcon.app.App": (".framework_routes", "falcon_routes"),
    "pyramid.router.Router": (".pyramid_routes", "pyramid_routes"),
    "django.core.handlers.wsgi.WSGIHandler": (".framework_routes", "django_routes"),
    _DISPATCHER: (".framework_routes", "mounted_routes"),
}
