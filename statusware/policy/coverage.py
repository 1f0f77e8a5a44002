"""What a policy and an app have to say about each other: what has no rule, what has no route.

`findings` is the report of `statusware check`: plain data, the gravest first. The routes of
an app are read elsewhere (they belong to frameworks); without them the policy is looked at alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import PolicyError
from ..layers.access import access_rule
from ..rules import AccessRule, Route
from ..rules.pattern import Pattern, Variable, parse_match
from .model import Policy

__all__ = ["AppRoute", "Finding", "findings", "uncovered"]

#: Values that no literal of anybody's is equal to.
_SAMPLES = {"": "-any-", "int": "90210", "uuid": "5b1e0bb6-53a2-4c1b-9c0e-3f5a0c1d2e3f",
            "path": "-any-/-any-"}  # fmt: skip

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class AppRoute:
    """One route of an app: its pattern as a policy would write it, the methods (None: any
    or unknown), and the name of the view."""

    pattern: str
    methods: frozenset[str] | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at: `level` is "error" or "warning", `kind` a stable name for
    programs, `route` what it is about (method and path), `where` its place in the policy."""

    level: str
    kind: str
    route: str
    message: str
    where: str = ""


def findings(policy: Policy, app_routes: Iterable[AppRoute] | None = None) -> list[Finding]:
    """All there is to say, errors first, each in the order of the app's and the policy's routes."""
    found: list[Finding] = []
    if app_routes is not None:
        listed = list(app_routes)
        found += uncovered(policy, listed)
        if policy.metrics:
            listed.append(AppRoute(policy.metrics, frozenset({"GET"})))
        found += _without_route(policy, listed)
    for route in policy.routes:
        found += _about_rule(policy, route)
    return sorted(found, key=lambda finding: finding.level != "error")


def uncovered(policy: Policy, app_routes: Iterable[AppRoute]) -> list[Finding]:
    """The routes of the app, method by method, that no rule of the policy lists."""
    table = policy.table
    found: list[Finding] = []
    for app_route in app_routes:
        path = _sample(app_route.pattern)
        if policy.scope is not None and not policy.scope.covers(path):
            continue
        if app_route.methods is None:
            missing = [] if table.lists(path) else [app_route.pattern]
        else:
            known = sorted(app_route.methods & table.line.methods)
            missing = [f"{m} {app_route.pattern}" for m in known if not table.find(m, path)]
        found += (_uncovered(policy, route, app_route) for route in missing)
    return found


def _uncovered(policy: Policy, route: str, app_route: AppRoute) -> Finding:
    view = f" (view {app_route.name})" if app_route.name else ""
    open_ = policy.table.unlisted == "pass" and not policy.table.lists(_sample(app_route.pattern))
    fate = "anybody may use it" if open_ else "nobody can reach it"
    near = _near(app_route.pattern, [p.text for r in policy.routes for p in r.patterns])
    return Finding("error", "uncovered", route, f"no rule lists it{view}; {fate}{near}")


def _without_route(policy: Policy, app_routes: Sequence[AppRoute]) -> Iterable[Finding]:
    """Rules for what the app does not have."""
    known = [(parse_match(f"* {r.pattern}"), r.methods) for r in app_routes if _is_readable(r)]
    for route in policy.routes:
        for pattern in route.patterns:
            served = [methods for other, methods in known if _meet(pattern, other)]
            if not served:
                near = _near(pattern.text, [r.pattern for r in app_routes])
                text = f"the app has no such route{near}"
                yield Finding("warning", "no-route", _match(pattern), text, route.where)
                continue
            if None in served:
                continue
            taken = frozenset[str]().union(*(methods or () for methods in served))
            for method in pattern.methods:
                if method not in taken | {"*", "HEAD", "OPTIONS"}:
                    text = f"the app does not take {method} there"
                    at = f"{method} {pattern.text}"
                    yield Finding("warning", "no-route", at, text, route.where)


