"""`statusware lint --openapi`: the operations of a document are asked, with what it says to send."""

import json

import pytest
from flask import Flask, request

from statusware import PolicyError
from statusware.cli import main
from statusware.openapi.asking import asked
from statusware.openapi.document import Document
from statusware.openapi.samples import sample

from .test_merge import OK, theirs

seen = []
app = Flask("shop")


@app.before_request
def note():
    target = request.full_path.rstrip("?")
    seen.append((request.method, target, request.headers.get("X-Tenant"), request.get_data()))


@app.get("/v1/recipes/<int:number>")
def recipe(number):
    return {"number": number}


@app.post("/v1/recipes")
def create():
    return {"name": request.json["name"]}, 201


@app.get("/v1/lost")
def lost():
    return "over there", 303


def parameter(name, place="path", **more):
    return {"name": name, "in": place, "required": True, "schema": {"type": "string"}, **more}


PATHS = {
    "/recipes/{id}": {
        "parameters": [{"$ref": "#/components/parameters/Id"}],
        "get": {
            "responses": OK,
            "parameters": [
                parameter("lang", "query", schema={"enum": ["de", "en"]}),
                parameter("X-Tenant", "header", example="acme"),
                {"name": "page", "in": "query", "schema": {"type": "integer"}},
            ],
        },
    },
    "/recipes": {
        "post": {
            "responses": OK,
            "requestBody": {"content": {"application/json": {"schema": {
                "$ref": "#/components/schemas/Recipe"}}}},
        },
    },
    "/lost": {"get": {"responses": OK}},
}  # fmt: skip
COMPONENTS = {
    "parameters": {"Id": parameter("id", schema={"type": "integer", "minimum": 7})},
    "schemas": {
        "Recipe": {
            "required": ["name", "parent"],
            "properties": {
                "name": {"type": "string", "minLength": 3},
                "parent": {"type": ["object", "null"], "properties": {}},
                "id": {"type": "integer", "readOnly": True},
            },
        }
    },
}
HERE = f"{__name__}:app"


@pytest.fixture(autouse=True)
def fresh(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    document = theirs(PATHS, servers=[{"url": "https://a.example/v1"}], components=COMPONENTS)
    (tmp_path / "api.json").write_text(json.dumps(document))
    seen.clear()


def test_the_operations_are_asked(capsys):
    assert main(["lint", HERE, "--openapi", "api.json"]) == 1
    out = capsys.readouterr().out
    assert "'GET /v1/lost' 303: has no Location [error location, RFC 9110 15.4]" in out
    assert ("GET", "/v1/recipes/7?lang=de", "acme", b"") in seen
    assert not [each for each in seen if each[0] == "POST"]
    # What is not in the document is not asked, though the app has it.
    assert {target for _, target, _, _ in seen} == {
        "/v1/recipes/7?lang=de", "/v1/recipes", "/v1/lost", "/statusware-lint/no-such-path",
    }  # fmt: skip


def test_unsafe_operations_with_their_bodies(capsys):
    assert main(["lint", HERE, "--openapi", "api.json", "--unsafe", "--ignore", "location"]) == 1
    out = capsys.readouterr().out
    assert "has no Location: where is what was created?" in out
    bodies = [json.loads(body) for method, _, _, body in seen if method == "POST"]
    assert bodies == [{"name": "xxx", "parent": {}}]


def test_a_base_and_more_paths(capsys):
    words = ["--openapi", "api.json", "--base", "/other", "--path", "GET /v1/recipes/1"]
    assert main(["lint", HERE, *words]) == 0
    targets = {target for _, target, _, _ in seen}
    assert {"/other/lost", "/v1/recipes/1"} <= targets
    assert main(["lint", HERE, "--base", "/x"]) == 2
    assert "--base is for --openapi" in capsys.readouterr().err


def test_behind_a_policy(capsys, tmp_path):
    (tmp_path / "policy.toml").write_text(
        '[[routes]]\nmatch = "GET /v1/lost"\nallow = "everyone"\n'
    )
    words = ["--openapi", "api.json", "--policy", "policy.toml", "--ignore", "location"]
    assert main(["lint", HERE, *words]) == 0
    assert {target for _, target, _, _ in seen} == {"/v1/lost"}


def test_a_document_that_is_none(capsys):
    assert main(["lint", HERE, "--openapi", "missing.json"]) == 2
    assert "missing.json" in capsys.readouterr().err


#: A schema, and what is sent for it.
SAMPLES = [
    ({"example": 5, "default": 6}, 5),
    ({"default": 6, "enum": [7]}, 6),
    ({"const": "c"}, "c"),
    ({"enum": ["a", "b"]}, "a"),
    ({"examples": [8]}, 8),
    ({"type": "string"}, "x"),
    ({"type": "string", "minLength": 3}, "xxx"),
    ({"type": "string", "minLength": 10**9}, "x" * 1000),
    ({"type": "string", "format": "date"}, "2024-02-29"),
    ({"type": "integer"}, 1),
    ({"type": "integer", "maximum": -5}, -5),
    ({"type": "integer", "minimum": 3, "multipleOf": 5}, 5),
    ({"type": "number", "exclusiveMinimum": 2}, 3),
    ({"type": "integer", "minimum": 2, "exclusiveMinimum": True}, 3),
    ({"type": "boolean"}, True),
    ({"type": "null"}, None),
    ({"type": ["null", "boolean"]}, True),
    ({"type": "array", "minItems": 2, "items": {"type": "integer"}}, [1, 1]),
    ({"type": "array", "items": {"type": "integer"}}, []),
    ({"required": ["a", "b"], "properties": {"a": {"type": "null"}, "c": {}}}, {"a": None, "b": "x"}),
    ({"required": ["id"], "properties": {"id": {"readOnly": True}}}, {}),
    ({"allOf": [{"required": ["a"]}, {"required": ["b"]}], "required": ["c"]},
     {"a": "x", "b": "x", "c": "x"}),
    ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, 1),
    ({}, "x"),
    (True, "x"),
    ({"type": "nonsense"}, "x"),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "value"), SAMPLES)
def test_samples(schema, value):
    document = Document(theirs(components={"schemas": {"It": schema}}))
    assert sample(document.part(document.uri, "/components/schemas/It")) == value


def test_a_schema_that_contains_itself():
    node = {"required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/It"}}}
    document = Document(theirs(components={"schemas": {"It": node}}))
    value = sample(document.part(document.uri, "/components/schemas/It"))
    assert json.dumps(value).count("next") < 20


def test_a_schema_that_contains_itself_many_times():
    """Bounded not only in depth: eight to the power of eight would be too many."""
    node = {
        "type": "array", "minItems": 1000, "items": {"$ref": "#/components/schemas/It"},
    }  # fmt: skip
    document = Document(theirs(components={"schemas": {"It": node}}))
    assert len(json.dumps(sample(document.part(document.uri, "/components/schemas/It")))) < 10**6


def test_references_that_lead_nowhere():
    paths = {"/x": {"get": {"parameters": [{"$ref": "#/nowhere"}]}}}
    with pytest.raises(PolicyError, match="nowhere"):
        list(asked(Document(theirs(paths))))
