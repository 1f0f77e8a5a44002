"""`[api] report`: everything goes through as if we were not there; the log says what would be."""

import io
import json
import logging

import pytest
from werkzeug.test import Client, create_environ, run_wsgi_app

from statusware import PolicyError, wrap
from statusware.layers.report import _Replay

POLICY = {
    "auth": {"bearer": {"secret": "0123456789abcdef0123456789abcdef"}},
    "routes": [
        {"match": "GET /open", "allow": "everyone"},
        {"match": "POST /open", "allow": "everyone", "body": {"type": "object"}, "max_bytes": 50},
        {"match": "GET /closed"},
        {"match": "GET /own", "allow": f"everyone & {__name__}:fails"},
    ],
}


def fails(identity, variables, environ):
    raise RuntimeError


def fine(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return []


def policy(report=True, **api):
    return {**POLICY, "api": {"report": report, **api}}


@pytest.fixture
def told(caplog):
    """The records of the log, as (layer, status, code)."""
    caplog.set_level(logging.WARNING, "statusware.report")

    def read():
        records = [
            json.loads(r.getMessage()) for r in caplog.records if r.name == "statusware.report"
        ]
        return [(r["report"], r["status"], r["code"]) for r in records]

    return read


def sent(method, path, body=b"", **headers):
    return create_environ(path, method=method, input_stream=io.BytesIO(body), headers=headers,
                          environ_overrides={"CONTENT_LENGTH": str(len(body))})  # fmt: skip


REFUSED = [
    ("GET", "/open", b"", []),
    ("HEAD", "/open", b"", []),
    ("GET", "/nowhere", b"", [("Routing", 404, "not-found")]),
    ("PUT", "/open", b"", [("Routing", 405, "method-not-allowed")]),
    ("FOO", "/open", b"", [("Routing", 501, "method-not-implemented")]),
    ("OPTIONS", "/open", b"", [("Routing", 204, "options")]),
    ("GET", "/closed", b"", [("Authentication", 401, "missing-credentials")]),
    ("GET", "/own", b"", [("AccessControl", 401, "missing-credentials")]),
    ("POST", "/open", b"{}", []),
    ("POST", "/open", b"[]", [("JSONBody", 400, "invalid-body")]),
    ("POST", "/open", b"{", [("JSONBody", 400, "malformed-json")]),
    ("POST", "/open", b'{"a": "' + b"x" * 500 + b'"}', [("JSONBody", 413, "body-too-large")]),
]


@pytest.mark.parametrize(("method", "path", "body", "expected"), REFUSED, ids=str)
def test_the_app_sees_everything_and_the_log_the_first_refusal(told, method, path, body, expected):
    seen = []

    def app(environ, start_response):
        seen.append({**environ, "body": environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))})
        start_response("418 I'm a teapot", [("Content-Type", "text/plain"), ("X-A", "b")])
        return [b"short and stout"]

    headers = {"Content-Type": "application/json", "X-Forwarded-User": "x", "X-Request-ID": "id"}
    bare = run_wsgi_app(app, sent(method, path, body, **headers))
    wrapped = run_wsgi_app(wrap(app, policy()), sent(method, path, body, **headers))
    assert list(bare[0]) == list(wrapped[0])
    assert (bare[1], bare[2]) == (wrapped[1], wrapped[2])
    without = [{k: v for k, v in s.items() if k not in ("wsgi.input", "wsgi.errors")} for s in seen]
    assert without[0] == without[1]
    assert told() == expected


def test_a_record_says_what_is_needed(caplog):
    client = Client(wrap(fine, policy()))
    client.get("/closed", headers={"X-Request-ID": "abc"})
    [record] = [r for r in caplog.records if r.name == "statusware.report"]
    assert json.loads(record.getMessage()) == {
        "report": "Authentication", "status": 401, "code": "missing-credentials",
        "method": "GET", "path": "/closed", "route": "/closed", "name": "GET /closed", "user": None,
        "request_id": "abc",
    }  # fmt: skip


def test_a_line_stays_a_line(caplog):
    app = wrap(fine, policy())
    Client(app).open("/", environ_overrides={"PATH_INFO": "/a\r\n{"})
    [record] = [r for r in caplog.records if r.name == "statusware.report"]
    assert "\n" not in record.getMessage()


def served(report, method, path, body=b""):
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [",".join(sorted(k for k in environ if k.startswith("statusware"))).encode()]

    environ = sent(method, path, body, **{"Content-Type": "application/json"})
    result, status, _ = run_wsgi_app(wrap(app, policy(report)), environ)
    return int(status[:3]), b"".join(result).decode()


def test_layers_can_report_one_by_one(told):
    assert served(["JSONBody"], "POST", "/open", b"[]")[0] == 200
    assert told() == [("JSONBody", 400, "invalid-body")]
    assert served(["JSONBody"], "GET", "/closed")[0] == 401
    assert served(["Authentication", "AccessControl"], "GET", "/closed")[0] == 200
    assert served(["Authentication", "AccessControl"], "GET", "/nowhere")[0] == 404
    assert served(["AccessControl"], "GET", "/closed")[0] == 401
    assert served(["Authentication", "AccessControl"], "POST", "/open", b"[]")[0] == 400
    status, keys = served(["AccessControl"], "GET", "/own")
    assert (status, "statusware.trial" in keys) == (200, False)


def test_an_enforced_layer_inside_sees_no_trial():
    status, keys = served(["Routing"], "GET", "/open")
    assert status == 200
    assert "statusware.trial" not in keys


def test_a_fault_of_a_layer_on_trial_harms_nobody(told, caplog, monkeypatch):
    from statusware.layers.access import AccessControl

    def check(self, environ):
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(AccessControl, "check", check)
    assert served(True, "GET", "/open")[0] == 200
    assert "AccessControl failed on trial" in caplog.text


def test_the_errors_of_the_app_are_its_own():
    def failing(environ, start_response):
        raise KeyError("mine")

    with pytest.raises(KeyError):
        Client(wrap(failing, policy())).get("/open")


WRONG = [
    ("all", "must be true, false or a list of layers"),
    (["AcessControl"], "no layer; did you mean"),
    (["Authentication"], 'add "AccessControl"'),
]


@pytest.mark.parametrize(("report", "told"), WRONG, ids=str)
def test_wrong_options(report, told):
    with pytest.raises(PolicyError) as caught:
        wrap(lambda *_: [], policy(report))
    assert str(caught.value).startswith("api.report: ")
    assert told in str(caught.value)


READS = [
    lambda f: f.read(),
    lambda f: f.read(None),
    lambda f: [f.read(3), f.read(3), f.read(100), f.read(1)],
    lambda f: [f.readline(), f.readline(), f.readline(2), f.readline(), f.readline()],
    lambda f: [f.readline(n) for n in (1, 100, 2, 2, 0, 3, 100)],
    lambda f: f.readlines(),
    lambda f: [f.readlines(5), f.read()],
    lambda f: list(f),
    lambda f: [f.read(2), f.readline(None), f.read(0), f.read()],
]


@pytest.mark.parametrize("read", READS, ids=range(len(READS)))
@pytest.mark.parametrize("at", [0, 1, 4, 5, 6, 11, 16])
def test_what_was_read_is_read_again(read, at):
    body = b"abcd\nefghi\njklmn"
    source = io.BytesIO(body)
    assert read(_Replay(source.read(at), source)) == read(io.BytesIO(body))
