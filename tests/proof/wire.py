"""Raw requests against real servers: every answer as CASES demands.

    python -m tests.proof.wire [--servers NAMES] [--golden] [--document]

`--golden` writes down what came; without it, what came is compared with that.
"""

import argparse
import contextlib
import importlib.metadata
import json
from pathlib import Path

from tests.proof import servers
from tests.proof.exchange import exchange
from tests.proof.report import Section, program
from tests.proof.wire_bodies import CASES as BODIES
from tests.proof.wire_lines import CASES as LINES

__all__ = ["CASES", "GOLDEN", "ask", "golden", "told", "wrong"]

APP = "tests.proof.wire_app:app"
GOLDEN = Path(__file__).with_name("wire.json")
CASES = [*LINES, *BODIES]

#: What an answer must never hold: some of the requests carry it.
SECRETS = (b"s3cret", b"Traceback", b"eyJ", b"evil")
#: What our worker calls the refusals of gunicorn's.
SERVERS_OWN = ("bad-request", "not-implemented", "uri-too-long", "request-header-fields-too-large")
HOP_BY_HOP = ("keep-alive", "te", "trailer", "upgrade", "proxy-authenticate")


def ask(server, case):
    """What came back for a case, and the faults of the answers of ours."""
    answers, end = exchange(server.port, case.data, half_close=case.half_close)
    faults = [fault for answer in answers for fault in _faults(answer, case)]
    if end == "timeout":
        faults.append("hangs")
    return ", ".join(map(told, answers)) or end, faults


def told(answer):
    """An answer in a few words: ours by its code, the app's by what it saw."""
    members = answer.members()
    if answer.get("Content-Type") == "application/problem+json":
        return f"{answer.status} {members.get('code', '')}".strip()
    if answer.status == 200 and "method" in members:
        size = f" +{members['body']}" if members["body"] else ""
        who = members["user"] or "nobody"
        return f"200 {members['method']} {members['path']} by {who}{size}"
    if answer.status == 200:
        return "200 HEAD"
    if answer.get("X-Request-ID"):
        return f"{answer.status} Allow {answer.get('Allow')}"
    return f"{answer.status or 'HTTP/0.9'} (server)"


def _faults(answer, case):
    """What is wrong with an answer, whichever it is."""
    for secret in SECRETS:
        if secret in answer.body:
            yield f"tells {secret!r}"
    if answer.members().get("forged"):
        yield "the app sees a header that only a proxy may set"
    if not answer.get("X-Request-ID"):
        return
    members, head = answer.members(), case.data.startswith(b"HEAD ")
    if members and members["request_id"] != answer.get("X-Request-ID"):
        yield "another request_id"
    if members and members["status"] != answer.status:
        yield "another status"
    if "no-store" not in (answer.get("Cache-Control") or ""):
        yield "may be stored"
    if answer.get("X-Content-Type-Options") != "nosniff":
        yield "may be sniffed"
    if answer.status == 401 and not answer.get("WWW-Authenticate"):
        yield "no challenge"
    if answer.status == 405 and not answer.get("Allow"):
        yield "no Allow"
    if answer.status == 415 and not (answer.get("Accept") or answer.get("Accept-Encoding")):
        yield "does not say what is accepted"
    if head and answer.body:
        yield "a body for HEAD"
    if not head and answer.status >= 400 and answer.get("Content-Length") != str(len(answer.body)):
        yield "another length"
    for name in HOP_BY_HOP:
        if answer.get(name) is not None:
            yield f"{name} is hop-by-hop"


def wrong(kind, case, came):
    """Why an answer is not the right one; None if it is."""
    own = kind == servers.OWN
    server = "gunicorn sync" if own else kind
    wants = {want for name, want in case.other.items() if server.startswith(name)} or {case.want}
    if any(_is(came, want, own) for want in wants):
        return None
    # Before it reached us: as good as ours where a refusal was due.
    refused = came == "closed" or came.endswith("(server)") or (own and came[4:] in SERVERS_OWN)
    if refused and (case.want == "server" or case.want >= "4"):
        return None
    return f"{kind}: {case.name}: {came}, not {' or '.join(sorted(wants))}"


def _is(came, want, own):
    """A status alone wants any answer of it; our worker words a server's answer itself."""
    status = len(want) == 3 or (own and want.endswith("(server)"))
    return came[:3] == want[:3] if status else came == want


def golden():
    """What came last time, `answers` ({case: {server: answer}}), and of which `versions`."""
    return json.loads(GOLDEN.read_text("utf-8")) if GOLDEN.exists() else {"answers": {}}


def _write(came):
    names = ("gunicorn", "gevent", "waitress", "werkzeug")
    found = {name: importlib.metadata.version(name) for name in names}
    text = json.dumps({"versions": found, "answers": came}, indent=1, ensure_ascii=False)
    GOLDEN.write_text(f"{text}\n", "utf-8")


def run(kinds):
    """All cases against all servers: ({case: {server: answer}}, faults)."""
    came, faults = {case.name: {} for case in CASES}, []
    with contextlib.ExitStack() as stack:
        up = [stack.enter_context(servers.running(kind, APP)) for kind in kinds]
        for server in up:
            for case in CASES:
                answer, found = ask(server, case)
                came[case.name][server.kind] = answer
                faults += filter(None, [wrong(server.kind, case, answer)])
                faults += [f"{server.kind}: {case.name}: {fault}" for fault in found]
    return came, faults


def main(argv=None):
    """Run, print, and return the number of wrong answers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--servers", default=",".join(servers.KINDS))
    parser.add_argument("--golden", action="store_true", help="write the golden file")
    parser.add_argument("--document", action="store_true", help="write docs/reliability.md")
    options = parser.parse_args(argv)
    kinds = [kind for kind in options.servers.split(",") if servers.available(kind)]
    came, faults = run(kinds)
    before = golden()["answers"]
    changed = [
        f"{kind}: {name}: {answer}, it was {before[name][kind]}"
        for name, row in came.items()
        for kind, answer in row.items()
        if before.get(name, {}).get(kind, answer) != answer
    ]
    if options.golden:
        _write(came)
        changed = []
    section = Section("servers", "gunicorn", "gevent", "waitress", "werkzeug", command="make wire")
    section.row("server", "requests", "reached statusware", "refused by the server", "wrong")
    for kind in kinds:
        answers = [row[kind] for row in came.values()]
        own = sum(1 for each in answers if each.endswith("(server)") or each == "closed")
        bad = sum(1 for fault in faults if fault.startswith(f"{kind}:"))
        section.row(kind, len(answers), len(answers) - own, own, bad)
    section.end(options.document, [*faults, *(f"not as in {GOLDEN.name}: {c}" for c in changed)])
    return len(faults) + len(changed)


if __name__ == "__main__":
    program(main)
