"""`security` as principals: which scheme, which scopes, and what is refused at the start."""

import pytest

from statusware import PolicyError

from .tools import AUTH, KEYS, SCHEMES, SECRET, bearer, document, policy, requester

KEY = {"x-api-key": "k"}


def operation(security=..., **more):
    return {"GET /pets/{id}": {} | ({} if security is ... else {"security": security}) | more}


def allow(told, version="3.1.0", default=(), **tables):
    (route,) = policy(document(told, version=version, security=default), **tables).routes
    return route.allow


#: What an operation says, and the principals that it becomes.
ALLOWED = {
    "bearer": ([{"token": []}], ["scheme:bearer"]),
    "a key": ([{"key": []}], ["scheme:api_key"]),
    "scopes": ([{"oauth": ["pets:read"]}], ["scheme:bearer & scope:pets:read"]),
    "two scopes": ([{"oauth": ["a", "b"]}], ["scheme:bearer & scope:a & scope:b"]),
    "any of": ([{"oauth": ["a"]}, {"key": []}], ["scheme:bearer & scope:a", "scheme:api_key"]),
    "any of two scopes": (
        [{"oauth": ["a"]}, {"oauth": ["b"]}],
        ["scheme:bearer & scope:a", "scheme:bearer & scope:b"],
    ),
    "all of, for one of ours": (
        [{"oauth": ["a"], "openid": ["b"]}],
        ["scheme:bearer & scope:a & scope:b"],
    ),
    "nothing asked": ([], ["everyone"]),
    "an empty requirement": ([{}], ["everyone"]),
    "credentials if there are any": ([{"token": []}, {}], ["everyone"]),
    "the same twice": ([{"token": []}, {"token": []}], ["scheme:bearer"]),
    "roles, since 3.1": ([{"token": ["vet"]}], ["scheme:bearer & role:vet"]),
}


@pytest.mark.parametrize(("said", "expected"), list(ALLOWED.values()), ids=list(ALLOWED))
def test_security(said, expected):
    assert allow(operation(said)) == expected
    assert allow(operation(), default=said) == expected


def test_an_operation_overrides_the_document():
    assert allow(operation([]), default=[{"token": []}]) == ["everyone"]


def test_the_default_of_the_policy_is_for_what_says_nothing():
    api = {"openapi_unsecured": "authenticated"}
    assert allow(operation(), default=None, api=api) == ["authenticated"]
    assert allow(operation([]), default=None, api=api) == ["everyone"]
    assert allow(operation([{"key": []}]), default=None, api=api) == ["scheme:api_key"]


PRINCIPALS = {
    "a word": ("role:vet", ["role:vet"]),
    "a list": (["role:vet", "user:{id}"], ["role:vet", "user:{id}"]),
    "everyone": (["everyone"], ["everyone"]),
}


@pytest.mark.parametrize(("own", "expected"), list(PRINCIPALS.values()), ids=list(PRINCIPALS))
@pytest.mark.parametrize("said", [..., [], [{"key": []}]], ids=["none", "open", "a key"])
def test_x_allow_stands_in_its_place(own, expected, said):
    assert allow(operation(said, **{"x-allow": own}), default=None) == expected


def test_x_allow_may_name_a_variable_that_had_to_be_renamed():
    told = {"GET /pets/{pet-id}": {"x-allow": "user:{pet-id}"}}
    assert allow(told) == ["user:{pet_id}"]


def test_a_route_of_the_policy_makes_security_needless():
    routes = [{"match": "GET /pets/{id}", "allow": ["role:vet"]}]
    assert allow(operation([{"cookie": []}]), routes=routes) == ["role:vet"]


TWO = {"bearer": [{"secret": SECRET}, {"secret": SECRET[::-1]}]}
SESSION = {"verify": "tests.openapi.test_security:nobody", "ambient": True}

#: What `[auth]` and `[api] security` say, what is asked, and the principals.
MAPPED = {
    "by name": ({"token": "api_key"}, AUTH, [{"token": []}], ["scheme:api_key"]),
    "several": (
        {"token": ["bearer", "bearer-2"]},
        TWO,
        [{"token": []}],
        ["scheme:bearer", "scheme:bearer-2"],
    ),
    "a cookie": ({"cookie": "session"}, {"session": SESSION}, [{"cookie": []}], ["scheme:session"]),
    "a name that is the same": ({}, {"cookie": SESSION}, [{"cookie": []}], ["scheme:cookie"]),
    "one that nobody can show here": (
        {"cookie": False},
        AUTH,
        [{"cookie": []}, {"token": []}, {"token": [], "cookie": []}],
        ["scheme:bearer"],
    ),
    "two of theirs that are one of ours": (
        {"key": "bearer"},
        AUTH,
        [{"key": [], "token": []}],
        ["scheme:bearer"],
    ),
    "a key in a header of another name": (
        {},
        {"partner": {"verify": "tests.openapi.test_security:nobody", "header": "X-API-Key"}},
        [{"key": []}],
        ["scheme:partner"],
    ),
    "the same name among several": (
        {},
        {"bearer": [{"secret": SECRET}, {"secret": SECRET[::-1], "name": "token"}]},
        [{"token": []}],
        ["scheme:token"],
    ),
}


def nobody(environ):
    """A scheme of the app's own."""


@pytest.mark.parametrize(("named", "auth", "said", "expected"), MAPPED.values(), ids=MAPPED)
def test_schemes_are_mapped(named, auth, said, expected):
    assert allow(operation(said), auth=auth, api={"security": named}) == expected


