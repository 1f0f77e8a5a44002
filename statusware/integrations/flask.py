"""Flask: the extension, as Flask's extension guide has it.

    app = Flask(__name__)
    Statusware(app, "statusware.toml")

or `statusware = Statusware()` and, in the factory, `statusware.init_app(app)` with
`app.config["STATUSWARE_POLICY"]`. Middleware that is put around `app.wsgi_app` before
stands inside the policy, middleware that is put there later (`ProxyFix`) outside.

Configuration keys: `STATUSWARE_POLICY` (a path, relative to the working directory, a dict
or a `Policy`), `STATUSWARE_OVERRIDE_HANDLERS` (a bool).
environ keys read: `statusware.identity`, `statusware.flask_translation`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, request
from werkzeug.exceptions import HTTPException
from werkzeug.local import LocalProxy

from ..auth.identity import Identity
from ..errors import PolicyError, nearest
from ..layers.guard import calling
from ..layers.record import log_translated
from ..layers.translate import Translation
from ..policy import Policy, wrap
from ..policy.build import in_force, layered
from ..problem import Problem
from .flask_app import TRANSLATION, Inside, Outside, needs_context
from .flask_request import reusing

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["Statusware", "current_identity", "translate_exceptions"]

#: Whatever stands for a policy.
_Policy = Policy | Mapping[str, Any] | str | os.PathLike[str]

_KEYS = ("STATUSWARE_POLICY", "STATUSWARE_OVERRIDE_HANDLERS")

#: The verified identity of the request that is being served; false where it is anonymous.
current_identity: Identity = cast(
    Identity, LocalProxy(lambda: request.environ.get("statusware.identity"))
)


class Statusware:
    """Puts a Flask `app` behind a policy; or, with `init_app`, several of them.

    - `policy`: what `wrap` takes; without one, that of `app.config["STATUSWARE_POLICY"]`, else
      every error gets the envelope and nothing else changes.
    - `override_handlers`: whether `[errors]` wins over error handlers of the app's own, which win
      otherwise; without it, `app.config["STATUSWARE_OVERRIDE_HANDLERS"]`.

    Exceptions that `[errors]` lists are translated before Flask makes a 500 of them. Where Flask
    propagates exceptions in debug mode and under TESTING, whatever `[errors]` does not list
    reaches the debugger or the test as ever. Predicates and verifiers run in an app context.

    `app.extensions["statusware"]` is the `Policy`, or None. Raises `PolicyError` for a wrong
    policy, a `STATUSWARE_…` in the configuration that is a slip, and for an app that has it
    already.
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
        """Put `app` behind `policy`; what is not given here is that of the constructor.

        Call it last in a factory: the routes that the app has by then are compared with the policy.
        Raises `PolicyError`.
        """
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
            code = getattr(cls, "code", None) if issubclass(cls, HTTPException) else None
            # What `register_error_handler` does, which refuses to once the app has served: for
            # fear that workers differ. Here all of them follow one policy, also a reloaded one.
            app.error_handler_spec[None][code][cls] = _Handler(app, translation)


def _install(app: Flask, policy: Policy | None, *, override: bool) -> None:
    inner = app.wsgi_app

    def build(policy: Policy | None) -> WSGIApplication:
        """The app behind one policy. What becomes of a request is settled by it alone."""
        translation = Translation({}) if policy is None else policy.translation

        def settle() -> None:
            """What depends on what the app has imported, or set, since `init_app`."""
            app.request_class = reusing(app)
            translate_exceptions(app, translation)

        settle()
        inside = Inside(app, inner, translation, settle)
        wrapped = wrap(inside) if policy is None else layered(inside, policy)
        app.extensions["statusware"] = policy
        return wrapped if policy is None or not needs_context(policy) else Outside(app, wrapped)

    if override:
        _override(app)
    made = build(None) if policy is None else in_force(policy, build)
    vars(app)["wsgi_app"] = calling(made)


class _Handler:
    """Flask takes the problem that it returns for a WSGI app and answers with it.

    `translation` counts where no policy is in force for the request.
    """

    def __init__(self, app: Flask, translation: Translation) -> None:
        self._app, self._translation = app, translation

    def __call__(self, error: Exception) -> Any:
        for handlers in _handlers(self._app, type(error)):
            theirs = _theirs(handlers, type(error))
            if theirs is not None:  # registered after ours, for a base class
                return self._app.ensure_sync(theirs)(error)
        problem = _problem(error, self._translation)
        if problem is None and isinstance(error, HTTPException):
            return error  # what Flask does without a handler: it is an answer itself
        if problem is None:
            raise error  # likewise
        log_translated(problem, error, request.environ)
        return problem


def _problem(error: Exception, translation: Translation | None) -> Problem | None:
    """What an exception means to the policy of this request; None where it says nothing.

    Outside of what the policy covers nothing is touched; that has no renderer.
    """
    if "statusware.renderer" not in request.environ:
        return None
    found: Translation | None = request.environ.get(TRANSLATION, translation)
    return None if found is None else found.problem(error)


def _handlers(app: Flask, cls: type[Exception]) -> list[dict[type[Exception], Any]]:
    """The handlers of the app that an exception of this class may get to, in Flask's order."""
    known = app.error_handler_spec[None]
    code = getattr(cls, "code", None) if issubclass(cls, HTTPException) else None
    return [known[each] for each in dict.fromkeys((code, None)) if each in known]


def _theirs(handlers: Mapping[type[Exception], Any], cls: type) -> Callable[..., Any] | None:
    """The handler of the app's own for a class, if there is one."""
    found = (handlers[base] for base in cls.__mro__ if base in handlers)
    return next((handler for handler in found if not isinstance(handler, _Handler)), None)


def _override(app: Flask) -> None:
    """Translate before any handler of the app, its blueprints included, is looked for."""
    handle = app.handle_user_exception

    def handle_user_exception(error: Exception) -> Any:
        problem = _problem(error, None)
        return handle(error) if problem is None else problem

    vars(app)["handle_user_exception"] = handle_user_exception


def _check_keys(app: Flask) -> None:
    """A slip in the name of a key must not leave the app without its policy."""
    for key in app.config:
        if key.startswith("STATUSWARE_") and key not in _KEYS:
            raise PolicyError("is unknown", key=key, hint=nearest(key, _KEYS))


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)
