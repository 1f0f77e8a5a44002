"""The app's own document with the policy's answers in it: nothing lost, what is theirs wins."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from statusware import Policy, PolicyError
from statusware.cli.openapi import contract_of
from statusware.openapi.document import Document
from statusware.openapi.merge import merged
from statusware.openapi.write import written

from .judges import validate
from .policies import SECRET, policies

HERE = Path(__file__).parent
RECIPES = HERE.parent.parent / "examples" / "recipes" / "statusware.toml"
PROBLEM = "application/problem+json"
AUTH = {"auth": {"bearer": {"secret": SECRET}}}
OK = {"200": {"description": "Here."}}


def theirs(paths=None, version="3.1.0", **more):
    made = {"openapi": version, "info": {"title": "Theirs", "version": "7"}}
    return {
        **made,
        "paths": paths if paths is not None else {"/x": {"get": {"responses": OK}}},
        **more,
    }


def policy(*matches, **columns):
    routes = [{"match": match, "allow": ["everyone"], **columns} for match in matches or ["GET /x"]]
    return {**AUTH, "routes": routes}


def merge(document, rules, **options):
    before = copy.deepcopy(document)
    made, notes = merged(Document(document), contract_of(Policy(rules)), **options)
    assert document == before
    validate(made)
    lossless(document, made)
    again, _ = merged(Document(made), contract_of(Policy(rules)), **options)
    assert again == made
    return made, notes


def lossless(before, after, path=()):
    """All that stood there stands there, but for references to responses that were added to."""
    if isinstance(before, dict):
        if "$ref" in before and path[:1] == ("paths",):
            return
        for name, value in before.items():
            lossless(value, after[name], (*path, name))
    else:
        assert before == after, path


def follow(document, value):
    if "$ref" not in value:
        return value
    found = document
    for token in value["$ref"][2:].split("/"):
        found = found[token]
    return found


def responses(document, path="/x", method="get"):
    found = document["paths"][path][method]["responses"]
    return {status: follow(document, value) for status, value in found.items()}


def test_the_recipes(monkeypatch):
    monkeypatch.setenv("RECIPES_JWT_SECRET", SECRET)
    contract = contract_of(Policy.load(RECIPES))
    document = Document("recipes.yaml", folder=HERE)
    made, notes = merged(document, contract)
    validate(made)
    lossless(document.root.value, made)
    assert notes == []
    taken = responses(made, "/recipes", "post")["409"]
    assert taken["description"] == "There is one of this name."
    assert taken["x-reason"] == "unique"
    assert PROBLEM in taken["content"]
    missing = made["paths"]["/recipes/{recipe_id}"]["put"]["responses"]["404"]
    assert missing == {"$ref": "#/components/responses/NoRecipe-2"}
    assert made["components"]["responses"]["NoRecipe"] == {
        "description": "There is no such recipe."
    }
    # The PATCH has no body in their document.
    body = made["paths"]["/recipes/{recipe_id}"]["patch"]["requestBody"]
    assert body["content"]["application/json"]["schema"]["$ref"].endswith("/ChangeOfARecipe")


@pytest.mark.parametrize("version", ["3.0.0", "3.0.4", "3.1.0"])
def test_a_response_keeps_what_it_says(version):
    known = {
        "description": "Lost.",
        "headers": {"x-request-id": {"schema": {"type": "integer"}}},
        "content": {"application/json": {"schema": {"type": "string"}}},
        "x-own": [1],
    }
    paths = {"/x": {"get": {"responses": {**OK, "500": known}}}}
    made, _ = merge(theirs(paths, version), policy())
    found = responses(made)["500"]
    assert found["content"].pop(PROBLEM)
    assert found["content"].pop("text/html")
    assert found == known
    assert made["openapi"] == version


def test_a_response_that_says_it_all_stays_a_reference():
    known = {
        "description": "Lost.",
        "headers": {"X-Request-ID": {"schema": {"type": "string"}}},
        "content": {"application/*": {}, "TEXT/html; charset=utf-8": {}},
    }
    paths = {"/x": {"get": {"responses": {**OK, "500": {"$ref": "#/components/responses/Lost"}}}}}
    made, _ = merge(theirs(paths, components={"responses": {"Lost": known}}), policy())
    assert made["paths"]["/x"]["get"]["responses"]["500"] == {"$ref": "#/components/responses/Lost"}


@pytest.mark.parametrize("name", ["default", "5XX"])
def test_what_stands_for_several_statuses(name):
    """With a response of its own, a status is no longer one of them: it starts from theirs."""
    known = {"description": "Else.", "content": {"application/json": {"schema": {"type": "null"}}}}
    made, _ = merge(theirs({"/x": {"get": {"responses": {name: known}}}}), policy())
    found = responses(made)
    assert found[name] == known
    assert found["500"]["description"] == "Else."
    assert list(found["500"]["content"]) == ["application/json", PROBLEM, "text/html"]


def test_operations_without_responses():
    made, _ = merge(theirs({"/x": {"get": {}}}), policy())
    assert sorted(responses(made)) == ["400", "500"]


def test_components_of_the_same_name():
    components = {"schemas": {"Problem": {"type": "integer"}}, "headers": {"X-Request-ID": {
        "schema": {"type": "integer"}}}}  # fmt: skip
    made, _ = merge(theirs(components=components), policy())
    assert made["components"]["schemas"]["Problem"] == {"type": "integer"}
    problem = responses(made)["500"]["content"][PROBLEM]["schema"]
    assert problem == {"$ref": "#/components/schemas/Problem-2"}


SECURED = {"components": {"securitySchemes": {"theirs": {"type": "http", "scheme": "basic"}}}}


def test_security_is_added_where_none_is():
    rules = policy(allow=["scope:a"])
    made, _ = merge(theirs(**SECURED), rules)
    assert made["paths"]["/x"]["get"]["security"] == [{"bearer": []}]
    assert list(made["components"]["securitySchemes"]) == ["theirs", "bearer"]


def test_a_security_scheme_of_theirs_that_asks_for_the_same_is_used():
    theirs_too = {"jwt": {"type": "http", "scheme": "Bearer", "description": "A token."}}
    document = theirs(components={"securitySchemes": {"x": {"$ref": "#/x"}, **theirs_too}})
    made, _ = merged(Document(document), contract_of(Policy(policy(allow=["authenticated"]))))
    assert made["paths"]["/x"]["get"]["security"] == [{"jwt": []}]
    assert list(made["components"]["securitySchemes"]) == ["x", "jwt"]


@pytest.mark.parametrize("where", ["document", "operation"])
def test_security_of_theirs_stays(where):
    document = theirs(**SECURED)
    at = document if where == "document" else document["paths"]["/x"]["get"]
    document["paths"]["/x"]["get"] = {"responses": OK}
    at = document if where == "document" else document["paths"]["/x"]["get"]
    at["security"] = [{"theirs": []}]
    made, _ = merge(document, policy(allow=["authenticated"]))
    assert list(made["components"]["securitySchemes"]) == ["theirs"]
    operation = made["paths"]["/x"]["get"]
    assert operation.get("security", made.get("security")) == [{"theirs": []}]
    assert "401" in operation["responses"]


def test_schemas_in_the_dialect_of_3_0():
    schema = {"properties": {"a": {"type": ["string", "null"]}, "b": {"const": None}}}
    rules = policy("POST /x", body=schema)
    made, _ = merge(theirs({"/x": {"post": {"responses": OK}}}, "3.0.3"), rules)
    body = made["components"]["schemas"]["Body"]
    assert body["properties"] == {
        "a": {"type": "string", "nullable": True},
        "b": {"type": "string", "nullable": True, "enum": [None]},
    }


def test_a_path_item_elsewhere_in_the_document():
    item = {"get": {"responses": OK}, "x-own": 1}
    document = theirs({"/x": {"$ref": "#/components/pathItems/X", "summary": "x"}},
                      components={"pathItems": {"X": item}})  # fmt: skip
    made, _ = merged(Document(document), contract_of(Policy(policy())))
    validate(made)
    assert made["paths"]["/x"]["summary"] == "x"
    assert made["paths"]["/x"]["x-own"] == 1
    assert sorted(made["paths"]["/x"]["get"]["responses"]) == ["200", "400", "500"]
    assert made["components"]["pathItems"]["X"] == item


def test_other_files_are_left_alone(tmp_path):
    (tmp_path / "more.json").write_text(json.dumps({
        "item": {"get": {"responses": OK}}, "lost": {"description": "Lost."}
    }))  # fmt: skip
    (tmp_path / "api.json").write_text(json.dumps(theirs({
        "/x": {"$ref": "more.json#/item"},
        "/y": {"get": {"responses": {"500": {"$ref": "more.json#/lost"}}}},
    })))  # fmt: skip
    document = Document("api.json", folder=tmp_path)
    made, notes = merged(document, contract_of(Policy(policy("GET /x", "GET /y"))))
    assert made["paths"]["/x"] == {"$ref": "more.json#/item"}
    assert made["paths"]["/y"]["get"]["responses"]["500"] == {"$ref": "more.json#/lost"}
    assert notes == [
        "left alone, as it lies in another file: /x",
        "left alone, as it lies in another file: api.json#/paths/~1y/get/responses/500",
    ]


def test_aliases_of_yaml_are_no_longer_shared(tmp_path):
    """An operation that stands in two places gets what each of them has to say."""
    pytest.importorskip("yaml")
    (tmp_path / "api.yaml").write_text(
        'openapi: 3.1.0\ninfo: {title: x, version: "1"}\npaths:\n'
        "  /x: {get: &op {responses: {200: {description: Here.}}}}\n  /y/{id}: {get: *op}\n"
    )
    rules = policy("GET /x", "GET /y/{id}")
    made, _ = merged(Document("api.yaml", folder=tmp_path), contract_of(Policy(rules)))
    assert sorted(responses(made)) == ["200", "400", "500"]
    assert sorted(responses(made, "/y/{id}")) == ["200", "400", "404", "500"]


#: Paths of a document, routes of a policy, and which of them meet.
PLACES = [
    ("/x/{a}", "string", ["GET /x/{id:int}"], {"404"}),
    ("/x/{a}", "integer", ["GET /x/{id:int}"], {"404"}),
    ("/x/{a}", "integer", ["GET /x/{id:uuid}"], None),
    ("/x/{a}.json", "string", ["GET /x/{id}"], {"404"}),
    ("/x/{a}/", "string", ["GET /x/{id}"], {"404"}),
    ("/x/{a}/{b}", "string", ["GET /x/{rest:path}"], {"404"}),
    ("/gr%C3%BCn", "", ["GET /grün"], set()),
    ("/X", "", ["GET /x"], None),
    ("/", "", ["GET /"], set()),
]


@pytest.mark.parametrize(("path", "kind", "matches", "more"), PLACES)
def test_which_route_an_operation_meets(path, kind, matches, more):
    names = [part[1 : part.index("}")] for part in path.split("/") if "{" in part]
    schema = {"type": kind, "minimum": 0} if kind == "integer" else {"type": kind}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": schema} for name in names
    ]
    item = {"parameters": parameters, "get": {"responses": OK}}
    made, notes = merge(theirs({path: item}), policy(*matches))
    found = set(made["paths"][path]["get"]["responses"])
    if more is None:
        assert notes == [f"no route of the policy lists it: GET {path}"]
        assert found == {"200", "400", "404"}
    else:
        assert found == {"200", "400", "500", *more}


def test_several_routes_meet_unless_one_is_documented_apart():
    rules = {
        **AUTH,
        "routes": [
            {"match": "GET /x/{id}", "allow": ["everyone"]},
            {"match": "GET /x/latest", "allow": ["role:a"]},
        ],
    }
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    one = {"/x/{id}": {"parameters": [parameter], "get": {"responses": OK}}}
    made, _ = merge(theirs(one), rules)
    assert made["paths"]["/x/{id}"]["get"]["security"] == [{}, {"bearer": []}]
    made, _ = merge(theirs({**one, "/x/latest": {"get": {"responses": OK}}}), rules)
    assert made["paths"]["/x/{id}"]["get"]["security"] == []
    assert made["paths"]["/x/latest"]["get"]["security"] == [{"bearer": []}]


def test_another_method_than_the_policy_lists():
    made, notes = merge(theirs({"/x": {"put": {"responses": OK}}}), policy())
    assert notes == ["no route of the policy lists it: PUT /x"]
    assert sorted(responses(made, method="put")) == ["200", "400", "405"]


def test_what_the_policy_lists_without_saying():
    """HEAD follows GET; `*` is any method."""
    item = {"head": {"responses": OK}, "options": {"responses": OK}, "delete": {"responses": OK}}
    rules = {**AUTH, "routes": [{"match": "GET /x", "allow": ["authenticated"]}]}
    made, notes = merge(theirs({"/x": item}), rules)
    assert notes == [
        "no route of the policy lists it: DELETE /x", "no route of the policy lists it: OPTIONS /x"
    ]  # fmt: skip
    assert sorted(responses(made, method="head")) == ["200", "400", "401", "500"]
    assert sorted(responses(made, method="options")) == ["200", "400"]
    made, notes = merge(theirs({"/x": item}), policy("* /x"))
    assert notes == []


def test_hidden_routes_have_no_methods():
    rules = {**AUTH, "routes": [{"match": "GET /x", "hide": True, "allow": ["role:a"]}]}
    made, _ = merge(theirs({"/x": {"put": {"responses": OK}}}), rules)
    assert sorted(responses(made, method="put")) == ["200", "400", "404"]


def test_outside_of_the_paths_of_the_policy():
    paths = {"/api/x": {"get": {"responses": OK}}, "/y": {"get": {}}, "/apix": {"get": {}}}
    made, notes = merge(theirs(paths), {**policy("GET /api/x"), "api": {"paths": ["/api"]}})
    assert notes == [
        "outside of [api] paths, left alone: GET /y",
        "outside of [api] paths, left alone: GET /apix",
    ]
    assert made["paths"]["/y"] == {"get": {}}
    assert sorted(responses(made, "/api/x")) == ["200", "400", "500"]


def test_without_routes_every_operation_gets_the_envelope():
    made, notes = merge(theirs(), {"errors": {"KeyError": 404}})
    assert notes == []
    assert sorted(responses(made)) == ["200", "400", "404", "500"]
    assert "security" not in made["paths"]["/x"]["get"]


#: `servers`, `[api] mount`, `--base`, and the path in the policy.
SERVERS = [
    ([{"url": "https://a.example/api/v1/"}], None, None, "/api/v1/x"),
    ([{"url": "/api"}, {"url": "https://b.example"}], None, None, "/x"),
    ([{"url": "/{v}", "variables": {"v": {"default": "v2"}}}], None, None, "/v2/x"),
    ([{"url": "/shop/api"}], "/shop", None, "/api/x"),
    ([{"url": "/elsewhere"}], None, "/api", "/api/x"),
    ([], None, None, "/x"),
]


@pytest.mark.parametrize(("servers", "mount", "base", "path"), SERVERS)
def test_servers(servers, mount, base, path):
    rules = policy(f"GET {path}")
    if mount:
        rules["api"] = {"mount": mount}
    _, notes = merge(theirs(servers=servers), rules, base=base)
    assert notes == []


def test_a_server_of_one_operation():
    paths = {"/x": {"get": {"responses": OK, "servers": [{"url": "/api"}]}}}
    _, notes = merge(theirs(paths), policy("GET /api/x"))
    assert notes == []


WRONG = [
    ({"swagger": "2.0"}, "is version 2"),
    ({"openapi": "3.1.0", "paths": []}, "must be an object"),
    (theirs({"/x": {"get": {"responses": {"500": {"$ref": "#/nowhere"}}}}}), "has no 'nowhere'"),
    (theirs({"/x": {"get": {"responses": {"500": []}}}}), "must be an object"),
    (theirs({"/x": {"get": []}}), "must be an object"),
    (theirs({"/x": None}), "must be an object"),
    (theirs(components=[]), "must be an object"),
    (theirs(components={"schemas": []}), "must be an object"),
    (theirs(servers={}), "must be a list"),
    (theirs(servers=[{"url": "http://["}]), "has no path of its own"),
    (theirs({"/x": {"parameters": [{"in": "path", "name": 5}], "get": {}}}), "must be a string"),
]


@pytest.mark.parametrize(("document", "told"), WRONG)
def test_a_document_that_is_none(document, told):
    with pytest.raises(PolicyError) as caught:
        merged(Document(document), contract_of(Policy(policy())))
    assert told in str(caught.value)


@settings(
    max_examples=12, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
@given(policies(), policies(), st.sampled_from(["3.0", "3.1"]))
def test_the_document_of_one_policy_and_the_answers_of_another(one, other, version):
    try:
        first, second = contract_of(Policy(one)), contract_of(Policy(other))
    except PolicyError:
        assume(False)
    document, _ = written(first, version=version)
    made, _ = merged(Document(document), second)
    validate(made)
    lossless(document, made)
    again, _ = merged(Document(made), second)
    assert again == made