#: What is wrong: what the operation says, what the policy says, and the line.
WRONG = {
    "nothing": (
        operation(),
        {},
        ["#/paths/~1pets~1{id}/get: says nothing of security", 'openapi_unsecured = "authent'],
    ),
    "no list": (operation({}), {}, ["get/security: must be a list"]),
    "null": (operation(None), {}, ["get/security: must be a list"]),
    "no requirement": (operation(["token"]), {}, ["get/security/0: must be an object"]),
    "no scopes": (operation([{"token": None}]), {}, ["security/0/token: must be a list"]),
    "an unknown scheme": (
        operation([{"tokn": []}]),
        {},
        ["security/0/tokn: 'tokn' is no security scheme", '"token"'],
    ),
    "a scheme without one of ours": (
        operation([{"cookie": []}]),
        {},
        ["#/components/securitySchemes/cookie: has no scheme in [auth]", 'security = {cookie = "'],
    ),
    "no [auth]": (operation([{"token": []}]), {"auth": {}}, ["/token: has no scheme in [auth]"]),
    "one of several": (
        operation([{"token": []}]),
        {"auth": TWO},
        ["/token: may be bearer or bearer-2 of [auth]", 'security = {token = "bearer"}'],
    ),
    "a key in another header": (
        operation([{"key": []}]),
        {"auth": {"api_key": {"keys": KEYS, "header": "X-Key"}}},
        ["/key: has no scheme in [auth]"],
    ),
    "a key in the query": (
        operation([{"query": []}]),
        {},
        ["/query: has no scheme in [auth]"],
    ),
    "another name for bearer": (
        operation([{"token": []}]),
        {"auth": {"bearer": {"secret": SECRET, "scheme": "Token"}}},
        ["/token: has no scheme in [auth]"],
    ),
    "two at once": (
        operation([{"token": [], "key": []}]),
        {},
        ["get/security/0: asks for two schemes at once"],
    ),
    "only what nobody can show": (
        operation([{"cookie": []}]),
        {"api": {"security": {"cookie": False}}},
        ["get/security: nobody can show what it asks for"],
    ),
    "a scope that says more": (
        operation([{"oauth": ["a&role:admin"]}]),
        {},
        ["security/0/oauth: 'a&role:admin' is no scope"],
    ),
    "a scope with a variable": (operation([{"oauth": ["{id}"]}]), {}, ["'{id}' is no scope"]),
    "a scope with a blank": (operation([{"oauth": ["a b"]}]), {}, ["'a b' is no scope"]),
    "a role that says more": (operation([{"token": ["a & b"]}]), {}, ["'a & b' is no role"]),
    "an unknown type": (
        operation([{"odd": []}]),
        {},
        ["securitySchemes/odd/type: 'htp' is unknown", '"http"'],
    ),
    "an empty list": (operation([], **{"x-allow": []}), {}, ["get/x-allow: is empty"]),
    "no principal": (
        operation([], **{"x-allow": ["everyon"]}),
        {},
        ["get/x-allow: 'everyon' is no principal", '"everyone"'],
    ),
    "no words": (operation([], **{"x-allow": 5}), {}, ["get/x-allow: must be a list"]),
    "a variable that is not there": (
        operation([], **{"x-allow": "user:{idd}"}),
        {},
        ["get/x-allow: 'user:{idd}' names an unknown path variable", '"id"'],
    ),
    "theirs that is not there": (
        operation([]),
        {"api": {"security": {"tokn": "bearer"}}},
        ["api.security.tokn: is no security scheme of the document", '"token"'],
    ),
    "ours that is not there": (
        operation([]),
        {"api": {"security": {"token": "bearr"}}},
        ["api.security.token: 'bearr' is no scheme of [auth]", '"bearer"'],
    ),
}


ODD = {
    "odd": {"type": "htp"},
    "query": {"type": "apiKey", "in": "query", "name": "X-API-Key"},
}


@pytest.mark.parametrize(("told", "tables", "expected"), list(WRONG.values()), ids=list(WRONG))
def test_what_is_wrong_is_a_policy_error(told, tables, expected):
    odd = {"securitySchemes": SCHEMES | ODD}
    with pytest.raises(PolicyError) as caught:
        policy(document(told, security=None, components=odd), **tables)
    for part in expected:
        assert part in str(caught.value)


def test_roles_are_none_before_3_1():
    with pytest.raises(PolicyError, match="'token' has no scopes; the list has to be empty"):
        allow(operation([{"token": ["vet"]}]), version="3.0.3")


#: Who asks, and the status: the operation wants a scope of a token, or a key.
ASKED = {
    "nobody": ({}, 401),
    "a token with the scope": (bearer("pets:read"), 200),
    "a token without": (bearer("pets:write"), 403),
    "a key": (KEY, 200),
    "both": (bearer("pets:read") | KEY, 400),
}


@pytest.mark.parametrize(("headers", "status"), list(ASKED.values()), ids=list(ASKED))
def test_any_of(headers, status):
    request = requester(document(operation([{"oauth": ["pets:read"]}, {"key": []}])))
    assert request("GET /pets/5", **headers).status_code == status


def test_a_key_does_not_do_where_a_token_is_asked_for():
    request = requester(document(operation([{"token": []}])))
    assert request("GET /pets/5", **KEY).status_code == 403
    assert request("GET /pets/5", **bearer()).status_code == 200
