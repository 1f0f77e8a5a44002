"""`Routing`: the layer that owns 404, 405, 501 and the ambiguous request line (400).

It reads the request line strictly, finds the route and leaves it in the environ for the
layers inside. An OPTIONS that no route lists is answered here, with Allow from the policy.

environ keys set: `statusware.route`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..problem import Problem
from ..request import OVERRIDES, overridden
from ..rules import Match, Route, RouteTable
from .absent import Options, hidden, not_allowed
from .cors import Cors
from .guard import TRACE, Check, Guard, prepared, told
from .malformed import blamed

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["Routing"]

_OVERRIDE, _METHOD, _OVERRIDE_TOO = OVERRIDES

#: Paths that are remembered, and the characters that one of them may have: 2 MB at most.
KNOWN, LONGEST = 1024, 200

#: What guards have to ask, in their order.
_Plan = tuple[tuple[Guard, Check], ...]

#: What a request line has found: its match, and what the guards further in have to ask.
_Found = tuple[Match, _Plan]


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
        self.table: RouteTable = routes
        self._mounts = routes.line.mounts
        #: What paths (as they stand in the environ) that were read before have found, by
        #: method: what a path means never changes, so that it is read and matched once.
        self._known: dict[str, dict[str, _Found]] = {}
        self._not_found = Problem(404).prepared()
        #: What the guards further in ask, by route and method.
        self._plans: dict[tuple[Route, str], _Plan] = {}
        #: What they ask where that is all that is known.
        self._unprepared: _Plan = tuple((guard, guard.check) for guard in self._row[1:])

    @property
    def _joins(self) -> bool:
        return type(self) is Routing

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """As every guard, but that a path which is known is not read again."""
        try:
            known = self._known.get(environ.get("PATH_INFO", ""))
            found = None if known is None else known.get(environ["REQUEST_METHOD"])
            if found is not None and (
                environ.get("SCRIPT_NAME", "") not in self._mounts
                or ((environ.get("QUERY_STRING") or _OVERRIDE in environ
                     or _METHOD in environ or _OVERRIDE_TOO in environ)
                    and _names_another(environ))
            ):  # fmt: skip
                found = None
        except Exception:  # broad: no environ as PEP 3333 has it. `check` meets it too, and tells
            found = None
        if TRACE.level or (found is None and self.watch is not None):
            return super().__call__(environ, start_response)
        if found is not None:
            environ["statusware.route"], plan = found
        else:
            try:
                answer = self.check(environ)
            except Problem as problem:
                answer = problem
            except Exception as error:  # as in every guard
                answer = blamed(error, environ, type(self).__name__)
            if answer is not None:
                return self.answer(answer, environ, start_response)
            plan = self._asked(environ)
        for guard, check in plan:
            try:
                answer = check(environ)
            except Problem as problem:
                answer = problem
            except Exception as error:  # as in every guard
                answer = blamed(error, environ, type(guard).__name__)
            if answer is not None:
                return guard.answer(answer, environ, start_response)
        return self._inner(environ, start_response)

    def check(self, environ: WSGIEnvironment) -> WSGIApplication | None:
        """404, 405 or the answer to OPTIONS; 400 and 501 come from the reading itself."""
        if self._cors is not None and self._cors.is_preflight(environ):
            return self._preflight(self._cors, environ)
        match = self.table.read(environ)
        answer = None if match.route is not None else self._unlisted(match)
        other = match.override
        if (
            other is not None
            and not isinstance(answer, Problem)
            and (not other or (answer is not None and hidden(other)))
        ):
            refused = self._unlisted(other)
            if refused is not None:
                return refused if isinstance(refused, Problem) else not_allowed(other.allow)
        if match.route is not None and other is None:
            self._remember(match, match.route, environ.get("PATH_INFO") or "")
        return answer

    def _remember(self, match: Match, route: Route, path: str) -> None:
        """Keep what this path has found. Nobody can make us keep much: then we begin anew."""
        if len(path) > LONGEST or type(self).check is not Routing.check:
            return
        if match.method == "OPTIONS" and self._cors is not None:
            return  # the next one may be a preflight, which is answered whatever its path finds
        if len(self._known) >= KNOWN:
            self._known = {}
        if match.variables:  # shared between requests from now on, and an app can get at it
            match.variables = MappingProxyType(match.variables)
        self._known.setdefault(path, {})[match.method] = (match, self._planned(route, match.method))

    def _asked(self, environ: WSGIEnvironment) -> _Plan:
        """What the guards further in ask of a request that this layer lets pass."""
        match = environ.get("statusware.route")
        if match is None or match.table is not self.table:
            return self._unprepared
        if match.route is None or match.override is not None:
            return self._unprepared
        return self._planned(match.route, match.method)

    def _planned(self, route: Route, method: str) -> _Plan:
        plan = self._plans.get((route, method))
        if plan is None:
            plan = self._plans[route, method] = self._plan(route, method)
        return plan

    def _plan(self, route: Route, method: str) -> _Plan:
        """What the guards further in ask of requests that find this route.

        Behind one that does not decide by our table nothing is known: it may have found another.
        """
        asked: list[tuple[Guard, Check | None]] = []
        ours = True
        for guard in self._row[1:]:
            ours = ours and guard.table is self.table
            asked.append((guard, prepared(guard, route, method) if ours else guard.check))
        if self.watch is not None:
            tell, every = self.watch, ((self, None), *asked)
            return tuple((guard, told(tell, guard, check)) for guard, check in every)
        return tuple((guard, check) for guard, check in asked if check is not None)

    def _preflight(self, cors: Cors, environ: WSGIEnvironment) -> WSGIApplication:
        """What a browser may send to this path. Never asked of the app: it might just do it."""
        table = self.table
        path = table.line.path(environ)
        methods = table.allowed(path)
        if not methods and table.unlisted == "pass" and not table.lists(path):
            methods = table.known()
        if not methods:
            raise Problem(404)
        cors.allow(environ, methods)
        return Options(", ".join(methods))

    def _unlisted(self, match: Match) -> WSGIApplication | None:
        """What becomes of a request that no route lists: outside the policy, or refused."""
        if match.method not in self.table.line.methods:
            self.table.line.known(match.method)  # raises
        allow = match.allow
        if not allow:
            if self.table.unlisted == "pass" and not match.listed:
                return None
            return self._not_found
        if match.method == "OPTIONS":
            return Options(allow)
        return not_allowed(allow)


def _names_another(environ: WSGIEnvironment) -> bool:
    """Whether a request names another method; `check` refuses the one that names several."""
    try:
        return overridden(environ) is not None
    except Problem:
        return True
