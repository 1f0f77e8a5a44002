"""Pyramid: that an error page is a default one, told to the `ErrorEnvelope` around it.

Pyramid writes the page of an exception that has no body while it answers, and for HEAD
throws it away; what GET would get (RFC 9110 section 9.3.2) nobody could tell from outside.

environ keys set: `statusware.default_page`: what the author wrote into such a page, for HEAD.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from pyramid.httpexceptions import HTTPException
from pyramid.router import Router

from ..layers.defaults import default_page, made_up
from .routes import layers_of

__all__ = ["watch"]

_MARK = "_statusware_tells"


def watch(app: Any) -> None:
    """Listen to the router that lies in `app`, if one does; again is no harm."""
    for found in layers_of(app):
        if isinstance(found, Router):
            if not hasattr(found.handle_request, _MARK):
                found.handle_request = _telling(found.handle_request)
            return


def _telling(handle: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The request handler of a router, tweens included; with all that the outermost one has."""

    @wraps(handle)
    def telling(request: Any) -> Any:
        response = handle(request)
        if isinstance(response, HTTPException) and request.method == "HEAD":
            said = _said(response, request.environ)
            if said is not None:
                request.environ["statusware.default_page"] = said
        return response

    setattr(telling, _MARK, True)
    return telling


def _said(response: Any, environ: Any) -> str | None:
    """What the author wrote into a default page; None where there is none."""
    if response.has_body:  # an exception that was answered before has its page
        return default_page(response.status_int, response.content_type, response.body, environ)
    formatter = response._json_formatter  # no public name tells
    if getattr(formatter, "__func__", formatter) is not HTTPException._json_formatter:
        return None
    said = response.detail or ""
    return "" if made_up(said, environ) else said
