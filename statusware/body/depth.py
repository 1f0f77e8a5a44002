"""How deeply a JSON text nests, told without parsing it, in linear time."""

from __future__ import annotations

import re
from itertools import accumulate

__all__ = ["is_deep"]

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_STEP = {ord("["): 1, ord("]"): -1}


def is_deep(body: bytes, max_depth: int) -> bool:
    """Whether `body`, JSON or not, nests deeper than `max_depth`."""
    if body.count(b"[") + body.count(b"{") <= max_depth:
        return False
    # Without escapes every other quotation mark ends a string.
    plain = _STRING.sub(b"", body) if b"\\" in body else b"".join(body.split(b'"')[::2])
    brackets = plain.translate(_ONE_KIND, _NOT_BRACKETS)
    left = brackets
    for _ in range(max_depth):
        size = len(left)
        left = left.replace(b"[]", b"")  # the innermost level of all there is
        if not left:
            return False
        if len(left) == size:
            break
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0) > max_depth
