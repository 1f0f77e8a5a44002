"""gunicorn, waitress and nginx as they are: starting, reloading, stopping, standing in front."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from statusware import PolicyError, serve
from tests.docs.blocks import block

from . import tools
from .tools import ROOT, ask, environment, free_port, serving, wait_for

SHOP = """
import os, time
from flask import Flask, request

app = Flask(__name__)

@app.get("/pid")
def pid():
    return {"pid": os.getpid()}

@app.post("/slow")
def slow():
    time.sleep(1)
    return {"got": request.get_json()}

@app.post("/upload")
def upload():
    return {"length": len(request.get_data())}
"""
POLICY = """
[[routes]]
match = "GET /pid"
allow = "everyone"

[[routes]]
match = "POST /slow"
allow = "everyone"
body = {}
"""
REFUSING = POLICY.replace("GET /pid", "GET /other")
UPLOADS = """
[auth.bearer]
secret = "0123456789abcdef0123456789abcdef"

[[routes]]
match = "GET /pid"
allow = "everyone"

[[routes]]
match = "POST /upload"
"""
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "statusware.toml").write_text(POLICY)
    return tmp_path


@contextlib.contextmanager
def gunicorn(folder, *options, app="statusware.serve:app('shop:app', 'statusware.toml')", **env):
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", "--no-control-socket", "--bind", f"127.0.0.1:{port}",
        *options, app,
    ]  # fmt: skip
    with serving(command, port, cwd=folder, env=environment(folder, **env)) as process:
        ask(port, "GET", "/")  # the master listens before a worker has loaded the app
        yield port, process


def code(answer):
    return answer[0], json.loads(answer[2]).get("code")


# Which app and which policy


@pytest.fixture
def here(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delenv("STATUSWARE_APP", raising=False)
    monkeypatch.delenv("STATUSWARE_POLICY", raising=False)
    sys.modules.pop("shop", None)
    yield folder
    sys.modules.pop("shop", None)


def answers(app, path):
    from werkzeug.test import Client

    return Client(app).get(path).status_code


@pytest.mark.parametrize(
    ("arguments", "variables", "reads"),
    [
        ((), {"APP": "shop:app", "POLICY": "statusware.toml"}, "statusware.toml"),
        ((), {"APP": "shop:app"}, None),
        (("shop:app",), {"APP": "no:app", "POLICY": "statusware.toml"}, "statusware.toml"),
        (("shop:app", "statusware.toml"), {"POLICY": "no.toml"}, "statusware.toml"),
    ],
)
def test_arguments_go_before_the_environment(here, monkeypatch, arguments, variables, reads):
    for name, value in variables.items():
        monkeypatch.setenv(f"STATUSWARE_{name}", value)
    app = serve.app(*arguments)
    assert answers(app, "/pid") == 200
    policy = app.extensions["statusware"]
    assert (policy and policy.file) == reads


@pytest.mark.parametrize(
    ("arguments", "variables", "told"),
    [
        ((), {}, "app: is missing"),
        ((), {"APP": ""}, "app: is missing"),
        (("shop:app",), {"POLICY": ""}, "STATUSWARE_POLICY: is empty"),
        (("shop:app",), {"POLICY": "no.toml"}, "no.toml: cannot be read"),
    ],
)
def test_what_is_missing(here, monkeypatch, arguments, variables, told):
    for name, value in variables.items():
        monkeypatch.setenv(f"STATUSWARE_{name}", value)
    with pytest.raises(PolicyError) as caught:
        serve.app(*arguments)
    assert told in str(caught.value)


WITH_EXTENSION = """
from statusware.integrations.flask import Statusware
Statusware(app, {policy})
"""


@pytest.mark.parametrize(
    ("policy", "given", "right"),
    [
        ('"statusware.toml"', (), True),
        ('"statusware.toml"', ("./statusware.toml",), True),
        ('"statusware.toml"', ("other.toml",), False),
        ("{}", ("statusware.toml",), False),
        ("", ("statusware.toml",), False),
    ],
)
def test_an_app_with_the_extension_keeps_its_policy(here, policy, given, right):
    (here / "other.toml").write_text(POLICY)
    (here / "shop.py").write_text(SHOP + WITH_EXTENSION.replace("{policy}", policy or "None"))
    if right:
        app = serve.app("shop:app", *given)
        assert (answers(app, "/pid"), answers(app, "/nowhere")) == (200, 404)
    else:
        with pytest.raises(PolicyError, match="behind another policy already"):
            serve.app("shop:app", *given)


# gunicorn


@pytest.mark.parametrize(
    "options", [(), ("--preload",), ("--threads", "4"), ("--preload", "--threads", "2")]
)
def test_every_worker_serves_and_so_does_the_one_that_takes_its_place(folder, options):
    with gunicorn(folder, "--workers", "2", *options) as (port, _):
        first = ask(port, "GET", "/pid")
        assert first[0] == 200
        assert code(ask(port, "POST", "/slow", body="{", headers=JSON)) == (400, "malformed-json")
        killed = json.loads(first[2])["pid"]
        os.kill(killed, signal.SIGKILL)
        seen, deadline = set(), time.monotonic() + 60
        while len(seen) < 2:
            assert time.monotonic() < deadline
            with contextlib.suppress(OSError):
                seen.add(json.loads(ask(port, "GET", "/pid")[2])["pid"])
        assert code(ask(port, "GET", "/nowhere")) == (404, "not-found")


def test_the_environment_names_app_and_policy(folder):
    variables = {"STATUSWARE_APP": "shop:app", "STATUSWARE_POLICY": "statusware.toml"}
    with gunicorn(folder, app="statusware.serve:app()", **variables) as (port, _):
        assert ask(port, "GET", "/pid")[0] == 200
        assert code(ask(port, "GET", "/nowhere")) == (404, "not-found")


def test_hup_takes_the_new_policy_and_loses_no_request(folder):
    with gunicorn(folder, "--workers", "2") as (port, process):
        slow = threading.Thread(target=lambda: seen.append(post_slow(port)))
        seen = []
        slow.start()
        time.sleep(0.3)
        (folder / "statusware.toml").write_text(REFUSING)
        process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 60
        while (status := ask(port, "GET", "/pid")[0]) != 404:
            assert status == 200
            assert time.monotonic() < deadline
        slow.join()
        assert seen == [(200, {"got": {"a": 1}})]
        assert process.poll() is None


def test_a_broken_policy_at_hup_stops_gunicorn(folder):
    """That is gunicorn's way with workers that do not boot; hence: check, then HUP."""
    with gunicorn(folder) as (_, process):
        (folder / "statusware.toml").write_text("[api]\nunlistd = 1\n")
        process.send_signal(signal.SIGHUP)
        assert process.wait(20) != 0
        log = (folder / "server.log").read_text()
        assert 'statusware.toml:2: api.unlistd: is unknown; did you mean "unlisted"?' in log


