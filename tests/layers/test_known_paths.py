"""Paths that were read before: what is remembered decides as reading would, and stays small."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest
from werkzeug.test import Client

from statusware import AccessControl, Authentication, Identity, Problem, Routing, stack, wrap
from statusware.auth.custom import Custom
from statusware.layers import routing
from statusware.layers.guard import Guard
from statusware.rules import Route, RouteTable

ROUTES = {
    "GET /open/{name}": {"allow": ["everyone"]},
    "GET,POST /own/{name}": {"allow": ["user:{name}"]},
    "GET /hidden/{name}": {"allow": ["role:admin"], "hide": True},
    "POST /role": {"allow": ["role:admin"], "deny": ["role:gone"]},
}


def app(environ: Any, start_response: Any) -> list[bytes]:
    match = environ["statusware.route"]
    body = f"{match.name} {dict(match.variables)} {environ.get('REMOTE_USER')}".encode()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body]


def identify(environ: Any) -> Identity | None:
    user = environ.get("HTTP_X_USER")
    return (
        Identity(user, roles=frozenset(environ.get("HTTP_X_ROLES", "").split())) if user else None
    )


def policy() -> dict[str, Any]:
    return {
        "auth": {"own": {"verify": identify, "header": "X-User"}},
        "routes": [{"match": match, **rule} for match, rule in ROUTES.items()],
    }


REQUESTS = [
    (method, path, who)
    for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS", "FOO")
    for path in ("/open/a", "/open/a/", "/own/ann", "/own/bob", "/hidden/x", "/role", "/no", "/open/a//b")
    for who in (
        {},
        {"X-User": "ann"},
        {"X-User": "ann", "X-Roles": "admin"},
        {"X-User": "ann", "X-Roles": "admin gone"},
        {"X-HTTP-Method-Override": "DELETE"},
        {"X-HTTP-Method-Override": "POST", "X-User": "ann"},
        {"X-Remote-User": "eve"},
    )
]  # fmt: skip


def seen(client: Client, method: str, path: str, headers: dict[str, str]) -> tuple[Any, ...]:
    found = client.open(path, method=method, headers={**headers, "X-Request-ID": "a1"})
    fields = [field for field in found.headers if field[0] != "Date"]
    return found.status, fields, found.get_data()


def test_a_path_that_is_known_decides_as_one_that_is_not():
    known = Client(wrap(app, policy()))
    for _ in range(2):
        for request in REQUESTS:
            fresh = Client(wrap(app, policy()))
            assert seen(known, *request) == seen(fresh, *request), request


def routed(*more: Any, **options: Any) -> Any:
    table = RouteTable(["GET /items/{id:int}", "GET /items"], **options)
    return stack(app, lambda inner: Routing(inner, table), *more), table


def test_what_is_remembered_is_bounded():
    stacked, _ = routed()
    client = Client(stacked)
    for number in range(3 * routing.KNOWN):
        client.get(f"/items/{number}")
        assert len(stacked._known) <= routing.KNOWN
    client.get("/items/" + "1" * routing.LONGEST)
    assert max(map(len, stacked._known)) <= routing.LONGEST
    client.get("/unlisted")
    assert "/unlisted" not in stacked._known


def test_an_app_cannot_change_what_a_path_means_for_others():
    def spoil(environ: Any, start_response: Any) -> list[bytes]:
        with pytest.raises(TypeError):
            environ["statusware.route"].variables["id"] = "2"
        return app(environ, start_response)

    client = Client(Routing(spoil, ["GET /items/{id:int}"]))
    for _ in range(2):
        assert b"{'id': '1'}" in client.get("/items/1").data


def test_another_mount_is_told_for_known_paths_too():
    stacked, _ = routed(mount="")
    client = Client(stacked)
    assert client.get("/items").status_code == 200
    assert client.get("/items", environ_overrides={"SCRIPT_NAME": "/x"}).status_code == 400


def test_a_subclass_with_a_check_of_its_own_is_asked_each_time():
    class Closed(AccessControl):
        def check(self, environ: Any) -> None:
            raise Problem(403)

    class Narrow(Routing):
        def check(self, environ: Any) -> Any:
            answer = super().check(environ)
            return Problem(404) if environ["QUERY_STRING"] == "no" else answer

    table = RouteTable([Route("GET /items", allow=["everyone"])])
    stacked = stack(app, lambda inner: Routing(inner, table), lambda inner: Closed(inner, table))
    for _ in range(2):
        assert Client(stacked).get("/items").status_code == 403
    narrow = Client(Narrow(app, ["GET /items"]))
    for _ in range(2):
        assert narrow.get("/items").status_code == 200
        assert narrow.get("/items?no").status_code == 404


def test_a_guard_of_somebody_elses_between_them_is_asked_each_time():
    asked = []

    class Counting(Guard):
        def check(self, environ: Any) -> None:
            asked.append(environ["PATH_INFO"])

    table = RouteTable(["GET /items"])
    stacked = stack(app, lambda inner: Routing(inner, table), Counting)
    for _ in range(3):
        Client(stacked).get("/items")
    assert asked == ["/items"] * 3


def test_layers_with_tables_of_their_own_decide_by_those():
    schemes = [Custom(identify, header="X-User", name="own")]
    stacked = stack(
        app,
        lambda inner: Routing(inner, ["GET /items"]),
        lambda inner: Authentication(inner, *schemes, public=["GET /other"]),
    )
    for _ in range(2):
        assert Client(stacked).get("/items").status_code == 401
        assert Client(stacked).get("/items", headers={"X-User": "ann"}).status_code == 200


def test_a_request_without_path_is_the_root():
    stacked = Routing(app, ["GET /"])
    told: list[str] = []
    for _ in range(2):
        environ = {"REQUEST_METHOD": "GET", "QUERY_STRING": "", "SCRIPT_NAME": ""}
        stacked(environ, lambda status, headers, exc_info=None: told.append(status))
    assert told == ["200 OK"] * 2


def test_the_trace_is_told_for_known_paths_too(caplog: pytest.LogCaptureFixture):
    client = Client(wrap(app, policy()))
    client.get("/open/a")
    with caplog.at_level(logging.DEBUG, "statusware.trace"):
        client.get("/open/a")
    assert any("Routing" in record.getMessage() for record in caplog.records)


PREFLIGHT = {"Origin": "https://app.example", "Access-Control-Request-Method": "GET"}


@pytest.mark.parametrize("match", ["* /items", "GET,OPTIONS /items"])
def test_a_preflight_is_never_the_apps_though_its_path_is_known(match: str):
    own = {"own": {"verify": identify, "header": "X-User"}}
    cors = {"origins": ["https://app.example"]}
    client = Client(wrap(app, {"auth": own, "cors": cors, "routes": [{"match": match}]}))
    for _ in range(2):
        found = client.options("/items", headers=PREFLIGHT)
        assert (found.status_code, found.data) == (204, b"")
        assert client.options("/items").status_code == 401
        assert client.options("/items", headers={"X-User": "ann"}).status_code == 200


def test_several_methods_are_refused_on_a_known_path_too(caplog: pytest.LogCaptureFixture):
    """By the layer itself, which alone has nobody around it to catch anything."""
    client = Client(Routing(app, ["GET,POST /items"]))
    for _ in range(3):
        assert client.get("/items").status_code == 200
        with caplog.at_level(logging.INFO, "statusware.routing"):
            found = client.get("/items?_method=POST&_method=PUT")
        assert found.status_code == 400
        assert "ambiguous-path" in caplog.records[-1].getMessage()


def test_a_layer_with_a_table_of_its_own_changes_no_rule_of_the_others():
    table = RouteTable([Route("GET /a", allow=["everyone"]), Route("GET /b", allow=["role:admin"])])
    for number in (1, 2, 5):  # the index of what the layer between them finds
        own = {**{f"GET /{at}": ["everyone"] for at in range(number - 1)}, "GET /b": ["everyone"]}

        def between(inner: Any, own: Any = own) -> Any:
            return AccessControl(inner, own, unlisted="pass")

        client = Client(
            stack(
                app,
                lambda inner: Routing(inner, table),
                between,
                lambda inner: AccessControl(inner, table),
            )
        )
        assert [client.get("/b").status_code for _ in range(3)] == [403] * 3


def test_a_path_of_none_is_the_root_too():
    stacked = Routing(app, ["GET /"])
    told: list[str] = []
    for _ in range(2):
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": None}
        stacked(environ, lambda status, headers, exc_info=None: told.append(status))
    assert told == ["200 OK"] * 2


@pytest.mark.parametrize(
    "empty",
    ["PATH_INFO", "QUERY_STRING", "CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_ACCEPT",
     "HTTP_X_REQUEST_ID", "HTTP_TRACEPARENT", "HTTP_AUTHORIZATION", "HTTP_TRANSFER_ENCODING"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_what_is_none_counts_as_missing(empty: str, method: str):
    """Against PEP 3333, but test clients and other middleware leave it so."""
    rules = {
        "auth": {"own": {"verify": identify, "header": "X-User"}},
        "routes": [
            {"match": "GET /", "allow": ["everyone"]},
            {"match": "POST /", "allow": ["everyone"], "body": {}, "body_optional": True},
        ],
    }
    stacked = wrap(app, rules)
    told: list[str] = []
    for value in ({}, {empty: None}, {empty: None}):
        environ = {"REQUEST_METHOD": method, "wsgi.input": io.BytesIO(b""), **value}
        list(stacked(environ, lambda status, headers, exc_info=None: told.append(status)))
    assert told == [told[0]] * 3
    assert told[0][:3] in ("200", "405")
