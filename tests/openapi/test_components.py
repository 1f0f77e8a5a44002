"""Components made from the table of codes: formats, header fields, names."""

import pytest
from jsonschema import Draft202012Validator
from werkzeug.test import Client

from statusware import Policy, Problem, wrap
from statusware.catalog import CODES
from statusware.cli.openapi import contract_of
from statusware.openapi.components import Components
from statusware.openapi.write import written

from .judges import validate
from .policies import SECRET

FULL = {
    "auth": {"bearer": {"secret": SECRET, "check": "tests.openapi.policies:nobody"}},
    "routes": [{"match": "POST /x", "allow": ["scope:a"], "body": {"type": "object"}}],
}


def operation(policy, method="post"):
    document, _ = written(contract_of(Policy(policy)))
    validate(document)
    return document, document["paths"]["/x"][method]["responses"]


def follow(document, reference):
    found = document
    for token in reference["$ref"][2:].split("/"):
        found = found[token]
    return found


#: Status and the header fields that its response names.
FIELDS = [
    ("400", {"WWW-Authenticate", "X-Request-ID"}),
    ("401", {"WWW-Authenticate", "X-Request-ID"}),
    ("403", {"WWW-Authenticate", "X-Request-ID"}),
    ("411", {"X-Request-ID"}),
    ("415", {"Accept", "Accept-Encoding", "X-Request-ID"}),
    ("500", {"X-Request-ID"}),
    ("503", {"Retry-After", "X-Request-ID"}),
]


@pytest.mark.parametrize(("status", "fields"), FIELDS)
def test_header_fields(status, fields):
    document, responses = operation(FULL)
    assert set(follow(document, responses[status])["headers"]) == fields


def test_405_has_allow():
    components = Components(contract_of(Policy({})))
    assert "Allow" in components.described(405, ["method-not-allowed"])["headers"]


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("problem", "application/problem+json"), ("simple", "application/json")],
)
def test_examples_and_answers_fit_the_schemas(form, media_type):
    """The examples, and what the layers really send, are valid by the schema of the response."""
    policy = {"envelope": {"format": form, "html": False}, **FULL, "body": {"max_bytes": 4}}
    document, responses = operation(policy)
    for status in ("400", "401", "413", "415"):
        response = follow(document, responses[status])
        assert list(response["content"]) == [media_type]
        media = response["content"][media_type]
        schema = {**media["schema"], "components": document["components"]}
        for code, reference in media["examples"].items():
            value = follow(document, reference)["value"]
            Draft202012Validator(schema).validate(value)
            assert (value if form == "problem" else value["error"])["code"] == code
    problems = [
        Problem(400, code="invalid-body", errors=[]), Problem(413, max_bytes=4), Problem(404),
    ]  # fmt: skip
    for problem in problems:
        body = sent(problem, policy)
        response = Components(contract_of(Policy(policy)))
        made = response.response(problem.status, [problem.problem_code])
        found = follow({"components": response.parts}, made)["content"][media_type]["schema"]
        Draft202012Validator({**found, "components": response.parts}).validate(body)


def sent(problem, policy):
    def app(environ, start_response):
        raise problem

    return Client(wrap(app, {"envelope": policy["envelope"]})).get("/").json


def test_a_custom_renderer_has_no_schema():
    policy = {**FULL, "envelope": {"format": "tests.openapi.policies:rendered"}}
    document, responses = operation(policy)
    response = follow(document, responses["401"])
    assert "content" not in response
    assert response["description"].endswith("The body is what the app's own renderer makes.")
    assert "Problem" not in document["components"].get("schemas", {})


def test_html():
    document, responses = operation(FULL)
    assert "text/html" in follow(document, responses["401"])["content"]
    document, responses = operation({**FULL, "envelope": {"html": False}})
    assert "text/html" not in follow(document, responses["401"])["content"]


def test_types():
    policy = {**FULL, "envelope": {"types": "https://e.example/problems/"}}
    document, _ = operation(policy)
    example = document["components"]["examples"]["length-required"]["value"]
    assert example["type"] == "https://e.example/problems/length-required"


