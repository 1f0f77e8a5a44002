"""A clock that is put back is told, a small correction is not."""

import time

import pytest

from statusware.auth.clock import watch_clock


@pytest.mark.parametrize(("back", "told"), [(-7200, 0), (0, 0), (59.5, 0), (60.5, 1), (3600, 1)])
def test_only_a_large_step_back_is_told(
    back: float, told: int, caplog: pytest.LogCaptureFixture
) -> None:
    now = time.time()
    watch_clock(now)
    caplog.clear()
    watch_clock(now - back)
    assert len(caplog.records) == told
    caplog.clear()
    watch_clock(now - back)  # told once, and then it is the time
    assert not caplog.records
