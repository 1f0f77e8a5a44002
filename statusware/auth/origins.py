"""Where a request comes from, for credentials that a browser sends by itself.

A page of any site can make a browser send them. An unsafe request that carries them
must come from our own origin, or from one that is allowed (Fetch Metadata; the Origin
header, RFC 6454 section 7). A client that sends neither header is no browser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import PolicyError, check_list
from ..problem import Problem
from ..request import overridden

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["Origins"]

#: RFC 9110 section 9.2.1.
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

#: RFC 6454 section 6.2; other schemes than http are those of apps (capacitor://localhost).
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")

_PORTS = {"http": ":80", "https": ":443"}


class Origins:
    """Our own origin (empty: what the Host header says), and others that are allowed.

    Raises `PolicyError` for what is not an origin, `https://app.example.com`.
    """

    def __init__(self, own: str | Iterable[str] = "", allowed: Iterable[str] = ()) -> None:
        check_list("origins", allowed)
        mine = ([own] if own else []) if isinstance(own, str) else list(own)
        self._own = frozenset(_origin(each, "origin") for each in mine)
        # "*" allows every origin to read what is public, not to act with credentials.
        others = (_origin(each, "origins") for each in allowed if each != "*")
        self._allowed = self._own.union(others)

    def check(self, environ: WSGIEnvironment) -> None:
        """Raises `Problem` (403) for an unsafe request that a page of another site sent."""
        if environ["REQUEST_METHOD"] in _SAFE and not _is_more(environ):
            return
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and origin.lower() in self._allowed:
            return
        site = environ.get("HTTP_SEC_FETCH_SITE")
        if site in ("same-origin", "none") or (site is None and self._is_own(origin, environ)):
            return
        raise Problem(403, code="cross-site-request")

    def _is_own(self, origin: str | None, environ: WSGIEnvironment) -> bool:
        if origin is None:
            return True
        if self._own:
            return False
        # The scheme is not compared: behind a proxy that ends TLS the server does not know it.
        scheme, _, host = origin.lower().partition("://")
        mine: str = environ.get("HTTP_HOST", "").lower()
        port = _PORTS.get(scheme)
        return port is not None and host.removesuffix(port) == mine.removesuffix(port) != ""


def _is_more(environ: WSGIEnvironment) -> bool:
    """Whether a safe method does more than read: it opens a WebSocket, or is overridden."""
    return "HTTP_UPGRADE" in environ or overridden(environ) is not None


def _origin(text: object, key: str) -> str:
    """An origin as browsers send it. Raises `PolicyError`."""
    if isinstance(text, str):
        found = _ORIGIN.fullmatch(text.lower())
        if found:
            return found[0].removesuffix(_PORTS.get(found[1], "\0"))
    raise PolicyError(f"{text!r} is not an origin", key=key, hint="write https://app.example.com")
