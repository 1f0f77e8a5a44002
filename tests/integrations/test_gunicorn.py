"""Our gunicorn workers: what gunicorn answers itself comes in the envelope, over real sockets."""

import contextlib
import http.client
import json
import socket
import subprocess
import sys
import threading
import time

import pytest

pytest.importorskip("gunicorn")

from statusware.integrations import gunicorn as gunicorn_workers
from statusware.integrations.gunicorn import SyncWorker, ThreadWorker
from tests.integrations.tools import ROOT, environment
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


def test_the_first_event_comes_at_once_through_all_layers(start):
    """Server-sent events: the second one follows three seconds later."""
    server = start("guarded")
    server.get("/list")  # it is up
    answer, connection = first_answer(server, b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n", 2.5)
    with connection:
        while b"data: 1" not in answer:
            answer += connection.recv(65536)
    assert b"data: 2" not in answer


# The time limit of gunicorn


@pytest.fixture(scope="module")
def impatient():
    server = Server(f"{TARGET}:app", "-k", WORKERS["SyncWorker"], "--timeout", "1")
    yield server
    server.stop()


def test_a_worker_that_runs_out_of_time_answers(impatient):
    line, headers, body = impatient.get("/sleep")
    assert line == "HTTP/1.1 500 Internal Server Error"
    assert json.loads(body)["code"] == "internal-error"
    told = f"sleeping [{headers['X-Request-ID']}]"
    assert any(told in line for line in impatient.log), "another id than the app's"
    assert impatient.get("/list")[2] == b"ab"


def test_a_response_that_has_begun_ends_where_it_is(impatient):
    received = impatient.exchange(b"GET /sleep-stream HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"first" in received
    assert not received.endswith(b"0\r\n\r\n"), "it must not look complete"
    assert b"problem+json" not in received


def test_a_worker_that_hears_no_signal_is_killed_without_an_answer(impatient):
    assert impatient.exchange(b"GET /deaf HTTP/1.1\r\nHost: x\r\n\r\n") == b""
    assert impatient.get("/list")[2] == b"ab"


def test_a_thread_has_no_time_limit():
    server = Server(f"{TARGET}:app", "-k", WORKERS["ThreadWorker"], "--timeout", "1")
    try:
        assert server.get("/wait")[2] == b"late"
    finally:
        server.stop()


# Bodies that nobody wants


CHUNKED = {"Transfer-Encoding": "chunked"}
UPLOAD = b"POST /upload HTTP/1.1\r\nHost: x\r\n"


def first_answer(server, request, timeout):
    """The first bytes that come back, and the connection."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=timeout)
    connection.sendall(request)
    return connection.recv(12), connection


@pytest.mark.parametrize("framing", [b"Content-Length: 9", b"Transfer-Encoding: chunked"])
@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"])
def test_a_refusal_does_not_wait_for_a_body(start, framing, more):
    server = start("guarded")
    server.get("/list")  # gunicorn listens before its worker has loaded the app
    begun = time.monotonic()
    answer, connection = first_answer(server, UPLOAD + more + framing + b"\r\n\r\n", 1.8)
    assert answer == b"HTTP/1.1 401"
    with connection:  # which stays open, and says nothing
        assert server.get("/list")[2] == b"ab"
    assert time.monotonic() - begun < 8


@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"])
def test_who_sends_much_sees_the_refusal(start, more):
    size = 30 << 20
    head = UPLOAD + more + b"Content-Length: %d\r\n\r\n" % size
    for _ in range(3):
        answer, connection = first_answer(start("guarded"), head + bytes(size), 20)
        connection.close()
        assert answer == b"HTTP/1.1 401"


def test_a_small_body_that_nobody_wants_does_not_end_a_connection(worker, start):
    """Where connections are kept at all: sync workers close each."""
    connection = http.client.HTTPConnection("127.0.0.1", start("guarded").port, timeout=60)
    for _ in range(3):
        connection.request("POST", "/upload", bytes(300_000))
        answer = connection.getresponse()
        assert answer.status == 401
        assert json.loads(answer.read())["code"] == "missing-credentials"
        assert (connection.sock is not None) == (worker == "ThreadWorker")
    connection.close()


def test_too_much_in_chunks_does_not_end_a_connection(worker, start):
    """The 413 is raised out of the app's reading; what is left is dropped."""
    connection = http.client.HTTPConnection("127.0.0.1", start("guarded").port, timeout=60)
    for _ in range(3):
        pieces = (bytes(10_000) for _ in range(30))
        connection.request("POST", "/limited", pieces, encode_chunked=True, headers=CHUNKED)
        answer = connection.getresponse()
        assert answer.status == 413
        assert json.loads(answer.read())["code"] == "body-too-large"
        assert (connection.sock is not None) == (worker == "ThreadWorker")
    connection.close()


@pytest.mark.parametrize(
    ("behaves", "least", "most"),
    [("closes", 0, 0.45), ("is silent", 0.4, 1.4), ("goes on for ever", 1.4, 9)],
)
def test_how_long_a_client_is_waited_for(monkeypatch, behaves, least, most):
    monkeypatch.setattr(gunicorn_workers, "IDLE", 0.5)
    ours, client = socket.socketpair()
    client.sendall(bytes(10))
    if behaves == "closes":
        client.close()
    done = threading.Event()

    def go_on():
        with contextlib.suppress(OSError):
            while not done.wait(0.05):
                client.sendall(b"x")

    if behaves == "goes on for ever":
        threading.Thread(target=go_on, daemon=True).start()
    begun = time.monotonic()
    gunicorn_workers._linger(ours, 1.5)
    took = time.monotonic() - begun
    done.set()
    assert least <= took <= most
    ours.close()
    client.close()


def test_a_slow_client_costs_no_worker(impatient):
    """It is waited for no longer than gunicorn waits for the worker: one second here."""
    begun = len(impatient.log)
    head = b"POST /list HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n"
    answer, connection = first_answer(impatient, head, 20)
    with connection, contextlib.suppress(OSError):
        for _ in range(20):
            connection.sendall(b"x")
            time.sleep(0.1)
    assert answer == b"HTTP/1.1 200"
    assert impatient.get("/list")[2] == b"ab"
    assert not [line for line in impatient.log[begun:] if "TIMEOUT" in line]


# Which worker it is


@pytest.mark.parametrize(
    ("options", "name"), [((), "SyncWorker"), (("--threads", "2"), "ThreadWorker")]
)
def test_one_name_for_both(options, name):
    server = Server(f"{TARGET}:worker", "-k", "statusware.integrations.gunicorn.Worker", *options)
    try:
        assert server.get("/")[2].decode() == name
        _, headers, _ = server.send(b"nonsense\r\n\r\n")
        assert headers["Content-Type"] == "application/problem+json"
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("where", "preload"),
    [("options", ()), ("file", ()), ("variable", ()), ("options", ("--preload",))],
)
def test_gunicorns_exchange_of_a_worker_is_refused(tmp_path, where, preload):
    command = [sys.executable, "-m", "gunicorn", "-b", "127.0.0.1:0", "--no-control-socket"]
    env = environment()
    options = ["-k", WORKERS["SyncWorker"], "--threads", "2"]
    if where == "options":
        command += options
    elif where == "variable":
        env["GUNICORN_CMD_ARGS"] = " ".join(options)
    else:
        file = tmp_path / "conf.py"
        file.write_text(f"worker_class = {WORKERS['SyncWorker']!r}\nthreads = 2\n")
        command += ["-c", str(file)]
    command += [*preload, f"statusware.serve:app('{TARGET}:bare')"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "worker_class: is replaced by gunicorn" in done.stderr
    assert "-k statusware.integrations.gunicorn.Worker" in done.stderr


def test_successes_and_the_next_request(start):
    server = start("app")
    assert server.get("/list")[2] == b"ab"
    assert server.get("/generator")[2] == b"ab"
    assert server.get("/file")[2] == b"x" * 200_000
