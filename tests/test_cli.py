"""The command line: `main(argv)` in this process, no server."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from statusware.cli import main
from statusware.cli.group import LATER

POLICY = """
[auth.bearer]
secret = "0123456789abcdef0123456789abcdef"

[[routes]]
match = ["GET /soups", "GET /soups/{id:int}"]
allow = ["everyone"]

[[routes]]
match = "POST /soups"
allow = ["role:cook", "user:ann"]
deny = "role:suspended"
body = {type = "object"}

[[routes]]
match = "DELETE /soups/{id:int}"
hide = true
"""

COMMANDS = """
    check completion demo explain init keys lint openapi problems report schema serve token who
""".split()
NESTED = ["keys add", "keys list", "keys revoke"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "statusware.toml").write_text(POLICY, encoding="utf-8")
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that stands on stderr, where nothing else was said."""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("statusware: ")
    assert err.count("\n") == 1
    return err


def test_check_says_what_becomes_of_a_body(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    routes = (
        "body = {}",
        'max_bytes = "1MiB"',
        "",
        "body = {}\nmax_bytes = 5",
        'accept = ["image/png", "image/gif"]',
    )
    text = "".join(f'[[routes]]\nmatch = "PUT /{n}"\n{row}\n' for n, row in enumerate(routes))
    (folder / "statusware.toml").write_text(f"{POLICY}{text}", encoding="utf-8")
    assert main(["check"]) == 0
    rows = [row for row in capsys.readouterr().out.splitlines() if row.startswith("PUT")]
    assert [row.split("authenticated")[1] for row in rows] == [
        ", body checked", ", body limited", "", ", body checked",
        ", body of image/png or image/gif",
    ]  # fmt: skip


def test_check_says_who_may_what(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "GET /soups              everyone",
        "GET /soups/{id:int}     everyone",
        "POST /soups             role:cook or user:ann, never role:suspended, body checked",
        "DELETE /soups/{id:int}  authenticated, hidden",
        "schemes: bearer",
        "ok",
    ]


def test_modules_of_the_app_are_found_where_the_command_is_run(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each])
    (folder / "kitchen.py").write_text("class Burnt(Exception): pass", encoding="utf-8")
    (folder / "other.toml").write_text('[errors]\n"kitchen.Burnt" = 409', encoding="utf-8")
    assert main(["check", "--policy", "other.toml"]) == 0
    assert capsys.readouterr().out == "ok\n"


SHOP = """
from flask import Flask
app = Flask(__name__, static_folder=None)

@app.get("/soups")
@app.route("/soups/<int:id>", methods=["GET", "PUT"])
def soups(id=0):
    return []

def bare(environ, start_response):
    return []
"""


