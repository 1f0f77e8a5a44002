"""Body schemas as components: the public suite of JSON Schema, bundled, means what it meant.

As draft 2020-12 the verdicts are the same; as the dialect of OpenAPI 3.0 whatever was valid
still is.
"""

import json

import pytest
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from statusware.body.schema import Library, Schema
from statusware.cli.openapi import contract_of
from statusware.openapi.bundle import Bundle
from statusware.openapi.components import Components
from statusware.openapi.contract import Contract
from statusware.openapi.older import older
from statusware.openapi.write import written
from statusware.rules import RouteTable

from ..body.test_suites import REFUSED, REMOTES, cases
from .judges import OAS30Validator
from .tools import body as told_body
from .tools import document, policy


def bundled(schema, **library):
    """The schema that stands in the document, and the components beside it."""
    components = Components(Contract(RouteTable([])))
    made = Schema(schema, library=Library(None, **library))
    reference = Bundle(components).schema(made, "Body")
    return reference, components.parts.get("schemas", {})


def valid(validator, reference, schemas, data):
    document = {**reference, "components": {"schemas": schemas}} if reference else {}
    return validator(document).is_valid(data)


def told():
    for case in cases():
        if case.values[1]["description"] not in REFUSED:
            yield case


def misjudged(schema, test):
    """Whether the judge errs about the schema as it stands in the suite: older ones do."""
    return validator_for(schema)(schema).is_valid(test["data"]) is not test["valid"]


@pytest.mark.parametrize(("draft", "case"), list(told()))
def test_the_public_suite(draft, case):
    schema = case["schema"]
    if isinstance(schema, dict):
        schema = {"$schema": draft} | schema
    reference, schemas = bundled(schema, documents=REMOTES)
    loose = older(schemas)
    if reference == {}:
        text = json.dumps(schema)
        assert "Ref" in text or "json-schema.org" in text or schema is True or len(schema) == 1
    for test in case["tests"]:
        if reference:
            verdict = valid(Draft202012Validator, reference, schemas, test["data"])
            assert verdict is test["valid"] or misjudged(schema, test), test
        # 3.0 has no integers with a point in them, whatever comes after it.
        if test["valid"] and not isinstance(test["data"], float):
            assert valid(OAS30Validator, reference, loose, test["data"]), test


FILES = {
    "tree.json": {
        "title": "A tree",
        "type": "object",
        "properties": {"left": {"$ref": "#"}, "leaf": {"$ref": "leaf.json#/$defs/colour"}},
        "$defs": {"unused": {"type": "null"}},
    },
    "leaf.json": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$defs": {"colour": {"enum": ["green", "brown"], "$comment": "no more"}},
    },
}


def test_files_become_components(tmp_path):
    for name, schema in FILES.items():
        (tmp_path / name).write_text(json.dumps(schema))
    components = Components(Contract(RouteTable([])))
    bundle = Bundle(components)
    # Each route has a library of its own; the same schema is one component all the same.
    for _ in range(2):
        made = Schema("tree.json", folder=tmp_path, library=Library(tmp_path))
        assert bundle.schema(made, "Body") == {"$ref": "#/components/schemas/ATree"}
    assert components.parts["schemas"] == {
        "ATree": {
            "title": "A tree",
            "type": "object",
            "properties": {
                "left": {"$ref": "#/components/schemas/ATree"},
                "leaf": {"$ref": "#/components/schemas/Colour"},
            },
        },
        "Colour": {"enum": ["green", "brown"]},
    }


#: A document's discriminator: the schema's own, and what is written of it.
DISCRIMINATORS = [
    ({"propertyName": "kind"}, {"propertyName": "kind", "mapping": {"Cat": "Cat"}}),
    ({"propertyName": "kind", "mapping": {"meow": "Cat"}}, {"propertyName": "kind", "mapping": {"Cat": "Cat", "meow": "Cat"}}),
    ({"propertyName": "kind", "mapping": None}, {"propertyName": "kind", "mapping": {"Cat": "Cat"}}),
    ({"propertyName": "kind", "mapping": ["Cat"]}, {"propertyName": "kind", "mapping": {"Cat": "Cat"}}),
    *((wrong, None) for wrong in (None, [], "kind", 5, {}, {"propertyName": None}, {"mapping": {}})),
]  # fmt: skip


