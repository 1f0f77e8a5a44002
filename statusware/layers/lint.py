"""`StatusLint`: for development and tests; does an app answer as RFC 9110 and friends say?

It changes nothing. Each response is checked against `RULES` when it is closed, and what is
found goes to `report`. The rules are plain functions of what was seen. Of earlier responses
nothing is remembered but their media types, by the `Accept` that they were asked for with.

environ keys read: `REQUEST_METHOD`, `PATH_INFO`, `QUERY_STRING`, `HTTP_ACCEPT`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import PolicyError, nearest
from ..logs.table import LINTED
from .lint_rules import RULES, Finding, Seen
from .response import Outgoing, Rest

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["RULES", "Finding", "Seen", "StatusLint", "findings"]

_LEVELS = {"error": logging.ERROR, "warning": logging.WARNING, "advice": logging.INFO}

#: Requests whose media types are remembered, and values of `Accept` for each.
REMEMBERED, ACCEPTS = 1000, 20

#: So much of a body is looked at.
_LOOKED_AT = 64 * 1024


def findings(seen: Seen, ignore: Collection[str] = ()) -> list[Finding]:
    """What the rules say of one response, the gravest first."""
    found = [
        Finding(rule, message, seen)
        for rule in RULES
        if rule.id not in ignore and (message := rule.check(seen))
    ]
    return sorted(found, key=lambda finding: list(_LEVELS).index(finding.rule.severity))


class StatusLint:
    """Checks what `app` answers against the rules of RFC 9110 and friends, and changes nothing.

    - `ignore`: names of rules that are left out.
    - `report`: a function that gets each `Finding`; by default it is logged (`statusware.lint`).

    It asks nothing itself: that a response differs by `Accept`, it sees where the same request
    is sent with several (as `statusware lint` does).

    Raises `PolicyError` for a rule that is unknown. environ keys read: `REQUEST_METHOD`,
    `PATH_INFO`, `QUERY_STRING`, `HTTP_ACCEPT`.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        ignore: Iterable[str] = (),
        report: Callable[[Finding], object] | None = None,
    ) -> None:
        self.app = app
        self._ignore = frozenset(ignore)
        self._report = report or _log
        #: By request and status: for each `Accept` the media type, and whether it varies by it.
        self._types: dict[tuple[object, ...], dict[str | None, tuple[str, bool]]] = {}
        known = [rule.id for rule in RULES]
        for name in self._ignore.difference(known):
            raise PolicyError(f"{name!r} is unknown", key="ignore", hint=nearest(name, known))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # An environ that holds no text there is not ours to refuse.
        method, path, query = (str(environ.get(key, "")) for key in _ASKED)
        accept = environ.get("HTTP_ACCEPT")
        seen = Seen(method, path, query, None if accept is None else str(accept))
        out = Outgoing()
        out.server = start_response
        rest = Rest(self.app(environ, out.start), environ)
        try:
            rest.fetch()
            rest.push(out.held)
            written = out.sent
            if not written:
                out.send()
        except BaseException:  # the app's; whoever stands around it answers
            rest.close()
            raise
        return _Watched(out, rest, seen, self._judge, written)

    def _judge(self, seen: Seen) -> None:
        if seen.method in ("GET", "HEAD") and seen.media_type:
            seen.otherwise = self._otherwise(seen)
        for finding in findings(seen, self._ignore):
            self._report(finding)

    def _otherwise(self, seen: Seen) -> str:
        """The media type that the same request got with another `Accept`; see `Seen`."""
        if len(self._types) >= REMEMBERED:
            self._types.clear()
        key = (seen.method, seen.path, seen.query, seen.status)
        known = self._types.setdefault(key, {})
        mine = (seen.media_type, seen.varies_by("accept"))
        if len(known) < ACCEPTS:
            known[seen.accept] = mine
        others = (each for accept, each in known.items() if accept != seen.accept)
        return next((kind for kind, v in others if kind != mine[0] and not (v and mine[1])), "")


#: What was asked for, in the order of `Seen`.
_ASKED = ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING")


@dataclass(eq=False)
class _Watched:
    """A body on its way out; what was seen is judged when it is closed."""

    out: Outgoing
    rest: Rest
    seen: Seen
    judge: Callable[[Seen], None]
    #: Whether `write()` sent a part of it past us.
    written: bool

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.rest:
            self.seen.length += len(chunk)
            if len(self.seen.body) < _LOOKED_AT:
                self.seen.body += chunk
            yield chunk
        self.seen.complete = not self.written

    def close(self) -> None:
        self.rest.close()
        self.seen.status = int((self.out.status or "500")[:3])
        self.seen.headers = list(self.out.headers)
        self.judge(self.seen)


def _log(finding: Finding) -> None:
    event = LINTED[list(_LEVELS).index(finding.rule.severity)]
    seen = finding.seen
    event.tell(finding, status=seen.status, method=seen.method, path=seen.path)
