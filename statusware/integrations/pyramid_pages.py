"""Pyramid: that an error page is a default one, told to the `ErrorEnvelope` around it.

Pyramid writes the page of an exception that has no body while it answers, and for HEAD
throws it away; what GET would get (RFC 9110 section 9.3.2) nobody could tell from outside.

environ keys set: `statusware.default_page`: what the author wrote into such a page, for HEAD.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.httpexceptions import HTTPException
from pyramid.router import Router

from ..layers.defaults import default_page
from .routes import layers_of

__all__ = ["watch"]


def watch(app: Any) -> None:
    """Listen to the router that lies in `app`, if one does; again is no harm."""
    for found in layers_of(app):
        if isinstance(found, Router):
            if not isinstance(found.handle_request, _Telling):
                found.handle_request = _Telling(found.handle_request)
            return


class _Telling:
    """The request handler of a router, tweens included."""

    def __init__(self, handle: Callable[[Any], Any]) -> None:
        self._handle = handle

    def __call__(self, request: Any) -> Any:
        response = self._handle(request)
        if request.method == "HEAD" and isinstance(response, HTTPException):
            said = _said(response, request.environ)
            if said is not None:
                request.environ["statusware.default_page"] = said
        return response


def _said(response: Any, environ: Any) -> str | None:
    """What the author wrote into a default page; None where there is none."""
    if response.has_body:  # an exception that was answered before has its page
        return default_page(response.status_int, response.content_type, response.body, environ)
    formatter = response._json_formatter  # no public name tells
    if getattr(formatter, "__func__", formatter) is not HTTPException._json_formatter:
        return None
    return response.detail or ""
