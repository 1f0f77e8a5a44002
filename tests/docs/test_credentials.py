"""docs/credentials.md: its code does what it says, its table names what there is."""

from __future__ import annotations

import hmac
import inspect
import re
import time
from typing import Any

from flask import Flask

from statusware.auth.bearer import Bearer
from statusware.auth.custom import Custom
from statusware.layers.authentication import Authentication
from tests.auth.wsgi import app, call

from .blocks import block, read

PAGE = "docs/credentials.md"


def test_every_option_is_in_the_table() -> None:
    section = read(PAGE).partition("## Bearer tokens")[2].partition("## API keys")[0]
    rows = "".join(line.split("|")[1] for line in section.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`(\w+)`", rows)) == set(inspect.signature(Bearer).parameters)


def run(name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    exec(block(PAGE, f"def {name}("), found)
    return found


def test_the_revocation_check() -> None:
    found = run("not_revoked")
    found["revoked"] = type("Revoked", (), {"contains": staticmethod({"1"}.__contains__)})
    assert found["not_revoked"]({"jti": "2"}) is True
    assert found["not_revoked"]({"jti": "1"}) is False


def test_the_session_of_flask() -> None:
    flask = Flask("shop", static_folder=None)
    flask.secret_key = "a secret key of the app"
    with flask.test_request_context():
        session = flask.session_interface.open_session(flask, flask.test_request_context().request)
        assert session is not None
        session.update(user="ann", roles=["editor"])
        response = flask.response_class()
        flask.session_interface.save_session(flask, session, response)
    cookie = response.headers["Set-Cookie"].partition(";")[0]
    scheme = Custom(run("session_of")["session_of"](flask), ambient=True, name="session")
    layer = Authentication(app, scheme)
    assert call(layer, HTTP_COOKIE=cookie).json["user"] == "ann"
    assert call(layer, HTTP_COOKIE=cookie[:-1]).status == 401
    assert call(layer, HTTP_COOKIE="session=x").status == 401
    assert call(layer).status == 401
    assert call(layer, "POST", HTTP_COOKIE=cookie, HTTP_ORIGIN="https://e.x").status == 403


def test_the_signed_request() -> None:
    found = run("signed")
    layer = Authentication(app, Custom(found["signed"], name="signed"))

    def sign(method: str, path: str, sent: str, secret: bytes = found["SECRETS"]["billing"]) -> str:
        text = "\n".join([method, path, "", sent])
        return f"billing;{sent};{hmac.new(secret, text.encode(), 'sha256').hexdigest()}"

    now = str(int(time.time()))
    good = sign("GET", "/a", now)
    assert call(layer, path="/a", HTTP_X_SIGNATURE=good).json["user"] == "billing"
    for path, value in (
        ("/b", good),
        ("/a", good[:-1]),
        ("/a", good.replace("billing", "nobody")),
        ("/a", sign("GET", "/a", str(int(now) - 100))),
        ("/a", sign("GET", "/a", "٣")),
        ("/a", sign("GET", "/a", now, b"\0" * 32).replace("billing", "nobody")),
        ("/a", "ä;ä;ä"),
        ("/a", ""),
    ):
        assert call(layer, path=path, HTTP_X_SIGNATURE=value).status == 401, value
