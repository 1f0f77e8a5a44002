"""A file that is read again when it changes, and swapped whole.

A new version that cannot be used leaves the old one in place, and says so in the log. The
file is looked at no more than once in `LOOK` seconds, by one request at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

from ..errors import PolicyError
from ..logs.table import FILE_KEPT, FILE_READ
from ..stamp import stamp
from .source import read_file

__all__ = ["LOOK", "Watched"]

#: Seconds between two looks at a file.
LOOK = 1.0

_T = TypeVar("_T")


class Watched(Generic[_T]):
    """What `load` makes of the bytes of the file at `path`.

    `load` raises `PolicyError` for what it cannot use; the first time, so does this.
    """

    def __init__(self, path: str, key: str, load: Callable[[bytes], _T]) -> None:
        self._path, self._key, self._load = path, key, load
        self._lock = threading.Lock()
        self._stamp = stamp((self._path,))
        self._value = self._first(read_file(path, key))
        #: When (`time.monotonic`, seconds) the file is to be looked at next.
        self.due = monotonic() + LOOK

    def _first(self, data: bytes) -> _T:
        try:
            return self._load(data)
        except PolicyError as error:  # it knows the place in the file, and not which file it is
            told = ": ".join(filter(None, (self._path, error.key, error.reason)))
            raise PolicyError(told, key=self._key, hint=error.hint) from None

    def get(self) -> _T:
        """What the file says now."""
        if monotonic() >= self.due and self._lock.acquire(blocking=False):
            try:
                self.due = monotonic() + LOOK
                self._renew()
            finally:
                self._lock.release()
        return self._value

    def _renew(self) -> None:
        found = stamp((self._path,))
        if found == self._stamp:
            return
        self._stamp = found
        try:
            self._value = self._load(read_file(self._path, self._key))
        except PolicyError as error:
            FILE_KEPT.tell(self._path, error)
        else:
            FILE_READ.tell(self._path)
