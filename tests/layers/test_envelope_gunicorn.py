"""Apps that misbehave, behind `ErrorEnvelope` under a real gunicorn, seen from the socket."""

import json
import socket

import pytest

from tests.layers.live import Server

pytest.importorskip("gunicorn")

APPS = "tests.layers.misbehaving:app"


@pytest.fixture(scope="module")
def server():
    server = Server(APPS)
    yield server
    server.stop()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/os-error", 500),
        ("/stop-iteration", 500),
        ("/value-error", 500),
        ("/generator-error", 500),
        ("/never-starts", 500),
        ("/yields-before-start", 500),
        ("/starts-twice", 500),
        ("/no-status", 500),
        ("/none", 500),
        ("/text", 500),
        ("/close-fails", 404),
        ("/problem", 409),
        ("/page", 404),
        ("/exc-info", 500),
        ("/written", 404),
    ],
)
def test_an_answer_where_gunicorn_alone_has_none(server, path, status, method):
    line, headers, body = server.get(path, method)
    assert line.split()[1] == str(status)
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["X-Request-ID"]
    if method == "HEAD":
        assert body == b""
    else:
        assert int(headers["Content-Length"]) == len(body)
        assert json.loads(body)["request_id"] == headers["X-Request-ID"]
        assert b"secret" not in body


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/list", b"ab"),
        ("/generator", b"ab"),
        ("/late", b"ab"),
        ("/write", b"abc"),
        ("/file", b"x" * 200_000),
        ("/no-content", b""),
    ],
)
def test_successes_are_untouched(server, path, body):
    line, headers, received = server.get(path)
    assert line.split()[1] in ("200", "204")
    assert received == body
    assert "X-Request-ID" not in headers


def test_a_failure_in_mid_stream_breaks_the_connection(server):
    received = server.exchange(b"GET /mid-stream HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"first" in received
    assert b"0\r\n\r\n" not in received
    assert b"problem+json" not in received


def test_the_first_event_comes_at_once(server):
    """Server-sent events: nobody waits for the second one."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.settimeout(2)
        received = b""
        while b"data: 1" not in received:
            received += connection.recv(65536)
        assert b"data: 2" not in received


def test_a_systemexit_of_the_app_is_the_servers(server):
    received = server.exchange(b"GET /exit HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"problem+json" not in received
    assert server.get("/list")[0] == "HTTP/1.1 200 OK"
