"""`app()`: the whole thing from two strings, for gunicorn and the command line.

gunicorn "statusware.serve:app('shop:app', 'statusware.toml')"
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

from .errors import PolicyError
from .policy import Policy, wrap
from .rules.principals import load_object

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["app", "import_from_here", "load"]


def app(target: str, policy: str | os.PathLike[str] | None = None) -> WSGIApplication:
    """The WSGI app of `target` (`"module:app"` or `"module:factory()"`) behind `policy`.

    A Flask app gets the Flask integration: its exceptions are translated before Flask makes
    a 500 of them. Raises `PolicyError` for a target or a policy that is wrong; under
    gunicorn it is of the kinds too for which gunicorn prints a line and stops: an
    `AppImportError` in a worker, a `RuntimeError` with preload.
    """
    try:
        return _wrapped(load(target), policy)
    except PolicyError as error:
        gunicorn = sys.modules.get("gunicorn.errors")
        if gunicorn is None:
            raise
        both = type("PolicyError", (PolicyError, gunicorn.AppImportError, RuntimeError), {})
        raise both(error.reason, key=error.key, file=error.file, hint=error.hint) from None


def _wrapped(wsgi_app: WSGIApplication, policy: str | os.PathLike[str] | None) -> WSGIApplication:
    if policy is None:
        return wrap(wsgi_app)
    found = Policy.of(policy)
    if _is_flask(wsgi_app):
        integration = importlib.import_module("statusware.integrations.flask")
        integration.translate_exceptions(wsgi_app, found.translation)
    return wrap(wsgi_app, found)


def load(target: str) -> WSGIApplication:
    """The WSGI app that `"module:app"` or `"module:factory()"` names."""
    name, call, rest = target.partition("(")
    if ":" not in name or (call and rest.strip() != ")"):
        hint = 'as in "shop:app" or "shop:create_app()"'
        raise PolicyError(f"{target!r} names no app", key="app", hint=hint)
    import_from_here()
    try:
        found = load_object(name)
    except PolicyError as error:
        raise error.at(key="app") from None
    found = found() if call else found
    if not callable(found):
        raise PolicyError(f"{target!r} is no WSGI app", key="app")
    wsgi_app: WSGIApplication = found
    return wsgi_app


def import_from_here() -> None:
    """Let modules be found in the working directory, as gunicorn does."""
    if "" not in sys.path and os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())


def _is_flask(wsgi_app: object) -> bool:
    """Whether this is a Flask app, told without importing Flask."""
    return any(
        (cls.__module__, cls.__qualname__) == ("flask.app", "Flask")
        for cls in type(wsgi_app).__mro__
    )
