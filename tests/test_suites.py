"""The runner of the public suites: what it takes for wrong, and that its list fits it."""

import tomllib

import pytest

from tests.suites.run import HERE, differences

LISTED = {"a": "ValueError"}
RAISED = "failed\nE   DID NOT RAISE ValueError"


@pytest.mark.parametrize(
    ("bare", "found", "told"),
    [
        ({"a": "passed", "b": "passed"}, {"a": RAISED, "b": "passed"}, []),
        ({"a": "passed"}, {"a": "passed"}, ["a: passed, and it is listed"]),
        ({"a": "passed"}, {}, ["a: missing, and it is listed"]),
        ({"a": "passed"}, {"a": "failed\nE  KeyError"}, ["a: failed for another reason than"]),
        ({"a": "passed", "b": "passed"}, {"a": RAISED, "b": "failed\n"}, ["b: failed, and"]),
        ({"a": "passed", "b": "passed"}, {"a": RAISED, "b": "skipped"}, ["b: skipped, and"]),
        ({"a": "passed", "b": "passed"}, {"a": RAISED}, ["b: missing, and"]),
        ({"a": "passed"}, {"a": RAISED, "b": "passed"}, ["b: passed, and"]),
        ({"a": "passed", "b": "failed\nx"}, {"a": RAISED, "b": "failed\ny"}, []),
    ],
)
def test_what_is_wrong(bare, found, told):
    lines = list(differences(found, bare, LISTED))
    assert len(lines) == len(told)
    assert all(line.startswith(start) for line, start in zip(lines, told, strict=True))


def test_the_list_fits():
    for name, suite in tomllib.loads((HERE / "suites.toml").read_text("utf-8")).items():
        assert suite["modes"]["outside"] == [], name
        kinds = {kind for kinds in suite["modes"].values() for kind in kinds}
        assert kinds == suite.keys() - {"version", "tests", "modes"}
        assert all(words for kind in kinds for words in suite[kind].values())
