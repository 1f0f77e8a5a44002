"""Schemas: what is refused at start, where references lead, and that time is bounded."""

import json
import sys
import time

import pytest

from statusware import PolicyError
from statusware.body.schema import Options, Schema

pytestmark = pytest.mark.usefixtures("engine")

NODE = {"$ref": "#/$defs/node"}

# Each row: the schema, and words of the error.
WRONG = {
    "no schema": (7, ["not a schema"]),
    "a list": ([], ["not a schema"]),
    "an unknown type": (
        {"properties": {"a": {"type": "strng"}}},
        ["#/properties/a/type", "string"],
    ),
    "a limit of the wrong type": ({"minimum": "1"}, ["#/minimum", "number"]),
    "a draft that is not known": (
        {"$schema": "https://json-schema.org/draft/2020-11/schema"},
        ["$schema", "2020-12"],
    ),
    "a metaschema of one's own": ({"$schema": "https://example.com/meta"}, ["$schema"]),
    "what JSON cannot say": ({"const": {1, 2}}, ["JSON"]),
    "not a number": ({"const": float("nan")}, ["JSON"]),
    "a pattern that is none": ({"pattern": "("}, ["#/pattern", "pattern"]),
    "a pattern that backtracks": ({"pattern": "^(a+)+$"}, ["#/pattern", "linear", "trusted"]),
    "a pattern of names": (
        {"patternProperties": {"(a*)*b": True}},
        ["#/patternProperties/(a*)*b", "linear"],
    ),
    "a reference to nowhere": ({"$ref": "#/$defs/a"}, ["#/$ref", "not there"]),
    "a reference to no anchor": ({"$ref": "#a"}, ["#/$ref", "anchor"]),
    "a reference to no schema": ({"$ref": "#/title", "title": "x"}, ["#/$ref", "no schema"]),
    "a reference to the network": (
        {"$ref": "https://example.com/a.json"},
        ["#/$ref", "none is ever fetched"],
    ),
    "a relative reference under a web id": (
        {"$id": "https://example.com/a.json", "$ref": "b.json"},
        ["none is ever fetched"],
    ),
    "a reference to itself": ({"$ref": "#"}, ["itself"]),
    "a loop of references": (
        {
            "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}},
            "$ref": "#/$defs/a",
        },
        ["itself"],
    ),
    "a file without a folder": ("a.json", ["folder"]),
    "a table of the wrong type": ({"properties": 5}, ["#/properties", "an object"]),
    "a list of the wrong type": ({"allOf": 3}, ["#/allOf", "an array"]),
    "an id of the wrong type": ({"$id": 7}, ["#/$id"]),
    "an anchor of the wrong type": ({"$anchor": []}, ["#/$anchor"]),
    "a reference to something broken": (
        {"$ref": "#/x/y", "x": {"y": {"type": "strng"}}},
        ["#/$ref/type", "not a schema"],
    ),
    "a reference of the wrong type": ({"items": {"$ref": 1}}, ["#/items/$ref"]),
    "draft 4: a boolean schema": (
        {"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"a": True}},
        ["#/properties/a"],
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_schemas_are_refused_at_start(name):
    schema, words = WRONG[name]
    with pytest.raises(PolicyError) as raised:
        Schema(schema)
    for word in words:
        assert word in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.fixture
def folder(tmp_path):
    inside, outside = tmp_path / "policy", tmp_path / "secret.json"
    (inside / "schemas").mkdir(parents=True)
    outside.write_text('{"type": "null"}')
    files = {
        "schemas/recipe.json": {"$ref": "item.json"},
        "schemas/item.json": {"properties": {"up": {"$ref": "../top.json#/$defs/up"}}},
        "top.json": {"$defs": {"up": {"type": "string"}, "a b~/c": {"type": "null"}}},
        "web.json": {
            "$id": "https://example.com/v1/web.json",
            "$ref": "schemas/item.json",
        },
        "climbs.json": {"$ref": "../secret.json"},
        "absolute.json": {"$ref": outside.as_uri()},
        "host.json": {"$ref": "file://other/a.json"},
        "data.json": {"$ref": (inside / "top.json").as_uri().replace("file:", "data:")},
        "http.json": {"$ref": (inside / "top.json").as_uri().replace("file:", "http:")},
        "encoded.json": {"$ref": "%2e%2e/secret.json"},
        "draft7.json": {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "items": [{"type": "null"}],
        },
        "old.json": {"$ref": "draft7.json"},
    }
    for name, contents in files.items():
        (inside / name).write_text(json.dumps(contents))
    (inside / "link.json").symlink_to(outside)
    (inside / "broken.json").write_text('{"type": }')
    (inside / "twice.json").write_text('{"type": "null", "type": "string"}')
    (inside / "api.yaml").write_text(
        "openapi: 3.1.0\ncomponents:\n  schemas:\n    Recipe: {$ref: '#/components/schemas/Name'}\n"
        "    Name: {type: string, enum: [2024-01-01, soup]}\n"
    )
    return inside


# Each row: the schema, a value that is valid and one that is not.
FILES = {
    "schemas/recipe.json": ({"up": "a"}, {"up": 1}),
    "./schemas/recipe.json": ({"up": "a"}, {"up": 1}),
    "top.json#/$defs/up": ("a", 1),
    "top.json#/$defs/a%20b~0~1c": (None, 1),
    "web.json": ({"up": "a"}, {"up": 1}),
    "draft7.json": ([None], [1]),
    "old.json": ([None], [1]),
    "api.yaml#/components/schemas/Recipe": ("2024-01-01", 1),
}


@pytest.mark.parametrize("path", FILES)
def test_files(folder, path):
    pytest.importorskip("yaml") if "yaml" in path else None
    valid, invalid = FILES[path]
    schema = Schema(path, folder=folder)
    assert schema.accepts(valid)
    assert not schema.accepts(invalid)


def test_an_inline_schema_refers_to_files(folder):
    assert not Schema({"$ref": "schemas/recipe.json"}, folder=folder).accepts({"up": 1})


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("nope.json", "nope.json"),
        ("schemas", "schemas"),
        ("broken.json", "line 1, column 10"),
        ("twice.json", "line 1, column 18"),
        ("../secret.json", "outside"),
        ("climbs.json", "outside"),
        ("absolute.json", "outside"),
        ("encoded.json", "outside"),
        ("link.json", "outside"),
        ("host.json", "none is ever fetched"),
        ("data.json", "none is ever fetched"),
        ("http.json", "none is ever fetched"),
        ("top.json#/$defs/nope", "not there"),
    ],
)
def test_files_that_are_refused(folder, path, word):
    with pytest.raises(PolicyError) as raised:
        Schema(path, folder=folder)
    assert word in str(raised.value)


def test_yaml_without_the_extra(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(PolicyError) as raised:
        Schema("api.yaml#/components/schemas/Name", folder=folder)
    assert 'pip install "statusware[openapi]"' in str(raised.value)


TAGGED = {
    "$defs": {"A": {"required": ["t"]}, "B": {"required": ["t"]}},
    "oneOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}],
    "discriminator": {"propertyName": "t"},
}
COUNTED = {"contains": {"type": "integer"}, "unevaluatedItems": False}
DRAFTS = [
    # what $schema says, a schema, a value, whether it is valid
    ("https://json-schema.org/draft/2020-12/schema", COUNTED, [1], True),
    ("https://json-schema.org/draft/2019-09/schema", COUNTED, [1], False),
    ("https://json-schema.org/draft/2020-12/schema", TAGGED, {"t": "A"}, False),
    ("https://spec.openapis.org/oas/3.1/dialect/base", TAGGED, {"t": "A"}, True),
    ("https://spec.openapis.org/oas/3.1/dialect/base", TAGGED, {"t": "C"}, False),
    ("https://spec.openapis.org/oas/3.1/dialect/base", TAGGED, {}, False),
    ("https://spec.openapis.org/oas/3.1/dialect/base", TAGGED, {"t": ["A"]}, False),
    *(
        ("https://spec.openapis.org/oas/3.1/dialect/base", {"format": name}, value, valid)
        for name, bits in (("int32", 31), ("int64", 63))
        for value, valid in (
            *((-(2**bits), True), (2**bits - 1, True)),
            *((-(2**bits) - 1, False), (2**bits, False)),
        )
    ),
]


@pytest.mark.parametrize(("uri", "schema", "value", "valid"), DRAFTS)
def test_drafts_differ(uri, schema, value, valid):
    made = Schema({"$schema": uri, **schema}, options=Options(formats=True))
    assert (made.accepts(value), not made.violations(value)) == (valid, valid)


def test_a_schema_cannot_be_changed_from_outside():
    source = {"properties": {"a": {"type": "string"}}}
    schema = Schema(source)
    source["properties"]["a"]["type"] = "null"
    assert schema.accepts({"a": "x"})


@pytest.mark.parametrize("length", range(16, 22))
def test_references_that_lead_to_a_neighbour(length):
    """Of a long chain the rest waits until what is begun is made, or is asked for."""
    links = {str(n): {"properties": {"a": {"$ref": f"#/$defs/{n + 1}"}}} for n in range(length)}
    links[str(length)] = {"$ref": "#/allOf/1"}
    both = [{"properties": {"a": {"$ref": "#/$defs/0"}}}, {"type": "object", "required": ["b"]}]
    schema = Schema({"$defs": links, "allOf": both})
    assert schema.accepts({"a": {"c": 1}, "b": 1})
    assert not schema.accepts({"a": {"c": 1}})
    value = {}
    for _ in range(length + 1):
        value = {"a": value}
    assert [each.pointer for each in schema.violations(value | {"b": 1})] == [
        "/a" * (length + 1) + "/b"
    ]


def test_one_object_used_twice_is_two_schemas():
    shared = {"type": "string"}
    schema = Schema({"properties": {"a": shared, "b": shared}})
    assert [v.pointer for v in schema.violations({"a": 1, "b": 1})] == ["/a", "/b"]


# Each row: multipleOf, and whether a value is one.
MULTIPLES = [
    (0.01, 19.99, True),
    (0.01, 19.999, False),
    (0.1, 0.3, True),
    (0.0001, 0.0075, True),
    (1, 0.25, False),
    (1, 0.5, False),
    (0.1, 0.125, False),
    (3, 9, True),
    (3, 10, False),
    (3, 9.0, True),
    (1, 1.5, False),
    (0.5, 2, True),
    (1e-8, 12391239123, True),
    (0.123456789, 1e308, False),
    (1e-300, 1e300, True),
    (7, 2**64 - 1, False),
    (0.7, 1e308, False),
    (1e308, 1e308, True),
    (2.5, -7.5, True),
]


@pytest.mark.parametrize(("divisor", "value", "valid"), MULTIPLES)
def test_multiples_are_exact_on_decimals(divisor, value, valid):
    assert Schema({"multipleOf": divisor}).accepts(value) is valid


# Each row: two values, and whether they are the same.
SAME = [
    (1, 1.0, True),
    (1, True, False),
    (0, False, False),
    (0, -0.0, True),
    (None, False, False),
    ("1", 1, False),
    ([1], [1.0], True),
    ([1], [True], False),
    ({"a": 1}, {"a": 1.0}, True),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
    ([1, 2], [2, 1], False),
    ([], {}, False),
    (["a", "b"], ["a,b"], False),
    ({"a": "b"}, {"a": ["b"]}, False),
    ([[], [[]]], [[[]], []], False),
    ([12], [1, 2], False),
    ([1e300], [1e300], True),
    ("true", True, False),
    (["true"], [True], False),
    ([None], ["None"], False),
    (9007199254740993, 9007199254740992.0, False),
    ([1.5], ["1.5"], False),
    ([-1], [1, -1], False),
]


@pytest.mark.parametrize(("left", "right", "same"), SAME)
def test_sameness(left, right, same):
    assert Schema({"const": left}).accepts(right) is same
    assert Schema({"enum": [right]}).accepts(left) is same
    assert Schema({"uniqueItems": True}).accepts([left, right]) is not same


def deep(levels, leaf=1):
    value = leaf
    for _ in range(levels):
        value = {"a": value}
    return value


def bushy(levels):
    return {"a": bushy(levels - 1), "b": bushy(levels - 1)} if levels else 1


BOTH = {"properties": {"a": NODE, "b": NODE}}
COLLIDING = [[n * 2**61 % (2**61 - 1), n] for n in range(20_000)]

# Each row: a schema and a value of which a careless look takes very long. All are invalid.
HOSTILE = {
    "two branches at every level": (
        {"$defs": {"node": {"type": "object", "anyOf": [BOTH, {**BOTH, "title": "x"}]}}, **NODE},
        deep(60),
    ),
    "three levels of branches": (
        {
            "$defs": {
                "node": {
                    "type": "object",
                    "oneOf": [{"anyOf": [BOTH, BOTH]}, {"allOf": [BOTH, BOTH]}],
                }
            },
            **NODE,
        },
        deep(60),
    ),
    "unevaluated at every level": (
        {
            "$defs": {
                "node": {
                    "type": "object",
                    "anyOf": [BOTH, {**BOTH, "title": "x"}],
                    "unevaluatedProperties": False,
                }
            },
            **NODE,
        },
        deep(60),
    ),
    "a reference in an array": (
        {"$defs": {"node": {"type": "array", "items": NODE}}, **NODE},
        [[[] for _ in range(100)], [[[1]]]] * 500,
    ),
    "a bush": (
        {"$defs": {"node": {"anyOf": [{"type": "object", **BOTH}, {"const": 2}]}}, **NODE},
        bushy(12),
    ),
    "unique objects": (
        {"uniqueItems": True},
        [{"a": n, "b": [n]} for n in range(20_000)] + [{"b": [0], "a": 0}],
    ),
    "unique arrays whose hashes can be made to collide": (
        {"uniqueItems": True},
        [*COLLIDING, COLLIDING[0]],
    ),
    "unique large numbers": (
        {"uniqueItems": True},
        [float(2 ** (n % 1000)) * (1 + n) for n in range(20_000)] + [3.0, 3],
    ),
    "100,000 violations": ({"items": {"type": "null"}}, [1] * 100_000),
    "100,000 unknown members": (
        {"additionalProperties": False},
        {str(n): n for n in range(100_000)},
    ),
    "100,000 violations of names": (
        {"propertyNames": {"maxLength": 0}},
        {str(n): n for n in range(100_000)},
    ),
    "100,000 violations in two branches": (
        {"anyOf": [{"items": {"type": "null"}}, {"items": {"type": "string"}}]},
        [1] * 100_000,
    ),
    "100,000 items evaluated": (
        {"contains": {"const": 0}, "unevaluatedItems": {"type": "null"}},
        [0] * 99_999 + [1],
    ),
    "multiples of huge numbers": (
        {"items": {"multipleOf": 1e-300}},
        [1.7976931348623157e308] * 999 + [3e-301],
    ),
    "many branches": (
        {"items": {"anyOf": [{"const": n} for n in range(50)]}},
        list(range(50)) * 200 + [50],
    ),
    "a pattern that would be quadratic": ({"pattern": "^a*b?a*$"}, "a" * 30_000 + "c"),
    "an address": ({"pattern": r"^[^@\s]+@[^@\s]+\.[^@\s]+$"}, "a@" + "a." * 15_000 + "@"),
    "a pattern anywhere": ({"pattern": "a.*b.*c"}, "ab" * 15_000),
    "a pattern over many characters": (
        {"pattern": "^.*a.*b$"},
        "".join(chr(0x4E00 + n % 20_000) for n in range(30_000)),
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_is_bounded(name):
    schema, value = HOSTILE[name]
    made = Schema(schema)
    started = time.process_time()
    assert not made.accepts(value)
    assert 1 <= len(made.violations(value)) <= 20
    assert time.process_time() - started < 20  # a guard against hanging, not a measurement


def test_making_a_schema_takes_linear_time():
    """One that leads to the next twice, at every level, and from the first back to itself."""
    defs = {
        str(n): {"allOf": [{"$ref": f"#/$defs/{n + 1}"}, {"$ref": f"#/$defs/{n + 1}"}]}
        for n in range(21)
    }
    defs["0"]["items"] = {"$ref": "#/$defs/0"}
    started = time.process_time()
    Schema({"$defs": {**defs, "21": {"type": "array"}}, "$ref": "#/$defs/0"})
    assert time.process_time() - started < 1  # 2 ms; with every way looked at 3 s


def test_time_grows_with_the_body_only():
    """What a careless look multiplies at every level is twice the work for twice the levels."""
    schema = Schema(HOSTILE["two branches at every level"][0])
    assert not schema.accepts(deep(120))
