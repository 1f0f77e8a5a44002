"""Each promise of the threat model names tests that exist."""

import ast
import re

import pytest

from .blocks import ROOT, read

PAGE = "docs/threat-model.md"
PROMISED = read(PAGE).partition("## What is promised")[2].partition("## What is not promised")[0]
ROWS = [
    row.strip("|").split("|")
    for row in PROMISED.splitlines()
    if row.startswith("| ") and "| shown by" not in row
]


def names_in(path):
    """The names of the tests of a file, those in classes as Class::name."""
    for node in ast.parse((ROOT / path).read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.ClassDef):
            yield from (
                f"{node.name}::{n.name}" for n in node.body if isinstance(n, ast.FunctionDef)
            )


def test_there_are_promises():
    assert len(ROWS) > 30


@pytest.mark.parametrize(("promise", "shown"), ROWS, ids=lambda text: text.strip()[:40])
def test_a_promise_is_shown(promise, shown):
    named = re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", shown)
    assert named, f"{promise}: by no test"
    assert shown.count("`") == 2 * len(named), "something else than a test is named"
    for path, name in named:
        assert (ROOT / path).is_file(), path
        assert name in set(names_in(path)), f"{path}::{name}"