@pytest.mark.parametrize("options", [(), ("--preload",), ("--threads", "2")])
def test_a_graceful_stop_finishes_what_has_begun(folder, options):
    with gunicorn(folder, *options) as (port, process):
        seen = []
        slow = threading.Thread(target=lambda: seen.append(post_slow(port)))
        slow.start()
        time.sleep(0.4)
        process.send_signal(signal.SIGTERM)
        slow.join()
        assert seen == [(200, {"got": {"a": 1}})]
        assert process.wait(20) == 0


def post_slow(port):
    answer = ask(port, "POST", "/slow", body='{"a": 1}', headers=JSON)
    return answer[0], json.loads(answer[2])


# waitress


def test_waitress_by_the_environment(folder):
    port = free_port()
    env = environment(folder, STATUSWARE_APP="shop:app", STATUSWARE_POLICY="statusware.toml")
    command = [
        sys.executable, "-m", "waitress", "--listen", f"127.0.0.1:{port}",
        "--call", "statusware.serve:app",
    ]  # fmt: skip
    with serving(command, port, cwd=folder, env=env):
        assert ask(port, "GET", "/pid")[0] == 200
        assert code(ask(port, "GET", "/nowhere")) == (404, "not-found")
        assert post_slow(port) == (200, {"got": {"a": 1}})


# uWSGI

UWSGI = tools.uwsgi()
WSGI = 'from statusware import serve\napplication = serve.app("shop:app", "statusware.toml")\n'

#: The file that the documentation recommends.
[INI] = re.findall(
    r"^```ini\n(\[uwsgi\]\n.*?)^```$",
    (ROOT / "docs" / "frameworks.md").read_text("utf-8"),
    re.MULTILINE | re.DOTALL,
)


@contextlib.contextmanager
def uwsgi(folder):
    if UWSGI is None:
        pytest.skip("no uWSGI for this Python is installed (pip install uwsgi)")
    port = free_port()
    (folder / "wsgi.py").write_text(WSGI)
    (folder / "uwsgi.ini").write_text(INI.replace(":8000", f":{port}"))
    with serving([*UWSGI, "uwsgi.ini"], port, cwd=folder, env=environment(folder)) as process:
        yield port, process


def test_uwsgi(folder):
    with uwsgi(folder) as (port, _):
        assert ask(port, "GET", "/pid")[0] == 200
        assert code(ask(port, "GET", "/nowhere")) == (404, "not-found")
        assert post_slow(port) == (200, {"got": {"a": 1}})
        assert code(ask(port, "POST", "/slow", body="{", headers=JSON)) == (400, "malformed-json")
        assert code(ask(port, "GET", "/%2e%2e/pid")) == (400, "ambiguous-path")
        assert chunked(port).startswith(b"HTTP/1.1 411 ")


