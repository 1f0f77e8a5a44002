"""Options that are wrong in Python, not in a file: a `PolicyError` too, that names the key."""

import pytest

from statusware import (
    AccessControl,
    Authentication,
    Bearer,
    ErrorEnvelope,
    JSONBody,
    PolicyError,
    Routing,
    stack,
    wrap,
)

SECRET, OTHER = "0" * 32, "1" * 32


def app(environ, start_response):
    """Never called."""


WRONG = {
    "no app": (lambda: wrap(None), "app: NoneType is no WSGI app"),
    "no app for a layer": (lambda: Routing("shop:app", []), "app: str is no WSGI app"),
    "no app for the envelope": (lambda: ErrorEnvelope(5), "app: int is no WSGI app"),
    "bytes for a path": (lambda: wrap(app, b"statusware.toml"), "policy: bytes is no policy"),
    "a list for a policy": (lambda: wrap(app, []), "policy: list is no policy"),
    "html": (lambda: ErrorEnvelope(app, html="no"), "html: must be true or false"),
    "one not-found exception": (
        lambda: ErrorEnvelope(app, not_found="KeyError"),
        'not_found: must be a list; as in ["KeyError"]',
    ),
    "a list of exceptions": (
        lambda: ErrorEnvelope(app, exceptions=["KeyError"]),
        "exceptions: must map exceptions to statuses",
    ),
    "no routes": (lambda: Routing(app, None), "routes: must be a list"),
    "one route": (lambda: Routing(app, "GET /x"), 'routes: must be a list; as in ["GET /x"]'),
    "no rules": (lambda: AccessControl(app, ["GET /x"]), "rules: must map"),
    "no schemas": (lambda: JSONBody(app, [1]), "schemas: must map"),
    "a schema that is None": (
        lambda: JSONBody(app, {"POST /x": None}),
        "'POST /x': None is no schema",
    ),
    "explain": (
        lambda: Authentication(app, Bearer(secret=SECRET), explain="no"),
        "explain: must be true or false",
    ),
    "the name of a scheme": (lambda: Authentication(app, "bearer"), "'bearer' is no scheme"),
    "the class of a scheme": (lambda: Authentication(app, Bearer), "is no scheme; as in Bearer("),
    "two schemes of one name": (
        lambda: Authentication(app, Bearer(secret=SECRET), Bearer(secret=OTHER)),
        "'bearer' is the name of two",
    ),
    "one public match": (
        lambda: Authentication(app, Bearer(secret=SECRET), public="GET /x"),
        'public: must be a list; as in ["GET /x"]',
    ),
    "one origin": (
        lambda: Authentication(app, Bearer(secret=SECRET), origins="https://a.example"),
        "origins: must be a list",
    ),
}


@pytest.mark.parametrize(("build", "told"), list(WRONG.values()), ids=list(WRONG))
def test_a_wrong_option_is_a_policy_error(build, told):
    with pytest.raises(PolicyError) as caught:
        build()
    assert told in str(caught.value)


def test_two_issuers_have_names_of_their_own():
    assert stack(app, lambda inner: Authentication(
        inner, Bearer(secret=SECRET), Bearer(secret=OTHER, name="partner")
    ))  # fmt: skip
