"""Header fields that are safe to send, and those that a status cannot do without.

environ keys read: `statusware.challenges`, `statusware.route`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["DESCRIBING", "UNSAFE", "Fields", "has", "missing", "safe", "sendable"]

#: What whoever builds a problem may give as headers.
Fields = Mapping[str, str] | Iterable[tuple[str, str]]

#: Fields that belong to the connection (PEP 3333, RFC 9110 section 7.6.1), and `Status`,
#: which CGI gateways take for the status line.
_RESERVED = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
    "te", "trailer", "trailers", "transfer-encoding", "upgrade", "status",
})  # fmt: skip

#: Fields that describe a body, and go with it when it is replaced.
DESCRIBING = frozenset({
    "content-type", "content-length", "content-encoding", "content-language",
    "content-disposition", "content-md5", "content-digest", "repr-digest", "digest",
    "etag", "last-modified",
})  # fmt: skip

#: What a 401 says where no scheme is known: RFC 9110 section 15.5.2 wants a challenge.
FALLBACK_CHALLENGE = 'Session realm="app"'

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
#: What can stand neither in a header nor in a status line.
UNSAFE = re.compile(r"[\x00-\x1f\x7f]|[^\x00-\xff]")


def safe(fields: Fields) -> list[tuple[str, str]]:
    """`fields` as a list, if each can be sent; else a `ValueError` that never tells a value.

    Control characters (CR and LF above all) and text beyond Latin-1 cannot stand in a
    header; fields of the connection are the server's. A number becomes its text.
    """
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    return [(_name(name), _value(name, value)) for name, value in pairs]


def sendable(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of an app's `fields` that `safe` lets pass."""
    found = []
    for field in fields:
        try:
            found += safe([field])
        except ValueError:
            continue
    return found


def has(fields: Iterable[tuple[str, str]], name: str) -> bool:
    """Whether a field of this name (lower case) is among `fields`."""
    return name in [field.lower() for field, _ in fields]


def missing(
    status: int, fields: Iterable[tuple[str, str]], environ: WSGIEnvironment
) -> list[tuple[str, str]]:
    """What RFC 9110 demands of this status and `fields` lack.

    A 401 has a challenge (section 15.5.2): those of the configured schemes, else
    `FALLBACK_CHALLENGE`. A 405 has Allow (15.5.6): what the policy knows, else an empty
    one, which says that nothing is allowed.
    """
    if status == 401 and not has(fields, "www-authenticate"):
        challenges = environ.get("statusware.challenges") or (FALLBACK_CHALLENGE,)
        return [("WWW-Authenticate", challenge) for challenge in challenges]
    if status == 405 and not has(fields, "allow"):
        return [("Allow", getattr(environ.get("statusware.route"), "allow", ""))]
    return []


def _name(name: object) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError("a header field has a name that cannot be sent")
    if name.lower() in _RESERVED:
        raise ValueError(f"{name} belongs to the connection and cannot be set")
    return str(name)


def _value(name: str, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:d}"
    if not isinstance(value, str) or UNSAFE.search(value):
        raise ValueError(f"the value of {name} cannot stand in a header")
    return str(value)
