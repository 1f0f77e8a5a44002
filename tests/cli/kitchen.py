"""A folder in which every example of the help runs: an app, a policy, keys, a log."""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SECRET = "0123456789abcdef0123456789abcdef"

SHOP = """
from flask import Flask
app = Flask(__name__, static_folder=None)

@app.get("/recipes/<int:id>")
def show(id):
    return {"id": id}

@app.post("/recipes")
def create():
    return {"id": 1}, 201, {"Location": "/recipes/1"}

@app.delete("/recipes/<int:id>")
def drop(id):
    return "", 204
"""
POLICY = """
[auth.bearer]
secret = {env = "JWT_SECRET"}

[[routes]]
match = "GET /recipes/{id:int}"
allow = ["everyone"]

[[routes]]
match = "POST /recipes"
allow = ["role:editor"]
body = {type = "object"}

[[routes]]
match = "DELETE /recipes/{id:int}"
allow = ["role:admin"]

[problems.name-taken]
status = 409
"""
LOG = json.dumps(
    {"report": "AccessControl", "status": 403, "code": "forbidden", "method": "GET", "path": "/a",
     "route": "read", "user": "ann", "request_id": "x"}
)  # fmt: skip


def kitchen(folder):
    """Lay the folder out."""
    (folder / "shop.py").write_text(SHOP, "utf-8")
    (folder / "statusware.toml").write_text(POLICY, "utf-8")
    (folder / "gunicorn.log").write_text(LOG + "\n", "utf-8")
    (folder / "docs").mkdir()
    return folder


def environment(folder, **variables):
    """That of a shell in this folder, in which `statusware` is the one of this repository."""
    bin_ = folder / "bin"
    if not bin_.exists():
        bin_.mkdir()
        script = f'#!/bin/sh\nexec "{sys.executable}" -m statusware "$@"\n'
        (bin_ / "statusware").write_text(script)
        (bin_ / "statusware").chmod(0o755)
    kept = ("LANG", "LC_ALL", "NO_COLOR", "STATUSWARE_POLICY", "STATUSWARE_APP", "COLUMNS")
    env = {name: value for name, value in os.environ.items() if name not in kept}
    path = os.pathsep.join((str(bin_), str(Path(sys.executable).parent), env["PATH"]))
    return {
        **env, "PATH": path, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore",
        "JWT_SECRET": SECRET, **variables,
    }  # fmt: skip
