"""`statusware.serve`: the app from two strings, in process and under a real gunicorn."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from werkzeug.test import Client

from statusware import PolicyError, serve

SHOP = """
from flask import Flask, abort

class RecipeNotFound(LookupError): "No such recipe."
class Taken(ValueError): "The name is taken."
class Gone(RecipeNotFound): "There was one."

def create_app():
    app = Flask(__name__)

    @app.get("/<name>")
    def show(name):
        if name == "bug":
            raise RuntimeError("secret detail")
        raise {"lost": RecipeNotFound, "gone": Gone, "taken": Taken}[name](name)

    @app.errorhandler(Taken)
    def taken(error):
        return {"mine": True}, 409

    return app

def main(global_config, **settings):
    return create_app()

app = create_app()
number = 5
"""
INI = """
[app:main]
use = call:shop:main

[app:other]
use = call:shop:main
"""
POLICY = """
[errors]
"shop.RecipeNotFound" = 404
"shop.Gone" = 410
"shop.Taken" = 422

[[routes]]
match = "GET /{name}"
allow = "everyone"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "statusware.toml").write_text(POLICY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    sys.modules.pop("shop", None)
    yield tmp_path
    sys.modules.pop("shop", None)


@pytest.mark.parametrize("target", ["shop:app", "shop:create_app()"])
@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/lost", 404, "not-found"),
        ("/gone", 410, "gone"),
        ("/bug", 500, "internal-error"),
        ("/a/b", 404, "not-found"),
    ],
)
def test_exceptions_of_a_flask_app_are_translated(folder, target, path, status, code):
    answer = Client(serve.app(target, "statusware.toml")).get(path)
    assert answer.status_code == status
    assert answer.json["code"] == code
    assert "secret detail" not in answer.text


@pytest.mark.parametrize("target", ["shop.ini", "shop.ini#other"])
def test_an_app_of_an_ini_file(folder, target):
    (folder / "shop.ini").write_text(INI)
    answer = Client(serve.app(target, "statusware.toml")).get("/gone")
    assert (answer.status_code, answer.json["code"]) == (410, "gone")


def test_an_ini_file_needs_pastedeploy(folder, monkeypatch):
    (folder / "shop.ini").write_text(INI)
    monkeypatch.setitem(sys.modules, "paste.deploy", None)
    with pytest.raises(PolicyError, match="app: an INI file needs PasteDeploy"):
        serve.app("shop.ini")


def test_a_translated_exception_is_no_error_in_flasks_log(folder, caplog):
    Client(serve.app("shop:app", "statusware.toml")).get("/lost")
    assert not [record for record in caplog.records if record.name == "shop"]


def test_a_handler_of_the_apps_own_wins(folder):
    answer = Client(serve.app("shop:app", "statusware.toml")).get("/taken")
    assert (answer.status_code, answer.json) == (409, {"mine": True})


def test_without_a_policy_there_is_the_envelope_alone(folder):
    answer = Client(serve.app("shop:app")).get("/a/b")
    assert (answer.status_code, answer.json["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("shop", "names no app"),
        ("shop:create_app(1)", "names no app"),
        ("no_such_module:app", "does not import"),
        ("shop:ap", 'did you mean "app"?'),
        ("shop:number", "is no WSGI app"),
        ("shop:main()", "'shop:main()': missing a required argument: 'global_config'"),
        ("shop:number()", "5 is not a callable object"),
        ("shop:create_app", 'is no WSGI app; did you mean "shop:create_app()"?'),
        ("shop:main", "'shop:main' is no WSGI app"),
        ("shop.ini#nope", "shop.ini#nope cannot be loaded: "),
        ("no.ini", "no.ini cannot be loaded: "),
    ],
)
def test_a_target_that_is_wrong(folder, target, told):
    (folder / "shop.ini").write_text(INI)
    with pytest.raises(PolicyError) as caught:
        serve.app(target)
    assert told in str(caught.value)
    assert str(caught.value).startswith("app: ")


@pytest.mark.parametrize("preload", [[], ["--preload"]], ids=["", "preload"])
def test_gunicorn_does_not_start_with_a_broken_policy(folder, preload):
    """Our line is the last that the failing process prints, but for gunicorn's own log."""
    (folder / "statusware.toml").write_text('[api]\nunlistd = "pass"\n')
    line = 'statusware.toml:2: api.unlistd: is unknown; did you mean "unlisted"?'
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--no-control-socket", "--bind", "127.0.0.1:0", *preload,
         "statusware.serve:app('shop:app', 'statusware.toml')"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(serve.__file__).parent.parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == (1 if preload else 4)
    printed = [part for part in done.stderr.splitlines() if part and not part.startswith("[")]
    assert printed[-1].endswith(line)
    assert "Traceback" not in done.stderr
