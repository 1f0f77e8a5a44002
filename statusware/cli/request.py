"""A request as `explain` and `who` are asked about it: from a command line to an environ."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from ..auth.identity import Identity
from ..errors import PolicyError, nearest
from ..policy import Policy
from ..rules.principals import KINDS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["environ_of", "header_fields", "identity_of", "with_body", "with_key", "with_token"]

#: A name that every server hands on: those with an underscore are dropped by some.
_NAME = re.compile(r"[!#$%&'*+.^`|~0-9A-Za-z-]+", re.ASCII)


def environ_of(method: str, target: str, mount: str = "") -> WSGIEnvironment:
    """The environ that a server would make of a request line, without a body.

    `target` is as the app sees it, below its `mount` (text of an environ).
    """
    path, _, query = target.partition("?")
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": mount,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
    }


def identity_of(words: str, policy: Policy) -> Identity | None:
    """The identity that `user:ann,role:editor,claim:tenant=acme` speaks of; None: anonymous."""
    if words.strip() in ("", "everyone", "anonymous"):
        return None
    found: dict[str, Any] = {"user": "somebody", "roles": set(), "scopes": set(), "claims": {}}
    found["scheme"] = next(iter(policy.schemes), "")
    for word in words.split(","):
        kind, colon, value = word.strip().partition(":")
        if kind == "authenticated" and not colon:
            continue
        if not value or kind not in KINDS:
            hint = nearest(kind, KINDS)
            raise PolicyError(f"{word.strip()!r} says nothing about anybody", key="--as", hint=hint)
        if kind == "user":
            scheme, slash, rest = value.partition("/")
            qualified = bool(slash) and scheme in policy.schemes
            found["user"] = rest if qualified else value
            found["scheme"] = scheme if qualified else found["scheme"]
        elif kind == "scheme":
            found["scheme"] = value
        elif kind == "claim":
            name, _, claim = value.partition("=")
            found["claims"][name] = claim
        else:
            found[f"{kind}s"].add(value)
    return Identity(**found)


def header_fields(headers: Iterable[str]) -> dict[str, str]:
    """Header fields as `--header` has them, under their environ keys, and as bytes in Latin-1."""
    found: dict[str, str] = {}
    for header in headers:
        name, colon, value = header.partition(":")
        if not colon or not _NAME.fullmatch(name) or not value.isprintable():
            hint = "as in 'Origin: https://app.example.com'"
            raise PolicyError(f"{header!r} is no header field", key="--header", hint=hint)
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        text = value.strip().encode().decode("latin-1")
        # What stands there twice is one list (RFC 9110 section 5.3), but of cookies.
        joint = "; " if key == "HTTP_COOKIE" else ", "
        found[key] = f"{found[key]}{joint}{text}" if key in found else text
    return found


def with_token(environ: WSGIEnvironment, token: str) -> None:
    """Send a bearer token; a token with its scheme in front is sent as it is."""
    environ["HTTP_AUTHORIZATION"] = token if " " in token else f"Bearer {token}"


def with_key(environ: WSGIEnvironment, key: str, policy: Policy) -> None:
    """Send an API key, in the header of the scheme that takes them."""
    for scheme in policy.schemes.values():
        header = scheme.header
        if header is not None and header != "HTTP_AUTHORIZATION":
            environ[header] = key
            return
    raise PolicyError("the policy has no scheme with a header for keys", key="--key")


def with_body(environ: WSGIEnvironment, body: bytes) -> None:
    """Send a body, JSON for all that is said here."""
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["CONTENT_TYPE"] = "application/json"
