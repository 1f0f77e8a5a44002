"""`AccessControl`: the layer that owns 403. It decides by route, method and identity.

environ keys read: `statusware.route`, `statusware.identity`, `statusware.challenges`
(set by `Authentication`: with it, whoever is anonymous gets 401 instead of 403).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import PolicyError, nearest
from ..problem import Problem
from ..rules import AccessRule, Match, Route, RouteTable
from ..rules.decision import Decision
from ..rules.principals import Subject
from .absent import concealed, hidden
from .guard import Check, Guard

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

__all__ = ["AccessControl", "access_rule", "refusal"]

#: What a rule may say in Python, where it is more than principals.
_COLUMNS = ("allow", "deny", "hide", "name")


class AccessControl(Guard):
    """Lets through whom a rule allows (RFC 9110 sections 15.5.2 and 15.5.4).

    - `rules`: a mapping of matches to principals (text, a list, or a table with `allow`, `deny`,
      `hide` and `name`), or a `RouteTable`.
    - `unlisted`: what no rule covers is 403 with "reject", and let through with "pass".
    - `schemes`: the names that qualify `user:SCHEME/name`.

    Alone, with no identity in the environ, everyone is anonymous. Raises `PolicyError` for a
    wrong option. environ keys read: `statusware.identity`, `statusware.challenges`, and
    `statusware.route` (set where no layer outside of this one has).

        app = AccessControl(app, {"POST /recipes": ["role:editor"]}, unlisted="pass")
    """

    log = logging.getLogger("statusware.access")

    def __init__(
        self,
        app: WSGIApplication,
        rules: Mapping[str, Any] | RouteTable,
        *,
        unlisted: str = "reject",
        schemes: Collection[str] = (),
    ) -> None:
        super().__init__(app)
        if not isinstance(rules, RouteTable):
            rules = RouteTable(_routes(rules), unlisted=unlisted)
        self.table: RouteTable = rules
        self._rules = [access_rule(route, schemes) for route in rules.routes]
        self._forbidden = Problem(403).prepared()

    def check(self, environ: WSGIEnvironment) -> WSGIApplication | None:
        """403, or 401 where authentication is at hand; a hidden route is not there."""
        match = self.table.select(environ)
        for each in (match, match.override):
            if each is not None and (answer := self._decide(each, environ)) is not None:
                return concealed(match) if hidden(each) else answer
        return None

    def prepare(self, route: Route, method: str) -> Check | None:
        """The same for one route; nothing where nobody can be refused."""
        rule, decide = self._rules[route.index], self._decide
        if rule.unconditional:
            return None
        if route.hide:
            return self.check
        needs, refused = rule.needs, self._forbidden
        #: Whether nothing but roles and scopes is asked for.
        alone = not rule.deny and len(needs) == len(rule.allow)

        def check(environ: WSGIEnvironment) -> Problem | None:
            identity = environ.get("statusware.identity")
            if identity is not None:
                near = not alone
                for roles, scopes in needs:
                    if roles.issubset(identity.roles):
                        if scopes.issubset(identity.scopes):
                            return None
                        near = True  # scopes are missing: the answer names them
                if not near:
                    return refused
            return decide(environ["statusware.route"], environ)

        return check

    def _decide(self, match: Match, environ: WSGIEnvironment) -> Problem | None:
        route = match.route
        if route is None:
            return None if self.table.unlisted == "pass" else self._forbidden
        identity: Subject | None = environ.get("statusware.identity")
        try:
            decision = self._rules[route.index].decide(identity, match.variables, environ)
        except Problem as problem:  # a predicate's
            return problem
        if decision.allowed:
            return None
        challenges = environ.get("statusware.challenges", ())
        if decision.missing_scopes or (identity is None and challenges):
            return refusal(decision, identity, challenges)
        return self._forbidden


def access_rule(route: Route, schemes: Collection[str] = ()) -> AccessRule:
    """The rule of a route, compiled once; errors name the route."""
    known = frozenset(schemes)
    if known not in route.rules:
        try:
            route.rules[known] = AccessRule.compile(
                route.allow, route.deny, variables=route.variables, schemes=schemes
            )
        except PolicyError as error:
            raise error.at(key=route.where) from None
    return route.rules[known]


def refusal(decision: Decision, identity: Subject | None, challenges: Collection[str]) -> Problem:
    """The unknown are asked who they are, the known are refused (RFC 9110 15.5.2, 15.5.4).

    Where scopes were all that was missing, the challenge names them (RFC 6750 section 3.1).
    """
    if identity is None and challenges:
        return Problem(401, code="missing-credentials")
    if identity is None or not decision.missing_scopes:
        return Problem(403)
    challenge = _challenge(identity.scheme, challenges)
    challenge += ", " if " " in challenge else " "
    scopes = " ".join(decision.missing_scopes)
    challenge += f'error="insufficient_scope", scope="{scopes}"'
    return Problem(403, code="insufficient-scope", headers=[("WWW-Authenticate", challenge)])


def _challenge(scheme: str, challenges: Iterable[str]) -> str:
    """The challenge to add to: that of RFC 6750, else the one of the identity's own scheme."""
    by_name = {challenge.partition(" ")[0].lower(): challenge for challenge in challenges}
    first = next(iter(by_name.values()), "Bearer")
    return by_name.get("bearer") or by_name.get(scheme.lower()) or first


def _routes(rules: Mapping[str, Any]) -> Iterable[Route]:
    if not isinstance(rules, Mapping):
        hint = 'as in {"POST /recipes": ["role:editor"]}'
        raise PolicyError("must map matches to principals", key="rules", hint=hint)
    for match, rule in rules.items():
        columns = rule if isinstance(rule, Mapping) else {"allow": rule}
        for key in columns:
            if key not in _COLUMNS:
                hint = nearest(str(key), _COLUMNS)
                raise PolicyError("is unknown", key=f"{match!r}.{key}", hint=hint)
        yield Route(match, where=repr(match), **columns)
