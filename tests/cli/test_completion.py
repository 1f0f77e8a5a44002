"""Completion: what our script makes a real bash propose, and the scripts of the others."""

import os
import pty
import select
import shlex
import shutil
import subprocess
import sys
import time

import pytest
from click.shell_completion import get_completion_class

from statusware.cli import main
from statusware.cli.completion import VARIABLE
from statusware.cli.group import commands

from .kitchen import environment, kitchen


@pytest.fixture
def folder(tmp_path, monkeypatch):
    kitchen(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["keys", "add", "billing"]) == 0
    return tmp_path


def proposed(words):
    """What click proposes for the last word of a line, asked as the script of a shell does it."""
    args = shlex.split(words)[1:]
    shell = get_completion_class("bash")(commands, {}, "statusware", VARIABLE)
    return [item.value for item in shell.get_completions(args[:-1], args[-1])]


PROPOSED = [
    ("statusware re", ["report"]),
    ("statusware --v", ["--version"]),
    ("statusware keys ''", ["add", "list", "revoke"]),
    ("statusware check --fo", ["--format"]),
    ("statusware check --format ''", ["text", "json"]),
    ("statusware init --reads e", ["everyone"]),
    ("statusware problems method", ["method-not-allowed", "method-not-implemented"]),
    ("statusware problems --policy statusware.toml name", ["name-taken"]),
    ("statusware keys revoke ''", ["billing"]),
    ("statusware keys revoke --file no.toml ''", []),
    ("statusware who P", ["POST", "PUT", "PATCH"]),
    ("statusware who d", ["DELETE"]),
    ("statusware who GET /re", ["/recipes/1"]),
    ("statusware explain POST ''", ["/recipes"]),
    ("statusware explain PATCH /", ["/recipes", "/recipes/1"]),
    ("statusware explain POST --policy no.toml /", []),
    ("statusware lint shop:app --ignore loc", ["location"]),
    ("statusware completion f", ["fish"]),
]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("words", "expected"), PROPOSED)
def test_what_is_proposed(words, expected):
    assert proposed(words) == expected


#: Loads the script, and asks as bash does for the last word of each line.
ASK = """
eval "$(statusware completion bash)"
for line in 'statusware keys l' 'statusware explain POST /' 'statusware problems expectation'; do
  COMPREPLY=(); COMP_WORDS=($line); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _statusware_completion statusware
  echo "${COMPREPLY[@]}"
done
"""


def test_bash(folder):
    done = subprocess.run(
        ["bash", "-c", ASK],
        cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.stdout == "list\n/recipes\nexpectation-failed\n", done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize(
    "text", ["[[routes]]\nmatch = 5", "routes = 5", "routes = [5]", "[api", "\udcff"]
)
def test_a_policy_that_is_none_proposes_nothing(folder, text):
    (folder / "statusware.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert proposed("statusware who GET ''") == []


def test_files_are_left_to_the_shell(folder):
    """click's script asks for the kind that bash completes itself."""
    env = environment(
        folder, COMP_WORDS="statusware check --policy ", COMP_CWORD="3",
        _STATUSWARE_COMPLETE="bash_complete",
    )  # fmt: skip
    done = subprocess.run(
        ["statusware"], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("file,")


def test_the_tab_key(folder):
    """In an interactive bash, with a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["bash", "--norc", "-i"], cwd=folder, env=environment(folder, PS1="> ", TERM="dumb"),
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        os.write(ours, b'eval "$(statusware completion bash)"; echo rea""dy\n')
        until(ours, "ready\r")
        os.write(ours, b"statusware repo\t")
        until(ours, "statusware report ")
        os.write(ours, b"gun\t")
        assert until(ours, "gunicorn.log")
        os.write(ours, b"\n")
        assert "1 refused" in until(ours, "refused")
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def until(terminal, text, seconds=60):
    seen, deadline = "", time.monotonic() + seconds
    while text not in seen:
        assert time.monotonic() < deadline, seen
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 4096).decode("utf-8", "replace")
    return seen


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_scripts_of_other_shells(folder, shell):
    done = subprocess.run(
        [sys.executable, "-m", "statusware", "completion", shell],
        cwd=folder, env=environment(folder), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert f"_STATUSWARE_COMPLETE={shell}_complete" in done.stdout
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed: its script has not been read by it")
    path = folder / "script"
    path.write_text(done.stdout)
    checked = subprocess.run([shell, "-n", str(path)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
