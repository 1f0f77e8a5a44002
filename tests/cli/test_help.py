"""The examples of the help run."""

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from statusware.cli import main
from statusware.cli.group import COMMANDS, commands
from tests.integrations.tools import answers, free_port

from .commands import of, walk
from .kitchen import environment, kitchen


def example(command):
    return re.search(r"Example: (.*)", command.epilog)[1].strip()


def test_the_lines_of_the_help_are_those_of_the_commands():
    """They stand in one table, so that the help need not import the commands."""
    assert {name: each.get_short_help_str(200) for name, each in of(commands)} == COMMANDS


@pytest.mark.parametrize(
    ("args", "unneeded"),
    [
        ([], {"statusware.cli.check", "statusware.cli.demo", "statusware.openapi", "rich", "jwt"}),
        (["--version"], {"statusware.cli.check", "statusware.openapi", "rich", "jwt"}),
        (["completion", "bash"], {"statusware.cli.check", "statusware.policy", "werkzeug", "rich"}),
        (["report", "/dev/null", "--format", "json"], {"statusware.policy", "jsonschema", "rich"}),
        (
            ["token", "--help"],
            {
                "statusware.policy",
                "jsonschema",
                "statusware.cli.check",
                "statusware.openapi",
                "rich",
                "jwt",
            },
        ),
        (["problems", "--format", "json"], {"statusware.cli.check", "statusware.openapi", "rich"}),
    ],
)
def test_a_command_imports_what_it_needs(args, unneeded):
    code = f"""if True:
        import sys
        from statusware.cli import main
        main({args!r})
        print(*sorted({unneeded!r} & sys.modules.keys()), file=sys.stderr)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "\n"


@pytest.mark.parametrize("columns", [50, 72])
def test_a_narrow_terminal_has_the_lines_whole(columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    main([])
    told = capsys.readouterr().out
    listed = told.partition("Commands:")[2].partition("Exit status")[0]
    assert " ".join(listed.split()) == " ".join(f"{name} {line}" for name, line in COMMANDS.items())
    assert max(map(len, listed.splitlines())) <= columns


EXAMPLES = {" ".join(("statusware", *path)): example(command) for path, command in walk()}

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
        text=True, timeout=300, check=False,
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


@contextmanager
def serving(folder, gunicorn, words, **variables):
    """Its port; then, once it has been asked what there is to ask, its status and its log."""
    port, done = free_port(), []
    start = ["-m", "statusware"] if gunicorn else ["-c", WITHOUT_GUNICORN]
    process = subprocess.Popen(
        [sys.executable, *start, *words, "--port", str(port)],
        cwd=folder, env=environment(folder, **variables), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not answers(port) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        yield port, done
    finally:
        process.send_signal(signal.SIGTERM if gunicorn else signal.SIGINT)
        log = process.communicate(timeout=30)[0]
        done += [process.returncode, log]


def curl(*args):
    return subprocess.run(["curl", "-s", *args], capture_output=True, text=True, check=False).stdout


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
    with serving(tmp_path, gunicorn, words, **variables) as (port, done):
        found = curl("-w", " %{http_code}", f"http://127.0.0.1:{port}/nowhere")
        refused = curl("-H", "no field: x", f"http://127.0.0.1:{port}/")
    status, log = done
    assert found.endswith(" 404"), log
    assert '"not-found"' in found
    if gunicorn:  # what it refuses itself is in the envelope, too
        assert '"status": 400' in refused
    assert ("not for production" in log) is not gunicorn
    assert status == (0 if gunicorn else status)


@pytest.mark.parametrize("gunicorn", [True, False])
def test_serve_logs_in_json(tmp_path, gunicorn):
    """The server, statusware, and what an app that configures nothing logs itself."""
    kitchen(tmp_path)
    with (tmp_path / "shop.py").open("a") as file:
        file.write("app.get('/fail')(lambda: 1 / 0)\nprint('hello')\n")
    with (tmp_path / "statusware.toml").open("a") as file:
        file.write("[[routes]]\nmatch = 'GET /fail'\nallow = ['everyone']\n")
    with serving(tmp_path, gunicorn, ["serve", "shop:app", "--format", "json"]) as (port, done):
        failed = curl(f"http://127.0.0.1:{port}/fail")
    lines = [line for line in done[1].splitlines() if line != "hello"]
    records = [json.loads(line) for line in lines]
    assert '"status": 500' in failed
    own = "Listening at" if gunicorn else "Running on"
    assert any(own in record["message"] for record in records)
    assert not gunicorn or done[0] == 0
    assert any(record.get("event") == "development-server" for record in records) is not gunicorn
    failures = [record for record in records if record.get("exception")]
    assert {record["exception"] for record in failures} == {"builtins.ZeroDivisionError"}
    assert all("1 / 0" in record["traceback"] for record in failures)
