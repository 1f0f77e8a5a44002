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
)

from .blocks import GIVEN, blocks, read

PAGE = "docs/frameworks.md"
SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for block in blocks(PAGE):
        if block.kind == "file":
            (tmp_path / block.about).write_text(block.text, "utf-8")
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
    }


@pytest.mark.parametrize("name", commands())
def test_servers(folder, name):
    port = free_port()
    for path in (folder / "gunicorn.conf.py", folder / "shop.ini"):
        path.write_text(path.read_text().replace(":8000", f":{port}"))
    (first, *rest), variables = commands()[name]
    command = [program(first), *(word.replace(":8000", f":{port}") for word in rest)]
    if first == "gunicorn":
        command.append("--no-control-socket")
    env = environment(folder, installed(folder / "site"), JWT_SECRET=SECRET, **variables)
    with serving(command, port, cwd=folder, env=env):
        check(port)


def check(port):
    assert json.loads(ask(port, "GET", "/recipes/1")[2]) == {"name": "Soup"}
    assert json.loads(ask(port, "GET", "/recipes/5")[2])["code"] == "not-found"
    assert ask(port, "POST", "/recipes", body="{}")[0] == 401
    token = jwt.encode({"sub": "ann", "roles": ["editor"], "exp": time.time() + 60}, SECRET)
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
