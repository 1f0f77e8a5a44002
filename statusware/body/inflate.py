"""Content codings: gzip and deflate (RFC 9110 section 8.4.1), inflated within a limit.

The limit counts what comes out, so that a small body cannot become a large one in memory.
"""

from __future__ import annotations

import zlib

from ..problem import Problem
from .read import too_large

__all__ = ["CODINGS", "inflate"]

#: The window bits that make zlib expect this wrapper and no other.
_WRAPPERS = {"gzip": 31, "deflate": 15}

#: What a 415 says is taken.
CODINGS = ("gzip", "deflate")


def inflate(body: bytes, coding: str, max_bytes: int) -> bytes:
    """`body` without its `coding` ("gzip" or "deflate").

    Raises Problem 413 if more than `max_bytes` come out, 400 `incomplete-body` if the end is
    missing, 400 if it is not in that coding, or something follows.
    """
    engine = zlib.decompressobj(_WRAPPERS[coding])
    try:
        plain = engine.decompress(body, max_bytes + 1)
    except zlib.error:
        raise _not_coded(coding) from None
    if len(plain) > max_bytes:
        raise too_large(max_bytes)
    if not engine.eof:
        raise Problem(400, code="incomplete-body")
    if engine.unused_data:
        raise _not_coded(coding)
    return plain


def _not_coded(coding: str) -> Problem:
    return Problem(400, f"The body is not what its content coding ({coding}) says.")
