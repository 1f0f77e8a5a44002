"""A policy that is only looked at: without its secrets, and never in force."""

import json

import pytest
from flask import Flask

from statusware import Policy, PolicyError, stack, wrap
from statusware.cli import main
from statusware.integrations.flask import Statusware
from tests.layers.tools import responding

POLICY = """
[auth.bearer]
secret = [{env = "NEW_SECRET"}, {env = "OLD_SECRET"}]

[[routes]]
match = "GET /recipes"
allow = ["everyone"]

[[routes]]
match = "POST /recipes"
allow = ["role:editor"]
body = true
"""
SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("NEW_SECRET", "OLD_SECRET", "STATUSWARE_POLICY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "statusware.toml").write_text(POLICY, "utf-8")
    return tmp_path


def test_it_names_what_is_not_set(monkeypatch):
    assert Policy.load("statusware.toml", inspect=True).unset == ("NEW_SECRET", "OLD_SECRET")
    monkeypatch.setenv("NEW_SECRET", SECRET)
    assert Policy.load("statusware.toml", inspect=True).unset == ("OLD_SECRET",)
    monkeypatch.setenv("OLD_SECRET", SECRET)
    assert Policy.load("statusware.toml").unset == ()


def test_without_a_word_it_does_not_load():
    with pytest.raises(PolicyError, match="the environment variable NEW_SECRET is not set"):
        Policy.load("statusware.toml")


@pytest.mark.parametrize(
    "put",
    [
        lambda policy: wrap(responding(), policy),
        lambda policy: stack(responding(), *policy.layers),
        lambda policy: Statusware(Flask("shop"), policy),
    ],
)
@pytest.mark.parametrize("secret", [None, SECRET])
def test_no_app_can_be_put_behind_it(monkeypatch, put, secret):
    if secret is not None:  # not even where nothing is missing: nobody looks at that twice
        monkeypatch.setenv("NEW_SECRET", secret)
        monkeypatch.setenv("OLD_SECRET", secret)
    with pytest.raises(PolicyError, match=r"statusware\.toml: inspect: is only looked at"):
        put(Policy.load("statusware.toml", inspect=True))


@pytest.mark.parametrize(
    ("value", "reason"), [("", "is empty"), ("short", "the secret is too short")]
)
def test_what_is_set_has_to_be_right(monkeypatch, value, reason):
    monkeypatch.setenv("NEW_SECRET", value)
    with pytest.raises(PolicyError, match=reason):
        Policy.load("statusware.toml", inspect=True)


def test_a_slip_is_none_the_less_one(folder):
    (folder / "statusware.toml").write_text(POLICY.replace("{env", "{envv", 1), "utf-8")
    with pytest.raises(PolicyError, match=r'secret\.envv: .*did you mean "env"'):
        Policy.load("statusware.toml", inspect=True)


COMMANDS = {
    "check": 1,
    "who POST /recipes": 0,
    "explain POST /recipes": 1,
    "explain POST /recipes --as role:editor": 1,
    "explain GET /recipes": 0,
    "openapi --format json": 0,
    "problems --policy statusware.toml": 0,
}


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_that_verify_nothing_need_no_secret(command, capsys):
    assert main(command.split()) == COMMANDS[command]
    assert "NEW_SECRET" not in capsys.readouterr().err


@pytest.mark.parametrize("command", ["explain POST /recipes --token a.b.c", "serve shop:app"])
def test_others_do(command, capsys):
    assert main(command.split()) == 2
    assert "the environment variable NEW_SECRET is not set" in capsys.readouterr().err


def test_check_says_so_among_the_rest(capsys):
    assert main(["check", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [(each["level"], each["kind"], each["route"]) for each in found] == [
        ("error", "unset", "NEW_SECRET"),
        ("error", "unset", "OLD_SECRET"),
    ]
