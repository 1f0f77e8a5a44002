"""The fuzzer, as a property: some thousand cases, shrunk by hypothesis where one leaks."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statusware import wrap
from tests.bypass import fuzz


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=True))
def test_what_a_framework_dispatches_the_policy_has_allowed(rng):
    setup = fuzz.make_setup(rng)
    for _ in range(15):
        _, _, leak = setup.case()
        assert leak is None


def test_the_command_counts_what_it_does_and_goes_on(capsys):
    for cases in (300, 500):
        assert fuzz.main(["--cases", str(cases), "--seed", "1"]) == 0
        assert f"{cases} cases" in capsys.readouterr().out
    kept = fuzz.Count("1").counts
    fuzz.Count("1").file.unlink()
    assert fuzz.main(["--cases", "500", "--seed", "1"]) == 0
    assert fuzz.Count("1").counts == kept
    assert fuzz.table(kept).rows[-1][:2] == ["all", "500"]


def test_what_other_code_has_decided_does_not_count(monkeypatch):
    fuzz.main(["--cases", "100", "--seed", "1"])
    monkeypatch.setattr(fuzz, "code", lambda: "another")
    assert fuzz.Count("1").cases() == 0


def test_the_command_reports_leaks(capsys, monkeypatch):
    monkeypatch.setattr(fuzz, "wrap", lambda app, policy: wrap(app))
    assert fuzz.main(["--cases", "300", "--seed", "1"]) == 1
    assert "LEAK (seed 1, app " in capsys.readouterr().out


@pytest.fixture(autouse=True)
def _apart(monkeypatch, tmp_path):
    """Nothing of it counts for the proof, and logs stay on."""
    monkeypatch.setattr(fuzz, "KEPT", tmp_path)
    yield
    fuzz.logging.disable(fuzz.logging.NOTSET)
