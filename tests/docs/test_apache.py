"""The lines for Apache in docs/frameworks.md, in a real Apache with mod_wsgi."""

import json
import os
import shutil
import socket
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import jwt
import pytest

from tests.integrations.tools import ROOT, ask, environment, free_port, serving

from .blocks import block, blocks

PAGE = "docs/frameworks.md"
SECRET = "0123456789abcdef0123456789abcdef"
APACHE = shutil.which("apache2", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
MODULES = Path("/usr/lib/apache2/modules")

#: What is Debian's own in a configuration, so that the lines of the page can stand alone.
SERVER = """
ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/httpd.pid
ErrorLog {folder}/error.log
Mutex file:{folder} default
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule wsgi_module {modules}/mod_wsgi.so
WSGISocketPrefix {folder}/wsgi
User www-data
Group www-data
"""


def lacking():
    """Why Apache cannot run here; "" where it can."""
    version = "{}.{}".format(*sys.version_info)
    if APACHE is None or not (MODULES / "mod_wsgi.so").exists():
        return "Apache with mod_wsgi is not installed (apt install libapache2-mod-wsgi-py3)"
    if not (MODULES / f"mod_wsgi.so-{version}").exists():
        return f"mod_wsgi is not made for Python {version}"
    places = (ROOT, Path(sysconfig.get_path("purelib")), Path(tempfile.gettempdir()))
    if os.geteuid() == 0 and not all(map(_is_open, places)):
        return "Apache runs as www-data, who may not read this folder"
    return ""


def _is_open(path):
    return all(each.stat().st_mode & 0o5 == 0o5 for each in (path, *path.parents))


@pytest.fixture(scope="module")
def port():
    if why := lacking():
        pytest.skip(why)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for each in blocks(PAGE):
            if each.kind == "file":
                (folder / each.about).write_text(each.text, "utf-8")
        setting = f'import os\nos.environ["JWT_SECRET"] = "{SECRET}"\n'
        script = folder / "wsgi.py"
        script.write_text(setting + script.read_text("utf-8"), "utf-8")
        if os.geteuid() == 0:
            shutil.chown(folder, "www-data")
        port = free_port()
        (folder / "httpd.conf").write_text(configuration(folder, port), "utf-8")
        command = [APACHE, "-f", str(folder / "httpd.conf"), "-DFOREGROUND"]
        with serving(command, port, cwd=folder, env=environment(), log=folder / "server.log"):
            yield port


def configuration(folder, port):
    ours = block(PAGE, "WSGIScriptAlias")
    assert ours.count("/srv/shop") == 4
    ours = ours.replace("/srv/shop", str(folder))
    path = os.pathsep.join(map(str, (folder, ROOT, sysconfig.get_path("purelib"))))
    ours = ours.replace(f"python-path={folder}", f"python-path={path}")
    return SERVER.format(folder=folder, port=port, modules=MODULES) + ours


@pytest.fixture(scope="module")
def editor():
    token = jwt.encode({"sub": "ann", "roles": ["editor"], "exp": time.time() + 86_400}, SECRET)
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def test_the_app_is_served(port):
    assert json.loads(ask(port, "GET", "/recipes/1")[2]) == {"name": "Soup"}


def test_errors_are_ours(port, editor):
    status, headers, body = ask(port, "GET", "/recipes/5")
    assert (status, json.loads(body)["code"]) == (404, "not-found")
    assert headers["x-request-id"] == json.loads(body)["request_id"]
    status, headers, _ = ask(port, "POST", "/recipes", body="{}")
    assert (status, headers["www-authenticate"]) == (401, 'Bearer realm="api"')
    status, _, body = ask(port, "POST", "/recipes", body="{", headers=editor)
    assert (status, json.loads(body)["code"]) == (400, "malformed-json")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_credentials_get_around_the_policy(port, method):
    assert ask(port, method, "/recipes/1")[0] == 200
    assert ask(port, "DELETE", "/recipes/1")[0] == 405


def test_the_authorization_header_arrives(port, editor):
    status, _, made = ask(port, "POST", "/recipes", body='{"name": "Stew"}', headers=editor)
    assert (status, json.loads(made)["by"]) == (201, "ann")


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        (b'8\r\n{"name":\r\n7\r\n "Stew"\r\n1\r\n}\r\n0\r\n\r\n', b" 201 "),
        (b'8\r\n{"name":\r\n0\r\n\r\n', b" 400 "),
        (b"100001\r\n" + b" " * 0x100001 + b"\r\n0\r\n\r\n", b" 413 "),
    ],
)
def test_bodies_in_chunks(port, editor, chunks, expected):
    lines = [*(f"{name}: {value}" for name, value in editor.items()), "Transfer-Encoding: chunked"]
    head = "\r\n".join(["POST /recipes HTTP/1.1", "Host: x", *lines, "\r\n"])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(head.encode() + chunks)
        assert expected in client.recv(4096).partition(b"\r\n")[0] + b" "


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("//recipes/1", 200),
        ("/a/../recipes/1", 200),
        ("/recipes%2f1", 404),
        ("/%2e%2e/recipes/1", 400),
        ("/recipes/1;a", 400),
    ],
)
def test_what_apache_makes_of_paths(port, path, status):
    assert ask(port, "GET", path)[0] == status
