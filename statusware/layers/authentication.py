"""`Authentication`: the layer that owns 401, malformed credentials (400) and 503.

It finds out who sent a request, and demands that somebody did wherever the route is not
open to everyone. On open routes a credential that is bad, malformed or cannot be verified
never refuses: there is no identity, and a line in the log (login and refresh must work).

environ keys read: `statusware.route`, and those of the schemes. environ keys set:
`statusware.identity`, `statusware.challenges` (what a 401 further in shall say),
`REMOTE_USER` (UTF-8 as Latin-1; removed from anonymous requests). Headers by which a
proxy would pass on an identity are removed.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..auth.authenticator import MAX_HEADER, Authenticator, log_refusal
from ..auth.origins import Origins
from ..auth.proxy import Proxy
from ..auth.scheme import Scheme
from ..auth.strip import IDENTITY_HEADERS, Stripper
from ..errors import PolicyError, check_flag, check_list
from ..logs.table import EXPLAINING
from ..problem import Problem
from ..rules import Match, Route, RouteTable
from .absent import Absent, concealed
from .access import access_rule
from .guard import Check, Guard
from .malformed import Malformed

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

    from ..auth.identity import Identity

__all__ = ["Authentication"]


class Authentication(Guard):
    """Verifies credentials with `schemes`, and sets the identity (RFC 9110 section 11).

    - `public`: what needs no credentials, as matches; or `routes`: the `RouteTable` of a policy,
      where open is what its `allow` says. Without both, everything needs credentials.
    - `max_header`: how many characters a header with a credential may have.
    - `strip_headers`: replaces the list of identity headers that are removed from requests.
    - `explain`: tells clients why credentials are bad (for development).
    - `origin`: our own origin as browsers see it (by default that of the Host header);
      `origins`: others that may use credentials that browsers send by themselves.

    Raises `PolicyError` for a wrong option. environ keys set: `statusware.identity`,
    `statusware.challenges`, `REMOTE_USER` (UTF-8 as Latin-1; removed from anonymous requests);
    read: `statusware.route`, those of the schemes, and for credentials that browsers send by
    themselves `HTTP_ORIGIN`, `HTTP_SEC_FETCH_SITE`, `HTTP_HOST`, `HTTP_UPGRADE`.

        app = Authentication(app, Bearer(secret="0123456789" * 4), public=["GET /recipes"])
    """

    log = logging.getLogger("statusware.authentication")

    def __init__(
        self,
        app: WSGIApplication,
        *schemes: Scheme,
        public: Iterable[str] | None = None,
        routes: RouteTable | None = None,
        max_header: int = MAX_HEADER,
        strip_headers: Iterable[str] = IDENTITY_HEADERS,
        explain: bool = False,
        origin: str = "",
        origins: Iterable[str] = (),
    ) -> None:
        super().__init__(app)
        if not schemes:
            raise PolicyError("has no scheme", key="auth", hint="as in Bearer(secret=...)")
        if public is not None and routes is not None:
            raise PolicyError("public and routes exclude each other", key="public")
        if public is not None:
            check_list("public", public)
        check_flag("explain", explain)
        _check_schemes(schemes)
        self._authenticator = Authenticator(
            schemes, max_header=max_header, explain=explain, origins=Origins(origin, origins)
        )
        #: The identity headers that a proxy which is trusted may set, by scheme.
        self._passed = {s.name: s.passed for s in schemes if isinstance(s, Proxy)}
        believed = (key for keys in self._passed.values() for key in keys)
        self._stripper = Stripper(strip_headers, keys=believed)
        challenges = [("WWW-Authenticate", each) for each in self._authenticator.challenges]
        self._missing = Problem(401, code="missing-credentials", headers=challenges).prepared()
        #: The check by mode: whether the route is open, and whether it is hidden.
        modes = itertools.product((False, True), repeat=2)
        self._checks = {mode: self._check(*mode) for mode in modes}
        if explain:
            EXPLAINING.tell()
        self.table = routes
        self._public = RouteTable(public) if public else None
        names = [scheme.name for scheme in schemes]
        listed = () if routes is None else routes.routes
        #: By the index of a route: whether it needs no credentials, and whether it is hidden.
        self._modes = [(access_rule(route, names).open, route.hide) for route in listed]

    def check(self, environ: WSGIEnvironment) -> WSGIApplication | None:
        """400, 401, 403 (`cross-site-request`) or 503; a hidden route is not there."""
        mode = self._mode(environ)
        return None if mode is None else self._checks[mode](environ)

    def prepare(self, route: Route, method: str) -> Check:
        """The same, where it is known whether the route is open or hidden."""
        return self._checks[self._modes[route.index]]

    def _check(self, open_: bool, hidden: bool) -> Check:
        """The check of routes that are open to everyone, or hidden, or not."""
        authenticator = self._authenticator
        ask, headers, longest = authenticator.ask, authenticator.headers, authenticator.max_header
        challenges, missing = authenticator.challenges, self._missing
        harmless, strip, passed = self._stripper.harmless, self._stripper.strip, self._passed

        def check(environ: WSGIEnvironment) -> WSGIApplication | None:
            environ["statusware.challenges"] = challenges
            found: Identity | Problem | None = None
            for key in headers:
                if key in environ:
                    try:
                        found = (
                            ask(environ)
                            if len(environ[key]) <= longest
                            else authenticator.too_long()
                        )
                    except Problem as problem:
                        found = authenticator.settled(problem)
                    break
            if found is None:
                if not open_:
                    return self._refused(missing, environ) if hidden else missing
            elif isinstance(found, Problem):
                if not open_:
                    return self._refused(found, environ) if hidden else found
                log_refusal(found, environ)
                found.__traceback__ = found.__context__ = None  # they hold this frame
            else:
                user = found.user
                environ["REMOTE_USER"] = user if user.isascii() else found.remote_user
                environ["statusware.identity"] = found
                if not harmless(environ):
                    strip(environ, keep=passed.get(found.scheme, ()))
                return None
            environ.pop("REMOTE_USER", None)
            environ.pop("statusware.identity", None)
            if not harmless(environ):
                strip(environ)
            return None

        return check

    def _refused(self, problem: Problem, environ: WSGIEnvironment) -> WSGIApplication:
        """What a refusal means where the route is hidden: it does not exist."""
        log_refusal(problem, environ)
        return concealed(environ["statusware.route"])

    def _mode(self, environ: WSGIEnvironment) -> tuple[bool, bool] | None:
        """Whether the request needs no credentials, and whether its route is hidden.

        None where no route lists the path, and the policy leaves it alone.
        """
        table = self.table
        if table is None:
            return self._public is not None and self._is_public(self._public, environ), False
        match = table.select(environ)
        if match.route is not None and match.override is None:
            return self._modes[match.route.index]
        if match.route is None and table.unlisted == "pass" and not match.listed:
            return None
        return self._openness(match)

    def _openness(self, match: Match) -> tuple[bool, bool]:
        """The same for a match, and for that of the method that overrides it."""
        route = match.route
        open_, hidden = (False, False) if route is None else self._modes[route.index]
        if match.override is not None:
            also_open, also_hidden = self._openness(match.override)
            return open_ and also_open, hidden or also_hidden
        return open_, hidden

    def _is_public(self, table: RouteTable, environ: WSGIEnvironment) -> bool:
        """Whether `public` lists the request. Its route stays what another layer has found."""
        kept = environ.pop("statusware.route", None)
        match = table.select(environ)
        if kept is None:
            environ.pop("statusware.route", None)
        else:
            environ["statusware.route"] = kept
        return bool(match) and (match.override is None or bool(match.override))

    def _record(self, problem: Problem, environ: WSGIEnvironment) -> None:
        if not isinstance(problem, Absent | Malformed):  # why it is one has been told
            log_refusal(problem, environ)


def _check_schemes(schemes: Iterable[Scheme]) -> None:
    """Schemes are made, not named; and each has a name of its own, by which rules know it."""
    names: set[str] = set()
    for scheme in schemes:
        if isinstance(scheme, type) or not callable(getattr(scheme, "authenticate", None)):
            hint = "as in Bearer(secret=...)"
            raise PolicyError(f"{scheme!r} is no scheme", key="schemes", hint=hint)
        if scheme.name in names:
            hint = f'as in Bearer(..., name="{scheme.name}-2")'
            raise PolicyError(f"{scheme.name!r} is the name of two", key="schemes", hint=hint)
        names.add(scheme.name)
