"""`flask statusware check`, in Flask's own command line."""

import json
import re
import subprocess
import sys

import pytest

from .tools import ask, environment, free_port, installed, serving

SHOP = """
from flask import Flask
from statusware.integrations.flask import Statusware

extension = Statusware()

def create_app(policy="statusware.toml"):
    app = bare()
    app.config["STATUSWARE_POLICY"] = policy
    extension.init_app(app)
    return app

def configured():
    app = bare()
    app.config["STATUSWARE_POLICY"] = "statusware.toml"
    return app

def bare():
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/recipes", "recipes", list)
    return app

def more():
    app = configured()
    app.add_url_rule("/users", "users", list)
    return app
"""
POLICY = '[[routes]]\nmatch = "GET /recipes"\nallow = "everyone"\n'


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "statusware.toml").write_text(POLICY)
    (tmp_path / "broken.toml").write_text('[api]\nunlistd = "pass"\n')
    installed(tmp_path / "site")
    return tmp_path


DEBUGGED = """
from flask import Flask
from statusware.integrations.flask import Statusware

app = Flask(__name__)

@app.get("/bug")
def bug():
    raise RuntimeError("what the developer shall see")

Statusware(app, {"routes": [{"match": "GET /bug", "allow": "everyone"}]})
"""


@pytest.mark.parametrize("debug", [True, False])
def test_flask_run_and_its_debugger(folder, debug):
    """The page of the interactive debugger and what belongs to it, in debug mode alone."""
    (folder / "shop.py").write_text(DEBUGGED)
    port = free_port()
    command = [
        sys.executable, "-m", "flask", "--app", "shop", "--debug" if debug else "--no-debug", "run",
        "--no-reload", "--port", str(port),
    ]  # fmt: skip
    with serving(command, port, cwd=folder, env=environment(folder / "site")):
        status, headers, page = ask(port, "GET", "/bug")
        assert status == 500
        if debug:
            assert headers["content-type"].startswith("text/html")
            assert b"what the developer shall see" in page
            script = re.search(rb'src="(\?__debugger__=yes[^"]+)"', page)[1].decode()
            script = script.replace("&amp;", "&")
            assert ask(port, "GET", f"/bug{script}")[1]["content-type"].startswith(
                "text/javascript"
            )
        else:
            assert json.loads(page)["code"] == "internal-error"
            assert b"developer" not in page
        assert json.loads(ask(port, "GET", "/nowhere")[2])["code"] == "not-found"


@pytest.mark.parametrize(
    ("app", "status", "members"),
    [("shop", 0, {"routes", "schemes", "findings"}), ("shop:bare", 2, {"error"})],
)
def test_check_in_json(folder, app, status, members):
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", app, "statusware", "check", "--format", "json"],
        cwd=folder,
        env=environment(folder / "site"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    told = json.loads(done.stdout)
    assert (done.returncode, told["exit_status"], told["command"]) == (status, status, "check")
    assert told.keys() - {"command", "exit_status"} == members


@pytest.mark.parametrize(
    ("app", "more", "status", "out", "err"),
    [
        ("shop", [], 0, "GET /recipes  everyone\nok\n", ""),
        ("shop:configured", [], 0, "GET /recipes  everyone\nok\n", ""),
        ("shop:bare", ["--policy", "statusware.toml"], 0, "GET /recipes  everyone\nok\n", ""),
        (
            *("shop:more", [], 1),
            "GET /recipes  everyone\n\nerror  uncovered  GET /users  "
            "no rule lists it (view users); nobody can reach it\n1 error\n",
            "",
        ),
        ("shop:bare", [], 2, "", "STATUSWARE_POLICY: the app has no policy in a file"),
        ("shop:create_app({})", [], 2, "", "STATUSWARE_POLICY: the app has no policy in a file"),
        ("shop:create_app('broken.toml')", [], 2, "", "broken.toml:2: api.unlistd: is unknown"),
        ("shop", ["--policy", "broken.toml"], 2, "", "broken.toml:2: api.unlistd: is unknown"),
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
    noted = [line for line in done.stderr.splitlines() if "without a rule" not in line]
    assert len(noted) == bool(err)


WITHOUT_RICH = """
import sys
sys.modules["rich"] = None
from flask.cli import main
main()
"""


@pytest.mark.parametrize(
    ("command", "status", "told"),
    [
        (["routes"], 0, "/recipes"),
        (["--help"], 0, "statusware"),
        (["statusware", "check"], 2, 'pip install "statusware[cli]"'),
    ],
)
def test_flasks_own_commands_work_without_our_extra(tmp_path, command, status, told):
    """Flask loads the entry point whatever it is asked for: what fails there, fails them all."""
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "statusware.toml").write_text(POLICY)
    folder = installed(tmp_path / "site")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_RICH, "--app", "shop:create_app", *command],
        cwd=tmp_path,
        env=environment(folder, tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == status, done.stderr
    assert told in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