def chunked(port):
    """The answer to a body in chunks, sent in one piece."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(
            b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        )
        return client.recv(4096)


def test_uwsgi_reloads_and_stops_gracefully(folder):
    with uwsgi(folder) as (port, process):
        seen = []
        slow = threading.Thread(target=lambda: seen.append(post_slow(port)))
        slow.start()
        time.sleep(0.4)
        (folder / "statusware.toml").write_text(REFUSING)
        process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 60
        while (status := answer_or_none(port)) != 404:
            assert status in (200, None)
            assert time.monotonic() < deadline
        slow.join()
        assert seen == [(200, {"got": {"a": 1}})]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def answer_or_none(port):
    """The status, or None while nobody listens."""
    try:
        return ask(port, "GET", "/pid", timeout=60)[0]
    except OSError:
        return None


def test_uwsgi_does_not_start_with_a_broken_policy(folder):
    if UWSGI is None:
        pytest.skip("no uWSGI for this Python is installed (pip install uwsgi)")
    (folder / "statusware.toml").write_text("[api]\nunlistd = 1\n")
    (folder / "wsgi.py").write_text(WSGI)
    (folder / "uwsgi.ini").write_text(INI.replace(":8000", f":{free_port()}"))
    done = subprocess.run(
        [*UWSGI, "uwsgi.ini"], cwd=folder, env=environment(folder), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert 'api.unlistd: is unknown; did you mean "unlisted"?' in done.stderr


# nginx

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
CONFIGURATION = """
daemon off;
pid nginx.pid;
error_log error.log;
events {}
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
"""

#: The server that the documentation recommends.
SERVER = block("docs/howto/gunicorn-nginx.md", "proxy_request_buffering")


@contextlib.contextmanager
def nginx(folder, back, buffering, limit="1m"):
    if NGINX is None:
        pytest.skip("nginx is not installed (apt install nginx-light)")
    front, prefix = free_port(), folder / f"nginx-{buffering}"
    prefix.mkdir()
    # Its workers run as another user, if it is root that starts it.
    prefix.chmod(0o777)
    server = SERVER
    for documented, here in (
        ("listen 127.0.0.1:8080;", f"listen 127.0.0.1:{front};"),
        ("http://127.0.0.1:8000;", f"http://127.0.0.1:{back};"),
        ("proxy_request_buffering on;", f"proxy_request_buffering {buffering};"),
        ("client_max_body_size 1m;", f"client_max_body_size {limit};"),
    ):
        assert documented in server
        server = server.replace(documented, here)
    text = f"{CONFIGURATION}{server}}}"
    if os.getuid() == 0:
        text = f"user root;\n{text}"
    (prefix / "nginx.conf").write_text(text)
    process = subprocess.Popen(
        [NGINX, "-e", "error.log", "-p", str(prefix), "-c", "nginx.conf"], stderr=subprocess.DEVNULL
    )
    try:
        wait_for(front, process, prefix / "error.log")
        yield front
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(20)


@pytest.fixture
def uploads(folder):
    (folder / "statusware.toml").write_text(UPLOADS)
    return folder


MIB = 1 << 20


def test_behind_nginx_whoever_sends_a_body_sees_the_refusal(uploads):
    """A refusal drains 1 MiB; what is larger is refused by nginx, in the same shape."""
    with gunicorn(uploads) as (back, _), nginx(uploads, back, "on") as port:
        for _ in range(30):
            status, headers, body = ask(port, "POST", "/upload", body=b"x" * MIB)
            assert (status, json.loads(body)["code"]) == (401, "missing-credentials")
            assert headers["www-authenticate"].startswith("Bearer")
        assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])
        assert json.loads(body)["request_id"] == headers["x-request-id"]
        status, headers, body = ask(port, "POST", "/upload", body=b"x" * (MIB + 1))
        assert (status, json.loads(body)["code"]) == (413, "body-too-large")
        assert headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("worker", ["SyncWorker", "ThreadWorker"])
@pytest.mark.parametrize("buffering", ["on", "off"])
def test_our_workers_never_lose_a_refusal_that_nginx_waits_for(uploads, worker, buffering):
    """With gunicorn's own, nginx answers 502 for some of these, as it is still sending."""
    options = ("-k", f"statusware.integrations.gunicorn.{worker}")
    with (
        gunicorn(uploads, *options) as (back, _),
        nginx(uploads, back, buffering, "50m") as port,
    ):
        seen = [ask(port, "POST", "/upload", body=b"x" * 20 * MIB)[0] for _ in range(20)]
        assert seen == [401] * 20


@pytest.mark.parametrize(("buffering", "free"), [("on", True), ("off", False)])
def test_a_body_that_trickles_in_occupies_a_worker_unless_nginx_buffers(uploads, buffering, free):
    """One sync worker, and a client that sends ten of a thousand bytes, then waits."""
    with gunicorn(uploads) as (back, _), nginx(uploads, back, buffering) as port:
        assert ask(port, "GET", "/pid")[0] == 200
        with socket.create_connection(("127.0.0.1", port)) as trickle:
            trickle.sendall(
                b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + b"x" * 10
            )
            time.sleep(0.5)
            try:
                answered = ask(port, "GET", "/pid", timeout=30 if free else 1)[0] == 200
            except TimeoutError:
                answered = False
            assert answered is free
            # A refusal waits two seconds for a byte of the body, and answers without it.
            assert ask(port, "GET", "/pid", timeout=60)[0] == 200
