"""`ErrorEnvelope`: the outermost layer; every error, whoever raised it, in one envelope.

It renders every problem of the layers inside, translates what the app raises (everything
unknown is a 500, logged with its traceback) and replaces the bare error responses of the
app. It owns 5xx. Responses below 400 pass by untouched.

environ keys set: `statusware.renderer`, `statusware.request_id`, `statusware.problems`.
environ keys read: `HTTP_ACCEPT`, `HTTP_UPGRADE`, `HTTP_CONNECTION`, `REQUEST_METHOD`,
`wsgi.file_wrapper`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from ..errors import PolicyError, nearest
from ..problem import Problem, Renderer, answer, missing_headers, request_id
from .defaults import author_text, is_default_json
from .rendering import Rendering, prefers_html
from .response import Outgoing, Rest, close
from .translate import Translation, is_response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["ErrorEnvelope"]

log = logging.getLogger("statusware.envelope")

KEEP = ("json", "none", "all")

#: No default page of a framework is longer; a longer body is dropped unread.
MAX_PAGE = 64 * 1024

#: Headers that describe a body, and go with it when it is replaced.
DESCRIBING = frozenset({
    "content-type", "content-length", "content-encoding", "content-language",
    "content-disposition", "content-md5", "content-digest", "repr-digest", "digest",
    "etag", "last-modified",
})  # fmt: skip


class ErrorEnvelope:
    """Puts every error into one envelope.

    `not_found` lists exceptions (classes or dotted names) that mean 404, `exceptions` maps
    others to their status, subclasses included. `format` is "problem" (RFC 9457), "simple"
    or a renderer, `types` a base URI for problem types. `keep` says which error bodies of
    the app stay: "json", "none" or "all"; with `html`, a client that clearly prefers HTML
    gets pages. A wrong option is a `PolicyError`.

        app = ErrorEnvelope(app, not_found=["shop.models.RecipeNotFound"])
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        not_found: Iterable[Any] = (),
        exceptions: Mapping[Any, int] | Translation | None = None,
        format: str | Renderer = "problem",
        types: str = "about:blank",
        keep: str = "json",
        html: bool = True,
    ) -> None:
        if keep not in KEEP:
            raise PolicyError(f"{keep!r} is unknown", key="keep", hint=nearest(str(keep), KEEP))
        self.app = app
        self.rendering = Rendering(format=format, types=types, html=html)
        if not isinstance(exceptions, Translation):
            exceptions = Translation({**dict.fromkeys(not_found, 404), **(exceptions or {})})
        self.translation = exceptions
        self._keep, self._html = keep, html

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["statusware.renderer"] = self.rendering
        environ["statusware.problems"] = []
        request_id(environ)
        if "HTTP_UPGRADE" in environ and _is_upgrade(environ):
            return self._hand_over(environ, start_response)
        return self._run(self.app, environ, start_response)

    def _hand_over(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """A request that changes the protocol is the app's; only a `Problem` is answered here."""
        try:
            return self.app(environ, start_response)
        except Problem as problem:
            return problem(environ, start_response)

    def _run(
        self, app: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Run an app; up to its first byte, whatever it raises becomes an answer."""
        out = Outgoing(start_response)
        result: Iterable[bytes] = ()
        try:
            result = app(environ, out.start)
            if not out.error and out.status is not None and _passes(result, environ):
                if not out.sent:
                    out.send()
                return result
            return self._judge(out, result, environ)
        except Exception as error:  # the app's, whatever it is: this layer answers for it
            _close_quietly(result)
            if out.sent:
                log.exception("the app failed after its response had begun")
                raise
            return self._translate(error, app, environ, start_response)
        except BaseException:
            _close_quietly(result)
            raise

    def _judge(
        self, out: Outgoing, result: Iterable[bytes], environ: WSGIEnvironment
    ) -> Iterable[bytes]:
        """Fetch the first byte, then send the response, or replace it."""
        iterator = iter(result)
        first = next(filter(None, iterator), b"")
        if out.status is None:
            raise RuntimeError("the app returned without calling start_response")
        if out.error and not out.sent:
            body = chain(out.held or (), (first,) if first else (), iterator)
            if not self._keeps(out, first, environ):
                return self._replace(out, body, result, environ)
            out.headers = [*out.headers, *missing_headers(_status(out), out.headers, environ)]
            out.send()
            return Rest(b"", body, result)
        if not out.sent:
            out.send()
        return Rest(first, iterator, result)

    def _keeps(self, out: Outgoing, first: bytes, environ: WSGIEnvironment) -> bool:
        """Whether an error response of the app goes out as it is ."""
        if self._keep == "all" or _is_ours(out.headers, environ):
            return True
        head = environ.get("REQUEST_METHOD") == "HEAD"
        start = b"".join(out.held or ()) + first
        media_type = _media_type(out.headers)
        if not media_type or not (start or head):
            return False
        if media_type == "application/json" or media_type.endswith("+json"):
            return self._keep == "json" and not is_default_json(start)
        if media_type in ("text/html", "application/xhtml+xml"):
            return self._html and prefers_html(environ)
        return self._keep == "json" and not media_type.startswith("text/")

    def _replace(
        self,
        out: Outgoing,
        body: Iterator[bytes],
        result: Iterable[bytes],
        environ: WSGIEnvironment,
    ) -> Iterable[bytes]:
        """A problem in place of the app's body; status line and other headers stay."""
        status = _status(out)
        try:
            said = _beginning(body) if status < 500 else b""
        finally:
            _close_quietly(result)
        text = author_text(status, _media_type(out.headers), said, environ) if said else None
        _, ours, document = answer(Problem(status, text), environ)
        out.headers = _merged(out.headers, ours, environ)
        out.send()
        return [document] if document else []

    def _translate(
        self,
        error: Exception,
        app: WSGIApplication,
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        """The answer to an exception: its own, that of the table, else 500 with a log entry."""
        if isinstance(error, Problem):
            return error(environ, start_response)
        problem = self.translation.problem(error)
        if problem is not None:
            log.info("%s: %s [%s]", problem, type(error).__name__, request_id(environ))
        elif is_response(error) and app is self.app:
            return self._run(_app_of(error), environ, start_response)
        else:
            log.error(
                "%s %r failed [%s]",
                environ.get("REQUEST_METHOD"),
                environ.get("PATH_INFO"),
                request_id(environ),
                exc_info=error,
            )
            problem = Problem(500)
        return problem(environ, start_response)


def _app_of(error: Any) -> WSGIApplication:
    """An exception that is a WSGI app, as one."""
    app: Callable[..., Iterable[bytes]] = error
    return app


def _passes(result: object, environ: WSGIEnvironment) -> bool:
    """Whether a success body goes to the server as the very object that it is."""
    if type(result) is list or type(result) is tuple:
        return True
    wrapper = environ.get("wsgi.file_wrapper")
    return isinstance(wrapper, type) and isinstance(result, wrapper)


def _is_upgrade(environ: WSGIEnvironment) -> bool:
    """Whether the connection is to change its protocol (RFC 9110 section 7.8).

    h2c is not one: no WSGI app can answer it, servers ignore it (RFC 9113 section 3.1),
    and a client that offers it still wants an answer in HTTP.
    """
    tokens = {token.strip().lower() for token in environ.get("HTTP_CONNECTION", "").split(",")}
    return "upgrade" in tokens and environ["HTTP_UPGRADE"].strip().lower() != "h2c"


def _is_ours(headers: list[tuple[str, str]], environ: WSGIEnvironment) -> bool:
    """Whether a response is a problem that was rendered for this request already."""
    if not environ.get("statusware.problems"):
        return False
    wanted = ("x-request-id", request_id(environ))
    return any((name.lower(), value) == wanted for name, value in headers)


def _status(out: Outgoing) -> int:
    """The status that the app gave, as a number; beyond 599 there is none: that is a 500."""
    status = int((out.status or "500")[:3])
    return status if status <= 599 else 500


def _media_type(headers: list[tuple[str, str]]) -> str:
    for name, value in headers:
        if name.lower() == "content-type":
            return value.partition(";")[0].strip().lower()
    return ""


def _beginning(body: Iterator[bytes]) -> bytes:
    """The body, unless it is longer than any page that we know."""
    read = b""
    for chunk in body:
        read += chunk
        if len(read) > MAX_PAGE:
            return b""
    return read


def _merged(
    app: list[tuple[str, str]], ours: list[tuple[str, str]], environ: WSGIEnvironment
) -> list[tuple[str, str]]:
    """The app's headers without those that described its body, and ours.

    A Cache-Control of the app's own stays, and what it varies by is added to. For HEAD
    there is no telling how long the body of GET would be, hence no Content-Length.
    """
    theirs = [(name, value) for name, value in app if name.lower() not in DESCRIBING]
    names = {name.lower() for name, _ in theirs}
    drop = {"x-request-id", "x-content-type-options"}
    kept = [(name, value) for name, value in theirs if name.lower() not in drop]
    skip = (names - drop - {"vary"}) | (
        {"content-length"} if environ.get("REQUEST_METHOD") == "HEAD" else set()
    )
    return kept + [(name, value) for name, value in ours if name.lower() not in skip]


def _close_quietly(result: object) -> None:
    """Close what the app returned; the answer is already another one."""
    try:
        close(result)
    except Exception:  # it is the app's; what it was about has been decided
        log.exception("close() of the app's response failed")
