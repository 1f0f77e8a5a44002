"""Operations as routes: paths, servers, names, and what a policy overrides."""

import pytest

from statusware import Policy, PolicyError
from statusware.openapi.document import Document
from statusware.openapi.routes import operations

from .tools import OK, bearer, body, document, policy, requester

NAT = {"type": "integer", "minimum": 1}
UUID = {"type": "string", "format": "uuid"}


def parameter(name, schema=None, **more):
    return {"name": name, "in": "path", "required": True, "schema": schema or {}, **more}


def paths(told, **more):
    """The path of each operation, as a policy would write it."""
    found = operations(Document(document(told, **more)))
    return [path for operation in found for path in operation.paths]


#: A path item, and the paths that it becomes.
PATHS = {
    "a literal": ({"GET /pets": {}}, ["/pets"]),
    "the root": ({"GET /": {}}, ["/"]),
    "a variable": ({"GET /pets/{id}": {}}, ["/pets/{id}"]),
    "names that are none here": ({"GET /{pet-id}/{$x}/{1}": {}}, ["/{pet_id}/{_x}/{_1}"]),
    "names that fall together": ({"GET /{a-b}/{a_b}/{a.b}": {}}, ["/{a_b}/{a_b_2}/{a_b_3}"]),
    "an encoded literal": ({"GET /caf%C3%A9": {}}, ["/café"]),
    "a natural number": (
        {"GET /pets/{id}": {"parameters": [parameter("id", NAT)]}},
        ["/pets/{id:int}"],
    ),
    "an integer that may be negative": (
        {"GET /pets/{id}": {"parameters": [parameter("id", {"type": "integer"})]}},
        ["/pets/{id}"],
    ),
    "a number": (
        {"GET /pets/{id}": {"parameters": [parameter("id", {"type": "number", "minimum": 1})]}},
        ["/pets/{id}"],
    ),
    "a UUID": ({"GET /pets/{id}": {"parameters": [parameter("id", UUID)]}}, ["/pets/{id:uuid}"]),
    "a format without a type": (
        {"GET /pets/{id}": {"parameters": [parameter("id", {"format": "uuid"})]}},
        ["/pets/{id}"],
    ),
    "several types": (
        {"GET /pets/{id}": {"parameters": [parameter("id", {**NAT, "type": ["integer", "null"]})]}},
        ["/pets/{id}"],
    ),
    "a schema by reference": (
        {"GET /pets/{id}": {"parameters": [parameter("id", {"$ref": "#/x-id"})]}},
        ["/pets/{id:int}"],
    ),
    "a parameter by reference": (
        {"GET /pets/{id}": {"parameters": [{"$ref": "#/x-parameter"}]}},
        ["/pets/{id:int}"],
    ),
    "a parameter of the item": (
        {"/pets/{id}": {"parameters": [parameter("id", NAT)]}, "GET /pets/{id}": {}},
        ["/pets/{id:int}"],
    ),
    "operations that disagree": (
        {
            "GET /pets/{id}": {"parameters": [parameter("id", NAT)]},
            "PUT /pets/{id}": {"parameters": [parameter("id")]},
        },
        ["/pets/{id}", "/pets/{id}"],
    ),
    "operations that disagree in kind": (
        {
            "GET /pets/{id}": {"parameters": [parameter("id", NAT)]},
            "PUT /pets/{id}": {"parameters": [parameter("id", UUID)]},
        },
        ["/pets/{id}", "/pets/{id}"],
    ),
    "another style": (
        {"GET /pets/{id}": {"parameters": [parameter("id", NAT, style="label")]}},
        ["/pets/{id}"],
    ),
    "several segments": (
        {"GET /files/{p}": {"parameters": [parameter("p", **{"x-multi-segment": True})]}},
        ["/files/{p:path}"],
    ),
    "a query parameter of that name": (
        {"GET /pets/{id}": {"parameters": [parameter("id", NAT) | {"in": "query"}]}},
        ["/pets/{id}"],
    ),
    "an item by reference": ({"/pets": {"$ref": "#/x-item"}}, ["/pets"]),
    "an extension": ({"GET /pets": {}, "x-more": {"anything": 1}}, ["/pets"]),
}


@pytest.mark.parametrize(("told", "expected"), list(PATHS.values()), ids=list(PATHS))
def test_paths(told, expected):
    more = {"x-id": NAT, "x-parameter": parameter("id", NAT), "x-item": {"get": OK}}
    assert paths(told, **more) == expected


def servers(*urls, **variables):
    listed = [{"url": url} for url in urls]
    for each in listed if variables else ():
        each["variables"] = variables
    return listed


