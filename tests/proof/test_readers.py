"""The short form of the claim on readers, and what fuzzing them has found."""

import json
import random

import pytest

from tests.proof import fuzz_readers, hostile
from tests.proof.audit import counted
from tests.proof.fuzz_readers import grow, mutated, timed
from tests.proof.mutants import same
from tests.proof.readers import READERS
from tests.proof.versions import ran


@pytest.mark.parametrize("reader", READERS.values(), ids=list(READERS))
def test_no_input_crashes_a_reader(reader):
    rng = random.Random(1)
    inputs = [*reader.starts, *(mutated(reader, rng) for _ in range(200 + 40 * reader.share))]
    count, _, faults = timed(reader, inputs)
    assert faults == []
    assert count == len(inputs)


def test_a_crash_is_a_fault():
    class Broken:
        name, grown = "broken", 8

        @staticmethod
        def read(data):
            raise ValueError(data)

        alone = (read,)

    count, _, faults = timed(Broken, grow(Broken, [b"abc"]))
    assert (count, len(faults)) == (0, 3)
    assert "broken: ValueError(b'abcabc')" in faults[0]


def test_hostile_bodies_are_large_and_read_alike():
    bodies = list(hostile.sample(6, 1))
    assert bodies == list(hostile.sample(6, 1))
    assert all(900_000 < len(body) <= 1 << 20 for body in bodies)
    assert all(len({str(read(body)) for read in READERS["json"].alone}) == 1 for body in bodies)
    assert timed(READERS["json"], [b'{"a":1,"a":1}'])[0] == 1


def test_runs_are_counted_for_the_code_that_ran(tmp_path, monkeypatch):
    monkeypatch.setattr(fuzz_readers, "WORK", tmp_path)
    reader = READERS["accept"]
    code = fuzz_readers.digest(reader)
    assert fuzz_readers.known(reader, code) == (0, [], 0)
    (tmp_path / "accept").mkdir()
    lines = [{"code": code, "runs": 7}, {"code": "older", "runs": 50}, {"code": code, "runs": 5}]
    (tmp_path / "accept" / "kept.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    assert fuzz_readers.known(reader, code) == (12, [lines[0], lines[2]], 50)


def test_other_code_has_another_digest():
    codes = [fuzz_readers.digest(READERS[name]) for name in ("accept", "path", "accept")]
    assert codes[0] == codes[2] != codes[1]
    assert any(file.endswith("rendering.py") for file in fuzz_readers._passed("accept"))


def test_what_pytest_says_is_counted():
    assert ran("x\n1 failed, 712 passed, 3 skipped, 2 errors in 480.45s (0:08:00)\n") == (712, 3, 3)
    assert ran("10 errors in 15.38s") == (0, 0, 11)
    assert ran("") == (0, 0, 1)


def test_what_is_not_looked_up_is_no_result():
    known = {"name": "a", "version": "1", "vulns": [{"id": "X-1"}]}
    found = [known, {"name": "b", "skip_reason": "not found"}]
    assert counted(found) == (1, ["b"], ["a 1: X-1"])


def test_a_fault_in_an_annotation_is_none():
    assert same("def f(a: int | None) -> int: pass", "def f(a: int + None) -> str: pass")
    assert not same("x = 1 | 2", "x = 1 + 2")