def _about_rule(policy: Policy, route: Route) -> Iterable[Finding]:
    """What is odd about one rule whatever the app."""
    rule = access_rule(route, policy.schemes)
    text = ", ".join(map(_match, route.patterns))
    for pattern in route.patterns:
        path = _sample(pattern.text)
        known = policy.table.line.methods if "*" in pattern.methods else pattern.methods
        if all(policy.table.find(method, path).route is not route for method in known):
            told = "more specific rules take every request"
            yield Finding("error", "never-wins", _match(pattern), told, route.where)
    if (why := _never_allows(rule)) is not None:
        yield Finding("error", "never-allows", text, why, route.where)
    methods = {m for p in route.patterns for m in (UNSAFE if "*" in p.methods else p.methods)}
    if rule.unconditional and (changing := [m for m in UNSAFE if m in methods]):
        told = f"everyone may change things with {', '.join(changing)}"
        yield Finding("warning", "open-write", text, told, route.where)
    bodies = [m for m in ("POST", "PUT", "PATCH") if m in methods]
    if bodies and route.body is None:
        told = f"{', '.join(bodies)} without `body`: nothing is read, limited or checked"
        yield Finding("warning", "no-body", text, told, route.where)


def _never_allows(rule: AccessRule) -> str | None:
    """Why nobody can ever satisfy a rule, where that can be told from its words."""
    denied = [{p.text for p in clause.principals} for clause in rule.deny]
    for clause in rule.allow:
        words = {p.text for p in clause.principals}
        told = {*words, "everyone"} | ({"authenticated"} if words - {"everyone"} else set())
        users = {w[5:].rpartition("/")[2] for w in words if w[:5] == "user:" and "{" not in w}
        if len(users) < 2 and not any(deny <= told for deny in denied):
            return None
    return "`deny` covers all that `allow` allows" if denied else "nobody is two users at once"


def _sample(pattern: str) -> str:
    """A path that a pattern matches, and as few others as can be."""
    parts = []
    for part in pattern.split("/"):
        name, _, converter = part[1:-1].partition(":")
        parts.append(_SAMPLES.get(converter, "-any-") if part[:1] == "{" and name else part)
    return "/".join(parts)


def _meet(policy: Pattern, app: Pattern) -> bool:
    """Whether some path matches both; a slash at the end makes no difference."""
    for one, other in zip(policy.segments, app.segments, strict=False):
        if "path" in (getattr(one, "converter", ""), getattr(other, "converter", "")):
            return True
        if isinstance(one, str) and isinstance(other, str) and one != other:
            return False
        if not (_takes(one, other) or _takes(other, one)):
            return False
    return len(policy.segments) == len(app.segments)


def _takes(pattern: str | Variable, other: str | Variable) -> bool:
    """Whether a segment of a pattern takes (some of) what another one takes."""
    if isinstance(pattern, str):
        return pattern == other
    if isinstance(other, Variable):
        return not pattern.converter or pattern.converter == other.converter
    return not pattern.converter or (pattern.converter == "int") == other.isdecimal()


def _is_readable(route: AppRoute) -> bool:
    try:
        parse_match(f"* {route.pattern}")
    except PolicyError:
        return False
    return True


def _near(pattern: str, others: Iterable[str]) -> str:
    """A near miss among `others`: another case, a slash at the end, one letter."""
    for other in others:
        if other == pattern:
            continue
        if other.rstrip("/") == pattern.rstrip("/"):
            return f'; "{other}" differs by the slash at its end'
        if other.lower() == pattern.lower():
            return f'; "{other}" differs by upper and lower case'
        if _one_edit(other, pattern):
            return f'; did you mean "{other}"?'
    return ""


def _one_edit(one: str, other: str) -> bool:
    """Whether one letter added, dropped or replaced makes one text of the other."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:]


def _match(pattern: Pattern) -> str:
    return f"{','.join(pattern.methods)} {pattern.text}"


def audit(policy: Policy, app_routes: Any) -> None:
    """`[api] audit = "refuse"`: a `PolicyError` where a route of the app has no rule."""
    if app_routes is None:
        hint = "it needs a Flask, Pyramid, Django, Falcon or Bottle app"
        raise PolicyError("the routes of the app cannot be read", key="api.audit", hint=hint)
    missing = uncovered(policy, app_routes)
    if missing:
        named = ", ".join(finding.route for finding in missing[:5])
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise PolicyError(f"no rule lists {named}{more}", key="api.audit", file=policy.file)
