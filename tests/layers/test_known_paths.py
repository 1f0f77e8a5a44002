"""Paths that were read before: what is remembered decides as reading would, and stays small."""

from __future__ import annotations

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
