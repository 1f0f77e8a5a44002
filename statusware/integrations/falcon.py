"""Falcon: what it makes of exceptions itself, told to the `ErrorEnvelope` around it.

Falcon answers every exception with a 500 of its own, and tells nobody. An error handler
leaves the exception in the environ first; a serializer notes that the body of an error is
the default one. Both take the place of Falcon's own only, never of the app's, and change
nothing for an app without an `ErrorEnvelope`.

environ keys read: `statusware.renderer`. environ keys set: `statusware.exception`,
`statusware.default_page`: the description in a page that Falcon's serializer has written.
"""

from __future__ import annotations

from typing import Any

from falcon import App, HTTPError, Request, Response
from falcon.app_helpers import default_serialize_error

from ..layers.watch import keep
from ..problem import Problem
from .routes import layers_of

__all__ = ["watch"]


def watch(app: Any) -> None:
    """Listen to the Falcon app that lies in `app`, if one does; again is no harm."""
    for found in layers_of(app):
        if isinstance(found, App):
            _listen(found)
            return


def _listen(app: Any) -> None:
    """Take the place of Falcon's own handler and serializer.

    No public name tells whether they are; where the private ones are gone, nothing is done.
    """
    handle = getattr(app, "_python_error_handler", None)
    handlers = getattr(app, "_error_handlers", {})

    def handler(request: Request, response: Response, error: Exception, params: Any) -> None:
        kept = keep(request.env, error)
        if kept and isinstance(error, Problem):
            response.status = 500  # the envelope answers; nothing is to be logged
        elif handle is not None:
            handle(request, response, error, params)

    if handle is not None and handlers.get(Exception) == handle:
        app.add_error_handler(Exception, handler)
    if getattr(app, "_serialize_error", None) is default_serialize_error:
        app.set_error_serializer(_serialize)


def _serialize(request: Request, response: Response, error: HTTPError) -> None:
    default_serialize_error(request, response, error)
    request.env["statusware.default_page"] = error.description or ""
