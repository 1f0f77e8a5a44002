"""Variables in the paths of frameworks, in the syntax of a policy."""

from __future__ import annotations

import re

from ..policy.coverage import AppRoute

__all__ = ["named", "route", "typed"]


def named(found: re.Match[str]) -> str:
    """A variable that is written as converter and name."""
    return typed(found[1], found[2])


def typed(converter: str | None, name: str) -> str:
    """A variable in the syntax of a policy; what a policy cannot say is a plain one."""
    return f"{{{name}:{converter}}}" if converter in ("int", "uuid", "path") else f"{{{name}}}"


def route(
    text: str, methods: frozenset[str] | None, name: str, *, written: str, exact: str
) -> AppRoute:
    """A route of an app. `text` is `written` in the syntax of a policy, as good as can be.

    `exact` is the same with only those variables put into it that mean the same there: where
    both are equal, nothing was lost.
    """
    pattern = _whole(text)
    return AppRoute(pattern, methods, name, written="" if pattern == exact else written)


def _whole(text: str) -> str:
    """A segment that a variable is but a part of, as a variable."""
    at = iter(range(100))

    def segment(part: str) -> str:
        if "{" not in part or re.fullmatch(r"\{\w+(?::\w+)?\}", part):
            return part
        return f"{{part{next(at)}}}"

    return "/".join(map(segment, text.split("/")))
