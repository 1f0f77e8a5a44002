"""The short form of the claim on faults: the clock, and full disks."""

import pytest

from tests.proof import faults

for _name in ("gunicorn", "jwt", "bcrypt"):
    pytest.importorskip(_name)


def test_a_clear_log_no_pass_and_recovery():
    rows = list(faults.run())
    assert [wrong for row in rows for wrong in row.wrong] == []
    assert len(rows) == 3
    if left := [told for row in rows for told in row.told if told.startswith("not run")]:
        pytest.skip(f"full disks: {left[0]}")


def test_what_is_not_as_it_should_be_shows():
    row = faults.Row("fault")
    row.see("recovers", 401, 200)
    assert row.wrong == ["fault: recovers: 401, not 200"]
    assert row.cells() == ("fault", "", "no")
