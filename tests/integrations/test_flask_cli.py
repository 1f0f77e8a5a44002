"""`flask statusware check`, in Flask's own command line."""

import subprocess
import sys

import pytest

from .tools import environment, installed

SHOP = """
from flask import Flask
from statusware.integrations.flask import Statusware

extension = Statusware()

def create_app(policy="statusware.toml"):
    app = Flask(__name__)
    app.config["STATUSWARE_POLICY"] = policy
    extension.init_app(app)
    return app

def configured():
    app = Flask(__name__)
    app.config["STATUSWARE_POLICY"] = "statusware.toml"
    return app

def bare():
    return Flask(__name__)
"""
POLICY = '[[routes]]\nmatch = "GET /recipes"\nallow = "everyone"\n'


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "statusware.toml").write_text(POLICY)
    (tmp_path / "broken.toml").write_text('[api]\nunlistd = "pass"\n')
    installed(tmp_path / "site")
    return tmp_path


@pytest.mark.parametrize(
    ("app", "more", "status", "out", "err"),
    [
        ("shop", [], 0, "GET /recipes  everyone\nok\n", ""),
        ("shop:configured", [], 0, "GET /recipes  everyone\nok\n", ""),
        ("shop:bare", ["--policy", "statusware.toml"], 0, "GET /recipes  everyone\nok\n", ""),
        ("shop:bare", [], 2, "", "STATUSWARE_POLICY: the app has no policy in a file"),
        ("shop:create_app({})", [], 2, "", "STATUSWARE_POLICY: the app has no policy in a file"),
        ("shop:create_app('broken.toml')", [], 2, "", "broken.toml: api.unlistd: is unknown"),
        ("shop", ["--policy", "broken.toml"], 2, "", "broken.toml: api.unlistd: is unknown"),
    ],
)
def test_check(folder, app, more, status, out, err):
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", app, "statusware", "check", *more],
        cwd=folder,
        env=environment(folder / "site"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (status, out), done.stderr
    assert err in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == bool(err)
