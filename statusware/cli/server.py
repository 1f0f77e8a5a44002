"""gunicorn: its command line, and one that runs for as long as a `with` block."""

from __future__ import annotations

import errno
import http.client
import importlib.metadata
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from .exchange import HOST, send

__all__ = ["NotStarted", "Server", "gunicorn", "listen"]

#: Seconds that a server may take to answer for the first time, and to end.
START, STOP = 60.0, 10.0

#: Variables of the surroundings that would make of the server another one.
FOREIGN = ("GUNICORN_CMD_ARGS", "SCRIPT_NAME")


class NotStarted(Exception):
    """The server ended, or did not answer in time; the text is what it said last."""


def gunicorn(app: str, policy: str, *, bind: str, workers: int, json: bool = False) -> list[str]:
    """The command that serves `app` ("module:name") behind `policy` (a path).

    With `json` its log is lines of JSON.
    """
    command = [sys.executable, "-m", "gunicorn", "--bind", bind, "--workers", str(workers)]
    # So that what gunicorn itself refuses comes in the envelope, too.
    command += ["--worker-class", "statusware.integrations.gunicorn.Worker"]
    # The control socket would lie in the home folder; versions before 25.1 have none.
    version = importlib.metadata.version("gunicorn").split(".")
    if (int(version[0]), int(version[1])) >= (25, 1):
        command.append("--no-control-socket")
    if json:
        command += ["--logger-class", "statusware.integrations.gunicorn_log.JSONLogger"]
    return [*command, f"statusware.serve:app({app!r}, {policy!r})"]


def listen(port: int) -> socket.socket:
    """A listening socket on the loopback interface: on `port`, or on a free one if in use.

    Raises OSError if the port may not be had.
    """
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return socket.create_server((HOST, 0))


class Server:
    """A gunicorn on `listener`, which it takes over, so that nobody else can have the port.

    Entering starts it and returns once it answers; leaving ends it. Raises
    `NotStarted`. What it writes goes to the file `log`.
    """

    def __init__(
        self,
        app: str,
        policy: str,
        *,
        listener: socket.socket,
        log: Path,
        folder: Path,
        env: Mapping[str, str],
    ) -> None:
        self.log = log
        self.port: int = listener.getsockname()[1]
        fd = listener.fileno()
        command = gunicorn(app, policy, bind=f"fd://{fd}", workers=2)
        kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        with listener, log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env={**kept, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[fd],
            )

    def __enter__(self) -> Self:
        try:
            self._wait()
        except BaseException:  # whatever it is, nothing may stay behind
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def wait(self) -> None:
        """Returns when the server ends by itself."""
        self._process.wait()

    def stop(self) -> None:
        """Ends the server, by force if it takes too long; a signal cannot interrupt that."""
        ours = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = [signal.signal(number, signal.SIG_IGN) for number in ours]
        try:
            self._process.terminate()
            self._process.wait(STOP)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        finally:
            for number, handler in zip(ours, before, strict=True):
                signal.signal(number, handler)

    def said(self, lines: int = 60) -> str:
        """The last lines that the server wrote: enough for the tracebacks of two workers."""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])

    def _wait(self) -> None:
        deadline = time.monotonic() + START
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise NotStarted(self.said())
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            send(self.port, "GET /", {}, None, timeout=5)
        except (OSError, http.client.HTTPException):
            return False
        return True
