"""Schema Objects of 3.0 and 3.1, as a request is held against them."""

import pytest

from statusware import PolicyError
from statusware.body import BodyOptions
from statusware.body.schema import Options, Schema
from statusware.openapi.bodies import compile_documented
from statusware.openapi.document import Document
from statusware.rules import Route

from .tools import body, document, policy, schema_of

CAT = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}},
}
DOG = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": {"type": "string"}, "barks": {"type": "boolean"}},
}
PET = {"type": "object", "required": ["id", "name"], "properties": {
    "id": {"type": "integer", "readOnly": True}, "name": {"type": "string"}}}  # fmt: skip
TREE = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
    },
    "required": ["id"],
}
SCHEMAS = {
    "Cat": CAT,
    "Dog": DOG,
    "Pet": PET,
    "Tree": TREE,
    "Id": {"type": "integer", "readOnly": True},
    "NeedsId": {"type": "object", "required": ["id"]},
    "Name": {"type": "string"},
    "Loop": {"properties": {"next": {"$ref": "#/components/schemas/Loop"}}},
}


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def compiled(schema, version, **options):
    told = document({"POST /x": body(schema)}, version=version, components={"schemas": SCHEMAS})
    found = policy(told, body=options)
    return schema_of(found.routes[0])


def codes(schema, value, version="3.0.3", **options):
    return [(v.pointer, v.code) for v in compiled(schema, version, **options).violations(value)]


BOTH = ("3.0.3", "3.1.0")
OLD, NEW = ("3.0.3",), ("3.1.0",)

