"""Bottle: that it writes its default error page, told to the `ErrorEnvelope` around it.

Bottle throws the page away for HEAD; what GET would get (RFC 9110 section 9.3.2) nobody could
tell from outside. It also tells nobody of the exception of a generator that fails before its first
chunk. The handler for errors that have none is asked and answers as before.

environ keys set: `statusware.default_page`: what the author wrote into such a page, for HEAD;
`statusware.exception`: the exception behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from bottle import Bottle, request

from ..layers.defaults import default_page
from ..layers.watch import keep
from .routes import layers_of

__all__ = ["watch"]

_MARK = "_statusware_tells"


def watch(app: Any) -> None:
    """Listen to the Bottle app that lies in `app`, if one does; again is no harm."""
    for found in layers_of(app):
        if isinstance(found, Bottle):
            handle = getattr(found, "default_error_handler", None)
            if handle is not None and not hasattr(handle, _MARK):
                found.default_error_handler = _telling(handle)
            return


def _telling(handle: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The handler of the errors for which the app has none of its own."""

    @wraps(handle)
    def telling(error: Any) -> Any:
        text = handle(error)
        if isinstance(error.exception, Exception):
            keep(request.environ, error.exception)
        if request.environ.get("REQUEST_METHOD") == "HEAD" and isinstance(text, bytes):
            kind, _, _ = (error.content_type or error.default_content_type).partition(";")
            said = default_page(error.status_code, kind, text, request.environ)
            if said is not None:
                request.environ["statusware.default_page"] = said
        return text

    setattr(telling, _MARK, True)
    return telling
