"""What the tests of integrations share: entry points, real servers, free ports."""

import contextlib
import http.client
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def installed(folder):
    """`folder` with what an installation would put there: the name and the entry points.

    They are those of pyproject.toml as it is now, whatever was installed when.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    info = folder / f"statusware-{project['version']}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: statusware\nVersion: {project['version']}\n"
    )
    lines = []
    for group, names in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in names.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return folder


def environment(*folders, **variables):
    """The environment of a process that finds statusware, and the modules in `folders`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("GUNICORN_CMD_ARGS", "SCRIPT_NAME", "FLASK_APP")
    }
    # Servers that are no Python programs, as uWSGI is, have packages of their own otherwise.
    path = os.pathsep.join(map(str, (*folders, ROOT, sysconfig.get_path("purelib"))))
    return {**kept, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore", **variables}


def program(name):
    """A program beside this Python, or on the PATH; None where there is none."""
    found = Path(sys.executable).parent / name
    return str(found) if found.exists() else shutil.which(name)


def uwsgi():
    """How uWSGI is called here; None where none is installed that runs this Python."""
    found = program("uwsgi")
    if found is None:
        return None
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)
    if "debian" not in told.stdout:
        return [found]
    plugin = f"python{sys.version_info.major}{sys.version_info.minor}"
    there = Path("/usr/lib/uwsgi/plugins", f"{plugin}_plugin.so").exists()
    return [found, "--plugin", plugin] if there else None


def _ports():
    """Those of this process, in turn: none that the system gives to clients, nor another worker's.

    A port that the system chose may be another's before the server that it is for has bound it.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first, count = 20_000 + worker % 8 * 1_500, 1_500
    start = os.getpid()  # another run at the same time begins elsewhere
    return (first + (start + number) % count for number in itertools.count())


_PORTS = _ports()


def free_port():
    for port in _PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            break
    return port


@contextlib.contextmanager
def serving(command, port, *, cwd, env, log=None):
    """A server process that answers on `port`, for as long as the block; ended by SIGTERM."""
    log = log or Path(cwd) / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_for(port, process, log)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(port, process, log):
    deadline = time.monotonic() + 60
    while not answers(port):
        assert process.poll() is None, log.read_text("utf-8", "replace")
        assert time.monotonic() < deadline, log.read_text("utf-8", "replace")
        time.sleep(0.05)


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def ask(port, method, path, *, body=None, headers=(), timeout=60):
    """Status, headers (a dict of lower-case names) and body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    with contextlib.closing(connection):
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        fields = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, fields, answer.read()
