"""`Routing`: the layer that owns 404, 405, 501 and the ambiguous request line (400).

It reads the request line strictly, finds the route and leaves it in the environ for the
layers inside. An OPTIONS that no route lists is answered here, with Allow from the policy.

environ keys set: `statusware.route`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..problem import Problem, request_id
from ..rules import Match, Route, RouteTable
from .cors import Cors
from .guard import Guard

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["Routing"]


class Routing(Guard):
    """Lets through what a route lists (RFC 9110 sections 9, 15.5.5, 15.5.6, 15.6.2).

    - `routes`: match strings, as in "GET,POST /recipes/{id:int}", or a `RouteTable`, which brings
      the other options along.
    - `unlisted`: "reject" (a path that no route lists is 404) or "pass"; a listed path with
      another method is 405 either way.
    - `methods`: methods known beyond GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS.
    - `mount`: the expected SCRIPT_NAME, or several (by default that of the process).
    - `allow_path`: names of relaxations: "double-slash", "dot", "semicolon", "encoded",
      "backslash".
    - `cors`: with it, preflights are answered from what the routes list.

    Raises `PolicyError` for a wrong option, and for routes that tie. environ keys set:
    `statusware.route`; read: `PATH_INFO`, `SCRIPT_NAME`, `REQUEST_METHOD`, `QUERY_STRING` (for
    `_method`), `HTTP_X_HTTP_METHOD_OVERRIDE` and its kin, `HTTP_ORIGIN`,
    `HTTP_ACCESS_CONTROL_REQUEST_METHOD`.

        app = Routing(app, ["GET,POST /recipes", "GET /recipes/{id:int}"])
    """

    log = logging.getLogger("statusware.routing")

    def __init__(
        self,
        app: WSGIApplication,
        routes: Iterable[Route | str] | RouteTable,
        *,
        unlisted: str = "reject",
        methods: Iterable[str] = (),
        mount: str | Iterable[str] | None = None,
        allow_path: Iterable[str] = (),
        cors: Cors | None = None,
    ) -> None:
        super().__init__(app)
        self._cors = cors
        if not isinstance(routes, RouteTable):
            routes = RouteTable(
                routes, unlisted=unlisted, methods=methods, mount=mount, allow_path=allow_path
            )
        self._table = routes

    def check(self, environ: WSGIEnvironment) -> WSGIApplication | None:
        """404, 405 or the answer to OPTIONS; 400 and 501 come from the reading itself."""
        if self._cors is not None and self._cors.is_preflight(environ):
            return self._preflight(self._cors, environ)
        match = self._table.read(environ)
        answer = None if match.route is not None else self._unlisted(match)
        other = match.override
        if other is not None and not other and self._unlisted(other) is not None:
            raise Problem(405, headers=[("Allow", other.allow)])
        return answer

    def _preflight(self, cors: Cors, environ: WSGIEnvironment) -> WSGIApplication:
        """What a browser may send to this path. Never asked of the app: it might just do it."""
        table = self._table
        path = table.line.path(environ)
        methods = table.allowed(path)
        if not methods and table.unlisted == "pass" and not table.lists(path):
            methods = table.known()
        if not methods:
            raise Problem(404)
        cors.allow(environ, methods)
        return _Options(", ".join(methods))

    def _unlisted(self, match: Match) -> WSGIApplication | None:
        """What becomes of a request that no route lists: outside the policy, or refused."""
        self._table.line.known(match.method)
        allow = match.allow
        if not allow:
            if self._table.unlisted == "pass" and not self._table.lists(match.path):
                return None
            raise Problem(404)
        if match.method == "OPTIONS":
            return _Options(allow)
        raise Problem(405, headers=[("Allow", allow)])


class _Options:
    """The answer to an OPTIONS that no route lists (RFC 9110 section 9.3.7)."""

    def __init__(self, allow: str) -> None:
        self._allow = allow

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        headers = [
            ("Allow", self._allow),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Request-ID", request_id(environ)),
        ]
        start_response("204 No Content", headers)
        return []
