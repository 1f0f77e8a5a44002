"""Basic: reading user and password, and what every answer costs."""

from __future__ import annotations

import base64
import os
import time
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from statusware import PolicyError
from statusware.auth.basic import Basic
from statusware.auth.bearer import Bearer
from statusware.auth.scheme import Refused
from statusware.layers.authentication import Authentication

from .forge import SECRET, token
from .wsgi import app, call


def stored(password: str, cost: int = 4, kind: bytes = b"$2y$") -> str:
    found = bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost))
    return (kind + found[4:]).decode()


LONG = "x" * 72
USERS = "\n".join(
    [
        "# a comment",
        "",
        f"ann:{stored('open sesame')}",
        f"Zoë:{stored('pässword:with:colons')}",
        f"long:{stored(LONG)}",
        f"costly:{stored('costly', 6)}",
        f"empty:{stored('')}",
        "broken:$2y$05$tooshort",
        "md5:$apr1$abc$def",
        "plain:password",
        f"huge:{stored('huge').replace('$04$', '$31$')}",
    ]
)


@pytest.fixture(scope="module")
def scheme() -> Basic:
    return Basic(users=USERS, realm="recipes")


def basic(text: str | bytes, scheme: str = "Basic") -> dict[str, Any]:
    data = text if isinstance(text, bytes) else text.encode()
    value = f"{scheme} {base64.b64encode(data).decode()}"
    return {"REQUEST_METHOD": "GET", "HTTP_AUTHORIZATION": value}


def test_only_what_cannot_be_used_is_told(caplog: pytest.LogCaptureFixture) -> None:
    Basic(users=USERS, realm="recipes")
    told = [record for record in caplog.records if record.name.startswith("statusware")]
    assert [record.args for record in told] == [(number,) for number in (8, 9, 10, 11)]


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("ann:open sesame", "ann"),
        ("Zoë:pässword:with:colons", "Zoë"),
        (f"long:{LONG}", "long"),
        ("costly:costly", "costly"),
        ("empty:", "empty"),
    ],
)
def test_good_passwords(scheme: Basic, text: str, user: str) -> None:
    for name in ("Basic", "basic"):
        identity = scheme.authenticate(basic(text, name))
        assert identity is not None
        assert (identity.user, identity.scheme) == (user, "basic")


@pytest.mark.parametrize(
    "text",
    [
        "ann:wrong",
        "ann:",
        "Ann:open sesame",
        "ann :open sesame",
        "nobody:open sesame",
        ":",
        ":open sesame",
        "ann:open sesame\n",
        "ann:open sesame\x00",
        "ann\x00:open sesame",
        "ann:\x00",
        f"long:{LONG}x",
        f"long:{LONG}{'x' * 5000}",
        f"ann:{'ä' * 37}",
        "broken:",
        "broken:password",
        "md5:password",
        "plain:password",
        "huge:huge",
        "# a comment:",
        b"ann:\xff",
        b"\xff:open sesame",
        b"Zo\xeb:p\xe4ssword:with:colons",
    ],
)
def test_wrong_passwords_are_401(scheme: Basic, text: str | bytes) -> None:
    for _ in range(2):
        with pytest.raises(Refused) as caught:
            scheme.authenticate(basic(text))
        assert (caught.value.status, caught.value.problem_code) == (401, "invalid-credentials")


@pytest.mark.parametrize(
    "value",
    [
        "Basic",
        "Basic !!!",
        "Basic YW5u",  # no colon
        "Basic YW5uOm9wZW4gc2VzYW1l=",
        "Basic YW5uOm9wZW4gc2VzYW1lIQ",  # no padding
        "Basic YW5uOm9wZW4gc2VzYW1lIR==",  # bits that mean nothing
        "Basic YW5uOm9w-ZW4_",
        "Basic YTpi,Basic YTpi",
        "Basic YTpi YTpi",
        "Basic a=b, c=d",
        "Basic {}",
        "Basic ä",
    ],
)
def test_malformed_credentials_are_400(scheme: Basic, value: str) -> None:
    with pytest.raises(Refused) as caught:
        scheme.authenticate({"HTTP_AUTHORIZATION": value})
    assert (caught.value.status, caught.value.problem_code) == (400, "invalid-request")


def test_other_schemes_are_not_its_business(scheme: Basic) -> None:
    assert scheme.authenticate({}) is None
    assert scheme.authenticate({"HTTP_AUTHORIZATION": f"Bearer {token()}"}) is None


