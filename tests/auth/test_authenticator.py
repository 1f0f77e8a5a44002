"""Several schemes at once, challenges, reasons, and where a request comes from."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from statusware import PolicyError, Problem
from statusware.auth.authenticator import Authenticator, log_refusal
from statusware.auth.bearer import Bearer
from statusware.auth.identity import Identity
from statusware.auth.origins import Origins
from statusware.auth.scheme import AUTHORIZATION, Refused, invalid, unavailable

from .forge import SECRET, bearer, claims, token

OTHER = "another secret of another issuer, long enough for any of them: 64 bytes, and more"


class Fake:
    """A scheme that says what it was told to say."""

    def __init__(self, says: Any, *, ambient: bool = False, header: str | None = None) -> None:
        self.name, self.says, self.ambient, self.header = "fake", says, ambient, header

    def challenges(self, error: str = "") -> tuple[str, ...]:
        return (f'Fake realm="x"{error and f", error={error}"}',)

    def authenticate(self, environ: Any) -> Identity | None:
        if isinstance(self.says, Exception):
            raise self.says
        result: Identity | None = self.says
        return result


ANN, BOB = Identity("ann"), Identity("bob")
GOOD, GOOD_TOO, NONE = Fake(ANN), Fake(BOB), Fake(None)
COOKIE = Fake(BOB, ambient=True)
BASIC = Fake(BOB, ambient=True, header=AUTHORIZATION)


def bad() -> Fake:
    return Fake(invalid("forged"))


def down(header: str | None = None) -> Fake:
    return Fake(unavailable("down"), header=header)


@pytest.mark.parametrize(
    ("schemes", "answer"),
    [
        ([], None),
        ([NONE], None),
        ([NONE, GOOD], "ann"),
        ([GOOD, GOOD_TOO], 400),
        ([GOOD, COOKIE], "ann"),
        ([COOKIE, GOOD], "ann"),
        ([NONE, COOKIE], "bob"),
        ([BASIC, GOOD], "ann"),
        ([GOOD, BASIC], "ann"),
        ([GOOD, bad()], 401),
        ([bad(), COOKIE], 401),
        ([bad(), GOOD], 401),
        ([GOOD, down()], 503),
        ([Fake(invalid(""), ambient=True), GOOD], "ann"),
        ([Fake(invalid(""), header="HTTP_X"), Fake(ANN, header="HTTP_X")], "ann"),
        ([Fake(invalid(""), header="HTTP_X"), down("HTTP_X")], 503),
        ([down("HTTP_X"), Fake(ANN, header="HTTP_X")], "ann"),
        ([Fake(Problem(403, "No."))], 403),
    ],
)
def test_schemes_together(schemes: list[Any], answer: Any) -> None:
    authenticator = Authenticator(schemes)
    environ = {"REQUEST_METHOD": "GET", "HTTP_X": "", AUTHORIZATION: ""}
    if isinstance(answer, int):
        with pytest.raises(Problem) as caught:
            authenticator.authenticate(environ)
        assert caught.value.status == answer
    else:
        identity = authenticator.authenticate(environ)
        assert (identity and identity.user) == answer


def two_issuers() -> Authenticator:
    return Authenticator(
        [
            Bearer(secret=SECRET, issuer="one"),
            Bearer(secret=OTHER, issuer="two", scheme=["Bearer", "Token"]),
        ]
    )


def test_two_issuers() -> None:
    authenticator = two_issuers()
    assert authenticator.authenticate(bearer(token(claims(iss="one"))))
    assert authenticator.authenticate(bearer(token(claims(iss="two"), secret=OTHER)))
    for payload, secret in (("one", OTHER), ("two", SECRET)):
        with pytest.raises(Refused, match="401"):
            authenticator.authenticate(bearer(token(claims(iss=payload), secret=secret)))


def test_expiry_is_told_whichever_issuer_it_was() -> None:
    for issuer, secret in (("one", SECRET), ("two", OTHER)):
        with pytest.raises(Refused) as caught:
            two_issuers().authenticate(bearer(token(claims(iss=issuer, exp=5), secret=secret)))
        assert caught.value.problem_code == "expired-credentials"


def challenges(problem: Problem) -> list[str]:
    return [value for name, value in problem.headers if name == "WWW-Authenticate"]


def test_every_scheme_is_in_the_challenge_and_errors_where_they_belong() -> None:
    authenticator = Authenticator([Bearer(secret=SECRET), NONE])
    assert authenticator.challenges == ('Bearer realm="api"', 'Fake realm="x"')
    with pytest.raises(Refused) as caught:
        authenticator.authenticate(bearer("a.b.c"))
    assert challenges(caught.value) == [
        'Bearer realm="api", error="invalid_token"',
        'Fake realm="x"',
    ]


def test_a_malformed_header_is_400_whoever_finds_it() -> None:
    authenticator = Authenticator([Bearer(secret=SECRET)])
    for value in ("Bearer a,Bearer b", "Bearer " + "a" * 8192, "Bearer \x00"):
        with pytest.raises(Refused) as caught:
            authenticator.authenticate({AUTHORIZATION: value})
        assert caught.value.status == 400
        assert challenges(caught.value) == ['Bearer realm="api", error="invalid_request"']


def test_max_header() -> None:
    authenticator = Authenticator([Bearer(secret=SECRET)], max_header=100)
    with pytest.raises(Refused, match="400"):
        authenticator.authenticate(bearer(token()))
    for wrong in (0, -1, True, "8192", 1.5):
        with pytest.raises(PolicyError, match="max_header"):
            Authenticator([], max_header=wrong)  # type: ignore[arg-type]


def test_reasons_are_for_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Refused) as caught:
        Authenticator([bad()]).authenticate({})
    assert "forged" not in caught.value.detail
    with caplog.at_level(logging.INFO, "statusware.authentication"):
        log_refusal(caught.value, {"statusware.request_id": "abc"})
    assert caplog.messages == ["invalid-credentials: forged (abc)"]


def test_explain_tells_them() -> None:
    with pytest.raises(Refused) as caught:
        Authenticator([bad()], explain=True).authenticate({})
    assert caught.value.detail.endswith("(forged)")


OWN = {"HTTP_HOST": "app.example.com"}


@pytest.mark.parametrize(
    ("origins", "environ", "passes"),
    [
        (Origins(), {}, True),
        (Origins(), {"HTTP_SEC_FETCH_SITE": "same-origin"}, True),
        (Origins(), {"HTTP_SEC_FETCH_SITE": "none"}, True),
        (Origins(), {"HTTP_SEC_FETCH_SITE": "same-site"}, False),
        (Origins(), {"HTTP_SEC_FETCH_SITE": "cross-site"}, False),
        (Origins(), {"HTTP_SEC_FETCH_SITE": ""}, False),
        (Origins(), {"HTTP_SEC_FETCH_SITE": "same-origin,cross-site"}, False),
        (Origins(), {"HTTP_ORIGIN": "https://app.example.com"}, True),
        (Origins(), {"HTTP_ORIGIN": "https://app.example.com:443"}, True),
        (Origins(), {"HTTP_ORIGIN": "http://app.example.com:443"}, False),
        (Origins(), {"HTTP_ORIGIN": "https://evil.example"}, False),
        (Origins(), {"HTTP_ORIGIN": "null"}, False),
        (Origins(), {"HTTP_ORIGIN": ""}, False),
        (Origins(), {"HTTP_ORIGIN": "https://"}, False),
        (Origins(), {"HTTP_ORIGIN": "https://", "HTTP_HOST": ""}, False),
        (Origins(), {"HTTP_ORIGIN": "https://app.example.com", "HTTP_HOST": "x"}, False),
        (Origins("https://a.example"), {"HTTP_ORIGIN": "https://a.example"}, True),
        (Origins("https://a.example:443"), {"HTTP_ORIGIN": "https://a.example"}, True),
        (Origins("https://a.example"), {"HTTP_ORIGIN": "https://app.example.com"}, False),
        (Origins("", ["https://b.example"]), {"HTTP_ORIGIN": "https://b.example"}, True),
        (
            Origins("", ["https://b.example"]),
            {"HTTP_ORIGIN": "https://b.example", "HTTP_SEC_FETCH_SITE": "cross-site"},
            True,
        ),
        (Origins("", ["*"]), {"HTTP_ORIGIN": "https://evil.example"}, False),
    ],
)
def test_ambient_credentials_and_other_sites(origins: Origins, environ: Any, passes: bool) -> None:
    authenticator = Authenticator([COOKIE], origins=origins)
    environ = OWN | environ
    assert authenticator.authenticate(environ | {"REQUEST_METHOD": "GET"}) is BOB
    assert Authenticator([GOOD]).authenticate(environ | {"REQUEST_METHOD": "POST"}) is ANN
    for unsafe in (
        {"REQUEST_METHOD": "POST"},
        {"REQUEST_METHOD": "GET", "HTTP_UPGRADE": "websocket"},
        {"REQUEST_METHOD": "GET", "HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE"},
    ):
        if passes:
            assert authenticator.authenticate(environ | unsafe) is BOB
        else:
            with pytest.raises(Problem) as caught:
                authenticator.authenticate(environ | unsafe)
            assert caught.value.problem_code == "cross-site-request"


@pytest.mark.parametrize(
    "text", ["app.example.com", "https://a/", "https://a b", "https://", "https://*.a", 5]
)
def test_what_is_not_an_origin(text: Any) -> None:
    with pytest.raises(PolicyError, match="is not an origin"):
        Origins(text if isinstance(text, str) else [text])