@pytest.fixture
def shop(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An app beside the policy, that takes what no rule lists and has not all that rules list."""
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    (folder / "soupshop.py").write_text(SHOP, encoding="utf-8")
    yield
    sys.modules.pop("soupshop", None)


@pytest.mark.usefixtures("shop")
def test_check_compares_the_policy_with_an_app(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "soupshop:app"]) == 1
    rules, _, found = capsys.readouterr().out.partition("\n\n")
    assert rules.endswith("schemes: bearer")
    assert found.splitlines() == [
        "error    uncovered  PUT /soups/{id:int}     no rule lists it (view soups); "
        "nobody can reach it",
        "warning  no-route   POST /soups             the app does not take POST there "
        "(statusware.toml:9)",
        "warning  no-route   DELETE /soups/{id:int}  the app does not take DELETE there "
        "(statusware.toml:15)",
        "1 error, 2 warnings",
    ]


@pytest.mark.usefixtures("shop")
def test_check_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "soupshop:app", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["schemes"] == ["bearer"]
    assert told["routes"][0] == {"match": "GET /soups", "rule": "everyone"}
    assert [finding["level"] for finding in told["findings"]] == ["error", "warning", "warning"]
    assert told["findings"][1]["where"] == "statusware.toml:9"


FINDINGS = {
    '[[routes]]\nmatch = "POST /a"\nallow = "everyone"': (0, "2 warnings"),
    '[[routes]]\nmatch = "GET /a"\nallow = "everyone"\ndeny = "everyone"': (1, "1 error"),
}


@pytest.mark.parametrize(("text", "said"), FINDINGS.items())
def test_check_of_a_policy_alone(
    text: str, said: tuple[int, str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "other.toml").write_text(text, encoding="utf-8")
    status = main(["check", "--policy", "other.toml"])
    assert (status, capsys.readouterr().out.splitlines()[-1]) == said


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("app", "said"),
    [
        ("soupshop:bare", "app: its routes cannot be read; it needs a Flask, Pyramid"),
        ("soupshop:nobody", "app: "),
        ("nowhere:app", "app: "),
        ("soupshop", "app: 'soupshop' names no app"),
    ],
)
def test_check_of_what_is_no_app(app: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", app]) == 2
    assert said in refused(capsys)


@pytest.mark.usefixtures("shop")
def test_check_of_a_policy_without_routes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "other.toml").write_text("[envelope]\n", encoding="utf-8")
    assert main(["check", "--policy", "other.toml"]) == 0
    assert capsys.readouterr().out == "ok\n"
    assert main(["check", "soupshop:app", "--policy", "other.toml"]) == 0
    assert capsys.readouterr().out == "ok\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "other.toml: cannot be read: No such file or directory"),
        ("[api", "other.toml: is not TOML"),
        ("[roots]", '"routes"'),
        ('[[routes]]\nmatch = "GET /a"\nalow = ["everyone"]', '"allow"'),
        ('[[routes]]\nmatch = "GET /a"', "other.toml:1: routes[0]: needs credentials"),
    ],
)
@pytest.mark.usefixtures("executed")
@pytest.mark.parametrize("command", [["check"], ["serve", "shop:app"]])
def test_a_wrong_policy_is_told_in_one_line(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    text: str | None,
    said: str,
) -> None:
    if text is not None:
        (folder / "other.toml").write_text(text, encoding="utf-8")
    assert main([*command, "--policy", "other.toml"]) == 2
    assert said in refused(capsys)


@pytest.mark.parametrize("command", sorted(LATER))
def test_a_command_that_is_still_to_come(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "GET", "/soups", "--as", "ann"]) == 2
    assert refused(capsys) == f"statusware: {command} is not supported yet\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["chek"], "chek"),
        (["check", "--polcy", "x"], "--polcy"),
        (["check", "--pol\ncy"], "--pol"),  # which older versions of click do not quote
        (["serve"], "APP"),
        (["serve", "shop"], 'APP is "module:name"'),
        (["serve", "shop:app", "--port", "70000"], "70000"),
        (["serve", "shop:app", "--workers", "0"], "0"),
        (["demo", "--port", "soup"], "soup"),
    ],
)
def test_a_wrong_command_is_told_in_one_line(
    args: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(args) == 2
    assert said in refused(capsys)


@pytest.mark.parametrize("command", COMMANDS + NESTED)
def test_the_help_of_a_command_has_an_example(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command.split(), "--help"]) == 0
    example = capsys.readouterr().out.partition("Example: ")[2]
    assert f"statusware {command}" in example


@pytest.mark.parametrize("command", ["", *COMMANDS, *NESTED])
def test_the_help_of_every_command_looks_alike(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command.split(), "--help"]) == 0
    out = capsys.readouterr().out
    usage, sentence = out.split("\n\n")[:2]
    assert usage.startswith(f"Usage: statusware {command}".rstrip())
    assert re.fullmatch(r"  [A-Z][^\n]{1,78}\.", sentence)
    assert not re.search(r"\.\.\.$", out.partition("Commands:")[2], re.MULTILINE)
    for option in re.split(r"\n  (?=--)", out.partition("Options:\n")[2].partition("\n\n")[0]):
        assert re.search(r"(?:  |\n +)[A-Z0-9][^\[]", option), option


def test_a_group_alone_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "--help"]) == 0
    told = capsys.readouterr()
    assert main(["keys"]) == 0
    assert capsys.readouterr() == told


@pytest.mark.parametrize("args", [[], ["--help"]])
def test_the_help_names_the_commands(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(args) == 0
    out = capsys.readouterr().out
    assert [name for name in (*COMMANDS, *LATER) if f"\n  {name} " in out] == COMMANDS


def test_arguments_are_those_of_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["statusware", "check"])
    assert main() == 0
    assert capsys.readouterr().out.endswith("ok\n")


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith(("statusware.cli.", "rich"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    assert main(["check"]) == 2
    assert f'{missing}: pip install "statusware[cli]"' in refused(capsys)


def test_another_missing_module_is_a_bug_and_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "statusware.cli.group")
    monkeypatch.setitem(sys.modules, "statusware.cli.check", None)
    with pytest.raises(ModuleNotFoundError):
        main(["check"])


def test_ctrl_c_ends_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_args: Any, **_options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("statusware.cli.check.Policy.load", interrupt)
    assert main(["check"]) == 130


class Executed(Exception):
    """Instead of a process that another one takes the place of."""


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command that takes the place of this process."""
    monkeypatch.setattr("importlib.metadata.version", lambda _name: "27.0.1")
    command: list[str] = []

    def execv(path: str, args: list[str]) -> None:
        assert path == args[0]
        command.extend(args)
        raise Executed

    monkeypatch.setattr(os, "execv", execv)
    return command


@pytest.mark.parametrize(
    ("args", "bind", "workers"),
    [
        ([], "127.0.0.1:8000", "2"),
        (["--host", "0.0.0.0", "--port", "80", "--workers", "1"], "0.0.0.0:80", "1"),
        (["--host", "::1"], "[::1]:8000", "2"),
    ],
)
def test_serve_becomes_gunicorn(
    executed: list[str], folder: Path, args: list[str], bind: str, workers: str
) -> None:
    (folder / "it's.toml").write_text(POLICY, encoding="utf-8")
    with pytest.raises(Executed):
        main(["serve", "shop.wsgi:make()", "--policy", "it's.toml", *args])
    assert executed == [
        *(sys.executable, "-m", "gunicorn", "--bind", bind, "--workers", workers),
        *("--worker-class", "statusware.integrations.gunicorn.Worker"),
        "--no-control-socket",
        """statusware.serve:app('shop.wsgi:make()', "it's.toml")""",
    ]


@pytest.mark.parametrize(
    ("version", "has"), [("23.0.0", False), ("25.0.3", False), ("25.1.0", True), ("26.0.1", True)]
)
def test_an_older_gunicorn_has_no_control_socket(
    executed: list[str], monkeypatch: pytest.MonkeyPatch, version: str, has: bool
) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _name: version)
    with pytest.raises(Executed):
        main(["serve", "shop:app"])
    assert ("--no-control-socket" in executed) is has


def test_serve_without_gunicorn(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    served: list[Any] = []
    (folder / "soupshop.py").write_text("def app(environ, start_response): ...", encoding="utf-8")

    def nothing_of(name: str) -> Any:
        return None if name == "gunicorn" else find_spec(name)

    monkeypatch.setattr("importlib.util.find_spec", nothing_of)
    monkeypatch.setattr("statusware.cli.serve.run_simple", lambda *a, **_k: served.extend(a))
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert main(["serve", "soupshop:app", "--port", "8123"]) == 0
    assert served[:2] == ["127.0.0.1", 8123]
    assert callable(served[2])
    assert "not for production" in caplog.text
