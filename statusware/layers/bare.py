"""What becomes of an error response of the app: kept, mended, or replaced by a problem.

JSON is kept, and so are media that are neither text nor JSON, and HTML for those who
prefer it. The default pages of frameworks are replaced, whatever their type, and what
their author wrote becomes the `detail`. `keep` changes that.

environ keys read: `statusware.answered`, `statusware.exception`, `HTTP_ACCEPT`,
`REQUEST_METHOD`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from ..body.inflate import CODINGS, inflate
from ..correlation import request_id
from ..header import DESCRIBING, has, missing, sendable
from ..problem import RESERVED, Problem, answer
from .answered import answered, has_our_id
from .defaults import LONGEST, author_text, default_page, is_json
from .record import log_bare
from .rendering import prefers_html
from .response import Outgoing, Rest
from .withheld import withheld

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["KEEP", "judge", "replace"]

KEEP = ("json", "none", "all", "merge")

#: A JSON object that is longer than this is not merged, and a text that is longer, and may
#: show of an exception what nobody has looked at, does not stand in a 5xx.
MAX_READ = 64 * 1024

_HTML = ("text/html", "application/xhtml+xml")

#: What Python and its frameworks show of an exception. No 5xx shows that.
_TRACEBACK = b"Traceback (most recent call last)"

_Headers = list[tuple[str, str]]


def judge(
    out: Outgoing,
    rest: Rest,
    environ: WSGIEnvironment,
    *,
    keep: str,
    html: bool,
    nested: bool = False,
) -> Iterable[bytes]:
    """Send the error response that `out` holds, or the problem that takes its place.

    `keep` is one of `KEEP`; with `html`, clients that prefer HTML keep the app's pages. With
    `nested`, a response that has our id has been logged already.
    """
    if out.held:
        rest.push(out.held)
    status, media_type = _status(out), _media_type(out.headers)
    error = environ.pop("statusware.exception", None) if status >= 500 else None
    problem: Problem | None = None
    fields: _Headers = []
    if "statusware.answered" in environ:
        problem, fields = answered(out, status, environ)
    if problem is None:
        if status >= 500 and not (nested and has_our_id(out, environ)):
            log_bare(status, environ, error)
        head = environ.get("REQUEST_METHOD") == "HEAD"
        body = page = None
        if keep != "all":
            limit = MAX_READ if keep == "merge" or status >= 500 else LONGEST
            body = _decoded(_body(rest, limit, head=head), out.headers, limit)
            page = None if body is None else default_page(status, media_type, body, environ)
        if keep == "all" or (
            page is None and _keeps(status, media_type, body, environ, keep=keep, html=html)
        ):
            if head and body == b"":
                # Of GET we might send a page of ours: nobody knows how long (RFC 9110 8.6).
                out.headers = [f for f in out.headers if f[0].lower() != "content-length"]
            _mend(out, status, environ, vary=html and media_type in _HTML)
            if not head:
                return rest
            rest.close_quietly()
            return []
        problem = _problem(status, media_type, body or b"", page, keep)
    elif _media_type(fields) == media_type:
        out.send()
        return rest
    rest.close_quietly()
    return replace(out, problem, environ)


def replace(out: Outgoing, problem: Problem, environ: WSGIEnvironment) -> list[bytes]:
    """Send `problem` in place of the app's body; other headers, and the status line, stay."""
    status, ours, body = answer(problem, environ)
    if out.status is not None and out.status[:3] == status[:3]:
        status = out.status
    out.replace(status, _merged(out.headers, ours, environ))
    return [body] if body else []


def _body(rest: Rest, limit: int, *, head: bool) -> bytes | None:
    """The body that GET has, None where it is longer than `limit`; of HEAD b"" if unknown."""
    body = rest.peek(limit)
    if head and body == b"":
        body = withheld(rest.result)
        return body if len(body) <= limit else None
    return body


def _decoded(body: bytes | None, headers: _Headers, limit: int) -> bytes | None:
    """A body without its content coding, which a client may ask for; None if nobody can tell."""
    codings = [field[1] for field in headers if field[0].lower() == "content-encoding"]
    coding = ", ".join(map(str, codings)).strip(" \t").lower().removeprefix("x-")
    if not body or coding in ("", "identity"):
        return body
    try:
        return inflate(body, coding, limit) if coding in CODINGS else None
    except Problem:
        return None