#: Versions, schema, what fits, what does not.
CASES = {
    "null needs a word": (OLD, {"type": "string"}, ["a"], [None]),
    "nullable": (OLD, {"type": "string", "nullable": True}, ["a", None], [1]),
    "not nullable": (OLD, {"type": "string", "nullable": False}, ["a"], [None]),
    "nullable with an enum": (OLD, {"type": "string", "enum": ["a"], "nullable": True}, ["a", None], ["b"]),
    "nullable with allOf": (OLD, {"allOf": [ref("Cat")], "nullable": True}, [None, {"kind": "a"}], [1, {}]),
    "a reference hides nullable": (OLD, {**ref("Name"), "nullable": True}, ["a"], [None]),
    "nullable says nothing in 3.1": (NEW, {"type": "string", "nullable": True}, ["a"], [None]),
    "null is a type in 3.1": (NEW, {"type": ["string", "null"]}, ["a", None], [1]),
    "exclusive limits": (OLD, {"minimum": 1, "exclusiveMinimum": True}, [2], [1, 0]),
    "exclusive limits that are off": (OLD, {"minimum": 1, "exclusiveMinimum": False}, [1], [0]),
    "exclusive limits of 3.1": (NEW, {"exclusiveMinimum": 1}, [2], [1]),
    "annotations": (OLD, {"type": "string", "example": 5, "xml": {}, "deprecated": True, "x-y": 1}, ["a"], [1]),
    "names that nobody knows": (OLD, {"type": "string", "examples": ["a"], "id": 5}, ["a"], [1]),
    "const, in 3.1": (NEW, {"const": 1}, [1], [2]),
    "an integer": (OLD, {"type": "integer"}, [1], [1.0, 1.5, "1"]),
    "an integer in 3.1": (NEW, {"type": "integer"}, [1, 1.0], [1.5]),
    "base64 is text": (BOTH, {"type": "string", "format": "byte"}, ["aGk=", "?"], [1]),
    "binary is text": (BOTH, {"type": "string", "format": "binary"}, ["x"], [1]),
    "dates are not asserted": (BOTH, {"type": "string", "format": "date"}, ["x"], [1]),
    "read-only: neither required nor sent": (BOTH, ref("Pet"), [{"name": "a"}], [{"id": 1, "name": "a"}, {}, {"id": None, "name": "a"}]),
    "by reference": (BOTH, {"required": ["id"], "properties": {"id": ref("Id")}}, [{}], [{"id": 1}]),
    "a reference hides read-only": (OLD, {"required": ["id"], "properties": {"id": {**ref("Name"), "readOnly": True}}}, [{"id": "a"}], [{}]),
    "which it does not in 3.1": (NEW, {"required": ["id"], "properties": {"id": {**ref("Name"), "readOnly": True}}}, [{}], [{"id": "a"}]),
    "by allOf": (BOTH, {"required": ["id"], "properties": {"id": {"allOf": [ref("Name")], "readOnly": True}}}, [{}], [{"id": "a"}]),
    "required beside what makes it read-only": (BOTH, {"allOf": [ref("Pet"), {"required": ["id"]}]}, [{"name": "a"}], [{"name": "a", "id": 1}]),
    "required by reference beside it": (BOTH, {"allOf": [ref("Pet"), ref("NeedsId")]}, [{"name": "a"}], [{}]),
    "required here, and not there": (
        BOTH,
        {"properties": {"a": {"allOf": [ref("Pet"), ref("NeedsId")]}, "b": ref("NeedsId"), "c": {"allOf": [ref("Pet"), ref("NeedsId")]}}},
        [{"a": {"name": "x"}, "b": {"id": 1}, "c": {"name": "x"}}],
        [{"b": {}}, {"c": {"name": "x", "id": 1}}],
    ),
    "required around it": (BOTH, {"required": ["id"], "allOf": [ref("Pet")]}, [{"name": "a"}], [{}]),
    "required in a branch": (BOTH, {"allOf": [ref("Pet")], "anyOf": [{"required": ["id"]}]}, [{"name": "a"}], []),
    "required further down is another's": (BOTH, {"properties": {"id": {"readOnly": True}, "sub": {"required": ["id"]}}}, [{"sub": {"id": 1}}], [{"sub": {}}]),
    "all the way down": (BOTH, ref("Tree"), [{"children": [{}, {"children": []}]}], [{"children": [{"id": 1}]}]),
    "of an item it says nothing": (BOTH, {"type": "array", "items": {"readOnly": True, "type": "integer"}}, [[1]], [["a"]]),
    "of the whole it says nothing": (BOTH, {"readOnly": True, "type": "integer"}, [1], ["a"]),
    "of every other member": (BOTH, {"properties": {"a": {}}, "additionalProperties": {"readOnly": True}, "required": ["a", "b"]}, [{"a": 1}], [{"a": 1, "b": 2}, {}]),
    "of every other member, by reference": (BOTH, {"properties": {"a": {}}, "additionalProperties": ref("Id")}, [{"a": 1}], [{"b": 2}]),
    "of members by pattern": (NEW, {"patternProperties": {"^_": {"readOnly": True}, "^x": {}}, "additionalProperties": {"type": "integer"}, "required": ["_a"]}, [{"a": 1, "x": "y"}, {}], [{"_a": 1}, {"a": "b"}]),
    "by pattern and by name": (NEW, {"properties": {"_a": {}, "b": {}}, "patternProperties": {"^_": {"readOnly": True}}, "required": ["_a", "b"]}, [{"b": 1}], [{"_a": 1, "b": 1}]),
    "by pattern in what is included": (NEW, {"allOf": [{"patternProperties": {"^_": {"readOnly": True}}}, {"required": ["_a"]}]}, [{}], [{"_a": 1}]),
    "of all but what a pattern takes": (NEW, {"patternProperties": {"^x": {}}, "additionalProperties": {"readOnly": True}, "required": ["xa"]}, [{"xa": 1}], [{"xa": 1, "b": 1}, {}]),
    "what only asks is no request": (BOTH, {"not": {"required": ["id"], "properties": {"id": {"readOnly": True}}}}, [{}], [{"id": 1}]),
    "what only asks, in 3.1": (NEW, {"if": ref("Pet"), "then": False}, [{"name": "a"}], [{"id": 1, "name": "a"}]),
    "write-only is for requests": (BOTH, {"required": ["p"], "properties": {"p": {"writeOnly": True}}}, [{"p": 1}], [{}]),
    "oneOf": (BOTH, {"oneOf": [ref("Cat"), ref("Name")]}, ["a", {"kind": "x"}], [1]),
    "oneOf that both fit": (BOTH, {"oneOf": [ref("Cat"), ref("Dog")]}, [{"kind": "x", "lives": 9, "barks": 5}], [{"kind": "x"}]),
    "a discriminator chooses by name": (BOTH, {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}}, [{"kind": "Cat"}, {"kind": "Dog"}], [{"kind": "cow"}, {}]),
    "a discriminator chooses by mapping": (BOTH, {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind", "mapping": {"meow": "#/components/schemas/Cat", "wow": "Dog", "x": "#/components/schemas/Pet"}}}, [{"kind": "meow"}, {"kind": "wow"}], [{"kind": "x"}]),
    "the branch that it names is not all": (BOTH, {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}}, [{"kind": "Cat", "lives": "many"}], [{"kind": "Cat", "lives": "many", "barks": "no"}]),
    "anyOf with a discriminator": (BOTH, {"anyOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}}, [{"kind": "Cat", "lives": "many"}], [{"kind": 5}, 1]),
    "no type": (BOTH, {}, [1, None, {}], []),
    "a loop": (BOTH, ref("Loop"), [{"next": {"next": {}}}], []),
    "unevaluated, in 3.1": (NEW, {"allOf": [ref("Dog")], "unevaluatedProperties": False}, [{"kind": "a"}], [{"kind": "a", "b": 1}]),
    "another draft, in 3.1": (NEW, {"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1, "exclusiveMinimum": True}, [2], [1]),
    "anything": (NEW, True, [1], []),
    "nothing": (NEW, False, [], [1]),
    "an id that is none": (OLD, {"id": "http://example.com/x", "properties": {"a": ref("Name")}}, [{"a": "b"}], [{"a": 1}]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("version", "schema", "good", "bad"),
    [(v, *case) for versions, *case in CASES.values() for v in versions],
    ids=[f"{name}, {v}" for name, (versions, *_) in CASES.items() for v in versions],
)
def test_schemas(version, schema, good, bad):
    found = compiled(schema, version)
    for value in good:
        assert found.accepts(value), value
        assert found.violations(value) == [], value
    for value in bad:
        assert found.violations(value), value
        assert not found.accepts(value), value


#: Schema, value, and what is told of it (3.0).
TOLD = {
    "a type that is nullable": (
        {"type": "string", "nullable": True},
        5,
        "must be a string or null",
    ),
    "read-only": (ref("Pet"), {"name": "a", "id": 1}, "is set by the server, and must not be sent"),
    "the branch that is named": (
        {"oneOf": [ref("Dog"), ref("Cat")], "discriminator": {"propertyName": "kind"}},
        {"kind": "Cat", "lives": "x", "barks": "y"},
        "must be an integer",
    ),
}


@pytest.mark.parametrize(("schema", "value", "detail"), list(TOLD.values()), ids=list(TOLD))
def test_what_is_told(schema, value, detail):
    from statusware.body.messages import detail as written

    (found,) = compiled(schema, "3.0.3").violations(value)
    assert written(found.code, found.limit) == detail


FORMATS = {
    "int32": ([0, 2**31 - 1, "a"], [2**31, -(2**31) - 1]),
    "int64": ([2**63 - 1], [2**63]),
    "date": (["2024-12-31", 5], ["2024-13-01"]),
    "float": ([1.5], []),
}


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("name", FORMATS)
def test_formats_where_they_are_asserted(name, version):
    good, bad = FORMATS[name]
    assert [codes({"format": name}, v, version, formats=True) for v in good] == [[]] * len(good)
    assert [codes({"format": name}, v, version, formats=True) for v in bad] == [
        [("", "format")] for _ in bad
    ]


#: Version, schema, where it is wrong, and how.
WRONG = {
    "a type that is none": ("3.0.3", {"type": "strng"}, "/type: not a schema: no type of OpenAPI 3.0"),
    "a list of types": ("3.0.3", {"type": ["string", "null"]}, "nullable: true adds null"),
    "null": ("3.0.3", {"type": "null"}, "nullable: true adds null"),
    "const": ("3.0.3", {"const": 1}, "/const: not a schema: OpenAPI 3.0 has no const; it comes with 3.1"),
    "patternProperties": ("3.0.3", {"patternProperties": {}}, "has no patternProperties"),
    "a numeric exclusive limit": ("3.0.3", {"exclusiveMinimum": 1}, "/exclusiveMinimum: not a schema: must be true or false; true, beside the limit"),
    "multiples of nothing": ("3.0.3", {"multipleOf": 0}, "/multipleOf: not a schema: must be greater than 0"),
    "multiples of less than nothing": ("3.0.3", {"multipleOf": -0.5}, "/multipleOf: not a schema: must be greater than 0"),
    "a boolean exclusive limit": ("3.1.0", {"exclusiveMinimum": True}, "/exclusiveMinimum: not a schema: must be a number"),
    "required on the property": ("3.0.3", {"properties": {"a/b": {"required": True}}}, "/properties/a~1b/required: not a schema: must be an array"),
    "no schema": ("3.0.3", 5, "/schema: not a schema: must be an object"),
    "true": ("3.0.3", {"properties": {"a": True}}, "/properties/a: not a schema"),
    "a reference to nothing": ("3.0.3", {"items": {"$ref": "#/components/schemas/Dgo"}}, "/items/$ref: refers to a place that is not there"),
    "a reference to no schema": ("3.0.3", {"$ref": "#/info/title"}, "$ref: refers to something that is no schema"),
    "a reference to the network": ("3.1.0", {"$ref": "https://example.com/s.json"}, "/$ref: refers to a schema elsewhere"),
    "a reference out of the folder": ("3.1.0", {"$ref": "../../etc/passwd"}, "outside the policy's folder"),
    "wrong where it is referred to": ("3.0.3", {"$ref": "#/components/schemas/Bad"}, "api.openapi#/components/schemas/Bad/properties/a/type: not a schema"),
    "a loop without end": ("3.0.3", {"$ref": "#/components/schemas/Endless"}, "refers to itself without end"),
    "a discriminator that is none": ("3.0.3", {"oneOf": [], "discriminator": "kind"}, "/discriminator: not a schema: must be an object"),
    "a discriminator to nothing": ("3.0.3", {"oneOf": [{"$ref": "#/components/schemas/Cat"}], "discriminator": {"propertyName": "a", "mapping": {"b": "#/nope"}}}, "discriminator: refers to a place that is not there"),
    "a mapping to no name": ("3.1.0", {"oneOf": [], "discriminator": {"propertyName": "a", "mapping": {"b": 5}}}, "/oneOf: not a schema"),
    "a mapping to no text": ("3.1.0", {"oneOf": [True], "discriminator": {"propertyName": "a", "mapping": {"b": 5}}}, "/discriminator/mapping/b: must be a string"),
    "a pattern that backtracks": ("3.0.3", {"pattern": "(a)\\1"}, "/pattern:"),
    "a draft that nobody knows": ("3.1.0", {"$schema": "https://example.com/s"}, "a draft that is not known"),
}  # fmt: skip


@pytest.mark.parametrize(("version", "schema", "told"), list(WRONG.values()), ids=list(WRONG))
def test_a_wrong_schema_is_a_policy_error(version, schema, told):
    schemas = SCHEMAS | {
        "Bad": {"properties": {"a": {"type": "strng"}}},
        "Endless": {"allOf": [ref("Endless")]},
    }
    with pytest.raises(PolicyError) as caught:
        policy(
            document({"POST /x": body(schema)}, version=version, components={"schemas": schemas})
        )
    line = str(caught.value)
    assert line.startswith("api.openapi#/")
    assert told in line


def test_schemas_that_no_request_needs_are_not_looked_at():
    schemas = {"Bad": {"type": "strng"}}
    assert policy(document({"POST /x": body({})}, components={"schemas": schemas}))


def test_a_dialect_for_the_whole_document():
    told = document({"POST /x": body({"minimum": 1, "exclusiveMinimum": True})})
    told["jsonSchemaDialect"] = "http://json-schema.org/draft-04/schema#"
    schema = schema_of(policy(told).routes[0])
    assert schema.ok(2)
    assert not schema.ok(1)
    told["jsonSchemaDialect"] = "https://example.com/dialect"
    with pytest.raises(PolicyError, match="#/jsonSchemaDialect: a draft that is not known"):
        policy(told)


def test_the_usual_dialect_for_the_whole_document():
    """Named or not, a request need not send what is read-only."""
    unsent = {"required": ["id"], "properties": {"id": {"readOnly": True}}}
    told = document({"POST /x": body(unsent)}, version="3.1.0")
    told["jsonSchemaDialect"] = "https://json-schema.org/draft/2020-12/schema"
    assert schema_of(policy(told).routes[0]).ok({})


def test_a_schema_known_by_its_id_and_one_by_its_anchor():
    schemas = {
        "A": {"$id": "https://example.com/a", "type": "integer", "$defs": {"B": {"type": "null"}}},
        "B": {"$anchor": "b", "type": "string"},
    }
    told = {"properties": {
        "a": {"$ref": "https://example.com/a"},
        "b": {"$ref": "#b"},
        "c": {"$ref": "https://example.com/a#/$defs/B"},
    }}  # fmt: skip
    found = policy(document({"POST /x": body(told)}, components={"schemas": schemas}))
    schema = schema_of(found.routes[0])
    assert schema.ok({"a": 1, "b": "x", "c": None})
    assert not schema.ok({"a": "x"})
    assert not schema.ok({"b": 1})
    assert not schema.ok({"c": 1})


def test_a_long_chain_of_references_is_made():
    """Python's stack is shorter than the ways through a large document."""
    schemas = {
        f"S{n}": {"type": "object", "properties": {"a": ref(f"S{n + 1}"), "b": ref("S0")}}
        for n in range(600)
    } | {"S600": {"type": "integer"}}
    found = policy(document({"POST /x": body(ref("S0"))}, components={"schemas": schemas}))
    schema = schema_of(found.routes[0])
    assert schema.ok({"a": {"a": {"b": {"a": {}}}}})
    value = 5
    for _ in range(50):
        value = {"a": value}
    assert not schema.ok({"b": value})


def test_a_long_chain_of_schemas_is_a_policy_error():
    schema = {"type": "integer"}
    for _ in range(90):
        schema = {"items": schema}
    try:
        policy(document({"POST /x": body(schema)}))
    except PolicyError as error:
        assert "nests too deeply" in str(error)


def test_what_is_shared_is_made_once():
    told = document(
        {f"POST /x{n}": body(ref("Tree")) for n in range(5)},
        version="3.0.3",
        components={"schemas": SCHEMAS},
    )
    schemas = [schema_of(route) for route in policy(told).routes]
    assert len({schema.node.checks[0].node for schema in schemas}) == 1


def test_the_body_of_a_route_may_be_a_part_of_a_document(tmp_path):
    """Its dialect is that of the document, and it is held against a request as well."""
    (tmp_path / "o.json").write_text(
        '{"openapi": "3.0.3", "components": {"schemas": {"A": {"type": "object", "required": ["id"],'
        '"properties": {"id": {"readOnly": true}, "b": {"type": "string", "nullable": true}}}}}}'
    )
    schema = Schema("o.json#/components/schemas/A", folder=tmp_path)
    assert schema.ok({"b": None})
    assert not schema.ok({"id": 1})


def test_bodies_are_compiled_for_routes_of_any_table():
    found = Document(document({"POST /x": body({"type": "integer"})}))
    compile_documented(found, [Route("POST /y", body={})], BodyOptions())
    assert Options().formats is False


@pytest.mark.parametrize("version", BOTH)
def test_what_two_places_say_is_read_only_is_told_once(version):
    twice = {"allOf": [ref("Pet"), PET, {"properties": {"id": {"type": "string"}}}]}
    assert codes(twice, {"id": 1, "name": "a"}, version) == [("/id", "readOnly")]
    assert codes(twice, {"id": 1}, version) == [("/name", "required"), ("/id", "readOnly")]
