"""Apps that misbehave, under real servers: never a hang, a leak, or a worker that is gone.

python -m tests.proof.responses [--servers NAMES] [--document]
"""

import argparse
import socket
import time

from tests.proof import servers
from tests.proof.exchange import exchange, parse, request
from tests.proof.odd_apps import APPS
from tests.proof.report import Section, program

__all__ = ["probe", "run", "verdict"]

APP = "tests.proof.odd_apps:app"
SECRETS = (b"s3cret", b"Traceback", b"Evil")

#: What no layer may catch (PEP 3333 leaves it to the server): the worker may go.
DEADLY = ("exits", "interrupts", "leaves")

#: Ended by the timeout of gunicorn's sync workers; nothing else ends it.
SLEEPS = "sleeps"

#: The right answer of each app; where none is named here, "500 internal-error".
RIGHT = {
    "raises-problem": "409 conflict",
    "status-bytes": "200 +20",  # test clients take it
    "starts-late": "200 +20",
    "starts-late-with-an-error": "404 not-found",
    "starts-again-in-time": "503 service-unavailable",
    "starts-again-too-late": "200 broken off",
    "chunk-text-later": "200 broken off",
    "fails-in-the-middle": "200 broken off",
    "problem-in-the-middle": "200 broken off",
    "fails-in-the-middle-of-a-length": "200 broken off",
    "fails-after-its-length": "200 +20",
    "close-fails": "200 +20",
    "close-fails-behind-an-error": "404 not-found",
    "close-is-no-function": "200 +20",
    "many-empty-chunks": "200 +20",
    "error-without-end": "404 not-found",
    "body-with-204": "204",
    "body-with-304": "304",
    "writes": "200 +20",
    "writes-and-fails": "200 broken off",
    "writes-an-error": "404 not-found",
    "file": "200 +20",
    "error-header-none": "500 internal-error",
}
#: Success headers pass untouched: what cannot be sent is refused, or not, by the server.
#: So is what the server itself looks for in the environ.
SERVERS = ("header-", "empties-the-environ", "never-ends", SLEEPS, *DEADLY)


def right(name):
    """What has to come of an app; None where that is the server's."""
    if name in RIGHT:
        return RIGHT[name]
    if name.startswith("error-header-"):
        return "404 not-found"
    return None if name.startswith(SERVERS) else "500 internal-error"


def probe(server, name):
    """What came of one app, and what is wrong with it."""
    before = pid(server)
    if name == "never-ends":
        came, received, end = leave_early(server.port, name)
    else:
        patience = 4 if name.startswith(DEADLY) else 8
        answers, end = exchange(server.port, request(f"GET /{name}"), patience=patience)
        came = told(answers)
        received = b"".join(answer.body + repr(answer.fields).encode() for answer in answers)
    faults = []
    if end == "timeout":
        faults.append("hangs")
    faults += [f"tells {secret!r}" for secret in SECRETS if secret in received]
    after = pid(server)
    if after is None:
        faults.append("nobody serves any more")
    elif after != before and not name.startswith((*DEADLY, SLEEPS)):
        faults.append("the worker is gone")
    made, closed = bodies(server, name)
    if made != closed:
        faults.append(f"{made} bodies made, {closed} closed")
    return came, faults


def told(answers):
    """The first answer in a few words."""
    if not answers:
        return "no answer"
    answer = answers[0]
    code = answer.members().get("code")
    if code:
        return f"{answer.status} {code}"
    if answer.status in (204, 304):
        return str(answer.status)
    if answer.status >= 400:
        return f"{answer.status} (server)"
    return f"{answer.status} +{len(answer.body)}" if answer.whole else f"{answer.status} broken off"


def leave_early(port, name):
    """Read some of an answer that has no end, and hang up."""
    with socket.create_connection(("127.0.0.1", port), timeout=8) as connection:
        connection.sendall(request(f"GET /{name}"))
        received = connection.recv(65536)
        while len(received) < 200_000 and (chunk := connection.recv(65536)):
            received += chunk
    return f"{parse(received)[0].status} without end", received, "closed"


def pid(server, patience=10):
    """The process that answers, once one does; None after ten seconds."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            answers, _ = exchange(server.port, request("GET /pid"), patience=5)
        except OSError:
            answers = []
        if answers and answers[0].status == 200:
            return int(answers[0].body)
        time.sleep(0.05)
    return None


def bodies(server, name):
    """How many bodies an app has made, and how often they were closed; waits a little."""
    until = time.monotonic() + 20
    while True:
        file = server.folder / "bodies"
        lines = file.read_text("ascii").splitlines() if file.exists() else []
        made, closed = lines.count(f"made {name}"), lines.count(f"closed {name}")
        if made <= closed or time.monotonic() > until:
            return made, closed
        time.sleep(0.05)


def verdict(name, came, faults, kind):
    """All that is wrong, each with its server and app."""
    wanted = right(name)
    if wanted not in (None, came):
        faults = [*faults, f"{came}, not {wanted}"]
    if kind == "werkzeug" and name == "header-line-break":
        # The app's own header of a success, which this server writes as it is.
        faults = [fault for fault in faults if not fault.startswith("tells")]
    if kind == "waitress" and name.startswith(DEADLY):
        # Around a bare app, too: this server forgets the connection.
        faults = [fault for fault in faults if fault != "hangs"]
    return [f"{kind}: {name}: {fault}" for fault in faults]


def names_for(kind):
    """The apps that can be asked under a server."""
    timed = kind in ("gunicorn sync", servers.OWN)
    return [name for name in APPS if timed or name != SLEEPS]


def run(kind, names=None):
    """All apps under one server: {app: what came}, faults."""
    came, faults = {}, []
    options = ("--timeout", "3") if kind in ("gunicorn sync", servers.OWN) else ()
    with servers.running(kind, APP, *options) as server:
        for name in names or names_for(kind):
            came[name], found = probe(server, name)
            faults += verdict(name, came[name], found, kind)
    return came, faults


def main(argv=None):
    """Run, print, and return the number of faults."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--servers", default=",".join(servers.KINDS))
    parser.add_argument("--document", action="store_true", help="write docs/reliability.md")
    options = parser.parse_args(argv)
    section = Section(
        "responses", "gunicorn", "gevent", "waitress", "werkzeug", command="make wire"
    )
    section.row("server", "apps", "answered as they should be", "left to the server", "wrong")
    every = []
    for kind in filter(servers.available, options.servers.split(",")):
        came, faults = run(kind)
        left = sum(1 for name in came if right(name) is None)
        section.row(kind, len(came), len(came) - left, left, len(faults))
        every += faults
    section.end(options.document, every)
    return len(every)


if __name__ == "__main__":
    program(main)
