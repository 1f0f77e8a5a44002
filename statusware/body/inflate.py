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

#: The first byte of a member (RFC 1952 section 2.3.1); several are one body (section 2.2).
_MEMBER = 0x1F

#: Bytes inflated at a time: zlib copies what follows a member, and there may be thousands.
_BLOCK = 4096

#: What a 415 says is taken.
CODINGS = ("gzip", "deflate")


def inflate(body: bytes, coding: str, max_bytes: int) -> bytes:
    """`body` without its `coding` ("gzip" or "deflate"); gzip may have several members.

    Raises Problem 413 if more than `max_bytes` come out, 400 `incomplete-body` if the end is
    missing, 400 if it is not in that coding, or something else follows.
    """
    engine, plain, at = zlib.decompressobj(_WRAPPERS[coding]), bytearray(), 0
    while at < len(body):
        if engine.eof:
            if coding != "gzip" or body[at] != _MEMBER:
                raise _not_coded(coding)
            engine = zlib.decompressobj(_WRAPPERS[coding])
        block = body[at : at + _BLOCK]
        try:
            plain += engine.decompress(block, max_bytes + 1 - len(plain))
        except zlib.error:
            raise _not_coded(coding) from None
        if len(plain) > max_bytes:
            raise too_large(max_bytes)
        at += len(block) - len(engine.unused_data)
    if not engine.eof:
        raise Problem(400, code="incomplete-body")
    return bytes(plain)


def _not_coded(coding: str) -> Problem:
    return Problem(400, f"The body is not what its content coding ({coding}) says.")
