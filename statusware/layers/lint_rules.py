"""The rules of `StatusLint`: one row each, with its severity and where it stands written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["RULES", "Finding", "Rule", "Seen"]


@dataclass
class Seen:
    """One response: `body` is its beginning, `length` that of all that was sent.

    `complete` says whether it was read to its end. `query` and `accept` are those of the
    request; `otherwise` is the media type that the same request got with another `Accept`, if
    it was another one and not both responses say that they vary by it.
    """

    method: str
    path: str
    query: str = ""
    accept: str | None = None
    otherwise: str = ""
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    length: int = 0
    complete: bool = False

    def header(self, name: str) -> str | None:
        """The value of a field (lower case), or None."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def varies_by(self, name: str) -> bool:
        """Whether `Vary` names a field (lower case), or all."""
        varies = (value for key, value in self.headers if key.lower() == "vary")
        return not {name, "*"}.isdisjoint(w.strip().lower() for v in varies for w in v.split(","))

    @property
    def media_type(self) -> str:
        """The type of the body, without parameters, in lower case."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """The body as JSON, whatever its type says; None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True)
class Rule:
    """`check` says what is wrong with a response, or nothing."""

    id: str
    severity: str
    source: str
    check: Callable[[Seen], str | None]


@dataclass(frozen=True)
class Finding:
    """A rule, what it says, and the response that it says it of."""

    rule: Rule
    message: str
    seen: Seen

    def __str__(self) -> str:
        line = f"{self.seen.method} {self.seen.path}"
        told = f"{self.seen.status}: {self.message}"
        return f"{line!r} {told} [{self.rule.severity} {self.rule.id}, {self.rule.source}]"


def _lacks(statuses: tuple[int, ...], name: str) -> Callable[[Seen], str | None]:
    """A rule by which responses of these statuses have a field."""

    def check(seen: Seen) -> str | None:
        missing = seen.status in statuses and seen.header(name) is None
        return f"has no {name.title().replace('Www', 'WWW')}" if missing else None

    return check


def _created(seen: Seen) -> str | None:
    lost = seen.status == 201 and seen.method == "POST" and seen.header("location") is None
    return "has no Location: where is what was created?" if lost else None


def _no_content(seen: Seen) -> str | None:
    if seen.status not in (204, 304) and not 100 <= seen.status < 200:
        return None
    if seen.length:
        return "has a body"
    if seen.status == 204 and seen.header("content-type") is not None:
        return "has a Content-Type, but nothing that has one"
    return "has a Content-Length" if seen.status == 204 and seen.header("content-length") else None


def _error_in_success(seen: Seen) -> str | None:
    members = seen.json() if 200 <= seen.status < 300 else None
    if not isinstance(members, dict):
        return None
    status = members.get("status")
    is_status = type(status) is int and 400 <= status <= 599
    failed = members.get("success") is False or members.get("ok") is False
    alone = bool(members.get("error")) and len(members) <= 3
    return "is a success, but its body tells of an error" if is_status or failed or alone else None


def _delete(seen: Seen) -> str | None:
    if seen.method == "DELETE" and seen.status == 201:
        return "says that a DELETE has created something"
    empty = seen.method in ("DELETE", "PUT") and seen.status == 200 and not seen.length
    return "has nothing to say: 204 says that" if empty and seen.complete else None


def _safe_created(seen: Seen) -> str | None:
    odd = seen.method in ("GET", "HEAD") and seen.status in (201, 202)
    return "says that a safe method has changed something" if odd else None


def _partial(seen: Seen) -> str | None:
    lacks = seen.status == 206 and seen.header("content-range") is None
    return "has no Content-Range" if lacks and seen.media_type != "multipart/byteranges" else None


def _allow(seen: Seen) -> str | None:
    if seen.status != 405 or (allow := seen.header("allow")) is None:
        return None
    listed = seen.method in {name.strip() for name in allow.split(",")}
    return "allows the very method that it refuses" if listed else None


