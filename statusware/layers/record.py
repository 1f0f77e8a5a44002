"""The log of the envelope: each failure once, with its traceback and the id of its request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..correlation import request_id
from ..logs.table import BARE, FAILED, MIDSTREAM, TRANSLATED, UNCLOSED
from ..problem import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["log_bare", "log_failure", "log_midstream", "log_translated", "log_unclosed"]

_LAYER = "ErrorEnvelope"


def log_failure(
    error: BaseException, environ: WSGIEnvironment, problem: Problem | None = None
) -> None:
    """The entry, with its traceback, that the `request_id` of the answer leads to.

    `problem` is the answer, if it is another one than the 500 of whatever is unknown.
    """
    FAILED.tell(
        _request_line(environ),
        request_id(environ),
        environ=environ,
        problem=problem or Problem(500),
        error=error,
        layer=_LAYER,
    )


def log_bare(status: int, environ: WSGIEnvironment, error: BaseException | None = None) -> None:
    """The entry for a 5xx that the app made itself, and may have logged without our id.

    With the exception behind it, where its framework tells: monitors that have it already
    know it again.
    """
    if error is not None:
        log_failure(error, environ, Problem(status))
        return
    line, name = _request_line(environ), request_id(environ)
    BARE.tell(line, status, name, environ=environ, layer=_LAYER, status=status)


def log_midstream(error: BaseException, environ: WSGIEnvironment) -> None:
    """The entry for an exception that comes too late to be answered."""
    line, name = _request_line(environ), request_id(environ)
    MIDSTREAM.tell(line, name, environ=environ, error=error, layer=_LAYER)


def log_unclosed(error: BaseException, environ: WSGIEnvironment) -> None:
    """The entry for a response that fails when it is closed, with another one in its place."""
    UNCLOSED.tell(request_id(environ), environ=environ, error=error, layer=_LAYER)


def log_translated(problem: Problem, error: BaseException, environ: WSGIEnvironment) -> None:
    """A line for what the table knows; a 5xx is a failure all the same."""
    if problem.status >= 500 and error is not problem:
        log_failure(error, environ, problem)
    else:
        TRANSLATED.tell(
            problem,
            type(error).__name__,
            request_id(environ),
            environ=environ,
            problem=problem,
            error=error,
            layer=_LAYER,
        )


def _request_line(environ: WSGIEnvironment) -> str:
    """Method and path; to be shown with %r, as they may hold line breaks."""
    return f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}"
