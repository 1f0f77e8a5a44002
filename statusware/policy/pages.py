"""`[envelope] types` as a path: its pages have to lie where requests come to us."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import PolicyError
from ..request import Scope
from ..rules import Route

__all__ = ["check_types"]


def check_types(
    types: str, mounts: Iterable[str], scope: Scope | None, routes: Iterable[Route]
) -> None:
    """Raise a `PolicyError` for a path outside of where the app is mounted, or of `scope`, and
    for a route that lies under it."""
    if not types.startswith("/"):
        return
    inside = [types.removeprefix(mount) for mount in mounts if types.startswith(f"{mount}/")]
    if not inside:
        reason, hint = "lies outside [api] mount", "as clients see it, with the mount"
        raise PolicyError(reason, key="envelope.types", hint=hint)
    if scope is not None and not any(map(scope.covers, inside)):
        hint = "add it to api.paths, or name a base URI"
        raise PolicyError("lies outside [api] paths", key="envelope.types", hint=hint)
    for base in inside:
        _check_pages(base.rstrip("/"), routes)


def _check_pages(base: str, routes: Iterable[Route]) -> None:
    """No route may lie where the pages do, which are served before any route is found."""
    for route in routes:
        for pattern in route.patterns:
            if f"{pattern.text}/".startswith(f"{base}/"):
                reason = f"{pattern.text!r} lies under [envelope] types and can never match"
                raise PolicyError(reason, key=f"{route.where}.match")
