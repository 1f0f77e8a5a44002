"""What the audit takes for an answer."""

import pytest

from tests.proof.audit import CONTROL, audited, by_project

HOLE = {"id": "X-1", "withdrawn": None}
BAD = {"name": CONTROL[0], "version": CONTROL[1], "vulns": [HOLE]}


def published(version, *known):
    return {"info": {"version": version}, "vulnerabilities": list(known)}


PROJECTS = {CONTROL[0]: published(CONTROL[1], HOLE), "a": published("1"), "b": published("2", HOLE)}
CLEAN = {"name": "a", "version": "1", "vulns": []}
SKIPPED = {"name": "a", "skip_reason": "not found"}

# Each row: what pip-audit says, what projects say; what is known of a, b; by version; trusted.
ROWS = {
    "both": ({"a": CLEAN, CONTROL[0]: BAD}, PROJECTS, ([], ["X-1"]), 1, True),
    "projects alone": ({}, PROJECTS, ([], ["X-1"]), 0, True),
    "skipped": ({"a": SKIPPED, CONTROL[0]: SKIPPED}, PROJECTS, ([], ["X-1"]), 0, True),
    "versions alone": ({"a": CLEAN, CONTROL[0]: BAD}, {}, ([], None), 1, True),
    "silence": ({"a": CLEAN, CONTROL[0]: CLEAN}, {}, (None, None), 0, False),
    "silent projects": (
        {}, {**PROJECTS, CONTROL[0]: published(CONTROL[1])}, (None, None), 0, False,
    ),
    "nothing": ({}, {}, (None, None), 0, False),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_who_is_asked(name):
    versions, projects, known, by_version, trusted = ROWS[name]
    pinned = [("a", "1"), ("b", "2")]
    told = audited(pinned, lambda pins: versions, lambda name: projects.get(name, {}))
    found = {each["name"]: each for each in told[0]}
    for package, wanted in zip("ab", known, strict=True):
        ids = [each["id"] for each in found[package].get("vulns", ())]
        assert (None if "skip_reason" in found[package] else ids) == wanted
    assert told[1:] == (by_version, trusted)


@pytest.mark.parametrize(
    ("document", "skipped"),
    [
        (published("1"), False),
        (published("1", {"id": "X-2", "withdrawn": "2024-01-01"}), False),
        (published("2"), True),
        ({"info": {"version": "1"}}, True),
        ({}, True),
    ],
)
def test_only_the_newest_release_is_told_of(document, skipped):
    got = by_project("a", "1", document)
    assert ("skip_reason" in got) is skipped
    assert not got.get("vulns")
