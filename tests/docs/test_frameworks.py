"""docs/frameworks.md: each of the servers that it names serves the same app alike."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import time

import jwt
import pytest

from tests.integrations.tools import (
    ROOT,
    ask,
    environment,
    free_port,
    installed,
    program,
    serving,
    uwsgi,
)

from .blocks import GIVEN, block, blocks, read

PAGE = "docs/frameworks.md"
SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for each in blocks(PAGE):
        if each.kind == "file":
            (tmp_path / each.about).write_text(each.text, "utf-8")
    shutil.copy(GIVEN / "frameworks" / "pyramidshop.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("JWT_SECRET", SECRET)
    yield tmp_path
    sys.modules.pop("shop", None)


def commands():
    [line] = [block.text for block in blocks(PAGE) if block.kind == "serve"]
    variables = dict(word.split("=", 1) for word in shlex.split(line) if re.match("[A-Z_]+=", word))
    words = [word for word in shlex.split(line) if not re.match("[A-Z_]+=", word)]
    return {
        "gunicorn": (["gunicorn"], {}),
        "waitress": (words, variables),
        "wsgi.py": (["waitress-serve", "--listen", "127.0.0.1:8000", "wsgi:application"], {}),
        "shop.ini": (["pserve", "shop.ini"], {}),
        "uwsgi.ini": ([*(uwsgi() or ["uwsgi"]), "uwsgi.ini"], {}),
        "variables": by_variables(),
    }


def by_variables():
    line = block(PAGE, 'gunicorn "statusware.serve:app()"')
    words = shlex.split(line)
    variables = dict(word.split("=", 1) for word in words if word.startswith("STATUSWARE_"))
    assert words[len(variables)] == "gunicorn"
    # Its configuration file lies in the folder, too; `-c` leaves it out.
    bind = ["-c", "/dev/null", "--bind", "127.0.0.1:8000"]
    return ["gunicorn", *bind, *words[len(variables) + 1 :]], variables


@pytest.mark.parametrize("name", commands())
def test_servers(folder, name):
    port = free_port()
    for path in (folder / "gunicorn.conf.py", folder / "shop.ini", folder / "uwsgi.ini"):
        path.write_text(path.read_text().replace(":8000", f":{port}"))
    (first, *rest), variables = commands()[name]
    if program(first) is None or (name == "uwsgi.ini" and uwsgi() is None):
        pytest.skip(f"{first} is not installed")
    command = [program(first), *(word.replace(":8000", f":{port}") for word in rest)]
    if first == "gunicorn":
        command.append("--no-control-socket")
    env = environment(folder, installed(folder / "site"), JWT_SECRET=SECRET, **variables)
    with serving(command, port, cwd=folder, env=env):
        check(port)
        if name == "gunicorn":  # the worker class that the file names
            status, _, body = ask(port, "GET", "/" + "x" * 5000)
            assert (status, json.loads(body)["code"]) == (414, "uri-too-long")


def check(port):
    assert json.loads(ask(port, "GET", "/recipes/1")[2]) == {"name": "Soup"}
    assert json.loads(ask(port, "GET", "/recipes/5")[2])["code"] == "not-found"
    assert ask(port, "POST", "/recipes", body="{}")[0] == 401
    token = jwt.encode({"sub": "ann", "roles": ["editor"], "exp": time.time() + 86_400}, SECRET)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    assert ask(port, "POST", "/recipes", body="{", headers=headers)[0] == 400
    status, _, made = ask(port, "POST", "/recipes", body='{"name": "Stew"}', headers=headers)
    assert (status, json.loads(made)["by"]) == (201, "ann")


def test_flask_statusware_check(folder):
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "shop", "statusware", "check"],
        env=environment(folder, installed(folder / "site"), JWT_SECRET=SECRET),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "ok"), done.stderr


def test_links_lead_somewhere():
    for path in re.findall(r"`(examples/\w+)`", read(PAGE)):
        assert (ROOT / path).is_dir()
        assert (ROOT / path / "statusware.toml").is_file()
