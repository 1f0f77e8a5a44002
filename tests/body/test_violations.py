"""What a client is told of each keyword: pointer, code and sentence, in document order."""

import pytest

from statusware.body import MESSAGES
from statusware.body.messages import detail
from statusware.body.schema import Schema
from statusware.body.schema.dialects import DEFAULT
from statusware.body.schema.fusion import Visit
from statusware.body.schema.violation import MAX_POINTER

pytestmark = pytest.mark.usefixtures("engine")

NAME = {"properties": {"name": {"type": "string"}}}

# Each row: schema, value, and for each violation its pointer, code and sentence.
TOLD = {
    "type": ({"type": "string"}, 7, [("", "type", "must be a string")]),
    "types": (
        {"type": ["string", "null", "integer"]},
        1.5,
        [("", "type", "must be a string, null or an integer")],
    ),
    "enum": (
        {"enum": ["g", 1, None, {"a": 1}]},
        "ml",
        [("", "enum", 'must be "g", 1, null or {"a": 1}')],
    ),
    "an enum of the most that are listed": (
        {"enum": list(range(20))},
        "x",
        [("", "enum", f"must be {', '.join(map(str, range(19)))} or 19")],
    ),
    "a long enum": (
        {"enum": list(range(50))},
        "x",
        [("", "enum", "must be one of 50 values that are listed for it")],
    ),
    "const": ({"const": True}, 1, [("", "const", "must be true")]),
    "minimum": ({"minimum": 1}, 0, [("", "minimum", "must be at least 1")]),
    "maximum": ({"maximum": 1.5}, 2, [("", "maximum", "must be at most 1.5")]),
    "exclusiveMinimum": (
        {"exclusiveMinimum": 0},
        0,
        [("", "exclusiveMinimum", "must be greater than 0")],
    ),
    "exclusiveMaximum": (
        {"exclusiveMaximum": 0},
        0,
        [("", "exclusiveMaximum", "must be less than 0")],
    ),
    "multipleOf": ({"multipleOf": 0.01}, 0.001, [("", "multipleOf", "must be a multiple of 0.01")]),
    "minLength": (
        {"minLength": 8},
        "sesame",
        [("", "minLength", "must have at least 8 characters")],
    ),
    "maxLength": ({"maxLength": 1}, "sesame", [("", "maxLength", "must have at most 1 character")]),
    "pattern": ({"pattern": "^[a-z]+$"}, "A", [("", "pattern", "must match the pattern ^[a-z]+$")]),
    "minItems": ({"minItems": 1}, [], [("", "minItems", "must have at least 1 item")]),
    "maxItems": ({"maxItems": 2}, [1, 2, 3], [("", "maxItems", "must have at most 2 items")]),
    "uniqueItems": (
        {"uniqueItems": True},
        [1, 1.0],
        [("", "uniqueItems", "must not have the same item twice")],
    ),
    "items": ({"items": {"type": "null"}}, [None, 1], [("/1", "type", "must be null")]),
    "no items": (
        {"prefixItems": [{"type": "null"}], "items": False},
        [1, 2],
        [("/0", "type", "must be null"), ("/1", "items", "is one item too many")],
    ),
    "contains": (
        {"contains": {"const": 1}},
        [2],
        [("", "contains", "must have an item of the kind that is asked for")],
    ),
    "minContains": (
        {"contains": {"const": 1}, "minContains": 2},
        [1],
        [("", "minContains", "must have at least 2 items of the kind that is asked for")],
    ),
    "maxContains": (
        {"contains": {"const": 1}, "maxContains": 1},
        [1, 1],
        [("", "maxContains", "must have at most 1 item of the kind that is limited")],
    ),
    "unevaluatedItems": (
        {"prefixItems": [True], "unevaluatedItems": False},
        [1, 2],
        [("/1", "unevaluatedItems", "is one item too many")],
    ),
    "minProperties": (
        {"minProperties": 1},
        {},
        [("", "minProperties", "must have at least 1 member")],
    ),
    "maxProperties": (
        {"maxProperties": 0},
        {"a": 1},
        [("", "maxProperties", "must have at most 0 members")],
    ),
    "required": (
        {"required": ["a", "b"]},
        {"c": 1},
        [("/a", "required", "is required"), ("/b", "required", "is required")],
    ),
    "dependentRequired": (
        {"dependentRequired": {"card": ["address"]}},
        {"card": 1},
        [("/address", "dependentRequired", 'is required where "card" is given')],
    ),
    "dependentSchemas": (
        {"dependentSchemas": {"card": {"required": ["address"]}}},
        {"card": 1},
        [("/address", "required", "is required")],
    ),
    "a member that is ruled out": (
        {"properties": {"a": False}},
        {"a": 1},
        [("/a", "properties", "is not allowed")],
    ),
    "patternProperties": (
        {"patternProperties": {"^x": {"type": "null"}}},
        {"a": 1, "x1": 2},
        [("/x1", "type", "must be null")],
    ),
    "additionalProperties": (
        NAME | {"additionalProperties": False},
        {"nam": 1, "name": "a"},
        [("/nam", "additionalProperties", "is not a member that is known here")],
    ),
    "properties behind their neighbour": (
        {"additionalProperties": False, "properties": {"a": {"minimum": 5}}},
        {"a": 1},
        [("/a", "minimum", "must be at least 5")],
    ),
    "properties behind patterns": (
        {"patternProperties": {"^b": False}, "properties": {"a": {"minimum": 5}}},
        {"a": 1},
        [("/a", "minimum", "must be at least 5")],
    ),
    "unevaluatedProperties": (
        {"allOf": [NAME], "unevaluatedProperties": False},
        {"nam": 1, "name": "a"},
        [("/nam", "unevaluatedProperties", "is not a member that is known here")],
    ),
    "propertyNames": (
        {"propertyNames": {"maxLength": 2}},
        {"abc": 1},
        [
            (
                "/abc",
                "propertyNames",
                "has a name that is not allowed: the name must have at most 2 characters",
            )
        ],
    ),
    "allOf": (
        {"allOf": [{"minimum": 5}, {"multipleOf": 2}]},
        3,
        [("", "minimum", "must be at least 5"), ("", "multipleOf", "must be a multiple of 2")],
    ),
    "anyOf of types": (
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        1,
        [("", "type", "must be a string or null")],
    ),
    "oneOf of constants": (
        {"oneOf": [{"const": "a"}, {"enum": ["b", "c"]}]},
        1,
        [("", "enum", 'must be "a", "b" or "c"')],
    ),
    "anyOf, the branch of the right type": (
        {"anyOf": [{"type": "string"}, {"type": "object", "required": ["a", "b", "c"]}]},
        {},
        [(f"/{name}", "required", "is required") for name in "abc"],
    ),
    "oneOf, the branch of the right variant": (
        {
            "oneOf": [
                {"properties": {"kind": {"const": "card"}}, "required": ["kind"]},
                {
                    "properties": {
                        "kind": {"const": "iban"},
                        "number": {"minLength": 15},
                        "a": {"type": "null"},
                    }
                },
            ]
        },
        {"a": 0, "kind": "iban", "number": "DE"},
        [
            ("/a", "type", "must be null"),
            ("/number", "minLength", "must have at least 15 characters"),
        ],
    ),
    "anyOf, the branch with the fewest": (
        {"anyOf": [{"required": ["a", "b"]}, {"required": ["c"]}]},
        {},
        [("/c", "required", "is required")],
    ),
    "anyOf in anyOf": (
        {"anyOf": [{"type": "array"}, {"anyOf": [{"type": "null"}, {"minimum": 5}]}]},
        1,
        [("", "minimum", "must be at least 5")],
    ),
    "anyOf of nothing": (
        {"anyOf": [False, False]},
        1,
        [("", "anyOf", "fits none of the forms that are allowed")],
    ),
    "oneOf, two fit": (
        {"oneOf": [{"minimum": 1}, {"minimum": 2}]},
        3,
        [("", "oneOf", "fits more than one of the forms of which it must fit exactly one")],
    ),
    "not": ({"not": {"type": "string"}}, "a", [("", "not", "has a form that is ruled out")]),
    "then": (
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
        {"a": 1},
        [("/b", "required", "is required")],
    ),
    "else": (
        {"if": {"type": "string"}, "then": True, "else": False},
        1,
        [("", "else", "is not allowed under this condition")],
    ),
    "$ref": (
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}},
        1,
        [("", "type", "must be null")],
    ),
    "propertyNames: false": (
        {"propertyNames": False},
        {"a": 1},
        [("/a", "propertyNames", "has a name that is not allowed")],
    ),
    "false": (False, 1, [("", "false", "is not allowed")]),
    "escaped pointers": (
        {"additionalProperties": {"additionalProperties": False}},
        {"a/b~c": {"": 1}, "%41 ": {"0": 2}},
        [
            ("/a~1b~0c/", "additionalProperties", "is not a member that is known here"),
            ("/%41 /0", "additionalProperties", "is not a member that is known here"),
        ],
    ),
    "document order": (
        {
            "allOf": [
                {"properties": {"c": {"type": "null"}}},
                {"properties": {"b": {"items": {"minimum": 1}}}},
            ],
            "required": ["z"],
            "properties": {"a": {"type": "null"}, "c": {"minimum": 5}},
        },
        {"c": 1, "b": [0, 1, 0], "a": 1},
        [
            ("/z", "required", "is required"),
            ("/c", "type", "must be null"),
            ("/c", "minimum", "must be at least 5"),
            ("/b/0", "minimum", "must be at least 1"),
            ("/b/2", "minimum", "must be at least 1"),
            ("/a", "type", "must be null"),
        ],
    ),
    "unevaluated… waits for the rest": (
        {"properties": {"a": {"type": "null"}}, "unevaluatedProperties": False},
        {"a": 1, "b": 2},
        [("/a", "type", "must be null")],
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_told(name):
    schema, value, expected = TOLD[name]
    found = Schema(schema).violations(value)
    assert [(v.pointer, v.code, detail(v.code, v.limit)) for v in found] == expected


#: Keywords that pass on what other schemas say, or say nothing.
SILENT = {"$ref", "$dynamicRef"}


def test_every_keyword_has_a_message():
    assert set(DEFAULT.keywords) - SILENT <= set(MESSAGES)


def test_every_message_is_told_somewhere():
    told = {code for _, _, expected in TOLD.values() for _, code, _ in expected}
    assert {*DEFAULT.keywords} - told <= SILENT | {
        "format",
        "allOf",
        "prefixItems",
        "dependentSchemas",
        "patternProperties",
        "if",
    }


def test_messages_are_replaced_in_one_place(monkeypatch):
    monkeypatch.setitem(MESSAGES, "minimum", "muss mindestens {limit} sein")
    assert detail("minimum", 1.5) == "muss mindestens 1.5 sein"


def test_violations_are_capped():
    schema = Schema({"items": {"type": "null"}})
    assert [v.pointer for v in schema.violations([1] * 100, 3)] == ["/0", "/1", "/2"]


def test_a_name_that_is_very_long_does_not_come_back():
    schema = Schema({"properties": {"a": {"additionalProperties": False}}})
    (found,) = schema.violations({"a": {"x" * 5000: 1}})
    assert found.pointer == "/a"
    (longest, longer) = Schema({"additionalProperties": False}).violations(
        {"x" * (MAX_POINTER - 1): 1, "x" * MAX_POINTER: 1}
    )
    assert (len(longest.pointer), longer.pointer) == (MAX_POINTER, "")


TWO = {"required": ["a", "b"]}


@pytest.mark.parametrize(
    "schema",
    [
        {"items": TWO},
        {"prefixItems": [TWO] * 1000},
        {"unevaluatedItems": TWO},
        {"properties": dict.fromkeys(map(str, range(1000)), TWO)},
        {"patternProperties": {"": TWO}},
        {"additionalProperties": TWO},
        {"unevaluatedProperties": TWO},
    ],
    ids=lambda schema: next(iter(schema)),
)
def test_nothing_is_looked_at_beyond_the_limit(schema):
    value = [{}] * 1000 if "tems" in str(schema) else {str(n): {} for n in range(1000)}
    assert len(Schema(schema).node.explain(value, (), Visit(3))) in (3, 4)


SECRET = "correct horse battery staple"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"enum": [1]},
        {"const": 1},
        {"minLength": 99},
        {"maxLength": 1},
        {"pattern": "^x$"},
        {"not": True},
        {"anyOf": [{"type": "null"}, {"maxLength": 1}]},
        False,
    ],
)
def test_what_was_sent_is_never_echoed(schema):
    for violation in Schema(schema).violations(SECRET):
        assert SECRET not in detail(violation.code, violation.limit)
        assert SECRET not in violation.pointer
