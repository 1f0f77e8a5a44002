"""The log of the envelope: each failure once, with its traceback and the id of its request."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ..correlation import request_id
from ..problem import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["log_bare", "log_failure", "log_midstream", "log_translated"]

log = logging.getLogger("statusware.envelope")


def log_failure(error: BaseException, environ: WSGIEnvironment) -> None:
    """The entry, with its traceback, that the `request_id` of the answer leads to."""
    log.error("%r failed [%s]", _request_line(environ), request_id(environ), exc_info=error)


def log_bare(status: int, environ: WSGIEnvironment) -> None:
    """The entry for a 5xx that the app made itself, and may have logged without our id."""
    log.error(
        "%r was answered %d by the app [%s]", _request_line(environ), status, request_id(environ)
    )


def log_midstream(error: BaseException, environ: WSGIEnvironment) -> None:
    """The entry for an exception that comes too late to be answered."""
    log.error(
        "%r failed after its response had begun [%s]",
        _request_line(environ),
        request_id(environ),
        exc_info=error,
    )


def log_translated(problem: Problem, error: BaseException, environ: WSGIEnvironment) -> None:
    """A line for what the table knows; a 5xx is a failure all the same."""
    if problem.status >= 500 and error is not problem:
        log_failure(error, environ)
    else:
        log.info("%r: %s [%s]", problem, type(error).__name__, request_id(environ))


def _request_line(environ: WSGIEnvironment) -> str:
    """Method and path; to be shown with %r, as they may hold line breaks."""
    return f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}"
