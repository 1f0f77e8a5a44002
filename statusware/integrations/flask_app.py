"""The two WSGI pieces of the Flask extension: right outside of the policy, right inside.

`Outside`, where code of the app's own runs in the policy, pushes an app context, so that
predicates and verifiers find `current_app`, `g` and the app's database; `Inside` pops it,
so that Flask makes its own for the request, as ever. Exceptions that Flask propagates for
the debugger or a test pass through the policy.

Where a policy is reloaded, each has two of its own, so that a request meets one alone.

environ keys set: `statusware.flask_translation`, `statusware.passing`. Set and removed:
`statusware.flask_context`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ..auth.custom import Custom
from ..layers.envelope import PASSING
from ..layers.guard import calling
from ..layers.translate import Translation
from ..logs.table import TEARDOWN
from ..policy import Policy
from ..problem import Problem
from ..rules.principals import reads_request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask
    from flask.ctx import AppContext

__all__ = ["TRANSLATION", "Inside", "Outside", "needs_context"]

_CONTEXT = "statusware.flask_context"

#: The environ key of the table of exceptions that is in force for a request.
TRANSLATION = "statusware.flask_translation"


class Outside:
    """Around the policy: the app context."""

    def __init__(self, app: Flask, wrapped: WSGIApplication) -> None:
        self._app, self._layers = app, wrapped
        self._wrapped = calling(wrapped)

    @property
    def renderer(self) -> Any:
        """How its errors look; our gunicorn workers ask for it."""
        return getattr(self._layers, "renderer", None)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[_CONTEXT] = context = self._app.app_context()
        context.push()
        try:
            return self._wrapped(environ, start_response)
        finally:
            self._pop(environ)

    def _pop(self, environ: WSGIEnvironment) -> None:
        """Pop the context of a request that did not reach the app."""
        context: AppContext | None = environ.pop(_CONTEXT, None)
        if context is None:
            return
        try:
            context.pop()
        except Exception as error:  # a teardown function of the app's; the answer has been given
            TEARDOWN.tell(environ=environ, error=error)


class Inside:
    """Around Flask: no context of ours, and the exceptions that Flask lets pass."""

    def __init__(
        self,
        app: Flask,
        inner: WSGIApplication,
        translation: Translation,
        settle: Callable[[], None],
    ) -> None:
        self._app, self._inner, self._translation = app, inner, translation
        self._settle: Callable[[], None] | None = settle

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self._settle is not None:
            self._first_request(self._settle)
        if _CONTEXT in environ:
            environ.pop(_CONTEXT).pop()
        environ[TRANSLATION] = self._translation
        try:
            return self._inner(environ, start_response)
        except Exception as error:
            if self._propagates(error):
                environ[PASSING] = error
            raise

    def _first_request(self, settle: Callable[[], None]) -> None:
        self._settle = None
        settle()

    def _propagates(self, error: Exception) -> bool:
        """Whether whoever watches shall see it: the debugger, or a test.

        PROPAGATE_EXCEPTIONS in production hands it to the server, and there we are.
        """
        if not (self._app.debug or self._app.testing):
            return False
        if self._app.config["PROPAGATE_EXCEPTIONS"] is False or isinstance(error, Problem):
            return False
        return self._translation.problem(error) is None


def needs_context(policy: Policy) -> bool:
    """Whether any code of the app's own runs in the layers of this policy."""
    if any(reads_request(route.allow, route.deny) for route in policy.routes):
        return True
    return any(
        isinstance(scheme, Custom) or getattr(scheme, "check", None) is not None
        for scheme in policy.schemes.values()
    )
