"""`Guard`: the one piece that makes a WSGI layer from a check.

A check is a function of the environ. It returns None to let the request through, raises
`Problem` to refuse it, or returns a WSGI app that answers in the app's place. A guard
catches around its check only; what the app raises passes by untouched.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ..body.read import drain
from ..errors import check_app
from ..logs.event import fields
from ..problem import Problem, request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["Guard"]

_trace = logging.getLogger("statusware.trace")

#: Called with a guard, what answers in the app's place (None: the request passes), the environ.
Tell = Callable[["Guard", "WSGIApplication | None", "WSGIEnvironment"], None]


class Guard:
    """A layer around `app` that asks `check` first."""

    #: The logger of the layer; a subclass names its own.
    log = logging.getLogger("statusware")

    def __init__(self, app: WSGIApplication) -> None:
        check_app(app)
        self.app = app
        #: Guards right inside of each other are asked in one frame, in their order.
        self._row: tuple[Guard, ...] = (self,)
        self._inner = app
        #: Told what each guard of the row decides, where the log asks for it.
        self.tell: Tell | None = None
        #: Told the same of every request, where somebody measures.
        self.watch: Tell | None = None
        if isinstance(app, Guard) and type(app).__call__ is Guard.__call__:
            self._row, self._inner = (self, *app._row), app._inner

    def check(self, environ: WSGIEnvironment) -> WSGIApplication | None:
        """Let the request through (None), refuse it (`Problem`) or answer it (an app)."""
        raise NotImplementedError

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        tell = self.watch or (self.tell if _trace.isEnabledFor(logging.DEBUG) else None)
        for guard in self._row:
            try:
                answer = guard.check(environ)
            except Problem as problem:
                guard._record(problem, environ)
                # A traceback holds this frame, and with it the environ, until it is collected.
                problem.__traceback__ = problem.__context__ = None
                answer = problem
            if tell is not None:
                tell(guard, answer, environ)
            if answer is not None:
                drain(environ)
                return answer(environ, start_response)
        return self._inner(environ, start_response)

    def _record(self, problem: Problem, environ: WSGIEnvironment) -> None:
        """One line for the log; %r keeps line breaks of the client's out of it."""
        if self.log.isEnabledFor(logging.INFO):
            self.log.info(
                "%d %s: %r %r [%s]",
                problem.status,
                problem.problem_code,
                environ.get("REQUEST_METHOD"),
                environ.get("PATH_INFO"),
                request_id(environ),
                extra=fields("refused", environ, problem=problem, layer=type(self).__name__),
            )
