"""`Guard`: the one piece that makes a WSGI layer from a check.

A check is a function of the environ. It returns None to let the request through, raises or
returns a `Problem` to refuse it, or returns another WSGI app that answers in the app's
place. A guard catches around its check only; what the app raises passes by untouched.

What can be decided without a request is decided once: `prepare` gives the check that is
left for one route and method, or None where there is nothing to ask.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from ..body.read import drain
from ..errors import check_app
from ..logs.event import fields
from ..problem import Problem, request_id
from .malformed import Malformed, blamed

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from ..rules import Route, RouteTable

__all__ = ["TRACE", "Check", "Guard", "calling", "prepared", "told", "tracing"]

#: Asks one request: None lets it pass; what is returned, or raised as a `Problem`, answers.
Check = Callable[["WSGIEnvironment"], "WSGIApplication | None"]

#: Called with a guard, what answers in the app's place (None: the request passes), the environ.
Tell = Callable[["Guard", "WSGIApplication | None", "WSGIEnvironment"], None]

TRACE = logging.getLogger("statusware.trace")


def tracing() -> bool:
    """Whether the log asks for what each layer decides.

    Its own logger has to: what one request costs is too much for a DEBUG meant for others.
    """
    return 0 < TRACE.level <= logging.DEBUG


def calling(app: WSGIApplication) -> WSGIApplication:
    """What to call an app by: of a layer of ours the method, which Python calls with less ado.

    Whatever is not ours is called as it is, since others may patch its class later.
    """
    ours = type(app).__module__.startswith(f"{__package__.partition('.')[0]}.")
    call: WSGIApplication = cast("Any", app).__call__ if ours else app
    return call


def told(tell: Tell, guard: Guard, check: Check | None) -> Check:
    """`check`, and what it decides told as well; None lets every request pass."""

    def ask(environ: WSGIEnvironment) -> WSGIApplication | None:
        answer = None
        if check is not None:
            try:
                answer = check(environ)
            except Problem as problem:
                answer = problem
        tell(guard, answer, environ)
        return answer

    return ask


class Guard:
    """A layer around `app` that asks `check` first. A subclass has a `check`, and a `log`.

    Raises `PolicyError` where `app` is none. Catches around its check only. A refusal is a line
    in `log`, at INFO, and at most 1 MiB of an unread body is read and dropped, so that the client
    sees the answer.
    """

    #: The logger of the layer; a subclass names its own.
    log = logging.getLogger("statusware")

    #: The routes that it decides by, where it has any.
    table: RouteTable | None = None

    def __init__(self, app: WSGIApplication) -> None:
        check_app(app)
        self.app = app
        #: Guards right inside of each other are asked in one frame, in their order.
        self._row: tuple[Guard, ...] = (self,)
        self._inner = calling(app)
        #: Told what each guard of the row decides, where the log asks for it.
        self.tell: Tell | None = None
        #: Told the same of every request, where somebody measures.
        self.watch: Tell | None = None
        if isinstance(app, Guard) and app._joins:
            self._row, self._inner = (self, *app._row), app._inner

    @property
    def _joins(self) -> bool:
        """Whether asking the row of this guard is all that calling it does."""
        return type(self).__call__ is Guard.__call__

    def check(self, environ: WSGIEnvironment) -> WSGIApplication | None:
        """Let the request through (None), refuse it (`Problem`) or answer it (an app)."""
        raise NotImplementedError

    def prepare(self, route: Route, method: str) -> Check | None:
        """The check for requests that have found this route of `table` by this method.

        None where there is nothing to ask.
        """
        return self.check

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        tell = self.watch or (self.tell if self.tell is not None and tracing() else None)
        for guard in self._row:
            try:
                answer = guard.check(environ)
            except Problem as problem:
                answer = problem
            except Exception as error:  # of any kind: it depends on what stands where text should
                answer = blamed(error, environ, type(guard).__name__)
            if tell is not None:
                tell(guard, answer, environ)
            if answer is not None:
                return guard.answer(answer, environ, start_response)
        return self._inner(environ, start_response)

    def answer(
        self, answer: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer in the place of the app; a refusal is logged."""
        if isinstance(answer, Problem):
            if answer.status >= 500 or self.log.isEnabledFor(logging.INFO):
                self._record(answer, environ)
            # A traceback holds frames, and with them the environ, until it is collected.
            answer.__traceback__ = answer.__context__ = None
        if (
            environ.get("CONTENT_LENGTH", "0") != "0"
            or "wsgi.input_terminated" in environ
            or "HTTP_TRANSFER_ENCODING" in environ
        ):
            drain(environ)
        return answer(environ, start_response)

    def _record(self, problem: Problem, environ: WSGIEnvironment) -> None:
        """One line for the log; %r keeps line breaks of the client's out of it."""
        if not isinstance(problem, Malformed) and self.log.isEnabledFor(logging.INFO):
            self.log.info(
                "%d %s: %r %r [%s]",
                problem.status,
                problem.problem_code,
                environ.get("REQUEST_METHOD"),
                environ.get("PATH_INFO"),
                request_id(environ),
                extra=fields("refused", environ, problem=problem, layer=type(self).__name__),
            )


def prepared(guard: Guard, route: Route, method: str) -> Check | None:
    """`guard.prepare`, but for a subclass that has a check of its own, and no `prepare` to it."""
    for cls in type(guard).__mro__:
        if "prepare" in vars(cls):
            return guard.prepare(route, method)
        if "check" in vars(cls):
            break
    return guard.check
