"""How deeply a JSON text nests, told without parsing it, in linear time.

A bracket is one bit, so that a step in Python looks at eight of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, count, repeat
from operator import add, gt

__all__ = ["brackets", "deeper", "is_deep", "left_open"]

_BRACKETS = b"[]{}"
_NOT_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))
_BITS = bytes.maketrans(_BRACKETS, b"1010")

#: Of the brackets in a byte: the depth before each of them, and behind all.
_DEPTHS = [
    tuple(accumulate((1 if byte >> bit & 1 else -1 for bit in range(7, -1, -1)), initial=0))
    for byte in range(256)
]
_NET = [depths[-1] for depths in _DEPTHS]
_HIGHEST = [max(depths) for depths in _DEPTHS]
_LOWEST = [min(depths[:-1]) for depths in _DEPTHS]


def is_deep(body: bytes, max_depth: int) -> bool:
    """Whether `body` nests deeper than `max_depth`.

    What comes after the first backslash outside of a string, so is no JSON, is not told rightly.
    """
    if body.count(b"[") + body.count(b"{") <= max_depth:
        return False
    return any(map(gt, _each(_bits(brackets(body)), _HIGHEST), repeat(max_depth)))


def deeper(body: bytes, max_depth: int) -> int | None:
    """How many brackets stand before the first that opens a level too many; None if none does."""
    bits = _bits(brackets(body))
    level = 0
    for at, byte in enumerate(bits):
        if level + _HIGHEST[byte] > max_depth:
            steps = zip(count(8 * at), _DEPTHS[byte][1:], strict=False)
            return next(place for place, depth in steps if level + depth > max_depth)
        level += _NET[byte]
    return None


def left_open(found: bytes) -> list[int]:
    """Which of the brackets that begin a text, from 0, are not closed; the outermost first."""
    bits = _bits(found, b"[")
    lowest = list(_each(bits, _LOWEST))
    level = 2 * found.translate(_BITS).count(b"1") - len(found)
    opened: list[int] = []
    for at in range(len(bits) - 1, -1, -1):
        while level > 0 and lowest[at] < level:
            # The last bracket before which the depth was less has made this level.
            before = lowest[at] - _LOWEST[bits[at]]
            depths = enumerate(_DEPTHS[bits[at]][:-1])
            opened.append(8 * at + max(n for n, depth in depths if before + depth < level))
            level -= 1
    return opened[::-1]


def brackets(body: bytes) -> bytes:
    """The brackets of a text, those in strings left out."""
    if b"\\" in body:
        # What is left of backslashes and quotation marks is not escaped.
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(body.split(b'"')[::2]).translate(None, _NOT_BRACKETS)


def _bits(found: bytes, fill: bytes = b"]") -> bytes:
    """Eight brackets to a byte."""
    full = found + fill * (-len(found) % 8)
    return int(full.translate(_BITS) or b"0", 2).to_bytes(len(full) // 8)


def _each(bits: bytes, what: list[int]) -> Iterator[int]:
    """One of the tables above for each byte, counted from the beginning of the text."""
    before = accumulate(map(_NET.__getitem__, bits), initial=0)
    return map(add, before, map(what.__getitem__, bits))
