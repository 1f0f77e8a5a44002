"""The short form of the claim on identity providers, with a second between two fetches."""

import pytest

from tests.proof import provider

pytest.importorskip("gunicorn")
pytest.importorskip("jwt")
pytest.importorskip("urllib3")
PHASES = [phase for phase in provider.PHASES if phase[0] in ("well", "slow", "garbage", "rotating")]


def test_no_wrong_answer_and_one_fetch_at_a_time():
    traffic, asked, faults = provider.run(1.3, 1.0, PHASES)
    assert [*traffic.failed, *traffic.wrong, *faults] == []
    assert sum(asked.values()) >= 4, asked
    assert {name for _, name in traffic.times} == {
        "known", "new", "unknown", "forged", "expired", "anonymous",
    }  # fmt: skip


def test_fetching_too_often_shows():
    """A pause that the server does not keep, since it keeps a shorter one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provider, "str", lambda _: "0.2", raising=False)
        _, _, faults = provider.run(0.7, 1.0, PHASES[-1:])
    assert any("fetched again" in fault for fault in faults)
