"""A file that is read again when it has changed: at most once a second, and nobody waits."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from statusware.auth.watched import LOOK, Watched


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found = [100.0]
    monkeypatch.setattr("statusware.auth.watched.monotonic", lambda: found[0])
    return found


def test_it_is_looked_at_once_a_second(tmp_path: Path, now: list[float]) -> None:
    path = tmp_path / "users"
    path.write_bytes(b"1")
    found = Watched(str(path), "users", bytes)
    path.write_bytes(b"other")
    now[0] += LOOK * 0.99
    assert found.get() == b"1"
    now[0] = 100.0 + LOOK
    assert found.get() == b"other"


def test_nobody_waits_for_another_who_reads_it(tmp_path: Path, now: list[float]) -> None:
    path = tmp_path / "users"
    path.write_bytes(b"1")
    reading, go_on = threading.Event(), threading.Event()

    def load(read: bytes) -> bytes:
        if read != b"1":
            reading.set()
            go_on.wait(5)
        return read

    found = Watched(str(path), "users", load)
    path.write_bytes(b"other")
    now[0] += 2 * LOOK
    other = threading.Thread(target=found.get)
    other.start()
    assert reading.wait(5)
    now[0] += 2 * LOOK
    meanwhile = found.get()
    go_on.set()
    other.join()
    assert (meanwhile, found.get()) == (b"1", b"other")
