"""docs/access.md and docs/bodies.md: their blocks are policies, and code that runs."""

import re
import tomllib
from pathlib import Path

import pytest

from statusware import Policy
from statusware.body import MESSAGES
from statusware.body.messages import detail

DOCS = Path(__file__).parent.parent / "docs"
BLOCKS = [
    (name, language, text)
    for name in ("access", "bodies")
    for language, text in re.findall(
        r"^```(\w+)\n(.*?)^```$", (DOCS / f"{name}.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
]
POLICIES = [text for _, language, text in BLOCKS if language == "toml"]
CODE = [text for _, language, text in BLOCKS if language == "python"]


def test_every_block_is_one_that_is_run():
    assert len(POLICIES) + len(CODE) == len(BLOCKS) > 3


@pytest.mark.parametrize("text", POLICIES)
def test_policies_are_valid(text):
    """Where a block lists routes, somebody has to be known."""
    document = tomllib.loads(text)
    if "routes" in document:
        document["auth"] = {"bearer": {"secret": "0" * 32}}
    assert len(Policy(document).routes) == len(document.get("routes", ()))


@pytest.mark.parametrize("text", CODE)
def test_messages_are_replaced_in_one_place(text, monkeypatch):
    monkeypatch.setitem(MESSAGES, "minimum", MESSAGES["minimum"])
    exec(compile(text, "bodies.md", "exec"), {})
    assert detail("minimum", 3) == "muss mindestens 3 sein"
