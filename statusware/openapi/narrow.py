"""The operations of a policy as far as an app has views for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..errors import PolicyError
from ..rules import Route
from ..rules.pattern import Pattern, Variable, parse_match
from .contract import Contract, Listed
from .places import meet

__all__ = ["narrowed"]

#: HEAD follows GET, and OPTIONS is answered everywhere: they are said where an app names them.
UNSAID = ("HEAD", "OPTIONS")


def narrowed(
    contract: Contract, app_routes: Iterable[tuple[str, Iterable[str] | None]]
) -> Iterator[Listed]:
    """Each route of an app (pattern as a policy writes it, methods) with what lists it.

    Methods that are not known (None) are those that the policy lists there. Where the policy
    passes what it does not list, the app's other routes are among them, as `outside`.
    """
    every = list(contract.listed(whole=True))
    for text, methods in app_routes:
        pattern = _read(text)
        if pattern is None or (contract.scope and not contract.scope.covers(pattern.text)):
            continue
        met = [each for each in every if meet(each.pattern.segments, pattern.segments)]
        listed = dict.fromkeys(each.method for each in met if each.method not in UNSAID)
        for method in methods or listed:
            found = [each for each in met if each.method == method]
            yield from (_named(each, pattern) for each in found)
            if not met and contract.table.unlisted == "pass":
                route = Route(f"{method} {pattern.text}", allow=["everyone"])
                yield Listed(route, pattern, method, outside=True)


def _named(listed: Listed, pattern: Pattern) -> Listed:
    """As the policy writes it; as the app does where that says more."""
    mine = listed.pattern
    if len(mine.segments) == len(pattern.segments) and not _is_rest(mine):
        return listed
    return Listed(listed.route, pattern, listed.method)


def _is_rest(pattern: Pattern) -> bool:
    last = pattern.segments[-1] if pattern.segments else ""
    return isinstance(last, Variable) and last.converter == "path"


def _read(text: str) -> Pattern | None:
    try:
        return parse_match(f"* {text}")
    except PolicyError:  # a path that no policy could list, and no request reach
        return None
