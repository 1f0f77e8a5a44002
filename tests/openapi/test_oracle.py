"""Schemas of 3.0, held against another engine: openapi-schema-validator, where it is installed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .judges import REASON
from .test_schemas import compiled

validators = pytest.importorskip("openapi_schema_validator", reason=REASON)

NAMES = st.sampled_from("abc")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, "", "a", "abc"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


def texts():
    return st.fixed_dictionaries({"type": st.just("string")}, optional={
        "minLength": st.integers(0, 2), "maxLength": st.integers(0, 2),
        "pattern": st.sampled_from(["^a", "b", "c$"]), "nullable": st.booleans(),
        "example": VALUES,
    })  # fmt: skip


def numbers():
    return st.fixed_dictionaries({"type": st.sampled_from(["integer", "number"])}, optional={
        "minimum": st.integers(-2, 2), "exclusiveMinimum": st.booleans(),
        "maximum": st.integers(-2, 2), "exclusiveMaximum": st.booleans(),
        "multipleOf": st.sampled_from([1, 2, 0.5]), "nullable": st.booleans(),
    })  # fmt: skip


def objects(inner):
    property_ = st.builds(
        lambda schema, hidden: {**schema, "readOnly": True} if hidden else schema,
        inner, st.booleans(),
    )  # fmt: skip
    return st.fixed_dictionaries({"type": st.just("object")}, optional={
        "properties": st.dictionaries(NAMES, property_, max_size=3),
        "required": st.lists(NAMES, max_size=2, unique=True),
        "additionalProperties": st.booleans() | inner,
        "minProperties": st.integers(0, 2), "maxProperties": st.integers(0, 2),
        "nullable": st.booleans(),
    })  # fmt: skip


def lists(inner):
    return st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={
        "minItems": st.integers(0, 2), "maxItems": st.integers(0, 2),
        "uniqueItems": st.booleans(), "nullable": st.booleans(),
    })  # fmt: skip


PLAIN = (
    texts() | numbers() | st.fixed_dictionaries({"enum": st.lists(VALUES, min_size=1, max_size=3)})
)
SCHEMAS = st.recursive(
    PLAIN,
    lambda inner: objects(inner) | lists(inner) | st.fixed_dictionaries(
        {}, optional={
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "not": PLAIN,
        },
    ),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(SCHEMAS, st.lists(VALUES, min_size=1, max_size=5))
def test_the_verdicts_are_the_same(schema, values):
    ours, theirs = compiled(schema, "3.0.3"), validators.OAS30WriteValidator(schema)
    for value in values:
        assert ours.ok(value) == theirs.is_valid(value), value
