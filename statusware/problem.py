"""`Problem`: one error, as exception, as document (RFC 9457) and as WSGI app.

Every error answer of statusware is a `Problem`. Whoever catches one calls it as a
WSGI app; the renderer that `ErrorEnvelope` left in the environ gives it its shape,
else it is `application/problem+json`.

environ keys read: `statusware.renderer`, `statusware.request_id`,
`statusware.challenges`, `statusware.route`, `HTTP_X_REQUEST_ID`, `HTTP_TRACEPARENT`,
`REQUEST_METHOD`.
environ keys set: `statusware.request_id`, and `statusware.answered`: the problem that was
last answered, and the headers of the answer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from .catalog import CODE, default_code, entry, phrase
from .correlation import request_id
from .encoding import encode, quote
from .header import DESCRIBING, Fields, missing, safe
from .page import CONTENT_SECURITY_POLICY

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["Problem", "Renderer", "answer", "document", "problem_json", "request_id"]

#: Gives a problem its shape: `(problem, environ) -> (content type, body)`.
Renderer = Callable[["Problem", "WSGIEnvironment"], tuple[str, bytes]]

#: Members that the document builds itself; an extension cannot replace them.
RESERVED = frozenset({"type", "title", "status", "detail", "code", "request_id"})

#: Fields that an answer has a say in itself, or that would describe another body.
_OWN = (DESCRIBING - {"content-language"}) | {
    "cache-control", "x-content-type-options", "x-request-id",
}  # fmt: skip


#: A detail longer than this is made for one request, and not remembered.
_OFTEN = 200


class Problem(HTTPException):
    """An error answer (RFC 9457). Raise it, return it from a Flask view, or call it as a WSGI app.

    - `status`: an HTTP status from 400 to 599.
    - `detail`: a sentence for the client, by default that of the code. It is sent, so nothing
      secret belongs in it.
    - `code`: a stable name for programs (letters, digits and `._~-`), by default that of the
      status.
    - `type`, `title`: as in RFC 9457 section 3.1; by default about:blank (or what `types` of the
      envelope makes of the code) and the phrase of the status.
    - `headers`: more response header fields: a mapping, or a list of pairs of texts.
    - `extensions`: more members of the document; what JSON cannot say is sent as text.

    Raises `ValueError` for a status outside 400 to 599, a code that cannot stand in a URI, an
    extension named like a member of the document, CR or LF in a header, and a hop-by-hop
    header (PEP 3333).

    It is a Werkzeug `HTTPException` whose `code` is None, so that Flask hands it on untouched;
    the status is `status`, the name of the problem `problem_code`.

        problem = Problem(409, "This name is taken.", code="name-taken", name="Soup")
    """

    code: int | None = None

    def __init__(
        self,
        status: int,
        detail: str | None = None,
        *,
        code: str | None = None,
        type: str | None = None,
        title: str | None = None,
        headers: Fields = (),
        **extensions: Any,
    ) -> None:
        if not isinstance(status, int) or not 400 <= status <= 599:
            raise ValueError("a Problem has a status from 400 to 599")
        if not RESERVED.isdisjoint(extensions):
            names = ", ".join(sorted(RESERVED.intersection(extensions)))
            raise ValueError(f"{names}: reserved, not an extension")
        if code is not None and not CODE.fullmatch(code):
            raise ValueError("a code consists of letters, digits and hyphens, as in name-taken")
        Exception.__init__(self, status, detail)
        self.status = int(status)
        self.problem_code = code or default_code(self.status)
        told = detail if detail is not None else entry(self.problem_code, self.status).detail
        self.detail = self.description = str(told)
        self.type = type if type is None else str(type)
        self.title = str(title or phrase(self.status))
        #: Which of `title` and `detail` nobody gave: the table of codes says them.
        self.defaulted = (title is None, detail is None)
        self.headers = safe(headers) if headers else []
        self.extensions = extensions

    def __str__(self) -> str:
        return f"{self.status} {self.problem_code}: {self.detail}"

    def __repr__(self) -> str:
        return f"Problem({self.status}, {self.detail!r}, code={self.problem_code!r})"

    @property
    def name(self) -> str:
        """The title (Werkzeug's name for it)."""
        return self.title

    @property
    def data(self) -> dict[str, Any]:
        """The members of the answer; Flask-RESTful and Flask-RESTX send them."""
        body = self.get_response().get_data()
        try:
            members = json.loads(body)
        except ValueError:  # a page, or a format of the app's own
            members = None
        return members if isinstance(members, dict) else document(self)

    @property
    def response(self) -> Response:  # type: ignore[override]
        """The answer as a Werkzeug response; Flask-RESTful and Flask-RESTX look at it."""
        return self.get_response()

    def get_response(self, environ: Any = None, scope: Any = None) -> Response:
        """The answer as a Werkzeug response: for `environ` (or a request), else for Flask's."""
        if environ is None:
            environ = _flask_environ()
        status, headers, body = answer(self, getattr(environ, "environ", environ))
        return Response(body, status, headers)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """Answer the request with this problem (PEP 3333)."""
        status, headers, body = answer(self, environ)
        start_response(status, headers)
        return [body] if body else []


def document(problem: Problem, *, request_id: str | None = None, base: str = "") -> dict[str, Any]:
    """The members of the problem document (RFC 9457 section 3), in reading order.

    With a `base` URI, the type of a problem that names none is the base and its code.
    """
    members = _members(base, *_told(problem))
    if request_id is not None:
        members["request_id"] = request_id
    if problem.extensions:
        members.update(problem.extensions)
    return members


def problem_json(
    problem: Problem, environ: WSGIEnvironment, *, base: str = ""
) -> tuple[str, bytes]:
    """The default renderer: `application/problem+json`."""
    if problem.extensions or len(problem.detail) > _OFTEN:
        body = encode(document(problem, request_id=request_id(environ), base=base))
    else:
        head = _head(base, *_told(problem))
        body = b'%b, "request_id": %b}' % (head, quote(request_id(environ)))
    return "application/problem+json", body


@lru_cache(maxsize=256)
def _head(*told: Any) -> bytes:
    """All of a document but its `request_id`: most problems are the same few."""
    return encode(_members(*told))[:-1]


def _told(problem: Problem) -> tuple[str | None, str, int, str, str]:
    return problem.type, problem.title, problem.status, problem.detail, problem.problem_code


def _members(
    base: str, type: str | None, title: str, status: int, detail: str, code: str
) -> dict[str, Any]:
    return {
        "type": type or (base + code if base else "about:blank"),
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }


def answer(problem: Problem, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status line, headers and body of the answer, complete for its status.

    The body is empty for HEAD, with the Content-Length that GET would have
    (RFC 9110 section 9.3.2).
    """
    render: Renderer = environ.get("statusware.renderer", problem_json)
    content_type, body = render(problem, environ)
    headers = [
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Request-ID", request_id(environ)),
    ]
    if vary := getattr(render, "vary", ""):
        headers.append(("Vary", vary))
    if content_type.startswith("text/html"):
        headers.append(("Content-Security-Policy", CONTENT_SECURITY_POLICY))
    if problem.headers:
        headers += [field for field in problem.headers if field[0].lower() not in _OWN]
    if problem.status in (401, 405):
        headers += missing(problem.status, headers, environ)
    environ["statusware.answered"] = (problem, headers)
    if environ.get("REQUEST_METHOD") == "HEAD":
        body = b""
    return f"{problem.status} {phrase(problem.status)}", headers, body


def _flask_environ() -> WSGIEnvironment:
    """The environ of the request that Flask is serving, or an empty one.

    Flask-RESTful and Flask-RESTX ask an exception for its response without saying what
    for. Flask is looked up, never imported: whoever serves a request with it has it.
    """
    flask = sys.modules.get("flask")
    if flask is not None and flask.has_request_context():
        environ: WSGIEnvironment = flask.request.environ
        return environ
    return {}
