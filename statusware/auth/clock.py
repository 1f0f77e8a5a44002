"""A clock that is put back: told in the log, since credentials are judged by it.

What had expired counts again while a clock is behind, and what was issued just now does not
count yet (RFC 7519 sections 4.1.4 to 4.1.6 know no other time). Nothing is remembered: the
next request is judged by the clock as it is then.
"""

from __future__ import annotations

import logging
from time import monotonic, time

__all__ = ["STEP", "watch_clock"]

log = logging.getLogger("statusware.authentication")

#: Seconds by which a clock is corrected without a word.
STEP = 60.0

#: How far the clock is ahead of the monotonic one, as it was last seen.
_ahead = time() - monotonic()


def watch_clock(now: float) -> None:
    """Compare `now`, seconds since 1970, with how it was when this was last called."""
    global _ahead
    ahead = now - monotonic()
    back, _ahead = _ahead - ahead, ahead
    if back > STEP:
        log.warning(
            "the clock went back by %d seconds: until it is right, credentials that have expired"
            " since may count again, and new ones may not count yet",
            back,
        )