def test_every_answer_costs_the_same(scheme: Basic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in rounds of bcrypt, not in time."""
    rounds: list[int] = []
    check = scheme._check

    def counted(password: bytes, hashed: bytes) -> bool:
        rounds.append(2 ** int(hashed[4:6]))
        return check(password, hashed)

    monkeypatch.setattr(scheme, "_check", counted)
    for text in (
        "ann:wrong",
        "costly:wrong",
        "nobody:wrong",
        "broken:wrong",
        "md5:wrong",
        f"ann:{'x' * 73}",
        "ann:\x00",
        ":",
        "ann:wrong",
    ):
        rounds.clear()
        with pytest.raises(Refused):
            scheme.authenticate(basic(text))
        assert sum(rounds) == 2**6, text
    rounds.clear()
    fresh = Basic(users=USERS)
    monkeypatch.setattr(fresh, "_check", counted)
    assert fresh.authenticate(basic("ann:open sesame"))
    assert sum(rounds) == 2**6
    assert fresh.authenticate(basic("ann:open sesame"))
    assert sum(rounds) == 2**6  # remembered
    with pytest.raises(Refused):
        fresh.authenticate(basic("ann:open sesam"))
    assert sum(rounds) == 2 * 2**6  # but no help for those who guess


def test_a_broken_hash_costs_as_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """bcrypt refuses some of the right shape without a round; counted where it works."""
    rounds: list[int] = []
    check = bcrypt.checkpw

    def counted(password: bytes, hashed: bytes) -> bool:
        found = check(password, hashed)
        rounds.append(2 ** int(hashed[4:6]))
        return found

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    users = [f"ann:{stored('right', 6)}", f"stray:$2y$06${'/' * 53}", f"cheap:$2y$04${'/' * 53}"]
    scheme = Basic(users="\n".join(users))
    for user in ("ann", "stray", "cheap", "nobody"):
        rounds.clear()
        with pytest.raises(Refused):
            scheme.authenticate(basic(f"{user}:wrong"))
        assert sum(rounds) == 2**6, user


def test_dummies_are_real_work(scheme: Basic) -> None:
    for cost, dummy in scheme._dummies.items():
        assert len(dummy) == 60
        assert int(dummy[4:6]) == cost
        assert bcrypt.checkpw(b"wrong", dummy) is False


def test_a_password_is_remembered_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    scheme = Basic(users=USERS)
    assert scheme.authenticate(basic("ann:open sesame"))
    monkeypatch.setattr(scheme, "_verify", lambda *a: False)
    assert scheme.authenticate(basic("ann:open sesame"))
    monkeypatch.setattr("statusware.auth.basic.monotonic", lambda: time.monotonic() + 61)
    with pytest.raises(Refused):
        scheme.authenticate(basic("ann:open sesame"))
    assert "sesame" not in repr(scheme._remembered)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("statusware.auth.basic.MOST", 2)
    scheme = Basic(users=USERS)
    for text in ("ann:open sesame", f"long:{LONG}", "empty:"):
        assert scheme.authenticate(basic(text))
    assert len(scheme._remembered) == 2


def test_the_file_is_read_again_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = [0.0]
    monkeypatch.setattr("statusware.auth.watched.monotonic", lambda: time.monotonic() + ahead[0])
    path = tmp_path / "users"

    def write(text: str) -> None:
        path.write_text(text)
        os.utime(path, ns=(time.time_ns(), time.time_ns()))
        ahead[0] += 2

    write(USERS)
    scheme = Basic(users={"file": str(path)})
    assert scheme.authenticate(basic("ann:open sesame"))
    write("no colon")
    assert scheme.authenticate(basic("ann:open sesame"))
    write(f"ann:{stored('new', 5)}")
    with pytest.raises(Refused):
        scheme.authenticate(basic("ann:open sesame"))
    assert scheme.authenticate(basic("ann:new"))
    write("")
    with pytest.raises(Refused):
        scheme.authenticate(basic("ann:new"))


def test_over_wsgi(scheme: Basic) -> None:
    layer = Authentication(app, Bearer(secret=SECRET), scheme)
    good = {"HTTP_AUTHORIZATION": basic("Zoë:pässword:with:colons")["HTTP_AUTHORIZATION"]}
    assert call(layer, **good).json["remote_user"] == "ZoÃ«"
    bad = {"HTTP_AUTHORIZATION": basic("ann:wrong")["HTTP_AUTHORIZATION"]}
    assert call(layer, **bad).all("WWW-Authenticate") == [
        'Bearer realm="api"',
        'Basic realm="recipes", charset="UTF-8"',
    ]
    malformed = call(layer, HTTP_AUTHORIZATION="Basic !")
    assert malformed.status == 400
    assert 'error="invalid_request"' in malformed.all("WWW-Authenticate")[0]
    assert call(layer, "POST", **good, HTTP_ORIGIN="https://evil.example").status == 403
    assert call(layer, "POST", **good).status == 200


@pytest.mark.parametrize(
    ("users", "told"),
    [
        ("", "users: it is empty"),
        ({"file": "/nonexistent"}, "users.file: /nonexistent cannot be read"),
        ({"file": "/nonexistent", "env": "USERS"}, "users: must be {env = NAME} or {file = PATH}"),
        ("ann", "line 1 is not user:hash"),
        (":x", "line 1 is not user:hash"),
        ("a\x07b:x", "line 1 is not user:hash"),
        ("ann:x\nann:y", "line 2 is there twice"),
        (b"\xff:x", "is not UTF-8"),
        (5, "users: must be text"),
    ],
)
def test_wrong_users(users: Any, told: str) -> None:
    with pytest.raises(PolicyError) as caught:
        Basic(users=users)
    assert told in str(caught.value)
