"""What no single route of a policy can know: that it is reachable, and can be satisfied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..auth.scheme import Scheme
from ..errors import PolicyError
from ..layers.access import access_rule
from ..request import Scope
from ..rules import Route

__all__ = ["check_routes"]


def check_routes(
    routes: Sequence[Route],
    api: Mapping[str, Any],
    schemes: Mapping[str, Scheme],
    scope: Scope | None,
) -> None:
    """Raise `PolicyError` for routes that the rest of the policy does not bear out."""
    if schemes and not routes and "unlisted" not in api:
        hint = 'write [[routes]], or [api] unlisted = "reject" or "pass"'
        raise PolicyError("protects nothing: there are no routes", key="auth", hint=hint)
    for route in routes:
        rule = access_rule(route, schemes)
        if not schemes and not rule.anonymous:
            hint = 'write [auth.bearer], or allow = ["everyone"]'
            reason = "needs credentials, but [auth] has no scheme"
            raise PolicyError(reason, key=route.where, hint=hint)
        if route.hide and api.get("unlisted", "reject") != "reject":
            hint = "every other unknown path is served"
            raise PolicyError('needs unlisted = "reject"', key=f"{route.where}.hide", hint=hint)
        _check_scope(route, scope)


def _check_scope(route: Route, scope: Scope | None) -> None:
    outside: Iterable[str] = (p.text for p in route.patterns if scope and not scope.covers(p.text))
    for text in outside:
        reason = f"{text!r} lies outside [api] paths and can never match"
        raise PolicyError(reason, key=f"{route.where}.match")
