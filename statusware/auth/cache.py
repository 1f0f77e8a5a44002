"""Tokens whose signature has been verified, so that it is not verified again.

Keyed by a digest, so that no token is kept in memory. Bounded: the oldest entry goes
first. Only verified tokens get in, so nobody unknown can push one out.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .identity import Identity
    from .keys import Key

__all__ = ["Verified", "VerifiedCache"]


class Verified(NamedTuple):
    """A verified token: good until `end` (seconds since 1970) and as long as its `key` is."""

    end: float
    key: Key
    identity: Identity


class VerifiedCache:
    """Digest of a header -> `Verified`. Reading takes no lock."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: dict[bytes, Verified] = {}
        self._lock = threading.Lock()
        #: Look-up alone; the caller judges whether the entry is still good.
        self.get = self._entries.get

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, digest: bytes, verified: Verified) -> None:
        """Remember a verified token."""
        with self._lock:
            while len(self._entries) >= self._size:
                del self._entries[next(iter(self._entries))]
            self._entries[digest] = verified

    def drop(self, digest: bytes) -> None:
        """Forget a token."""
        with self._lock:
            self._entries.pop(digest, None)
