"""Flask: the extension, as Flask's extension guide has it.

    app = Flask(__name__)
    Statusware(app, "statusware.toml")

or `statusware = Statusware()` and, in the factory, `statusware.init_app(app)` with
`app.config["STATUSWARE_POLICY"]`. Middleware that is put around `app.wsgi_app` before
stands inside the policy, middleware that is put there later (`ProxyFix`) outside.

Configuration keys: `STATUSWARE_POLICY` (a path, relative to the working directory, a dict
or a `Policy`), `STATUSWARE_OVERRIDE_HANDLERS` (a bool).
environ keys read: `statusware.identity`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, cast

from flask import Flask, request
from werkzeug.exceptions import HTTPException
from werkzeug.local import LocalProxy

from ..auth.identity import Identity
from ..errors import PolicyError, nearest
from ..layers.guard import calling
from ..layers.record import log_failure, log_translated
from ..layers.translate import Translation
from ..policy import Policy, wrap
from ..problem import Problem
from .flask_app import Inside, Outside, needs_context
from .flask_request import reusing

__all__ = ["Statusware", "current_identity", "translate_exceptions"]

#: Whatever stands for a policy.
_Policy = Policy | Mapping[str, Any] | str | os.PathLike[str]

_KEYS = ("STATUSWARE_POLICY", "STATUSWARE_OVERRIDE_HANDLERS")

#: The verified identity of the request that is being served; false where it is anonymous.
current_identity: Identity = cast(
    Identity, LocalProxy(lambda: request.environ.get("statusware.identity"))
)


class Statusware:
    """Puts an app behind a policy.

    `policy` is what `wrap` takes; without one, that of `STATUSWARE_POLICY`, else every
    error gets the envelope and nothing else changes. Exceptions that `[errors]` lists are
    translated before Flask makes a 500 of them. Error handlers of the app's own win,
    unless `override_handlers`. Where Flask propagates exceptions in debug mode and under
    TESTING, whatever `[errors]` does not list reaches the debugger or the test as ever.

    `app.extensions["statusware"]` is the `Policy`, or None. Raises `PolicyError`.
    """

    def __init__(
        self,
        app: Flask | None = None,
        policy: _Policy | None = None,
        *,
        override_handlers: bool | None = None,
    ) -> None:
        self._policy, self._override = policy, override_handlers
        if app is not None:
            self.init_app(app)

    def init_app(
        self,
        app: Flask,
        policy: _Policy | None = None,
        *,
        override_handlers: bool | None = None,
    ) -> None:
        """Put `app` behind `policy`; what is not given here is that of the constructor."""
        if "statusware" in app.extensions:
            raise PolicyError("is set already", key="policy", hint="one Statusware an app")
        _check_keys(app)
        given = _first(policy, self._policy, app.config.get("STATUSWARE_POLICY"))
        if given is None and "STATUSWARE_POLICY" in app.config:
            raise PolicyError("is None", key="STATUSWARE_POLICY", hint="a path, or leave it out")
        override = _first(
            override_handlers, self._override, app.config.get("STATUSWARE_OVERRIDE_HANDLERS")
        )
        _install(app, None if given is None else Policy.of(given), override=bool(override))


def translate_exceptions(app: Flask, translation: Translation) -> None:
    """Register an error handler for every exception class that `translation` lists.

    A handler that the app has already, for the class or a base class of it, stays and
    wins; so does one that it registers later. Classes whose modules are not imported yet
    get none: `ErrorEnvelope` translates them once Flask has made its 500 of them (and has
    logged them as one).
    """
    for cls in translation.classes():
        if not any(cls in handlers or _theirs(handlers, cls) for handlers in _handlers(app, cls)):
            app.register_error_handler(cls, _Handler(app, translation))


def _install(app: Flask, policy: Policy | None, *, override: bool) -> None:
    translation = Translation({}) if policy is None else policy.translation

    def settle() -> None:
        """What depends on what the app has imported, or set, since `init_app`."""
        app.request_class = reusing(app)
        translate_exceptions(app, translation)

    settle()
    if override:
        _override(app, translation)
    inside = Inside(app, app.wsgi_app, translation, settle)
    wrapped = wrap(inside, policy)
    context = policy is not None and needs_context(policy)
    app.extensions["statusware"] = policy
    vars(app)["wsgi_app"] = calling(Outside(app, wrapped, context=context))


class _Handler:
    """Flask takes the problem that it returns for a WSGI app and answers with it."""

    def __init__(self, app: Flask, translation: Translation) -> None:
        self._app, self._translation = app, translation

    def __call__(self, error: Exception) -> Any:
        for handlers in _handlers(self._app, type(error)):
            theirs = _theirs(handlers, type(error))
            if theirs is not None:  # registered after ours, for a base class
                return self._app.ensure_sync(theirs)(error)
        if not _is_inside():
            raise error  # as if there were no handler
        problem = self._translation.problem(error)
        if problem is None:
            log_failure(error, request.environ)
            return Problem(500)
        log_translated(problem, error, request.environ)
        return problem


def _is_inside() -> bool:
    """Whether the request is one that the policy covers: outside of it nothing is touched."""
    return "statusware.renderer" in request.environ


def _handlers(app: Flask, cls: type[Exception]) -> list[dict[type[Exception], Any]]:
    """The handlers of the app that an exception of this class may get to, in Flask's order."""
    known = app.error_handler_spec[None]
    code = getattr(cls, "code", None) if issubclass(cls, HTTPException) else None
    return [known[each] for each in dict.fromkeys((code, None)) if each in known]


def _theirs(handlers: Mapping[type[Exception], Any], cls: type) -> Callable[..., Any] | None:
    """The handler of the app's own for a class, if there is one."""
    found = (handlers[base] for base in cls.__mro__ if base in handlers)
    return next((handler for handler in found if not isinstance(handler, _Handler)), None)


def _override(app: Flask, translation: Translation) -> None:
    """Translate before any handler of the app, its blueprints included, is looked for."""
    handle = app.handle_user_exception

    def handle_user_exception(error: Exception) -> Any:
        problem = translation.problem(error) if _is_inside() else None
        return handle(error) if problem is None else problem

    vars(app)["handle_user_exception"] = handle_user_exception


def _check_keys(app: Flask) -> None:
    """A slip in the name of a key must not leave the app without its policy."""
    for key in app.config:
        if key.startswith("STATUSWARE_") and key not in _KEYS:
            raise PolicyError("is unknown", key=key, hint=nearest(key, _KEYS))


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)