_LEAKS = {
    "a traceback": re.compile(rb"Traceback \(most recent call last\)|File \"[^\"]+\", line \d"),
    "a path": re.compile(rb"(?:/(?:home|usr|srv|var|opt|app|tmp)/[\w./-]+\.py)|[A-Z]:\\\\\w+"),
    "SQL": re.compile(
        rb"\b(?:SELECT\s.+\sFROM|INSERT INTO|UPDATE\s\S+\sSET|DELETE FROM)\s", re.DOTALL
    ),
    "a token": re.compile(rb"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*|\bBearer [\w.~+/-]{8,}"),
}


def _leak(seen: Seen) -> str | None:
    if seen.status < 400:
        return None
    shown = [what for what, pattern in _LEAKS.items() if pattern.search(seen.body)]
    return f"shows {' and '.join(shown)}" if shown else None


def _length(seen: Seen) -> str | None:
    told = seen.header("content-length")
    if told is None or seen.method == "HEAD" or seen.status == 304 or not seen.complete:
        return None
    if not (told.isascii() and told.isdigit()):
        return "has a Content-Length that is no number"
    return None if int(told) == seen.length else f"says {told} bytes and sends {seen.length}"


def _head(seen: Seen) -> str | None:
    return "answers HEAD with a body" if seen.method == "HEAD" and seen.length else None


def _bare(seen: Seen) -> str | None:
    bare = seen.status >= 400 and seen.method != "HEAD" and seen.complete and not seen.length
    return "explains nothing: its body is empty" if bare else None


def _json_as_text(seen: Seen) -> str | None:
    wrong = seen.media_type in ("text/html", "text/plain", "") and seen.body[:1] in (b"{", b"[")
    is_json = wrong and isinstance(seen.json(), dict | list)
    return f"sends JSON as {seen.media_type or 'nothing'}" if is_json else None


def _typeless(seen: Seen) -> str | None:
    return "has a body of no Content-Type" if seen.length and not seen.media_type else None


def _vary(seen: Seen) -> str | None:
    if seen.otherwise:
        both = " or ".join(sorted((seen.media_type, seen.otherwise)))
        return f"is {both}, by Accept, and not both say Vary: Accept"
    chosen = seen.header("content-encoding") is not None and seen.method in ("GET", "HEAD")
    if chosen and not seen.varies_by("accept-encoding"):
        return "has Content-Encoding, but does not vary by Accept-Encoding"
    return None


def _range(seen: Seen) -> str | None:
    return None if 100 <= seen.status <= 599 else "has a status that HTTP does not know"


_HOPS = ("connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade")


def _hop(seen: Seen) -> str | None:
    hops = [name for name, _ in seen.headers if name.lower() in _HOPS and seen.status != 101]
    return f"sets {hops[0]}, which is the server's" if hops else None


REDIRECTS = (301, 302, 303, 307, 308)

RULES = (
    Rule("status-range", "error", "RFC 9110 15", _range),
    Rule("challenge", "error", "RFC 9110 15.5.2", _lacks((401,), "www-authenticate")),
    Rule("allow", "error", "RFC 9110 15.5.6", _lacks((405,), "allow")),
    Rule("allow-refused", "error", "RFC 9110 10.2.1", _allow),
    Rule("location", "error", "RFC 9110 15.4", _lacks(REDIRECTS, "location")),
    Rule("content-range", "error", "RFC 9110 15.3.7", _partial),
    Rule("no-content", "error", "RFC 9110 15.3.5", _no_content),
    Rule("content-length", "error", "RFC 9110 8.6", _length),
    Rule("head-body", "error", "RFC 9110 9.3.2", _head),
    Rule("leak", "error", "CWE-209", _leak),
    Rule("hop-by-hop", "error", "PEP 3333", _hop),
    Rule("created-location", "warning", "RFC 9110 15.3.2", _created),
    Rule("error-in-success", "warning", "RFC 9110 15.3", _error_in_success),
    Rule("safe-created", "warning", "RFC 9110 9.2.1", _safe_created),
    Rule("json-type", "warning", "RFC 8259 11", _json_as_text),
    Rule("vary", "warning", "RFC 9110 12.5.5", _vary),
    Rule("content-type", "advice", "RFC 9110 8.3", _typeless),
    Rule("bare-error", "advice", "RFC 9110 15.5", _bare),
    Rule("empty-success", "advice", "RFC 9110 15.3.5", _delete),
    Rule("retry-after", "advice", "RFC 9110 10.2.3", _lacks((429, 503), "retry-after")),
)