#: Servers, where the app is mounted, and what paths begin with.
SERVERS = {
    "none": (None, "", [""]),
    "an empty list": ([], "", [""]),
    "the root": (servers("/"), "", [""]),
    "a host": (servers("https://api.example.com"), "", [""]),
    "a path": (servers("https://api.example.com/v1/"), "", ["/v1"]),
    "a path alone": (servers("/api/v1"), "", ["/api/v1"]),
    "relative": (servers("v1"), "", ["/v1"]),
    "two of one path": (servers("https://a.example/v1", "https://b.example/v1"), "", ["/v1"]),
    "two paths": (servers("https://a.example/v1", "http://localhost"), "", ["/v1", ""]),
    "encoded": (servers("/caf%C3%A9"), "", ["/café"]),
    "a variable in the host": (
        servers("https://{tenant}.example/v1", tenant={"default": "a", "enum": ["a", "b"]}),
        "",
        ["/v1"],
    ),
    "a host that is not described": (servers("https://{tenant}.example/v1"), "", ["/v1"]),
    "a variable": (servers("/{v}", v={"default": "v2"}), "", ["/v2"]),
    "a list of values": (
        servers("/x/{v}", v={"default": "v2", "enum": ["v1", "v2"]}),
        "",
        ["/x/v1", "/x/v2"],
    ),
    "all of it a variable": (
        servers("{base}/v1", base={"default": "https://a.example/x"}),
        "",
        ["/x/v1"],
    ),
    "mounted there": (servers("/shop/v1"), "/shop", ["/v1"]),
    "mounted just there": (servers("/shop"), "/shop", [""]),
    "a host, and mounted": (servers("https://a.example"), "/shop", [""]),
}


@pytest.mark.parametrize(("listed", "mount", "starts"), list(SERVERS.values()), ids=list(SERVERS))
def test_servers(listed, mount, starts):
    more = {} if listed is None else {"servers": listed}
    found = Document(document({"GET /pets": {}}, **more))
    (operation,) = operations(found, mounts=[mount])
    assert operation.paths == [f"{start}/pets" for start in starts]


def test_the_nearest_servers_count():
    told = {
        "GET /a": {"servers": servers("/operation")},
        "/a": {"servers": servers("/item")},
        "PUT /a": {},
        "GET /b": {},
    }
    assert paths(told, servers=servers("/root")) == ["/operation/a", "/item/a", "/root/b"]


def test_a_base_of_the_policy_counts_more():
    request = requester(
        document({"GET /pets": {}}, servers=servers("/v1")), api={"openapi_base": "/v2"}
    )
    assert request("GET /v2/pets").status_code == 200
    assert request("GET /v1/pets").status_code == 404


@pytest.mark.parametrize("match", ["GET /pets/{id}", "GET /pets/{pet:int}", "GET /pets/{id}/"])
def test_a_match_that_forgets_the_path_of_the_server_is_refused(match):
    told = document({"GET /pets/{id}": {}}, servers=servers("/v1"))
    with pytest.raises(PolicyError) as caught:
        policy(told, routes=[{"match": match, "deny": ["role:banned"]}])
    assert 'is documented, but served elsewhere; write "GET /v1/pets/{id}"' in str(caught.value)
    assert policy(told, routes=[{"match": match.replace("GET", "PUT")}])


def test_names():
    told = {"GET /pets": {"operationId": "list pets"}, "PUT /pets": {}}
    found = policy(document(told))
    assert [route.name for route in found.routes] == ["list pets", "PUT /pets"]
    assert [route.origin for route in found.routes] == [
        "api.openapi#/paths/~1pets/get",
        "api.openapi#/paths/~1pets/put",
    ]


