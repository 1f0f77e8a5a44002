"""A mixture of good and bad requests for as long as is asked: gunicorn with two workers, wrk.

    python -m tests.proof.soak [--minutes 60] [--document]

In turns: the mixture; the good requests alone; the same of the bare app, to compare with.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from tests.auth.forge import claims, token
from tests.proof import servers
from tests.proof.exchange import request
from tests.proof.report import Section, program
from tests.proof.traffic import busy

__all__ = ["WRK", "Slice", "cases", "run"]

KIND = "gunicorn sync"
WRK = shutil.which("wrk")
LUA = Path(__file__).with_name("soak.lua")

#: Milliseconds that each of eight connections waits between two requests, in the middle.
PAUSE = 15

GOOD = b'{"name": "Soup", "servings": 4, "ingredients": [{"name": "leek", "amount": 2}]}'


class Case(NamedTuple):
    """A request, and its answer."""

    name: str
    status: int
    code: str
    data: bytes


class Slice(NamedTuple):
    """What wrk said of one turn; times in milliseconds."""

    right: int
    wrong: int
    failed: int
    median: float
    p99: float
    samples: str


def cases(minutes=60):
    """The good requests, and the bad ones."""
    end = int(time.time() + minutes * 60) + 3600
    base = {"aud": "shop", "exp": end}
    json_ = "Content-Type: application/json"

    def asked(line, *fields, body=b""):
        return request(line, "X-Request-ID: @ID@", *fields, body=body, close=False)

    def bearer(**more):
        secret = more.pop("secret", None)
        made = claims(**base | more)
        return f"Authorization: Bearer {token(made, secret=secret) if secret else token(made)}"

    editor, reader = bearer(roles=["editor"]), bearer()

    def post(body, *fields, who=editor, kind=json_):
        return asked("POST /recipes", *filter(None, (who, kind)), *fields, body=body)

    good = [
        Case("list", 200, "", asked("GET /recipes")),
        *(Case(f"recipe {n}", 200, "", asked(f"GET /recipes/{n}")) for n in (1, 7, 90)),
        Case("create", 201, "", post(GOOD)),
        Case("create again", 201, "", post(GOOD)),
        *(Case(f"create as user {n}", 201, "", post(GOOD, who=bearer(sub=f"u{n}", roles=["editor"])))
          for n in range(10)),
    ]  # fmt: skip
    bad = [
        Case("app's own 404", 404, "not-found", asked("GET /recipes/900")),
        Case("no such path", 404, "not-found", asked("GET /nowhere")),
        Case("hidden", 404, "not-found", asked("GET /admin", reader)),
        Case("app fails", 500, "internal-error", asked("GET /admin", bearer(roles=["admin"]))),
        Case("double slash", 400, "ambiguous-path", asked("GET //recipes")),
        Case("encoded dots", 400, "ambiguous-path", asked("GET /%2e%2e/admin")),
        Case("another method", 405, "method-not-allowed", asked("PATCH /recipes/1")),
        Case("unknown method", 501, "method-not-implemented", asked("FOO /recipes/1")),
        Case("nobody", 401, "missing-credentials", post(GOOD, who=None)),
        Case("forged", 401, "invalid-credentials", post(GOOD, who=bearer(secret="x" * 64))),
        Case("expired", 401, "expired-credentials", post(GOOD, who=bearer(exp=1))),
        Case("wrong role", 403, "forbidden", post(GOOD, who=reader)),
        Case("may not delete", 403, "forbidden", asked("DELETE /recipes/1", editor)),
        Case("no JSON", 400, "malformed-json", post(b'{"name": ')),
        Case("twice the same key", 400, "malformed-json", post(b'{"name": 1, "name": 2}')),
        Case("breaks the schema", 400, "invalid-body", post(b'{"name": "", "ingredients": [{}]}')),
        Case("too large", 413, "body-too-large", post(b" " * 20_000)),
        Case("text", 415, "unsupported-media-type", post(GOOD, kind="Content-Type: text/plain")),
        Case("nothing", 400, "missing-body", post(b"")),
    ]
    return good, bad


def lua(chosen):
    """The cases as a Lua table."""
    rows = [
        f'{{name="{case.name}", status={case.status}, code="{case.code}", data={_quoted(case.data)}}}'
        for case in chosen
    ]
    return "return {\n" + ",\n".join(rows) + "\n}\n"


def _quoted(data):
    return '"' + "".join(f"\\{byte:03d}" for byte in data) + '"'


def drive(port, file, seconds):
    """One turn of wrk."""
    env = {**os.environ, "PROOF_REQUESTS": str(file), "PROOF_PAUSE": str(PAUSE)}
    command = [WRK, "-t2", "-c8", f"-d{seconds}s", "--timeout", "10s", "-s", str(LUA),
               f"http://127.0.0.1:{port}/"]  # fmt: skip
    out = subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout
    found = re.search(
        r"PROOF right=(\d+) wrong=(\d+) failed=(\d+) p50=(\d+) p99=(\d+) samples=(.*)", out
    )
    right, wrong, failed, median, p99 = map(int, found.groups()[:5])
    return Slice(right, wrong, failed, median / 1000, p99 / 1000, found[6])


def rss(server):
    """MiB of each worker."""
    pages = {pid: int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in server.workers}
    return {pid: count * os.sysconf("SC_PAGE_SIZE") / (1 << 20) for pid, count in pages.items()}


def run(seconds, turn, share=4, workers=2):
    """Turns until the time is over: {name: slices}, and the memory after each turn.

    The mixture gets `share` times as long as each of the others.
    """
    good, bad = cases(seconds / 60)
    slices, memory = {"mixed": [], "good": [], "bare": []}, []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        mixed_file, good_file = folder / "mixed.lua", folder / "good.lua"
        mixed_file.write_text(lua([*good, *bad]), "ascii")
        good_file.write_text(lua(good), "ascii")
        wrapped, bare = (
            stack.enter_context(
                servers.running(KIND, f"tests.proof.shop:{name}", "--log-level", "critical",
                                workers=workers)
            )
            for name in ("wrapped", "bare")
        )  # fmt: skip
        over = time.monotonic() + seconds
        while not memory or time.monotonic() < over:
            slices["mixed"].append(drive(wrapped.port, mixed_file, turn * share))
            slices["good"].append(drive(wrapped.port, good_file, turn))
            slices["bare"].append(drive(bare.port, good_file, turn))
            memory.append(rss(wrapped))
    return slices, memory


def growth(memory):
    """By what share the worker that grew most has grown since the warm-up (a tenth); None
    where a worker was replaced, or nothing was measured after the warm-up."""
    first, last = memory[max(len(memory) // 10, 1) - 1], memory[-1]
    if first.keys() != last.keys() or len(memory) < 2:
        return None
    return max(last[pid] / first[pid] for pid in first) - 1


def main(argv=None):
    """Run, print, and return the number of faults."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--turn", type=int, default=10, help="seconds of one turn")
    parser.add_argument("--document", action="store_true", help="write docs/reliability.md")
    options = parser.parse_args(argv)
    if WRK is None:
        raise SystemExit("Missing: wrk (apt install wrk)")
    slices, memory = run(options.minutes * 60, options.turn)
    section = Section("load", "gunicorn", "flask", command=f"make soak MINUTES={options.minutes:g}")
    section.row("requests", "answers", "wrong", "failed", "median", "p99")
    names = {"mixed": "good and bad", "good": "the good ones alone", "bare": "the same, bare app"}
    middle = {}
    for name, what in names.items():
        found = slices[name]
        middle[name] = statistics.median(each.p99 for each in found)
        section.row(what, f"{sum(each.right + each.wrong for each in found):,}",
                    sum(each.wrong for each in found), sum(each.failed for each in found),
                    f"{statistics.median(each.median for each in found):.2f} ms",
                    f"{middle[name]:.2f} ms")  # fmt: skip
    grown = growth(memory)
    share = "not measured" if grown is None else f"{grown:+.1%}"
    section.note(
        f"p99 of the good requests, over that of the bare app: {middle['good'] / middle['bare']:.2f}. "
        f"Growth of the workers' memory after the warm-up (a tenth of the time): {share}. Medians of "
        f"{len(memory)} turns of {options.turn} seconds; eight connections, each pausing "
        f"{PAUSE} ms between two requests; {busy()}."
    )
    faults = [f"{name}: {each.samples} {each.failed} failed" for name in ("mixed", "good")
              for each in slices[name] if each.wrong or each.failed]  # fmt: skip
    section.end(options.document, faults)
    return len(faults)


if __name__ == "__main__":
    program(main)
