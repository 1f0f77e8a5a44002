"""Exceptions of frameworks and servers that mean an answer, but are none themselves.

Inside their framework they never leave it; around it, in a WSGI middleware of the app's own
or where a view is called without it, they do. Known by the dotted names of their classes:
nothing is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..header import DESCRIBING
from ..problem import Problem
from .defaults import author_text

__all__ = ["foreign_problem"]


def foreign_problem(error: BaseException) -> Problem | None:
    """The problem that an exception of a framework or a server means, if we know it."""
    for cls in type(error).__mro__:
        make = KNOWN.get(f"{cls.__module__}.{cls.__qualname__}")
        if make is not None:
            return make(error)
    return None


def _plain(status: int, code: str | None = None) -> Callable[[Any], Problem]:
    """A problem that says no more than its status: the text may be nobody's business."""
    return lambda error: Problem(status, code=code)


def _falcon(error: Any) -> Problem | None:
    return _problem(error.status, error.description, error.headers or ())


def _bottle(error: Any) -> Problem | None:
    return _problem(error.status_code, error.body, error.headerlist)


def _problem(status: Any, said: Any, fields: Any) -> Problem | None:
    """A problem with what the author of the app said, and the headers."""
    number = str(getattr(status, "value", status))[:3]
    if not (number.isdigit() and "400" <= number <= "599"):
        return None
    text = said.encode("utf-8", "replace") if isinstance(said, str) else b""
    detail = author_text(int(number), "text/plain", text, None)
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    headers = [(str(n), str(v)) for n, v in pairs if str(n).lower() not in DESCRIBING]
    try:
        return Problem(int(number), detail, headers=headers)
    except ValueError:  # a field that no answer can carry
        return Problem(int(number), detail)


#: By the dotted name of a base class; what an app's own table says goes before.
KNOWN: dict[str, Callable[[Any], Problem | None]] = {
    "falcon.http_error.HTTPError": _falcon,
    "bottle.HTTPError": _bottle,
    "django.http.response.Http404": _plain(404),
    "django.core.exceptions.PermissionDenied": _plain(403),
    "django.core.exceptions.SuspiciousOperation": _plain(400),
    "django.core.exceptions.BadRequest": _plain(400),
    # Raised by reading a body whose framing is broken: the client's fault.
    "gunicorn.http.errors.ParseException": _plain(400, "incomplete-body"),
    "gunicorn.http.errors.NoMoreData": _plain(400, "incomplete-body"),
    # In gunicorn 25 they are no ParseException.
    "gunicorn.http.errors.InvalidChunkSize": _plain(400, "incomplete-body"),
    "gunicorn.http.errors.ChunkMissingTerminator": _plain(400, "incomplete-body"),
}
