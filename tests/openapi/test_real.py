"""Documents of others: GitHub's, with 1,223 operations, and a smaller one of 3.1."""

import json
import lzma
import re
from pathlib import Path

import pytest
from werkzeug.test import Client

from statusware import PolicyError, wrap

from .tools import app, bearer, policy, schema_of

DATA = Path(__file__).parent / "data"

#: GitHub's document says nothing of security, and has templates that cannot be expressed.
GITHUB = {"openapi_unsecured": "authenticated", "openapi_templates": "nearest"}

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

#: Examples of the document that break its own schemas.
CONTRADICTIONS = {
    "PATCH /gists/{gist_id}: deleteFile",
    "POST /orgs/{org}/issue-fields: default",
    "PUT /orgs/{org}/outside_collaborators/{username}: 204",
    "POST /orgs/{org}/projectsV2/{project_number}/fields: single_select_field",
    "PATCH /repos/{owner}/{repo}/security-advisories/{ghsa_id}: update_vvrs",
    "PUT /user/codespaces/secrets/{secret_name}/repositories: default",
    "POST /user/keys: default",
    "POST /user/ssh_signing_keys: default",
    "POST /users/{username}/projectsV2/{project_number}/fields: single_select_field",
}


def unpacked(name):
    return json.loads(lzma.decompress((DATA / f"{name}.json.xz").read_bytes()))


@pytest.fixture(scope="module")
def told():
    return unpacked("api.github.com")


@pytest.fixture(scope="module")
def github(told):
    return policy(told, api=GITHUB)


@pytest.fixture(scope="module")
def client(github):
    return Client(wrap(app, github))


