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
from ..rules.pattern import Pattern, parse_match
from .crossing import crossings
from .model import Policy
from .overlap import AppRoute, leads, meet, near, refused, sample, samples, widened
from .slips import slips

__all__ = ["AppRoute", "Finding", "findings", "uncovered"]

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")

#: A pattern of an app, and its methods (None: any).
_Row = tuple[Pattern, frozenset[str] | None]


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
    """All there is to say about `policy`, and whether it fits `app_routes` (those of `routes_of`).

    Errors first, each in the order of the app's and the policy's routes.
    """
    found: list[Finding] = []
    if app_routes is not None:
        listed = list(app_routes)
        found += uncovered(policy, listed)
        found += _narrowed(policy, listed)
        found += _refused(policy, listed)
        found += (Finding("warning", "crossing", *each) for each in crossings(policy, listed))
        if policy.metrics:
            listed.append(AppRoute(policy.metrics, frozenset({"GET"})))
        found += _without_route(policy, listed)
    for route in policy.routes:
        found += _about_rule(policy, route)
        found += [Finding("warning", "slip", at, told, route.where) for at, told in slips(route)]
    for name in policy.unset:
        told = "the environment variable is not set; no server starts without it"
        found.append(Finding("error", "unset", name, told))
    return sorted(found, key=lambda finding: finding.level != "error")


def uncovered(policy: Policy, app_routes: Iterable[AppRoute]) -> list[Finding]:
    """The routes of the app, method by method, that no rule of the policy lists."""
    found: list[Finding] = []
    for app_route in app_routes:
        path = sample(app_route.pattern)
        if policy.scope is not None and not policy.scope.covers(path):
            continue
        if refused(app_route.pattern, policy.table.line):
            continue
        if app_route.methods is None:
            listed = _lists(policy, app_route, "*") or _narrower(policy, app_route, "*")
            missing = [] if listed else [app_route.label]
        else:
            known = sorted(app_route.methods & policy.table.line.methods)
            missing = [
                f"{method} {app_route.label}"
                for method in known
                if not (_lists(policy, app_route, method) or _narrower(policy, app_route, method))
            ]
        found += (_uncovered(policy, route, app_route) for route in missing)
    return found


def _lists(policy: Policy, app_route: AppRoute, method: str) -> bool:
    """Whether a rule lists a route of the app; for a method, or ("*") for any.

    Of a view that is found by traversal, whether a rule lists any path that may lead to it.
    """
    if app_route.view is not None:
        listed = (p for route in policy.routes for p in route.patterns if leads(p, app_route))
        wanted = {method, "*", *(["GET"] if method == "HEAD" else [])}
        return any(method == "*" or wanted & {*p.methods} for p in listed)
    path = sample(app_route.pattern)
    return policy.table.lists(path) if method == "*" else bool(policy.table.find(method, path))


def _narrower(policy: Policy, app_route: AppRoute, method: str) -> str:
    """The pattern that takes some paths of a route, by the type of a variable; else "".

    Where paths that no route lists are refused, that leaves nothing open.
    """
    if app_route.view is not None or policy.table.unlisted != "reject":
        return ""
    for path in samples(app_route.pattern):
        for pattern, _, methods in policy.table.candidates(path):
            if method == "*" or method in methods:
                return pattern
    return ""


def _narrowed(policy: Policy, app_routes: Iterable[AppRoute]) -> Iterable[Finding]:
    """Routes of which the policy takes a part, while the app would take more."""
    for each in app_routes:
        asked = {"*"} if each.methods is None else each.methods & policy.table.line.methods
        for method in sorted(asked):
            pattern = "" if _lists(policy, each, method) else _narrower(policy, each, method)
            if pattern:
                told = f"the policy takes {pattern} alone; what else the app takes there is a 404"
                label = each.label if method == "*" else f"{method} {each.label}"
                yield Finding("warning", "narrowed", label, told)


def _uncovered(policy: Policy, route: str, app_route: AppRoute) -> Finding:
    view = f" (view {app_route.name})" if app_route.name else ""
    listed = app_route.view is None and policy.table.lists(sample(app_route.pattern))
    open_ = policy.table.unlisted == "pass" and not listed
    fate = "anybody may use it" if open_ else "nobody can reach it"
    listed_paths = [p.text for r in policy.routes for p in r.patterns]
    close = near(app_route.pattern, listed_paths) if app_route.view is None else ""
    return Finding("error", "uncovered", route, f"no rule lists it{view}; {fate}{close}")


