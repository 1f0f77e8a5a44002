"""The layer: what it demands, what it leaves in the environ, and what it hides."""

from __future__ import annotations

import logging
import socket
from typing import Any

import pytest

from statusware import PolicyError, Problem
from statusware.auth.bearer import Bearer
from statusware.auth.custom import Custom
from statusware.auth.identity import Identity
from statusware.auth.proxy import Proxy, RemoteUser
from statusware.auth.scheme import unavailable
from statusware.layers.authentication import Authentication
from statusware.layers.routing import Routing
from statusware.rules import Route, RouteTable

from .forge import SECRET, claims, token
from .wsgi import Answer, app, call, environ


def auth(**headers: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {token()}"} | headers


def alone(**options: Any) -> Authentication:
    return Authentication(app, Bearer(secret=SECRET), **options)


def table(*routes: Route, **options: Any) -> RouteTable:
    return RouteTable(routes, **options)


def test_alone_it_demands_credentials_everywhere() -> None:
    answer = call(alone(), path="/anything")
    assert (answer.status, answer.code) == (401, "missing-credentials")
    assert answer.all("WWW-Authenticate") == ['Bearer realm="api"']
    assert call(alone(), **auth()).json["user"] == "ann"


def test_but_on_public_matches() -> None:
    layer = alone(public=["GET /recipes", "GET /recipes/{id:int}"])
    for method, path, status in [
        ("GET", "/recipes", 200),
        ("GET", "/recipes/", 200),
        ("GET", "/recipes/5", 200),
        ("POST", "/recipes", 401),
        ("GET", "/recipes/x", 401),
        ("OPTIONS", "/recipes", 401),
        ("GET", "//recipes", 400),
        ("TRACE", "/recipes", 501),
    ]:
        assert call(layer, method, path).status == status, (method, path)
    assert call(layer, "GET", "/recipes", HTTP_X_HTTP_METHOD_OVERRIDE="DELETE").status == 401


def test_public_leaves_the_route_that_routing_found() -> None:
    stacked = Routing(alone(public=["GET /{x}"]), ["GET /{name}"])
    assert call(stacked, path="/a").json["route"] == "/{name}"
    assert call(alone(public=["GET /{x}"]), path="/a").json["route"] is None


BAD = {
    "forged": f"Bearer {token(secret='x' * 32)}",
    "expired": f"Bearer {token(claims(exp=5))}",
    "malformed": "Bearer a,Bearer b",
    "overlong": "Bearer " + "a" * 9000,
    "other scheme": "Digest a=b",
}


@pytest.mark.parametrize("kind", BAD)
def test_on_open_routes_nothing_refuses(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = call(alone(public=["GET /"]), HTTP_AUTHORIZATION=BAD[kind])
    assert (answer.status, answer.json["user"]) == (200, None)
    assert len(caplog.records) == (kind != "other scheme")
    assert BAD[kind].split()[1] not in caplog.text


@pytest.mark.parametrize(
    ("kind", "status", "code", "error"),
    [
        ("forged", 401, "invalid-credentials", ', error="invalid_token"'),
        ("expired", 401, "expired-credentials", ', error="invalid_token"'),
        ("malformed", 400, "invalid-request", ', error="invalid_request"'),
        ("overlong", 400, "invalid-request", ', error="invalid_request"'),
        ("other scheme", 401, "missing-credentials", ""),
    ],
)
def test_refusals(kind: str, status: int, code: str, error: str) -> None:
    answer = call(alone(), HTTP_AUTHORIZATION=BAD[kind])
    assert (answer.status, answer.code) == (status, code)
    assert answer.all("WWW-Authenticate") == [f'Bearer realm="api"{error}']
    assert answer.all("Cache-Control") == ["no-store"]


def test_an_open_route_still_knows_who_is_good() -> None:
    assert call(alone(public=["GET /"]), **auth()).json["user"] == "ann"


def test_nobody_brings_an_identity_along() -> None:
    layer = alone(public=["GET /"])
    more = {"REMOTE_USER": "root", "statusware.identity": Identity("root")}
    told = call(layer, **more).json  # type: ignore[arg-type]
    assert (told["user"], told["remote_user"]) == (None, None)
    told = call(layer, **auth(**more)).json  # type: ignore[arg-type]
    assert (told["user"], told["remote_user"]) == ("ann", "ann")


def test_remote_user_is_utf8_as_latin1() -> None:
    value = f"Bearer {token(claims(sub='Zoë'))}"
    assert call(alone(), HTTP_AUTHORIZATION=value).json["remote_user"] == "ZoÃ«"


def test_identity_headers_are_removed() -> None:
    sent = {
        "HTTP_X_REMOTE_USER": "root",
        "HTTP_X.REMOTE.USER": "root",
        "HTTP_X_FORWARDED_USER": "root",
        "HTTP_x_forwarded_user": "root",
        "HTTP_REMOTE_USER": "root",
    }
    for more in ({}, auth()):
        assert call(alone(public=["GET /"]), **sent, **more).json["headers"] == []
    kept = call(alone(public=["GET /"], strip_headers=["X-Other"]), **sent).json["headers"]
    assert len(kept) == 5
    assert call(alone(public=["GET /"]), HTTP_USER_AGENT="x").json["headers"] == ["HTTP_USER_AGENT"]


@pytest.mark.parametrize(
    ("allow", "open_"),
    [
        (["everyone"], True),
        ("everyone", True),
        (["role:x", "everyone & scope:y"], True),
        (["authenticated"], False),
        (None, False),
        (["user:bearer/ann"], False),
    ],
)
def test_routes_are_open_to_everyone_or_not(allow: Any, open_: bool) -> None:
    layer = alone(routes=table(Route("GET /a", allow=allow)))
    assert call(layer, path="/a").status == (200 if open_ else 401)
    assert call(layer, path="/a", **auth()).status == 200


def test_outside_the_policy_nothing_is_touched() -> None:
    layer = alone(routes=table(Route("POST /a"), unlisted="pass"))
    told = call(layer, path="/b", REMOTE_USER="server", HTTP_X_REMOTE_USER="x").json
    assert (told["remote_user"], told["headers"]) == ("server", ["HTTP_X_REMOTE_USER"])
    assert call(layer, path="/a").status == 401  # listed, with another method
    assert call(alone(routes=table(Route("POST /a"))), path="/b").status == 401


def test_a_method_override_needs_both_to_be_open() -> None:
    layer = alone(routes=table(Route("POST /a", allow="everyone"), Route("DELETE /a")))
    assert call(layer, "POST", "/a").status == 200
    for more in ({"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE"}, {"QUERY_STRING": "_method=delete"}):
        assert call(layer, "POST", "/a", **more).status == 401


def bare(answer: Answer) -> tuple[Any, ...]:
    """What is the same in every answer to the unknown: all but the id of the request."""
    told = answer.json | {"request_id": ""}
    same = [h for h in answer.headers if h[0] not in ("X-Request-ID", "Content-Length")]
    return answer.status, told, same


@pytest.mark.parametrize("value", [None, *BAD.values()])
def test_a_hidden_route_is_not_there(value: str | None, caplog: pytest.LogCaptureFixture) -> None:
    routes = table(Route("GET /hidden", hide=True), Route("POST /open", allow="everyone"))
    layer = Routing(alone(routes=routes), routes)
    more = {} if value is None else {"HTTP_AUTHORIZATION": value}
    with caplog.at_level(logging.INFO):
        hidden = call(layer, path="/hidden", **more)
    assert bare(hidden) == bare(call(layer, path="/nothing", **more))
    assert hidden.status == 404
    (told,) = caplog.records  # the log knows why, once
    assert "credentials" in told.getMessage() or "invalid-request" in told.getMessage()


def test_a_hidden_route_hides_an_override_too() -> None:
    routes = table(Route("POST /a", allow="everyone"), Route("DELETE /a", hide=True))
    layer = alone(routes=routes)
    answer = call(layer, "POST", "/a", HTTP_X_HTTP_METHOD_OVERRIDE="DELETE")
    assert (answer.status, answer.all("Allow")) == (405, ["POST, OPTIONS"])


def test_what_cannot_be_verified_is_503() -> None:
    def down(claims: Any) -> bool:
        raise OSError("no database")

    layer = Authentication(app, Bearer(secret=SECRET, check=down), public=["POST /"])
    answer = call(layer, **auth())
    assert (answer.status, answer.code) == (503, "authentication-unavailable")
    assert answer.all("Retry-After") == ["30"]
    assert "database" not in answer.body.decode()
    assert call(layer, "POST", **auth()).json["user"] is None


def test_a_problem_of_the_check_is_the_answer() -> None:
    def tired(claims: Any) -> bool:
        raise Problem(429, "Later.", code="tired", headers=[("Retry-After", claims["jti"])])

    layer = Authentication(app, Bearer(secret=SECRET, check=tired))
    for wait in ("5", "6"):
        answer = call(layer, HTTP_AUTHORIZATION=f"Bearer {token(claims(jti=wait))}")
        assert (answer.status, answer.code, answer.all("Retry-After")) == (429, "tired", [wait])


def test_explain(caplog: pytest.LogCaptureFixture) -> None:
    answer = call(alone(explain=True), HTTP_AUTHORIZATION=BAD["forged"])
    assert "explain is on" in caplog.text
    assert "no key of ours has signed it" in answer.json["detail"]
    assert "signed" not in call(alone(), HTTP_AUTHORIZATION=BAD["forged"]).json["detail"]


def verify(environ: Any) -> Any:
    kind = environ.get("HTTP_X_KIND")
    if kind == "problem":
        raise Problem(403, "Suspended.", code="suspended")
    if kind == "401":
        raise Problem(401)
    if kind == "down":
        raise unavailable("down")
    if kind == "bug":
        raise RuntimeError("secret text")
    return {"ann": Identity("ann", scheme="other"), "wrong": "ann"}.get(kind)


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("", 401, "missing-credentials"),
        ("ann", 200, None),
        ("problem", 403, "suspended"),
        ("401", 401, "unauthorized"),
        ("down", 503, "authentication-unavailable"),
        ("bug", 503, "authentication-unavailable"),
        ("wrong", 503, "authentication-unavailable"),
    ],
)
def test_a_scheme_of_ones_own(kind: str, status: int, code: str | None) -> None:
    scheme = Custom(verify, challenge='Session realm="shop"', name="session")
    answer = call(Authentication(app, scheme), HTTP_X_KIND=kind)
    assert (answer.status, answer.code) == (status, code)
    assert "secret text" not in answer.body.decode()
    if status == 401:
        assert answer.all("WWW-Authenticate") == ['Session realm="shop"']
    if status == 200:
        assert answer.json["scheme"] == "session"


