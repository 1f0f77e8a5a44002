"""The pages under `types`, where that is a path: an index, and one page for each code.

They are what the `type` of a problem leads to (RFC 9457 section 3.1.1): HTML for those who
prefer it, else JSON. Anyone may read them; they tell no more than the docs do.

environ keys read: `SCRIPT_NAME`, `PATH_INFO`, `REQUEST_METHOD`, `HTTP_ACCEPT`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..catalog import Entry, phrase
from ..correlation import request_id
from ..encoding import encode
from ..page import CONTENT_SECURITY_POLICY, entry_page, index_page
from ..problem import Problem
from ..request import METHODS
from .rendering import Rendering, prefers_html

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["Pages", "entry_members", "pages"]

_ALLOWED = ("GET", "HEAD", "OPTIONS")


def pages(rendering: Rendering) -> Pages | None:
    """The pages of a rendering, if its types lie on this server."""
    return Pages(rendering) if rendering.base.startswith("/") else None


def entry_members(entry: Entry, base: str = "") -> dict[str, Any]:
    """What is told about a code, in reading order."""
    return {
        "type": f"{base}{entry.code}" if base else "about:blank",
        "code": entry.code,
        "status": entry.status,
        "title": entry.title or phrase(entry.status),
        "detail": entry.detail,
        "fix": entry.fix,
    }


class Pages:
    """Finds and makes the pages of all codes that a rendering knows."""

    def __init__(self, rendering: Rendering) -> None:
        self._base = base = rendering.base
        entries = sorted(rendering.codes.values(), key=lambda entry: (entry.status, entry.code))
        self._rows = {entry.code: entry_members(entry, base) for entry in entries}

    def find(self, environ: WSGIEnvironment) -> WSGIApplication | None:
        """The answer to a request for a path under the base; None for every other path."""
        try:
            path: str = (environ.get("SCRIPT_NAME") or "") + (environ.get("PATH_INFO") or "")
        except TypeError:  # not text, as PEP 3333 demands: certainly no path of ours
            return None
        if not isinstance(path, str):  # two numbers, say
            return None
        if not path.startswith(self._base) and f"{path}/" != self._base:
            return None
        method = environ["REQUEST_METHOD"]
        if method not in METHODS:
            return Problem(501, code="method-not-implemented")
        code = path[len(self._base) :]
        if code and code not in self._rows:
            return Problem(404)
        if method not in _ALLOWED:
            return Problem(405, headers=[("Allow", ", ".join(_ALLOWED))])
        return _Page(self._rows[code] if code else None, self._rows, self._base)


class _Page:
    """One page: about a code, or the index (`row` is None)."""

    def __init__(
        self, row: dict[str, Any] | None, rows: dict[str, dict[str, Any]], base: str
    ) -> None:
        self._row, self._rows, self._base = row, rows, base

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        if environ["REQUEST_METHOD"] == "OPTIONS":
            start_response("204 No Content", [("Allow", ", ".join(_ALLOWED)), *_common(environ)])
            return []
        if prefers_html(environ):
            headers = [
                ("Content-Type", "text/html; charset=utf-8"),
                ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
            ]
            body = self._html()
        else:
            headers = [("Content-Type", "application/json")]
            body = encode(self._row or {"problems": list(self._rows.values())})
        headers += [("Content-Length", str(len(body))), ("Vary", "Accept"), *_common(environ)]
        start_response("200 OK", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _html(self) -> bytes:
        if self._row is None:
            return index_page(self._rows.values())
        return entry_page({**self._row, "index": self._base})


def _common(environ: WSGIEnvironment) -> list[tuple[str, str]]:
    return [
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Request-ID", request_id(environ)),
    ]
