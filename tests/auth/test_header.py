"""Reading Authorization, and writing challenges."""

from __future__ import annotations

import re

import pytest
import werkzeug.datastructures

from statusware import PolicyError
from statusware.auth.header import challenge, read_authorization, valid_challenge
from statusware.auth.scheme import Refused

READ = [
    ("Bearer abc", ("bearer", "abc")),
    ("bEARER abc", ("bearer", "abc")),
    ("Bearer   abc", ("bearer", "abc")),
    ("Bearer a.b-c_d~e+f/g==", ("bearer", "a.b-c_d~e+f/g==")),
    ("Bearer a=.b.c", ("bearer", "a=.b.c")),
    ("Bearer", ("bearer", "")),
    ("Negotiate", ("negotiate", "")),
    ('Digest username="a, \\"b", realm=x', ("digest", 'username="a, \\"b", realm=x')),
    ("AWS4 Credential=a/b/c,SignedHeaders=h;d, Signature=ff", None),
    ('Bearer {"payload":"x","signatures":[]}', ("bearer", '{"payload":"x","signatures":[]}')),
]

MALFORMED = [
    "",
    " ",
    "Bearer ",
    " Bearer abc",
    "Bearer abc ",
    "Bearer a,Bearer b",
    "Bearer a, Bearer b",
    "Bearer a,b",
    "Bearer a,",
    ",Bearer a",
    "Basic YTpi,Bearer a",
    "Digest a=b,Bearer tok",
    'Digest a="b',
    "Bearer a b",
    "Bearer: a",
    "Bearer\ta",
    "Bearer a\t",
    "Bearer a\n",
    "Bearer a\r\nX: y",
    "Bearer a\x00",
    "Bearer \x7f",
    "Bearer ä",
    "Bearer \u0100",
    "Bearer \ud800",
    "Béarer a",
    "(Bearer) a",
    "Bearer a$b",
    '"Bearer" a',
    "Bearer {a\n}",
]


@pytest.mark.parametrize(("value", "read"), READ)
def test_reads_one_credential(value: str, read: tuple[str, str] | None) -> None:
    found = read_authorization({"HTTP_AUTHORIZATION": value})
    assert found == (read or ("aws4", value.partition(" ")[2]))


@pytest.mark.parametrize("value", MALFORMED)
def test_refuses_what_is_not_one_credential(value: str) -> None:
    with pytest.raises(Refused) as caught:
        read_authorization({"HTTP_AUTHORIZATION": value})
    assert (caught.value.status, caught.value.problem_code) == (400, "invalid-request")
    assert caught.value.error == "invalid_request"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "is empty"),
        ("Bearer ä", "is not ASCII"),
        ("Bearer \x00", "a control character"),
        ("Bearer a,b", "more than one credential"),
        ("Bearer a b", "not a scheme and a credential"),
    ],
)
def test_the_log_is_told_why(value: str, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        read_authorization({"HTTP_AUTHORIZATION": value})
    assert reason in caught.value.reason


def test_no_header() -> None:
    assert read_authorization({}) is None


def test_long_headers_are_read_in_linear_time() -> None:
    for value in (
        "a " * 50_000,
        "a" + " " * 100_000,
        "A b=" + '"' * 100_000,
        "A " + "b=c," * 30_000,
    ):
        with pytest.raises(Refused):
            read_authorization({"HTTP_AUTHORIZATION": value})


@pytest.mark.parametrize("realm", ["api", 'a "quoted" one', "back\\slash", "comma, = and", "tab\t"])
def test_challenges_are_read_back(realm: str) -> None:
    text = challenge("Bearer", realm=realm, error="invalid_token")
    assert valid_challenge(text)
    read = werkzeug.datastructures.WWWAuthenticate.from_header(text)
    assert read is not None
    assert (read.type, read["realm"], read["error"]) == ("bearer", realm, "invalid_token")
    assert re.fullmatch(r'Bearer realm="(?:[^"\\]|\\.)*", error="invalid_token"', text)


@pytest.mark.parametrize("realm", ["a\nb", "ä", "\x00", 5])
def test_challenges_refuse_what_cannot_be_quoted(realm: str) -> None:
    with pytest.raises(PolicyError, match="realm"):
        challenge("Bearer", realm=realm)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ('Session realm="shop"', True),
        ("Negotiate", True),
        ("Negotiate YWJj==", True),
        ("A b=c, d=e", True),
        ("", False),
        ("A b=c d=e", False),
        ('A b="c', False),
        ("A b=ä", False),
        ("A b=c\r\nX: y", False),
        ("A b=c, B d=e", False),
        (None, False),
    ],
)
def test_valid_challenges(text: str, valid: bool) -> None:
    assert valid_challenge(text) is valid