def _refused(policy: Policy, app_routes: Iterable[AppRoute]) -> Iterable[Finding]:
    """Routes that no rule can open, as their paths can be read in several ways."""
    for app_route in app_routes:
        if why := refused(app_route.pattern, policy.table.line):
            told = f"nobody can reach it: {why[:1].lower()}{why[1:-1]} ([api] allow_path)"
            yield Finding("warning", "refused", app_route.label, told)


def _without_route(policy: Policy, app_routes: Sequence[AppRoute]) -> Iterable[Finding]:
    """Rules for what the app does not have."""
    known = _Known(each for each in app_routes if each.view is None)
    traversed = [r for r in app_routes if r.view is not None]
    for route in policy.routes:
        for pattern in route.patterns:
            served = known.methods(pattern)
            served += [each.methods for each in traversed if leads(pattern, each)]
            if not served:
                close = near(pattern.text, [r.pattern for r in app_routes])
                text = f"the app has no such route{close}"
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


class _Known:
    """The patterns of an app by their first segment, as each is asked for by many rules."""

    def __init__(self, app_routes: Iterable[AppRoute]) -> None:
        self._all: list[_Row] = []
        self._by_first: dict[str | None, list[_Row]] = {}
        for each in app_routes:
            pattern = parse_match(f"* {widened(each.pattern)[0]}")
            self._all.append((pattern, each.methods))
            self._by_first.setdefault(_first(pattern), []).append(self._all[-1])

    def methods(self, pattern: Pattern) -> list[frozenset[str] | None]:
        """The methods of each pattern that has a path in common with this one."""
        first = _first(pattern)
        asked = self._all
        if first is not None:
            asked = self._by_first.get(first, []) + self._by_first.get(None, [])
        return [methods for other, methods in asked if meet(pattern, other)]


def _first(pattern: Pattern) -> str | None:
    """The first segment, if it is the same in every path; None for a variable."""
    first = pattern.segments[0] if pattern.segments else ""
    return first if isinstance(first, str) else None


def _about_rule(policy: Policy, route: Route) -> Iterable[Finding]:
    """What is odd about one rule whatever the app."""
    rule = access_rule(route, policy.schemes)
    text = ", ".join(map(_match, route.patterns))
    for pattern in route.patterns:
        path = sample(pattern.text)
        known = policy.table.line.methods if "*" in pattern.methods else pattern.methods
        if all(policy.table.find(method, path).route is not route for method in known):
            told = "more specific rules take every request"
            yield Finding("error", "never-wins", _match(pattern), told, route.where)
    if _closed(route, rule):
        told = "nobody may yet; say in `allow` who may, and leave `deny` out"
        yield Finding("warning", "closed", text, told, route.where)
        return
    if (why := _never_allows(rule)) is not None:
        yield Finding("error", "never-allows", text, why, route.where)
    methods = {m for p in route.patterns for m in (UNSAFE if "*" in p.methods else p.methods)}
    if rule.unconditional and (changing := [m for m in UNSAFE if m in methods]):
        told = f"everyone may change things with {', '.join(changing)}"
        yield Finding("warning", "open-write", _taking(changing, route), told, route.where)
    bodies = [m for m in ("POST", "PUT", "PATCH") if m in methods]
    if bodies and route.body is None:
        told = f"{', '.join(bodies)} without `body`: nothing is read, limited or checked"
        yield Finding("warning", "no-body", _taking(bodies, route), told, route.where)


def _taking(methods: Sequence[str], route: Route) -> str:
    """The matches of a route that take one of these methods."""
    return ", ".join(_match(p) for p in route.patterns if {"*", *methods} & {*p.methods})


def _closed(route: Route, rule: AccessRule) -> bool:
    """Whether a rule says so itself that nobody may: `deny = ["everyone"]`, and no `allow`."""
    return route.allow is None and any(clause.text == "everyone" for clause in rule.deny)


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
