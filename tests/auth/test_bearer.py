"""Bearer tokens: what is accepted, what is refused and how, and what is refused at start."""

from __future__ import annotations

import datetime
import json
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from statusware import PolicyError, Problem
from statusware.auth import claims as claims_module
from statusware.auth.basic import Basic
from statusware.auth.bearer import Bearer
from statusware.auth.scheme import Refused

from .forge import LIFETIME, SECRET, b64, bearer, claims, token

NOW = int(time.time())


def refusal(scheme: Bearer, value: str) -> Refused:
    with pytest.raises(Refused) as caught:
        scheme.authenticate(bearer(value))
    return caught.value


def test_a_good_token() -> None:
    payload = claims(sub="ann", roles=["editor"], scope="a:read a:write", email="a@b")
    identity = Bearer(secret=SECRET).authenticate(bearer(token(payload)))
    assert identity is not None
    assert (identity.user, identity.scheme) == ("ann", "bearer")
    assert identity.roles == {"editor"}
    assert identity.scopes == {"a:read", "a:write"}
    assert identity.claims["email"] == "a@b"


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_hmac_algorithms(alg: str) -> None:
    scheme = Bearer(secret=SECRET, algorithms=[alg])
    assert scheme.authenticate(bearer(token(alg=alg)))
    for other in {"HS256", "HS384", "HS512"} - {alg}:
        assert "alg" in refusal(scheme, token(alg=other)).reason


@pytest.mark.parametrize(
    "environ", [{}, {"HTTP_AUTHORIZATION": "Basic YTpi"}, {"HTTP_AUTHORIZATION": "Token abc"}]
)
def test_no_credential_of_its_kind(environ: dict[str, Any]) -> None:
    assert Bearer(secret=SECRET).authenticate(environ) is None


def test_other_names_of_the_scheme() -> None:
    scheme = Bearer(secret=SECRET, scheme=["Bearer", "Token"], realm='the "shop"')
    for name in ("Bearer", "TOKEN", "token"):
        assert scheme.authenticate(bearer(token(), name))
    assert scheme.challenges("invalid_token") == (
        'Bearer realm="the \\"shop\\"", error="invalid_token"',
        'Token realm="the \\"shop\\"", error="invalid_token"',
    )


@pytest.mark.parametrize("depth", range(500, 3000, 100))
def test_claims_that_nest_deeply_are_refused_at_the_worst(depth: int) -> None:
    """Signed as they should be. What can be read and frozen depends on the version of Python."""
    payload = f'{json.dumps(claims())[:-1]}, "deep": {"[" * depth}{"]" * depth}}}'
    with suppress(Refused):
        assert Bearer(secret=SECRET).authenticate(bearer(token(payload)))


def test_rotation() -> None:
    old, new, gone = ("o" * 32, "n" * 32, "g" * 32)
    scheme = Bearer(secret=[new, old.encode()])
    assert scheme.authenticate(bearer(token(secret=old)))
    assert scheme.authenticate(bearer(token(secret=new)))
    assert refusal(scheme, token(secret=gone)).status == 401


ISSUER = {"issuer": "https://id/"}
AUDIENCE = {"audience": "recipes"}

