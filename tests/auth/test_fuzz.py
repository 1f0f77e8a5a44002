"""Whatever stands in a header: an identity, nothing, or a refusal; never another exception."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from statusware.auth.apikey import APIKey
from statusware.auth.authenticator import Authenticator
from statusware.auth.basic import Basic
from statusware.auth.bearer import Bearer
from statusware.auth.header import challenge, valid_challenge
from statusware.auth.scheme import Refused

from .forge import SECRET, bearer, claims, token
from .test_apikey import entry
from .test_basic import stored
from .test_public import PRIVATE, pem

EVERY = Authenticator(
    [
        Bearer(secret=SECRET),
        Bearer(public_key=pem(PRIVATE["P-256"]), name="public"),
        Basic(users=f"ann:{stored('x')}"),
        APIKey(keys=[entry()]),
    ]
)
QUICK = settings(max_examples=200, deadline=None)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
names = st.sampled_from(
    ["alg", "typ", "kid", "crit", "b64", "exp", "nbf", "iat", "iss", "aud", "sub", "roles", "scope"]
)


def judge(environ: dict[str, Any]) -> str | None:
    try:
        identity = EVERY.authenticate(environ)
    except Refused as refused:
        assert refused.status in (400, 401)
        return None
    return identity.user if identity else None


@QUICK
@given(st.text(max_size=60), st.sampled_from(["", "Bearer ", "Basic ", "bearer  ", "Digest "]))
def test_any_text(text: str, scheme: str) -> None:
    assert judge({"HTTP_AUTHORIZATION": scheme + text}) is None
    assert judge({"HTTP_X_API_KEY": text}) is None


@QUICK
@given(st.binary(max_size=60))
def test_any_bytes_for_basic(data: bytes) -> None:
    value = f"Basic {base64.b64encode(data).decode()}"
    assert judge({"HTTP_AUTHORIZATION": value}) in (None, "ann")


@QUICK
@given(
    st.dictionaries(names, json_values, max_size=3), st.dictionaries(names, json_values, max_size=3)
)
def test_signed_tokens_that_say_anything(more: dict[str, Any], head: dict[str, Any]) -> None:
    value = token(json.dumps(claims() | more), json.dumps({"alg": "HS256"} | head))
    user = judge(bearer(value))
    if user is not None:
        assert user == str((claims() | more)["sub"])
        assert ({"alg": "HS256"} | head)["alg"] == "HS256"


@QUICK
@given(st.integers(0, 10_000), st.characters(max_codepoint=255))
def test_a_token_with_one_letter_changed(at: int, letter: str) -> None:
    value = token()
    at %= len(value)
    changed = value[:at] + letter + value[at + 1 :]
    assert (judge(bearer(changed)) is not None) == (changed == value)


@QUICK
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30))
def test_every_printable_realm_makes_a_challenge(realm: str) -> None:
    assert valid_challenge(challenge("Bearer", realm=realm, error="invalid_token"))
