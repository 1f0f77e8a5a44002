"""docs/openapi.md: the document, and the policies that say the same (the blocks run in tests/docs)."""

import re
from pathlib import Path

import pytest

from statusware import Policy, wrap
from statusware.openapi.document import Document
from tests.layers.tools import ask

from .judges import REASON
from .tools import app, bearer

pytest.importorskip("yaml")

TEXT = (Path(__file__).parents[2] / "docs" / "openapi.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(?:yaml|toml)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
DOCUMENT, POLICY, SAME, *_ = BLOCKS


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    return tmp_path


def loaded(folder, text):
    (folder / "statusware.toml").write_text(text)
    return Policy.load(folder / "statusware.toml")


def said(route):
    match = route.match if isinstance(route.match, list) else [route.match]
    return route.name, match, list(route.allow), list(route.deny), route.body is not None


def test_the_document_says_the_same_as_the_policy(folder):
    found, same = (sorted(map(said, loaded(folder, text).routes)) for text in (POLICY, SAME))
    assert found == same


def test_what_is_told_of_requests(folder):
    wrapped = wrap(app, loaded(folder, POLICY))
    assert ask(wrapped, "/v1/pets").status_code == 200
    assert ask(wrapped, "/v1/pets", "POST").status_code == 401
    assert ask(wrapped, "/v1/pets", "POST", **bearer()).status_code == 403
    assert ask(wrapped, "/v1/pets", "POST", **bearer("pets:write")).status_code == 400
    assert ask(wrapped, "/v1/pets/5", "DELETE", **bearer(roles=["vet"])).status_code == 200
    assert ask(wrapped, "/v1/pets/x", "DELETE", **bearer(roles=["vet"])).status_code == 404


def test_the_document_is_valid(folder):
    """By a validator of others, where it is installed."""
    validator = pytest.importorskip("openapi_spec_validator", reason=REASON)
    validator.validate(Document("openapi.yaml", folder=folder).root.value)
