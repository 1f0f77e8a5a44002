"""`Guard`: the one piece that makes a WSGI layer from a check.

A check is a function of the environ. It returns None to let the request through, raises
`Problem` to refuse it, or returns a WSGI app that answers in the app's place. A guard
catches around its check only; what the app raises passes by untouched.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..body.read import drain
from ..errors import check_app
from ..problem import Problem, request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["Guard"]


class Guard:
    """A layer around `app` that asks `check` first."""

    #: The logger of the layer; a subclass names its own.
    log = logging.getLogger("statusware")

    def __init__(self, app: WSGIApplication) -> None:
        check_app(app)
        self.app = app

    def check(self, environ: WSGIEnvironment) -> WSGIApplication | None:
        """Let the request through (None), refuse it (`Problem`) or answer it (an app)."""
        raise NotImplementedError

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            answer = self.check(environ)
        except Problem as problem:
            self._record(problem, environ)
            answer = problem
        if answer is None:
            return self.app(environ, start_response)
        drain(environ)
        return answer(environ, start_response)

    def _record(self, problem: Problem, environ: WSGIEnvironment) -> None:
        """One line for the log; %r keeps line breaks of the client's out of it."""
        if self.log.isEnabledFor(logging.INFO):
            self.log.info(
                "%d %s: %s %r [%s]",
                problem.status,
                problem.problem_code,
                environ.get("REQUEST_METHOD"),
                environ.get("PATH_INFO"),
                request_id(environ),
            )
