"""No secret, token, key or password stands in a log line (DEBUG included), a body or a header."""

from __future__ import annotations

import base64
import itertools
import logging
from typing import Any

import pytest

from statusware import PolicyError
from statusware.auth.apikey import APIKey
from statusware.auth.basic import Basic
from statusware.auth.bearer import Bearer
from statusware.auth.custom import Custom
from statusware.layers.authentication import Authentication
from statusware.layers.envelope import ErrorEnvelope

from .forge import SECRET, claims, token
from .provider import running
from .test_apikey import entry
from .test_basic import stored
from .test_public import PRIVATE
from .test_public import token as signed
from .wsgi import Answer, app, call

PASSWORD, KEY = "a-password-nobody-guesses", "sw_an-api-key-nobody-guesses"
COOKIE = "session-cookie-nobody-guesses"

TOKENS = [
    token(),
    token(claims(exp=5)),
    token(secret="another-secret-that-is-long-enough-for-it"),
    token(header={"alg": "none"}),
    token(header={"alg": "HS256", "kid": "a-kid-nobody-guesses\n"}),
    token(claims(sub="bad\nuser")),
    signed(PRIVATE["RSA"], "RS256", {"kid": "x"}),
    "not-a-token-but-secret-all-the-same",
    "one-secret,Bearer another-one-secret",
    "with-a-control-character\x01-in-it",
    "a-long-one-" * 1000,
]


def verify(environ: Any) -> None:
    if "HTTP_COOKIE" in environ:
        raise RuntimeError("the session could not be read")


def broken(claims: Any) -> bool:
    raise OSError("no database")


def requests() -> list[dict[str, str]]:
    def basic(text: str) -> str:
        return "Basic " + base64.b64encode(text.encode()).decode()

    return [
        *({"HTTP_AUTHORIZATION": f"Bearer {each}"} for each in TOKENS),
        {"HTTP_AUTHORIZATION": basic(f"ann:{PASSWORD}")},
        {"HTTP_AUTHORIZATION": basic(f"bob:{PASSWORD}")},
        {"HTTP_AUTHORIZATION": basic(f"ann:{PASSWORD}x")},
        {"HTTP_AUTHORIZATION": basic(PASSWORD)},
        {"HTTP_AUTHORIZATION": f"Basic {PASSWORD}"},
        {"HTTP_X_API_KEY": KEY},
        {"HTTP_X_API_KEY": f"{KEY}-wrong"},
        {"HTTP_X_API_KEY": KEY * 1000},
        {"HTTP_COOKIE": f"session={COOKIE}"},
    ]


def forbidden() -> set[str]:
    """Everything that must not show, whole or in parts."""
    pieces = {SECRET, PASSWORD, KEY, COOKIE, "nobody-guesses", "another-one-secret", "secret-all"}
    for sent in requests():
        value = "".join(sent.values())
        pieces |= {
            piece for piece in value.replace(",", " ").replace(".", " ").split() if len(piece) > 12
        }
    return pieces


def shown(answer: Answer) -> str:
    return answer.body.decode() + repr(answer.headers)


def schemes(url: str) -> list[Any]:
    return [
        Bearer(secret=SECRET),
        Bearer(secret=SECRET, check=broken, name="checked"),
        Bearer(jwks=url, name="remote"),
        Basic(users=f"ann:{stored(PASSWORD)}\nbob:{PASSWORD}"),
        APIKey(keys=[entry(KEY)]),
        Custom(verify, name="session", ambient=True),
    ]


def test_nothing_secret_is_logged_or_answered(caplog: pytest.LogCaptureFixture) -> None:
    with running() as provider, caplog.at_level(logging.DEBUG):
        built = schemes(provider.url)
        sets = [[each] for each in built] + [built, [built[1]], [built[2], built[0]]]
        for each, explain in itertools.product(sets, (False, True)):
            for public in ([], ["GET /"]):
                layer = Authentication(app, *each, public=public, explain=explain)
                for sent in requests():
                    told = shown(call(ErrorEnvelope(layer), **sent))
                    assert not [piece for piece in forbidden() if piece in told]
    lines = caplog.text
    assert "invalid-credentials" in lines
    assert "Traceback" in lines  # of the check and the verifier, which failed
    assert not [piece for piece in forbidden() if piece in lines]


@pytest.mark.parametrize(
    "build",
    [
        lambda: Bearer(secret="short-secret"),
        lambda: Bearer(secret={"env": "SHORT_SECRET"}),
        lambda: Bearer(secret=[SECRET, "short-secret"], algorithms=["HS512"]),
        lambda: Bearer(public_key="short-secret"),
        lambda: Bearer(jwks="https://user:short-secret@id.example.com/"),
        lambda: APIKey(keys=[{"sha256": "short-secret", "subject": "a"}]),
        lambda: Basic(users="short-secret"),
        lambda: Basic(users="ann:short-secret\nann:short-secret"),
    ],
)
def test_nothing_secret_stands_in_an_error(build: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHORT_SECRET", "short-secret")
    with pytest.raises(PolicyError) as caught:
        build()
    assert "short-secret" not in f"{caught.value}{caught.value!r}{caught.value.__cause__}"
    for held in (SECRET, "short-secret"):
        assert held not in repr(vars(caught.value))


def test_nothing_secret_stands_in_a_representation() -> None:
    with running() as provider:
        for scheme in schemes(provider.url):
            assert not [piece for piece in forbidden() if piece in repr(scheme)]
