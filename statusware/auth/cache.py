"""What is known of tokens that were seen before, so that they need not be read again.

Keyed by a digest, so that no token is kept in memory. Bounded: the oldest entry goes
first. `Bearer` has two of them: tokens whose signature has been verified, and tokens that
were too old. Nobody unknown can push out of the first, as only verified tokens get in.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from .identity import Identity
    from .keys import Key

__all__ = ["DigestCache", "Verified"]

_T = TypeVar("_T")


class Verified(NamedTuple):
    """A verified token: good until `end` (seconds since 1970) and as long as its `key` is."""

    end: float
    key: Key
    identity: Identity


class DigestCache(Generic[_T]):
    """Digest of a header -> what is known of it, at most `size` of them. Reading takes no lock."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: dict[bytes, _T] = {}
        self._lock = threading.Lock()
        #: Look-up alone; the caller judges whether the entry is still good.
        self.get = self._entries.get

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, digest: bytes, known: _T) -> None:
        """Remember a token."""
        with self._lock:
            while len(self._entries) >= self._size:
                del self._entries[next(iter(self._entries))]
            self._entries[digest] = known

    def drop(self, digest: bytes) -> None:
        """Forget a token."""
        with self._lock:
            self._entries.pop(digest, None)
