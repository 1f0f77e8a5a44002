"""`statusware demo`: the example behind its policy, and a tour of it over HTTP."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import secrets
import shlex
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from .exchange import HOST, send
from .options import in_format
from .output import show
from .screen import Screen
from .server import NotStarted, Server, listen
from .tokens import BEARERS, SECRET_VARIABLE, make_tokens
from .tour import SOUP, STEPS, Step, judge

__all__ = ["demo"]

#: The example lies in the repository, beside the package.
REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "examples" / "recipes"

NEEDED = {"flask": "Flask", "sqlalchemy": "SQLAlchemy", "gunicorn": "gunicorn", "jwt": "PyJWT"}


@click.command(epilog="Example: statusware demo --once")
@click.option("--once", is_flag=True, help="Stop after the tour.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Where to listen; another one if it is taken.",
)
@in_format
def demo(once: bool, port: int, form: str) -> int:
    """Serves the example, and takes a tour of it over HTTP.

    After the tour it goes on serving, for you to try. Exit status 0 if every answer was as
    the contract says, 1 if one was not or the server ended, 2 if something is missing.
    """
    _check_surroundings()
    screen = Screen(silent=form == "json")
    secret = secrets.token_hex(32)
    try:
        with _signals(), tempfile.TemporaryDirectory(prefix="statusware-demo-") as folder:
            return _demo(screen, Path(folder), port, secret, once=once)
    except NotStarted as error:
        click.echo(f"{error}\nstatusware: the server did not start; above is its log", err=True)
        return 1


def _demo(screen: Screen, folder: Path, port: int, secret: str, *, once: bool) -> int:
    server = Server(
        "recipes.wsgi:app",
        str(EXAMPLE / "statusware.toml"),
        listener=_listen(port),
        log=folder / "server.log",
        folder=EXAMPLE,
        env={
            SECRET_VARIABLE: secret,
            "RECIPES_DATABASE": f"sqlite:///{folder}/recipes.db",
            "PYTHONPATH": _path(),
        },
    )
    bound = server.port
    with server:
        if port not in (0, bound):
            screen.say(f"Port {port} is in use; taking {bound}, which is free.")
        screen.say(f"examples/recipes behind its statusware.toml, on http://{HOST}:{bound}")
        tokens = make_tokens(secret)
        faults = [_take(screen, bound, n, step, tokens) for n, step in enumerate(STEPS, 1)]
        wrong = len(list(filter(None, faults)))
        screen.say(f"\n{len(STEPS) - wrong} of {len(STEPS)} answered as the contract says")
        if screen.silent:
            show("demo", "json", int(wrong > 0), _members(bound, faults), ())
        if once or wrong:
            return int(wrong > 0)
        _invite(screen, bound, tokens["admin"])
        return _serve_on(server)


def _members(port: int, faults: list[list[str]]) -> dict[str, Any]:
    """What is told of the tour to programs."""
    steps = [
        {"title": step.title, "request": step.request, "expected": step.status, "faults": found}
        for step, found in zip(STEPS, faults, strict=True)
    ]
    return {"url": f"http://{HOST}:{port}", "steps": steps}


def _path() -> str:
    """So that the server has this statusware, installed or not."""
    return os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH"))))


def _listen(port: int) -> socket.socket:
    try:
        return listen(port)
    except OSError as error:
        raise click.UsageError(f"port {port}: {error.strerror}") from error


def _take(screen: Screen, port: int, number: int, step: Step, tokens: dict[str, str]) -> list[str]:
    """Takes one step of the tour and shows it; what is wrong with the answer."""
    body = step.payload()
    headers = {} if body is None else {"Content-Type": step.content_type}
    shown = dict(headers)
    if step.who:
        token = tokens[step.who]
        headers["Authorization"] = f"Bearer {token}"
        shown["Authorization"] = f"Bearer {token[:12]}... ({BEARERS[step.who]})"
    screen.title(number, step.title)
    screen.request(step.request, shown, body)
    try:
        answer = send(port, step.request, headers, body)
    except (OSError, http.client.HTTPException) as error:
        faults = [f"no answer: {type(error).__name__}"]
    else:
        screen.answer(answer)
        faults = judge(step, answer)
    screen.verdict(faults)
    return faults


def _invite(screen: Screen, port: int, token: str) -> None:
    """How to go on by hand; the lines can be pasted into a shell."""
    url = f"http://{HOST}:{port}/recipes"
    body = shlex.quote(json.dumps(SOUP))
    bearer = '-H "Authorization: Bearer $TOKEN"'
    screen.say(
        f"\nStill serving on {url}. Try it (the token is an admin's); Ctrl-C ends it.\n", "bold"
    )
    screen.say(f"TOKEN={token}")
    screen.say(f"curl -i {url}")
    screen.say(f"curl -i {url} {bearer} -H 'Content-Type: application/json' -d {body}")
    screen.say(f"curl -i {url}/1 -X DELETE")
    screen.say(f"curl -i {url}/1 -X DELETE {bearer}")


def _serve_on(server: Server) -> int:
    """Serves until somebody ends it; 1 if the server does so by itself."""
    try:
        server.wait()
    except KeyboardInterrupt:
        return 0
    click.echo(f"{server.said()}\nstatusware: the server ended; above is its log", err=True)
    return 1


@contextmanager
def _signals() -> Iterator[None]:
    """A polite end, or a closed terminal, is what Ctrl-C is, so that the server ends too."""
    ends = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.default_int_handler) for number in ends]
    try:
        yield
    finally:
        for number, handler in zip(ends, before, strict=True):
            signal.signal(number, handler)


def _check_surroundings() -> None:
    if not (EXAMPLE / "statusware.toml").is_file():
        raise click.UsageError("it needs examples/recipes: make demo, in a clone of the repository")
    for module, name in NEEDED.items():
        if importlib.util.find_spec(module) is None:
            raise click.UsageError(f'demo needs {name}: pip install "statusware[demo]"')
