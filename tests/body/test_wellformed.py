"""The short table of keyword shapes against the metaschemas themselves."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator
from jsonschema_specifications import REGISTRY

from statusware.body.schema import metaschema
from statusware.body.schema.dialects import DIALECTS
from statusware.body.schema.fusion import Visit
from statusware.body.schema.wellformed import TABLES, _unsure, is_well_formed

from .test_suites import SUITE

REFERENCE = {
    "https://json-schema.org/draft/2020-12/schema": Draft202012Validator,
    "http://json-schema.org/draft-07/schema": Draft7Validator,
}


def keywords_of(uri):
    """Every keyword that a metaschema speaks of, those of its vocabularies included."""
    document = REGISTRY.get(uri).contents
    found = set(document.get("properties", ()))
    base = uri.rpartition("/")[0]
    for part in document.get("allOf", ()):
        found |= keywords_of(f"{base}/{part['$ref']}")
    return found


@pytest.mark.parametrize("uri", TABLES)
def test_no_keyword_of_the_metaschema_is_missing(uri):
    assert keywords_of(uri) <= set(TABLES[uri])


def agrees(schema, uri):
    """Where the table is sure, both engines find that the metaschema takes the schema."""
    dialect = DIALECTS[uri]
    sure = is_well_formed(schema, dialect)
    if sure:
        assert metaschema(dialect).ok(schema, Visit(1))
        assert REFERENCE[uri](REFERENCE[uri].META_SCHEMA).is_valid(schema)
    return sure


WORDS = ["a", "", "object", "null", "#", "a#", "#a", "a-b", "1a", "é", "^a", "(", "a:b"]
SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2) | st.sampled_from([0.0, 0.5, -0.5, 2.0, *WORDS]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2)
    ),
    max_leaves=3,
)


def tables(uri):
    names = st.sampled_from([*TABLES[uri], "unknown"])
    return st.recursive(
        st.booleans() | st.dictionaries(names, SHAPES, max_size=2),
        lambda inner: st.dictionaries(
            names,
            inner
            | SHAPES
            | st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from(["a", "$ref", "b"]), inner, max_size=2),
            max_size=3,
        ),
        max_leaves=4,
    )


CASES = st.sampled_from(list(TABLES)).flatmap(lambda uri: st.tuples(tables(uri), st.just(uri)))


INNER = [{}, True, {"type": 1}, 1]
PROBES = [
    *[None, True, 0, 1, -1, 2.0, 0.0, 0.5, -0.5, *WORDS, "object", "date"],
    *[[], [1], ["a"], ["a", "a"], ["object"], ["object", "null"], ["object", "a"], [["a"]]],
    *[{}, {"a": 1}, {"a": ["b"]}, {"a": ["b", "b"]}, {"a": []}, {"a": [1]}],
    *INNER, *[[each] for each in INNER], *[{"a": each} for each in INNER],
]  # fmt: skip


@pytest.mark.parametrize("uri", TABLES)
def test_every_keyword_with_values_of_every_shape(uri):
    for keyword in TABLES[uri]:
        sure = [agrees({keyword: probe}, uri) for probe in PROBES]
        assert TABLES[uri][keyword] is _unsure or any(sure), keyword


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(CASES)
def test_it_is_sure_only_where_the_metaschema_agrees(case):
    agrees(*case)


def test_it_is_sure_of_most_schemas():
    cases = [
        (case["schema"], DRAFTS[name.split("/")[1]])
        for name, data in SUITE.items()
        if name.startswith("tests/") and name.split("/")[1] in DRAFTS
        for case in json.loads(data)
    ]
    sure = [agrees(schema, uri) for schema, uri in cases]
    assert sum(sure) > 0.9 * len(sure)


DRAFTS = {"draft2020-12": next(iter(REFERENCE)), "draft7": list(REFERENCE)[1]}
