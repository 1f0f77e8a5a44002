"""The examples of the help run."""

import re
import shlex
import signal
import subprocess
import sys
import time

import pytest
from click import Group

from statusware.cli.group import commands
from tests.integrations.tools import answers, free_port

from .kitchen import environment, kitchen


def walk(group, name="statusware"):
    yield name, group
    for word, command in group.commands.items():
        if isinstance(command, Group):
            yield from walk(command, f"{name} {word}")
        else:
            yield f"{name} {word}", command


def example(command):
    return re.search(r"Example: (.*)", command.epilog)[1].strip()


EXAMPLES = {name: example(command) for name, command in walk(commands)}

#: How each of them ends in the kitchen, where it is not with 0.
ENDS = {"statusware explain": 1, "statusware report": 1}

BEFORE = {
    "statusware init": "rm statusware.toml",
    "statusware keys revoke": "statusware keys add billing",
    "statusware explain": ":",
}


#: `serve` has a test of its own below, `demo` in tests/test_demo.py.
ELSEWHERE = ("statusware serve", "statusware demo")


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in ELSEWHERE])
def test_examples_of_the_help_run(name, tmp_path):
    line = EXAMPLES[name]
    assert name in line
    (tmp_path / "shop").mkdir()
    kitchen(tmp_path)
    script = f"{BEFORE.get(name, ':')} >/dev/null 2>&1; {line}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment(tmp_path), capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == ENDS.get(name, 0), (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr


#: gunicorn.util is what its absence is made of; the rest is as in a shell.
WITHOUT_GUNICORN = """
import importlib.util, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "gunicorn" else real(name, *more)
from statusware.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("gunicorn", [True, False])
@pytest.mark.parametrize("by_environment", [True, False])
def test_serve(tmp_path, gunicorn, by_environment):
    """The example of its help, on a free port; and without gunicorn, and by variables."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    kitchen(tmp_path)
    (tmp_path / "shop.py").rename(tmp_path / "shop" / "wsgi.py")
    variables, words = {}, shlex.split(EXAMPLES["statusware serve"])[1:]
    if by_environment:
        variables = {"STATUSWARE_APP": "shop.wsgi:app", "STATUSWARE_POLICY": "statusware.toml"}
        words = ["serve"]
    port = free_port()
    start = ["-m", "statusware"] if gunicorn else ["-c", WITHOUT_GUNICORN]
    process = subprocess.Popen(
        [sys.executable, *start, *words, "--port", str(port)],
        cwd=tmp_path, env=environment(tmp_path, **variables), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not answers(port) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    done = subprocess.run(
        ["curl", "-s", "-w", " %{http_code}", f"http://127.0.0.1:{port}/nowhere"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    refused = subprocess.run(
        ["curl", "-s", "-H", "no field: x", f"http://127.0.0.1:{port}/"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    process.send_signal(signal.SIGTERM if gunicorn else signal.SIGINT)
    log = process.communicate(timeout=30)[0]
    assert done.stdout.endswith(" 404"), log
    assert '"not-found"' in done.stdout
    if gunicorn:  # what it refuses itself is in the envelope, too
        assert '"status": 400' in refused.stdout
    assert ("not for production" in log) is not gunicorn
    assert process.returncode == (0 if gunicorn else process.returncode)
