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
from statusware.layers.translate import Translation

SECRET, OTHER = "0" * 32, "1" * 32
ENDLESS = {}
ENDLESS["not"] = ENDLESS


def app(environ, start_response):
    """Never called."""


WRONG = {
    "no app": (lambda: wrap(None), "app: NoneType is no WSGI app"),
    "no app for a layer": (lambda: Routing("shop:app", []), "app: str is no WSGI app"),
    "no app for the envelope": (lambda: ErrorEnvelope(5), "app: int is no WSGI app"),
    "bytes for a path": (lambda: wrap(app, b"statusware.toml"), "policy: bytes is no policy"),
    "a list for a policy": (lambda: wrap(app, []), "policy: list is no policy"),
    "a key that is no string": (lambda: wrap(app, {5: 1}), "the key 5 is no string"),
    "such a key beside an unknown one": (
        lambda: wrap(app, {"api": {"x": 1, 5: 1}}),
        "api: the key 5 is no string",
    ),
    "such a key in a schema": (
        lambda: wrap(app, {"routes": [{"match": "POST /x", "body": {5: 1}}]}),
        "routes[0].body: the key 5 is no string",
    ),
    "such a key of a scheme": (
        lambda: wrap(app, {"auth": {"bearer": {None: 1}}}),
        "auth.bearer: the key None is no string",
    ),
    "a policy that holds itself": (
        lambda: wrap(app, {"routes": [{"match": "POST /x", "body": ENDLESS}]}),
        "routes[0].body: nests too deeply, or holds itself",
    ),
    "no exception": (lambda: wrap(app, {"errors": {5: 404}}), "is no exception class"),
    "a title": (
        lambda: wrap(app, {"errors": {"KeyError": {"status": 404, "title": 5}}}),
        "errors.'KeyError'.title: must be a string, not empty",
    ),
    "a code": (
        lambda: ErrorEnvelope(app, exceptions={KeyError: {"status": 404, "code": 5}}),
        "exceptions.'builtins.KeyError'.code: must be a string",
    ),
    "html": (lambda: ErrorEnvelope(app, html="no"), "html: must be true or false"),
    "one not-found exception": (
        lambda: ErrorEnvelope(app, not_found="KeyError"),
        'not_found: must be a list; as in ["KeyError"]',
    ),
    "not-found exceptions beside a table": (
        lambda: ErrorEnvelope(app, not_found=[KeyError], exceptions=Translation({})),
        "not_found: is not looked at beside a Translation",
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


def test_exception_classes_are_keys():
    assert wrap(app, {"errors": {KeyError: 404}})
