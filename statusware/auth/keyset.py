"""Key sets that change: a JWKS file, or one that an identity provider publishes.

A request whose key is at hand never waits. Sets are fetched by a thread that lives as
long as the fetch, at most once in `PAUSE` seconds a process; only a request for which no
key is at hand waits for its own fetch, and the very first ones for the first. Nothing
is fetched, and no thread started, before a process's first request that needs it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any
from weakref import WeakValueDictionary

from ..errors import PolicyError
from ..logs.table import KEY_UNUSED, KEYS_FAILED, KEYS_UNFETCHED, NO_THREAD
from .fetch import LIMIT, FetchError, fetcher
from .jose import BadToken
from .keys import Key, KeyRing, jwt_algorithms
from .public import jwk_keys
from .scheme import unavailable
from .watched import Watched

__all__ = ["FileKeys", "RemoteKeys", "key_set"]

#: Seconds between two fetches, whatever asks for them.
PAUSE = 30.0

#: Seconds after which a set is fetched again, in the background.
REFRESH = 300.0


#: The sets of this process that are in use: a policy that is reloaded goes on with the keys at
#: hand, and a provider is asked no more often than it may be.
_remote: WeakValueDictionary[tuple[str, frozenset[str], float], RemoteKeys] = WeakValueDictionary()
_making = threading.Lock()


def key_set(
    jwks: Any, algorithms: Sequence[str], *, max_age: float, allow_http: bool = False
) -> KeyRing:
    """The keys that the `jwks` option names: a file, `{file = PATH}` or a URL."""
    if isinstance(jwks, dict) and set(jwks) == {"file"}:
        jwks = jwks["file"]
    if not isinstance(jwks, str) or not jwks:
        raise PolicyError("must be a file or a URL", key="jwks")
    if max_age < 2 * PAUSE:
        reason = f"must be {2 * PAUSE:.0f} seconds at least: sets are fetched {PAUSE:.0f} apart"
        raise PolicyError(reason, key="max_age")
    jwt_algorithms(public=True)
    if "://" not in jwks:
        return FileKeys(jwks, algorithms)
    fetch = fetcher(jwks, allow_http=allow_http)
    with _making:
        name = jwks, frozenset(algorithms), max_age
        keys = _remote.get(name)
        if keys is None:
            keys = _remote[name] = RemoteKeys(fetch, algorithms, max_age=max_age)
    return keys


class _Changing(KeyRing):
    """Keys that are replaced as a whole. Those that leave drop their tokens."""

    def __init__(self, algorithms: Sequence[str]) -> None:
        super().__init__(())
        self.algorithms = frozenset(algorithms)

    def find(self, algorithm: str, kid: str | None) -> Sequence[Key]:
        fitting = (key for key in self._keys if algorithm in key.verifiers)
        return [key for key in fitting if kid is None or key.kid is None or key.kid == kid]

    def _read(self, data: bytes) -> list[Key]:
        """The usable keys of a set; the others are logged. Raises `BadToken`."""
        found, skipped = jwk_keys(data, self.algorithms)
        for reason in skipped:
            KEY_UNUSED.tell(reason)
        return found

    def _replace(self, found: list[Key], until: float) -> None:
        """Take over a set; keys that were there before stay the same objects."""
        keys = [next((old for old in self._keys if _same(old, new)), new) for new in found]
        gone = [old for old in self._keys if old not in keys]
        for key in keys:
            key.until = until
        self._keys = tuple(keys)
        for key in gone:
            key.until = 0.0


def _same(one: Key, other: Key) -> bool:
    return (one.kid, one.material, one.verifiers.keys()) == (
        other.kid,
        other.material,
        other.verifiers.keys(),
    )


class FileKeys(_Changing):
    """A JWKS file, read again when it changes. A broken one leaves the old keys in place.

    Raises `PolicyError` where there is nothing to start with.
    """

    def __init__(self, path: str, algorithms: Sequence[str]) -> None:
        super().__init__(algorithms)
        self._watched = Watched(path, "jwks", self._load)
        self.refresh_at = self._watched.due

    def _load(self, data: bytes) -> None:
        try:
            found = self._read(data)
        except BadToken as error:
            raise PolicyError(str(error), key="jwks") from None
        if not found:
            raise PolicyError("there is no key that can be used", key="jwks")
        self._replace(found, float("inf"))

    def find(self, algorithm: str, kid: str | None) -> Sequence[Key]:
        """The keys of the file as it is now."""
        self.refresh()
        return super().find(algorithm, kid)

    def refresh(self) -> None:
        """Look at the file, if it is time and nobody else is at it."""
        self._watched.get()
        self.refresh_at = self._watched.due


class RemoteKeys(_Changing):
    """A key set that `fetch` gets. The last good one counts for `max_age` seconds."""

    def __init__(
        self, fetch: Callable[[], bytes], algorithms: Sequence[str], *, max_age: float
    ) -> None:
        super().__init__(algorithms)
        self._fetch, self._max_age = fetch, max_age
        self._process = 0
        self._reset()

    def _reset(self) -> None:
        """Forget what another process was doing: its threads have not come along."""
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._running: threading.Event | None = None
        self._next = self._good_until = float("-inf")
        self._first = self._failed = True
        self.refresh_at = 0.0

    def refresh(self) -> None:
        """Have a newer set fetched; where there is none that counts, `find` sees to it."""
        if monotonic() < self._good_until:
            self._start()

    def find(self, algorithm: str, kid: str | None) -> Sequence[Key]:
        """The keys of the set. Raises `Refused` (503) where the set may not be believed."""
        self._require()
        keys = super().find(algorithm, kid)
        if keys or kid is None:
            if monotonic() >= self.refresh_at:
                self._start()
            return keys
        running = self._start()
        if running is not None:
            running.wait(LIMIT)
            keys = super().find(algorithm, kid)
        if not keys and (self._failed or self._running is not None):
            # A newer set may have the key: that is not known, and nobody waits for others.
            raise self._unavailable("the key is not in the last set, and there is no newer one")
        return keys

    def _require(self) -> None:
        """A set that is young enough, or 503."""
        if monotonic() < self._good_until and self._process == os.getpid():
            return
        running = self._start() or (self._running if self._first else None)
        if running is not None:
            running.wait(LIMIT)
        if monotonic() >= self._good_until:
            raise self._unavailable("there is no key set that may be believed")

    def _unavailable(self, reason: str) -> Exception:
        wait = 1 if self._running is not None else self._next - monotonic()
        return unavailable(reason, int(min(max(wait, 1), PAUSE)) + 1)

    def _start(self) -> threading.Event | None:
        """Start a fetch, unless one is under way or the last was just now; its end, if started."""
        if self._process != os.getpid():
            self._reset()
        with self._lock:
            now = monotonic()
            if self._running is not None or now < self._next:
                return None
            self._next = now + PAUSE
            self.refresh_at = self._next
            running = self._running = threading.Event()
        try:
            threading.Thread(target=self._run, args=(running,), daemon=True).start()
        except RuntimeError as error:
            NO_THREAD.tell(error=error)
            self._running, self._first = None, False
            running.set()
        return running

    def _run(self, running: threading.Event) -> None:
        try:
            until = monotonic() + self._max_age
            self._replace(self._read(self._fetch()), until)
            self._good_until, self._failed = until, False
            self.refresh_at = max(self._next, monotonic() + min(REFRESH, self._max_age / 2))
        except (FetchError, BadToken) as error:
            self._failed = True
            KEYS_UNFETCHED.tell(error)
        except Exception as error:  # the thread has nobody above it; what is wrong must be seen
            self._failed = True
            KEYS_FAILED.tell(error=error)
        finally:
            self._running, self._first = None, False
            running.set()
