"""The short form of the claim on load: a few seconds of the mixture."""

import sys

import pytest

from tests.proof import servers, soak

pytest.importorskip("gunicorn")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
needs_wrk = pytest.mark.skipif(soak.WRK is None, reason="wrk is not installed (apt install wrk)")


@needs_wrk
def test_a_mixture_of_requests_has_the_right_answers():
    slices, memory = soak.run(0, 1, share=1, workers=1)
    assert all(set(slices) == {"mixed", "good", "bare"} for _ in memory)
    for name, [found] in slices.items():
        assert (found.wrong, found.failed, found.samples) == (0, 0, ""), name
        assert found.right > 10, name
    assert all(figure > 10 for figure in memory[0].values())


@needs_wrk
def test_a_wrong_answer_shows(tmp_path):
    good, bad = soak.cases()
    wrong = [
        good[0]._replace(status=201),
        next(case for case in bad if case.name == "forged")._replace(code="expired-credentials"),
        good[1]._replace(data=good[1].data.replace(b"@ID@", b"none")),
    ]
    file = tmp_path / "requests.lua"
    file.write_text(soak.lua(wrong), "ascii")
    with servers.running(soak.KIND, "tests.proof.shop:wrapped") as server:
        found = soak.drive(server.port, file, 1)
    assert found.right == 0
    for told in ("list: 200", "forged: another code", "no answer to any request: 200"):
        assert told in found.samples


@pytest.mark.parametrize(
    ("memory", "grown"),
    [
        ([{1: 10.0}, {1: 11.0}], 0.1),
        ([{1: 5.0}, *[{1: 10.0}] * 8], 1.0),
        ([{1: 5.0}, {1: 8.0}, *[{1: 10.0}] * 18], 0.25),
        ([{1: 10.0}, {2: 10.0}], None),
        ([{1: 10.0}], None),
    ],
)
def test_growth_counts_from_the_end_of_the_warm_up(memory, grown):
    assert soak.growth(memory) == (grown if grown is None else pytest.approx(grown))
