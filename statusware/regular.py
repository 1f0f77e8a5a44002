"""Reading a file that has an end: no pipe, no device, no folder, and not without bound.

Whoever starts a server with `--policy /dev/zero`, or with a FIFO that nobody writes to, gets
an answer and no process that hangs. A pipe with a writer is refused as well: it can be read once,
and every worker reads the files of a policy, and a reload reads them again.
"""

from __future__ import annotations

import errno
import os
import stat

__all__ = ["LARGEST", "read_regular"]

#: Bytes of a policy, a schema or a document at most; GitHub's OpenAPI document has 13 MB.
LARGEST = 64 << 20

#: What there is in a file system besides files, and whether that can be read but once.
_OTHERS = (
    (stat.S_ISFIFO, "a pipe, which can be read only once"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_regular(path: str | os.PathLike[str], most: int = LARGEST) -> bytes:
    """All that stands in the file, at most `most` bytes.

    Raises `OSError` with a reason in `strerror`, also for what is no regular file, or larger;
    `ValueError` for what is no path (a NUL in it).
    """
    _check(os.stat(path).st_mode)  # opening a pipe or a device may already do something to it
    with open(path, "rb", opener=_open) as file:
        _check(os.fstat(file.fileno()).st_mode)
        # None of a file that has nothing to say at the moment, as some of /proc.
        data = file.read(most + 1) or b""
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most >> 20} MiB")
    return data


def _open(path: str, flags: int) -> int:
    """Never wait for the other end of a pipe that has taken the place of the file."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    for is_other, what in _OTHERS:
        if is_other(mode):
            raise OSError(errno.EINVAL, f"it is {what}")