def operations(told):
    """Method, template and operation of each, read without any code of ours."""
    for path, item in told["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield method.upper(), path, operation


def pointer(method, path):
    return f"api.openapi#/paths/{path.replace('~', '~0').replace('/', '~1')}/{method.lower()}"


#: Paths whose last variable may span segments, where one segment would be another operation.
SPANNING = {"/repos/{owner}/{repo}/compare/{basehead}": "/repos/7/7/compare/v1/x...v2/x"}


def sample(path):
    """A path of this template."""
    return SPANNING.get(path) or re.sub(r"\{[^}]*\}", "7", path)


def followed(told, value):
    while "$ref" in value:
        found = told
        for token in value["$ref"].split("/")[1:]:
            found = found[token.replace("~1", "/").replace("~0", "~")]
        value = found
    return value


def test_every_operation_is_reached(told, github):
    listed = list(operations(told))
    assert len(listed) == len(github.routes) == 1223
    lost = [
        f"{method} {path}"
        for method, path, _ in listed
        if github.table.find(method, sample(path)).route.origin != pointer(method, path)
    ]
    assert lost == []


def test_every_operation_has_its_name_and_its_body(told, github):
    found = {route.origin: route for route in github.routes}
    for method, path, operation in operations(told):
        route = found[pointer(method, path)]
        assert route.name == operation["operationId"]
        with_body = "requestBody" in operation and method != "GET"
        assert (route.body is not None) == with_body


def test_every_example_of_a_body_is_taken(told, github):
    found = {route.origin: route for route in github.routes}
    count, refused = 0, set()
    for method, path, operation in operations(told):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for name, each in content.get("examples", {}).items():
            example = followed(told, each)
            if "value" in example:
                count += 1
                if schema_of(found[pointer(method, path)]).violations(example["value"]):
                    refused.add(f"{method} {path}: {name}")
    assert count == 410
    assert refused == CONTRADICTIONS


#: A request, its body and type, and the status that it gets with a token.
REQUESTS = {
    "read": ("GET /repos/octocat/hello", None, None, 200),
    "HEAD follows": ("HEAD /repos/octocat/hello", None, None, 200),
    "a literal beside a variable": ("GET /repos/octocat/hello/issues/comments", None, None, 200),
    "several segments": ("GET /repos/octocat/hello/contents/docs/a.md", None, None, 200),
    "part of a segment, as the nearest": (
        "GET /repos/octocat/hello/compare/a...b", None, None, 200,
    ),
    "no such path": ("GET /repo/octocat", None, None, 404),
    "another method": ("DELETE /gists", None, None, 405),
    "create": ("POST /repos/octocat/hello/issues", {"title": "Soup"}, "application/json", 200),
    "nullable": (
        "POST /repos/octocat/hello/issues",
        {"title": 5, "assignee": None},
        "application/json",
        200,
    ),
    "not nullable": (
        "POST /repos/octocat/hello/issues", {"title": None}, "application/json", 400,
    ),
    "a list of objects or of texts": (
        "POST /repos/octocat/hello/issues",
        {"title": "a", "labels": ["a", {"name": "b"}]},
        "application/json",
        200,
    ),
    "lacking": ("PUT /repos/octocat/hello/topics", {}, "application/json", 400),
    "nothing": ("PUT /repos/octocat/hello/topics", b"", None, 400),
    "nothing, which is allowed": ("PUT /repos/octocat/hello/subscription", b"", None, 200),
    "a type that is not taken": ("PUT /repos/octocat/hello/topics", b"a", "text/plain", 415),
    "a text": ("POST /markdown/raw", b"# a", "text/plain", 200),
    "a file": (
        "POST /repos/octocat/hello/releases/5/assets",
        b"\x00" * 2_000_000,
        "application/octet-stream",
        200,
    ),
    "a deletion with a body": (
        "DELETE /applications/x/token", {"access_token": "x"}, "application/json", 200,
    ),
    "a deletion with a bad body": ("DELETE /applications/x/token", {}, "application/json", 400),
    "no deletion without one": ("DELETE /gists/5", None, None, 200),
}  # fmt: skip


@pytest.mark.parametrize(("line", "data", "media", "status"), REQUESTS.values(), ids=REQUESTS)
def test_requests(client, line, data, media, status):
    method, _, path = line.partition(" ")
    headers = bearer() | ({"Content-Type": media} if media else {})
    sent = data if isinstance(data, bytes | None) else json.dumps(data).encode()
    answer = client.open(path, method=method, data=sent, headers=headers, buffered=True)
    assert answer.status_code == status
    anonymous = client.open(path, method=method, data=sent, buffered=True)
    assert anonymous.status_code == (status if status in (404, 405) else 401)


def test_without_the_option_it_is_refused_by_name(told):
    with pytest.raises(PolicyError) as caught:
        policy(told, api={"openapi_unsecured": "authenticated"})
    assert str(caught.value).startswith(
        "api.openapi#/paths/~1orgs~1{org}~1artifacts~1{subject_digest}~1metadata~1storage-records: "
        "'{subject_digest}' of several segments cannot be expressed before the end"
    )


def test_a_document_of_3_1_with_security_and_files():
    """Its servers have a path, its security is bearer, four operations are open to everyone."""
    told = unpacked("api.readme.com")
    found = policy(told, body={"patterns": "trusted"})
    assert len(found.routes) == len(list(operations(told))) == 54
    assert sum(route.allow == ["everyone"] for route in found.routes) == 4
    client = Client(wrap(app, found))
    assert client.get("/v2/branches").status_code == 401
    assert client.get("/v2/branches", headers=bearer()).status_code == 200
    assert client.get("/branches", headers=bearer()).status_code == 404
    assert client.get("/v2/apply").status_code == 200
    headers = bearer() | {"Content-Type": "multipart/form-data; boundary=x"}
    assert client.post("/v2/images", data=b"--x--", headers=headers).status_code == 200
    for name, status in (("v2.0", 200), (5, 400)):
        answer = client.post("/v2/branches", json={"name": name}, headers=bearer())
        assert answer.status_code == status