@pytest.mark.parametrize(("table", "wanted"), DISCRIMINATORS)
def test_a_discriminator_is_completed_or_left_out(table, wanted):
    schemas = {
        "Cat": {"type": "object"},
        "Pet": {"oneOf": [{"$ref": "#/components/schemas/Cat"}], "discriminator": table},
    }
    told = document(
        {"POST /pets": told_body({"$ref": "#/components/schemas/Pet"})},
        components={"schemas": schemas},
    )
    found = policy(told, api={"openapi_unsecured": "authenticated"})
    made, _ = written(contract_of(found), version="3.1")
    shown = made["components"]["schemas"]
    pet = next(each for each in shown.values() if "oneOf" in each)
    name = pet["oneOf"][0]["$ref"]
    if wanted is not None:
        wanted = wanted | {"mapping": dict.fromkeys(wanted["mapping"], name)}
    assert pet.get("discriminator") == wanted


def test_inline_schemas_that_differ_are_two():
    components = Components(Contract(RouteTable([])))
    bundle = Bundle(components)
    inner = {"$ref": "#/$defs/x"}
    for kind in ("string", "null", "string"):
        bundle.schema(Schema({"properties": {"a": inner}, "$defs": {"x": {"type": kind}}}), "Body")
    assert components.parts["schemas"] == {
        "Body": {"properties": {"a": {"$ref": "#/components/schemas/X"}}},
        "X": {"type": "string"},
        "Body-2": {"properties": {"a": {"$ref": "#/components/schemas/X-2"}}},
        "X-2": {"type": "null"},
    }


#: Draft 2020-12, and the same in the dialect of 3.0; `Loose` has lost something there.
DIALECT = [
    (True, {}),
    (False, {"not": {}}),
    ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
    ({"type": "array"}, {"type": "array", "items": {}}),
    ({"const": 5}, {"enum": [5]}),
    ({"exclusiveMinimum": 0}, {"minimum": 0, "exclusiveMinimum": True}),
    ({"minimum": 1, "exclusiveMinimum": 0}, {"minimum": 1}),
    ({"maximum": 1, "exclusiveMaximum": 1}, {"maximum": 1, "exclusiveMaximum": True}),
    ({"contains": {"type": "null"}}, {}),
    ({"not": {"contains": {"type": "null"}}}, {}),
    ({"not": {"type": "string"}}, {"not": {"type": "string"}}),
    ({"examples": [1, 2], "title": "x"}, {"title": "x", "example": 1}),
    ({"$ref": "#/components/schemas/Loose", "title": "x"},
     {"title": "x", "allOf": [{"$ref": "#/components/schemas/Loose"}]}),
    ({"not": {"$ref": "#/components/schemas/Loose"}}, {}),
    ({"oneOf": [{"$ref": "#/components/schemas/Loose"}, {"type": "null"}]},
     {"anyOf": [{"$ref": "#/components/schemas/Loose"},
                {"type": "string", "nullable": True, "enum": [None]}]}),
    ({"additionalProperties": False, "patternProperties": {"^x": {"type": "integer"}}},
     {"additionalProperties": {"anyOf": [{"type": "integer"}]}}),
    ({"prefixItems": [{"type": "integer"}], "items": False},
     {"items": {"anyOf": [{"type": "integer"}]}, "allOf": [{"maxItems": 1}]}),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "wanted"), DIALECT)
def test_the_dialect_of_3_0(schema, wanted):
    made = older({"It": schema, "Loose": {"propertyNames": {"maxLength": 1}}})
    assert made == {"It": wanted, "Loose": {}}
