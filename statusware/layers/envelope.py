"""`ErrorEnvelope`: the outermost layer; every error, whoever raised it, in one envelope.

It renders every problem of the layers inside, translates what the app raises (everything
unknown is a 500, logged with its traceback) and replaces the bare error responses of the
app. It owns 5xx. Responses below 400 pass by untouched.

environ keys set: `statusware.renderer`, `statusware.request_id`.
environ keys read: `statusware.answered`, `statusware.exception`, `HTTP_ACCEPT`,
`HTTP_UPGRADE`, `HTTP_CONNECTION`, `REQUEST_METHOD`, `PATH_INFO`, `wsgi.file_wrapper`.
Removed: `statusware.passing`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from ..catalog import own_entries
from ..correlation import POOL, new_id, request_id
from ..errors import PolicyError, check_app, check_flag, check_list, nearest
from ..problem import Problem, Renderer
from .answered import is_own
from .bare import KEEP, judge, replace
from .catalogue import pages
from .cors import Cors
from .foreign import foreign_problem
from .guard import calling
from .record import log_failure, log_midstream, log_translated
from .rendering import Rendering
from .response import Body, Outgoing, Rest, Switching, begin, watched
from .translate import Translation, is_response
from .watch import watch

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["PASSING", "ErrorEnvelope"]

_ID = "statusware.request_id"

#: The environ key of an exception that is not for clients, but for a debugger or a test outside.
PASSING = "statusware.passing"


class ErrorEnvelope:
    """Puts every error into one envelope (RFC 9457).

    - `not_found`: exceptions (classes or dotted names) that mean 404; `exceptions`: a mapping of
      others to their status, or to a table of `status`, `code`, `title` and `detail`.
      Subclasses are included, and the most derived class listed wins.
    - `format`: "problem", "simple", or a renderer `(problem, environ) -> (content type, bytes)`,
      or its dotted name.
    - `types`: what problem types start with: a base URI; or a path, where readable pages about
      them are served; or "about:blank" for all.
    - `problems`: codes of the app's own: `{code: {"status": …, "title": …, "detail": …,
      "fix": …}}`.
    - `keep`: which error bodies of the app stay: "json", "none", "all", or "merge" (the members
      of a JSON object are taken over).
    - `html`: whether a client that clearly prefers HTML gets pages.
    - `cors`: with it, every response carries what browsers need to show it to other sites.

    Raises `PolicyError` for a wrong option. environ keys set: `statusware.renderer`,
    `statusware.request_id`; read: `statusware.answered`, `statusware.exception`, `HTTP_ACCEPT`,
    `HTTP_UPGRADE`, `HTTP_CONNECTION`, `REQUEST_METHOD`, `PATH_INFO`, `wsgi.file_wrapper`.

        app = ErrorEnvelope(app, not_found=["LookupError"], exceptions={"PermissionError": 403})
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        not_found: Iterable[Any] = (),
        exceptions: Mapping[Any, Any] | Translation | None = None,
        format: str | Renderer = "problem",
        types: str = "about:blank",
        keep: str = "json",
        html: bool = True,
        problems: Mapping[str, Any] | None = None,
        cors: Cors | None = None,
    ) -> None:
        if keep not in KEEP:
            raise PolicyError(f"{keep!r} is unknown", key="keep", hint=nearest(str(keep), KEEP))
        check_app(app)
        check_flag("html", html)
        self.app, self._call, self._cors = app, calling(app), cors
        entries = own_entries(problems or {})
        #: How problems look; others may ask for it.
        self.renderer = Rendering(format=format, types=types, html=html, entries=entries)
        self._pages = pages(self.renderer)
        self._keep, self._html = keep, html
        self._translation = _translation(not_found, exceptions)
        self._more, self._nested = cors is not None or self._pages is not None, False
        watch(app)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Run the app; up to its first byte, whatever it raises becomes an answer.

        One frame for all of it: inside a framework every function more costs a request a
        third of a microsecond.
        """
        environ["statusware.renderer"] = self.renderer
        if "HTTP_X_REQUEST_ID" in environ or "HTTP_TRACEPARENT" in environ or _ID in environ:
            request_id(environ)
        else:
            try:
                environ[_ID] = POOL.pop()
            except IndexError:
                environ[_ID] = new_id()
        if self._more:
            if self._cors is not None:
                start_response = self._cors.start(environ, start_response)
            if self._pages is not None and (page := self._pages.find(environ)) is not None:
                return page(environ, start_response)
        if "HTTP_UPGRADE" in environ and _is_upgrade(environ):
            return self._hand_over(environ, start_response)
        out = Outgoing()
        out.server = start_response
        result: Iterable[bytes] = ()
        try:
            result = self._call(environ, out.start)
            if out.error:
                opened = not is_own(out, result, environ)
            elif type(result) in _WHOLE:
                opened = False
            else:  # a file that the server sends is whole, too
                wrapper = environ.get("wsgi.file_wrapper")
                opened = not (isinstance(wrapper, type) and isinstance(result, wrapper))
            if opened:
                rest = iter(result)
                first = next(rest, b"")
                if not first or type(first) is not bytes:
                    first, rest = begin(chain((first,), rest))
                if out.error and not out.sent:
                    result = held = Rest(result, environ, first, rest)
                    return self._replaced(out, held, environ)
                begun = Body((first,) if first else (), watched(rest, environ))
                begun.closing = getattr(result, "close", None)
                result = begun
            if not out.sent:
                if out.status is None or out.exc_info is not None:
                    out.send()
                else:  # the same without a call
                    out.sent = True
                    out.writing = start_response(out.status, out.headers)
        except Exception as error:  # the app's, whatever it is: this layer answers for it
            Rest(result, environ).close_quietly()
            if PASSING in environ and environ.pop(PASSING) is error:
                raise
            if out.sent:
                log_midstream(error, environ)
                raise
            return self._translate(error, environ, start_response)
        except BaseException:
            Rest(result, environ).close_quietly()
            raise
        return result

    def _hand_over(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """A request that changes the protocol is the app's, but for a `Problem` and for an error
        that it answers: any client can ask for a change."""
        out = Switching()
        out.server = start_response
        try:
            result = self._call(environ, out.start)
        except Problem as problem:
            return problem(environ, start_response)
        out.waits = False
        if out.sent or not out.error:
            return result
        if is_own(out, result, environ):
            out.send()
            return result
        rest = Rest(result, environ)
        try:
            rest.fetch()
            return self._replaced(out, rest, environ)
        except BaseException:
            rest.close_quietly()
            raise

    def _replaced(self, out: Outgoing, rest: Rest, environ: WSGIEnvironment) -> Iterable[bytes]:
        """An error response of the app, as it is or replaced."""
        nested = environ.get("statusware.renderer") is not self.renderer  # it sets its own
        environ["statusware.renderer"] = self.renderer
        problem = None
        if out.exc_info is not None or "statusware.exception" in environ:
            problem = self._meant(out, environ)
        if problem is None:
            keep, html = self._keep, self._html
            return judge(out, rest, environ, keep=keep, html=html, nested=nested)
        rest.close_quietly()
        return replace(out, problem, environ)

    def _meant(self, out: Outgoing, environ: WSGIEnvironment) -> Problem | None:
        """What the table says of the exception behind a 5xx that the framework made."""
        error = environ.pop("statusware.exception", None)
        if error is None and out.exc_info is not None:
            error = out.exc_info[1]
        if error is None or out.status is None or out.status < "500":
            return None
        problem = error if isinstance(error, Problem) else self._translation.problem(error)
        if problem is not None:
            log_translated(problem, error, environ)
        else:
            environ["statusware.exception"] = error  # for the log
        return problem

    def _translate(
        self, error: Exception, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """The answer to an exception: its own, that of the table, else 500 with a log entry."""
        environ["statusware.renderer"] = self.renderer
        environ.pop("statusware.exception", None)
        if isinstance(error, Problem):
            return error(environ, start_response)
        problem = self._translation.problem(error)
        if problem is None and is_response(error) and not self._nested:
            return self._around(_app_of(error))(environ, start_response)
        problem = problem or foreign_problem(error)
        if problem is not None:
            log_translated(problem, error, environ)
        else:
            log_failure(error, environ)
            problem = Problem(500)
        return problem(environ, start_response)

    def _around(self, response: WSGIApplication) -> ErrorEnvelope:
        """The same envelope around a response that the app has raised, inside of this one."""
        nested = copy.copy(self)
        nested.app = nested._call = response
        nested._nested, nested._more = True, False
        return nested


def _translation(
    not_found: Iterable[Any], exceptions: Mapping[Any, Any] | Translation | None
) -> Translation:
    """The table of exceptions; errors name the option that is wrong."""
    check_list("not_found", not_found)
    if isinstance(exceptions, Translation):
        if list(not_found):
            reason = "is not looked at beside a Translation"
            raise PolicyError(reason, key="not_found", hint="list them there, with 404")
        return exceptions
    if exceptions is not None and not isinstance(exceptions, Mapping):
        hint = 'as in {"shop.NameTaken": 409}'
        raise PolicyError("must map exceptions to statuses", key="exceptions", hint=hint)
    Translation(dict.fromkeys(not_found, 404), key="not_found")
    return Translation({**dict.fromkeys(not_found, 404), **(exceptions or {})})


def _app_of(error: Any) -> WSGIApplication:
    """An exception that is a WSGI app, as one."""
    app: Callable[..., Iterable[bytes]] = error
    return app


#: Bodies of a success that pass as the very objects that they are: they are whole already.
_WHOLE = (list, tuple)


def _is_upgrade(environ: WSGIEnvironment) -> bool:
    """Whether the connection is to change its protocol (RFC 9110 section 7.8).

    h2c is not one: no WSGI app can answer it, servers ignore it (RFC 9113 section 3.1),
    and a client that offers it still wants an answer in HTTP.
    """
    connection, upgrade = environ.get("HTTP_CONNECTION"), environ["HTTP_UPGRADE"]
    if not (isinstance(connection, str) and isinstance(upgrade, str)):
        return False
    tokens = {token.strip().lower() for token in connection.split(",")}
    return "upgrade" in tokens and upgrade.strip().lower() != "h2c"
