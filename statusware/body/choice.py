"""`BodyChoice`: a route that takes several media types, each with a rule of its own.

JSON is read strictly and held against its schema; of what is not JSON only the type is
looked at: it goes on to the app unread. A type that is not listed is 415.

environ keys read: `CONTENT_TYPE`, `CONTENT_LENGTH`, `HTTP_TRANSFER_ENCODING`,
`wsgi.input_terminated`, and those of `BodyRule`. environ keys set: those of `BodyRule`, where
one applies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..problem import Problem
from .limit import BodyLimit
from .media import essence, refusal
from .read import announced, has_body
from .rule import BodyRule

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["BodyChoice", "is_json"]


class BodyChoice:
    """One rule for each media type or range (`text/*`, `*/*`, `application/*+json`).

    `rules` has a `BodyRule` for what is JSON (for a range: what to do with the JSON in it),
    None for what is not read. `optional` lets requests without a body pass; `max_bytes`
    bounds what is not JSON, too (None: not at all). Raises `PolicyError`.
    """

    def __init__(
        self,
        rules: Mapping[str, BodyRule | None],
        *,
        optional: bool = False,
        max_bytes: int | str | None = None,
    ) -> None:
        self.rules = {name.lower(): rule for name, rule in rules.items()}
        self.optional = optional
        self._limit = None if max_bytes is None else BodyLimit(max_bytes)
        self._told = ", ".join(rules)
        #: Asked where no type is told.
        self._first = next(filter(None, rules.values()), None)
        for rule in filter(None, rules.values()):
            rule.media.told = self._told
        #: Those that are asked of most requests, by the Content-Type as it is sent.
        self._usual = {n: r.check for n, r in self.rules.items() if r is not None and "*" not in n}

    def check(self, environ: WSGIEnvironment) -> None:
        """Raise the Problem of a bad body; else hand it on, JSON read and parsed."""
        usual = self._usual.get(environ.get("CONTENT_TYPE") or "")
        if usual is not None:
            return usual(environ)
        return self._check(environ)

    def _check(self, environ: WSGIEnvironment) -> None:
        told = environ.get("CONTENT_TYPE") or ""
        sent = essence(told)
        if told and not sent:  # no type is this, and a framework may well take it for JSON
            raise refusal(environ, self._told, None)
        listed, rule = self.find(sent)
        if not listed:
            if has_body(environ):
                raise refusal(
                    environ, self._told, None if sent else "The body has no Content-Type."
                )
            rule = self._first
        if rule is not None:
            rule.check(environ)
            return
        if self._limit is not None:
            self._limit.check(environ)
        if not self.optional and not has_body(environ) and announced(environ) == 0:
            raise Problem(400, code="missing-body")

    def find(self, sent: str) -> tuple[bool, BodyRule | None]:
        """Whether a media type (lower case, without parameters) is taken, and its rule.

        The most specific entry decides (RFC 9110 section 12.5.1): the type itself, then its
        suffix, its kind, anything.
        """
        kind, _, subtype = sent.partition("/")
        suffix = f"{kind}/*+{subtype.rpartition('+')[2]}" if "+" in subtype else ""
        for name in filter(None, (sent, suffix, kind and f"{kind}/*", "*/*")):
            if name in self.rules:
                # A rule reads what it lists, and for a range the types that are certainly JSON.
                reads = name == sent or sent == "application/json" or sent.endswith("+json")
                return True, self.rules[name] if reads else None
        return False, None


def is_json(name: str) -> bool:
    """Whether a media type, or a range of them, is JSON by its name (RFC 6839 section 3.1)."""
    return name in ("application/json", "text/json") or name.endswith("+json")
