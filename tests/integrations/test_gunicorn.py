"""Our gunicorn workers: what gunicorn answers itself comes in the envelope, over real sockets."""

import json
import time

import pytest

pytest.importorskip("gunicorn")

from statusware.integrations.gunicorn import SyncWorker, ThreadWorker
from tests.layers.live import Server

WORKERS = {cls.__name__: f"{cls.__module__}.{cls.__name__}" for cls in (SyncWorker, ThreadWorker)}
TARGET = "tests.layers.misbehaving"
END = b"Host: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module", params=WORKERS)
def worker(request):
    return request.param


@pytest.fixture(scope="module")
def start(worker):
    servers = {}

    def start(name):
        if name not in servers:
            options = ("--limit-request-line", "200", "--limit-request-field_size", "500")
            servers[name] = Server(f"{TARGET}:{name}", "-k", WORKERS[worker], *options)
        return servers[name]

    yield start
    for server in servers.values():
        server.stop()


@pytest.mark.parametrize("name", ["app", "bare"])
@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (b"GET admin HTTP/1.1\r\n" + END, 400, "bad-request"),
        (b"nonsense\r\n\r\n", 400, "bad-request"),
        (b"get / HTTP/1.1\r\n" + END, 400, "bad-request"),
        (b"GET / HTTP/9.1\r\n" + END, 400, "bad-request"),
        (b"GET / HTTP/1.1\r\nX-A: a\0b\r\n" + END, 400, "bad-request"),
        (b"GET / HTTP/1.1\r\nX A: a\r\n" + END, 400, "bad-request"),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n" + END, 400, "bad-request"),
        (b"GET /" + b"x" * 300 + b" HTTP/1.1\r\n" + END, 414, "uri-too-long"),
        (b"GET / HTTP/1.1\r\nX-A: " + b"x" * 600 + b"\r\n" + END, 431,
         "request-header-fields-too-large"),
        (b"GET / HTTP/1.1\r\nExpect: secret\r\n" + END, 417, "expectation-failed"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: secret, chunked\r\n" + END, 501,
         "not-implemented"),
    ],
)  # fmt: skip
def test_what_never_reaches_the_app(start, name, request_, status, code):
    line, headers, body = start(name).send(request_)
    members = json.loads(body)
    assert line.split()[1] == str(status)
    assert (members["status"], members["code"]) == (status, code)
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Connection"] == "close"
    assert headers["Cache-Control"] == "no-store"
    assert "GMT" in headers["Date"]
    assert int(headers["Content-Length"]) == len(body)
    assert members["request_id"] == headers["X-Request-ID"]
    assert b"secret" not in body


@pytest.mark.parametrize("path", ["/value-error", "/evil-header", "/no-status"])
def test_what_escapes_an_app_without_an_envelope(start, path):
    line, _headers, body = start("bare").get(path)
    assert line.split()[1] == "500"
    assert json.loads(body)["code"] == "internal-error"
    assert b"secret" not in body


def test_a_header_that_no_server_can_send(start):
    _line, headers, body = start("app").get("/evil-header")
    assert json.loads(body)["code"] == "internal-error"
    assert b"Evil" not in body
    assert "X-Evil" not in headers


def test_the_id_and_the_type_follow_the_request(start):
    request = b"GET / HTTP/1.1\r\nX-Request-ID: abc-1\r\nAccept: text/html\r\nX-A: "
    answer = start("app").send(b"GET /evil-header HTTP/1.1\r\nX-Request-ID: abc-1\r\n" + END)
    assert answer[1]["X-Request-ID"] == "abc-1"
    page = b"GET /evil-header HTTP/1.1\r\nAccept: text/html\r\n" + END
    assert start("app").send(page)[1]["Content-Type"].startswith("text/html")
    line, _headers, _ = start("app").send(request + b"x" * 600 + b"\r\n" + END)
    assert line.split()[1] == "431"


def test_head_has_no_body(start):
    _, headers, body = start("bare").get("/value-error", "HEAD")
    assert body == b""
    assert int(headers["Content-Length"]) > 0


def test_the_format_is_that_of_the_app(start):
    for name in ("simple", "scoped", "in_flask"):
        _, _headers, body = start(name).send(b"GET admin HTTP/1.1\r\n" + END)
        assert json.loads(body)["error"]["code"] == "bad-request"


def test_the_log_has_the_id(start):
    server = start("app")
    _, headers, _ = server.send(b"nonsense\r\n\r\n")
    deadline = time.monotonic() + 10
    while not any(headers["X-Request-ID"] in line for line in server.log):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_successes_and_the_next_request(start):
    server = start("app")
    assert server.get("/list")[2] == b"ab"
    assert server.get("/generator")[2] == b"ab"
    assert server.get("/file")[2] == b"x" * 200_000
