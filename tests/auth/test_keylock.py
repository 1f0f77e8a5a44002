"""Changes of the file of API keys at the same time: none is lost."""

import subprocess
import sys
import time

import pytest

from statusware import PolicyError
from statusware.auth import keylock
from statusware.auth.keyfile import add_key, load_file, revoke_key
from statusware.cli import main

#: Adds ten keys, all processes beginning at once, and takes every other one away again.
CHANGES = """
import pathlib, sys, time
if sys.argv[3] == "without":
    sys.modules["fcntl"] = None
from statusware.auth.keyfile import add_key, revoke_key

file, name = pathlib.Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for number in range(10):
    add_key(file, f"{name}-{number}")
    if number % 2:
        revoke_key(file, f"{name}-{number}")
"""


@pytest.mark.parametrize("flock", ["with", "without"])
def test_of_changes_by_several_processes_at_once_none_is_lost(tmp_path, flock):
    file = tmp_path / "keys.toml"
    words = [sys.executable, "-c", CHANGES, str(file)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    running = [subprocess.Popen([*words, name, flock], **pipes) for name in "abcd"]
    for each in running:
        assert each.stdout.readline() == "ready\n"
    for each in running:
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in running:
        each.communicate(timeout=60)
    assert [each.returncode for each in running] == [0, 0, 0, 0]
    kept = {entry.label for entry in load_file(file)}
    assert kept == {f"{name}-{number}" for name in "abcd" for number in range(0, 10, 2)}
    assert [each.name for each in tmp_path.iterdir()] == ["keys.toml"], "nothing is left behind"


def test_the_command_itself(tmp_path):
    words = [sys.executable, "-m", "statusware", "keys", "add", "--file", str(tmp_path / "k.toml")]
    running = [
        subprocess.Popen([*words, f"u{n}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for n in range(6)
    ]
    shown = {each.communicate(timeout=60)[0].strip() for each in running}
    assert [each.returncode for each in running] == [0] * 6
    assert len(shown) == 6
    assert {entry.label for entry in load_file(tmp_path / "k.toml")} == {f"u{n}" for n in range(6)}


#: Holds the lock until it is killed.
HOLDER = """
import pathlib, sys, time
from statusware.auth.keylock import alone

with alone(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    words = [sys.executable, "-c", HOLDER, str(tmp_path / "keys.toml")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_change_that_does_not_end_is_told(tmp_path, holder, monkeypatch, capsys):
    monkeypatch.setattr(keylock, "PATIENCE", 0.1)
    assert main(["keys", "add", "ann", "--file", str(tmp_path / "keys.toml")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(
        f"statusware: {tmp_path / 'keys.toml'}: somebody else is changing it; see"
    )


def test_who_dies_lets_go(tmp_path, holder):
    holder.kill()
    holder.wait()
    before = time.monotonic()
    assert add_key(tmp_path / "keys.toml", "ann")
    assert time.monotonic() - before < 5


def test_a_lock_that_is_a_file_and_was_left_behind_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setattr(keylock, "PATIENCE", 0.1)
    (tmp_path / ".keys.toml.lock").touch()
    with pytest.raises(PolicyError, match=r"if nobody does, remove \.keys\.toml\.lock"):
        add_key(tmp_path / "keys.toml", "ann")


def test_what_is_refused_lets_go_too(tmp_path, monkeypatch):
    file = tmp_path / "keys.toml"
    for _ in ("with flock", "without"):
        add_key(file, "ann")
        with pytest.raises(PolicyError, match="there is a key with the label"):
            add_key(file, "ann")
        revoke_key(file, "ann")
        monkeypatch.setitem(sys.modules, "fcntl", None)
        monkeypatch.setattr(keylock, "PATIENCE", 0.1)


def test_a_link_to_the_file_is_the_file(tmp_path, holder, monkeypatch):
    """Somebody in another folder would else hold the lock of that one."""
    (tmp_path / "other").mkdir()
    link = tmp_path / "other" / "keys.toml"
    link.symlink_to(tmp_path / "keys.toml")
    monkeypatch.setattr(keylock, "PATIENCE", 0.1)
    with pytest.raises(PolicyError, match="somebody else is changing it"):
        add_key(link, "ann")
