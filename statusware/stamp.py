"""What tells whether files have changed: time, size and inode of each; None: not there."""

from __future__ import annotations

import os
from collections.abc import Iterable

__all__ = ["Stamp", "stamp"]

Stamp = tuple[tuple[int, int, int] | None, ...]


def stamp(files: Iterable[str]) -> Stamp:
    """To be taken before the files are read: what changes meanwhile is then seen later."""
    return tuple(map(_of_file, files))


def _of_file(file: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(file)
    except (OSError, ValueError):  # a name with a NUL in it is no path
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
