"""Every layer alone and all of them together, around four kinds of app: the whole table.

"app" stands for what the bare app answers to the same request. wsgiref's validator watches
both sides of the layer.
"""

import time

import jwt
import pytest
from werkzeug.test import Client

from statusware import (
    AccessControl,
    Authentication,
    Bearer,
    ErrorEnvelope,
    JSONBody,
    Routing,
    stack,
    wrap,
)
from tests.apps import APPS, validated

SECRET = "0123456789abcdef0123456789abcdef"
SCHEMA = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}

POLICY = {
    "auth": {"bearer": {"secret": SECRET}},
    "routes": [
        {"match": "GET /recipes", "allow": ["everyone"]},
        {"match": "POST /recipes", "allow": ["role:editor"], "body": SCHEMA},
    ],
}

LAYERS = {
    "ErrorEnvelope": lambda app: ErrorEnvelope(app),
    "Routing": lambda app: Routing(app, ["GET,POST /recipes"]),
    "Authentication": lambda app: Authentication(
        app, Bearer(secret=SECRET), public=["GET /recipes"]
    ),
    "AccessControl": lambda app: AccessControl(
        app, {"GET /recipes": "everyone", "POST /recipes": ["role:editor"]}
    ),
    "JSONBody": lambda app: JSONBody(app, {"POST /recipes": SCHEMA}),
}
#: The same five, composed by hand and by a policy.
STACKS = {
    "stack": lambda app: stack(app, *LAYERS.values()),
    "wrap": lambda app: wrap(app, POLICY),
}


def token(role):
    claims = {"sub": "ann", "roles": [role], "exp": int(time.time()) + 86_400}
    return {"Authorization": f"Bearer {jwt.encode(claims, SECRET, 'HS256')}"}


EDITOR, READER = token("editor"), token("reader")
BAD = {"Authorization": "Bearer a.b.c"}

REQUESTS = {
    "read": {"method": "GET", "path": "/recipes"},
    "head": {"method": "HEAD", "path": "/recipes"},
    "unknown path": {"method": "GET", "path": "/nope"},
    "other method": {"method": "DELETE", "path": "/recipes"},
    "options": {"method": "OPTIONS", "path": "/recipes"},
    "unknown method": {"method": "TRACE", "path": "/recipes"},
    "ambiguous path": {"method": "GET", "path": "/x/../recipes"},
    "anonymous": {"method": "POST", "path": "/recipes", "json": {"name": "Stew"}},
    "bad token": {"method": "POST", "path": "/recipes", "json": {"name": "Stew"}, "headers": BAD},
    "bad token in public": {"method": "GET", "path": "/recipes", "headers": BAD},
    "reader": {"method": "POST", "path": "/recipes", "json": {"name": "Stew"}, "headers": READER},
    "editor": {"method": "POST", "path": "/recipes", "json": {"name": "Stew"}, "headers": EDITOR},
    "bad body": {"method": "POST", "path": "/recipes", "json": {}, "headers": EDITOR},
    "bad body, anonymous": {"method": "POST", "path": "/recipes", "json": {}},
    "no JSON": {"method": "POST", "path": "/recipes", "data": b"name=Stew", "headers": EDITOR},
}

TABLE = """
                     ErrorEnvelope Routing Authentication AccessControl JSONBody  stack
read                 app           app     app            app           app       app
head                 app           app     app            app           app       app
unknown path         app           404     401            403           app       404
other method         app           405     401            403           app       405
options              app           204     401            403           app       204
unknown method       app           501     501            501           501       501
ambiguous path       app           400     400            400           400       400
anonymous            app           app     401            403           app       401
bad token            app           app     401            403           app       401
bad token in public  app           app     app            app           app       app
reader               app           app     app            403           app       403
editor               app           app     app            403           app       app
bad body             app           app     app            403           400       400
bad body, anonymous  app           app     401            403           400       401
no JSON              app           app     app            403           415       415
"""

#: The header without which an answer of this status is incomplete.
COMPLETE = {401: "WWW-Authenticate", 405: "Allow", 415: "Accept"}


def cells():
    header, *rows = TABLE.strip("\n").splitlines()
    names = header.split()
    for row in rows:
        request, answers = row[:21].strip(), row[21:].split()
        for name, answer in zip(names, answers, strict=True):
            for made in STACKS if name == "stack" else [name]:
                yield request, made, answer


@pytest.fixture(params=APPS)
def app(request):
    return APPS[request.param]()


@pytest.mark.parametrize(("request_name", "layer", "expected"), list(cells()))
def test_table(app, request_name, layer, expected):
    sent = REQUESTS[request_name]
    wrapped = validated(app, {**LAYERS, **STACKS}[layer])
    answer = Client(wrapped).open(**sent, buffered=True)
    if expected == "app":
        bare = Client(app).open(**sent)
        assert answer.status_code == bare.status_code
        if bare.status_code < 400:
            assert answer.data == bare.data
            assert answer.headers == bare.headers
    else:
        assert answer.status_code == int(expected)
        if answer.status_code != 204:
            assert answer.content_type == "application/problem+json"
            assert answer.json["status"] == answer.status_code
            assert answer.json["request_id"] == answer.headers["X-Request-ID"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert COMPLETE.get(answer.status_code, "Cache-Control") in answer.headers


def test_every_request_has_a_row():
    assert {request for request, _, _ in cells()} == set(REQUESTS)


@pytest.mark.parametrize("layer", ["AccessControl", "JSONBody"])
def test_unknown_methods_elsewhere_are_for_routing_alone(layer):
    made = {
        "AccessControl": lambda app: AccessControl(
            app, {"POST /recipes": ["role:editor"]}, unlisted="pass"
        ),
        "JSONBody": LAYERS["JSONBody"],
    }[layer]
    client = Client(made(APPS["bare"]()))
    assert client.open("/other", method="PROPFIND").data == b"not here"
    assert client.open("/recipes", method="PROPFIND").json["code"] == "method-not-implemented"


def test_a_guard_that_is_called_in_its_own_way_stays_in_the_row():
    class Counting(Routing):
        calls = 0

        def __call__(self, environ, start_response):
            type(self).calls += 1
            return super().__call__(environ, start_response)

    app = AccessControl(Counting(APPS["bare"](), ["GET /recipes"]), {"GET /recipes": "everyone"})
    assert Client(app).get("/recipes").status_code == 200
    assert Counting.calls == 1
