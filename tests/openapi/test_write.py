"""Documents made of a policy alone: valid, complete, and nothing in them that is not possible."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from statusware import Policy, PolicyError
from statusware.cli.openapi import contract_of
from statusware.openapi.write import written

from .judges import validate
from .policies import SECRET, policies

ROOT = Path(__file__).parent.parent.parent
EVERYONE = {"match": "GET /x", "allow": ["everyone"]}


def document(policy, **options):
    made, _ = written(contract_of(Policy.of(policy)), **options)
    validate(made)
    return made


def paths(policy, **options):
    return document(policy, **options)["paths"]


def references(value):
    return set(re.findall(r"'\$ref': '(#[^']+)'", str(value)))


EXAMPLES = sorted((ROOT / "examples").glob("*/statusware.toml"))


@pytest.mark.parametrize("version", ["3.0", "3.1"])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_the_examples(path, version, monkeypatch):
    monkeypatch.setenv("RECIPES_JWT_SECRET", SECRET)
    monkeypatch.setenv("SHOP_JWT_SECRET", SECRET)
    policy = Policy.load(path)
    made = document(policy, version=version)
    listed = {
        (method.lower(), re.sub(r":\w+}", "}", pattern.text))
        for route in policy.routes
        for pattern in route.patterns
        for method in pattern.methods
    }
    assert listed == {(name, path) for path, item in made["paths"].items() for name in item}


@settings(
    max_examples=30, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
@given(policies())
def test_generated_policies(policy):
    try:
        contract = contract_of(Policy(policy))
    except PolicyError:
        assume(False)
    for version in ("3.0", "3.1"):
        made, _ = written(contract, version=version, hidden=True, every=True, rules=True)
        validate(made)
        for reference in references(made):
            found = made
            for token in reference[2:].split("/"):
                found = found[token]
        listed = {(each.method, each.pattern.text) for each in contract.listed()}
        operations = [op for item in made["paths"].values() for op in item.values()]
        assert len(operations) <= len(listed)
        assert {m for m, _ in listed} - {"LOCK"} == {
            name.upper() for item in made["paths"].values() for name in item
        }
        names = [operation["operationId"] for operation in operations]
        assert len(set(names)) == len(names)


def test_variables_become_parameters():
    item = paths({
        "routes": [
            {"match": "GET /größe/{id:int}/{key:uuid}/{name}/{rest:path}", "allow": ["everyone"]}
        ]
    })["/gr%C3%B6%C3%9Fe/{id}/{key}/{name}/{rest}"]  # fmt: skip
    number, key, name, rest = item["get"]["parameters"]
    assert number == {
        "name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}
    }  # fmt: skip
    assert key["schema"] == {"type": "string", "format": "uuid"}
    assert rest["x-multi-segment"] is True
    taken = re.compile(name["schema"]["pattern"]).search
    for text in ("ann", ".hidden", "...", "50%", "größe", "a b"):
        assert taken(text)
    for text in ("", ".", "..", "a/b", "a;b", "a\\b", "%41", "a\x00", "a\x9f"):
        assert not taken(text)


def test_templates_that_differ_in_names_alone_are_one_path():
    """OpenAPI takes them for identical; what meets there is told together."""
    policy = {
        "auth": {"bearer": {"secret": SECRET}},
        "routes": [
            {"match": "GET /x/{id:int}", "allow": ["everyone"]},
            {"match": "GET,PUT /x/{name}", "body": {"type": "object"}, "allow": ["role:a"]},
            {"match": "PUT /x/{number:int}", "body": {"type": "array"}, "accept": ["a/b"]},
        ],
    }
    made = paths(policy)
    assert list(made) == ["/x/{id}"]
    get, put = made["/x/{id}"]["get"], made["/x/{id}"]["put"]
    assert [p["name"] for p in get["parameters"]] == ["id"]
    assert get["parameters"][0]["schema"]["anyOf"][0] == {"type": "integer", "minimum": 0}
    assert get["security"] == [{}, {"bearer": []}]
    assert "401" in get["responses"]
    assert set(put["requestBody"]["content"]) == {"application/json", "a/b"}


def test_any_method():
    made = paths({
        "routes": [{"match": "* /x", "allow": ["everyone"]}, {"match": "PUT /x", "allow": ["everyone"]}]
    })  # fmt: skip
    assert sorted(made["/x"]) == ["delete", "get", "patch", "post", "put"]


def test_what_has_no_place_is_told():
    _, notes = written(contract_of(Policy({
        "api": {"methods": ["LOCK"]}, "routes": [{"match": "LOCK,GET /x", "allow": ["everyone"]}]
    })))  # fmt: skip
    assert notes == ["no place in a document: LOCK /x"]


def test_hidden_routes_are_left_out():
    """Outside they do not exist, and a document is for those outside."""
    policy = {
        "auth": {"bearer": {"secret": SECRET}},
        "routes": [EVERYONE, {"match": "GET /secret/x", "hide": True, "allow": ["role:a"]}],
    }
    made, notes = written(contract_of(Policy(policy)))
    assert list(made["paths"]) == ["/x"]
    assert notes == ["hidden routes, left out: 1"]
    item = paths(policy, hidden=True)["/secret/x"]
    assert sorted(item["get"]["responses"]) == ["2XX", "400", "404", "500"]


def test_nothing_about_who_may_do_what_unless_asked():
    policy = {
        "auth": {"bearer": {"secret": SECRET}},
        "routes": [{"match": "GET /x", "allow": ["role:boss & scope:x:read", "user:ann"]}],
    }
    made = document(policy)
    assert "boss" not in str(made)
    assert "ann" not in str(made)
    operation = paths(policy, rules=True)["/x"]["get"]
    assert operation["x-allow"] == ["role:boss & scope:x:read", "user:ann"]
    assert operation["security"] == [{"bearer": []}]


def test_servers():
    assert "servers" not in document({"routes": [EVERYONE]})
    made = document({"api": {"mount": ["", "/grün"]}, "routes": [EVERYONE]})
    assert made["servers"] == [{"url": "/"}, {"url": "/gr%C3%BCn"}]


def test_bodies():
    route = {"match": "POST /x", "allow": ["everyone"], "body": {"type": "object"}}
    body = paths({"routes": [{**route, "max_bytes": "2KiB"}]})["/x"]["post"]["requestBody"]
    assert body["description"] == "At most 2048 bytes."
    assert body["required"] is True
    assert body["content"] == {
        "application/json": {"schema": {"$ref": "#/components/schemas/PostX"}}
    }
    optional = paths({"routes": [{**route, "body_optional": True, "body": {}}]})["/x"]["post"]
    assert optional["requestBody"]["required"] is False
    assert optional["requestBody"]["content"]["application/json"]["schema"] == {}


def test_every_code_on_demand():
    made = document({"routes": [EVERYONE], "problems": {"teapot": {"status": 418}}}, every=True)
    assert {"not-found", "teapot", "expired-credentials"} <= set(made["components"]["responses"])
    assert "Allow" in made["components"]["headers"]
