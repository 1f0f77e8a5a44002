"""The answer that a problem makes: its document (RFC 9457), status line, header fields, body.

A renderer that `ErrorEnvelope` left in the environ gives the body its shape; without one it
is `application/problem+json`.

environ keys read: `statusware.renderer`, `statusware.request_id`, `statusware.challenges`,
`statusware.route`, `HTTP_X_REQUEST_ID`, `HTTP_TRACEPARENT`, `HTTP_ACCEPT`, `REQUEST_METHOD`,
`werkzeug.request`.
environ keys set: `statusware.request_id`, and `statusware.answered`: the problem that was
last answered, and the headers of the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ..catalog import phrase
from ..correlation import request_id
from ..encoding import encode, quote
from ..header import DESCRIBING, missing
from ..page import CONTENT_SECURITY_POLICY

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from .exception import Problem

__all__ = ["RESERVED", "Alike", "Renderer", "answer", "document", "problem_json"]

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
    own = environ.get("statusware.request_id") or request_id(environ)
    if len(problem.detail) > _OFTEN:
        return _TYPE, encode(document(problem, request_id=own, base=base))
    head = _head(base, *_told(problem))
    if problem.extensions:
        return _TYPE, head + b", " + encode({"request_id": own, **problem.extensions})[1:]
    return _TYPE, b'%b, "request_id": %b}' % (head, quote(own))


_TYPE = "application/problem+json"


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
    if problem.alike is None:
        status, headers, body = _made(problem, environ)
        if "werkzeug.request" in environ:
            _tell(problem, headers, environ)
    else:
        status, headers, body = _again(problem, problem.alike, environ)
    environ["statusware.answered"] = (problem, headers)
    return status, headers, b"" if environ.get("REQUEST_METHOD") == "HEAD" else body


def _made(problem: Problem, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], bytes]:
    """The answer to GET."""
    own = request_id(environ)  # first: from here on the one in the environ is safe
    render: Renderer = environ.get("statusware.renderer", problem_json)
    content_type, body = render(problem, environ)
    headers = [
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Request-ID", own),
    ]
    if vary := getattr(render, "vary", ""):
        headers.append(("Vary", vary))
    if content_type.startswith("text/html"):
        headers.append(("Content-Security-Policy", CONTENT_SECURITY_POLICY))
    if problem.headers:
        headers += [field for field in problem.headers if field[0].lower() not in _OWN]
    if problem.status in (401, 405):
        headers += missing(problem.status, headers, environ)
    return f"{problem.status} {phrase(problem.status)}", headers, body


def _tell(problem: Problem, headers: list[tuple[str, str]], environ: WSGIEnvironment) -> None:
    """Flask calls what a view returns with a copy of the environ: the original has to know."""
    original = getattr(environ["werkzeug.request"], "environ", environ)
    original["statusware.answered"] = (problem, headers)


class Alike(NamedTuple):
    """What the answers of a prepared problem have in common: all but the id of the request."""

    status: str
    headers: list[tuple[str, str]]
    #: Where Content-Length and X-Request-ID stand in `headers`.
    length: int
    own: int
    #: The body around the id.
    before: bytes
    after: bytes


def _again(
    problem: Problem, known: dict[Renderer, Alike | None], environ: WSGIEnvironment
) -> tuple[str, list[tuple[str, str]], bytes]:
    """`_made` for a prepared problem: out of what is known of its answers, where that will do.

    It will not for a page, a renderer of the app's own, or an id that JSON has to escape.
    """
    render: Renderer = environ.get("statusware.renderer", problem_json)
    own = environ.get("statusware.request_id") or request_id(environ)
    try:
        alike = known[render]
    except KeyError:
        if len(known) >= _RENDERERS:  # of policies that were reloaded, most likely
            known.clear()
        alike = known[render] = _in_common(problem, render)
    if alike is None or type(own) is not str or not (own.isascii() and own.isalnum()):
        return _made(problem, environ)
    accept = environ.get("HTTP_ACCEPT")
    if accept is not None and (type(accept) is not str or "html" in accept.lower()):
        return _made(problem, environ)
    status, fields, length, at, before, after = alike
    body = before + own.encode() + after
    headers = fields.copy()
    headers[length] = ("Content-Length", str(len(body)))
    headers[at] = ("X-Request-ID", own)
    return status, headers, body


#: How many renderers a problem is remembered for.
_RENDERERS = 8

#: An id that no request has.
_MARK = f"{'0' * 16}statusware{'0' * 16}"


def _in_common(problem: Problem, render: Renderer) -> Alike | None:
    """What an answer to nobody tells; only of renderers of ours, which say what they look at."""
    if not getattr(render, "constant", render is problem_json):
        return None
    if missing(problem.status, problem.headers, {}):
        return None  # what is lacking is that of the request
    nobody = {"statusware.renderer": render, "statusware.request_id": _MARK}
    status, headers, body = _made(problem, nobody)
    before, *more = body.split(_MARK.encode())
    if len(more) != 1:
        return None  # the text of an app may hold anything
    names = [name for name, _ in headers]
    length, own = names.index("Content-Length"), names.index("X-Request-ID")
    return Alike(status, headers, length, own, before, more[0])