def test_codes_of_the_apps_own():
    policy = {
        "errors": {"OSError": {"status": 409, "code": "taken", "detail": "It is taken."}},
        "problems": {"lost": {"status": 410, "title": "No more", "detail": "Lost.", "fix": "Cry."}},
        "routes": [{"match": "GET /x", "allow": ["everyone"]}],
    }
    document, responses = operation(policy, "get")
    assert follow(document, responses["409"])["description"] == "Conflict. `taken`: It is taken."
    assert follow(document, responses["410"])["description"] == "Gone. `lost`: Lost. Cry."
    assert document["components"]["examples"]["lost"]["value"]["title"] == "No more"


def test_a_code_under_another_status():
    policy = {
        "errors": {"OSError": {"status": 410, "code": "not-found"}, "KeyError": 404},
        "routes": [{"match": "GET /x", "allow": ["everyone"]}],
    }
    document, responses = operation(policy, "get")
    assert responses["410"] == {"$ref": "#/components/responses/not-found-410"}
    assert document["components"]["examples"]["not-found-410"]["value"]["status"] == 410
    assert document["components"]["examples"]["not-found"]["value"]["status"] == 404


def test_names_that_are_taken():
    theirs = {"schemas": {"Problem": {"type": "string"}}, "headers": None}
    components = Components(contract_of(Policy({})), theirs)
    made = components.described(404, ["not-found"])
    content = made["content"]["application/problem+json"]
    assert content["schema"] == {"$ref": "#/components/schemas/Problem-2"}
    assert list(components.parts["schemas"]) == ["Problem-2"]


def test_an_equal_component_is_used_again():
    first = Components(contract_of(Policy({})))
    first.response(404, ["not-found"])
    second = Components(contract_of(Policy({})), first.parts)
    assert second.response(404, ["not-found"]) == {"$ref": "#/components/responses/not-found"}
    assert not any(second.parts.values())


def test_every_code_of_the_table():
    components = Components(contract_of(Policy({})))
    components.every()
    assert set(components.parts["responses"]) == set(CODES)


#: Schemes of a policy, and the security schemes of the document.
SECURITY = [
    ({"bearer": {"secret": SECRET}},
     {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}),
    ({"bearer": {"secret": SECRET, "scheme": ["Token", "Bearer"]}},
     {"bearer": {"type": "http", "scheme": "token"},
      "bearer-bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}),
    ({"api_key": {"keys": [], "header": "X-shop-KEY"}},
     {"api_key": {"type": "apiKey", "in": "header", "name": "X-shop-KEY"}}),
    ({"mine": {"verify": "tests.openapi.policies:nobody", "header": "X-Signature"}},
     {"mine": {"type": "apiKey", "in": "header", "name": "X-Signature"}}),
    ({"mine": {"verify": "tests.openapi.policies:nobody", "challenge": 'Digest realm="x"'}},
     {"mine": {"type": "http", "scheme": "digest"}}),
    ({"proxy": {"peers": "unix"}},
     {"proxy": {"type": "http", "scheme": "proxy",
                "description": "Sent by the browser, or set by what stands in front."}}),
]  # fmt: skip


@pytest.mark.parametrize(("auth", "wanted"), SECURITY)
def test_security_schemes(auth, wanted):
    document, _ = operation({**FULL, "auth": auth})
    assert document["components"]["securitySchemes"] == wanted
    asked = document["paths"]["/x"]["post"]["security"]
    assert asked == [{name: []} for name in wanted]


def test_basic(tmp_path):
    pytest.importorskip("bcrypt")
    (tmp_path / "users").write_text("ann:$2b$12$" + "a" * 53 + "\n")
    auth = {"basic": {"users": {"file": str(tmp_path / "users")}}}
    document, _ = operation({**FULL, "auth": auth})
    assert document["components"]["securitySchemes"] == {
        "basic": {"type": "http", "scheme": "basic"}
    }
