"""Routes of an app that cross: each is the more specific one somewhere, and some paths are of both.

`/{team}/settings` and `/help/{page}` both take `/help/settings`. A policy goes by the segments
from the left; many frameworks (Django, Pyramid, Bottle) go by the order in which the routes
were made, so that the view of the one may run by the rule of the other.

So it may where a rest of the path may be empty (Falcon, Pyramid, Bottle, Django): `/files/` is a
path of `/files/{name:path}` there, and here of `/files`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations, product, takewhile
from typing import TYPE_CHECKING

from ..layers.access import access_rule
from ..rules import AccessRule, Route
from ..rules.pattern import Variable, parse_match
from .model import Policy
from .overlap import AppRoute, meets, sample, widened

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["crossings"]

_Segments = tuple[str | Variable, ...]
_Row = tuple[AppRoute, _Segments]


def crossings(policy: Policy, app_routes: Iterable[AppRoute]) -> Iterator[tuple[str, str, str]]:
    """Of each route that a narrow rule guards, and another rule where it crosses another route:
    the route, what is to be said of it, and the place of the other rule."""
    listed = list(app_routes)
    for guarded, path in _without_rest(listed):
        for method in sorted(_methods(policy, guarded, guarded)):
            there = policy.table.find(method, path).route
            mine = policy.table.find(method, sample(guarded.pattern)).route
            if there is not None and _differ(policy, mine, there):
                yield f"{method} {guarded.label}", _told(path, there), there.where
    for one, other, path in _crossing(listed):
        for method in sorted(_methods(policy, one, other)):
            there, mine, theirs = (
                policy.table.find(method, each).route
                for each in (path, sample(one.pattern), sample(other.pattern))
            )
            for guarded, rule, by in ((one, mine, theirs), (other, theirs, mine)):
                if there is not None and there is by and _differ(policy, rule, there):
                    yield f"{method} {guarded.label}", _told(path, there), there.where


def _told(path: str, there: Route) -> str:
    return f'{path} is a path of it, too, where the rule "{there.name}" decides'


def _without_rest(app_routes: Iterable[AppRoute]) -> Iterator[tuple[AppRoute, str]]:
    """The routes that end with the rest of a path, each with its path where that is empty."""
    rests: dict[tuple[str, str], AppRoute] = {}
    for each in app_routes:
        start, _, rest = each.pattern.rpartition("/")
        if rest.endswith(":path}"):
            rests[f"{start}/", each.name] = each
    for each in app_routes:
        if (whole := rests.get((each.pattern, each.name))) is not None:
            yield whole, each.pattern


def _methods(policy: Policy, one: AppRoute, other: AppRoute) -> frozenset[str]:
    """The methods that both take."""
    found = policy.table.line.methods - {"HEAD", "OPTIONS"}
    for each in (one, other):
        found = found if each.methods is None else found & each.methods
    return found


def _differ(policy: Policy, rule: Route | None, there: Route) -> bool:
    """Whether `rule` may refuse somebody whom the one that decides there lets pass."""
    if rule is None or rule is there:
        return False
    guarding, deciding = (access_rule(each, policy.schemes) for each in (rule, there))
    return not guarding.unconditional and _words(guarding) != _words(deciding)


def _words(rule: AccessRule) -> tuple[object, ...]:
    """What a rule says; where it speaks of the path, it is like no other."""
    listed = tuple(frozenset(clause.text for clause in each) for each in (rule.allow, rule.deny))
    return (*listed, rule) if any("{" in text for texts in listed for text in texts) else listed


def _crossing(app_routes: Iterable[AppRoute]) -> Iterator[tuple[AppRoute, AppRoute, str]]:
    """The pairs that cross, each with a path of both.

    By the literals that they begin with, so that few have to be compared.
    """
    known: dict[tuple[str | Variable, ...], list[_Row]] = {}
    for each in app_routes:
        if each.view is None and "{" in each.pattern:
            segments = parse_match(f"* {widened(each.pattern)[0]}").segments
            start = tuple(takewhile(lambda segment: isinstance(segment, str), segments))
            known.setdefault(start, []).append((each, segments))
    for start, rows in known.items():
        shorter = (known.get(start[:at], ()) for at in range(len(start)))
        pairs = [*combinations(rows, 2), *(p for each in shorter for p in product(rows, each))]
        for (one, mine), (other, theirs) in pairs:
            if path := _path(mine, theirs):
                yield one, other, path


def _path(mine: _Segments, theirs: _Segments) -> str:
    """A path of both; "" where there is none, or one is the more specific in all segments."""
    if len(mine) != len(theirs) and not (_is_rest(mine[-1]) or _is_rest(theirs[-1])):
        return ""
    parts: list[str] = []
    first: set[bool] = set()
    for at in range(max(len(mine), len(theirs))):
        one, other = _at(mine, at), _at(theirs, at)
        if one is None or other is None or not meets(one, other):
            return ""
        if _rank(one) != _rank(other):
            first.add(_rank(one) < _rank(other))
        parts.append(_sample(min(one, other, key=_rank)))
    return "/" + "/".join(parts) if len(first) == 2 else ""


def _at(segments: Sequence[str | Variable], at: int) -> str | Variable | None:
    """The segment of a pattern that takes the one there; None where the pattern has ended."""
    if at >= len(segments) - 1 and _is_rest(segments[-1]):
        return Variable("rest", "")
    return segments[at] if at < len(segments) else None


def _is_rest(segment: str | Variable) -> bool:
    """Whether this is the rest of a path."""
    return isinstance(segment, Variable) and segment.converter == "path"


def _rank(segment: str | Variable) -> int:
    """As the rules rank them: literal, converter, plain variable."""
    return 0 if isinstance(segment, str) else 1 if segment.converter else 2


def _sample(segment: str | Variable) -> str:
    if isinstance(segment, str):
        return segment
    name = f"{segment.name}:{segment.converter}".rstrip(":")
    return sample(f"{{{name}}}")
