"""Documents read, and written again: our own, GitHub's, and one of 3.1."""

import time

import pytest
from jsonschema import Draft202012Validator

from statusware import Policy
from statusware.cli.openapi import contract_of
from statusware.openapi.document import Document
from statusware.openapi.merge import merged
from statusware.openapi.write import written

from .judges import OAS30Validator, validate
from .policies import SECRET
from .test_merge import lossless
from .test_real import GITHUB, operations, unpacked

AUTH = {"bearer": {"secret": SECRET}, "api_key": {"keys": []}}
BODIES = [None, {}, {"a": 1}, {"a": "x", "next": {"a": None}}, {"a": None, "next": {"a": 1}}, []]


def test_our_own_document_is_a_policy_again():
    """With `x-allow` nothing is lost: the same routes, rules and verdicts."""
    node = {
        "title": "Node",
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"type": ["string", "null"]}, "next": {"$ref": "#"}},
    }
    policy = Policy({
        "auth": AUTH,
        "routes": [
            {"match": "GET /größe/{id:int}", "allow": ["everyone"]},
            {"match": "POST,PUT /x/{name}", "allow": ["role:a & scope:b", "user:{name}"], "body": node},
            {"match": "PATCH /y/{key:uuid}/{rest:path}", "allow": ["authenticated"],
             "body": {"type": "array"}, "accept": ["application/a+json"], "body_optional": True},
        ],
    })  # fmt: skip
    for version in ("3.0", "3.1"):
        document, _ = written(contract_of(policy), version=version, rules=True)
        again = Policy.from_openapi(document, auth=AUTH)
        wanted = {
            (each.method, each.pattern.text): (each.route.allow, each.route.body_optional)
            for each in contract_of(policy).listed()
        }
        found = {
            (each.method, each.pattern.text): (each.route.allow, each.route.body_optional)
            for each in contract_of(again).listed()
        }
        assert found == wanted
        ours = policy.table.find("POST", "/x/a").route.body.schema
        theirs = again.table.find("POST", "/x/a").route.body.schema
        assert [ours.ok(each) for each in BODIES] == [theirs.ok(each) for each in BODIES]
        # And from there once more, without the document that it comes from.
        third, _ = written(contract_of(again), version=version, rules=True)
        validate(third)
        body = third["paths"]["/x/{name}"]["post"]["requestBody"]["content"]["application/json"]
        validator = OAS30Validator if version == "3.0" else Draft202012Validator
        schema = validator({**body["schema"], "components": third["components"]})
        assert [schema.is_valid(each) for each in BODIES] == [ours.ok(each) for each in BODIES]


@pytest.fixture(scope="module")
def github():
    told = unpacked("api.github.com")
    policy = Policy.from_openapi(told, auth={"bearer": {"secret": SECRET}}, api=GITHUB)
    return told, policy


def test_github_merged(github):
    """Each operation gets what its own route makes possible, and nothing is lost."""
    told, policy = github
    start = time.monotonic()
    made, notes = merged(policy.openapi, contract_of(policy))
    assert time.monotonic() - start < 60
    assert notes == []
    lossless(told, made)
    for method, path, _ in operations(told):
        responses = made["paths"][path][method.lower()]["responses"]
        assert {"400", "401", "500"} <= set(responses)
        assert ("404" in responses) >= ("{" in path)


def test_github_merged_into_another_copy(github):
    """Found by path and method then; what can be told of the places is the same."""
    told, policy = github
    start = time.monotonic()
    made, notes = merged(Document(told, name="other.json"), contract_of(policy))
    assert time.monotonic() - start < 120
    assert notes == []
    lossless(told, made)


def test_github_alone(github):
    """Schemas of 3.0 with all that they refer to, as components of ours, in both versions."""
    _, policy = github
    for version in ("3.0", "3.1"):
        made, _ = written(contract_of(policy), version=version)
        assert len(list(operations(made))) == 1223 - 1  # compare/{basehead} is there twice
        schemas = made["components"]["schemas"]
        validator = OAS30Validator if version == "3.0" else Draft202012Validator
        for schema in schemas.values():
            if version == "3.1":
                validator.check_schema(schema)
        whole = {
            "$ref": "#/components/schemas/" + next(iter(schemas)),
            "components": made["components"],
        }
        assert validator(whole).is_valid({}) in (True, False)


def test_a_document_of_3_1():
    told = unpacked("api.readme.com")
    auth = {"bearer": {"secret": SECRET}}
    policy = Policy.from_openapi(told, auth=auth, body={"patterns": "trusted"})
    made, notes = merged(policy.openapi, contract_of(policy))
    validate(made)
    lossless(told, made)
    assert notes == []
    # Its own word on security stays: some operations are open, the others are not.
    assert made["security"] == told["security"]
    assert made["components"]["securitySchemes"] == told["components"]["securitySchemes"]
    document, _ = written(contract_of(policy))
    validate(document)
    assert len(list(operations(document))) == 54
