"""The short form of the claim on identity providers, with a second between two fetches."""

import pytest

from tests.proof import provider

pytest.importorskip("gunicorn")
pytest.importorskip("jwt")
pytest.importorskip("urllib3")
PHASES = [phase for phase in provider.PHASES if phase[0] in ("well", "slow", "garbage", "rotating")]


def test_no_wrong_answer_and_one_fetch_at_a_time():
    traffic, asked, faults = provider.run(1.0, 0.8, PHASES)
    assert [*traffic.failed, *traffic.wrong, *faults] == []
    assert sum(asked.values()) >= 2, asked  # on a busy machine a phase may end before its fetch
    assert {name for _, name in traffic.times} == {
        "known", "new", "unknown", "forged", "expired", "anonymous",
    }  # fmt: skip


def test_a_set_that_is_too_old_lets_nobody_pass():
    traffic, faults = provider.too_old(0.8)
    assert [*traffic.failed, *traffic.wrong, *faults] == []


def test_fetching_too_often_shows():
    assert provider.too_early([0.0, 30.1, 60.0], 30) == []
    assert provider.too_early([0.0, 30.0, 40.0], 30) == ["fetched again after 10.0 s"]
