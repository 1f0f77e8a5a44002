"""Three engines, one answer: ours, ours with the extra `fast`, and jsonschema."""

import json
import weakref

import pytest
from hypothesis import HealthCheck, example, given, reject, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from statusware import Problem
from statusware.body import fast
from statusware.body.depth import is_deep
from statusware.body.schema import Schema
from statusware.body.strict_json import loads

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.0, 1.0, 1.5, -2.0, 2**53 + 1, float(2**53), 2**64 - 1, 1e300])
    | st.text("ab1-", max_size=3)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)
COUNT = st.integers(0, 3)
TYPES = st.sampled_from(["object", "array", "string", "number", "integer", "boolean", "null"])
NAMES = st.sampled_from("abc")
PATTERNS = st.sampled_from(["^a", "b$", r"^\w+$", "^[ab]{1,2}$", "1|-"])


def keywords(inner):
    return {
        "type": TYPES | st.lists(TYPES, min_size=1, unique=True),
        "enum": st.lists(VALUES, min_size=1, max_size=3),
        "const": VALUES,
        "minimum": st.integers(-2, 2),
        "exclusiveMaximum": st.integers(-2, 2) | st.sampled_from([1.5, 1e300]),
        "multipleOf": st.sampled_from([1, 2, 3]),
        "minLength": COUNT,
        "maxLength": COUNT,
        "pattern": PATTERNS,
        "items": inner,
        "prefixItems": st.lists(inner, min_size=1, max_size=2),
        "contains": inner,
        "minContains": COUNT,
        "maxContains": COUNT,
        "minItems": COUNT,
        "maxItems": COUNT,
        "uniqueItems": st.booleans(),
        "properties": st.dictionaries(NAMES, inner, max_size=3),
        "patternProperties": st.dictionaries(PATTERNS, inner, max_size=2),
        "additionalProperties": inner,
        "propertyNames": inner,
        "required": st.lists(NAMES, unique=True),
        "minProperties": COUNT,
        "maxProperties": COUNT,
        "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES, unique=True), max_size=2),
        "dependentSchemas": st.dictionaries(NAMES, inner, max_size=2),
        "allOf": st.lists(inner, min_size=1, max_size=3),
        "anyOf": st.lists(inner, min_size=1, max_size=3),
        "oneOf": st.lists(inner, min_size=1, max_size=3),
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
        "unevaluatedItems": inner,
        "unevaluatedProperties": inner,
    }


@st.composite
def objects(draw, inner):
    known = keywords(inner)
    names = draw(st.lists(st.sampled_from(sorted(known)), max_size=4, unique=True))
    return {name: draw(known[name]) for name in names}


SCHEMAS = st.recursive(st.booleans() | objects(st.booleans()), objects, max_leaves=5)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(SCHEMAS, st.lists(VALUES, min_size=1, max_size=5))
@example({"patternProperties": {"^a": False}, "unevaluatedItems": False}, [[None]])
@example({"prefixItems": [False], "unevaluatedProperties": False}, [{"a": 1}])
def test_schemas(schema, values):
    ours = made(schema, enabled=False)
    quick = made(schema, enabled=True)
    reference = Draft202012Validator(schema)
    for value in values:
        try:
            valid = reference.is_valid(value)
        except TypeError:  # jsonschema 4.18 sorts what it tells, whatever it is
            reject()
        assert ours.ok(value) is valid
        assert quick.accepts(value) is valid
        violations = ours.violations(value)
        assert bool(violations) is not valid
        assert quick.violations(value) == violations
        assert violations == sorted(violations, key=lambda violation: violation.order)
        broken = {error.validator for error in reference.iter_errors(value)}
        # Where nothing branches, the first engine breaks no keyword that the other does not.
        if not BRANCHING.intersection(json.dumps(schema).split('"')):
            assert {violation.code for violation in violations} <= broken | CALLED_OTHERWISE


LEAVES = st.sampled_from(
    [
        {"type": "integer"}, {"type": ["string", "null"], "maxLength": 1}, {"enum": ["a", 1]},
        {"pattern": "^a"}, {"type": "array"}, True, {"$ref": "#/$defs/a"},
    ]
)  # fmt: skip