def test_an_ambient_scheme_and_another_site() -> None:
    scheme = Custom(verify, ambient=True)
    layer = Authentication(app, scheme, origins=["https://b.example"], public=["PUT /"])
    evil = {"HTTP_X_KIND": "ann", "HTTP_ORIGIN": "https://evil.example"}
    answer = call(layer, "POST", **evil)
    assert (answer.status, answer.code) == (403, "cross-site-request")
    assert call(layer, "GET", **evil).status == 200
    assert call(layer, "PUT", **evil).json["user"] is None
    for override in ("_method=DELETE", "%5Fmethod=delete", "a=1&_method=DELETE"):
        assert call(layer, "GET", QUERY_STRING=override, **evil).code == "cross-site-request"
    assert call(layer, "POST", **(evil | {"HTTP_ORIGIN": "https://b.example"})).status == 200
    own = Authentication(app, scheme, origin="https://evil.example")
    assert call(own, "POST", **evil).status == 200


PROXY = Proxy(roles="X-Forwarded-Groups", peers=["127.0.0.1", "10.0.0.0/8", "::1", "unix"])


@pytest.mark.parametrize(
    ("peer", "trusted"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, True),
        ({"REMOTE_ADDR": "10.1.2.3"}, True),
        ({"REMOTE_ADDR": "::1"}, True),
        ({"REMOTE_ADDR": "::ffff:127.0.0.1"}, True),
        ({"REMOTE_ADDR": ""}, True),
        ({"REMOTE_ADDR": "192.168.1.1"}, False),
        ({"REMOTE_ADDR": "localhost"}, False),
        ({}, False),
        (
            {
                "REMOTE_ADDR": "127.0.0.1",
                "werkzeug.proxy_fix.orig": {"REMOTE_ADDR": "192.168.1.1"},
            },
            False,
        ),
        (
            {
                "REMOTE_ADDR": "192.168.1.1",
                "werkzeug.proxy_fix.orig": {"REMOTE_ADDR": "127.0.0.1"},
            },
            True,
        ),
    ],
)
def test_a_proxy_is_believed_over_its_own_socket_only(peer: Any, trusted: bool) -> None:
    sent = {"HTTP_X_FORWARDED_USER": "ZoÃ«", "HTTP_X_FORWARDED_GROUPS": "a, b,,"}
    given = environ(**sent) | peer
    if "REMOTE_ADDR" not in peer:
        given.pop("REMOTE_ADDR", None)
    identity = PROXY.authenticate(given)
    if trusted:
        assert identity == Identity("Zoë", "proxy", frozenset({"a", "b"}))
    else:
        assert identity is None
    Authentication(app, PROXY, public=["GET /"]).check(given)
    assert ("HTTP_X_FORWARDED_USER" in given) is trusted


