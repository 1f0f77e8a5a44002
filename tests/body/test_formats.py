"""Formats: the cases of the public suite, and what is refused at start."""

import json
import time

import pytest

from statusware import PolicyError
from statusware.body.formats import FORMATS
from statusware.body.schema import Options, Schema

from .test_suites import SUITE

ASSERTED = Options(formats=True)


def cases():
    for name, data in SUITE.items():
        if name.startswith("formats/"):
            for case in json.loads(data):
                yield pytest.param(case, id=f"{name[8:-5]}-{case['description']}")


@pytest.mark.parametrize("case", list(cases()))
def test_the_public_suite(case):
    if case["schema"]["format"] == "idn-hostname":
        with pytest.raises(PolicyError) as raised:
            Schema(case["schema"], options=ASSERTED)
        assert "#/format" in str(raised.value)
        return
    schema = Schema(case["schema"], options=ASSERTED)
    wrong = [test for test in case["tests"] if schema.accepts(test["data"]) is not test["valid"]]
    assert wrong == []


def test_the_longest_hostname():
    schema = Schema({"format": "hostname"}, options=ASSERTED)
    longest = ".".join(["a" * 63] * 3 + ["a" * 61])
    assert (len(longest), schema.accepts(longest), schema.accepts(longest + "a")) == (
        253,
        True,
        False,
    )


@pytest.mark.parametrize("text", ["2024-00-10", "2024-13-10", "2024-01-00", "2023-02-29"])
def test_what_is_no_date(text):
    schema = Schema({"format": "date"}, options=ASSERTED)
    assert not schema.accepts(text)
    assert schema.accepts("0000-02-29")


def test_formats_say_nothing_unless_asked():
    assert Schema({"format": "date"}).accepts("x")
    assert Schema({"format": "idn-hostname"}).accepts("x")


def test_a_format_that_nobody_defined_says_nothing():
    assert Schema({"format": "int32"}, options=ASSERTED).accepts("x")


@pytest.mark.parametrize("name", FORMATS)
def test_time_is_linear(name):
    schema = Schema({"format": name}, options=ASSERTED)
    # Patterns are read character by character in Python: linear, but slowly so.
    size = 500 if name == "regex" else 20_000
    texts = [
        start + piece * (size // len(piece)) + end
        for start in ("", "P", "a:", "//", '"', "http://")
        for piece in ("a", "1", "/", "a.", "%41", "{a}", "-", ":", "\\ ", "@")
        for end in ("", "!", "\n")
    ]
    started = time.process_time()
    for text in texts:
        schema.accepts(text)
    assert time.process_time() - started < 30  # a guard against hanging, not a measurement
