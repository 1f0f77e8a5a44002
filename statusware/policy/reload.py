"""`[api] reload`: a policy that changed on disk is taken over while the server runs.

Looked for at most once a second, by whichever request comes then; no thread, so that it is
safe to fork. A new policy is read and checked whole before it takes the place of the old
one, in one assignment: every request meets one policy from its first layer to its last. A
broken one, or one that has lost its routes, is logged, and the old one goes on; it is tried again
now and then, as what is wrong may lie elsewhere (a schema that has not been copied yet). Workers
each do it for themselves, and may differ for a second.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ..errors import PolicyError
from ..logs.table import POLICY_KEPT, POLICY_READ
from ..stamp import stamp
from .model import Policy

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["Reloading"]

#: Seconds between two looks.
INTERVAL = 0.5

#: Seconds after which a policy that could not be used is tried again.
AGAIN = 5.0


class Reloading:
    """The app behind `policy`, and behind its successors. `build` wraps the app in a policy."""

    def __init__(self, policy: Policy, build: Callable[[Policy], WSGIApplication]) -> None:
        self._build = build
        self._file, self._files = policy.file, policy.files
        self._stamp, self._guards = policy.stamp, bool(policy.routes)
        self._app = build(policy)
        self._next, self._again = 0.0, math.inf
        #: Why the last one could not be used.
        self._reason = ""
        self._lock = threading.Lock()

    @property
    def renderer(self) -> Any:
        """How errors look at the moment; our gunicorn workers ask for it."""
        return getattr(self._app, "renderer", None)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if time.monotonic() >= self._next:
            self.look()
        return self._app(environ, start_response)

    def look(self) -> None:
        """Take over a policy that has changed. Whoever comes while another looks goes on."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            now = time.monotonic()
            self._next = now + INTERVAL
            found = stamp(self._files)
            if found != self._stamp:
                self._stamp, self._reason = found, ""
                self._load()
            elif now >= self._again:
                self._load()
        finally:
            self._lock.release()

    def _load(self) -> None:
        failure: Exception | None = None
        try:
            policy = Policy.load(self._file)
            self._check(policy)
            self._app = self._build(policy)
        except Exception as error:  # whatever is wrong with the new one: the old one goes on
            failure = error
        if failure is not None:
            self._again = time.monotonic() + AGAIN
            if str(failure) != self._reason:
                self._reason = str(failure)
                POLICY_KEPT.tell(failure)
            return
        self._again = math.inf
        self._files, self._stamp = policy.files, policy.stamp
        self._guards = bool(policy.routes)
        POLICY_READ.tell(self._file)

    def _check(self, policy: Policy) -> None:
        """Half a file may be valid TOML; without its routes it would open the app."""
        if self._guards and not policy.routes:
            hint = "restart to take that over"
            raise PolicyError("has no [[routes]] any more", file=self._file, hint=hint)
