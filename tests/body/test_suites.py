"""The public test suites: JSON parsing, and JSON Schema draft by draft."""

import json
import zipfile
from pathlib import Path

import pytest

from statusware import PolicyError, Problem
from statusware.body.schema import Library, Schema
from statusware.body.schema.dialects import DIALECTS
from statusware.body.strict_json import loads

pytestmark = pytest.mark.usefixtures("engine")

DATA = Path(__file__).parent / "data"


def contents(archive):
    with zipfile.ZipFile(DATA / archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


PARSING = contents("JSONTestSuite.zip")

#: What RFC 8259 lets a parser take, and I-JSON does not (RFC 7493 section 2.3).
DUPLICATES = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"}


@pytest.mark.parametrize("name", list(PARSING))
def test_json_parsing(name):
    refused = code(PARSING[name])
    assert refused in (None, "malformed-json")
    if name[0] != "i":
        assert (refused is None) is (name[0] == "y" and name not in DUPLICATES)


def code(body):
    try:
        loads(body)
    except Problem as problem:
        return problem.problem_code
    return None


DRAFTS = {
    "draft4": "http://json-schema.org/draft-04/schema#",
    "draft6": "http://json-schema.org/draft-06/schema#",
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
}
SUITE = contents("JSON-Schema-Test-Suite.zip")
REMOTES = {
    name.replace("remotes/", "http://localhost:1234/"): json.loads(data)
    for name, data in SUITE.items()
    if name.startswith("remotes/")
}

#: Metaschemas of one's own are refused at start: a vocabulary that we do not know might
#: change what a schema means.
REFUSED = {
    "schema that uses custom metaschema with with no validation vocabulary",
    "ignore unrecognized optional vocabulary",
}


def cases():
    for name, data in SUITE.items():
        if name.startswith("tests/"):
            draft, file = name.split("/")[1:]
            for case in json.loads(data):
                label = f"{draft}-{file[:-5]}-{case['description']}"
                yield pytest.param(DRAFTS[draft], case, id=label)


def test_every_draft_is_covered():
    assert {uri.rstrip("#") for uri in DRAFTS.values()} == set(DIALECTS)


@pytest.mark.parametrize(("draft", "case"), list(cases()))
def test_json_schema(draft, case):
    schema = case["schema"]
    if isinstance(schema, dict):
        schema = {"$schema": draft} | schema
    if case["description"] in REFUSED:
        with pytest.raises(PolicyError):
            Schema(schema, library=Library(None, REMOTES))
        return
    made = Schema(schema, library=Library(None, REMOTES))
    for test in case["tests"]:
        violations = made.violations(test["data"])
        assert made.accepts(test["data"]) is test["valid"], test["description"]
        assert bool(violations) is not test["valid"], test["description"]
        assert violations == sorted(violations, key=lambda violation: violation.order)
