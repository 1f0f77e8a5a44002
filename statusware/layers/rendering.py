"""The shape of a problem: problem+json, simple, a renderer of the app's own, or a page.

Negotiated on `Accept` (RFC 9110 section 12.5.1): JSON, unless the client clearly prefers
HTML. A renderer that fails is logged, and the default takes its place.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from webob.acceptparse import create_accept_header

from ..catalog import CODES, Entry
from ..encoding import encode, plain
from ..errors import PolicyError, nearest
from ..logs.table import PAGELESS, RENDERER_ANSWER, RENDERER_FAILED
from ..page import page
from ..problem import Problem, Renderer, document, problem_json, request_id
from ..rules.principals import load_object

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["Rendering", "prefers_html", "simple_json"]

_OFFERS = ("application/problem+json", "application/json", "text/html")

#: A URI, or a plain path: what is served has to be what every reader sees.
_BASE = re.compile(r"[a-z][a-z0-9+.-]*:[!-~]+|(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?", re.ASCII)

#: Characters of an `Accept` that is looked at: each costs microseconds, and some servers hand on
#: a quarter of a million. That of a browser has two hundred.
LONGEST_ACCEPT = 8192

#: At most so many codes without a page are told.
_MOST = 100

#: A media type with parameters, as it can stand in a header (RFC 9110 section 8.3.1).
_CONTENT_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?: *;[ -~]*)?", re.ASCII)


def simple_json(problem: Problem, environ: WSGIEnvironment) -> tuple[str, bytes]:
    """`{"error": {"code": …, "message": …, "status": …, "request_id": …, extensions}}`."""
    members = {
        "code": problem.problem_code,
        "message": problem.detail,
        "status": problem.status,
        "request_id": request_id(environ),
    }
    extensions = {k: v for k, v in problem.extensions.items() if k not in members}
    return "application/json", encode({"error": members | extensions})


class Rendering:
    """The renderer that stands in the environ: format, types and negotiation.

    `entries` are the app's own codes. Attributes: `base`, what the type of a problem starts
    with ("" for about:blank); `codes`, the table of all codes by name.
    """

    def __init__(
        self,
        *,
        format: str | Renderer,
        types: str,
        html: bool,
        entries: Mapping[str, Entry] | None = None,
    ) -> None:
        self.base = _base(types)
        self._own = dict(entries or {})
        self.codes = {**CODES, **self._own}
        #: Whether the types lie on this server: those of the codes that it knows.
        self._serves = self.base.startswith("/")
        self._told: set[str] = set()
        self._default: Renderer = partial(problem_json, base=self.base)
        self._render = self._renderer(format)
        #: Whether nothing but the problem, the id of the request and `Accept` is looked at.
        self.constant = format in ("problem", "simple")
        self._html = html
        self.vary = "Accept" if html else ""

    def __call__(self, problem: Problem, environ: WSGIEnvironment) -> tuple[str, bytes]:
        """Content type and body of `problem` for this request."""
        if problem.problem_code in self._own:
            problem = self._completed(problem)
        elif self._serves and problem.type is None and problem.problem_code not in self.codes:
            problem = self._untyped(problem, environ)
        if self._html and prefers_html(environ):
            members = document(problem, request_id=request_id(environ), base=self.base)
            return "text/html; charset=utf-8", page(plain(members))
        if self.constant:
            return self._render(problem, environ)
        try:
            content_type, body = self._render(problem, environ)
            if type(body) is bytes and _CONTENT_TYPE.fullmatch(content_type):
                return str(content_type), body
            RENDERER_ANSWER.tell(environ=environ, problem=problem, layer="ErrorEnvelope")
        except Exception as error:  # a renderer is the app's own; an error still wants an answer
            RENDERER_FAILED.tell(
                environ=environ, problem=problem, error=error, layer="ErrorEnvelope"
            )
        return self._default(problem, environ)

    def _completed(self, problem: Problem) -> Problem:
        """`problem` with the title and the detail that the app's table has for its code."""
        entry, (title, detail) = self._own[problem.problem_code], problem.defaulted
        told = copy.copy(problem)
        told.title = entry.title if title and entry.title else problem.title
        told.detail = entry.detail if detail else problem.detail
        return told

    def _untyped(self, problem: Problem, environ: WSGIEnvironment) -> Problem:
        """`problem` without a type: no page tells about a code that is not declared."""
        code = problem.problem_code
        if code not in self._told and len(self._told) < _MOST:
            self._told.add(code)
            PAGELESS.tell(code, code, environ=environ, problem=problem, layer="ErrorEnvelope")
        told = copy.copy(problem)
        told.type = "about:blank"
        return told

    def _renderer(self, format: str | Renderer) -> Renderer:
        known: dict[str, Renderer] = {"problem": self._default, "simple": simple_json}
        if callable(format):
            return format
        if format in known:
            return known[format]
        if not isinstance(format, str) or ":" not in format:
            hint = nearest(str(format), (*known, "package.module:renderer"))
            raise PolicyError(f"{format!r} is unknown", key="format", hint=hint)
        try:
            found = load_object(format)
        except PolicyError as error:
            raise error.at(key="format") from None
        if not callable(found):
            raise PolicyError(f"{format!r} is no function", key="format")
        renderer: Renderer = found
        return renderer


def prefers_html(environ: WSGIEnvironment) -> bool:
    """Whether the client wants HTML more than any JSON."""
    accept = environ.get("HTTP_ACCEPT")
    if not isinstance(accept, str) or "html" not in accept.lower():
        return False
    if len(accept) > LONGEST_ACCEPT:
        return False
    weights: dict[str, float] = dict(create_accept_header(accept).acceptable_offers(_OFFERS))
    html = weights.pop("text/html", 0.0)
    return html > max(weights.values(), default=0.0)


def _base(types: str) -> str:
    """What problem types start with: a URI, or a path on this server; "" for about:blank."""
    if types == "about:blank":
        return ""
    if not isinstance(types, str) or not _BASE.fullmatch(types):
        hint = 'a URI, a path as in "/problems", or "about:blank"'
        raise PolicyError(f"{types!r} is no base URI", key="types", hint=hint)
    return f"{types.rstrip('/')}/" if types.startswith("/") else types
