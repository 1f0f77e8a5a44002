"""API keys: who they stand for, and the file they are in."""

from __future__ import annotations

import datetime
import os
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from statusware import PolicyError
from statusware.auth.apikey import APIKey
from statusware.auth.authenticator import Authenticator
from statusware.auth.bearer import Bearer
from statusware.auth.identity import Identity
from statusware.auth.scheme import Refused
from statusware.layers.authentication import Authentication

from .forge import SECRET, bearer, token
from .wsgi import app, call

KEY = "sw_a-key-that-is-long-and-random"


def digest(key: str | bytes) -> str:
    return sha256(key if isinstance(key, bytes) else key.encode()).hexdigest()


def entry(key: str | bytes = KEY, **more: Any) -> dict[str, Any]:
    return {"sha256": digest(key), "subject": "robot"} | more


def send(key: str) -> dict[str, Any]:
    return {"REQUEST_METHOD": "GET", "HTTP_X_API_KEY": key}


def test_a_good_key() -> None:
    scheme = APIKey(keys=[entry(roles=["editor"], scopes=["a"], label="for tests"), entry("other")])
    identity = scheme.authenticate(send(KEY))
    assert identity == Identity("robot", "api_key", frozenset({"editor"}), frozenset({"a"}))
    assert scheme.authenticate({}) is None


@pytest.mark.parametrize(
    "sent",
    [
        "",
        " ",
        "wrong",
        KEY[:-1],
        f"{KEY} ",
        f"{KEY},{KEY}",
        "ä",
        "\u0100",
        "\ud800",
        "\x00",
        digest(KEY),
    ],
)
def test_bad_keys_are_401(sent: str) -> None:
    with pytest.raises(Refused) as caught:
        APIKey(keys=[entry()]).authenticate(send(sent))
    assert (caught.value.status, caught.value.problem_code) == (401, "invalid-credentials")


def test_expiry() -> None:
    now = datetime.datetime.now(datetime.UTC)
    soon, late = now + datetime.timedelta(hours=1), now - datetime.timedelta(hours=1)
    assert APIKey(keys=[entry(expires=soon)]).authenticate(send(KEY))
    with pytest.raises(Refused) as caught:
        APIKey(keys=[entry(expires=late)]).authenticate(send(KEY))
    assert caught.value.problem_code == "expired-credentials"


def test_keys_are_compared_as_bytes() -> None:
    scheme = APIKey(keys=[entry("schlüssel".encode())])
    assert scheme.authenticate(send("schlüssel".encode().decode("latin-1")))


def test_the_challenge_names_the_header() -> None:
    scheme = APIKey(keys=[], header="X-Token", realm="shop")
    assert scheme.challenges() == ('ApiKey realm="shop", header="X-Token"',)
    assert scheme.authenticate(send(KEY)) is None


def test_over_wsgi() -> None:
    layer = Authentication(app, APIKey(keys=[entry()]), Bearer(secret=SECRET))
    assert call(layer, HTTP_X_API_KEY=KEY).json["user"] == "robot"
    answer = call(layer, HTTP_X_API_KEY="wrong")
    assert answer.status == 401
    assert len(answer.all("WWW-Authenticate")) == 2
    assert call(layer, HTTP_X_API_KEY="a" * 9000).status == 400
    both = {"HTTP_X_API_KEY": KEY, "HTTP_AUTHORIZATION": bearer(token())["HTTP_AUTHORIZATION"]}
    assert call(layer, **both).status == 400
    assert call(layer, "POST", HTTP_X_API_KEY=KEY, HTTP_ORIGIN="https://e.x").status == 200


def write(path: Path, text: str) -> None:
    path.write_text(text)
    os.utime(path, ns=(time.time_ns(), time.time_ns()))


def toml(key: str, subject: str = "robot") -> str:
    return f'[[keys]]\nsha256 = "{digest(key)}"\nsubject = "{subject}"\n'


def test_the_file_is_read_again_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ahead = [0.0]
    monkeypatch.setattr("statusware.auth.watched.monotonic", lambda: time.monotonic() + ahead[0])
    path = tmp_path / "keys.toml"
    write(path, toml("one"))
    scheme = APIKey(keys={"file": str(path)})

    def good(key: str) -> bool:
        ahead[0] += 2
        try:
            return scheme.authenticate(send(key)) is not None
        except Refused:
            return False

    assert (good("one"), good("two")) == (True, False)
    write(path, toml("one") + toml("two"))
    assert (good("one"), good("two")) == (True, True)
    write(path, toml("two"))
    assert (good("one"), good("two")) == (False, True)
    for broken in ("[[keys", "[[keys]]", "keys = 5", "\udcff", 'other = 1\n[[keys]]\nsubject="a"'):
        path.write_bytes(broken.encode("utf-8", "surrogateescape"))
        assert (good("one"), good("two")) == (False, True), broken
    path.unlink()
    assert good("two")
    assert "the old version stays in use" in caplog.text
    write(path, "")
    assert not good("two")


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"file": "/nonexistent"}, "keys.file: /nonexistent cannot be read"),
        ({"files": "x"}, "keys: must be {file = PATH}"),
        ("text", "keys: must be {file = PATH}"),
        ([5], "keys[0]: must be a table"),
        ([entry(), entry()], "keys[1].sha256: is that of another key"),
        ([entry("")], "keys[0].sha256: is that of an empty key"),
        ([entry(sha256="abc")], "64 hexadecimal"),
        ([{"subject": "a"}], "64 hexadecimal"),
        ([entry(sha256=5)], "64 hexadecimal"),
        ([entry(subject="")], "keys[0].subject"),
        ([entry(subject="a\nb")], "keys[0].subject"),
        ([entry(subject=None)], "keys[0].subject"),
        ([entry(label=5)], "keys[0].label"),
        ([entry(role=["a"])], 'keys[0].role: unknown option; did you mean "roles"'),
        ([entry(roles=5)], "keys[0].roles"),
        ([entry(scopes=["a b"])], "keys[0].scopes: 'a b' is no scope"),
        ([entry(expires="2030-01-01")], "keys[0].expires"),
        ([entry(expires=datetime.datetime(2030, 1, 1))], "with its offset"),
        ([entry(expires=datetime.date(2030, 1, 1))], "with its offset"),
    ],
)
def test_wrong_keys(keys: Any, told: str) -> None:
    with pytest.raises(PolicyError) as caught:
        APIKey(keys=keys)
    assert told in str(caught.value)


@pytest.mark.parametrize("header", ["Authorization", "cookie", "", "X Y"])
def test_wrong_headers(header: str) -> None:
    with pytest.raises(PolicyError, match="header"):
        APIKey(keys=[], header=header)


def test_no_key_is_kept() -> None:
    scheme = APIKey(keys=[entry()])
    Authenticator([scheme]).authenticate(send(KEY))
    assert KEY not in repr(vars(scheme))


WRONG_FILES = {
    "[billing]\nkey = 'abc'\n": "keys.toml: billing: is unknown; each key is a table, [[keys]]",
    "[[keys]]\nsubject = 'x'\nsha256 = 'abc'\n": "keys.toml: keys[0].sha256: must be 64 hexadecimal",
    "[[keys\n": "keys.toml: is not TOML",
}


@pytest.mark.parametrize(("text", "told"), WRONG_FILES.items())
def test_what_is_wrong_in_the_file_is_told_with_its_name(text, told, tmp_path):
    file = tmp_path / "keys.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(PolicyError) as caught:
        APIKey(keys={"file": str(file)})
    assert caught.value.key == "keys.file"
    assert told in str(caught.value)
