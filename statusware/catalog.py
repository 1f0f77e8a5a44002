"""The table of codes: what each problem means and how a client mends it.

A code never changes its meaning. Everything that speaks of codes (the problems
themselves, the pages, the docs) reads this table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .errors import PolicyError, nearest
from .phrases import PHRASES, phrase, told

__all__ = ["CODE", "CODES", "PHRASES", "Entry", "default_code", "entry", "own_entries", "phrase"]

#: A code stands in URIs (the type of a problem): unreserved characters, RFC 3986 section 2.3.
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*", re.ASCII)


class Entry(NamedTuple):
    """One code: its status, what happened (`detail`, told to clients), and the `fix`.

    `title` is the short summary; where it is empty, that is the status phrase.
    """

    code: str
    status: int
    detail: str
    fix: str
    title: str = ""


_OWN = [
    Entry(
        "malformed-json",
        400,
        "The body is not valid JSON.",
        "Send strict JSON (RFC 8259) in UTF-8: no duplicate names, no NaN, one value only.",
    ),
    Entry(
        "invalid-body",
        400,
        "The body breaks the schema of this resource.",
        "Mend what `errors` lists; each pointer (RFC 6901) names the place in the body.",
    ),
    Entry(
        "missing-body",
        400,
        "This request needs a body.",
        "Send a JSON body with the request.",
    ),
    Entry(
        "incomplete-body",
        400,
        "The body ended before all of it had arrived.",
        "Send as many bytes as Content-Length announces, or correctly terminated chunks.",
    ),
    Entry(
        "body-too-large",
        413,
        "The body is larger than this resource takes.",
        "Send a smaller body; `max_bytes` is the limit.",
    ),
    Entry(
        "length-required",
        411,
        "The length of the body has to be announced.",
        "Send Content-Length instead of Transfer-Encoding.",
    ),
    Entry(
        "unsupported-media-type",
        415,
        "The body has a type or a coding that this resource does not take.",
        "Send one of those that the Accept (or Accept-Encoding) header of this answer lists.",
    ),
    Entry(
        "ambiguous-path",
        400,
        "The path of the request can be read in more than one way.",
        "Ask for the canonical path: no empty, `.` or `..` segments, no `;`, backslash or control "
        "character, nothing encoded twice, valid UTF-8.",
    ),
    Entry(
        "invalid-request",
        400,
        "The credentials of the request are malformed.",
        "Send one Authorization header with one scheme and one credential.",
    ),
    Entry(
        "missing-credentials",
        401,
        "This resource needs credentials.",
        "Send credentials for one of the schemes that WWW-Authenticate lists.",
    ),
    Entry(
        "invalid-credentials",
        401,
        "The credentials are not valid here.",
        "Get fresh credentials and repeat the request.",
    ),
    Entry(
        "expired-credentials",
        401,
        "The credentials have expired.",
        "Get fresh credentials and repeat the request.",
    ),
    Entry(
        "insufficient-scope",
        403,
        "The credentials lack a scope that this needs.",
        "Ask for credentials with the scope that WWW-Authenticate names.",
    ),
    Entry(
        "forbidden",
        403,
        "You may not do this.",
        "Repeating the request does not help; ask for the right, or use other credentials.",
    ),
    Entry(
        "cross-site-request",
        403,
        "This request came from another site.",
        "Send it from a page of this site, or with credentials that no browser adds by itself.",
    ),
    Entry(
        "not-found",
        404,
        "There is nothing here.",
        "Check the path, and the identifiers in it.",
    ),
    Entry(
        "method-not-allowed",
        405,
        "This resource does not take this method.",
        "Use one of the methods that the Allow header lists.",
    ),
    Entry(
        "method-not-implemented",
        501,
        "This method is not known here.",
        "Use a registered method, in upper case.",
    ),
    Entry(
        "authentication-unavailable",
        503,
        "Credentials cannot be verified at the moment.",
        "Repeat the request after the time that Retry-After names.",
    ),
    Entry(
        "internal-error",
        500,
        "Something went wrong here. It has been logged.",
        "Repeat the request later; if it stays, report the `request_id`.",
    ),
]

#: The codes of our own that a problem carries when only its status is known. Other
#: statuses have none, or several that say more than the status does.
_DEFAULTS = {e.status: e.code for e in _OWN if e.code in {
    "forbidden", "not-found", "method-not-allowed", "length-required", "body-too-large",
    "unsupported-media-type", "internal-error",
}}  # fmt: skip


def default_code(status: int) -> str:
    """The code of a problem of which only the status is known: the phrase in kebab case."""
    return _BY_STATUS.get(status) or f"status-{status}"


def _kebab(phrase: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", phrase.lower().replace("'", ""))


_BY_STATUS: dict[int, str] = {
    status: _DEFAULTS.get(status, _kebab(phrase)) for status, phrase in PHRASES.items()
}

#: Every code that statusware knows, by name; those made from a phrase included.
CODES: dict[str, Entry] = {e.code: e for e in _OWN}
for _status in PHRASES:
    if _status >= 400:
        CODES.setdefault(
            default_code(_status),
            Entry(
                default_code(_status),
                _status,
                told(_status),
                "See RFC 9110 and the IANA registry of status codes.",
            ),
        )


def entry(code: str, status: int) -> Entry:
    """The row of `code`; for a code of the app's own, one made from its status."""
    known = CODES.get(code)
    if known is not None:
        return known
    return Entry(code, status, told(status), "")


def own_entries(table: Mapping[str, Any]) -> dict[str, Entry]:
    """The app's own codes: a table of code to `status`, `title`, `detail` and `fix`.

    Raises `PolicyError` for a code that cannot stand in a URI or is statusware's own, whose
    meaning never changes.
    """
    made = {}
    for code, row in table.items():
        key = f"problems.{code}"
        if not CODE.fullmatch(code):
            raise PolicyError("is no code", key=key, hint="letters, digits and hyphens")
        if code in CODES:
            raise PolicyError("is a code of statusware's own", key=key, hint="choose another name")
        if not isinstance(row, Entry | Mapping):
            raise PolicyError("must be a table", key=key)
        made[code] = row if isinstance(row, Entry) else _own_entry(code, dict(row), key)
    return made


def _own_entry(code: str, row: dict[str, Any], key: str) -> Entry:
    status = row.pop("status", None)
    if type(status) is not int or not 400 <= status <= 599:
        raise PolicyError(f"{status!r} is no error status", key=f"{key}.status", hint="400 to 599")
    for name, value in row.items():
        if name not in _COLUMNS:
            raise PolicyError("is unknown", key=f"{key}.{name}", hint=nearest(name, _COLUMNS))
        if not isinstance(value, str):
            raise PolicyError("must be a string", key=f"{key}.{name}")
    known = entry(code, status)
    return Entry(code, status, **{"detail": known.detail, "fix": "", **row})


_COLUMNS = ("detail", "fix", "title")