@pytest.mark.parametrize(
    ("peers", "trusted"), [("127.0.0.1", True), ("10.0.0.0/8", False), ("unix", False)]
)
@pytest.mark.parametrize("told", ["127.0.0.1", "10.1.2.3", ""])
def test_where_the_server_lends_its_socket_that_is_asked(
    peers: str, trusted: bool, told: str
) -> None:
    """Two ProxyFix, or another middleware that does what it does, leave nothing to go by."""
    scheme = Proxy(peers=[peers])
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()),
    ):
        ours, _ = server.accept()
        given = environ(HTTP_X_FORWARDED_USER="ann") | {
            "REMOTE_ADDR": told,
            "werkzeug.proxy_fix.orig": {"REMOTE_ADDR": told},
            "gunicorn.socket": ours,
        }
        with ours:
            assert (scheme.authenticate(given) is not None) is trusted
        assert scheme.authenticate(given) is None, "a socket that is closed tells nothing"


@pytest.mark.parametrize(("peers", "trusted"), [("unix", True), ("127.0.0.1", False)])
def test_of_a_unix_socket_as_well(peers: str, trusted: bool) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        given = environ(HTTP_X_FORWARDED_USER="ann") | {"REMOTE_ADDR": "127.0.0.1"}
        given["gunicorn.socket"] = ours
        assert (Proxy(peers=[peers]).authenticate(given) is not None) is trusted


