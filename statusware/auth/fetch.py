"""Fetching a key set over HTTP: bounded in time and size, from where we were told to.

No redirect is followed, no answer but 200 is believed, nothing is sent but the request.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..errors import PolicyError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

__all__ = ["LIMIT", "FetchError", "fetcher"]

#: Seconds that a fetch may take in all.
LIMIT = 2.0

#: Bytes that a key set may have.
MAX_BYTES = 512 * 1024

_HEADERS = {
    "Accept": "application/jwk-set+json, application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "statusware",
}


class FetchError(Exception):
    """The key set could not be fetched; the text says why, in our own words."""


def fetcher(url: str, *, allow_http: bool = False) -> Callable[[], bytes]:
    """A function that fetches `url`. It raises `FetchError`. Raises `PolicyError` for the URL.

    https only, unless the host is this machine or `allow_http` is given.
    """
    parts = _checked(url, allow_http)
    try:
        import urllib3
    except ImportError:
        hint = 'pip install "statusware[jwks]"'
        raise PolicyError("a URL needs urllib3", key="jwks", hint=hint) from None
    plain = parts.scheme == "http"
    make: Any = urllib3.connection.HTTPConnection if plain else urllib3.connection.HTTPSConnection
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    failures = (http.client.HTTPException, urllib3.exceptions.HTTPError, OSError, ValueError)

    def fetch() -> bytes:
        connection = make(parts.hostname, parts.port, timeout=LIMIT)
        try:
            return _get(connection, target)
        except failures as error:
            # The text of the error may hold what the other side has sent.
            raise FetchError(type(error).__name__) from None

    return fetch


def _get(connection: Any, target: str) -> bytes:
    """The body of the answer, within the time limit."""
    # Timeouts count for one read each; only closing the connection ends a drip.
    over = threading.Timer(LIMIT, _cut, (connection,))
    over.daemon = True
    over.start()
    try:
        connection.request("GET", target, headers=_HEADERS, preload_content=False)
        body = _body(connection.getresponse())
    finally:
        late = over.finished.is_set()
        over.cancel()
        connection.close()
    if late:
        # The end of what we have read may be our own doing.
        raise FetchError("it took too long")
    return body


def _body(response: Any) -> bytes:
    if response.status != 200:
        raise FetchError(f"the answer was {int(response.status)}")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise FetchError("the answer is compressed")
    body: bytes = response.read(MAX_BYTES + 1, decode_content=False)
    if len(body) > MAX_BYTES:
        raise FetchError("the answer is too large")
    if response.length_remaining:
        raise FetchError("the answer is incomplete")
    return body


def _cut(connection: Any) -> None:
    """Shut the socket down, which ends a read that another thread waits in."""
    sock = connection.sock
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _checked(url: str, allow_http: bool) -> SplitResult:
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise PolicyError("is not a URL", key="jwks")
    try:
        parts = urlsplit(url)
        host = parts.hostname
        port = parts.port
    except ValueError:
        raise PolicyError("is not a URL", key="jwks") from None
    if parts.scheme not in ("https", "http") or not host or port == 0:
        raise PolicyError("must be a file or an https URL", key="jwks")
    if "@" in parts.netloc or parts.fragment:
        raise PolicyError("must be a URL without a user and a fragment", key="jwks")
    if parts.scheme == "http" and not (allow_http or _is_loopback(host)):
        hint = "or set allow_http = true"
        raise PolicyError("must be https: whoever can change it can sign", key="jwks", hint=hint)
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
