"""Pyramid's request, with a `json_body` that takes over the body that was checked.

Every access gives another object, as WebOb has it: the first one the value that was
parsed already, the others parse. Setting, deleting and failing stay WebOb's.
"""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from .reuse import take

__all__ = ["reusing"]

#: WebOb's, with its setter and deleter.
_WEBOB: property = Request.json_body

#: What an app overrides when it parses JSON itself.
_PARSING = ("json_body", "json", "body")


def reusing(factory: Any) -> Any:
    """A subclass of `factory` that takes parsed bodies over; `factory` if it parses its own."""
    if not isinstance(factory, type) or not issubclass(factory, Request):
        return factory
    if any(getattr(factory, name) is not getattr(Request, name) for name in _PARSING):
        return factory
    own = {name: getattr(factory, name) for name in ("__module__", "__qualname__", "__doc__")}
    return type(factory.__name__, (factory,), {**own, "json_body": _TAKEN, "json": _TAKEN})


def _json_body(request: Any) -> Any:
    """The value of the body, read as its `charset` says."""
    if "statusware.parsed" in request.environ and request.charset.lower() == "utf-8":
        try:
            return take(request.environ, request.body)
        except LookupError:
            pass
    return _WEBOB.__get__(request)


_TAKEN = property(_json_body, _WEBOB.fset, _WEBOB.fdel)
