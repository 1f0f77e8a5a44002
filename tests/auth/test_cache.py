"""What is known of tokens that were seen: bounded, and the oldest goes first."""

import pytest

from statusware.auth.cache import DigestCache


@pytest.mark.parametrize("size", [1, 3, 1000])  # numbers up to 256 are the same object each time
def test_the_oldest_goes_first(size: int) -> None:
    cache: DigestCache[int] = DigestCache(size)
    for n in range(2 * size + 1):
        cache.put(b"%d" % n, n)
        assert len(cache) == min(n + 1, size)
    assert cache.get(b"%d" % size) is None
    assert cache.get(b"%d" % (size + 1)) == size + 1
    cache.drop(b"%d" % (2 * size))
    assert len(cache) == size - 1
