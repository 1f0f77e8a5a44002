"""The table of codes, and what is made from it."""

import http
import json
import re

import pytest

from statusware import Problem
from statusware.catalog import CODES, PHRASES, default_code, entry, phrase
from statusware.cli import main

#: The codes that are part of the contract.
CONTRACT = """
malformed-json invalid-body missing-body incomplete-body body-too-large length-required
unsupported-media-type ambiguous-path invalid-request missing-credentials invalid-credentials
expired-credentials insufficient-scope forbidden cross-site-request not-found method-not-allowed
method-not-implemented authentication-unavailable internal-error
""".split()

#: RFC 9110 renamed three that Python knew by older names; 306 and 418 are of no use to it.
RENAMED = {413, 414, 416, 418, 422}


def test_every_code_of_the_contract_is_there():
    assert set(CONTRACT) <= set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_every_row_is_complete(code):
    row = CODES[code]
    assert row.code == code
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
    assert 400 <= row.status <= 599
    assert row.detail.endswith(".")
    assert row.fix.endswith(".")
    assert row.detail[0].isupper()
    assert len(row.detail) < 100


@pytest.mark.parametrize("status", [s for s in http.HTTPStatus if s >= 400 and s not in RENAMED])
def test_phrases_are_those_of_the_registry(status):
    assert phrase(status) == status.phrase


def test_phrases_that_rfc_9110_changed():
    assert [phrase(status) for status in (413, 414, 416, 422)] == [
        "Content Too Large", "URI Too Long", "Range Not Satisfiable", "Unprocessable Content",
    ]  # fmt: skip


@pytest.mark.parametrize("status", range(400, 600))
def test_every_status_has_a_code_with_a_row(status):
    code = default_code(status)
    assert Problem(status).problem_code == code
    assert entry(code, status).detail
    if status in PHRASES:
        assert CODES[code].status == status


def test_the_command_in_each_form(capsys):
    for form in ("md", "json", "html"):
        assert main(["problems", "--format", form]) == 0
        out = capsys.readouterr().out
        assert all(code in out for code in CODES)
        if form == "json":
            assert {row["code"] for row in json.loads(out)["problems"]} == set(CODES)
        if form == "md":
            assert all(line.count(" | ") == 3 for line in out.splitlines()[2:])


def test_the_command_with_a_policy(capsys, tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_text('[problems.name-taken]\nstatus = 409\ndetail = "It is taken | gone."\n')
    assert main(["problems", "--policy", str(policy)]) == 0
    assert "| 409 | `name-taken` | It is taken \\| gone. |" in capsys.readouterr().out


def test_the_command_with_a_wrong_policy(capsys, tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_text("[problems.not-found]\nstatus = 404\n")
    assert main(["problems", "--policy", str(policy)]) == 2
    assert "problems.not-found: is a code of statusware's own" in capsys.readouterr().err