@st.composite
def containers_of(draw, inner):
    """Of objects and of arrays at once, so that most values lead deep into it."""
    schema = {"properties": draw(st.dictionaries(NAMES, inner, max_size=3)), "items": draw(inner)}
    more = {
        "additionalProperties": inner | st.just(False),
        "required": st.lists(NAMES, max_size=2, unique=True),
        "type": st.just(["object", "array"]),
        "maxItems": st.just(2),
        "anyOf": st.lists(inner, min_size=1, max_size=2),
        "patternProperties": st.dictionaries(PATTERNS, inner, max_size=1),
    }
    names = draw(st.lists(st.sampled_from(sorted(more)), max_size=2, unique=True))
    return schema | {name: draw(more[name]) for name in names}


DEEP_SCHEMAS = st.recursive(LEAVES, containers_of, max_leaves=6)
REFERRING = st.recursive(LEAVES | st.just({"$ref": "#/$defs/b"}), containers_of, max_leaves=6)
DEEP_VALUES = st.recursive(
    st.sampled_from([1, "a", "ab", None]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(REFERRING, DEEP_SCHEMAS, st.lists(DEEP_VALUES, min_size=1, max_size=4), st.integers(1, 4))
def test_explanations(schema, other, values, limit):
    """The parts that another engine accepts are those of which ours has nothing to tell."""
    flat = {"type": "array", "items": {"enum": ["a", 1]}}
    root = {"$defs": {"a": flat, "b": other}, "properties": {"a": schema}, "items": schema}
    ours, quick = made(root, enabled=False), made(root, enabled=True)
    for value in [{"a": value} for value in values] + [values]:
        told = ours.violations(value, limit)
        assert quick.violations(value, limit) == told
        assert bool(told) is not ours.ok(value)
        assert ours.violations(value, 1000)[:limit] == told or BRANCHING.intersection(
            json.dumps(root).split('"')
        )


INTEGER_OR_NULL = {"anyOf": [{"type": "integer"}, {"type": "null"}]}
OBJECT = {"type": "object", "properties": {"a": {"type": "integer"}}}

# Each row: a schema, a value, and the parts of it that jsonschema-rs is asked about.
PARTS = {
    "items": ({"items": OBJECT}, [{"a": 1}, {"a": "x"}, 2], [{"a": 1}, {"a": "x"}, 2]),
    "members": ({"properties": {"a": OBJECT, "b": OBJECT}}, {"b": {"a": "x"}}, [{"a": "x"}]),
    "scalars are soon compared": ({"items": {"type": "integer"}}, [1, "x"], []),
    "and so is a type": ({"items": {"type": "object"}}, [{}, "x"], []),
    "containers in containers: at the innermost": (
        {"items": {"items": {"items": {"type": "integer"}}}},
        [[[1]], [[2], ["x"]]],
        [[1], [2], ["x"]],
    ),
    "what is referred to": (
        {"$defs": {"o": OBJECT}, "items": {"$ref": "#/$defs/o"}},
        [{"a": 1}, {"a": "x"}],
        [{"a": 1}, {"a": "x"}],
    ),
    "members that are no containers in the end": (
        {"items": {"properties": {"a": INTEGER_OR_NULL}}},
        [{"a": 1}, {"a": []}],
        [{"a": 1}, {"a": []}, []],
    ),
    "nothing that refers to what is outside of it": (
        {
            "$defs": {"i": {"type": "integer"}},
            "items": {"properties": {"a": {"$ref": "#/$defs/i"}}, "$defs": {"i": {}}},
        },
        [{"a": 1}, {"a": "x"}],
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_parts(name, monkeypatch):
    pytest.importorskip("jsonschema_rs")
    schema, value, expected = PARTS[name]
    asked, make = [], fast.acceptor

    def acceptor(*of):
        accepts = make(*of)
        return accepts and (lambda part: asked.append(part) or accepts(part))

    monkeypatch.setattr(fast, "acceptor", acceptor)
    quick = made(schema, enabled=True)
    assert quick.violations(value) == made(schema, enabled=False).violations(value) != []
    assert asked == expected


BRANCHING = {"anyOf", "oneOf", "if", "allOf", "dependentSchemas", "unevaluatedItems"} | {
    "unevaluatedProperties", "propertyNames",
}  # fmt: skip
#: jsonschema gives a schema `false` no keyword, and counts of contains another one.
CALLED_OTHERWISE = {
    "false", "items", "prefixItems", "properties", "patternProperties", "additionalProperties",
    "contains", "minContains", "maxContains",
}  # fmt: skip


def made(schema, *, enabled):
    before, fast.ENABLED = fast.ENABLED, enabled
    try:
        return Schema(schema)
    finally:
        fast.ENABLED = before


BODIES = (
    VALUES.map(lambda value: json.dumps(value).encode())
    | VALUES.map(lambda value: json.dumps(value, indent=1, ensure_ascii=False).encode())
    | st.text('{}[],:"\\ab01.-eE \nu', max_size=20).map(str.encode)
    | st.binary(max_size=10)
    | st.sampled_from(
        [
            b'{"a":1,"a":1}', b'{"a b":1,"ab":1}', b"[18446744073709551616]", b"[1e400]",
            b"[1E5]", b"[-0]", b"[1.10]", b'["\\/"]', b'["\\ud800"]', b"[1.0]", b'{"a":1 ,"b":2}',
            b"\xef\xbb\xbf1", b"[-9223372036854775809]", b'["\\u00e4"]', b"[" * 65 + b"]" * 65,
        ]
    )
)  # fmt: skip


# What the parser of the extra must see through: equal names however they are written, colons
# in strings and colons as escapes, numbers of all sizes, and texts that are almost JSON.
WHITE = st.sampled_from(["", "", "", " ", "\n", "\t ", "\r\n", "\x0b", "\u00a0"])
NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?", fullmatch=True
) | st.sampled_from(
    "18446744073709551615 18446744073709551616 -9223372036854775808 -9223372036854775809 "
    "1234567890123456789 9007199254740993.0 1.7976931348623158e308 1.7976931348623159e308 "
    "1e999 0.1e-400 1.50 -0 -0.0 01 1. .5 NaN -Infinity".split()
)
CHARACTERS = st.sampled_from(
    r"a : , { ] é 😀 e1 \u003a \u003A \\u003a \n \/ \" \u0000 \ud83d\ude00 \ud800 \udc00 \x".split()
) | st.sampled_from([" ", "\u2028", "\x7f", "\x00", "0" * 19])
STRINGS = st.lists(CHARACTERS, max_size=4).map(lambda parts: f'"{"".join(parts)}"')
EQUAL = st.sampled_from(['"a"', '"\\u0061"', '"a:"', '"a\\u003a"', '"b"', '""'])
WORDS = st.sampled_from(["true", "false", "null", "True", "nul", ""])


def spaced(parts, around, between, white):
    return around[0] + between.join(f"{white}{part}{white}" for part in parts) + around[1]


def containers(inner):
    members = st.tuples(EQUAL | STRINGS, WHITE, inner).map("{0[0]}{0[1]}:{0[1]}{0[2]}".format)
    return st.builds(spaced, st.lists(inner, max_size=4), st.just("[]"), st.just(","), WHITE) | (
        st.builds(spaced, st.lists(members, max_size=4), st.just("{}"), st.just(","), WHITE)
    )


TEXTS = st.recursive(NUMBERS | STRINGS | WORDS, containers, max_leaves=8)
#: The same, cut off at some place, or with something before it.
DAMAGED = st.tuples(TEXTS, st.integers(0, 30)).map(lambda text: text[0][: -text[1] - 1]) | (
    st.tuples(st.sampled_from(["\ufeff", "[", '"', "\x00", "//"]), TEXTS).map("".join)
)


@settings(max_examples=500, deadline=None)
@given(BODIES | TEXTS.map(str.encode) | DAMAGED.map(str.encode), st.sampled_from([64, 64, 3, 1]))
@example(b'{"a":1,"a":"\\u003a"}', 64)
@example(b'{"a":1,"a":"::"}', 64)
@example(b'{"a:":1,"a\\u003a":1}', 64)
@example(b'[18446744073709551616,"1.8446744073709552e19"]', 64)
@example(b'[{"a":[]}, {"a":[]}, "[[["]', 3)
@example(b'[["\\ud800"],"\\ud800"]', 64)
@example(b'[["\\ud800"],"\\ud800",18446744073709551616]', 64)
def test_parsing(body, max_depth):
    pytest.importorskip("orjson")
    expected = parsed(body, max_depth, enabled=False)
    assert parsed(body, max_depth, enabled=True) == expected


def test_a_value_that_is_not_taken_is_gone_before_another_is_made():
    """It may be fifty times as large as the body."""

    class Value(list):
        pass

    made = []

    def loads(body):
        value = Value()
        made.append(weakref.ref(value))
        return value

    def careful(body, max_depth, doubt):
        assert made[0]() is None
        return "careful"

    parse = fast._strict(loads, lambda value: b"", careful)
    assert parse(b'["\\u003a"]', 64) == "careful"


@given(st.text('[]{}"\\a', max_size=30).map(str.encode), st.integers(1, 5))
def test_depth(text, max_depth):
    open_, deepest, quoted, escaped = 0, 0, False, False
    for character in text.decode():
        if not quoted:
            open_ += {"[": 1, "{": 1, "]": -1, "}": -1}.get(character, 0)
            deepest = max(deepest, open_)
            quoted = character == '"'
            if character == "\\":
                # No JSON from here on: whoever says that it nests is told so.
                assert is_deep(text, max_depth) or deepest <= max_depth
                return
        else:
            quoted = escaped or character != '"'
            escaped = not escaped and character == "\\"
    assert is_deep(text, max_depth) is (deepest > max_depth)


def parsed(body, max_depth, *, enabled):
    before, fast.ENABLED = fast.ENABLED, enabled
    try:
        return repr(loads(body, max_depth))
    except Problem as problem:
        return problem.detail
    finally:
        fast.ENABLED = before


PLAIN = ["^[a-z0-9-]+$", r"^\d{4}-\d\d$", r"^(?:a|b)*$", r"^\S+@\S+$", r"^[\w.-]+$", r"^a\.b$", ""]
NOT_PLAIN = [
    ".",
    r"\p{L}",
    r"\bx",
    "(?=a)",
    "(?<n>a)",
    "[a&&b]",
    "[a--b]",
    r"\u0041",
    "[a[b]",
    r"\cJ",
]


@pytest.mark.parametrize("pattern", PLAIN + NOT_PLAIN)
def test_patterns_that_mean_the_same_to_both(pattern):
    plain = fast.is_plain([("pattern", pattern)], formats=False)
    assert plain is (pattern in PLAIN)
    assert fast.is_plain([("patternProperties", {pattern: True})], formats=False) is plain


# Each row: a keyword with a value, about which the engines might differ.
LEFT_ALONE = [
    ("multipleOf", 0.01),
    ("enum", [9007199254740993]),
    ("const", 1e300),
    ("minimum", 2**63),
    ("unevaluatedItems", False),
    ("$dynamicRef", "#a"),
]


@pytest.mark.parametrize(("keyword", "value"), LEFT_ALONE)
def test_what_only_our_engine_decides(keyword, value):
    assert not fast.is_plain([(keyword, value)], formats=False)
    assert not fast.is_plain([("format", "date")], formats=True)
    assert fast.is_plain([("format", "date"), ("minimum", 1.5)], formats=False)


DRAFT7 = "http://json-schema.org/draft-07/schema#"

# Each row: a schema with a keyword that means nothing in its draft, but to jsonschema-rs; a value.
IGNORED = [
    ({"dependencies": {"a": False}}, {"a": 1}),
    ({"$schema": DRAFT7, "contentEncoding": "base64"}, "!"),
    ({"$schema": DRAFT7, "items": {"contentMediaType": "application/json"}}, ["{"]),
]


@pytest.mark.parametrize(("schema", "value"), IGNORED)
def test_what_only_the_other_engine_obeys(schema, value):
    ruled_out = {"$schema": DRAFT7, "not": schema} if "$schema" in schema else {"not": schema}
    assert made(schema, enabled=True).accepts(value)
    assert not made(ruled_out, enabled=True).accepts(value)


def test_the_extra_is_used_where_it_is_installed():
    pytest.importorskip("orjson")
    assert fast.parser(loads) is not None


def test_a_schema_that_leads_back_is_left_alone():
    pytest.importorskip("jsonschema_rs")
    schema = {"properties": {"a": {"$ref": "#"}}}
    assert made(schema, enabled=True).accepts.__name__ == "ok"
    assert (
        made({"properties": {"a": {"type": "null"}}}, enabled=True).accepts.__name__ == "is_valid"
    )
