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


def test_the_command_counts_what_it_does(capsys):
    assert fuzz.main(["--cases", "300", "--seed", "1"]) == 0
    assert "300 cases" in capsys.readouterr().out


def test_the_command_reports_leaks(capsys, monkeypatch):
    monkeypatch.setattr(fuzz, "wrap", lambda app, policy: wrap(app))
    assert fuzz.main(["--cases", "300", "--seed", "1"]) == 1
    assert "LEAK (seed 1, case " in capsys.readouterr().out


@pytest.fixture(autouse=True)
def _logs_stay_on():
    yield
    fuzz.logging.disable(fuzz.logging.NOTSET)