#: What is wrong with a document; the place, and what is said.
WRONG = {
    "part of a segment": (
        {"GET /a{b}c": {}},
        ["#/paths/~1a{b}c: 'a{b}c' cannot be expressed", "[[routes]] with {b} there"],
    ),
    "two in a segment": ({"GET /{a}.{b}": {}}, ["#/paths/~1{a}.{b}: '{a}.{b}'", "{a_b}"]),
    "a verb after a colon": ({"GET /pets/{id}:feed": {}}, ["'{id}:feed' cannot be expressed"]),
    "a stray brace": ({"GET /pets/{id": {}}, ["'{id' cannot be expressed"]),
    "several segments before the end": (
        {"GET /{p}/x": {"parameters": [parameter("p", **{"x-multi-segment": True})]}},
        ["#/paths/~1{p}~1x: '{p}' of several segments cannot be expressed before the end"],
    ),
    "a variable twice": ({"GET /{a}/{a}": {}}, ["#/paths/~1{a}~1{a}: names a variable twice"]),
    "a query": ({"GET /pets?x=1": {}}, ["has a query string"]),
    "a fragment": ({"GET /#x": {}}, ["'#x' can never match"]),
    "an encoded slash": ({"GET /a%2Fb": {}}, ["'a%2Fb' can never match"]),
    "two slashes": ({"GET /a//b": {}}, ["#/paths/~1a~1~1b: can never match"]),
    "no slash": ({"GET pets": {}}, ['#/paths/pets: is no path; write it as "/pets"']),
    "the matrix style": (
        {"GET /{a}": {"parameters": [parameter("a", style="matrix")]}},
        ["#/paths/~1{a}/get/parameters/0/style: 'matrix' puts a semicolon"],
    ),
    "an unknown method": (
        {"/pets": {"gett": OK}},
        ["#/paths/~1pets/gett: 'gett' is no method", '"get"'],
    ),
    "a method in capitals": ({"/pets": {"GET": OK}}, ["'GET' is no method of a path"]),
    "a method that is not known": (
        {"TRACE /pets": {}},
        ["#/paths/~1pets/trace", "'TRACE' is no known method"],
    ),
    "an operation that is none": ({"/pets": {"get": []}}, ["~1pets/get: must be an object"]),
    "an item that is none": ({"/pets": 5}, ["#/paths/~1pets: must be an object"]),
    "parameters that are none": (
        {"GET /pets": {"parameters": {}}},
        ["~1pets/get/parameters: must be a list"],
    ),
    "a name that is none": (
        {"GET /pets": {"operationId": 5}},
        ["~1pets/get/operationId: must be a string"],
    ),
    "a name with a line break": (
        {"GET /pets": {"operationId": "a\nb"}},
        ["~1pets/get/operationId: has control characters"],
    ),
    "the same path twice": (
        {"GET /pets/{a}": {}, "GET /pets/{b}": {}},
        ["#/paths/~1pets~1{b}/get", "has the same match"],
    ),
    "principals of a path": (
        {"/pets": {"x-allow": "role:vet", "get": OK}},
        ["#/paths/~1pets/x-allow: says nothing here; write it at each operation"],
    ),
    "principals where $ref leads": (
        {"/pets": {"$ref": "#/x-principals"}},
        ["#/x-principals/x-allow: says nothing here"],
    ),
    "a slip in an operation": (
        {"GET /pets": {"securty": []}},
        ["~1pets/get/securty: 'securty' is unknown; did you mean \"security\"?"],
    ),
    "a slip in a body": (
        {"POST /pets": {"requestBody": {"content": {}, "require": True}}},
        ["requestBody/require: 'require' is unknown; did you mean \"required\"?"],
    ),
    "an operation here and there": (
        {"/pets": {"$ref": "#/x-item", "get": OK}},
        ["~1pets/get: stands here and where $ref leads"],
    ),
    "a reference to nothing": (
        {"/pets": {"$ref": "#/x-itme"}},
        ["#/paths/~1pets/$ref: api.openapi# has no 'x-itme'", '"x-item"'],
    ),
    "a reference to itself": (
        {"/pets": {"$ref": "#/paths/~1pets"}},
        ["#/paths/~1pets: refers to itself"],
    ),
    "no operations": ({"/pets": {}}, ["api.openapi#: has no operations"]),
}


@pytest.mark.parametrize(("told", "expected"), list(WRONG.values()), ids=list(WRONG))
def test_a_wrong_path_is_a_policy_error(told, expected):
    with pytest.raises(PolicyError) as caught:
        policy(document(told, **{"x-item": {"get": OK}, "x-principals": {"x-allow": "role:vet"}}))
    line = str(caught.value)
    assert "\n" not in line
    for part in expected:
        assert part in line


WRONG_SERVERS = {
    "dots": (servers("../v1"), "", "/servers/0/url: has no path of its own"),
    "no URL": ([{}], "", "/servers/0: has no 'url'"),
    "a variable that is not described": (servers("/{v}"), "", "variable 'v' is not described"),
    "a variable without default": (servers("/{v}", v={}), "", "variables/v: has no 'default'"),
    "too many": (
        servers("/{a}", a={"default": "1", "enum": [str(n) for n in range(99)]}),
        "",
        "too many paths",
    ),
    "braces": (servers("/{v}", v={"default": "{x}"}), "", "has no path of its own"),
    "a host that is none": (servers("http://[x/y"), "", "has no path of its own"),
    "elsewhere": (servers("/api"), "/shop", "outside [api] mount"),
}


