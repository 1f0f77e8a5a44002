"""`[cors]`: which pages of other sites may call the API and read its answers (Fetch standard).

Preflights are answered from the methods that the policy lists, and every response, ours or
the app's, carries the fields without which a browser hides it; those of the app are replaced.

environ keys read: `HTTP_ORIGIN`, `HTTP_ACCESS_CONTROL_REQUEST_METHOD`, `REQUEST_METHOD`.
environ keys set: `statusware.preflight`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ..errors import PolicyError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["Cors"]

#: RFC 6454 section 6.2; other schemes than http are those of apps (capacitor://localhost).
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)

#: What a page may send and read unless the policy says otherwise.
HEADERS = ("Authorization", "Content-Type", "X-Request-ID")
EXPOSE = ("Location", "Retry-After", "WWW-Authenticate", "X-Request-ID")

#: What an app says to a preflight that Routing, which only reports, has let pass.
_ANSWERS = frozenset({
    "access-control-allow-methods", "access-control-allow-headers", "access-control-max-age",
})  # fmt: skip

_Headers = list[tuple[str, str]]


class Cors:
    """Who may call from elsewhere.

    `origins` are origins as browsers send them, or `["*"]`; `headers` what a page may send,
    `expose` what it may read; `credentials`: whether the browser adds cookies and the like
    (never with "*"); `max_age`: for how many seconds a browser remembers a preflight. A
    wrong option is a `PolicyError`.
    """

    def __init__(
        self,
        origins: Iterable[str],
        *,
        headers: Iterable[str] = HEADERS,
        expose: Iterable[str] = EXPOSE,
        credentials: bool = False,
        max_age: int = 600,
    ) -> None:
        listed = list(origins)
        if not listed:
            raise PolicyError("is empty", key="origins", hint='as in ["https://app.example.com"]')
        self._any = "*" in listed
        if self._any and (credentials or len(listed) > 1):
            told = "cannot be used with credentials" if credentials else "stands alone"
            raise PolicyError(f'"*" {told}', key="origins", hint="name the origins")
        self._origins = frozenset(_origin(origin) for origin in listed if origin != "*")
        self._max_age = str(max_age)
        self._allowed = ", ".join(_name("headers", name) for name in headers)
        if credentials and "*" in self._allowed.split(", "):
            # With credentials a browser takes it for a header of this name (Fetch, section 3.2).
            raise PolicyError('"*" cannot be used with credentials', key="headers")
        exposed = ", ".join(_name("expose", name) for name in expose)
        self._always: _Headers = (
            [("Access-Control-Allow-Credentials", "true")] if credentials else []
        )
        self._exposed = [("Access-Control-Expose-Headers", exposed)] if exposed else []

    def is_preflight(self, environ: WSGIEnvironment) -> bool:
        """Whether a browser asks what it may send (Fetch standard, section 4.8)."""
        return (
            environ.get("REQUEST_METHOD") == "OPTIONS"
            and "HTTP_ORIGIN" in environ
            and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
        )

    def allow(self, environ: WSGIEnvironment, methods: Iterable[str]) -> None:
        """Note what the answer to this preflight shall say; `start` says it."""
        environ["statusware.preflight"] = [
            ("Access-Control-Allow-Methods", ", ".join(methods)),
            *([("Access-Control-Allow-Headers", self._allowed)] if self._allowed else []),
            ("Access-Control-Max-Age", self._max_age),
        ]

    def fields(self, environ: WSGIEnvironment) -> _Headers:
        """The fields that the response to this request carries."""
        origin = environ.get("HTTP_ORIGIN")
        if self._any:
            found = [("Access-Control-Allow-Origin", "*")]
        elif isinstance(origin, str) and origin in self._origins:
            found = [("Access-Control-Allow-Origin", origin)]
        else:
            return []
        return [*found, *self._always, *environ.get("statusware.preflight", self._exposed)]

    def start(self, environ: WSGIEnvironment, start_response: StartResponse) -> StartResponse:
        """`start_response`, with our fields in the place of whatever others have set.

        What a page may send, nobody but the app says where it answers the preflight.
        """
        preflight = self.is_preflight(environ)

        def start(
            status: str, headers: _Headers, exc_info: Any = None, /
        ) -> Callable[[bytes], object]:
            theirs = _ANSWERS if preflight and "statusware.preflight" not in environ else ()
            kept = [f for f in headers if f[0].lower() in theirs or not _is_ours(f[0])]
            kept += self.fields(environ)
            if not self._any:
                kept = _varied(kept)
            return start_response(status, kept, exc_info)

        return start


def _is_ours(name: str) -> bool:
    return name.lower().startswith("access-control-")


def _varied(headers: _Headers) -> _Headers:
    """`headers` with Origin in Vary: a cache must not hand the answer to another site."""
    for at, (name, value) in enumerate(headers):
        if name.lower() == "vary":
            listed = {word.strip().lower() for word in value.split(",")}
            if listed & {"origin", "*"}:
                return headers
            return [*headers[:at], (name, f"{value}, Origin"), *headers[at + 1 :]]
    return [*headers, ("Vary", "Origin")]


def _nearest(origin: str) -> str:
    """What an origin that is none was to be, most likely."""
    if "*" in origin:
        return 'there are no patterns: name each origin, or ["*"] alone'
    bare = origin if "://" in origin else f"https://{origin}"
    close = "/".join(bare.split("/")[:3]).lower()
    if origin and _ORIGIN.fullmatch(close):
        return f'did you mean "{close}"?'
    return 'as in "https://app.example.com"'


def _origin(origin: str) -> str:
    if not _ORIGIN.fullmatch(origin):
        raise PolicyError(f"{origin!r} is no origin", key="origins", hint=_nearest(origin))
    return origin


def _name(key: str, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise PolicyError(f"{name!r} is no header", key=key, hint='as in "Authorization"')
    return name
