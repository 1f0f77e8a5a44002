"""The short form of the claim on memory: a few hundred of each kind."""

import sys
import tracemalloc

import pytest
from werkzeug.test import create_environ

from statusware.body import fast
from tests.proof import memory

pytest.importorskip("gunicorn")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_is_bounded():
    with memory.servers.running(memory.KIND, memory.APP, "--threads", "8") as server:
        rows = [*memory.tokens(server, 200), *memory.paths(server, 1000)]
    assert [fault for *_, wrong in rows for fault in wrong] == []
    assert all(most > 10 for _, _, most, _, _ in rows), "these are figures of a worker"


def test_no_more_of_a_byte_than_stated(monkeypatch):
    """The most that Python makes of JSON, found by trying what is small and becomes large.

    orjson reserves more than that, and leaves most of it untouched; here it would count.
    """
    monkeypatch.setattr(fast, "ENABLED", False)
    app, worst = memory.make(), 0
    for part in (
        b"[]",
        b"{}",
        b'{"":{}}',
        b"9.9",
        b'"\xc3\xa9a"',
        b'{"":' * 60 + b"0" + b"}" * 60,
        b"[" * 60 + b"]" * 60,
    ):
        body = memory.filled(part, 1 << 16)
        environ = create_environ("/box", method="POST", data=body, content_type="application/json")
        tracemalloc.start()
        try:
            app(environ, lambda *_: None)
            worst = max(worst, tracemalloc.get_traced_memory()[1] / len(body))
        finally:
            tracemalloc.stop()
    assert 20 < worst < memory.BOUND