@pytest.mark.parametrize(
    ("listed", "mount", "told"), list(WRONG_SERVERS.values()), ids=list(WRONG_SERVERS)
)
def test_a_wrong_server_is_a_policy_error(listed, mount, told):
    with pytest.raises(PolicyError) as caught:
        policy(document({"GET /pets": {}}, servers=listed), api={"mount": mount})
    assert told in str(caught.value)


@pytest.mark.parametrize("name", ["securty", "Security", "server", "x-allow"])
def test_a_slip_in_the_document_itself(name):
    with pytest.raises(PolicyError, match=f"api.openapi#/{name}: "):
        policy(document({"GET /pets": {}}, **{name: []}))


def test_names_that_are_like_none_are_left_alone():
    told = {"GET /pets": {"produces": ["a/b"], "schemes": ["https"], "consumes": []}}
    assert policy(document(told, basePath="/v1", host="x", definitions={})).routes


def test_a_documented_trace_needs_the_method():
    assert policy(document({"TRACE /pets": {}}), api={"methods": ["TRACE"]}).routes


#: Templates, the policy's own match for them, requests, and whether they find the operation.
NEAREST = [
    ("/files/{name}.json", "/files/{file}", {"/files/a.json": 200, "/files/a": 200, "/files": 404}),
    ("/compare/{a}...{b}", "/compare/{a_b}", {"/compare/a...b": 200}),
]


@pytest.mark.parametrize(("template", "match", "requests"), NEAREST)
@pytest.mark.parametrize("own", [True, False], ids=["by a route", "by the option"])
def test_what_cannot_be_expressed_is_taken_as_the_nearest_on_demand(template, match, requests, own):
    tables = {"routes": [{"match": f"GET {match}"}]} if own else {}
    tables |= {} if own else {"api": {"openapi_templates": "nearest"}}
    request = requester(document({f"GET {template}": {}}), **tables)
    assert {path: request(f"GET {path}").status_code for path in requests} == requests


def test_what_can_never_match_is_refused_even_then():
    with pytest.raises(PolicyError, match="can never match"):
        policy(document({"GET /#x": {}}), api={"openapi_templates": "nearest"})


SECURED = {
    "GET /pets/{id}": {"operationId": "show", "security": [{"oauth": ["pets:read"]}]},
    "PUT /pets/{id}": {"security": [{"oauth": ["pets:write"]}], **body({"type": "object"})},
    "GET /pets": {"security": [{"oauth": ["pets:read"]}]},
}


def allowed(found):
    return {m: route.allow for route in found.routes for m in _matches(route)}


def _matches(route):
    return [route.match] if isinstance(route.match, str) else route.match


#: A table of the policy, and what becomes of whom a request is allowed to.
OVERRIDES = {
    "another name for the variable": (
        {"match": "GET /pets/{pet}", "allow": ["role:vet"]},
        {"GET /pets/{pet}": ["role:vet"]},
    ),
    "a converter": (
        {"match": "GET /pets/{pet:int}", "allow": ["role:vet"]},
        {"GET /pets/{pet:int}": ["role:vet"]},
    ),
    "a slash at the end": (
        {"match": "GET /pets/", "allow": ["role:vet"]},
        {"GET /pets/": ["role:vet"]},
    ),
    "other keys only": (
        {"match": "GET /pets", "deny": ["role:banned"]},
        {"GET /pets": ["scheme:bearer & scope:pets:read"]},
    ),
    "two methods": (
        {"match": "GET,PUT /pets/{id}", "deny": ["role:banned"]},
        {
            "GET /pets/{id}": ["scheme:bearer & scope:pets:read"],
            "PUT /pets/{id}": ["scheme:bearer & scope:pets:write"],
        },
    ),
    "one that is documented and one that is not": (
        {"match": ["GET /pets", "DELETE /pets"], "allow": ["role:vet"]},
        {"GET /pets": ["role:vet"], "DELETE /pets": ["role:vet"]},
    ),
    "one that is not": (
        {"match": "GET /vets"},
        {"GET /vets": None},
    ),
    "any method": (
        {"match": "* /pets", "allow": ["role:vet"]},
        {"* /pets": ["role:vet"], "GET /pets": ["scheme:bearer & scope:pets:read"]},
    ),
}


@pytest.mark.parametrize(("table", "expected"), list(OVERRIDES.values()), ids=list(OVERRIDES))
def test_a_route_of_the_policy_overrides_key_by_key(table, expected):
    found = allowed(policy(document(SECURED), routes=[table]))
    assert found | expected == found
    added = [match for match in expected if match in ("GET /vets", "* /pets", "DELETE /pets")]
    assert len(found) == len(SECURED) + len(added)


