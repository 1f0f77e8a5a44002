"""The validators of others that documents are held against.

They ask for a newer jsonschema than statusware does: a test that needs one is skipped, by its
name, where only the lowest is installed.
"""

import pytest

__all__ = ["OAS30Validator", "validate"]

REASON = "needs a newer jsonschema than statusware does"


def validate(document):
    """Raises where a document is none of OpenAPI."""
    pytest.importorskip("openapi_spec_validator", reason=REASON).validate(document)


def OAS30Validator(schema):  # noqa: N802  # it stands for the class of this name
    """The validator of schemas in OpenAPI 3.0."""
    return pytest.importorskip("openapi_schema_validator", reason=REASON).OAS30Validator(schema)
