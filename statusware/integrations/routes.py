"""The routes of an app, read out of its framework: Flask, Pyramid, Django, Falcon, Bottle.

What `statusware check`, `init` and `audit` go by. The framework is the app's own: it is
imported already, and only asked here; none is needed to read this file. How to read a routing
table is imported when an app turns up that has one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
        for name, (module, reader) in _READERS.items():
            if name in names:
                read: Callable[[Any], Iterable[AppRoute]]
                read = getattr(import_module(module, __package__), reader)
                return list(read(layer))
    return None


def layers_of(app: Any) -> Iterable[Any]:
    """A WSGI app, and what lies in it, from the outside in."""
    for _ in range(DEPTH):
        app = getattr(app, "__self__", app)  # app.wsgi_app, of a Flask app
        yield app
        app = next((found for name in _INSIDE if (found := getattr(app, name, None))), None)


#: The class of an app, and the module and function that know its routes.
_READERS = {
    "flask.app.Flask": (".framework_routes", "flask_routes"),
    "flask.sansio.app.App": (".framework_routes", "flask_routes"),
    "bottle.Bottle": (".framework_routes", "bottle_routes"),
    "falcon.app.App": (".framework_routes", "falcon_routes"),
    "pyramid.router.Router": (".pyramid_routes", "pyramid_routes"),
    "django.core.handlers.wsgi.WSGIHandler": (".framework_routes", "django_routes"),
}
