"""docs/openapi-out.md: its sessions print what stands there, its table is the contract's."""

import os
import re
import subprocess
import sys
import tomllib

import pytest

from ..integrations.tools import ROOT, environment
from .policies import SECRET
from .test_contract import CONFIG

pytest.importorskip("yaml")

TEXT = (ROOT / "docs" / "openapi-out.md").read_text("utf-8")
BLOCKS = re.findall(r"^<!-- (.*?) -->\n```\w+\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def blocks(kind):
    return [text for how, text in BLOCKS if how == kind]


@pytest.fixture
def folder(tmp_path):
    for how, text in BLOCKS:
        if how.startswith("file: "):
            (tmp_path / how.removeprefix("file: ")).write_text(text, "utf-8")
    (tmp_path / "statusware").write_text(f'#!/bin/sh\nexec {sys.executable} -m statusware "$@"\n')
    (tmp_path / "statusware").chmod(0o755)
    return tmp_path


def test_every_block_is_known():
    assert TEXT.count("\n```") == 2 * len(BLOCKS)
    assert {how for how, _ in BLOCKS} == {
        "file: statusware.toml", "file: openapi.yaml", "run", "schemathesis.toml", "shown"
    }  # fmt: skip


@pytest.mark.parametrize("session", blocks("run"), ids=[0, 1])
def test_sessions(folder, session):
    lines, wanted = [], []
    for line in session.splitlines():
        if line.startswith("$ "):
            lines.append(f"echo @@; {line[2:]}")
            wanted.append([])
        else:
            wanted[-1].append(line)
    path = os.pathsep.join((str(folder), os.environ["PATH"]))
    done = subprocess.run(
        ["bash", "-c", "exec 2>&1\n" + "\n".join(lines)], cwd=folder, capture_output=True,
        text=True, check=True, env=environment(JWT_SECRET=SECRET, PATH=path),
    )  # fmt: skip
    printed = [part.splitlines() for part in done.stdout.split("@@\n")[1:]]
    assert printed == wanted


def test_the_configuration_of_schemathesis_is_that_of_our_tests():
    (told,) = blocks("schemathesis.toml")
    ours = tomllib.loads(CONFIG)
    del ours["operations"]  # the bug of the example
    assert tomllib.loads(told) == ours


def test_what_is_shown_has_the_options_of_our_tests():
    both = " ".join(blocks("shown"))
    for option in ("--into", "--exclude-checks positive_data_acceptance", "--openapi", "--unsafe"):
        assert option in both
