"""A clock that is put back: told in the log, since credentials are judged by it.

What had expired counts again while a clock is behind, and what was issued just now does not
count yet (RFC 7519 sections 4.1.4 to 4.1.6 know no other time). Nothing is remembered: the
next request is judged by the clock as it is then.
"""

from __future__ import annotations

from time import monotonic, time

from ..logs.table import CLOCK

__all__ = ["STEP", "watch_clock"]

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
        CLOCK.tell(back)
