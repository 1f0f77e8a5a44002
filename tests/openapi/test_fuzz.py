"""Whatever a document holds, it becomes a policy or a `PolicyError` of one line."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statusware import PolicyError

from .tools import body, document, policy

PET = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"readOnly": True, "type": "integer", "minimum": 1},
        "mate": {"$ref": "#/components/schemas/Pet"},
        "tags": {"type": "array", "items": {"type": "string", "pattern": "^a", "nullable": True}},
    },
    "discriminator": {"propertyName": "id", "mapping": {"a": "Pet"}},
    "oneOf": [{"$ref": "#/components/schemas/Pet/properties/id"}],
}
PARAMETER = {"name": "id", "in": "path", "schema": {"type": "integer", "minimum": 0}}
WHOLE = document(
    {
        "GET /pets/{id}": {"security": [{"oauth": ["pets:read"]}, {}], "operationId": "show"},
        "/pets/{id}": {"parameters": [PARAMETER, {"$ref": "#/components/parameters/x"}]},
        "POST /pets": body({"$ref": "#/components/schemas/Pet"}, required=True),
        "PUT /pets": {"x-allow": ["user:ann"], **body({"type": "string"}, "*/*")},
        "/files": {"$ref": "#/components/pathItems/files"},
    },
    version="3.0.3",
    security=[{"token": []}],
    servers=[{"url": "https://{h}/{v}", "variables": {"v": {"default": "v1", "enum": ["v1"]}}}],
    components={
        "schemas": {"Pet": PET},
        "parameters": {"x": {"name": "x", "in": "query", "x-multi-segment": True}},
        "pathItems": {"files": {"get": {"security": [{"key": []}]}}},
    },
)


def places(value, at=()):
    """The way to each value."""
    yield at
    items = value.items() if isinstance(value, dict) else ()
    for key, inner in enumerate(value) if isinstance(value, list) else items:
        yield from places(inner, (*at, key))


PLACES = [place for place in places(WHOLE) if place]
WORDS = st.sampled_from([
    "", "/", "#", "#/", "#/paths", "$ref", "{", "/{id}", "3.1.0", "path", "string", "object", "null",
    "nullable", "type", "get", "everyone", "..", "a/b", "*/*", "\n", "é", "x-allow", "http://[",
])  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.just(1e300) | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
CHANGES = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(["put", "drop", "rename"]), VALUES, WORDS),
    min_size=1,
    max_size=3,
)


def changed(changes):
    told = copy.deepcopy(WHOLE)
    for (*way, last), how, value, word in changes:
        found = told
        try:
            for key in way:
                found = found[key]
            old = found[last]
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took it away
        if not isinstance(found, dict | list):
            continue  # or put a text in its place
        if how == "put":
            found[last] = value
        elif how == "drop" or isinstance(found, list):
            del found[last]
        else:
            del found[last]
            found[word] = old
    return told


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_the_whole_is_a_policy(version):
    assert len(policy(WHOLE | {"openapi": version}).routes) == 4


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["3.0.3", "3.1.0"]), CHANGES)
def test_nothing_but_policy_errors(version, changes):
    told = changed(changes) | {"openapi": version}
    try:
        policy(told)
    except PolicyError as error:
        line = str(error)
        assert "\n" not in line
        assert line.startswith(("api.openapi", "auth")), (line, json.dumps(told))
