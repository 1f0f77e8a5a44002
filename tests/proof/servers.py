"""Real servers on free loopback ports, each in a session of its own, ended with the block."""

import contextlib
import http.client
import importlib.metadata
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.integrations.tools import ask, environment, free_port, wait_for

__all__ = ["KINDS", "OWN", "Server", "available", "running", "versions"]

OWN = "our SyncWorker"

#: What a column of a table is called, and how gunicorn is told (None: another server).
_GUNICORN = {
    "gunicorn sync": ("-k", "sync"),
    "gunicorn gthread": ("-k", "gthread", "--threads", "4"),
    "gunicorn gevent": ("-k", "gevent"),
    OWN: ("-k", "statusware.integrations.gunicorn.SyncWorker"),
}
KINDS = (*_GUNICORN, "waitress", "werkzeug")

#: Werkzeug's server has no command of its own.
_WERKZEUG = """
import sys
from werkzeug.serving import run_simple
from statusware.rules.principals import load_object
run_simple("127.0.0.1", int(sys.argv[1]), load_object(sys.argv[2]), threaded=True)
"""


def available(kind):
    """Whether this server can be started here."""
    needed = "gevent" if "gevent" in kind else kind.split()[0]
    return kind == OWN or importlib.util.find_spec(needed) is not None


def versions(*names):
    """Versions of Python, of statusware and of other distributions, in one line."""
    found = [f"Python {sys.version.split()[0]}"]
    for name in ("statusware", *names):
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{name} as in the checkout" if name == "statusware" else f"no {name}")
    return ", ".join(found)


class Server:
    """A process that serves on `port`; what it prints stands in the file `log`."""

    def __init__(self, kind, process, port, folder):
        self.kind, self.process, self.port, self.folder = kind, process, port, folder
        self.log = folder / "server.log"

    @property
    def workers(self):
        """The ids of the processes that serve: gunicorn's children, else the process itself."""
        if self.kind in _GUNICORN:
            pid = self.process.pid
            return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return [self.process.pid]

    def told(self):
        """What it has printed so far."""
        return self.log.read_text("utf-8", "replace")


@contextlib.contextmanager
def running(kind, target, *options, cwd=None, workers=1, **variables):
    """A server of this kind over `module:app`, for as long as the block."""
    folder = Path(tempfile.mkdtemp(prefix="proof-"))
    port = free_port()
    if kind in _GUNICORN:
        command = [
            sys.executable, "-m", "gunicorn", "--no-control-socket", "-b", f"127.0.0.1:{port}",
            "-w", str(workers), "--timeout", "30", *_GUNICORN[kind], *options, target,
        ]  # fmt: skip
    elif kind == "waitress":
        command = [sys.executable, "-m", "waitress", "--listen", f"127.0.0.1:{port}", target]
    else:
        command = [sys.executable, "-c", _WERKZEUG, str(port), target]
    env = environment(*([cwd] if cwd else ()), STATUSWARE_PROOF=str(folder), **variables)
    try:
        with (folder / "server.log").open("ab") as output:
            process = subprocess.Popen(
                command, cwd=cwd or folder, env=env, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        server = Server(kind, process, port, folder)
        try:
            wait_for(port, process, server.log)
            _booted(server)
            yield server
        except Exception as error:
            error.add_note(f"The end of the server's log:\n{server.told()[-2000:]}")
            raise
        finally:
            _end(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _booted(server):
    """gunicorn listens before a worker has loaded the app: wait for an answer."""
    if server.kind in _GUNICORN:
        try:
            ask(server.port, "GET", "/")
        except (OSError, http.client.HTTPException) as error:
            raise AssertionError(server.told()) from error


def _end(process):
    """Ask it to stop, then end whatever is left of its session."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
