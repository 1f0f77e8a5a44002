"""One change at a time: whoever reads a file, and writes what it makes of it, does so alone.

The lock is on the folder (`flock`): the file is replaced whole, so that a lock on it would soon be
one on a file that is not there any more. Nothing is left behind, and a process that dies lets go.
Where there is no `flock` (some network file systems, some systems), a file beside it is the lock.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import PolicyError

__all__ = ["alone"]

#: Seconds that somebody else's change is waited for, and between two looks.
PATIENCE, PAUSE = 10.0, 0.02


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Nobody else who asks for this changes files of the folder meanwhile.

    Raises `PolicyError` if somebody else does not come to an end, or the folder is none.
    """
    try:
        release = _by_folder(path) or _by_file(path)
    except OSError as error:
        raise PolicyError(f"cannot be written: {error.strerror}", file=str(path)) from None
    try:
        yield
    finally:
        release()


def _by_folder(path: Path) -> Callable[[], None] | None:
    """A lock on the folder; None where there is no such thing."""
    if (flock := _flock()) is None:
        return None
    try:
        folder = os.open(_real(path).parent, os.O_RDONLY)
    except OSError:  # it need not be readable
        return None
    try:
        if _waited(lambda: flock(folder), path, "see who holds its folder: fuser, or lslocks"):
            return lambda: os.close(folder)
    except BaseException:  # also whoever interrupts the waiting
        os.close(folder)
        raise
    os.close(folder)
    return None


def _flock() -> Callable[[int], bool | None] | None:
    """Tries to lock: whether it could; None where the file system cannot. None: no such call."""
    try:
        fcntl: Any = import_module("fcntl")
    except ImportError:
        return None

    def take(handle: int) -> bool | None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return None
        return True

    return take


def _by_file(path: Path) -> Callable[[], None]:
    """A lock that is a file of its own."""
    real = _real(path)
    lock = real.with_name(f".{real.name}.lock")

    def take() -> bool:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            return False
        return True

    _waited(take, path, f"if nobody does, remove {lock.name}")
    return lambda: lock.unlink(missing_ok=True)


def _real(path: Path) -> Path:
    """The file itself: it may have several names."""
    return Path(os.path.realpath(path))


def _waited(take: Callable[[], bool | None], path: Path, hint: str) -> bool | None:
    """What `take` says once it is not False any more."""
    end = time.monotonic() + PATIENCE
    while (taken := take()) is False:
        if time.monotonic() > end:
            raise PolicyError("somebody else is changing it", file=str(path), hint=hint)
        time.sleep(PAUSE)
    return taken
