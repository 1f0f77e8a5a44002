"""The bytes of a body: counted while they are read, never more than the limit.

What a server hands over differs widely; the rules here are RFC 9112 section 6 and
PEP 3333 with `wsgi.input_terminated` (a server that sets it ends the input itself).

environ keys read: `CONTENT_LENGTH`, `HTTP_TRANSFER_ENCODING`, `wsgi.input`,
`wsgi.input_terminated`, `statusware.lingers`, `gunicorn.socket`, `SERVER_PROTOCOL`. environ keys
set: `statusware.body_taken`, the bytes taken off the server's input so far, so that `drain`
knows what is left.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from ..problem import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = [
    "BLOCK", "DRAIN_LIMIT", "IDLE", "LINGERS", "LONGEST", "TAKEN", "announced", "drain",
    "has_body", "read_body", "take", "too_large",
]  # fmt: skip

#: Bytes asked of the server at a time where the length is not known.
BLOCK = 65536

#: Bytes of an unread body that a refusal reads and drops, so that the client sees it.
DRAIN_LIMIT = 1 << 20

#: Seconds that an unread body is waited for: for its next byte, and in all.
IDLE, LONGEST = 2.0, 10.0

#: Set by a server that reads what is left of a body once it has answered.
LINGERS = "statusware.lingers"

#: The environ key for what has been read.
TAKEN = "statusware.body_taken"

#: Instead of a count: reading failed, and nothing must be read any more.
_BROKEN = -1


def announced(environ: WSGIEnvironment) -> int | None:
    """The length that the request announces, in bytes; None if its end is the input's end.

    Raises Problem 411 if only the server could tell where the body ends and does not,
    or if a transfer coding other than chunked is left on it; 400 if Content-Length is
    not a number. Both at once: Transfer-Encoding counts (RFC 9112 section 6.3).
    """
    if coding := environ.get("HTTP_TRANSFER_ENCODING"):
        if not environ.get("wsgi.input_terminated") or coding.strip().lower() != "chunked":
            raise Problem(411)
        return None
    length = environ.get("CONTENT_LENGTH")
    if not length:
        return None if environ.get("wsgi.input_terminated") else 0
    if not (length.isascii() and length.isdigit()):
        raise Problem(400, "Content-Length is not a number.")
    return int(length) if len(length) <= 18 else 10**18


def has_body(environ: WSGIEnvironment) -> bool:
    """Whether the header says that there is a body; chunked ones may turn out empty."""
    if environ.get("HTTP_TRANSFER_ENCODING"):
        return True
    return bool(str(environ.get("CONTENT_LENGTH") or "").strip("0"))


def read_body(environ: WSGIEnvironment, max_bytes: int, begun: bytes | None = None) -> bytes:
    """The whole body, of which `begun` has been read already.

    Raises Problem 413 before more than `max_bytes` are in memory, 411 and 400 as
    `announced` does, 400 `incomplete-body` if the body is shorter than announced or the
    server fails while reading it.
    """
    if begun is not None:
        environ[TAKEN] = len(begun)
    length = announced(environ)
    if length is None:
        return _read_to_end(environ, max_bytes)
    if length > max_bytes:
        raise too_large(max_bytes)
    body = begun
    if body is None:
        body = _take(environ, length) if length else b""
    if len(body) == length:
        return body
    return _read_rest(environ, body, length)


def _read_rest(environ: WSGIEnvironment, start: bytes, length: int) -> bytes:
    """PEP 3333 lets `read(n)` return less only at the end, but not every server knows."""
    body = bytearray(start)
    block = start
    while block and len(body) < length:
        block = _take(environ, length - len(body))
        body += block
    if len(body) != length:
        raise Problem(400, code="incomplete-body")
    return bytes(body)


def _read_to_end(environ: WSGIEnvironment, max_bytes: int) -> bytes:
    blocks, left = [], max_bytes
    while block := _take(environ, min(BLOCK, left + 1)):
        left -= len(block)
        if left < 0:
            raise too_large(max_bytes)
        blocks.append(block)
    return blocks[0] if len(blocks) == 1 else b"".join(blocks)


def _take(environ: WSGIEnvironment, size: int) -> bytes:
    block = take(environ, size)
    environ[TAKEN] = environ.get(TAKEN, 0) + len(block)
    return block


def take(environ: WSGIEnvironment, size: int) -> bytes:
    """At most `size` bytes of the body, not yet counted; Problem 400 if they do not arrive."""
    read = environ["wsgi.input"].read  # where there is none, it is not the client's fault
    try:
        block: bytes = read(size)
    except Exception as error:
        # Broad, since servers raise what they like at a broken chunk or a lost client
        # (gunicorn's are no OSError). Whatever it was, the body did not arrive.
        environ[TAKEN] = _BROKEN
        raise Problem(400, code="incomplete-body") from error
    return block


def too_large(max_bytes: int) -> Problem:
    """The 413 that names the limit."""
    return Problem(413, code="body-too-large", max_bytes=max_bytes)


def drain(environ: WSGIEnvironment, *, answered: bool = False) -> bool:
    """Read and drop what is unread of the body, at most `DRAIN_LIMIT` bytes; never raises.

    A server that closes a connection with unread bytes resets it, and the client loses
    the answer (RFC 9112 section 9.6). One that sends the answer first and reads then, as
    our gunicorn workers do, sets `statusware.lingers`: nothing is done until it asks, with
    `answered`. Whether all of the body has been read now.
    """
    taken = environ.get(TAKEN, 0)
    if taken == _BROKEN or (LINGERS in environ and not answered):
        return False
    try:
        length = announced(environ)
        unread = DRAIN_LIMIT + 1 if length is None else length - taken
        if unread <= 0:
            return True
        sock = environ.get("gunicorn.socket")
        # In HTTP/2 it is not this body's alone.
        if sock is not None and environ.get("SERVER_PROTOCOL", "").startswith("HTTP/1"):
            return _drop_in_time(environ, unread, sock)
        return _drop(environ, unread)
    except Exception:
        # Broad: the answer is decided, and a client that is gone does not change it.
        return False


def _drop(environ: WSGIEnvironment, unread: int, deadline: float = math.inf) -> bool:
    """Read on until nothing comes, or the limit or the deadline is there."""
    left = min(DRAIN_LIMIT, unread)
    source = environ["wsgi.input"]
    # One that counts would refuse once more what has been refused.
    read = getattr(source, "uncounted", source.read)
    while block := read(min(BLOCK, left)):
        left -= len(block)
        if left <= 0:
            return unread <= DRAIN_LIMIT
        if time.monotonic() > deadline:
            return False
    return True


def _drop_in_time(environ: WSGIEnvironment, unread: int, sock: Any) -> bool:
    """The same where the server lets us at its socket: the bytes may never come."""
    patience = sock.gettimeout()
    sock.settimeout(IDLE)
    try:
        return _drop(environ, unread, time.monotonic() + LONGEST)
    finally:
        sock.settimeout(patience)
