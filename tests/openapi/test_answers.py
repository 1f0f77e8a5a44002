"""Which statuses and codes a policy makes possible: one row a feature."""

import pytest

from statusware import Policy
from statusware.cli.openapi import contract_of
from statusware.openapi.answers import elsewhere, possible

from .policies import SECRET

BEARER = {"auth": {"bearer": {"secret": SECRET}}}
BASE = {400: ["ambiguous-path"], 500: ["internal-error"]}
KNOWN = ["missing-credentials", "invalid-credentials", "expired-credentials"]
GUARDED = {**BASE, 400: ["ambiguous-path", "invalid-request"], 401: KNOWN}
READ = {411: ["length-required"], 413: ["body-too-large"]}
JSON = {
    **BASE, **READ, 415: ["unsupported-media-type"],
    400: ["ambiguous-path", "incomplete-body", "missing-body", "malformed-json", "invalid-body"],
}  # fmt: skip


def route(match="GET /x", **columns):
    return {"routes": [{"match": match, "allow": ["everyone"], **columns}]}


def custom(**options):
    return {"auth": {"mine": {"verify": "tests.openapi.policies:nobody", **options}}}


TABLE = {
    "everyone": (route(), BASE),
    "a variable": (route("GET /x/{id:int}"), {**BASE, 404: ["not-found"]}),
    "authenticated": ({**BEARER, **route(allow=["authenticated"])}, GUARDED),
    "everyone, where others have to say who": ({**BEARER, **route()}, BASE),
    "a role": ({**BEARER, **route(allow=["role:a"])}, {**GUARDED, 403: ["forbidden"]}),
    "all schemes, each by its name": (
        {
            "auth": {"bearer": {"secret": SECRET}, "api_key": {"keys": []}},
            **route(allow=["scheme:bearer", "scheme:api_key"]),
        },
        GUARDED,
    ),
    "one scheme of two": (
        {
            "auth": {"bearer": {"secret": SECRET}, "api_key": {"keys": []}},
            **route(allow=["scheme:bearer"]),
        },
        {**GUARDED, 403: ["forbidden"]},
    ),
    "everyone, but nobody is ever known": (
        route(allow=["everyone & tests.openapi.policies:never"]),
        {**BASE, 403: ["forbidden"]},
    ),
    "a scope": (
        {**BEARER, **route(allow=["scope:a"])},
        {**GUARDED, 403: ["forbidden", "insufficient-scope"]},
    ),
    "deny": (
        {**BEARER, **route(allow=["authenticated"], deny=["role:a"])},
        {**GUARDED, 403: ["forbidden"]},
    ),
    "everyone, but for some": (
        {**BEARER, **route(deny=["role:a"])},
        {**BASE, 401: ["missing-credentials"], 403: ["forbidden"]},
    ),
    "hidden": (
        {**BEARER, **route(allow=["role:a"], hide=True)},
        {**BASE, 404: ["not-found"]},
    ),
    "hidden beside others": (
        {**BEARER, "routes": [
            {"match": "DELETE /x", "allow": ["role:a"], "hide": True},
            {"match": "GET /{name}", "allow": ["everyone"]},
        ]},
        {**BASE, 404: ["not-found"], 405: ["method-not-allowed"]},
    ),
    "hidden from nobody": ({**BEARER, **route(hide=True)}, BASE),
    "a check that can fail": (
        {
            "auth": {"bearer": {"secret": SECRET, "check": "tests.openapi.policies:nobody"}},
            **route(allow=["authenticated"]),
        },
        {**GUARDED, 503: ["authentication-unavailable"]},
    ),
    "a verifier of the app's": (
        {**custom(), **route(allow=["authenticated"])},
        {**GUARDED, 503: ["authentication-unavailable"]},
    ),
    "ambient credentials, reading": (
        {"auth": {"remote_user": {}}, **route(allow=["authenticated"])},
        GUARDED,
    ),
    "ambient credentials, writing": (
        {"auth": {"remote_user": {}}, **route("DELETE /x", allow=["authenticated"])},
        {**GUARDED, 403: ["cross-site-request"]},
    ),
    "a body": (route("POST /x", body={}), JSON),
    "a body on GET is none": (route("GET,POST /x", body={}), BASE),
    "an optional body": (
        route("POST /x", body={}, body_optional=True),
        {**JSON, 400: [code for code in JSON[400] if code != "missing-body"]},
    ),
    "422": (
        {"body": {"invalid": 422}, **route("POST /x", body={})},
        {**JSON, 400: JSON[400][:-1], 422: ["invalid-body"]},
    ),
    "inflate": (
        {"body": {"inflate": True}, **route("POST /x", body={})},
        {**JSON, 400: [*JSON[400][:3], "bad-request", *JSON[400][3:]]},
    ),
    "a limit alone": (
        route("POST /x", max_bytes=10),
        {**BASE, **READ, 400: ["ambiguous-path", "incomplete-body"]},
    ),
    "exceptions": (
        {"errors": {"KeyError": 404, "OSError": {"status": 409, "code": "taken"}}, **route()},
        {**BASE, 404: ["not-found"], 409: ["taken"]},
    ),
    "codes of the app's own": (
        {"problems": {"taken": {"status": 409}}, **route()},
        {**BASE, 409: ["taken"]},
    ),
    "all on trial": ({**BEARER, "api": {"report": True}, **route(allow=["role:a"])}, {}),
    "routing on trial": ({"api": {"report": ["Routing"]}, **route()}, {500: ["internal-error"]}),
    "access on trial": (
        {
            **BEARER, "api": {"report": ["Authentication", "AccessControl", "JSONBody"]},
            **route("POST /x", allow=["role:a"], body={}),
        },
        BASE,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("policy", "wanted"), list(TABLE.values()), ids=list(TABLE))
def test_possible(policy, wanted):
    contract = contract_of(Policy(policy))
    found = possible(contract, list(contract.listed())[:1])
    assert found == dict(sorted(wanted.items()))


READING = {400: ["ambiguous-path"]}


@pytest.mark.parametrize(
    ("policy", "method", "state", "wanted"),
    [
        (route(), "GET", "", {**READING, 404: ["not-found"]}),
        (route(), "GET", "hidden", {**READING, 404: ["not-found"]}),
        (route(), "GET", "listed", {**READING, 405: ["method-not-allowed"]}),
        (route(), "OPTIONS", "listed", READING),
        (route(), "GET", "outside", {}),
        ({"api": {"unlisted": "pass"}, **route()}, "GET", "", BASE),
        ({"api": {"report": True}, **route()}, "GET", "", {}),
    ],
)
def test_what_no_route_lists(policy, method, state, wanted):
    assert elsewhere(contract_of(Policy(policy)), method, state) == wanted
