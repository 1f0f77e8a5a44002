"""The examples of Django, Falcon, Bottle and Pyramid, each in a real server."""

import json
import shutil
import sys
import time

import jwt
import pytest

from .tools import ROOT, ask, environment, free_port, installed, program, serving

EXAMPLES = ROOT / "examples"
SECRET = "0123456789abcdef0123456789abcdef"


def gunicorn(port):
    return [
        sys.executable, "-m", "gunicorn", "--no-control-socket", "--bind", f"127.0.0.1:{port}",
        "shop:app",
    ]  # fmt: skip


def waitress(port):
    return [sys.executable, "-m", "waitress", "--listen", f"127.0.0.1:{port}", "shop:app"]


def pserve(port):
    return [program("pserve"), "shop.ini"]


def pserve_included(port):
    return [program("pserve"), "-n", "included", "shop.ini"]


SERVERS = [
    ("django", gunicorn),
    ("django", waitress),
    ("falcon", gunicorn),
    ("falcon", waitress),
    ("bottle", gunicorn),
    ("bottle", waitress),
    ("pyramid", pserve),
    ("pyramid", pserve_included),
]


@pytest.mark.parametrize(
    ("name", "server"), SERVERS, ids=[f"{name}-{server.__name__}" for name, server in SERVERS]
)
def test_example(name, server, tmp_path):
    """What each of them answers is the same, whatever it is made with."""
    port, folder = free_port(), tmp_path / name
    shutil.copytree(EXAMPLES / name, folder)
    for file in folder.glob("*.ini"):
        file.write_text(file.read_text().replace(":6543", f":{port}"))
    env = environment(folder, installed(tmp_path / "site"), SHOP_JWT_SECRET=SECRET)
    with serving(server(port), port, cwd=folder, env=env):
        check(port)


def check(port):
    token = jwt.encode({"sub": "ann", "roles": ["editor"], "exp": time.time() + 86_400}, SECRET)
    editor = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    assert told(ask(port, "GET", "/recipes/1")) == (200, {"name": "Soup"})
    for method, path, body, headers, status, code in (
        ("GET", "/recipes/5", None, {}, 404, "not-found"),
        ("GET", "/nowhere", None, {}, 404, "not-found"),
        ("PUT", "/recipes/1", "{}", {}, 405, "method-not-allowed"),
        ("POST", "/recipes", "{}", {}, 401, "missing-credentials"),
        ("POST", "/recipes", "{", editor, 400, "malformed-json"),
        ("POST", "/recipes", '{"nam": 1}', editor, 400, "invalid-body"),
    ):
        answer = ask(port, method, path, body=body, headers=headers)
        assert answer[1]["content-type"] == "application/problem+json"
        assert (answer[0], json.loads(answer[2])["code"]) == (status, code), path
    made = ask(port, "POST", "/recipes", body='{"name": "Stew"}', headers=editor)
    assert told(made) == (201, {"id": 2, "by": "ann"})
    assert told(ask(port, "GET", "/recipes/2")) == (200, {"name": "Stew"})


def told(answer):
    return answer[0], json.loads(answer[2])
