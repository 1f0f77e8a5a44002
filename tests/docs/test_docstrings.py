"""The examples in docstrings run, and are shown as code."""

import inspect
import sys
import textwrap
from importlib import import_module

import pytest

import statusware

from .blocks import ROOT
from .test_reference import documented

sys.path.insert(0, str(ROOT / "docs" / "_ext"))
plain = import_module("plain")

#: Classes of gunicorn's are examples of the command line; the fixture has one for pytest.
ELSEWHERE = {"Worker", "SyncWorker", "ThreadWorker", "status_client"}


def examples():
    for module, name in sorted(set(documented())):
        if name in ELSEWHERE or name == "current_identity":
            continue
        lines = (inspect.getdoc(getattr(import_module(module), name)) or "").splitlines()
        code = plain.marked(lines)
        for at, line in enumerate(code):
            if line == ".. code-block:: python":
                rest = code[at + 2 :]
                block = [text for text in rest if text.startswith("    ") or not text]
                yield module, name, textwrap.dedent("\n".join(block))


def test_there_are_examples():
    named = {name for _, name, _ in examples()}
    assert {"wrap", "stack", "Problem", "Bearer", "Routing", "JSONBody"} <= named


@pytest.mark.parametrize(("module", "name", "text"), list(examples()))
def test_an_example_runs(module, name, text, tmp_path, monkeypatch):
    (tmp_path / "keys.toml").write_text("")
    (tmp_path / "users.htpasswd").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JWT_SECRET", "0" * 32)
    names = {
        **vars(statusware),
        name: getattr(import_module(module), name),
        "app": lambda environ, start_response: [],
    }
    exec(compile(text, name, "exec"), names)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("One.\n\n    x = 1\n", True),
        ("One:\n\n    x = 1\n\n    y = 2\n", True),
        ("- one\n  two\n", False),
        ("- one\n\n    three\n", False),
        ("One.\nTwo.\n", False),
    ],
)
def test_what_is_indented_is_code(text, code):
    made = plain.marked(text.splitlines())
    assert (".. code-block:: python" in made) is code
    assert [line for line in made if "code-block" not in line and line] == [
        line for line in text.splitlines() if line
    ]


def test_what_readers_see_of_a_comment():
    text = "<!-- file: a.py -->\n```python\nx\n```\n\n<!-- run -->\n```console\n$ x\n```\n"
    made = plain.captioned(text)
    assert made.startswith("```{code-block} python\n:caption: a.py\n\nx\n```\n\n<!-- run -->")