def _keeps(
    status: int,
    media_type: str,
    body: bytes | None,
    environ: WSGIEnvironment,
    *,
    keep: str,
    html: bool,
) -> bool:
    """Whether a body that is no default page stays; None stands for one too long to look at."""
    if keep == "none" or not media_type:
        return False
    if body == b"" and environ.get("REQUEST_METHOD") != "HEAD":
        return False
    text = is_json(media_type) or media_type in _HTML
    if status >= 500 and text and (body is None or _TRACEBACK in body):
        return False
    if media_type in _HTML:
        return html and prefers_html(environ)
    if is_json(media_type):
        return keep == "json"
    return not media_type.startswith("text/")


def _problem(status: int, media_type: str, body: bytes, page: str | None, keep: str) -> Problem:
    """The problem in place of a body, with what the author of the app said in it."""
    detail = None if page == "" else author_text(status, media_type, body, page)
    if keep == "merge" and page is None and status < 500 and is_json(media_type):
        problem = Problem(status, detail)
        _merge(problem, body)
        return problem
    return _replacing(status, detail)


@lru_cache(maxsize=256)
def _replacing(status: int, detail: str | None) -> Problem:
    """Most problems in place of a body are the same few."""
    return Problem(status, detail).prepared()


def _merge(problem: Problem, body: bytes) -> None:
    """Take the members of a JSON object over; `status` and `request_id` are our own."""
    try:
        members = json.loads(body)
    except (ValueError, RecursionError):
        return
    if not isinstance(members, dict):
        return
    for name, attribute in _TAKEN.items():
        if isinstance(members.get(name), str) and members[name]:
            setattr(problem, attribute, members[name])
            problem.defaulted = (False, False)
    problem.extensions = {k: v for k, v in members.items() if k not in RESERVED}


#: Members of a problem document that an app may have written itself.
_TAKEN = {"type": "type", "title": "title", "detail": "detail", "code": "problem_code"}


def _mend(out: Outgoing, status: int, environ: WSGIEnvironment, *, vary: bool) -> None:
    """Send the app's own response with what it lacks: challenge, Allow, request id, Vary."""
    more = missing(status, out.headers, environ)
    if not has(out.headers, "x-request-id"):
        more.append(("X-Request-ID", request_id(environ)))
    if vary and not _varies(out.headers):
        more.append(("Vary", "Accept"))
    out.headers = [*out.headers, *more]
    out.send()


def _varies(headers: _Headers) -> bool:
    """Whether a cache knows that another `Accept` gets another answer."""
    named = ",".join(str(value) for name, value in headers if name.lower() == "vary")
    return not {"accept", "*"}.isdisjoint(word.strip().lower() for word in named.split(","))


def _status(out: Outgoing) -> int:
    """The status that the app gave, as a number; beyond 599 there is none: that is a 500."""
    status = int((out.status or "500")[:3])
    return status if status <= 599 else 500


def _media_type(headers: _Headers) -> str:
    for name, value in headers:
        if name.lower() == "content-type":
            return value.partition(";")[0].strip().lower()
    return ""


def _merged(app: _Headers, ours: _Headers, environ: WSGIEnvironment) -> _Headers:
    """The app's headers without those that described its body, and ours.

    What no server can send, or is the server's own (Transfer-Encoding), goes as well.
    A Cache-Control of the app's own stays, and what it varies by is added to. A page of
    ours brings its own Content-Security-Policy, as the app's may forbid its style. For HEAD
    there is no telling how long the body of GET would be, hence no Content-Length.
    """
    is_page = ours[0][1].startswith("text/html")  # Content-Type comes first
    drop = _REPLACED_BY_PAGE if is_page else _REPLACED
    kept = sendable(field for field in app if field[0].lower() not in drop)
    head = environ.get("REQUEST_METHOD") == "HEAD"
    if not kept and not head:
        return ours
    skip = {name.lower() for name, _ in kept} - {"vary"}
    if head:
        skip.add("content-length")
    varies = {value for name, value in kept if name.lower() == "vary"}
    return kept + [
        (name, value)
        for name, value in ours
        if name.lower() not in skip and not (name == "Vary" and value in varies)
    ]


#: Fields of the app's response that go with its body.
_REPLACED = DESCRIBING | {"x-request-id", "x-content-type-options"}
_REPLACED_BY_PAGE = _REPLACED | {"content-security-policy"}
