"""Every code block of the README is run, in order, in one folder, as a reader would."""

import os
import re
import runpy
import socket
import subprocess
import sys
import tomllib
from importlib.metadata import metadata
from pathlib import Path

import pytest

from statusware import Policy
from statusware.cli.group import commands

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")

#: What is done with a block, the language, and the block.
BLOCKS = re.findall(r"^(?:<!-- (.*?) -->\n)?```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def blocks(kind, language):
    return [
        text for how, lang, text in BLOCKS if how.partition(":")[0] == kind and lang == language
    ]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the files of the README in it, importable."""
    for how, _, text in BLOCKS:
        if how.startswith("file: "):
            (tmp_path / how.removeprefix("file: ")).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("JWT_SECRET", "0123456789abcdef0123456789abcdef")
    yield tmp_path
    sys.modules.pop("shop", None)


def test_every_block_is_one_that_is_run():
    known = {
        ("file", "python"),
        ("file", "toml"),
        ("install", "sh"),
        ("run", "console"),
        ("", "console"),
        ("python", "python"),
        ("policy", "toml"),
        ("argument of gunicorn", "sh"),
    }
    assert {(how.partition(":")[0], language) for how, language, _ in BLOCKS} == known
    assert README.count("\n```") == 2 * len(BLOCKS)


@pytest.mark.parametrize("at", range(len(blocks("python", "python"))))
def test_python_blocks_run(folder, at):
    (folder / "block.py").write_text(blocks("python", "python")[at], "utf-8")
    runpy.run_path("block.py")


def test_the_policy_is_one():
    [text] = blocks("policy", "toml")
    assert len(Policy(tomllib.loads(text)).routes) == 3


def test_the_two_commands_exist():
    [text] = blocks("", "console")
    for line in text.splitlines():
        target = line.removeprefix("$ make ")
        done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_install_line_names_extras_that_exist():
    [line] = blocks("install", "sh")
    extras = re.match(r'pip install "\.\[([\w,]+)\]"', line)[1].split(",")
    assert set(extras) <= set(metadata("statusware").get_all("Provides-Extra"))


def test_the_command_line_lists_every_command():
    [section] = re.findall(r"^## Command line\n(.*?)^## ", README, re.MULTILINE | re.DOTALL)
    listed = re.findall(r"^\| `statusware (\w+)", section, re.MULTILINE)
    assert sorted(listed) == sorted(commands.commands)
    done = subprocess.run(
        [sys.executable, "-m", "statusware"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert all(f"\n  {name} " in done.stdout for name in listed)


def test_the_extras_bring_what_the_readme_says():
    [section] = re.findall(r"^## Extras\n(.*?)^## ", README, re.MULTILINE | re.DOTALL)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
        "optional-dependencies"
    ]
    for name, brings in re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE):
        found = {word.lower() for line in extras[name] for word in re.findall(r"[\w-]+", line)}
        told = set(re.findall(r"[\w-]+", brings.lower())) - {"cryptography"}
        assert told <= found, name


def test_every_page_of_the_docs_is_linked():
    links = set(re.findall(r"\]\(([\w/.-]+)\)", README))
    assert all((ROOT / link).is_file() for link in links)
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= links


def test_the_gunicorn_line_starts_a_server(folder):
    [line] = blocks("argument of gunicorn", "sh")
    done = run(folder, line.replace("gunicorn", "gunicorn --check-config", 1))
    assert done.returncode == 0, done.stderr


def test_the_console_session(folder):
    """Each `$` line is run in one shell; what follows it is what it prints (… is anything)."""
    [text] = blocks("run", "console")
    port = free_port()
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    text = text.replace("gunicorn ", "gunicorn --no-control-socket ")
    ready = (
        f"for _ in $(seq 100); do curl -s -o /dev/null 127.0.0.1:{port} && break; sleep .1; done"
    )
    commands, expected = [], []
    for line in text.splitlines():
        if line.startswith("$ "):
            commands.append(f"echo '@'\n{line[2:]}")
            commands += [ready] if "gunicorn" in line else []
            expected.append([])
        else:
            expected[-1].append(line)
    done = run(folder, "\n".join(commands))
    printed = [part.strip().splitlines() for part in done.stdout.split("@\n")[1:]]
    assert len(printed) == len(expected), done.stderr
    for lines, wanted in zip(printed, expected, strict=True):
        pattern = "\n".join(wanted)
        assert re.fullmatch(re.escape(pattern).replace("…", ".*"), "\n".join(lines)), lines


def run(folder, script):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
