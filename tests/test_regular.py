"""What is given as a file and is none: a pipe, a device, a folder, a socket, something endless.

Nothing hangs (a test that takes five seconds has failed), and the message says what is wrong.
"""

import os
import signal
import socket
import time

import pytest
from werkzeug.test import Client

from statusware import Policy, PolicyError, wrap
from statusware.auth import watched
from statusware.auth.keyfile import add_key
from statusware.cli import main
from statusware.policy import reload as reloading
from statusware.regular import read_regular

SECRET = "0123456789abcdef0123456789abcdef"

PIPE = "it is a pipe, which can be read only once"
DEVICE = "it is a device"


@pytest.fixture(autouse=True)
def _no_hanging():
    def late(*_):
        raise TimeoutError("it hangs")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(5)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def pipe(path):
    os.mkfifo(path)


def folder(path):
    path.mkdir()


def device(path):
    path.symlink_to("/dev/zero")


def nothing(path):
    path.symlink_to("/dev/null")


def listener(path):
    with socket.socket(socket.AF_UNIX) as it:
        it.bind(str(path))


KINDS = {
    pipe: PIPE,
    folder: "Is a directory",
    device: DEVICE,
    nothing: DEVICE,
    listener: "it is a socket",
}

kinds = pytest.mark.parametrize(
    ("make", "told"), KINDS.items(), ids=lambda k: k.__name__ if callable(k) else ""
)


@kinds
def test_reading_what_is_no_file(tmp_path, make, told):
    make(tmp_path / "it")
    with pytest.raises(OSError) as caught:
        read_regular(tmp_path / "it")
    assert caught.value.strerror == told


def test_a_pipe_is_not_even_opened(tmp_path):
    """Whoever writes to it would take that for a reader."""
    os.mkfifo(tmp_path / "it")
    with pytest.raises(OSError, match="pipe"):
        read_regular(tmp_path / "it")
    with pytest.raises(OSError, match="No such device"):  # there is nobody to read
        os.open(tmp_path / "it", os.O_WRONLY | os.O_NONBLOCK)


def test_a_file_that_becomes_a_pipe_at_the_last_moment(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("text")
    os.mkfifo(tmp_path / "it")
    real = os.stat(tmp_path / "file")
    monkeypatch.setattr(os, "stat", lambda path: real)
    with pytest.raises(OSError, match="pipe"):
        read_regular(tmp_path / "it")


def test_no_more_than_the_limit_is_read(tmp_path):
    (tmp_path / "it").write_bytes(b"x" * ((1 << 20) + 1))
    assert len(read_regular(tmp_path / "it", (1 << 20) + 1)) == (1 << 20) + 1
    with pytest.raises(OSError, match="larger than 1 MiB"):
        read_regular(tmp_path / "it", 1 << 20)


def test_a_sparse_file_of_a_terabyte(tmp_path):
    with open(tmp_path / "statusware.toml", "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(PolicyError, match="cannot be read: it is larger than 64 MiB"):
        Policy.load(tmp_path / "statusware.toml")


ROUTE = '[[routes]]\nmatch = "POST /a"\n'

#: Where a policy names a file, that file being "it".
PLACES = {
    "api.openapi": f'[api]\nopenapi = "it"\n[auth.bearer]\nsecret = "{SECRET}"',
    "auth.bearer.secret.file": '[auth.bearer]\nsecret = {file = "it"}\n' + ROUTE,
    "auth.bearer.secret[1].file": f'[auth.bearer]\nsecret = ["{SECRET}", {{file = "it"}}]\n'
    + ROUTE,
    "auth.bearer.public_key.file": '[auth.bearer]\npublic_key = {file = "it"}\n' + ROUTE,
    "auth.bearer.jwks": '[auth.bearer]\njwks = "it"\n' + ROUTE,
    "auth.api_key.keys.file": '[auth.api_key]\nkeys = {file = "it"}\n' + ROUTE,
    "auth.basic.users.file": '[auth.basic]\nusers = {file = "it"}\n' + ROUTE,
    "routes[0].body": ROUTE + 'allow = "everyone"\nbody = "it"',
    "routes[0].body#/$ref": ROUTE + 'allow = "everyone"\nbody = {"$ref" = "it"}',
}


@kinds
@pytest.mark.parametrize(("key", "text"), PLACES.items(), ids=PLACES)
def test_a_policy_that_names_what_is_no_file(tmp_path, make, told, key, text):
    make(tmp_path / "it")
    policy = tmp_path / "statusware.toml"
    policy.write_text(text)
    with pytest.raises(PolicyError) as caught:
        wrap(lambda environ, start_response: [], policy)
    assert caught.value.key.startswith(key.partition("[1]")[0].partition("#")[0])
    # The device is a link to it, and no schema's path leads out of the folder.
    outside = told is DEVICE and ("openapi" in key or "body" in key)
    assert ("lies outside the policy's folder" if outside else told) in str(caught.value)


@kinds
@pytest.mark.parametrize(
    "words",
    [
        ["check", "--policy", "it"],
        ["who", "GET", "/", "--policy", "it"],
        ["explain", "GET", "/", "--policy", "it"],
        ["openapi", "--policy", "it"],
        ["token", "ann", "--policy", "it"],
        ["keys", "add", "ann", "--file", "it"],
        ["keys", "list", "--file", "it"],
        ["keys", "revoke", "ann", "--file", "it"],
    ],
    ids=" ".join,
)
def test_commands(tmp_path, monkeypatch, capsys, make, told, words):
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "it")
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert told.removeprefix("Is a ") in err


def test_a_policy_that_becomes_a_pipe_leaves_the_old_one_in_force(tmp_path, monkeypatch, caplog):
    now = [1000.0]
    monkeypatch.setattr(reloading.time, "monotonic", lambda: now[0])
    policy = tmp_path / "statusware.toml"
    policy.write_text('[api]\nreload = true\n[[routes]]\nmatch = "GET /a"\nallow = ["everyone"]\n')
    app = Client(wrap(_served, policy))
    policy.unlink()
    os.mkfifo(policy)
    now[0] += 1
    assert (app.get("/a").status_code, app.get("/b").status_code) == (200, 404)
    assert f"cannot be read: {PIPE}; the policy from before goes on" in caplog.text


def test_a_file_of_keys_that_becomes_a_pipe_leaves_the_old_keys(tmp_path, monkeypatch, caplog):
    keys = tmp_path / "keys.toml"
    key = add_key(keys, "ann")
    app = Client(
        wrap(
            _served,
            {"auth": {"api_key": {"keys": {"file": str(keys)}}}, "routes": [{"match": "GET /a"}]},
        )
    )
    keys.unlink()
    os.mkfifo(keys)
    now = time.monotonic() + 10
    monkeypatch.setattr(watched, "monotonic", lambda: now)
    assert app.get("/a", headers={"X-API-Key": key}).status_code == 200
    assert f"the old version stays in use: keys.file: {keys} cannot be read: {PIPE}" in caplog.text


def _served(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"served"]
