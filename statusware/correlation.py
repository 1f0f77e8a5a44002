"""The id of a request: the same in body, header and log.

environ keys read: `HTTP_X_REQUEST_ID`, `HTTP_TRACEPARENT`.
environ keys set: `statusware.request_id`.
"""

from __future__ import annotations

import os
import random
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["POOL", "new_id", "request_id"]

#: Nothing that could end a header, a log line or a JSON string.
_SAFE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._~:/+=-]{0,127}", re.ASCII)

#: W3C Trace Context section 3.2; ids of zeros stand for none.
_TRACEPARENT = re.compile(
    r"([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?"
)

#: Ids for the requests to come, 32 hexadecimal digits each: made by the hundred, which costs
#: a fifth. They name a request in a log and protect nothing, hence no `secrets`.
POOL: list[str] = []

#: Numbers of our own: those of the module are the app's, which may seed them for each request.
_NUMBERS = random.Random()


def _anew() -> None:
    """A child of this process must not use the ids of its parent."""
    POOL.clear()
    _NUMBERS.seed()


os.register_at_fork(after_in_child=_anew)


def request_id(environ: WSGIEnvironment) -> str:
    """The id of the request, kept in the environ.

    Taken over from a well-formed X-Request-ID, else the trace id of a traceparent,
    else made: 32 hexadecimal digits. One that the app, or middleware, puts into the environ
    counts where it is well-formed too: not every server looks for CR LF in a header.
    """
    known: str | None = environ.get("statusware.request_id")
    if type(known) is not str or not _SAFE.fullmatch(known):
        known = None
        if "HTTP_X_REQUEST_ID" in environ or "HTTP_TRACEPARENT" in environ:
            known = _sent(environ)
        if known is None:
            try:
                known = POOL.pop()
            except IndexError:
                known = new_id()
        environ["statusware.request_id"] = known
    return known


def new_id() -> str:
    """An id out of a pool that is filled up."""
    digits = _NUMBERS.randbytes(16 * 256).hex()
    POOL.extend([digits[at : at + 32] for at in range(32, len(digits), 32)])
    return digits[:32]


def _sent(environ: WSGIEnvironment) -> str | None:
    sent = environ.get("HTTP_X_REQUEST_ID")
    if isinstance(sent, str) and _SAFE.fullmatch(sent):
        return str(sent)
    trace = environ.get("HTTP_TRACEPARENT")
    found = _TRACEPARENT.fullmatch(trace) if isinstance(trace, str) else None
    if found is None or found[1] == "ff" or (found[1] == "00" and found[3]):
        return None  # version ff is invalid, and version 00 ends with its flags
    return found[2]
