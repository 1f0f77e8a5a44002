"""Refusals that the client really sees: gunicorn, and clients that are still sending."""

import http.client
import socket
import subprocess
import sys
import time

import pytest

from tests.integrations.tools import free_port

pytest.importorskip("gunicorn")

APP = """
from statusware import ErrorEnvelope, JSONBody

def app(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]

app = ErrorEnvelope(JSONBody(app, {"POST /x": {"type": "array"}}, max_bytes="64KiB", inflate=True))
"""


@pytest.fixture(scope="module", params=["sync", "gthread"])
def port(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("app")
    (folder / "wrapped.py").write_text(APP)
    found = free_port()
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{found}", "-k", request.param]
    command += ["--threads", "2"] if request.param == "gthread" else []
    command += ["--pythonpath", f"{folder},.", "--log-level", "error", "wrapped:app"]
    server = subprocess.Popen(command)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", found)) == 0:
                break
        time.sleep(0.05)
    yield found
    server.terminate()
    server.wait(10)


def post(port, body, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/x", body, {"Content-Type": "application/json"} | headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


KB = 1024
# Each row: the size of what is sent, whether chunked, and the headers that get it refused.
SENDING = {
    "announced": (1000 * KB, False, {}, 413),
    "chunked": (1000 * KB, True, {}, 413),
    "another type": (1000 * KB, False, {"Content-Type": "text/plain"}, 415),
    "another coding": (1000 * KB, True, {"Content-Encoding": "br"}, 415),
}


@pytest.mark.parametrize("name", SENDING)
def test_all_thirty_clients_see_the_answer(port, name):
    size, chunked, headers, expected = SENDING[name]
    piece = b"[" + b" " * (10 * KB - 1)
    for _ in range(30):
        body = iter([piece] * (size // len(piece))) if chunked else piece * (size // len(piece))
        status, _ = post(port, body, **headers)
        assert status == expected


def test_the_same_bytes_arrive(port):
    body = b'["a",\n 1.50 ]'
    assert post(port, body) == (200, body)
    assert post(port, iter([b'["a",', b"\n 1.50 ]"])) == (200, body)


def test_a_broken_chunk(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(
            b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n0\r\n\r\n"
        )
        assert client.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_a_body_that_ends_early(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(
            b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 10\r\n\r\n[]"
        )
        client.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: client.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"incomplete-body" in answer
