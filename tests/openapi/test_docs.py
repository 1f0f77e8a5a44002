"""docs/openapi.md: its blocks are one document and policies of it, and say the same."""

import re
from pathlib import Path

import pytest

from statusware import Policy, wrap
from statusware.openapi.document import Document
from tests.layers.tools import ask

from .tools import app, bearer

pytest.importorskip("yaml")

TEXT = (Path(__file__).parents[2] / "docs" / "openapi.md").read_text("utf-8")
BLOCKS = re.findall(r"^<!-- ([^>]+) -->\n```\w+\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def blocks(kind):
    return [text for name, text in BLOCKS if name == kind]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "openapi.yaml").write_text(*blocks("document: openapi.yaml"))
    return tmp_path


def test_every_block_is_one_that_is_run():
    assert len(BLOCKS) == TEXT.count("\n```") // 2 == 5


def loaded(folder, text):
    (folder / "statusware.toml").write_text(text)
    return Policy.load(folder / "statusware.toml")


@pytest.mark.parametrize("text", blocks("policy"))
def test_policies(folder, text):
    assert loaded(folder, text).routes


def said(route):
    match = route.match if isinstance(route.match, list) else [route.match]
    return route.name, match, list(route.allow), list(route.deny), route.body is not None


def test_the_document_says_the_same_as_the_policy(folder):
    texts = (blocks("policy")[0], *blocks("the same"))
    found, same = (sorted(map(said, loaded(folder, text).routes)) for text in texts)
    assert found == same


def test_code(folder):
    names = {"app": app}
    exec(compile(*blocks("runs"), "openapi.md", "exec"), names)
    wrapped = names["app"]
    assert ask(wrapped, "/v1/pets").status_code == 200
    assert ask(wrapped, "/v1/pets/5", "DELETE", **bearer()).status_code == 403


def test_what_is_told_of_requests(folder):
    wrapped = wrap(app, loaded(folder, blocks("policy")[0]))
    assert ask(wrapped, "/v1/pets").status_code == 200
    assert ask(wrapped, "/v1/pets", "POST").status_code == 401
    assert ask(wrapped, "/v1/pets", "POST", **bearer()).status_code == 403
    assert ask(wrapped, "/v1/pets", "POST", **bearer("pets:write")).status_code == 400
    assert ask(wrapped, "/v1/pets/5", "DELETE", **bearer(roles=["vet"])).status_code == 200
    assert ask(wrapped, "/v1/pets/x", "DELETE", **bearer(roles=["vet"])).status_code == 404


def test_the_document_is_valid(folder):
    """By a validator of others, where it is installed."""
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(Document("openapi.yaml", folder=folder).root.value)