@pytest.mark.parametrize("peer", ["192.168.1.1", "127.0.0.1"])
def test_headers_that_a_proxy_would_set_reach_the_app_from_it_alone(peer: str) -> None:
    """From others, and without a user, they are removed whatever they are called."""
    layer = Authentication(
        app, Proxy(user="X-My-User", roles="X-My-Groups", peers=["127.0.0.1"]), public=["GET /"]
    )
    roles = {"HTTP_X_MY_GROUPS": "admin", "HTTP_X.MY.GROUPS": "admin"}
    user = {"HTTP_X_MY_USER": "root"} if peer != "127.0.0.1" else {}
    given = environ(**roles, **user) | {"REMOTE_ADDR": peer}
    layer.check(given)
    assert not [key for key in given if "MY" in key]


def test_what_a_proxy_sends_counts_for_its_own_identity_only() -> None:
    layer = Authentication(app, Bearer(secret=SECRET), PROXY)
    sent = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_USER": "bob"}
    assert call(layer, **sent).json["user"] == "bob"
    told = call(layer, **sent, **auth()).json
    assert (told["user"], told["headers"]) == ("ann", [])


@pytest.mark.parametrize("user", ["\xff", "a\x00", " "])
def test_users_a_proxy_cannot_name(user: str) -> None:
    for scheme, key in ((PROXY, "HTTP_X_FORWARDED_USER"), (RemoteUser(), "REMOTE_USER")):
        with pytest.raises(Problem, match="401"):
            scheme.authenticate({"REMOTE_ADDR": "::1", key: user})


def test_roles_a_proxy_cannot_name() -> None:
    sent = {"HTTP_X_FORWARDED_USER": "a", "HTTP_X_FORWARDED_GROUPS": "\xff", "REMOTE_ADDR": "::1"}
    with pytest.raises(Problem, match="401"):
        PROXY.authenticate(sent)


def test_the_user_of_the_server() -> None:
    layer = Authentication(app, RemoteUser())
    assert call(layer, REMOTE_USER="ann").json["user"] == "ann"
    answer = call(layer)
    assert (answer.status, answer.all("WWW-Authenticate")) == (401, ["Negotiate"])
    assert call(layer, "POST", REMOTE_USER="ann", HTTP_ORIGIN="https://e.x").status == 403


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (lambda: Authentication(app), "has no scheme"),
        (lambda: alone(public="GET /"), "public: must be a list"),
        (lambda: alone(public=["/"]), "match"),
        (lambda: alone(public=[], routes=table()), "exclude each other"),
        (lambda: alone(origin="example.com"), "origin"),
        (lambda: alone(origins=["example.com"]), "origins"),
        (lambda: alone(max_header=0), "max_header"),
        (lambda: alone(strip_headers="X-User"), "strip_headers"),
        (lambda: alone(strip_headers=["X User"]), "strip_headers"),
        (lambda: Custom(verify, challenge="a b c"), "challenge"),
        (lambda: Custom(verify, ambient=1), "ambient"),  # type: ignore[arg-type]
        (lambda: Custom("nothing"), "verify"),
        (lambda: Custom(verify, header="X Y"), "header"),
        (lambda: Proxy(), "peers: names nobody"),
        (lambda: Proxy(peers=["localhost"]), "peers"),
        (lambda: Proxy(peers=["10.0.0.1/8"]), "peers"),
        (lambda: Proxy(peers=["unix"], user=""), "user"),
        (lambda: RemoteUser(challenge="a b"), "challenge"),
    ],
)
def test_wrong_options(build: Any, told: str) -> None:
    with pytest.raises(PolicyError) as caught:
        build()
    assert told in str(caught.value)
