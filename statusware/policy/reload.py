"""`[api] reload`: a policy that changed on disk is taken over while the server runs.

Looked for at most once a second, by whichever request comes then; no thread, so that it is
safe to fork. A new policy is read and checked whole before it takes the place of the old
one, in one assignment: every request meets one policy from its first layer to its last. A
broken one is logged, and the old one goes on. Workers each do it for themselves, and may
differ for a second.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from .model import Policy

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["Reloading"]

log = logging.getLogger("statusware.policy")

#: Seconds between two looks.
INTERVAL = 0.5

#: What tells whether files have changed: time, size and inode of each; None: not there.
_Stamp = tuple[tuple[int, int, int] | None, ...]


class Reloading:
    """The app behind `policy`, and behind its successors. `build` wraps the app in a policy."""

    def __init__(self, policy: Policy, build: Callable[[Policy], WSGIApplication]) -> None:
        self._build = build
        self._file, self._files = policy.file, policy.files
        self._stamp = _stamp(self._files)
        self._app = build(policy)
        self._next = 0.0
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if time.monotonic() >= self._next:
            self.look()
        return self._app(environ, start_response)

    @property
    def renderer(self) -> Any:
        """How errors look by now; our gunicorn workers ask for it."""
        return getattr(self._app, "renderer", None)

    def look(self) -> None:
        """Take over a policy that has changed. Whoever comes while another looks goes on."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._next = time.monotonic() + INTERVAL
            stamp = _stamp(self._files)
            if stamp != self._stamp:
                self._stamp = stamp
                self._load()
        finally:
            self._lock.release()

    def _load(self) -> None:
        failure: Exception | None = None
        try:
            policy = Policy.load(self._file)
            self._app = self._build(policy)
        except Exception as error:  # whatever is wrong with the new one: the old one goes on
            failure = error
        if failure is not None:
            log.error("%s; the policy from before goes on", failure)
            return
        if self._files != policy.files:
            self._files, self._stamp = policy.files, _stamp(policy.files)
        log.info("%s has changed and is in force", self._file)


def _stamp(files: Iterable[str]) -> _Stamp:
    return tuple(map(_of_file, files))


def _of_file(file: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
