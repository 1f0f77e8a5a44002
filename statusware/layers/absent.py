"""What answers where no route lists a request, and where the one that does is hidden.

For whoever may not, a hidden route does not exist (`hide`): the answer is, to the byte, that of
the same policy without it. 404 where nothing else is listed; beside other methods of the path
405 with their `Allow`, or 204 to OPTIONS. A wider route that would take the request in its
place never gets it: then it is a 404, as of a thing that is not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..problem import Problem, request_id
from ..rules import Match

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["Absent", "Options", "concealed", "hidden", "not_allowed"]


class Absent(Problem):
    """The answer of a route that is not there."""


_NOT_FOUND = Absent(404).prepared()


def not_allowed(allow: str) -> Absent:
    """405 with what the policy lists for the path (RFC 9110 section 15.5.6)."""
    return Absent(405, headers=[("Allow", allow)])


class Options:
    """The answer to an OPTIONS that no route lists (RFC 9110 section 9.3.7)."""

    def __init__(self, allow: str) -> None:
        self._allow = allow

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        headers = [
            ("Allow", self._allow),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Request-ID", request_id(environ)),
        ]
        start_response("204 No Content", headers)
        return []


def concealed(match: Match) -> WSGIApplication:
    """The answer in the place of a refusal, where `match` or its override is hidden."""
    other = match.override
    answer = _without(match) if hidden(match) else None
    if other is None or not hidden(other) or isinstance(answer, Problem):
        return answer or _NOT_FOUND
    refusal = _without(other)
    if not isinstance(refusal, Problem):  # no override turns a request into an OPTIONS
        refusal = not_allowed(other.allow)
    return refusal


def hidden(match: Match) -> bool:
    """Whether the route that was found is one that not everybody may know of."""
    return match.route is not None and match.route.hide


def _without(match: Match) -> WSGIApplication:
    """What the table answers without its hidden routes."""
    if not match.allow or match.method in match.table.visible(match.path):
        return _NOT_FOUND
    return Options(match.allow) if match.method == "OPTIONS" else not_allowed(match.allow)