#: A match of the policy, and what becomes of it: its converters win, where it has any.
INHERITED = {
    "GET /{pet}/files/{p}": "GET /{pet:int}/files/{p:path}",
    "GET /{id:uuid}/files/{path:path}": "GET /{id:uuid}/files/{path:path}",
    "GET /{id}/files/{x:int}": "GET /{id:int}/files/{x:int}",
}


@pytest.mark.parametrize(("match", "expected"), INHERITED.items())
def test_an_override_keeps_the_converters(match, expected):
    parameters = [parameter("id", NAT), parameter("p", **{"x-multi-segment": True})]
    told = document({"GET /{id}/files/{p}": {"parameters": parameters}})
    (route,) = policy(told, routes=[{"match": match}]).routes
    assert route.match == expected


def test_an_override_keeps_name_and_body():
    routes = [{"match": "PUT /pets/{id}", "allow": "authenticated"}, {"match": "GET /pets/{id}"}]
    found = policy(document(SECURED), routes=routes)
    assert found.routes[0].body is not None
    assert found.routes[1].name == "show"
    assert found.routes[0].where == "routes[0]"
    assert found.routes[0].origin == "api.openapi#/paths/~1pets~1{id}/put"


def test_an_operation_at_two_servers_is_overridden_at_one():
    told = {**document(SECURED), "servers": [{"url": "/v1"}, {"url": "/v2/"}]}
    found = allowed(policy(told, routes=[{"match": "GET /v1/pets/{i}", "allow": ["role:vet"]}]))
    assert found["GET /v1/pets/{i}"] == ["role:vet"]
    assert found["GET /v2/pets/{id}"] == ["scheme:bearer & scope:pets:read"]
    assert len(found) == 2 * len(SECURED)


def test_of_two_that_look_alike_that_one_is_overridden_which_takes_the_same():
    told = {
        "GET /pets/{id}": {"parameters": [parameter("id", NAT)], "operationId": "by id"},
        "GET /pets/{name}": {"operationId": "by name"},
    }
    table = {"match": "GET /pets/{n}", "deny": ["role:banned"]}
    found = {r.name: r.deny for r in policy(document(told), routes=[table]).routes}
    assert found == {"by id": (), "by name": ["role:banned"]}


def test_requests_reach_their_operations():
    request = requester(document(SECURED))
    answer = request("GET /pets/5", **bearer("pets:read"))
    assert answer.get_json() == {"route": "show", "variables": {"id": "5"}, "body": ""}
    assert request("GET /pets/5", **bearer()).status_code == 403
    assert request("GET /pets/5").status_code == 401
    assert request("DELETE /pets/5", **bearer("pets:read")).status_code == 405
    assert request("DELETE /pets/5").headers["Allow"] == "GET, HEAD, PUT, OPTIONS"
    assert request("GET /vets").status_code == 404


def test_a_policy_of_a_dict_is_the_same():
    tables = {"api": {"openapi": document({"GET /pets": {}}, security=[{}])}}
    assert [route.allow for route in Policy(tables).routes] == [["everyone"]]


@pytest.mark.parametrize("key", ["openapi_base", "openapi_unsecured", "security"])
def test_keys_about_a_document_need_one(key):
    values = {"openapi_base": "/v1", "openapi_unsecured": "everyone", "security": {}}
    with pytest.raises(PolicyError, match=f"api.{key}: says nothing without openapi"):
        Policy({"api": {key: values[key]}})


WRONG_KEYS = {
    "no path": ({"openapi": 5}, "api.openapi: must be the path of an OpenAPI document"),
    "an empty path": ({"openapi": ""}, "api.openapi: must be the path"),
    "a base without a slash": ({"openapi_base": "v1"}, "api.openapi_base: must be a prefix"),
    "a base in a list": ({"openapi_base": ["v1"]}, "api.openapi_base[0]: must be a prefix"),
    "no one": ({"openapi_unsecured": "nobody"}, 'api.openapi_unsecured: must be "everyone"'),
    "a scheme that is none": ({"security": {"a": True}}, "api.security.a: must be a scheme"),
}


@pytest.mark.parametrize(("api", "told"), list(WRONG_KEYS.values()), ids=list(WRONG_KEYS))
def test_wrong_keys(api, told):
    with pytest.raises(PolicyError) as caught:
        Policy({"api": {"openapi": document({"GET /pets": {}}), **api}})
    assert told in str(caught.value)
