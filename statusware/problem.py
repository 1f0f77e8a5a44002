"""`Problem`: one error, as exception, as document (RFC 9457) and as WSGI app.

Every error answer of statusware is a `Problem`. Whoever catches one calls it as a
WSGI app; the renderer that `ErrorEnvelope` left in the environ gives it its shape,
else it is `application/problem+json`.

environ keys read: `statusware.renderer`, `statusware.request_id`,
`statusware.challenges`, `HTTP_X_REQUEST_ID`, `HTTP_TRACEPARENT`, `REQUEST_METHOD`.
environ keys set: `statusware.request_id`; the problem is added to the list
`statusware.problems`, where there is one.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from .catalog import default_code, entry, phrase
from .page import CONTENT_SECURITY_POLICY

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["Problem", "Renderer", "document", "request_id"]

#: Gives a problem its shape: `(problem, environ) -> (content type, body)`.
Renderer = Callable[["Problem", "WSGIEnvironment"], tuple[str, bytes]]

#: Members that the document builds itself; an extension cannot replace them.
RESERVED = frozenset({"type", "title", "status", "detail", "code", "request_id"})

#: Header fields that belong to the connection (PEP 3333, RFC 9110 section 7.6.1).
HOP_BY_HOP = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
    "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip

#: What a 401 says where no scheme is known: RFC 9110 section 11.6.1 wants a challenge.
FALLBACK_CHALLENGE = 'Session realm="app"'

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_UNSAFE_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")
_SAFE_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._~:/+=-]{0,127}", re.ASCII)
_TRACEPARENT = re.compile(
    r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?"
)


class Problem(HTTPException):
    """An error answer. Raise it, return it from a Flask view, or call it as a WSGI app.

    `status` is an HTTP status from 400 to 599, `detail` a sentence for the client (by
    default that of the code), `code` a stable name for programs (by default that of the
    status), `type` and `title` as in RFC 9457, `headers` more response header fields,
    `extensions` more members of the document. A wrong argument is a `ValueError`.

    It is a Werkzeug `HTTPException` whose `code` is None, so that Flask hands it on
    untouched; the status is `status`, the name of the problem `problem_code`.
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
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        **extensions: Any,
    ) -> None:
        if not 400 <= status <= 599:
            raise ValueError(f"a Problem has a status from 400 to 599, not {status!r}")
        if reserved := RESERVED.intersection(extensions):
            raise ValueError(f"{', '.join(sorted(reserved))}: reserved, not an extension")
        Exception.__init__(self, detail)
        self.status = int(status)
        self.problem_code = code or default_code(self.status)
        self.detail = detail if detail is not None else entry(self.problem_code, self.status).detail
        self.type = type
        self.title = title or phrase(self.status)
        self.headers = [_header(name, value) for name, value in _pairs(headers)]
        self.extensions = extensions
        self.description = self.detail

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
        """The document; Flask-RESTful and Flask-RESTX send it."""
        return document(self)

    @property
    def response(self) -> Response:  # type: ignore[override]
        """The answer as a Werkzeug response; Flask-RESTful and Flask-RESTX look at it."""
        return self.get_response()

    def get_response(self, environ: Any = None, scope: Any = None) -> Response:
        """The answer as a Werkzeug response, for `environ` if there is one."""
        status, headers, body = answer(self, environ or {})
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
    members: dict[str, Any] = {
        "type": problem.type or (base + problem.problem_code if base else "about:blank"),
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.problem_code,
    }
    if request_id is not None:
        members["request_id"] = request_id
    members.update(problem.extensions)
    return members


def problem_json(
    problem: Problem, environ: WSGIEnvironment, *, base: str = ""
) -> tuple[str, bytes]:
    """The default renderer: `application/problem+json`."""
    members = document(problem, request_id=request_id(environ), base=base)
    return "application/problem+json", encode(members)


def encode(members: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8. What JSON cannot say is said as text; a lone surrogate stays escaped."""
    try:
        text = json.dumps(members, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        plain = {k: v if isinstance(v, str | int | None) else str(v) for k, v in members.items()}
        text = json.dumps(plain, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace")


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
    ours = {name.lower() for name, _ in headers} - {"vary"}
    headers += [(name, value) for name, value in problem.headers if name.lower() not in ours]
    headers += missing_headers(problem.status, headers, environ)
    if "statusware.problems" in environ:
        environ["statusware.problems"].append(problem)
    if environ.get("REQUEST_METHOD") == "HEAD":
        body = b""
    return f"{problem.status} {phrase(problem.status)}", headers, body


def missing_headers(
    status: int, headers: Iterable[tuple[str, str]], environ: WSGIEnvironment
) -> list[tuple[str, str]]:
    """What RFC 9110 demands of this status and `headers` lack.

    A 401 has a challenge (section 15.5.2): those of the configured schemes, else
    `FALLBACK_CHALLENGE`. A 405 has Allow (15.5.6): what the policy knows, else empty.
    """
    if status == 401 and not _has(headers, "www-authenticate"):
        challenges = environ.get("statusware.challenges") or (FALLBACK_CHALLENGE,)
        return [("WWW-Authenticate", challenge) for challenge in challenges]
    if status == 405 and not _has(headers, "allow"):
        return [("Allow", getattr(environ.get("statusware.route"), "allow", ""))]
    return []


def request_id(environ: WSGIEnvironment) -> str:
    """The id of the request: in body, header and log alike.

    Taken over from a well-formed X-Request-ID, else the trace id of a traceparent
    (W3C Trace Context), else made. Kept in the environ.
    """
    known: str | None = environ.get("statusware.request_id")
    if known is None:
        known = environ["statusware.request_id"] = _find_id(environ) or make_id()
    return known


def _find_id(environ: WSGIEnvironment) -> str | None:
    sent = environ.get("HTTP_X_REQUEST_ID")
    if sent is not None and _SAFE_ID.fullmatch(sent):
        return str(sent)
    trace = environ.get("HTTP_TRACEPARENT")
    if trace is not None and (found := _TRACEPARENT.fullmatch(trace)):
        return found[1]
    return None


def make_id() -> str:
    """A new id; it names a request in a log and protects nothing, hence no `secrets`."""
    return f"{random.getrandbits(128):032x}"


def _pairs(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return headers.items() if isinstance(headers, Mapping) else headers


def _has(headers: Iterable[tuple[str, str]], name: str) -> bool:
    return any(field.lower() == name for field, _ in headers)


def _header(name: str, value: str) -> tuple[str, str]:
    """A header field that is safe to send, else a ValueError (which never tells the value)."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not the name of a header field: {name!r}")
    if name.lower() in HOP_BY_HOP:
        raise ValueError(f"{name} belongs to the connection and cannot be set")
    if not isinstance(value, str) or _UNSAFE_VALUE.search(value):
        raise ValueError(f"the value of {name} cannot stand in a header")
    return name, value