#: options, claims, code (None: accepted).
CLAIMS: list[tuple[dict[str, Any], dict[str, Any], str | None]] = [
    ({}, {"exp": NOW - 20}, None),
    ({}, {"exp": NOW - 40}, "expired-credentials"),
    ({"leeway": 0}, {"exp": NOW - 1}, "expired-credentials"),
    ({"leeway": 0}, {"exp": NOW}, "expired-credentials"),
    ({}, {"exp": NOW + 0.5}, None),
    ({}, {"exp": 10**400}, None),
    ({}, {"exp": -(10**400)}, "expired-credentials"),
    ({"leeway": 0.5}, {"exp": 10**400}, None),
    ({}, {"exp": ...}, "invalid-credentials"),
    ({}, {"exp": None}, "invalid-credentials"),
    ({}, {"exp": True}, "invalid-credentials"),
    ({}, {"exp": str(NOW + 100)}, "invalid-credentials"),
    ({}, {"exp": [NOW + 100]}, "invalid-credentials"),
    ({}, {"nbf": NOW + 20}, None),
    ({}, {"nbf": NOW + 100}, "invalid-credentials"),
    ({}, {"nbf": "soon"}, "invalid-credentials"),
    ({}, {"nbf": None}, "invalid-credentials"),
    ({}, {"nbf": False}, "invalid-credentials"),
    ({}, {"nbf": 10**400}, "invalid-credentials"),
    ({}, {"iat": ...}, None),
    ({}, {"iat": NOW + 20}, None),
    ({}, {"iat": NOW + 100}, "invalid-credentials"),
    ({}, {"iat": {}}, "invalid-credentials"),
    ({}, {"iat": -(10**400)}, None),
    (ISSUER, {"iss": "https://id/"}, None),
    ({"issuer": ["https://other/", "https://id/"]}, {"iss": "https://id/"}, None),
    (ISSUER, {}, "invalid-credentials"),
    (ISSUER, {"iss": "https://id"}, "invalid-credentials"),
    (ISSUER, {"iss": ["https://id/"]}, "invalid-credentials"),
    (ISSUER, {"iss": None}, "invalid-credentials"),
    ({}, {"iss": ["https://id/"]}, "invalid-credentials"),
    ({}, {"iss": "anyone"}, None),
    (AUDIENCE, {"aud": "recipes"}, None),
    (AUDIENCE, {"aud": ["other", "recipes"]}, None),
    ({"audience": ["a", "recipes"]}, {"aud": "recipes"}, None),
    (AUDIENCE, {}, "invalid-credentials"),
    (AUDIENCE, {"aud": None}, "invalid-credentials"),
    (AUDIENCE, {"aud": []}, "invalid-credentials"),
    (AUDIENCE, {"aud": "recipe"}, "invalid-credentials"),
    (AUDIENCE, {"aud": ["recipes", 5]}, "invalid-credentials"),
    (AUDIENCE, {"aud": {"recipes": 1}}, "invalid-credentials"),
    ({}, {"aud": "recipes"}, "invalid-credentials"),
    ({"claims": {"type": "access"}}, {"type": "access"}, None),
    ({"claims": {"type": "access"}}, {"type": "refresh"}, "invalid-credentials"),
    ({"claims": {"type": "access"}}, {}, "invalid-credentials"),
    ({"claims": {"type": "access"}}, {"type": ["access"]}, "invalid-credentials"),
    ({"claims": {"mfa": True}}, {"mfa": True}, None),
    ({"claims": {"mfa": True}}, {"mfa": 1}, "invalid-credentials"),
    ({"claims": {"level": 1}}, {"level": True}, "invalid-credentials"),
    ({"claims": {"a.b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 2}]}}, None),
    ({"claims": {"a": {"b": 1}}}, {"a": {"b": True}}, "invalid-credentials"),
    ({}, {"sub": 42}, None),
    ({}, {"sub": "Zoë"}, None),
    ({}, {"sub": ...}, "invalid-credentials"),
    ({}, {"sub": ""}, "invalid-credentials"),
    ({}, {"sub": "  "}, "invalid-credentials"),
    ({}, {"sub": True}, "invalid-credentials"),
    ({}, {"sub": 1.5}, "invalid-credentials"),
    ({}, {"sub": ["ann"]}, "invalid-credentials"),
    ({}, {"sub": "ann\nadmin"}, "invalid-credentials"),
    ({}, {"sub": "ann\x00"}, "invalid-credentials"),
    ({}, {"sub": "ann\x9f"}, "invalid-credentials"),
    ({}, {"sub": "\ud800"}, "invalid-credentials"),
    ({}, {"other": "\udfff"}, "invalid-credentials"),
    ({"user": "email"}, {"email": "a@b"}, None),
    ({"user": "email"}, {}, "invalid-credentials"),
    ({}, {"roles": 5}, "invalid-credentials"),
    ({}, {"roles": ["a", 5]}, "invalid-credentials"),
    ({}, {"roles": {"a": 1}}, "invalid-credentials"),
    ({}, {"roles": None}, None),
    ({}, {"scope": 5}, "invalid-credentials"),
]


@pytest.mark.parametrize(("options", "more", "code"), CLAIMS)
def test_claims(
    options: dict[str, Any], more: dict[str, Any], code: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("statusware.auth.bearer.time", lambda: NOW)
    monkeypatch.setattr("tests.auth.forge.time.time", lambda: NOW)
    scheme = Bearer(secret=SECRET, **options)
    value = token(claims(**({"iat": NOW} | more)))
    if code is None:
        assert scheme.authenticate(bearer(value))
        assert scheme.authenticate(bearer(value))  # from the cache
    else:
        told = refusal(scheme, value)
        assert (told.status, told.problem_code, told.error) == (401, code, "invalid_token")


def test_an_integer_user_becomes_its_decimal_text() -> None:
    identity = Bearer(secret=SECRET).authenticate(bearer(token(claims(sub=-42))))
    assert identity is not None
    assert identity.user == "-42"


@pytest.mark.parametrize(
    ("options", "more", "roles", "scopes"),
    [
        ({}, {"roles": "Super Admin", "scope": "a b"}, {"Super Admin"}, {"a", "b"}),
        ({}, {"roles": ["a", ""], "scope": ["x y", "z"]}, {"a"}, {"x y", "z"}),
        ({"roles": "realm_access.roles"}, {"realm_access": {"roles": ["a"]}}, {"a"}, set()),
        ({"roles": "https://x.y/roles"}, {"https://x.y/roles": ["a"]}, {"a"}, set()),
        ({"roles": "r.my.app.x"}, {"r": {"my.app": {"x": ["a"]}}}, {"a"}, set()),
        ({"roles": ["r", "s.t"]}, {"r": ["a"], "s": {"t": "b"}}, {"a", "b"}, set()),
        ({"scopes": "scp"}, {"scp": ["a"]}, set(), {"a"}),
        ({"roles": "a.b"}, {"a": "text"}, set(), set()),
    ],
)
def test_where_roles_and_scopes_lie(
    options: dict[str, Any], more: dict[str, Any], roles: set[str], scopes: set[str]
) -> None:
    identity = Bearer(secret=SECRET, **options).authenticate(bearer(token(claims(**more))))
    assert identity is not None
    assert (identity.roles, identity.scopes) == (roles, scopes)


PROFILE = {"profile": "at+jwt", "issuer": "i", "audience": "a"}
ACCESS = {"iss": "i", "aud": "a", "client_id": "c", "jti": "1"}


@pytest.mark.parametrize(
    ("options", "typ", "more", "good"),
    [
        ({}, "JWT", {}, True),
        ({}, "jwt", {}, True),
        ({}, "at+jwt", {}, True),
        ({}, "dpop+jwt", {}, False),
        ({}, "a+jwt", {}, False),
        ({}, "application/logout+JWT", {}, False),
        ({}, 5, {}, False),
        ({}, None, {}, False),
        (PROFILE, "at+jwt", ACCESS, True),
        (PROFILE, "application/AT+JWT", ACCESS, True),
        (PROFILE, "JWT", ACCESS, False),
        *((PROFILE, "at+jwt", ACCESS | {name: ...}, False) for name in ("client_id", "jti", "iat")),
    ],
)
def test_types(options: dict[str, Any], typ: Any, more: dict[str, Any], good: bool) -> None:
    scheme = Bearer(secret=SECRET, **options)
    value = token(claims(**more), {"alg": "HS256", "typ": typ})
    if good:
        assert scheme.authenticate(bearer(value))
    else:
        assert refusal(scheme, value).problem_code == "invalid-credentials"


@pytest.mark.parametrize("parts", [1, 2, 4, 5])
def test_a_token_has_three_parts(parts: int) -> None:
    value = ".".join([*token().split("."), "e30", "e30"][:parts])
    assert refusal(Bearer(secret=SECRET), value).problem_code == "invalid-credentials"


def test_the_profile_demands_a_type() -> None:
    assert "typ" in refusal(Bearer(secret=SECRET, **PROFILE), token(header={"alg": "HS256"})).reason


def test_malformed_credentials_are_400() -> None:
    for value in ("a,b", 'a="b", c=d', ""):
        told = refusal(Bearer(secret=SECRET), value)
        assert (told.status, told.problem_code) == (400, "invalid-request")
    with pytest.raises(Refused, match="400"):
        Bearer(secret=SECRET).authenticate({"HTTP_AUTHORIZATION": "Bearer"})


def test_a_token_seen_before_is_not_verified_again(monkeypatch: pytest.MonkeyPatch) -> None:
    scheme, environ = Bearer(secret=SECRET), bearer(token())
    first = scheme.authenticate(environ)
    monkeypatch.setattr(Bearer, "_read", None)
    assert scheme.authenticate(environ) is first


def test_a_cached_token_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    scheme, environ = Bearer(secret=SECRET), bearer(token())
    assert scheme.authenticate(environ)
    monkeypatch.setattr("statusware.auth.bearer.time", lambda: time.time() + LIFETIME + 20)
    assert scheme.authenticate(environ)
    monkeypatch.setattr("statusware.auth.bearer.time", lambda: time.time() + LIFETIME + 31)
    for _ in range(2):
        with pytest.raises(Refused, match="expired"):
            scheme.authenticate(environ)


def test_a_token_that_has_ended_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    scheme, old = Bearer(secret=SECRET), bearer(token(claims(exp=int(time.time()) - 31)))
    first = refusal(scheme, old["HTTP_AUTHORIZATION"].partition(" ")[2])
    monkeypatch.setattr(Bearer, "_read", None)
    again = refusal(scheme, old["HTTP_AUTHORIZATION"].partition(" ")[2])
    assert (first.problem_code, first.reason) == (again.problem_code, again.reason)
    assert again.problem_code == "expired-credentials"


def test_a_token_that_has_ended_is_good_where_the_clock_is_set_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scheme, environ = Bearer(secret=SECRET), bearer(token())
    monkeypatch.setattr("statusware.auth.bearer.time", lambda: time.time() + LIFETIME + 3600)
    for _ in range(2):
        with pytest.raises(Refused, match="expired"):
            scheme.authenticate(environ)
    monkeypatch.setattr("statusware.auth.bearer.time", time.time)
    assert scheme.authenticate(environ)


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("statusware.auth.bearer.CACHED", 3)
    scheme = Bearer(secret=SECRET)
    for number in range(10):
        assert scheme.authenticate(bearer(token(claims(sub=number))))
    assert len(scheme._cache) == 3
    for number in range(10):
        refusal(scheme, token(claims(sub=number, exp=1)))
    assert (len(scheme._cache), len(scheme._ended)) == (3, 3)


def test_no_token_is_kept() -> None:
    scheme, value = Bearer(secret=SECRET), token()
    assert scheme.authenticate(bearer(value))
    assert value.rpartition(".")[2] not in repr(vars(scheme._cache))


def test_check_is_asked_on_every_request() -> None:
    asked: list[str] = []
    revoked: set[str] = set()

    def check(claims: Any) -> bool:
        asked.append(claims["sub"])
        return claims["sub"] not in revoked

    scheme, environ = Bearer(secret=SECRET, check=check), bearer(token())
    assert scheme.authenticate(environ)
    assert scheme.authenticate(environ)
    assert asked == ["ann", "ann"]
    revoked.add("ann")
    with pytest.raises(Refused) as caught:
        scheme.authenticate(environ)
    assert caught.value.problem_code == "invalid-credentials"


@pytest.mark.parametrize(
    ("check", "status"),
    [
        (lambda c: None, 401),
        (lambda c: 1 / 0, 503),
        (lambda c: 1, 503),
        (lambda c: object(), 503),
        (lambda c: c["nothing"], 503),
        (lambda c: c.pop("exp"), 503),
    ],
)
def test_a_check_that_fails_lets_nobody_in(check: Any, status: int) -> None:
    scheme = Bearer(secret=SECRET, check=check)
    for _ in range(2):
        told = refusal(scheme, token())
        assert told.status == status
        assert (("Retry-After", "30") in told.headers) == (status == 503)


def test_a_check_may_raise_a_problem() -> None:
    def check(claims: Any) -> bool:
        raise Problem(403, "Suspended.")

    with pytest.raises(Problem, match="Suspended"):
        Bearer(secret=SECRET, check=check).authenticate(bearer(token()))


async def coroutine(claims: Any) -> bool:
    return True


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "has no key"),
        ({"secret": ""}, "secret: it is empty"),
        ({"secret": " \n"}, "secret: it is empty"),
        ({"secret": "short"}, "too short for HS256: 5 bytes"),
        ({"secret": "x" * 32, "algorithms": ["HS256", "HS512"]}, "too short for HS512"),
        ({"secret": [SECRET, "short"]}, "too short"),
        ({"secret": []}, "empty list"),
        ({"secret": 5}, "secret: must be text"),
        ({"secret": None, "jwks": None}, "has no key"),
        ({"secret": SECRET, "jwks": "x"}, "exclude each other"),
        (
            {"secret": {"env": "NOT_SET_ANYWHERE"}},
            "secret.env: the environment variable NOT_SET_ANYWHERE",
        ),
        ({"secret": {"env": "EMPTY"}}, "secret: the environment variable EMPTY is empty"),
        ({"secret": {"file": "/nonexistent"}}, "secret.file: /nonexistent cannot be read"),
        ({"secret": {"file": "/"}}, "secret.file: / cannot be read"),
        ({"secret": {"file": "/dev/zero"}}, "it is a device"),
        ({"secret": {"fil": "x"}}, 'did you mean "file"'),
        ({"secret": {"file": "a", "env": "b"}}, "must be {env"),
        ({"secret": {"env": 5}}, "secret.env: must be text"),
        ({"secret": {"env": ""}}, "secret.env: must be text"),
        ({"secret": {"file": ""}}, "secret.file: must be text"),
        ({"secret": "-----BEGIN PUBLIC KEY-----\n" + "A" * 90}, "use public_key"),
        ({"secret": SECRET, "algorithms": ["RS256"]}, "algorithms: 'RS256'"),
        ({"secret": SECRET, "algorithms": ["none"]}, "algorithms: 'none'"),
        ({"secret": SECRET, "algorithms": []}, "algorithms: must be"),
        ({"secret": SECRET, "algorithms": ["hs256"]}, "algorithms: 'hs256'"),
        ({"secret": SECRET, "algorithms": [None]}, "algorithms"),
        ({"secret": SECRET, "leeway": -1}, "leeway"),
        ({"secret": SECRET, "leeway": True}, "leeway"),
        ({"secret": SECRET, "leeway": "30"}, "leeway"),
        ({"secret": SECRET, "leeway": float("nan")}, "leeway"),
        ({"secret": SECRET, "leeway": 10**400}, "leeway"),
        ({"secret": SECRET, "max_age": 5}, "max_age: is for jwks alone"),
        ({"secret": SECRET, "allow_http": True}, "allow_http: is for jwks alone"),
        ({"secret": SECRET, "scheme": []}, "scheme"),
        ({"secret": SECRET, "scheme": "Bea rer"}, "scheme"),
        ({"secret": SECRET, "scheme": ["Bearer", "basic"]}, "auth.basic"),
        ({"secret": SECRET, "realm": "a\nb"}, "realm"),
        ({"secret": SECRET, "issuer": ""}, "issuer"),
        ({"secret": SECRET, "issuer": 5}, "issuer"),
        ({"secret": SECRET, "audience": [""]}, "audience"),
        ({"secret": SECRET, "user": ""}, "user"),
        ({"secret": SECRET, "claims": ["a"]}, "claims"),
        ({"secret": SECRET, "claims": {"a": None}}, "claims.a"),
        ({"secret": SECRET, "claims": {"a": datetime.date(2030, 1, 1)}}, "claims.a"),
        ({"secret": SECRET, "profile": "at-jwt"}, 'did you mean "at+jwt"'),
        ({"secret": SECRET, "profile": "at+jwt"}, "demands issuer and audience"),
        ({"secret": SECRET, "algorithms": ["RS256"]}, "; it goes with public_key or jwks"),
        ({"secret": SECRET, "algorithms": ["HS265"]}, '; did you mean "HS256"?'),
        ({"jwks": "https://id.example.com/", "algorithms": ["HS256"]}, "; it goes with secret"),
        ({"secret": SECRET, "check": 5}, "check"),
        ({"secret": SECRET, "check": "nothing"}, "check: 'nothing' is not package.module:function"),
        (
            {"secret": SECRET, "check": "no.such.module:fn"},
            "check: 'no.such.module:fn' does not import",
        ),
        ({"secret": SECRET, "check": "os:nothing"}, "check: 'os:nothing' does not import"),
        ({"secret": SECRET, "check": "os:name"}, "is not a function"),
        ({"secret": SECRET, "check": coroutine}, "coroutine"),
    ],
)
def test_wrong_options(options: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPTY", "")
    with pytest.raises(PolicyError) as caught:
        Bearer(**options)
    assert told in str(caught.value)
    assert SECRET not in str(caught.value)


def test_secrets_from_environment_and_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("f" * 32 + "\n")
    monkeypatch.setenv("JWT_SECRET", "e" * 32)
    scheme = Bearer(secret=[{"env": "JWT_SECRET"}, {"file": str(file)}])
    assert scheme.authenticate(bearer(token(secret="e" * 32)))
    assert scheme.authenticate(bearer(token(secret="f" * 32)))


def test_claims_module_compares_json_strictly() -> None:
    assert not claims_module._same([1, 2], [1])
    assert not claims_module._same({"a": 1}, {"b": 1})
    assert not claims_module._same({"a": 1}, {"a": 1, "b": 1})
    assert not claims_module._same({"a": 1, "b": 1}, {"a": 1})
    assert claims_module._same(1, 1.0)
    assert b64(b"\xff") == "_w"


@pytest.mark.parametrize(
    ("module", "build", "told"),
    [
        ("jwt.algorithms", lambda: Bearer(secret=SECRET), 'pip install "statusware[jwt]"'),
        ("jwt.algorithms", lambda: Bearer(public_key="x"), 'pip install "statusware[jwt]"'),
        ("jwt.algorithms", lambda: Bearer(jwks="https://id/"), 'pip install "statusware[jwt]"'),
        ("urllib3", lambda: Bearer(jwks="https://id/"), 'pip install "statusware[jwks]"'),
        ("bcrypt", lambda: Basic(users="a:b"), 'pip install "statusware[basic]"'),
    ],
)
def test_extras_that_are_not_installed(
    module: str, build: Any, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(PolicyError) as caught:
        build()
    assert told in str(caught.value)


@pytest.mark.parametrize("options", [{"public_key": "x"}, {"jwks": "https://id/"}])
def test_cryptography_that_is_not_installed(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jwt.algorithms.has_crypto", False)
    with pytest.raises(PolicyError, match="need cryptography"):
        Bearer(**options)
    Bearer(secret=SECRET)


def test_a_clock_that_goes_back_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scheme = Bearer(secret=SECRET)

    def ask(made: str, ahead: float) -> bool:
        monkeypatch.setattr("statusware.auth.bearer.time", lambda: time.time() + ahead)
        try:
            return scheme.authenticate(bearer(made)) is not None
        except Refused:
            return False

    assert ask(token(), 0)
    caplog.clear()  # the clocks of other tests
    assert ask(token(claims(jti=1)), -30), "a small correction"
    assert caplog.records == []
    assert not ask(token(claims(jti=2)), -3600), "it was issued in the future"
    assert not ask(token(claims(jti=3)), -3600)
    [record] = caplog.records
    assert "went back by 35" in record.getMessage()
    assert ask(token(claims(jti=2)), 0), "as soon as the clock is right again"
    assert len(caplog.records) == 1
